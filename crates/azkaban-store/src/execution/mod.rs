//! Executions and the states of their nodes and attempts.

mod history;
mod job_history;
mod lengths;
mod read;
mod request_key;
mod search;
mod submit;
mod write;

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath, ProjectId, ProjectVersion};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::props::Props;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

pub use history::HistoryFilter;
pub use job_history::JobRun;
pub(crate) use read::newest_of_flow;
pub use request_key::{KeyedSubmission, RequestKey};
pub use search::{ExecutionFacets, ExecutionQuery, NodeRun};
pub(crate) use submit::insert as submission_insert;
pub use submit::{RunningFacts, Submission};
pub(crate) use write::{attempt_insert, attempt_update, execution_update, node_upsert};

/// An execution, without its options and nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRow {
    /// Its id.
    pub id: ExecutionId,
    /// The project it belongs to, alive or deleted.
    pub project: ProjectId,
    /// The version of the project that it runs.
    pub project_version: ProjectVersion,
    /// The flow's id.
    pub flow: String,
    /// The root flow's status.
    pub status: Status,
    /// Who submitted it.
    pub submit_user: String,
    /// When it was submitted.
    pub submitted_at: UnixMillis,
    /// When it started.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// When the root flow last changed.
    pub updated_at: UnixMillis,
    /// What submitted it: `adhoc`, `schedule`, … (config-and-security §10.2).
    pub source: String,
    /// Higher first; Azkaban's default is 5.
    pub priority: i32,
    /// A random name, unlike the id unique beyond this database.
    pub uuid: String,
    /// JSON of the flow state machine, opaque here.
    pub flags: String,
}

/// What changes of an execution while it runs. Always the whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionState {
    /// The execution's id.
    pub id: ExecutionId,
    /// The root flow's status. A terminal one is final.
    pub status: Status,
    /// When it started.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// When the root flow last changed.
    pub updated_at: UnixMillis,
    /// JSON of the flow state machine, opaque here.
    pub flags: String,
}

/// The state of a node that is not, or no longer, READY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeState {
    /// Its nested id.
    pub path: NodePath,
    /// Its status.
    pub status: Status,
    /// Its latest attempt; 0 for the first.
    pub attempt: u32,
    /// When it started.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// When it last changed.
    pub updated_at: Option<UnixMillis>,
    /// It must not start before this time (back-off).
    pub not_before: Option<UnixMillis>,
    /// JSON of the flow state machine, opaque here.
    pub marks: Option<String>,
}

/// One attempt of a job. It is stored before its process starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Which attempt.
    pub key: AttemptKey,
    /// Its status.
    pub status: Status,
    /// When it started.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// How many times the job may be retried, as its properties said at the start.
    pub retries: u32,
    /// Milliseconds between attempts, as its properties said at the start.
    pub backoff_ms: i64,
    /// Who supervises its process, in the runner's terms.
    pub supervisor: Option<String>,
    /// The properties that it handed on.
    pub outputs: Option<Props>,
    /// The file in which the job may leave its outputs, known before it starts and read when it has ended.
    pub output_file: Option<String>,
    /// Why it ended as it did, in words for people.
    pub reason: Option<String>,
}

/// All that is stored of one execution, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRecord {
    /// The execution.
    pub row: ExecutionRow,
    /// What was asked for.
    pub options: ExecutionOptions,
    /// Nodes that are not READY, by path.
    pub nodes: Vec<NodeState>,
    /// Attempts, by path and number.
    pub attempts: Vec<AttemptRow>,
}

/// A part of a longer list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage<T> {
    /// Length of the whole list.
    pub total: u64,
    /// The part asked for.
    pub rows: Vec<T>,
}
