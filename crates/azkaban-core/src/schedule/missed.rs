//! Fires that are missed, because the server did not run or its clock jumped (§4.5, §4.6).

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
    /// The fire that is dealt with.
    pub fire_at: UnixMillis,
    /// Whether it runs; else it is missed.
    pub run: bool,
    /// The fire after that.
    pub next: Option<UnixMillis>,
}

impl MissedFires {
    /// Decides about `due`, a fire whose time has come by `now`. A fire that is at most `tolerance` milliseconds old is late,
    /// an older one is missed.
    ///
    /// Of several fires that are due at once the last one stands for all, as in Azkaban, unless all are asked for.
    pub fn decide(self, timing: &Timing, due: UnixMillis, now: UnixMillis, tolerance: i64) -> Decision {
        let one = matches!(timing.recurrence, Recurrence::Once);
        if one || self == MissedFires::All {
            return Decision { fire_at: due, run: true, next: timing.next_after(due) };
        }
        let late_since = now.plus(-tolerance);
        let mut latest = (due >= late_since).then_some(due);
        let mut next = timing.next_after(due.max(late_since.plus(-1)));
        while let Some(fire) = next.filter(|fire| *fire <= now) {
            latest = Some(fire);
            next = timing.next_after(fire);
        }
        match latest {
            Some(fire_at) => Decision { fire_at, run: true, next },
            None => Decision { fire_at: due, run: self == MissedFires::Once, next },
        }
    }
}

/// The fires from `due` on that are missed at `now`, `most` of them at most, and whether there are more. What fires only once is
/// late and never missed.
pub fn missed_fires(
    timing: &Timing,
    due: UnixMillis,
    now: UnixMillis,
    tolerance: i64,
    most: usize,
) -> (Vec<UnixMillis>, bool) {
    if matches!(timing.recurrence, Recurrence::Once) {
        return (Vec::new(), false);
    }
    let late_since = now.plus(-tolerance);
    let mut fires = std::iter::successors(Some(due), |fire| timing.next_after(*fire))
        .take_while(|fire| *fire < late_since);
    let missed = fires.by_ref().take(most).collect();
    (missed, fires.next().is_some())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::schedule::Cron;

    const POLICIES: [MissedFires; 3] = [MissedFires::Skip, MissedFires::Once, MissedFires::All];

    fn minute(n: i64) -> UnixMillis {
        UnixMillis(n * 60_000)
    }

    /// Every minute from the second one on.
    fn every(end: i64) -> Timing {
        let cron = Recurrence::Cron(Box::new(Cron::parse("0 * * * * ?").unwrap()));
        Timing { recurrence: cron, zone: TimeZone::UTC, first: minute(1), end: minute(end) }
    }

    /// Expects the fire, whether it runs, and the next one, all in minutes; the tolerance is one minute.
    fn check(
        policy: MissedFires,
        timing: &Timing,
        due: i64,
        now: UnixMillis,
        expected: (i64, bool, Option<i64>),
    ) {
        let (fire_at, run, next) = expected;
        let expected = Decision { fire_at: minute(fire_at), run, next: next.map(minute) };
        assert_eq!(policy.decide(timing, minute(due), now, 60_000), expected, "{policy:?} {due} at {now}");
    }

    #[test]
    fn a_fire_on_time_runs_under_every_policy() {
        for policy in POLICIES {
            check(policy, &every(100), 10, minute(10), (10, true, Some(11)));
            check(policy, &every(100), 10, minute(10).plus(59_999), (10, true, Some(11)));
            check(policy, &every(100), 100, minute(100), (100, true, None));
        }
    }

    #[test]
    fn a_single_fire_runs_however_late() {
        let once =
            Timing { recurrence: Recurrence::Once, zone: TimeZone::UTC, first: minute(1), end: minute(100) };
        for policy in POLICIES {
            check(policy, &once, 1, minute(50), (1, true, None));
        }
    }

    #[test]
    fn what_is_older_than_the_tolerance_is_missed() {
        let timing = every(99);
        let missed = |due, now, most| {
            let (fires, more) = missed_fires(&timing, minute(due), minute(now), 60_000, most);
            (fires.into_iter().map(|fire| fire.0 / 60_000).collect::<Vec<_>>(), more)
        };
        assert_eq!(missed(5, 6, 9), (vec![], false), "late");
        assert_eq!(missed(5, 9, 9), (vec![5, 6, 7], false));
        assert_eq!(missed(5, 9, 2), (vec![5, 6], true));
    }

    #[test]
    fn policies_decide_about_what_is_missed() {
        let late = |n: i64| minute(n).plus(1);
        // The last one is only late, so it runs and stands for those before.
        check(MissedFires::Skip, &every(100), 10, late(20), (20, true, Some(21)));
        check(MissedFires::Once, &every(100), 10, late(20), (20, true, Some(21)));
        check(MissedFires::All, &every(100), 10, late(20), (10, true, Some(11)));
        // The last one is missed too.
        let hourly = Recurrence::Cron(Box::new(Cron::parse("0 0 * * * ?").unwrap()));
        let hourly = Timing { recurrence: hourly, ..every(1_000) };
        check(MissedFires::Skip, &hourly, 60, minute(150), (60, false, Some(180)));
        check(MissedFires::Once, &hourly, 60, minute(150), (60, true, Some(180)));
        check(MissedFires::All, &hourly, 60, minute(150), (60, true, Some(120)));
        check(MissedFires::Skip, &every(100), 10, minute(200), (10, false, None));
        check(MissedFires::Once, &every(100), 10, minute(200), (10, true, None));
    }

    #[test]
    fn a_long_absence_is_not_counted_through() {
        let cron = Recurrence::Cron(Box::new(Cron::parse("* * * * * ?").unwrap()));
        let every_second = Timing { recurrence: cron, ..every(i64::MAX / 60_000) };
        let year = minute(365 * 24 * 60);
        let decision = MissedFires::Skip.decide(&every_second, minute(2), year, 60_000);
        assert_eq!(decision, Decision { fire_at: year, run: true, next: Some(year.plus(1_000)) });
    }

    #[test]
    fn fires_are_listed_up_to_the_end() {
        let fires: Vec<_> = every(100).fires_after(minute(97)).collect();
        assert_eq!(fires, [minute(98), minute(99), minute(100)]);
    }
}
