//! The writing thread: groups, refusals, failures of the database, closing.

use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;

/// A bound for waits that end at once unless something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

struct Bench {
    folder: TempDir,
    handle: WriterHandle,
    thread: thread::JoinHandle<()>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let lock = DatabaseLock::acquire(&path).unwrap();
        let connection = dialect::open_writer(&path).unwrap();
        connection.execute_batch("CREATE TABLE item (id INTEGER PRIMARY KEY, body BLOB)").unwrap();
        let (handle, thread) = start(connection, lock, Arc::default()).unwrap();
        Self { folder, handle, thread }
    }

    /// What anyone but the writer sees: the number of committed items.
    fn committed(&self) -> i64 {
        count(&dialect::open_reader(&self.folder.path().join("test.db")).unwrap()).unwrap()
    }

    /// Keeps the writing thread busy until the returned sender is dropped, so that what is queued meanwhile becomes one
    /// group together with the operation that keeps it busy.
    async fn hold(&self) -> std_mpsc::Sender<()> {
        let (release, released) = std_mpsc::channel::<()>();
        let (started, is_started) = oneshot::channel();
        let handle = self.handle.clone();
        tokio::spawn(async move {
            let (reply, result) = oneshot::channel();
            let function = move |_: &Connection| {
                let _ = started.send(());
                let _ = released.recv_timeout(PATIENCE);
                Ok(())
            };
            let call = Call { function: Some(function), outcome: Err(Error::Closed), reply };
            handle.enqueue(Box::new(call)).await.unwrap();
            result.await.unwrap().unwrap();
        });
        is_started.await.unwrap();
        release
    }

    /// Waits until `count` operations are in the queue.
    async fn wait_for_queue(&self, count: usize) {
        let all_in = async {
            while self.handle.queue.max_capacity() - self.handle.queue.capacity() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, all_in).await.unwrap();
    }
}

fn count(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("SELECT COUNT(*) FROM item", [], |row| row.get(0))?)
}

fn insert(id: i64) -> impl FnOnce(&Connection) -> Result<i64> + Send + 'static {
    move |connection| {
        connection.execute("INSERT INTO item (id) VALUES (?)", [id])?;
        Ok(id)
    }
}

fn refused() -> Error {
    Error::ProjectExists("refused".to_owned())
}

#[tokio::test]
async fn what_waits_together_is_committed_together() {
    let bench = Bench::new();
    let release = bench.hold().await;
    let mut waiters = JoinSet::new();
    for id in 1..=64 {
        let handle = bench.handle.clone();
        waiters.spawn(async move { handle.run(insert(id)).await });
    }
    bench.wait_for_queue(64).await;
    let path = bench.folder.path().join("test.db");
    let handle = bench.handle.clone();
    let last = tokio::spawn(async move {
        let look = move |connection: &Connection| {
            let outside = count(&dialect::open_reader(&path)?)?;
            Ok((count(connection)?, outside))
        };
        handle.run(look).await
    });
    bench.wait_for_queue(65).await;
    drop(release);

    assert_eq!(
        last.await.unwrap(),
        Ok((64, 0)),
        "64 in one transaction, none of them committed before the last"
    );
    while let Some(result) = waiters.join_next().await {
        result.unwrap().unwrap();
    }
    assert_eq!(bench.committed(), 64);
}

#[tokio::test]
async fn a_refused_operation_leaves_the_others_of_its_group_alone() {
    let bench = Bench::new();
    let release = bench.hold().await;
    let mut waiters = JoinSet::new();
    for id in 1..=60 {
        let handle = bench.handle.clone();
        waiters.spawn(async move {
            let run = handle.run(move |connection| {
                insert(id)(connection)?;
                match id % 3 {
                    0 => Err(refused()),
                    1 => insert(id)(connection), // fails: the key exists
                    _ => Ok(id),
                }
            });
            (id, run.await)
        });
    }
    bench.wait_for_queue(60).await;
    drop(release);

    while let Some(result) = waiters.join_next().await {
        let (id, result) = result.unwrap();
        match id % 3 {
            0 => assert_eq!(result, Err(refused())),
            1 => assert!(matches!(result, Err(Error::Database { fault: Fault::Other, .. })), "{result:?}"),
            _ => assert_eq!(result, Ok(id)),
        }
    }
    assert_eq!(bench.committed(), 20);
}

#[tokio::test]
async fn a_lone_refused_operation_leaves_nothing_and_the_thread_goes_on() {
    let bench = Bench::new();
    let result: Result<()> = bench.handle.run(|connection| insert(1)(connection).and(Err(refused()))).await;
    assert_eq!(result, Err(refused()));
    assert_eq!(bench.committed(), 0);
    assert_eq!(bench.handle.run(insert(2)).await, Ok(2));
    assert_eq!(bench.committed(), 1);
}

