//! One server per database.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Held by the process that uses a database. The operating system releases it when that process ends, however it ends;
/// child processes do not inherit it.
#[derive(Debug)]
pub(crate) struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Takes the lock of `database`, a file beside it whose name ends in `.lock`.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process, or another store of this one, holds it.
    pub(crate) fn acquire(database: &Path) -> Result<Self> {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let lock = PathBuf::from(name);
        let failed = |error: std::io::Error| Error::Path { path: lock.clone(), message: error.to_string() };
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { database: database.to_owned(), lock }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
