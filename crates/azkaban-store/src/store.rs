//! The store: one value that everything asks.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use rusqlite::Connection;

use crate::change::{self, Change};
use crate::error::{Error, Result};
use crate::figures::{Recorder, StoreFigures};
use crate::lock::DatabaseLock;
use crate::pool::ReaderPool;
use crate::writer::{self, WriterHandle};
use crate::{dialect, schema};

/// Everything that Azkaban remembers. A handle: clones share one database.
///
/// Methods are named by resource first and verb last. Writes return after the durable commit; a read sees every write
/// that returned before it. Reads marked "a point read" run at once on the calling thread, in some microseconds; the
/// others run on a blocking thread of the tokio runtime.
///
/// The store has no policy: it knows neither who may do what nor what a state means, except that an execution's
/// terminal status is final.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    readers: Arc<ReaderPool>,
    /// `None` once the last handle is being dropped.
    writer: Option<WriterHandle>,
    figures: Arc<Recorder>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Store {
    /// Opens the database in the file `path`, makes it if it is not there, and brings its schema up to date. Blocks.
    ///
    /// # Errors
    /// [`Error::InUse`] while another process has it open, [`Error::NewerSchema`], [`Error::Path`] or
    /// [`Error::Database`] if it cannot be used.
    pub fn open(path: &Path) -> Result<Self> {
        let lock = DatabaseLock::acquire(path)?;
        let mut connection = dialect::open_writer(path)?;
        schema::migrate(&mut connection, schema::MIGRATIONS)?;
        let figures = Arc::new(Recorder::default());
        let (writer, thread) = writer::start(connection, lock, Arc::clone(&figures))
            .map_err(|error| Error::Path { path: path.to_owned(), message: error.to_string() })?;
        Ok(Self {
            inner: Arc::new(Inner {
                readers: Arc::new(ReaderPool::new(path.to_owned())),
                writer: Some(writer),
                figures,
                thread: Mutex::new(Some(thread)),
            }),
        })
    }

    /// Makes all of `changes` durable, in their order, or none of them.
    ///
    /// Batches of concurrent callers share a commit; an error in one leaves the others alone. The batch is written even
    /// if the caller stops waiting.
    ///
    /// # Errors
    /// What the doc of each [`Change`] says, and [`Error::Database`].
    pub async fn commit(&self, changes: Vec<Change>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        self.write(move |connection| change::apply(connection, &changes)).await
    }

    /// Writes what is queued and closes the database. Later operations, of all handles, return [`Error::Closed`].
    pub async fn close(&self) {
        self.inner.readers.close();
        if let Some(writer) = &self.inner.writer {
            writer.close().await;
        }
    }

    /// What it tells of itself since it was opened.
    pub fn figures(&self) -> StoreFigures {
        self.inner.figures.figures()
    }

    /// Runs `function` within a transaction on the writing thread.
    pub(crate) async fn write<T, F>(&self, function: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(writer) = &self.inner.writer else { return Err(Error::Closed) };
        let asked = Instant::now();
        let outcome = writer.run(function).await;
        self.inner.figures.wrote(asked.elapsed());
        outcome
    }

    /// Runs a point read on this thread.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.inner.readers.run(read)
    }

    /// Runs a longer read on a blocking thread.
    pub(crate) async fn read_list<T, F>(&self, read: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let _permit = self.inner.readers.heavy_permit().await?;
        let readers = Arc::clone(&self.inner.readers);
        tokio::task::spawn_blocking(move || readers.run(read)).await.map_err(|_| Error::Panicked)?
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.readers.close();
        self.writer = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            // The last handle may have been held by an operation: then its thread ends by itself.
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the store's writing thread panicked");
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
