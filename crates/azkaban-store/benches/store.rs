//! What the store costs on this machine's disk, beside the least that durability can cost.
//!
//! `cargo bench -p azkaban-store`; `TMPDIR` says on which disk.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath, ProjectId, ProjectVersion};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::props::Props;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{
    AttemptRow, AuditEntry, AuditOutcome, Change, ExecutionState, NodeState, RunningFacts, Store, Submission,
};
use tokio::task::JoinSet;

const PROJECT: ProjectId = ProjectId(1);
/// How long each throughput is measured.
const SPAN: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    sync_floor(&folder.path().join("floor"));
    let store = Store::open(&folder.path().join("bench.db")).expect("a new database");
    runtime.block_on(async {
        lone_commits(&store).await;
        for committers in [1, 16, 64] {
            steps_per_second(&store, committers).await;
        }
        for committers in [1, 16, 64] {
            flows_per_second(&store, committers).await;
        }
        reads(&store).await;
    });
}

/// The floor: three pages written over and synced, in a file that does not grow.
fn sync_floor(path: &Path) {
    let mut file = File::create(path).expect("a file");
    let pages = [7_u8; 3 * 4096];
    for _ in 0..200 {
        file.write_all(&pages).expect("written");
    }
    file.sync_all().expect("synced");
    let mut times = Vec::new();
    for i in 0..2_000_u64 {
        let start = Instant::now();
        file.seek(SeekFrom::Start((i % 200) * pages.len() as u64)).expect("sought");
        file.write_all(&pages).expect("written");
        file.sync_data().expect("synced");
        times.push(start.elapsed());
    }
    report("floor: write 12 KiB and fdatasync", times);
}

async fn lone_commits(store: &Store) {
    let id = submit(store, "lone").await;
    let mut times = Vec::new();
    for number in 0..4_000 {
        let changes = step(id, number);
        let start = Instant::now();
        store.commit(changes).await.expect("committed");
        times.push(start.elapsed());
    }
    report("lone commit of a job step (4 changes)", times);
}

/// Executions that each commit one step after the other.
async fn steps_per_second(store: &Store, committers: usize) {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..committers {
        let store = store.clone();
        tasks.spawn(async move {
            let id = submit(&store, "steps").await;
            let mut done = 0;
            while start.elapsed() < SPAN {
                store.commit(step(id, done)).await.expect("committed");
                done += 1;
            }
            done
        });
    }
    let done: u32 = tasks.join_all().await.into_iter().sum();
    rate(&format!("job steps, {committers} at once"), done, start.elapsed());
}

/// Whole lives of flows of one job: submission, start, job start, job end with the flow's end; 4 commits.
async fn flows_per_second(store: &Store, committers: usize) {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..committers {
        let store = store.clone();
        tasks.spawn(async move {
            let mut done = 0;
            while start.elapsed() < SPAN {
                let id = submit(&store, "flows").await;
                let running = vec![
                    Change::ExecutionUpdate(state(id, Status::Running)),
                    Change::NodeUpsert { execution: id, node: node("job", Status::Queued) },
                ];
                store.commit(running).await.expect("committed");
                let started = vec![
                    Change::NodeUpsert { execution: id, node: node("job", Status::Running) },
                    Change::AttemptInsert(attempt(id, 0, Status::Running)),
                ];
                store.commit(started).await.expect("committed");
                let ended = vec![
                    Change::AttemptUpdate(attempt(id, 0, Status::Succeeded)),
                    Change::NodeUpsert { execution: id, node: node("job", Status::Succeeded) },
                    Change::ExecutionUpdate(state(id, Status::Succeeded)),
                ];
                store.commit(ended).await.expect("committed");
                done += 1;
            }
            done
        });
    }
    let done: u32 = tasks.join_all().await.into_iter().sum();
    rate(&format!("lives of one-job flows, {committers} at once"), done, start.elapsed());
}

async fn reads(store: &Store) {
    let id = submit(store, "twenty").await;
    let mut changes = Vec::new();
    for i in 0..20 {
        let path = format!("job-{i:02}");
        changes.push(Change::NodeUpsert { execution: id, node: node(&path, Status::Succeeded) });
        let mut attempt = attempt(id, 0, Status::Succeeded);
        attempt.key.node = NodePath::from(&*path);
        changes.push(Change::AttemptInsert(attempt));
    }
    store.commit(changes).await.expect("committed");

    let mut row = Vec::new();
    let mut with_nodes = Vec::new();
    let mut record = Vec::new();
    for _ in 0..5_000 {
        row.push(time(async || drop(store.execution_get(id).await.expect("read"))).await);
        let both = async || {
            let row = store.execution_get(id).await.expect("read");
            let nodes = store.execution_nodes_list(id).await.expect("read");
            assert_eq!((row.is_some(), nodes.len()), (true, 20));
        };
        with_nodes.push(time(both).await);
        record.push(time(async || drop(store.execution_record_get(id).await.expect("read"))).await);
    }
    report("execution_get", row);
    report("execution_get and 20 nodes", with_nodes);
    report("execution_record_get: row, options, 20 nodes, 20 attempts", record);

    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..157 {
                submit(&store, "many").await;
            }
        });
    }
    tasks.join_all().await;
    let mut first = Vec::new();
    let mut deep = Vec::new();
    for _ in 0..500 {
        let page = async |start| {
            let page = store.executions_list_by_flow(PROJECT, "many", start, 16).await.expect("read");
            assert_eq!(page.total, 64 * 157);
        };
        first.push(time(async || page(0).await).await);
        deep.push(time(async || page(9_000).await).await);
    }
    report("executions_list_by_flow, 16 of 10,048", first);
    report("executions_list_by_flow, 16 of 10,048 after 9,000", deep);
}

