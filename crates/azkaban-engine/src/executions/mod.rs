//! Executions as their users see them: submit, look, steer, read logs.

mod control;
mod history;
mod log_lines;
mod logs;
mod once;
mod pages;
mod preview;
mod read;
mod runs;
mod submit;

use std::collections::HashMap;
use std::sync::Arc;

use azkaban_core::execution::{Graph, NodeState, PastAttempt};
use azkaban_core::ids::{ExecutionId, NodeIndex, ProjectId, ProjectVersion};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

pub use control::ControlError;
pub(crate) use log_lines::LogIndexes;
pub use log_lines::{LogHit, LogOf, LogPage, LogPattern, LogTail, MAX_LINE, PAGE_LINES, SearchNews};
pub use logs::{LogError, LogWindow};
pub use once::{SubmitKey, SubmitOnceError};
pub(crate) use pages::FlowPages;
pub use preview::{Preview, PreviewWarning};
pub(crate) use read::{node_state, summary};
pub use runs::{ActiveExecutions, FlowRun};
pub use submit::{Beside, ExecuteFlow, SubmitError, Submitted};
pub(crate) use submit::{Decided, Origin, Prepared};

/// An execution without its nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// Its id.
    pub id: ExecutionId,
    /// The project, perhaps deleted by now.
    pub project_id: ProjectId,
    /// The version that it runs.
    pub version: ProjectVersion,
    /// The flow's id.
    pub flow_id: String,
    /// The status of the root flow.
    pub status: Status,
    /// Who submitted it.
    pub submit_user: String,
    /// When it was submitted.
    pub submitted_at: UnixMillis,
    /// When it started, if it has.
    pub started_at: Option<UnixMillis>,
    /// When it ended, if it has.
    pub ended_at: Option<UnixMillis>,
    /// When the root flow last changed.
    pub updated_at: Option<UnixMillis>,
}

/// An execution with the state of every node, as of one commit.
#[derive(Debug, Clone)]
pub struct ExecutionView {
    /// The execution itself.
    pub summary: ExecutionSummary,
    /// What was asked for.
    pub options: Arc<ExecutionOptions>,
    /// `adhoc`, `schedule`, …
    pub source: Arc<str>,
    /// Its nodes.
    pub graph: Arc<Graph>,
    /// Their states, by [`NodeIndex`].
    pub nodes: Vec<NodeState>,
    /// Attempts that another one followed.
    pub past_attempts: HashMap<NodeIndex, Vec<PastAttempt>>,
}
