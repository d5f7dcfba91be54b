//! What is wrong with a setting, in words that lead to the line to change.

use std::fmt;

use super::files::Origin;
use crate::props::{MASKED, is_secret};

/// Longest value that a message repeats, in characters.
const SHOWN_VALUE: usize = 80;

/// A setting that cannot be used, or a file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands; `None` for a value that is missing.
    pub origin: Option<Origin>,
    /// The key and the value found, which is not shown if the key is that of a secret; `None` when the line itself is malformed.
    pub entry: Option<(String, String)>,
    /// What is wrong and what is expected.
    pub reason: String,
}

impl Problem {
    /// A line that the grammar does not allow.
    pub fn malformed(origin: Origin, reason: impl Into<String>) -> Self {
        Self { origin: Some(origin), entry: None, reason: reason.into() }
    }

    /// A key that must be set and is not.
    pub fn missing(key: &str, reason: impl Into<String>) -> Self {
        Self { origin: None, entry: Some((key.to_owned(), String::new())), reason: reason.into() }
    }

    /// A value that cannot be used.
    pub fn wrong(origin: Origin, key: &str, value: &str, reason: impl Into<String>) -> Self {
        Self { origin: Some(origin), entry: Some((key.to_owned(), value.to_owned())), reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        match &self.entry {
            Some((key, _)) if self.origin.is_none() => write!(f, "{key}: ")?,
            Some((key, _)) if is_secret(key) => write!(f, "{key}={MASKED}: ")?,
            Some((key, value)) => {
                write!(f, "{key}=")?;
                let mut characters = value.chars();
                for c in characters.by_ref().take(SHOWN_VALUE) {
                    if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
                }
                if characters.next().is_some() {
                    f.write_str("…")?;
                }
                f.write_str(": ")?;
            }
            None => {}
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Problem {}
