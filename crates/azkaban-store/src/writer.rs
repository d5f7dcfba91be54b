//! The one connection that writes, with group commit.
//!
//! An operation that comes while nobody writes and nobody waits is done at once by whoever asks: handing it to another
//! thread and back would cost about as much as the operation. What comes meanwhile waits in the queue of a thread that
//! does everything it finds there in one transaction, which costs one sync of the disk for all. While that sync lasts the
//! next group gathers by itself, so there is no timer: a lone operation waits for nobody, and under load the groups grow.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::dialect;
use crate::error::{Error, Fault, Result};
use crate::figures::Recorder;
use crate::lock::DatabaseLock;

/// Operations that may wait; a caller that comes when the queue is full waits for a place.
const QUEUE: usize = 4096;

/// Operations that share a transaction at most; bounds how long the first of them waits.
const GROUP: usize = 512;

/// What waits in the queue.
enum Request {
    Run(Box<dyn Operation>),
    Close(oneshot::Sender<()>),
}

/// Something to do within a transaction.
trait Operation: Send {
    /// Does it; an error if it was refused and must leave nothing behind.
    fn run(&mut self, connection: &Connection) -> Result<()>;
    /// Tells who waits, after the commit.
    fn resolve(self: Box<Self>, commit: &Result<()>);
}

/// An operation made of a function.
struct Call<F, T> {
    function: Option<F>,
    outcome: Result<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> Operation for Call<F, T>
where
    F: FnOnce(&Connection) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<()> {
        if let Some(function) = self.function.take() {
            // A panic of one operation must not end the thread that all others depend on; what the operation wrote is
            // rolled back, so no broken state is seen.
            self.outcome =
                catch_unwind(AssertUnwindSafe(|| function(connection))).unwrap_or(Err(Error::Panicked));
        }
        self.outcome.as_ref().map(|_| ()).map_err(Error::clone)
    }

    fn resolve(self: Box<Self>, commit: &Result<()>) {
        let result = match commit {
            Ok(()) => self.outcome,
            Err(error) => Err(error.clone()),
        };
        // Nobody may be waiting any more: then the operation is done all the same.
        let _ = self.reply.send(result);
    }
}

/// What the handles and the thread share.
struct Shared {
    /// The connection, for whoever writes; `None` once closed.
    connection: Mutex<Option<Connection>>,
    /// Operations that were queued and are not done yet.
    queued: AtomicUsize,
    figures: Arc<Recorder>,
}

impl Shared {
    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        // A panic within an operation is caught, and the transaction rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, if nobody writes and nobody waits for it.
    fn idle_connection(&self) -> Option<MutexGuard<'_, Option<Connection>>> {
        if self.queued.load(Ordering::Acquire) > 0 {
            return None;
        }
        match self.connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// The way to the database.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Request>,
}

impl WriterHandle {
    /// Runs `function` in a transaction, perhaps shared with others, and returns after the durable commit. While nobody
    /// else writes that happens on the calling thread, for the time of one sync of the disk.
    ///
    /// If `function` fails, what it wrote is rolled back and the others go on. It runs even if the caller stops waiting
    /// once it is queued. Operations run in the order in which they came.
    pub(crate) async fn run<T, F>(&self, function: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let call = Box::new(Call { function: Some(function), outcome: Err(Error::Closed), reply });
        if let Some(call) = self.run_here(call) {
            self.enqueue(call).await?;
        }
        result.await.map_err(|_| Error::Closed)?
    }

    /// Runs an operation on this thread, or gives it back if others write or wait.
    fn run_here(&self, operation: Box<dyn Operation>) -> Option<Box<dyn Operation>> {
        let Some(connection) = self.shared.idle_connection() else { return Some(operation) };
        // Without a connection the operation is dropped, which tells that the database is closed.
        if let Some(connection) = &*connection {
            let mut group = Group::new(connection, &self.shared.figures);
            group.add(operation);
            group.commit();
        }
        None
    }

    async fn enqueue(&self, operation: Box<dyn Operation>) -> Result<()> {
        let place = self.queue.reserve().await.map_err(|_| Error::Closed)?;
        self.shared.queued.fetch_add(1, Ordering::AcqRel);
        place.send(Request::Run(operation));
        Ok(())
    }

    /// Ends the thread after what is queued so far; returns when the database is closed.
    pub(crate) async fn close(&self) {
        let (reply, done) = oneshot::channel();
        if self.queue.send(Request::Close(reply)).await.is_ok() {
            let _ = done.await;
        }
    }
}

