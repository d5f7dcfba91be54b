//! Statuses of flows and jobs, and which of them mean what.
//!
//! Source: execution-and-scheduling §1 of the behaviour specification. The numbers are those of Azkaban's database and API.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a flow, an embedded flow or a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[repr(u8)]
pub enum Status {
    /// Not yet considered.
    Ready = 10,
    /// Taken from the queue of a containerised dispatch.
    Dispatching = 15,
    /// Submitted, not yet started by an executor.
    Preparing = 20,
    /// Executing.
    Running = 30,
    /// Root flow only: no new jobs start.
    Paused = 40,
    /// Ended well.
    Succeeded = 50,
    /// A kill was asked for and is not complete.
    Killing = 55,
    /// Ended by a kill.
    Killed = 60,
    /// The container that ran the flow was lost.
    ExecutionStopped = 65,
    /// Ended badly.
    Failed = 70,
    /// A job failed; what may still run is draining.
    FailedFinishing = 80,
    /// A disabled node whose turn came.
    Skipped = 90,
    /// The user asked to skip this node.
    Disabled = 100,
    /// Its turn has come; it waits for a slot, for its back-off or for a pipelined execution.
    Queued = 110,
    /// Failed, but `job.succeed.on.failure` says that counts as success.
    FailedSucceeded = 120,
    /// Never started, because of an earlier failure, a kill or a condition.
    Cancelled = 125,
}

impl Status {
    /// Every status, in the order of the numbers.
    pub const ALL: [Status; 16] = [
        Status::Ready,
        Status::Dispatching,
        Status::Preparing,
        Status::Running,
        Status::Paused,
        Status::Succeeded,
        Status::Killing,
        Status::Killed,
        Status::ExecutionStopped,
        Status::Failed,
        Status::FailedFinishing,
        Status::Skipped,
        Status::Disabled,
        Status::Queued,
        Status::FailedSucceeded,
        Status::Cancelled,
    ];

    /// The number in Azkaban's database and API.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The status of a number, if it is one.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|s| i64::from(s.code()) == code)
    }

    /// The name in the API, as `FAILED_FINISHING`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ready => "READY",
            Status::Dispatching => "DISPATCHING",
            Status::Preparing => "PREPARING",
            Status::Running => "RUNNING",
            Status::Paused => "PAUSED",
            Status::Succeeded => "SUCCEEDED",
            Status::Killing => "KILLING",
            Status::Killed => "KILLED",
            Status::ExecutionStopped => "EXECUTION_STOPPED",
            Status::Failed => "FAILED",
            Status::FailedFinishing => "FAILED_FINISHING",
            Status::Skipped => "SKIPPED",
            Status::Disabled => "DISABLED",
            Status::Queued => "QUEUED",
            Status::FailedSucceeded => "FAILED_SUCCEEDED",
            Status::Cancelled => "CANCELLED",
        }
    }

    /// The status of a name, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Nothing more will happen to a node in this status (§1, column "finished").
    pub fn is_finished(self) -> bool {
        matches!(
            self,
            Status::ExecutionStopped
                | Status::Failed
                | Status::Killed
                | Status::Succeeded
                | Status::Skipped
                | Status::FailedSucceeded
                | Status::Cancelled
        )
    }

    /// In progress in the sense of §1: neither PAUSED nor KILLING counts.
    pub fn is_running(self) -> bool {
        matches!(self, Status::Running | Status::FailedFinishing | Status::Queued)
    }

    /// Counts as a failed parent (§1; EXECUTION_STOPPED does not).
    pub fn is_failed(self) -> bool {
        matches!(self, Status::Failed | Status::Killed | Status::Cancelled)
    }

    /// Counts as a succeeded parent (§1).
    pub fn is_succeeded(self) -> bool {
        matches!(self, Status::Succeeded | Status::FailedSucceeded | Status::Skipped)
    }

    /// An execution whose row says this is over: what "unfinished" queries exclude (§1, column "DB-terminal").
    pub fn is_terminal_for_execution(self) -> bool {
        matches!(self, Status::Succeeded | Status::Killed | Status::ExecutionStopped | Status::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_round_trip() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(i64::from(status.code())), Some(status));
            assert_eq!(Status::from_name(status.name()), Some(status));
            let json = serde_json::to_string(&status).unwrap();
            assert_eq!(json, format!("\"{}\"", status.name()));
        }
        assert_eq!(Status::from_code(51), None);
    }

    #[test]
    fn the_look_alike_sets_differ_where_azkaban_says() {
        assert!(Status::ExecutionStopped.is_finished() && !Status::ExecutionStopped.is_failed());
        assert!(Status::Skipped.is_finished() && !Status::Skipped.is_terminal_for_execution());
        assert!(Status::Queued.is_running() && !Status::Paused.is_running() && !Status::Killing.is_running());
    }
}
