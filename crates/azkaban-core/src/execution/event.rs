//! What can happen to an execution, and what it asks for in return.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::NodeIndex;
use crate::options::FailureAction;
use crate::props::Props;
use crate::status::Status;
use crate::time::UnixMillis;

/// The rules of one execution, fixed when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What a failure does to the rest of the flow (§2.6).
    pub failure_action: FailureAction,
    /// Jobs that may run at once (`flow.num.job.threads`); 0 counts as 1.
    pub max_parallel_jobs: usize,
    /// Each job waits for jobs of an older execution before it starts (§2.15).
    pub pipelined: bool,
}

/// How an attempt of a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Succeeded {
        /// Its output properties.
        outputs: Arc<Props>,
    },
    /// Badly; also when the job could not be prepared (unknown type, bad properties, …).
    Failed,
    /// Badly, which `job.succeed.on.failure` makes count as success.
    FailedButCounts,
    /// By a kill.
    Killed,
}

/// The job's automatic retries (projects-and-jobs §8.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Attempts after the first (`retries`).
    pub retries: u32,
    /// Milliseconds between the end of an attempt and the next (`retry.backoff`).
    pub backoff_ms: u64,
}

/// Something that happened. Events that no longer apply (an old attempt, a job that is not waiting) change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An executor takes up the flow.
    Start,
    /// An attempt ended, or could not be started at all.
    JobFinished {
        /// The job.
        node: NodeIndex,
        /// Which attempt.
        attempt: u32,
        /// How.
        outcome: Outcome,
        /// Its resolved `retries` and `retry.backoff`.
        retry: RetryPolicy,
    },
    /// The timer of an [`Effect::SetTimer`] fired.
    RetryDue {
        /// The job.
        node: NodeIndex,
        /// The attempt that may start now.
        attempt: u32,
    },
    /// What [`Effect::AwaitPipeline`] asked to wait for has ended.
    PipelineReleased {
        /// The job that waited.
        node: NodeIndex,
    },
}

/// Something that a user or a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Ends the execution.
    Kill {
        /// Who asks.
        by: String,
    },
    /// No new jobs until it is resumed; running ones go on.
    Pause {
        /// Who asks.
        by: String,
    },
    /// Ends the pause. Without a pause, nothing.
    Resume {
        /// Who asks.
        by: String,
    },
    /// Gives what failed another attempt, while the flow still runs.
    RetryFailed {
        /// Who asks.
        by: String,
    },
    /// Ends one job.
    KillJob {
        /// The job.
        node: NodeIndex,
        /// An SLA rule asks: it counts as a failure and the job's retries apply (§6).
        by_sla: bool,
    },
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The execution is over.
    #[error("the execution has ended with status {status}")]
    Finished {
        /// How.
        status: Status,
    },
    /// A kill is under way.
    #[error("the execution is being killed")]
    Killed,
    /// The node is no job that waits or runs.
    #[error("the job does not run")]
    NotActive,
}

/// Something to be done. The effects of one event come in the order in which they must be done: first what is stored,
/// then what acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The node's state, past attempts or outputs changed and must be stored; the root stands for the flow's flags too.
    NodeChanged {
        /// The node.
        node: NodeIndex,
    },
    /// Start this attempt. Its state is RUNNING already.
    StartJob {
        /// The job.
        node: NodeIndex,
        /// The attempt.
        attempt: u32,
    },
    /// Stop this attempt; its end comes as [`Event::JobFinished`].
    KillJob {
        /// The job.
        node: NodeIndex,
        /// The attempt.
        attempt: u32,
    },
    /// Send [`Event::RetryDue`] at `at`.
    SetTimer {
        /// The job.
        node: NodeIndex,
        /// The attempt that waits.
        attempt: u32,
        /// When; possibly in the past.
        at: UnixMillis,
    },
    /// That timer is not needed any more.
    CancelTimer {
        /// The job.
        node: NodeIndex,
        /// The attempt that waited.
        attempt: u32,
    },
    /// Send [`Event::PipelineReleased`] as soon as no job of the older execution blocks this one.
    AwaitPipeline {
        /// The job.
        node: NodeIndex,
    },
    /// The job does not wait any more.
    CancelPipeline {
        /// The job.
        node: NodeIndex,
    },
    /// The flow turned FAILED_FINISHING: the moment of the first-failure mail (§7.1).
    FirstFailure,
    /// The execution is over; nothing follows.
    Finished {
        /// How.
        status: Status,
    },
}
