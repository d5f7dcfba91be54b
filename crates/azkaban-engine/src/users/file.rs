//! The users file (config-and-security §5).
//!
//! ```xml
//! <azkaban-users>
//!   <user  username="u" password="p" roles="r1,r2" groups="g1,g2" proxy="h1,h2" email="u@x"/>
//!   <group name="g1" roles="r3"/>
//!   <role  name="r1" permissions="READ,EXECUTE"/>
//! </azkaban-users>
//! ```
//! Where we differ from Azkaban: a comment before the root element does not make the file look empty, a document type
//! declaration is refused, and a role that is not defined grants nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use azkaban_core::permission::{Permission, PermissionSet};
use roxmltree::{Document, Node, ParsingOptions};

use super::User;
use super::password::StoredPassword;

/// The largest file that is read, in bytes.
pub(super) const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// The most XML nodes in it.
const MAX_NODES: u32 = 1_000_000;
/// The most warnings of one file.
const MAX_WARNINGS: usize = 50;
/// Azkaban's permissions for image management: names it knows and that grant nothing here.
const OTHER_PERMISSIONS: [&str; 6] =
    ["CREATE", "GET", "UPDATE", "DELETE", "IMAGE_TYPE_ADD_MEMBER", "IMAGE_TYPE_DELETE_MEMBER"];

/// Why the content of a users file is not usable.
#[derive(Debug, thiserror::Error)]
pub enum UsersFileProblem {
    /// Not well-formed XML, or with a document type declaration.
    #[error("{0}")]
    Xml(#[from] roxmltree::Error),
    /// A required attribute is missing. The words are Azkaban's.
    #[error("Error loading {element}. The '{attribute}' attribute doesn't exist")]
    AttributeMissing {
        /// `user`, `group` or `role`.
        element: &'static str,
        /// What it lacks.
        attribute: &'static str,
        /// Line in the file, from 1.
        line: u32,
    },
    /// A password that starts like a hash but cannot be used as one.
    #[error("Error loading user. The password of user '{user}' {reason}")]
    Password {
        /// Whose.
        user: String,
        /// What is wrong with it.
        reason: &'static str,
        /// Line in the file, from 1.
        line: u32,
    },
}

impl UsersFileProblem {
    /// The line that it is about, from 1.
    pub fn line(&self) -> u32 {
        match self {
            Self::Xml(error) => error.pos().row,
            Self::AttributeMissing { line, .. } | Self::Password { line, .. } => *line,
        }
    }
}

/// Something odd that does not keep the file from being used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Warning {
    /// Where in the text, in bytes.
    offset: usize,
    /// What.
    pub(super) text: String,
}

impl Warning {
    /// The line of the file's text that it is about, from 1. As long as the text takes to be read up to there.
    pub(super) fn line(&self, file: &str) -> usize {
        file.bytes().take(self.offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// A user of the file with what logging in needs.
pub(super) struct Entry {
    pub(super) user: Arc<User>,
    pub(super) password: StoredPassword,
}

/// The content of a users file.
#[derive(Default)]
pub(super) struct Directory {
    pub(super) users: HashMap<String, Entry>,
    pub(super) roles: HashMap<String, PermissionSet>,
    /// For the log.
    pub(super) warnings: Vec<Warning>,
}

impl Directory {
    /// What each role of a user permits.
    pub(super) fn granted<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a PermissionSet> {
        user.roles.iter().filter_map(|role| self.roles.get(role))
    }

    /// Reads a file's text.
    pub(super) fn parse(text: &str) -> Result<Self, UsersFileProblem> {
        let options =
            ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text.strip_prefix('\u{feff}').unwrap_or(text), options)?;
        let mut directory = Self::default();
        let mut group_roles: HashMap<String, Vec<String>> = HashMap::new();
        let mut users = Vec::new();
        for node in document.root_element().children().filter(Node::is_element) {
            match node.tag_name().name() {
                "user" => users.push((read_user(node)?, node.range().start)),
                "group" => {
                    let name = required(node, "group", "name")?;
                    group_roles.entry(name.to_owned()).or_default().extend(list(node.attribute("roles")));
                }
                "role" => directory.read_role(node)?,
                _ => {}
            }
        }
        for ((mut user, password), offset) in users {
            for group in &user.groups {
                user.roles.extend(group_roles.get(group).into_iter().flatten().cloned());
            }
            let mut seen = BTreeSet::new();
            user.roles.retain(|role| seen.insert(role.clone()));
            directory.warn_of_unknown_roles(&user, offset);
            let name = user.name.clone();
            if directory.users.insert(name, Entry { user: Arc::new(user), password }).is_some() {
                directory.warn(offset, "this user stands above already; the last entry counts".to_owned());
            }
        }
        Ok(directory)
    }

    fn read_role(&mut self, node: Node) -> Result<(), UsersFileProblem> {
        let name = required(node, "role", "name")?;
        let mut permissions = PermissionSet::default();
        for word in list(Some(required(node, "role", "permissions")?)) {
            match Permission::from_name(&word) {
                Some(permission) => permissions.insert(permission),
                None if OTHER_PERMISSIONS.contains(&word.as_str()) => {}
                None => self.warn(
                    node.range().start,
                    format!("role '{name}': there is no permission '{word}'; it is skipped"),
                ),
            }
        }
        self.roles.insert(name.to_owned(), permissions);
        Ok(())
    }

    fn warn_of_unknown_roles(&mut self, user: &User, offset: usize) {
        for role in &user.roles {
            if !role.is_empty() && !self.roles.contains_key(role) {
                let text = format!("user '{}': role '{role}' is not defined; it grants nothing", user.name);
                self.warn(offset, text);
            }
        }
    }

    fn warn(&mut self, offset: usize, text: String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { offset, text });
        }
    }
}

