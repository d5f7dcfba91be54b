//! Connections for reading.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::dialect;
use crate::error::{Error, Result};

/// Connections kept open while nobody reads.
const IDLE: usize = 8;

/// Lists that may run at the same time; more wait. Bounds threads and connections.
const HEAVY: usize = 8;

/// Read-only connections. A read takes one, alone, and gives it back.
pub(crate) struct ReaderPool {
    path: PathBuf,
    /// `None` once closed.
    idle: Mutex<Option<Vec<Connection>>>,
    heavy: Semaphore,
}

impl ReaderPool {
    /// A pool over the database at `path`, which exists.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Some(Vec::new())), heavy: Semaphore::new(HEAVY) }
    }

    /// Runs `read` on this thread.
    pub(crate) fn run<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.lock().as_mut().ok_or(Error::Closed)?.pop();
        let connection = match idle {
            Some(connection) => connection,
            None => dialect::open_reader(&self.path)?,
        };
        let result = read(&connection);
        if let Some(idle) = self.lock().as_mut()
            && idle.len() < IDLE
            && connection.is_autocommit()
        {
            idle.push(connection);
        }
        result
    }

    /// Waits for the right to run a heavy read.
    pub(crate) async fn heavy_permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        self.heavy.acquire().await.map_err(|_| Error::Closed)
    }

    /// Refuses further reads and closes the connections; one that is reading closes when it is done.
    pub(crate) fn close(&self) {
        self.heavy.close();
        self.lock().take();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Connection>>> {
        // The list is whole at every point where its holder could panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