/// Starts the thread. It ends, with everything queued done, when all handles are gone or one of them closes it.
pub(crate) fn start(
    connection: Connection,
    lock: DatabaseLock,
    figures: Arc<Recorder>,
) -> std::io::Result<(WriterHandle, thread::JoinHandle<()>)> {
    let (queue, requests) = mpsc::channel(QUEUE);
    let shared =
        Arc::new(Shared { connection: Mutex::new(Some(connection)), queued: AtomicUsize::new(0), figures });
    let own = Arc::clone(&shared);
    let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
        let closing = serve(&own, requests);
        if let Some(connection) = own.connection().take()
            && let Err(error) = dialect::checkpoint(&connection)
        {
            tracing::warn!(%error, "could not empty the write-ahead log; the next start does");
        }
        drop(lock);
        if let Some(reply) = closing {
            let _ = reply.send(());
        }
    })?;
    Ok((WriterHandle { shared, queue }, thread))
}

/// Does what is queued until closed; returns who asked for that.
fn serve(shared: &Shared, mut requests: mpsc::Receiver<Request>) -> Option<oneshot::Sender<()>> {
    while let Some(request) = requests.blocking_recv() {
        let connection = shared.connection();
        let mut group = Group::new(connection.as_ref()?, &shared.figures);
        let mut taken = 0;
        let mut closing = None;
        let mut next = Some(request);
        while let Some(request) = next.take() {
            match request {
                Request::Run(operation) => group.add(operation),
                Request::Close(reply) => {
                    closing = Some(reply);
                    break;
                }
            }
            taken += 1;
            if group.operations.len() < GROUP {
                next = requests.try_recv().ok();
            }
        }
        group.commit();
        shared.queued.fetch_sub(taken, Ordering::AcqRel);
        if closing.is_some() {
            return closing;
        }
    }
    None
}

/// Operations that share a transaction.
struct Group<'c> {
    connection: &'c Connection,
    /// Those of the open transaction, in their order.
    operations: Vec<Box<dyn Operation>>,
    figures: &'c Recorder,
}

impl<'c> Group<'c> {
    fn new(connection: &'c Connection, figures: &'c Recorder) -> Self {
        Self { connection, operations: Vec::new(), figures }
    }

    /// Runs one operation in the open transaction, or in a new one.
    fn add(&mut self, mut operation: Box<dyn Operation>) {
        let alone = self.operations.is_empty();
        // The first of a group needs no savepoint: rolling it back is rolling back the transaction.
        let (begin, undo) = if alone {
            (dialect::BEGIN, "ROLLBACK")
        } else {
            ("SAVEPOINT operation", "ROLLBACK TO SAVEPOINT operation")
        };
        if let Err(error) = self.begin(begin, alone) {
            operation.resolve(&Err(error.clone()));
            if !alone {
                self.abandon(error);
            }
            return;
        }
        let outcome = operation.run(self.connection);
        if self.connection.is_autocommit() {
            // The database gave up the whole transaction (disk full, for one): nothing of the group is stored.
            let error = outcome.err().unwrap_or(Error::Database {
                fault: Fault::Other,
                message: "an operation ended its transaction".into(),
            });
            self.operations.push(operation);
            self.abandon(error);
            return;
        }
        let ended = match (&outcome, alone) {
            (Ok(()), true) => Ok(()),
            (Err(_), true) => self.execute(undo),
            (Ok(()), false) => self.execute("RELEASE SAVEPOINT operation"),
            (Err(_), false) => self.execute(undo).and_then(|()| self.execute("RELEASE SAVEPOINT operation")),
        };
        if alone && outcome.is_err() {
            operation.resolve(&ended);
            return;
        }
        // A refusal, too, is told after the commit only: what it was decided on must be durable.
        self.operations.push(operation);
        if let Err(error) = ended {
            self.abandon(error);
        }
    }

    /// Opens the transaction of a group, or the savepoint of one operation in it.
    fn begin(&self, sql: &str, alone: bool) -> Result<()> {
        if alone && !self.connection.is_autocommit() {
            // An earlier roll-back failed; without this one no transaction would ever begin again.
            self.execute("ROLLBACK")?;
        }
        self.execute(sql)
    }

    /// Makes the group durable and tells everyone who waits.
    fn commit(&mut self) {
        if self.operations.is_empty() {
            return;
        }
        match self.execute("COMMIT") {
            Ok(()) => {
                self.figures.committed();
                self.operations.drain(..).for_each(|operation| operation.resolve(&Ok(())));
            }
            Err(error) => self.abandon(error),
        }
    }

    /// Rolls back the open transaction, if any, and fails its group.
    fn abandon(&mut self, error: Error) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "could not roll back");
        }
        tracing::error!(%error, operations = self.operations.len(), "a group of writes failed");
        let failure = Err(error);
        self.operations.drain(..).for_each(|operation| operation.resolve(&failure));
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
