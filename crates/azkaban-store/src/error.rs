//! What can go wrong in the store.

use std::path::PathBuf;
use std::sync::Arc;

use azkaban_core::ids::{AttemptKey, ExecutionId, ProjectId, ProjectVersion};

/// The result of a store operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a store operation was not done. After any of them nothing of the operation is stored.
///
/// The one exception is a [`Fault`] while committing: as with every database, a commit whose acknowledgement was
/// lost may be found done after a crash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another process has this database open.
    #[error("the database {} is in use by another server (it holds {})", .database.display(), .lock.display())]
    InUse {
        /// The database's file.
        database: PathBuf,
        /// The file that the other process holds locked.
        lock: PathBuf,
    },
    /// The database was written by a later release.
    #[error(
        "the database has schema version {found}, this release knows versions up to {known}: use a newer release"
    )]
    NewerSchema {
        /// The database's version.
        found: i64,
        /// The newest version that this release knows.
        known: i64,
    },
    /// The database was written by an earlier release and has not been brought up to date.
    #[error("the database has schema version {found}, and {needed} is needed: start the server once")]
    OlderSchema {
        /// The database's version.
        found: i64,
        /// The oldest version that will do.
        needed: i64,
    },
    /// The database's folder cannot be used.
    #[error("cannot use {}: {message}", .path.display())]
    Path {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's words.
        message: String,
    },
    /// An active project of this name exists, perhaps in other case.
    #[error("an active project named {0:?} exists")]
    ProjectExists(String),
    /// No such project, or it is deleted.
    #[error("no active project {0}")]
    ProjectNotActive(ProjectId),
    /// No such version of the project.
    #[error("project {0} has no version {1}")]
    VersionNotFound(ProjectId, ProjectVersion),
    /// No such execution.
    #[error("no execution {0}")]
    ExecutionNotFound(ExecutionId),
    /// The execution's status is terminal, hence final.
    #[error("execution {0} has ended; its state is final")]
    ExecutionEnded(ExecutionId),
    /// The attempt is already stored: it must not be started a second time.
    #[error("attempt {0} exists")]
    AttemptExists(AttemptKey),
    /// No such attempt.
    #[error("no attempt {0}")]
    AttemptNotFound(AttemptKey),
    /// The database failed.
    #[error("{fault}: {message}")]
    Database {
        /// What kind of failure.
        fault: Fault,
        /// The database's words.
        message: Arc<str>,
    },
    /// A row holds something that this release cannot read.
    #[error("unreadable {what} in the database: {message}")]
    Unreadable {
        /// Which column.
        what: &'static str,
        /// Why.
        message: String,
    },
    /// A value cannot be stored.
    #[error("cannot encode {what}: {message}")]
    Unwritable {
        /// Which column.
        what: &'static str,
        /// Why.
        message: String,
    },
    /// The operation panicked; it was rolled back.
    #[error("the operation panicked and was rolled back")]
    Panicked,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// Kinds of database failure that call for different reactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No space left for the database.
    Full,
    /// Reading or writing its files failed.
    Io,
    /// The files are damaged or no database.
    Corrupt,
    /// Another connection held a lock for too long.
    Busy,
    /// Anything else, including defects of a statement.
    Other,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fault::Full => "no space for the database",
            Fault::Io => "the database's files cannot be read or written",
            Fault::Corrupt => "the database is damaged",
            Fault::Busy => "the database is locked",
            Fault::Other => "the database failed",
        })
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Database { fault: crate::dialect::fault(&error), message: error.to_string().into() }
    }
}
