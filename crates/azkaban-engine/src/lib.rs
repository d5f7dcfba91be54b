//! The use cases of Azkaban: who may do what, in which order things are stored, and the actors that run flows.
//!
//! A face (the HTTP server, the command line) turns a request into one call of [`Engine`]; see `ARCHITECTURE.md`.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_types))]

mod archive;
pub mod audit;
mod bounded;
mod callbacks;
mod clock;
mod config;
mod download;
mod durable;
mod error;
mod events;
mod executions;
mod executor;
mod figures;
mod http_client;
mod job_types;
mod layouts;
mod log_retention;
mod machine;
mod mail;
mod metric_history;
mod outbox;
mod people;
mod personal;
pub mod projects;
mod random;
mod schedules;
mod server_state;
mod services;
pub mod sessions;
mod start;
mod tokens;
pub mod users;

use std::sync::Arc;

use azkaban_core::time::UnixMillis;
use azkaban_store::Store;

pub use archive::fuzzing;
pub use archive::{Broken, EntryRule, Refusal, UnpackedFile};
pub use audit::{Action, AuditListError, AuditPage};
pub use azkaban_runner::LogPosition;
pub use azkaban_store::{
    ExecutionFacets, ExecutionQuery, HistoryFilter, JobRun, NodeRun, SavedViewRow, TokenScope,
};
pub use callbacks::CallbackConfig;
pub use clock::Clock;
pub use config::{ArchiveLimits, Config};
pub use download::{Download, DownloadError};
pub use error::{Internal, Kind};
pub use events::{Event, News, ProjectChange, Subscription, Told};
pub use executions::{
    ActiveExecutions, Beside, ControlError, ExecuteFlow, ExecutionSummary, ExecutionView, FlowRun, LogError,
    LogHit, LogOf, LogPage, LogPattern, LogTail, LogWindow, MAX_LINE, PAGE_LINES, Preview, PreviewWarning,
    SearchNews, SubmitError, SubmitKey, SubmitOnceError, Submitted,
};
pub use executor::RecoverError;
pub use figures::{Figures, JobCounts, LATENCY_BOUNDS, Latency, StoreFigures};
pub use layouts::LayoutError;
pub use log_retention::LogRetention;
pub use machine::MachineLoad;
pub use mail::MailConfig;
pub use metric_history::{Metric, MetricPoint, MetricSetting};
pub use people::SessionEndError;
pub use personal::{Bookmark, NewView, PersonalError, ViewChange};
pub use projects::{
    Archive, CreateProjectError, DeleteProjectError, DescribeProjectError, FileChange, FileEntry, FileError,
    FlowChanges, FlowLock, FlowLockError, Grantee, OverrideError, PermissionError, Project, ProjectEvent,
    ProjectEventKind, ProxyUserError, PurgeProjectError, RollbackError, Unpacked, Upload, UploadDenied,
    UploadError, UploadSettingError, Uploaded, VersionDiff, VersionRow, WhitelistProblem,
};
pub use schedules::{
    FireRow, PastFire, PutSchedule, Schedule, ScheduleDraft, ScheduleError, ScheduledFlow, SlaMissRow,
    Unfired,
};
pub use server_state::{Note, NoteTooLong};
pub use services::{ServicesError, WhitelistError};
pub use sessions::{SessionInfo, SessionRefused, SessionToken, SessionsToEnd};
pub use start::StartError;
pub use tokens::{ApiToken, NewToken, TokenError, TokenSecret};
pub use users::{Caller, KnownUser, LoginError, User};

use events::Events;
use executions::{FlowPages, LogIndexes};
use executor::Executor;
use layouts::Layouts;
use machine::Machine;
use metric_history::MetricHistory;
use outbox::Outbox;
use schedules::Schedules;
use server_state::ServerState;
use services::Services;

/// All use cases. A handle: clones share one engine.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What the engine consists of.
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) events: Arc<Events>,
    pub(crate) services: Services,
    pub(crate) executor: Executor,
    pub(crate) outbox: Outbox,
    pub(crate) pages: FlowPages,
    pub(crate) layouts: Layouts,
    pub(crate) log_indexes: Arc<LogIndexes>,
    pub(crate) state: ServerState,
    pub(crate) metrics: Arc<MetricHistory>,
    pub(crate) schedules: Schedules,
    pub(crate) machine: Machine,
    pub(crate) clock: Clock,
}

impl Engine {
    /// The settings it was started with.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The current time.
    pub fn now(&self) -> UnixMillis {
        self.inner.clock.now()
    }

    pub(crate) fn services(&self) -> &Services {
        &self.inner.services
    }
}
