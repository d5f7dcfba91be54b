//! Typed reads that collect every problem, so that a user sees all wrong values at once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::{Settings, Value};
use super::keys::{self, Key, Kind};
use super::problem::Problem;
use super::values;

/// Reads settings once. Keys, kinds and defaults come from the table of [`keys`], so that the reference page tells the truth.
///
/// After a wrong value a read gives the key's default; [`Reader::finish`] tells whether the result may be used.
#[derive(Debug)]
pub struct Reader<'a> {
    settings: &'a Settings,
    problems: Vec<Problem>,
    read: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    /// A reader of these settings.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, problems: Vec::new(), read: BTreeSet::new() }
    }

    /// The settings being read.
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// A text; `None` when neither the settings nor the table give one.
    pub fn text(&mut self, key: &str) -> Option<&'a str> {
        let entry = self.entry(key);
        match self.settings.get(key) {
            Some(value) => Some(value.text.trim()),
            None => entry.default,
        }
    }

    /// A text that is not blank.
    pub fn filled_text(&mut self, key: &str) -> Option<&'a str> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A boolean; a key without default is `false` when unset.
    pub fn boolean(&mut self, key: &str) -> bool {
        self.optional_boolean(key).unwrap_or(false)
    }

    /// A boolean that may be unset.
    pub fn optional_boolean(&mut self, key: &str) -> Option<bool> {
        self.typed(key, values::boolean)
    }

    /// A whole number; `None` when unset and without default.
    pub fn integer(&mut self, key: &str) -> Option<i64> {
        let Kind::Integer { min, max } = self.entry(key).kind else {
            unreachable!("{key} is read as what its entry says: a test reads every key")
        };
        self.typed(key, |text| values::integer(text, min, max))
    }

    /// A whole number as a count; the bounds in the table keep it within the type.
    pub fn count(&mut self, key: &str) -> Option<usize> {
        self.integer(key).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// A time in milliseconds; 0 when unset and without default.
    pub fn millis(&mut self, key: &str) -> Duration {
        let millis = self.typed(key, |text| values::integer(text, 0, i64::MAX)).unwrap_or(0);
        Duration::from_millis(millis.unsigned_abs())
    }

    /// A size in bytes; 0 when unset and without default.
    pub fn size(&mut self, key: &str) -> u64 {
        self.typed(key, values::size).unwrap_or(0)
    }

    /// A list; empty when unset.
    pub fn list(&mut self, key: &str) -> Vec<String> {
        self.text(key).map(values::list).unwrap_or_default()
    }

    /// A path, relative ones below `base`; `None` when unset or blank (the table's default is not applied: the caller knows
    /// its folders).
    pub fn path(&mut self, key: &str, base: &Path) -> Option<PathBuf> {
        self.entry(key);
        let value = self.settings.get(key)?.text.trim();
        (!value.is_empty()).then(|| base.join(value))
    }

    /// Reports a value that has the right type and still cannot be used.
    pub fn reject(&mut self, key: &str, reason: impl Into<String>) {
        let problem = match self.settings.get(key) {
            Some(value) => Problem::wrong(value.origin.clone(), key, &value.text, reason),
            None => Problem::missing(key, reason),
        };
        self.problems.push(problem);
    }

    /// Reports a problem that was found elsewhere, such as in a file that a setting names.
    pub fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The keys read so far.
    pub fn keys_read(&self) -> &BTreeSet<&'static str> {
        &self.read
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Everything that was wrong, in the order of files and lines.
    pub fn finish(mut self) -> Result<(), Vec<Problem>> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort_by_key(|p| p.origin.as_ref().map(|o| (o.source.clone(), o.line)));
        Err(self.problems)
    }

    fn entry(&mut self, key: &str) -> &'static Key {
        let Some(entry) = keys::find(key) else {
            unreachable!("{key} stands in the table of keys: a test reads every key")
        };
        self.read.insert(entry.name);
        entry
    }

    fn typed<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let entry = self.entry(key);
        if let Some(Value { text, .. }) = self.settings.get(key) {
            match parse(text) {
                Ok(value) => return Some(value),
                Err(reason) => self.reject(key, reason),
            }
        }
        entry.default.and_then(|text| parse(text).ok())
    }
}
