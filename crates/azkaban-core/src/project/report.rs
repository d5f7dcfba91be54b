//! What a loader has to say about a project.

use std::collections::BTreeSet;

/// Messages of one set that are kept; more than a user can read, and a bound on what a broken archive can cause.
const MAX_MESSAGES: usize = 1000;

/// Errors and warnings of loading; any error rejects the project (projects-and-jobs §1.3, §1.4). A message that comes
/// up twice is there once, and of a flood of messages only the first 1000 are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Why the project is rejected.
    pub errors: BTreeSet<String>,
    /// What deserves attention.
    pub warnings: BTreeSet<String>,
}

impl Report {
    /// The name under which the face shows the loader's report.
    pub const NAME: &'static str = "Directory Flow";

    /// Adds an error.
    pub(super) fn error(&mut self, message: impl Into<String>) {
        if self.errors.len() < MAX_MESSAGES {
            self.errors.insert(message.into());
        }
    }

    /// Adds a warning.
    pub fn warning(&mut self, message: impl Into<String>) {
        if self.warnings.len() < MAX_MESSAGES {
            self.warnings.insert(message.into());
        }
    }
}
