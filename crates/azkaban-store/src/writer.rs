//! The one thread that writes, with group commit.
//!
//! Whatever waits in the queue when the thread gets to it runs in one transaction, which costs one sync of the disk for
//! all. While that sync lasts the next group gathers by itself, so there is no timer: a lone operation waits for nobody,
//! and under load the groups grow.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
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

/// The way to the writing thread.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    queue: mpsc::Sender<Request>,
}

impl WriterHandle {
    /// Runs `function` in a transaction, perhaps shared with others, and returns after the durable commit.
    ///
    /// If `function` fails, what it wrote is rolled back and the others go on. It runs even if the caller stops waiting
    /// once it is queued. Operations run in the order in which they were queued.
    pub(crate) async fn run<T, F>(&self, function: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let call = Call { function: Some(function), outcome: Err(Error::Closed), reply };
        self.queue.send(Request::Run(Box::new(call))).await.map_err(|_| Error::Closed)?;
        result.await.map_err(|_| Error::Closed)?
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
    let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
        let closing =
            Writer { connection: &connection, requests, group: Vec::new(), figures: &figures }.serve();
        if let Err(error) = dialect::checkpoint(&connection) {
            tracing::warn!(%error, "could not empty the write-ahead log; the next start does");
        }
        drop(connection);
        drop(lock);
        if let Some(reply) = closing {
            let _ = reply.send(());
        }
    })?;
    Ok((WriterHandle { queue }, thread))
}

struct Writer<'c> {
    connection: &'c Connection,
    requests: mpsc::Receiver<Request>,
    /// Operations of the open transaction, in their order.
    group: Vec<Box<dyn Operation>>,
    figures: &'c Recorder,
}

impl Writer<'_> {
    /// Serves until closed; returns who asked for it.
    fn serve(mut self) -> Option<oneshot::Sender<()>> {
        while let Some(request) = self.requests.blocking_recv() {
            let mut next = Some(request);
            while let Some(request) = next.take() {
                match request {
                    Request::Run(operation) => self.add(operation),
                    Request::Close(reply) => {
                        self.commit();
                        return Some(reply);
                    }
                }
                if self.group.len() < GROUP {
                    next = self.requests.try_recv().ok();
                }
            }
            self.commit();
        }
        None
    }

    /// Runs one operation in the open transaction, or in a new one.
    fn add(&mut self, mut operation: Box<dyn Operation>) {
        let alone = self.group.is_empty();
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
            self.group.push(operation);
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
        self.group.push(operation);
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
        if self.group.is_empty() {
            return;
        }
        match self.execute("COMMIT") {
            Ok(()) => {
                self.figures.committed();
                self.group.drain(..).for_each(|operation| operation.resolve(&Ok(())));
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
        tracing::error!(%error, operations = self.group.len(), "a group of writes failed");
        let failure = Err(error);
        self.group.drain(..).for_each(|operation| operation.resolve(&failure));
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