#[tokio::test]
async fn a_panic_is_rolled_back_and_the_thread_goes_on() {
    let bench = Bench::new();
    let release = bench.hold().await;
    let (first, second) = (bench.handle.clone(), bench.handle.clone());
    let good = tokio::spawn(async move { first.run(insert(1)).await });
    bench.wait_for_queue(1).await;
    let bad = tokio::spawn(async move {
        let result: Result<()> = second
            .run(|connection| {
                insert(2)(connection)?;
                panic!("on purpose")
            })
            .await;
        result
    });
    bench.wait_for_queue(2).await;
    drop(release);
    assert_eq!(bad.await.unwrap(), Err(Error::Panicked));
    assert_eq!(good.await.unwrap(), Ok(1));
    assert_eq!(bench.committed(), 1);
}

/// Sets how many pages the database may have: the disk of the test.
fn disk_of(pages: i64) -> impl FnOnce(&Connection) -> Result<()> + Send + 'static {
    move |connection| {
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_fails_whoever_waits_and_the_store_stays_usable() {
    let bench = Bench::new();
    bench.handle.run(insert(1)).await.unwrap();
    bench.handle.run(disk_of(8)).await.unwrap();

    let release = bench.hold().await;
    let mut waiters = JoinSet::new();
    for id in 2..=10 {
        let handle = bench.handle.clone();
        waiters.spawn(async move {
            let run = handle.run(move |connection| {
                connection.execute("INSERT INTO item (id, body) VALUES (?, zeroblob(20000))", [id])?;
                Ok(id)
            });
            (id, run.await)
        });
    }
    bench.wait_for_queue(9).await;
    drop(release);
    let mut stored = 1;
    while let Some(result) = waiters.join_next().await {
        let (_, result) = result.unwrap();
        match result {
            Ok(_) => stored += 1,
            Err(Error::Database { fault, .. }) => assert_eq!(fault, Fault::Full),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(stored < 10, "the disk was not full");
    assert_eq!(bench.committed(), stored, "exactly what was acknowledged is there");

    bench.handle.run(disk_of(1_000_000)).await.unwrap();
    assert_eq!(bench.handle.run(insert(100)).await, Ok(100));
    assert_eq!(bench.committed(), stored + 1);
}

#[tokio::test]
async fn a_transaction_that_the_database_gives_up_fails_its_group() {
    let bench = Bench::new();
    let release = bench.hold().await;
    let (first, second, third) = (bench.handle.clone(), bench.handle.clone(), bench.handle.clone());
    let before = tokio::spawn(async move { first.run(insert(1)).await });
    bench.wait_for_queue(1).await;
    let culprit = tokio::spawn(async move {
        second
            .run(|connection| {
                connection.execute_batch("ROLLBACK")?;
                Ok(())
            })
            .await
    });
    bench.wait_for_queue(2).await;
    let after = tokio::spawn(async move { third.run(insert(3)).await });
    bench.wait_for_queue(3).await;
    drop(release);
    assert!(before.await.unwrap().is_err(), "what was rolled back must not be acknowledged");
    assert!(culprit.await.unwrap().is_err());
    assert_eq!(after.await.unwrap(), Ok(3));
    assert_eq!(bench.committed(), 1);
}

#[tokio::test]
async fn an_operation_is_done_although_nobody_waits_for_it() {
    let bench = Bench::new();
    let release = bench.hold().await;
    let handle = bench.handle.clone();
    let waiter = tokio::spawn(async move { handle.run(insert(1)).await });
    bench.wait_for_queue(1).await;
    waiter.abort();
    assert!(waiter.await.unwrap_err().is_cancelled());
    drop(release);
    bench.handle.run(insert(2)).await.unwrap();
    assert_eq!(bench.committed(), 2);
}

#[tokio::test]
async fn closing_does_what_is_queued_and_refuses_the_rest() {
    let bench = Bench::new();
    let release = bench.hold().await;
    let handle = bench.handle.clone();
    let queued = tokio::spawn(async move { handle.run(insert(1)).await });
    bench.wait_for_queue(1).await;
    let handle = bench.handle.clone();
    let closing = tokio::spawn(async move { handle.close().await });
    bench.wait_for_queue(2).await;
    drop(release);
    assert_eq!(queued.await.unwrap(), Ok(1));
    closing.await.unwrap();
    assert_eq!(bench.handle.run(insert(2)).await, Err(Error::Closed));
    bench.handle.close().await;
    assert_eq!(bench.committed(), 1);
    DatabaseLock::acquire(&bench.folder.path().join("test.db")).expect("the lock is free");
    bench.thread.join().unwrap();
}
