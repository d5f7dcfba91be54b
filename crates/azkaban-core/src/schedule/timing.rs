//! The times of a schedule.

use jiff::tz::TimeZone;

use super::{Cron, Period};
use crate::time::UnixMillis;

/// 2050-01-01 UTC, when schedules end that name no end (§4.3).
pub const DEFAULT_END: UnixMillis = UnixMillis(2_524_608_000_000);

/// The year 9999, the end of schedules that name none and first fire beyond [`DEFAULT_END`].
const LATEST_END: UnixMillis = UnixMillis(253_370_764_800_000);

/// How a schedule recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recurrence {
    /// It does not: it fires at its first time.
    Once,
    /// At its first time and after every period.
    Every(Period),
    /// After its first time, whenever the expression says.
    Cron(Box<Cron>),
}

/// When a schedule fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// How it recurs.
    pub recurrence: Recurrence,
    /// The zone that the recurrence is reckoned in.
    pub zone: TimeZone,
    /// The first time; of a cron expression, when it was made (§4.3).
    pub first: UnixMillis,
    /// The last instant at which it may fire.
    pub end: UnixMillis,
}

impl Timing {
    /// Times without an end of their own: that of Azkaban, or a later one if nothing fires after `now` and before it.
    pub fn endless(recurrence: Recurrence, zone: TimeZone, first: UnixMillis, now: UnixMillis) -> Self {
        let usual = Self { recurrence, zone, first, end: DEFAULT_END };
        if usual.next_after(now).is_some() { usual } else { Self { end: LATEST_END, ..usual } }
    }

    /// Whether the end is none that somebody would wait for.
    pub fn is_endless(&self) -> bool {
        self.end >= DEFAULT_END
    }

    /// The first fire strictly later than `after`; `None` if there is none up to the end.
    pub fn next_after(&self, after: UnixMillis) -> Option<UnixMillis> {
        let next = match &self.recurrence {
            Recurrence::Once => (self.first > after).then_some(self.first),
            Recurrence::Every(period) => period.next_after(self.first, after, &self.zone),
            Recurrence::Cron(cron) => cron.next_after(after.max(self.first), &self.zone),
        };
        next.filter(|next| *next <= self.end)
    }

    /// The fires strictly later than `after`, in order.
    pub fn fires_after(&self, after: UnixMillis) -> impl Iterator<Item = UnixMillis> {
        std::iter::successors(self.next_after(after), |fire| self.next_after(*fire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_an_end_go_beyond_the_usual_one_only_if_they_begin_there() {
        let now = UnixMillis(1_800_000_000_000);
        let endless = |cron: &str| {
            let cron = Recurrence::Cron(Box::new(Cron::parse(cron).unwrap()));
            Timing::endless(cron, TimeZone::UTC, now, now)
        };
        for (cron, end, fires) in [
            ("0 0 2 * * ?", DEFAULT_END, true),
            ("0 0 0 1 1 ? 2049", DEFAULT_END, true),
            ("0 0 0 1 1 ? 2060", LATEST_END, true),
            ("0 0 0 1 1 ? 2001", LATEST_END, false),
        ] {
            let timing = endless(cron);
            assert_eq!((timing.end, timing.next_after(now).is_some()), (end, fires), "{cron}");
            assert!(timing.is_endless(), "{cron}");
        }
        assert!(!Timing { end: UnixMillis(DEFAULT_END.0 - 1), ..endless("0 0 2 * * ?") }.is_endless());
    }
}
