//! What a commit that was acknowledged is worth: a process that commits is killed with SIGKILL at any moment.
#![allow(clippy::disallowed_types, reason = "the test is about the death of a process")]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::status::Status;
use azkaban_store::{Change, Store};
use common::{attempt, node, submit};

/// Names the database in the environment of the process that is going to be killed.
const DATABASE: &str = "AZKABAN_STORE_CRASH_DATABASE";
/// Concurrent committers of one process.
const COMMITTERS: usize = 8;
/// Processes killed.
const ROUNDS: u32 = 12;

/// The process that is killed; as a test of its own it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Some(database) = std::env::var_os(DATABASE) else { return };
    let store = Store::open(Path::new(&database)).unwrap();
    let mut committers = tokio::task::JoinSet::new();
    for _ in 0..COMMITTERS {
        committers.spawn(commit_for_ever(store.clone()));
    }
    committers.join_all().await;
}

/// Commits batch after batch and prints `ack EXECUTION NUMBER` for each that was acknowledged. Batch n makes two nodes say
/// n and adds attempt n: whoever finds them apart has found half a commit.
async fn commit_for_ever(store: Store) {
    let id = submit(&store, ProjectId(1), "flow", "ann", 1).await;
    for number in 0.. {
        let changes = vec![
            Change::NodeUpsert { execution: id, node: node("a", Status::Running, number) },
            Change::AttemptInsert(attempt(id, "a", number, Status::Running)),
            Change::NodeUpsert { execution: id, node: node("b", Status::Running, number) },
        ];
        store.commit(changes).await.unwrap();
        let mut out = std::io::stdout().lock();
        if writeln!(out, "ack {id} {number}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn every_acknowledged_commit_survives_sigkill_and_none_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("azkaban.db");
    let mut acknowledged: BTreeMap<ExecutionId, u32> = BTreeMap::new();
    for round in 0..ROUNDS {
        // Moments spread over the first commits, the middle of a group and checkpoints of a grown log.
        let alive = Duration::from_millis(u64::from(round * round) * 4 + 1);
        run_and_kill(&database, alive, &mut acknowledged);

        let store = Store::open(&database).unwrap();
        for (id, number) in &acknowledged {
            let record = store.execution_record_get(*id).await.unwrap().expect("an acknowledged execution");
            let attempts: Vec<u32> = record.attempts.iter().map(|a| a.key.attempt).collect();
            let nodes: Vec<u32> = record.nodes.iter().map(|n| n.attempt).collect();
            let last = *attempts.last().expect("an acknowledged attempt");
            assert!(last >= *number, "round {round}: {id} acknowledged {number}, stored {last}");
            assert_eq!(attempts, (0..=last).collect::<Vec<_>>(), "round {round}: {id}");
            assert_eq!(nodes, [last, last], "round {round}: {id}: half a commit");
        }
        store.close().await;
    }
    assert!(acknowledged.len() > COMMITTERS, "the test has seen nothing: {acknowledged:?}");
}

/// Runs a victim until it has acknowledged something and `alive` has passed since; notes what it acknowledged.
fn run_and_kill(database: &Path, alive: Duration, acknowledged: &mut BTreeMap<ExecutionId, u32>) {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture", "--quiet"])
        .env(DATABASE, database)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut killed = false;
    let mut first: Option<Instant> = None;
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The harness prints its own words, perhaps before the first line of ours.
        let Some((_, ack)) = line.split_once("ack ") else { continue };
        let Some((id, number)) = ack.split_once(' ') else { continue };
        let (Ok(id), Ok(number)) = (id.parse(), number.parse()) else { continue };
        acknowledged.insert(ExecutionId(id), number);
        let since = *first.get_or_insert_with(Instant::now);
        if !killed && since.elapsed() >= alive {
            victim.kill().unwrap();
            killed = true;
        }
    }
    assert!(killed, "the victim ended by itself");
    victim.wait().unwrap();
}
