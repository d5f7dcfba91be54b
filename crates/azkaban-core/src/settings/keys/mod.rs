//! The table of known keys: what each takes, its default, and whether it has an effect here.
//!
//! The rows follow config-and-security §3; keys of our own stand in the section they belong to and say so.

mod containers;
mod database;
mod dispatch;
mod http;
mod identity;
mod jobs;
mod mail;
mod metrics;
mod projects;
mod schedules;
mod users;

/// What this version does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It works.
    Honoured,
    /// A key of Azkaban for something that this version does not have yet; noted at start.
    Later,
    /// A key of Azkaban that has no meaning here; noted at start.
    Ignored,
    /// A key of shipped files that Azkaban itself does not read.
    Silent,
}

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number within bounds.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A time in milliseconds.
    Millis,
    /// A size in bytes, with a unit.
    Size,
    /// Texts between commas.
    List,
    /// A file or folder.
    Path,
}

impl Kind {
    /// For the reference page.
    pub fn describe(self) -> String {
        match self {
            Kind::Text => "text".to_owned(),
            Kind::Boolean => "`true` or `false`".to_owned(),
            Kind::Integer { min, max: i64::MAX } => format!("number, at least {min}"),
            Kind::Integer { min, max } => format!("number, {min} to {max}"),
            Kind::Millis => "milliseconds".to_owned(),
            Kind::Size => "size (`512KB`, `5MB`, `1G`)".to_owned(),
            Kind::List => "list".to_owned(),
            Kind::Path => "path".to_owned(),
        }
    }
}

/// A known key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name; a `*` at the end stands for the rest of a name, one in the middle for a part of it.
    pub name: &'static str,
    /// What a value must look like.
    pub kind: Kind,
    /// What counts when it is not set. Of a path: what the reference page shows.
    pub default: Option<&'static str>,
    /// What this version does with it.
    pub effect: Effect,
    /// One line for the reference page.
    pub doc: &'static str,
}

impl Key {
    /// Whether this row stands for `name`.
    fn covers(&self, name: &str) -> bool {
        match self.name.split_once('*') {
            None => self.name == name,
            Some((head, tail)) => {
                name.len() > head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
            }
        }
    }
}

/// Keys that belong together.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Heading of the reference page.
    pub title: &'static str,
    /// A paragraph below it.
    pub text: &'static str,
    /// The rows.
    pub keys: &'static [Key],
}

/// Every known key.
pub static SECTIONS: &[Section] = &[
    http::SECTION,
    identity::SECTION,
    users::SECTION,
    projects::SECTION,
    jobs::SECTION,
    database::SECTION,
    dispatch::SECTION,
    schedules::SECTION,
    mail::SECTION,
    metrics::SECTION,
    containers::SECTION,
];

/// The row of a key; rows that name it in full go before patterns.
pub fn find(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name).or_else(|| all().find(|key| key.covers(name)))
}

/// The known key that an unknown one resembles, if it is close enough to be a slip of the pen.
pub fn nearest(name: &str) -> Option<&'static str> {
    let allowed = (name.chars().count() / 6).clamp(1, 3);
    all()
        .filter(|key| key.name.len().abs_diff(name.len()) <= allowed)
        .map(|key| (distance(key.name, name), key.name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| name)
}

fn all() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// Edits (one byte put in, taken out or changed) that make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

const fn honoured(name: &'static str, kind: Kind, default: Option<&'static str>, doc: &'static str) -> Key {
    Key { name, kind, default, effect: Effect::Honoured, doc }
}

const fn later(name: &'static str, doc: &'static str) -> Key {
    Key { name, kind: Kind::Text, default: None, effect: Effect::Later, doc }
}

const fn ignored(name: &'static str, doc: &'static str) -> Key {
    Key { name, kind: Kind::Text, default: None, effect: Effect::Ignored, doc }
}

const fn silent(name: &'static str, doc: &'static str) -> Key {
    Key { name, kind: Kind::Text, default: None, effect: Effect::Silent, doc }
}

/// A number of things.
const fn at_least(min: i64) -> Kind {
    Kind::Integer { min, max: i64::MAX }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::values;
    use super::*;

    #[test]
    fn names_are_unique_and_defaults_are_of_their_kind() {
        let mut seen = BTreeSet::new();
        for key in all() {
            assert!(seen.insert(key.name), "{} stands twice in the table", key.name);
            assert!(!key.doc.is_empty() && !key.doc.contains('\n') && !key.doc.contains('|'), "{}", key.name);
            if let Some(default) = key.default {
                let checked = match key.kind {
                    Kind::Text | Kind::List | Kind::Path => Ok(()),
                    Kind::Boolean => values::boolean(default).map(drop),
                    Kind::Integer { min, max } => values::integer(default, min, max).map(drop),
                    Kind::Millis => values::integer(default, 0, i64::MAX).map(drop),
                    Kind::Size => values::size(default).map(drop),
                };
                checked.unwrap_or_else(|reason| panic!("{}={default}: {reason}", key.name));
            }
        }
    }

    #[test]
    fn patterns_cover_what_they_stand_for() {
        for (name, want) in [
            ("azkaban.kubernetes.pod.name.prefix", Some("azkaban.kubernetes.*")),
            ("azkaban.executorselector.comparator.Memory", Some("azkaban.executorselector.comparator.*")),
            ("azkaban.kubernetes.", None),
            ("jetty.port", Some("jetty.port")),
            ("jetty.prot", None),
        ] {
            assert_eq!(find(name).map(|key| key.name), want, "{name}");
        }
    }

    #[test]
    fn slips_of_the_pen_find_their_key() {
        assert_eq!(nearest("jetty.prot"), None, "two edits are too many for a name this short");
        assert_eq!(nearest("jetty.por"), Some("jetty.port"));
        assert_eq!(nearest("azkaban.execution.dri"), Some("azkaban.execution.dir"));
        assert_eq!(nearest("my.company.key"), None);
    }
}
