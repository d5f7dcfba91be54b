//! Property files laid over each other, each value with its file and line.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::keys;
use super::problem::Problem;
use crate::props::{Decoding, parse_entries};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file as the user named it, or the command line option.
    pub source: Arc<str>,
    /// Line of the file, from 1; `None` for the command line.
    pub line: Option<usize>,
}

impl Origin {
    /// An option of the command line.
    pub fn option(name: &str) -> Self {
        Self { source: Arc::from(name), line: None }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The text, as the file's grammar gives it.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
}

/// All settings of a server: the last file or option that names a key wins.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    values: BTreeMap<String, Value>,
}

impl Settings {
    /// No settings: every key has its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lays a property file over what is there. `name` is shown in messages.
    ///
    /// Azkaban loads `azkaban.private.properties` first and `azkaban.properties` over it (config-and-security §1).
    ///
    /// # Errors
    /// A line that the properties grammar does not allow; nothing of the file is taken then.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        let source: Arc<str> = Arc::from(name);
        let entries = parse_entries(bytes, Decoding::Detect).map_err(|error| {
            Problem::malformed(Origin { source: source.clone(), line: Some(error.line) }, error.to_string())
        })?;
        for entry in entries {
            let origin = Origin { source: source.clone(), line: Some(entry.line) };
            self.values.insert(entry.key, Value { text: entry.value, origin });
        }
        Ok(())
    }

    /// Sets one key, over what is there.
    pub fn set(&mut self, key: &str, text: &str, origin: Origin) {
        self.values.insert(key.to_owned(), Value { text: text.to_owned(), origin });
    }

    /// The value of a key, if a file or option gives one.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// Every key with its value, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Keys that neither Azkaban nor this server knows, each once, with the known key that it resembles most.
    pub fn unknown(&self) -> impl Iterator<Item = (&str, &Value, Option<&'static str>)> {
        self.iter()
            .filter(|(key, _)| keys::find(key).is_none())
            .map(|(key, value)| (key, value, keys::nearest(key)))
    }
}
