//! The times of a schedule.

use jiff::tz::TimeZone;

use super::{Cron, Period};
use crate::time::UnixMillis;

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
