//! What every key is set to, where that stands and what it means: for people who ask a running server.

use std::collections::BTreeMap;

use super::files::{Origin, Settings, Value};
use super::keys::{self, Key, SECTIONS};
use crate::props::{MASKED, is_secret};

/// A key with what counts of it.
#[derive(Debug, Clone)]
pub struct Effective<'a> {
    /// The key; a pattern of the table only if nothing sets a key that it covers.
    pub key: &'a str,
    /// Heading of its section; `None` of a key that is not known.
    pub section: Option<&'static str>,
    /// What a file or option says, [`MASKED`] if that is secret; `None` if the default counts.
    pub value: Option<&'a str>,
    /// Where that stands.
    pub origin: Option<&'a Origin>,
    /// The row of the table; `None` of a key that is not known.
    pub known: Option<&'static Key>,
}

/// Every key of the table in its order, then those that are set and not known.
pub fn effective(settings: &Settings) -> Vec<Effective<'_>> {
    let mut set: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for (key, value) in settings.iter() {
        if let Some(known) = keys::find(key) {
            set.entry(known.name).or_default().push((key, value));
        }
    }
    let mut rows = Vec::new();
    for section in SECTIONS {
        for known in section.keys {
            match set.get(known.name) {
                Some(set) => rows.extend(set.iter().map(|&(key, value)| Effective {
                    section: Some(section.title),
                    known: Some(known),
                    ..unknown(key, value)
                })),
                None => rows.push(Effective {
                    key: known.name,
                    section: Some(section.title),
                    value: None,
                    origin: None,
                    known: Some(known),
                }),
            }
        }
    }
    rows.extend(settings.unknown().map(|(key, value, _)| unknown(key, value)));
    rows
}

/// A key that is set, as long as the table says nothing of it.
fn unknown<'a>(key: &'a str, value: &'a Value) -> Effective<'a> {
    let is_shown = !is_secret(key) && !has_password(&value.text);
    Effective {
        key,
        section: None,
        value: Some(if is_shown { &value.text } else { MASKED }),
        origin: Some(&value.origin),
        known: None,
    }
}

/// Whether a text is an address with a password in it.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_told_once_with_its_origin_and_without_secrets() {
        let mut settings = Settings::new();
        let text = b"jetty.port=9000\nmail.password=hush\n\nmy.own=x\nmy.secret=y\nazkaban.webserver.url=https://a:b@c/\n";
        settings.add_file("conf/azkaban.properties", text).unwrap();
        let rows = effective(&settings);
        let find = |key: &str| {
            let mut found = rows.iter().filter(|row| row.key == key);
            let row = found.next().unwrap_or_else(|| panic!("{key} is not told"));
            assert!(found.next().is_none(), "{key} is told twice");
            (row.value, row.origin.map(ToString::to_string), row.section.is_some())
        };
        let at = |line: usize| Some(format!("conf/azkaban.properties:{line}"));
        assert_eq!(find("jetty.port"), (Some("9000"), at(1), true));
        assert_eq!(find("mail.password"), (Some(MASKED), at(2), true));
        assert_eq!(find("my.own"), (Some("x"), at(4), false));
        assert_eq!(find("my.secret"), (Some(MASKED), at(5), false));
        assert_eq!(find("azkaban.webserver.url"), (Some(MASKED), at(6), true), "a password in an address");
        assert_eq!(find("jetty.ssl.port"), (None, None, true));
        for key in SECTIONS.iter().flat_map(|section| section.keys) {
            assert!(
                rows.iter().any(|row| row.known.is_some_and(|known| known.name == key.name)),
                "{}",
                key.name
            );
        }
    }
}
