//! What every error of a use case has in common.
//!
//! Each use case has its own error enum, so that a face can choose its words; all of them fall into these few kinds.

use std::fmt;

/// The kind of an error, for faces that only need a class (HTTP status, exit code).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was named does not exist.
    NotFound,
    /// The caller may not do this.
    Denied,
    /// The request is malformed or breaks a rule.
    Invalid,
    /// The request is fine but the state of things forbids it.
    Conflict,
    /// Not now; later may work.
    Unavailable,
    /// Our fault.
    Internal,
}

/// A failure of ours, with its chain of causes: logged where it is handled, never shown whole to a user.
#[derive(Debug)]
pub struct Internal(Box<dyn std::error::Error + Send + Sync>);

impl Internal {
    /// Wraps any error.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Internal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Internal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