fn read_user(node: Node) -> Result<(User, StoredPassword), UsersFileProblem> {
    let name = required(node, "user", "username")?;
    let password = StoredPassword::parse(required(node, "user", "password")?).map_err(|reason| {
        UsersFileProblem::Password { user: name.to_owned(), reason, line: line_of(node) }
    })?;
    let user = User {
        name: name.to_owned(),
        groups: list(node.attribute("groups")),
        roles: list(node.attribute("roles")),
        proxies: list(node.attribute("proxy")),
        email: node.attribute("email").map(str::to_owned),
        token_scope: None,
    };
    Ok((user, password))
}

fn required<'a>(
    node: Node<'a, '_>,
    element: &'static str,
    attribute: &'static str,
) -> Result<&'a str, UsersFileProblem> {
    node.attribute(attribute).ok_or_else(|| UsersFileProblem::AttributeMissing {
        element,
        attribute,
        line: line_of(node),
    })
}

/// As long as the text takes to be read up to there: for errors only.
fn line_of(node: Node) -> u32 {
    node.document().text_pos_at(node.range().start).row
}

/// Splits as Java splits on `\s*,\s*`: trailing empty items drop out, blanks before the first item and after the last one
/// stay, and an empty text is one empty item.
fn list(text: Option<&str>) -> Vec<String> {
    let Some(text) = text else { return Vec::new() };
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    let mut items: Vec<&str> = text.split(',').collect();
    let last = items.len() - 1;
    if last == 0 {
        return vec![text.to_owned()];
    }
    for (at, item) in items.iter_mut().enumerate() {
        if at > 0 {
            *item = item.trim_start_matches(blank);
        }
        if at < last {
            *item = item.trim_end_matches(blank);
        }
    }
    while items.last().is_some_and(|item| item.is_empty()) {
        items.pop();
    }
    items.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Directory {
        Directory::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn lists_split_as_in_java() {
        for (text, expected) in [
            ("", &[""][..]),
            (" ", &[" "]),
            ("a", &["a"]),
            (" a , b\t,c ", &[" a", "b", "c "]),
            ("a,,b", &["a", "", "b"]),
            ("a,b, ,", &["a", "b"]),
            (",a", &["", "a"]),
            (",", &[]),
        ] {
            assert_eq!(list(Some(text)), expected, "{text:?}");
        }
        assert!(list(None).is_empty());
    }

    #[test]
    fn users_get_their_own_roles_and_those_of_their_groups() {
        let text = r#"<?xml version="1.0"?>
            <!-- a comment here makes Azkaban find no users -->
            <anything>
              <user username="u" password="p" roles="r1,r2" groups="g1, g2" proxy="h1,h2" email="u@x" extra="1"/>
              <user username="twice" password="one"/>
              <user username="twice" password="two"/>
              <group name="g1" roles="r3,r1"/>
              <role name="r1" permissions="READ,EXECUTE,NO_SUCH,GET"/>
              <role name="r3" permissions="READ,ADMIN"/>
              <other><user username="deeper" password="p"/></other>
            </anything>"#;
        let directory = parse(text);
        let user = &directory.users["u"].user;
        assert_eq!(user.roles, ["r1", "r2", "r3"]);
        assert_eq!(user.groups, ["g1", "g2"]);
        assert_eq!(user.proxies, ["h1", "h2"]);
        assert_eq!(user.email.as_deref(), Some("u@x"));
        assert!(directory.users["twice"].password.matches("two"));
        assert!(!directory.users.contains_key("deeper"));
        assert_eq!(directory.roles["r3"], PermissionSet::admin());
        assert!(directory.roles["r1"].grants(Permission::Execute));
        let warnings: Vec<_> =
            directory.warnings.iter().map(|warning| (warning.line(text), warning.text.as_str())).collect();
        assert_eq!(
            warnings,
            [
                (8, "role 'r1': there is no permission 'NO_SUCH'; it is skipped"),
                (4, "user 'u': role 'r2' is not defined; it grants nothing"),
                (6, "this user stands above already; the last entry counts"),
            ]
        );
    }

    #[test]
    fn unusable_files_say_why() {
        for (text, expected, line) in [
            ("<a><user password='p'/></a>", "Error loading user. The 'username' attribute doesn't exist", 1),
            (
                "<a>\n<user username='u'/></a>",
                "Error loading user. The 'password' attribute doesn't exist",
                2,
            ),
            ("<a><group roles='r'/></a>", "Error loading group. The 'name' attribute doesn't exist", 1),
            ("<a><role name='r'/></a>", "Error loading role. The 'permissions' attribute doesn't exist", 1),
            (
                "<a><role permissions='READ'/></a>",
                "Error loading role. The 'name' attribute doesn't exist",
                1,
            ),
            (
                "<a>\n\n<user username='u' password='$argon2id$x'/></a>",
                "The password of user 'u' is not a readable",
                3,
            ),
            ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "DTD", 1),
            ("<a>\n<user", "never closed", 1),
            ("", "root node", 1),
        ] {
            let Err(error) = Directory::parse(text) else { panic!("{text} is taken") };
            assert!(error.to_string().contains(expected), "{text}: {error}");
            assert_eq!(error.line(), line, "{text}: {error}");
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let depth = 200_000;
        let text = "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(Directory::parse(&text).map_or(0, |d| d.users.len()) == 0);
    }
}
