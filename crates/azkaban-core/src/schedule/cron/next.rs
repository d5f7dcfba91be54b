//! The next time that an expression fires.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::Cron;
use crate::time::UnixMillis;

/// Years that are searched, counted from the year of the instant asked for.
const YEARS: i16 = 100;

impl Cron {
    /// The first time strictly later than `after` at which this fires in `zone`, on a whole second; `None` if there is
    /// none within a hundred years.
    ///
    /// Looks at fields, not at seconds: a search through all hundred years takes some microseconds.
    pub fn next_after(&self, after: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
        let after = after.0.div_euclid(1000);
        let start = Timestamp::from_second(after.checked_add(1)?).ok()?;
        let mut from = zone.to_datetime(start);
        // Within the first pass of a repeated hour the second pass, which counts, is still to come from its beginning.
        if let AmbiguousOffset::Fold { after, .. } = zone.to_ambiguous_timestamp(from).offset() {
            from = from.min(after.to_datetime(start));
        }
        let last_year = from.year().saturating_add(YEARS).min(9998);
        loop {
            let wall = self.next_wall(from, last_year)?;
            let offset = match zone.to_ambiguous_timestamp(wall).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset,
                AmbiguousOffset::Fold { after, .. } => after,
                AmbiguousOffset::Gap { before, after } => {
                    // Read with the offset before, it is past the change; what follows the change is next.
                    let past = before.to_timestamp(wall).ok()?;
                    let change =
                        zone.preceding(past.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?).next();
                    from = change
                        .map_or(wall, |change| after.to_datetime(change.timestamp()))
                        .max(second_after(wall)?);
                    continue;
                }
            };
            let second = offset.to_timestamp(wall).ok()?.as_second();
            if second > after {
                return Some(UnixMillis(second * 1000));
            }
            from = second_after(wall)?;
        }
    }

    /// The first wall-clock time at or after `from`.
    fn next_wall(&self, from: DateTime, last_year: i16) -> Option<DateTime> {
        let today = self.next_date(from.date(), last_year)?;
        if today == from.date()
            && let Some(time) = self.next_time(from)
        {
            return Some(today.at(time.0, time.1, time.2, 0));
        }
        let day =
            if today == from.date() { self.next_date(today.tomorrow().ok()?, last_year)? } else { today };
        Some(day.at(lowest(self.hours), lowest(self.minutes), lowest(self.seconds), 0))
    }

    /// The first day at or after `from`.
    fn next_date(&self, from: Date, last_year: i16) -> Option<Date> {
        for year in from.year()..=last_year {
            if !self.years.contains(year.unsigned_abs().into()) {
                continue;
            }
            let months = if year == from.year() { at_least(self.months, from.month()) } else { self.months };
            for month in bits(months) {
                let first = date(year, month, 1);
                let mut days = self.days.of_month(first);
                if (year, month) == (from.year(), from.month()) {
                    days = at_least(days, from.day());
                }
                if days != 0 {
                    return Some(date(year, month, lowest(days)));
                }
            }
        }
        None
    }

    /// The first time of day at or after that of `from`: hour, minute, second.
    fn next_time(&self, from: DateTime) -> Option<(i8, i8, i8)> {
        let hours = at_least(self.hours, from.hour());
        if hours & (1 << from.hour()) != 0 {
            let minutes = at_least(self.minutes, from.minute());
            if minutes & (1 << from.minute()) != 0 {
                let seconds = at_least(self.seconds, from.second());
                if seconds != 0 {
                    return Some((from.hour(), from.minute(), lowest(seconds)));
                }
            }
            let minutes = at_least(minutes, from.minute() + 1);
            if minutes != 0 {
                return Some((from.hour(), lowest(minutes), lowest(self.seconds)));
            }
        }
        let hours = at_least(hours, from.hour() + 1);
        (hours != 0).then(|| (lowest(hours), lowest(self.minutes), lowest(self.seconds)))
    }
}

fn second_after(wall: DateTime) -> Option<DateTime> {
    wall.checked_add(jiff::SignedDuration::from_secs(1)).ok()
}

/// Without the bits below `n`.
fn at_least(set: u64, n: i8) -> u64 {
    set & (u64::MAX << n)
}

/// The lowest bit of a set that is not empty.
fn lowest(set: u64) -> i8 {
    set.trailing_zeros() as i8
}

fn bits(mut set: u64) -> impl Iterator<Item = i8> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| lowest(set))?;
        set &= set - 1;
        Some(bit)
    })
}
