//! Fires that are missed, because the server did not run or its clock jumped (§4.6).

use serde::{Deserialize, Serialize};

use super::{Recurrence, Timing};
use crate::time::UnixMillis;

/// What becomes of the missed fires of a recurring schedule. One that fires only once does so late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedFires {
    /// Nothing, as in Azkaban by default.
    #[default]
    Skip,
    /// One run for all of them (`backExecuteOnce`).
    Once,
    /// One run for each.
    All,
}

/// What is to be done for a schedule whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The fire to run now.
    pub fire: Option<UnixMillis>,
    /// The fire after that.
    pub next: Option<UnixMillis>,
}

impl MissedFires {
    /// Decides about `due`, a fire whose time has come. Fires earlier than `missed_before` are missed.
    pub fn decide(self, timing: &Timing, due: UnixMillis, missed_before: UnixMillis) -> Decision {
        let one = matches!(timing.recurrence, Recurrence::Once);
        if due >= missed_before || one || self == MissedFires::All {
            return Decision { fire: Some(due), next: timing.next_after(due) };
        }
        let next = timing.next_after(missed_before.plus(-1));
        Decision { fire: (self == MissedFires::Once).then_some(due), next }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::schedule::Cron;

    #[test]
    fn policies_decide_about_missed_fires_only() {
        let minute = |n: i64| UnixMillis(n * 60_000);
        let timing = |recurrence, end| Timing { recurrence, zone: TimeZone::UTC, first: minute(1), end };
        let cron = Recurrence::Cron(Box::new(Cron::parse("0 * * * * ?").unwrap()));
        let every = timing(cron, minute(100));
        let check = |policy: MissedFires,
                     timing: &Timing,
                     due: i64,
                     missed_before: i64,
                     expected: (Option<i64>, Option<i64>)| {
            let expected = Decision { fire: expected.0.map(minute), next: expected.1.map(minute) };
            assert_eq!(
                policy.decide(timing, minute(due), minute(missed_before)),
                expected,
                "{policy:?} {due}"
            );
        };
        for policy in [MissedFires::Skip, MissedFires::Once, MissedFires::All] {
            check(policy, &every, 10, 10, (Some(10), Some(11)));
            check(policy, &every, 100, 100, (Some(100), None));
            // A single fire is made up for, however late.
            check(policy, &timing(Recurrence::Once, minute(100)), 1, 50, (Some(1), None));
        }
        check(MissedFires::Skip, &every, 10, 20, (None, Some(20)));
        check(MissedFires::Once, &every, 10, 20, (Some(10), Some(20)));
        check(MissedFires::All, &every, 10, 20, (Some(10), Some(11)));
        check(MissedFires::Skip, &every, 10, 200, (None, None));
        let fires: Vec<_> = every.fires_after(minute(97)).collect();
        assert_eq!(fires, [minute(98), minute(99), minute(100)]);
    }
}