async fn time(work: impl AsyncFnOnce()) -> Duration {
    let start = Instant::now();
    work().await;
    start.elapsed()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("{what:58} p50 {:8.1} µs   p99 {:8.1} µs   worst {:8.1} µs", at(0.5), at(0.99), at(1.0));
}

fn rate(what: &str, count: u32, span: Duration) {
    println!("{what:58} {:9.0} per second", f64::from(count) / span.as_secs_f64());
}

/// What the end of one job and the start of the next store.
fn step(id: ExecutionId, number: u32) -> Vec<Change> {
    let mut changes = vec![
        Change::NodeUpsert { execution: id, node: node(&job(number), Status::Succeeded) },
        Change::NodeUpsert { execution: id, node: node(&job(number + 1), Status::Running) },
        Change::AttemptInsert(attempt_of(id, number + 1, Status::Running)),
    ];
    if number == 0 {
        changes.insert(0, Change::AttemptInsert(attempt_of(id, 0, Status::Running)));
    }
    changes.push(Change::AttemptUpdate(attempt_of(id, number, Status::Succeeded)));
    changes
}

fn job(number: u32) -> String {
    format!("job-{number:06}")
}

fn attempt_of(id: ExecutionId, number: u32, status: Status) -> AttemptRow {
    let mut row = attempt(id, 0, status);
    row.key.node = NodePath::from(&*job(number));
    row
}

async fn submit(store: &Store, flow: &str) -> ExecutionId {
    let told = flow.to_owned();
    let decide = |_: &RunningFacts| {
        Ok::<_, ()>(Submission {
            project_version: ProjectVersion(1),
            status: Status::Preparing,
            submit_user: "azkaban".to_owned(),
            submitted_at: UnixMillis(1_700_000_000_000),
            source: "adhoc".to_owned(),
            priority: 5,
            uuid: "6a1d3a0e-6f0c-4a55-9a39-6ff2f6d0a001".to_owned(),
            options: ExecutionOptions::default(),
            flags: "{}".to_owned(),
            nodes: Vec::new(),
            audit: Some(AuditEntry {
                at: UnixMillis(1_700_000_000_000),
                user: "azkaban".to_owned(),
                ip: "127.0.0.1".to_owned(),
                action: "execution.submit".to_owned(),
                outcome: AuditOutcome::Done,
                project: Some(PROJECT),
                flow: Some(told),
                execution: None,
                details: None,
            }),
        })
    };
    store.execution_submit(PROJECT, flow, decide).await.expect("submitted").expect("accepted")
}

fn state(id: ExecutionId, status: Status) -> ExecutionState {
    let ended = status.is_terminal_for_execution();
    ExecutionState {
        id,
        status,
        started_at: Some(UnixMillis(1_700_000_000_010)),
        ended_at: ended.then_some(UnixMillis(1_700_000_000_020)),
        updated_at: UnixMillis(1_700_000_000_020),
        flags: r#"{"killed":false,"paused":false}"#.to_owned(),
    }
}

fn node(path: &str, status: Status) -> NodeState {
    NodeState {
        path: NodePath::from(path),
        status,
        attempt: 0,
        started_at: Some(UnixMillis(1_700_000_000_010)),
        ended_at: None,
        updated_at: Some(UnixMillis(1_700_000_000_010)),
        not_before: None,
        marks: None,
    }
}

fn attempt(id: ExecutionId, number: u32, status: Status) -> AttemptRow {
    AttemptRow {
        key: AttemptKey { execution: id, node: NodePath::from("job"), attempt: number },
        status,
        started_at: Some(UnixMillis(1_700_000_000_010)),
        ended_at: None,
        retries: 0,
        backoff_ms: 0,
        supervisor: Some("1234-1700000000000".to_owned()),
        output_file: Some("/data/executions/12345/job_output_0.json".to_owned()),
        outputs: Some(Props::new()),
        reason: None,
    }
}
