//! What became of the fires of schedules, and how long and how well what they start usually runs.

use azkaban_core::ids::{NodePath, ProjectId, ScheduleId};
use azkaban_core::time::UnixMillis;
use azkaban_store::{PastFire, SlaMissRow};

use super::fire::MISSED;
use crate::Engine;
use crate::error::Internal;
use crate::executions::SubmitError;

/// Why a fire started nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfired {
    /// The server did not run, or was late, and missed fires are not made up for.
    Missed,
    /// The flow was locked.
    Locked,
    /// The flow ran, and its schedule says skip.
    AlreadyRunning,
    /// Too many executions of the flow ran.
    TooManyRuns,
    /// Something else; the stored sentence says what.
    Other,
}

impl Unfired {
    /// What a stored reason says.
    pub fn of(reason: &str) -> Self {
        let locked = SubmitError::FlowLocked { message: None }.to_string();
        if reason == MISSED {
            Self::Missed
        } else if reason == locked {
            Self::Locked
        } else if reason == SubmitError::AlreadyRunning.to_string() {
            Self::AlreadyRunning
        } else if reason.ends_with("concurrent runs") {
            Self::TooManyRuns
        } else {
            Self::Other
        }
    }
}

impl Engine {
    /// Of each schedule the fires of a time that were dealt with, newest first and at most `each`. Fires are forgotten
    /// after some days.
    pub async fn schedules_past_fires(
        &self,
        ids: Vec<ScheduleId>,
        from: UnixMillis,
        before: UnixMillis,
        each: u32,
    ) -> Result<Vec<Vec<PastFire>>, Internal> {
        self.inner.store.schedules_past_fires(ids, from, before, each).await.map_err(Internal::new)
    }

    /// The median length of the latest successful runs of each flow, or of a node of it, in milliseconds.
    pub async fn typical_lengths(
        &self,
        of: Vec<(ProjectId, String, Option<NodePath>)>,
    ) -> Result<Vec<Option<i64>>, Internal> {
        self.inner.store.typical_lengths(of).await.map_err(Internal::new)
    }

    /// When the SLA rules of each flow were missed last.
    pub async fn sla_misses(
        &self,
        flows: Vec<(ProjectId, String)>,
    ) -> Result<Vec<Vec<SlaMissRow>>, Internal> {
        self.inner.store.sla_misses_list(flows).await.map_err(Internal::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_reasons_are_understood() {
        for (reason, expected) in [
            (MISSED.to_owned(), Unfired::Missed),
            (SubmitError::FlowLocked { message: Some("closed".to_owned()) }.to_string(), Unfired::Locked),
            (SubmitError::AlreadyRunning.to_string(), Unfired::AlreadyRunning),
            (SubmitError::TooManyRuns { limit: 30 }.to_string(), Unfired::TooManyRuns),
            ("a sentence of an older release".to_owned(), Unfired::Other),
        ] {
            assert_eq!(Unfired::of(&reason), expected, "{reason}");
        }
    }
}
