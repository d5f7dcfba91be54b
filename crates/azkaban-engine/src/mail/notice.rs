//! What mails are about, as facts: the words are made when a mail is sent.

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::options::FailureAction;
use azkaban_core::sla::SlaGoal;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// An execution at the moment that a mail is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FlowFacts {
    pub(crate) execution: ExecutionId,
    pub(crate) project_id: ProjectId,
    pub(crate) project: String,
    pub(crate) flow: String,
    pub(crate) status: Status,
    pub(crate) started_at: Option<UnixMillis>,
    pub(crate) ended_at: Option<UnixMillis>,
}

/// The occasion of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Notice {
    /// A job has failed, the flow goes on.
    FirstFailure {
        flow: FlowFacts,
        action: FailureAction,
        /// Jobs of the root flow that have failed.
        jobs: Vec<String>,
    },
    /// The flow has ended, well or not.
    Ended {
        flow: FlowFacts,
        /// Jobs of the root flow that failed, or were killed if the flow was.
        jobs: Vec<String>,
        /// Why, beyond the jobs.
        reasons: Vec<String>,
    },
    /// An SLA rule was missed.
    Sla {
        flow: FlowFacts,
        /// The job's nested id, of a rule about a job.
        job: Option<String>,
        goal: SlaGoal,
        within_minutes: u64,
        /// When the flow or the job's attempt started.
        started_at: UnixMillis,
    },
    /// A schedule did not fire when it was to.
    MissedSchedule {
        project: String,
        flow: String,
        /// When it was to, the first ones.
        times: Vec<UnixMillis>,
        /// There were more.
        more: bool,
        /// One run makes up for them.
        made_up: bool,
    },
    /// Somebody has replaced the properties of a job.
    PropertiesOverridden {
        user: String,
        project: String,
        flow: String,
        job: String,
        /// What differs, as the project's events tell it.
        difference: String,
    },
}

impl Notice {
    /// The execution whose flow's past is listed.
    pub(crate) fn shows_history_of(&self) -> Option<&FlowFacts> {
        match self {
            Notice::Ended { flow, .. } if flow.status != Status::Succeeded => Some(flow),
            _ => None,
        }
    }
}
