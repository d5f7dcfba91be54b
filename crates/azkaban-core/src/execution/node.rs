//! The state of one node of an execution.

use serde::{Deserialize, Serialize};

use crate::status::Status;
use crate::time::UnixMillis;

/// What must be known about a node beyond its status, as a set of bits that is stored as one number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(pub u32);

impl Marks {
    /// No mark.
    pub const NONE: Marks = Marks(0);
    /// The job ended while the flow was paused; what follows from it waits for the resume.
    pub const UNPROCESSED: Marks = Marks(1);
    /// Ended, and another attempt is due as soon as the end is processed.
    pub const RETRY: Marks = Marks(1 << 1);
    /// The kill came from an SLA rule; the job's automatic retries apply (§6).
    pub const KILLED_BY_SLA: Marks = Marks(1 << 2);
    /// The job waits for jobs of an older execution (§2.15).
    pub const AWAITING_PIPELINE: Marks = Marks(1 << 3);
    /// A flow that will end KILLED, because an SLA rule killed a job in it (§2.6).
    pub const ENDS_KILLED: Marks = Marks(1 << 4);
    /// Cancelled because the statuses of its parents do not meet its condition.
    pub const PARENTS_UNMET: Marks = Marks(1 << 5);
    /// Cancelled because its expression is false.
    pub const CONDITION_FALSE: Marks = Marks(1 << 6);
    /// Failed because its expression names a job that its flow does not have.
    pub const CONDITION_UNRESOLVED: Marks = Marks(1 << 7);

    /// Whether all of `marks` are set.
    pub fn has(self, marks: Marks) -> bool {
        self.0 & marks.0 == marks.0
    }

    /// Sets them.
    pub fn set(&mut self, marks: Marks) {
        self.0 |= marks.0;
    }

    /// Clears them.
    pub fn clear(&mut self, marks: Marks) {
        self.0 &= !marks.0;
    }
}

/// The state of a node: what an execution's row per node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeState {
    /// Its status.
    pub status: Status,
    /// The current attempt: 0 for the first.
    pub attempt: u32,
    /// When the attempt got its slot; queue, back-off and pipeline time come before it (§2.10, 3).
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// When any of this last changed.
    pub updated_at: Option<UnixMillis>,
    /// The attempt may not start before this (`retry.backoff`).
    pub not_before: Option<UnixMillis>,
    /// The rest.
    pub marks: Marks,
}

impl NodeState {
    /// A node that nothing has happened to, in status `status`.
    pub fn initial(status: Status) -> Self {
        Self {
            status,
            attempt: 0,
            started_at: None,
            ended_at: None,
            updated_at: None,
            not_before: None,
            marks: Marks::NONE,
        }
    }

    /// The node has ended and all that follows from it has been done.
    pub(super) fn is_settled(&self) -> bool {
        self.status.is_finished() && !self.marks.has(Marks::UNPROCESSED)
    }
}

/// An attempt of a job that another one followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastAttempt {
    /// 0 for the first.
    pub attempt: u32,
    /// When it started, if it did.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// How it ended.
    pub status: Status,
}
