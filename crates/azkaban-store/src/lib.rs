//! What Azkaban remembers, in an SQL database. All SQL of the project is here, and nothing else is.
//!
//! [`Store`] is the one type to use. State changes go in as [`Change`] values and as the methods whose outcome depends on
//! what is stored; both return after the durable commit. See `docs/decisions/0002-sqlite-through-rusqlite.md`.
//!
//! There are no foreign keys: the callers write rows of one execution or project in an order that they keep themselves,
//! rows that others refer to are never deleted, and a check per row would cost as much as the row.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_types))]

mod api_token;
mod audit;
mod change;
mod contents;
mod convert;
mod dialect;
mod error;
mod execution;
mod figures;
mod lock;
mod outbox;
mod personal;
mod pool;
mod project;
mod query;
mod schedule;
mod schema;
mod server_state;
mod session;
mod sla;
mod store;
mod writer;

pub use api_token::{ApiTokenRow, NewApiToken, TokenScope};
pub use audit::{AuditEntry, AuditFilter, AuditOutcome, AuditReader, AuditRow};
pub use change::Change;
pub use error::{Error, Fault, Result};
pub use execution::{
    AttemptRow, ExecutionFacets, ExecutionQuery, ExecutionRecord, ExecutionRow, ExecutionState,
    HistoryFilter, JobRun, KeyedSubmission, ListPage, NodeRun, NodeState, RequestKey, RunningFacts,
    Submission,
};
pub use figures::{LATENCY_BOUNDS, Latency, LatencyRecorder, StoreFigures};
pub use outbox::{NewOutboxItem, OutboxChannel, OutboxId, OutboxRow};
pub use personal::{BookmarkRow, SavedViewRow, SavedViewWrite};
pub use project::{
    FlowLock, FlowRow, Grantee, NewProject, NewVersion, ProjectEvent, ProjectEventKind, ProjectOverview,
    ProjectRow, VersionRow,
};
pub use schedule::{
    FireOutcome, FireRow, NewSchedule, PastFire, RestoreOutcome, ScheduleDefinition, ScheduleFire,
    ScheduleRow,
};
pub use session::{SessionRow, TokenDigest};
pub use sla::SlaMissRow;
pub use store::Store;
