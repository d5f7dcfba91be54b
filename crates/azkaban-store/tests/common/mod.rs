//! What the tests share: a store in a temporary folder, and rows to put into it.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::PathBuf;

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath, ProjectId, ProjectVersion};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AttemptRow, ExecutionState, NewProject, NodeState, RunningFacts, Store, Submission};
use tempfile::TempDir;

/// A store of its own for one test.
pub(crate) struct TestStore {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
}

impl TestStore {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("azkaban.db")).unwrap();
        Self { folder, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("azkaban.db")
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopen(self) -> Self {
        self.store.close().await;
        let path = self.path();
        let Self { folder, store } = self;
        drop(store);
        let store = Store::open(&path).unwrap();
        Self { folder, store }
    }
}

pub(crate) fn at(millis: i64) -> UnixMillis {
    UnixMillis(millis)
}

pub(crate) fn project(name: &str) -> NewProject {
    NewProject {
        name: name.to_owned(),
        description: format!("about {name}"),
        created_at: at(1_000),
        created_by: "ann".to_owned(),
        permissions: Vec::new(),
        proxy_users: Vec::new(),
        events: Vec::new(),
        audit: None,
    }
}

pub(crate) fn submission(user: &str, submitted_at: i64) -> Submission {
    Submission {
        project_version: ProjectVersion(1),
        status: Status::Preparing,
        submit_user: user.to_owned(),
        submitted_at: at(submitted_at),
        source: "adhoc".to_owned(),
        priority: 5,
        uuid: format!("uuid-{user}-{submitted_at}"),
        options: ExecutionOptions::default(),
        flags: "{}".to_owned(),
        nodes: Vec::new(),
        audit: None,
    }
}

/// Submits without asking what runs.
pub(crate) async fn submit(
    store: &Store,
    project: ProjectId,
    flow: &str,
    user: &str,
    when: i64,
) -> ExecutionId {
    let submission = submission(user, when);
    let decide = move |_: &RunningFacts| Ok::<_, ()>(submission);
    store.execution_submit(project, flow, decide).await.unwrap().unwrap()
}

pub(crate) fn state(id: ExecutionId, status: Status, updated_at: i64) -> ExecutionState {
    ExecutionState {
        id,
        status,
        started_at: Some(at(2_000)),
        ended_at: status.is_terminal_for_execution().then_some(at(updated_at)),
        updated_at: at(updated_at),
        flags: "{}".to_owned(),
    }
}

pub(crate) fn node(path: &str, status: Status, attempt: u32) -> NodeState {
    NodeState {
        path: NodePath::from(path),
        status,
        attempt,
        started_at: Some(at(2_100)),
        ended_at: None,
        updated_at: Some(at(2_100)),
        not_before: None,
        marks: None,
    }
}

pub(crate) fn attempt(execution: ExecutionId, path: &str, number: u32, status: Status) -> AttemptRow {
    AttemptRow {
        key: AttemptKey { execution, node: NodePath::from(path), attempt: number },
        status,
        started_at: Some(at(2_100)),
        ended_at: None,
        retries: 2,
        backoff_ms: 500,
        supervisor: None,
        output_file: Some("outputs.json".to_owned()),
        outputs: None,
        reason: None,
    }
}
