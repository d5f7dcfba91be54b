//! The days of a month that an expression names.

use jiff::civil::{Date, Weekday};

/// Which of the two day fields counts, and what it says. Days of the week count from 1, Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayRule {
    /// Days of the month; bit n is day n.
    Month(u64),
    /// `15W`: the day from Monday to Friday nearest to this one, within the month.
    NearestWeekday(u32),
    /// `L`, `L-n`, `LW`, `L-nW`.
    Last { offset: u32, weekday: bool },
    /// Days of the week; bit n is day n.
    Week(u64),
    /// `6L`: the last such day of the month.
    LastOfWeek(u32),
    /// `6#3`: the third such day of the month, if it has one.
    NthOfWeek { day: u32, nth: u32 },
}

impl DayRule {
    /// The days of the month that begins on `first`, as bits.
    pub(super) fn of_month(self, first: Date) -> u64 {
        let length = u32::from(first.days_in_month().unsigned_abs());
        let whole = ((1 << length) - 1) << 1;
        let starts = day_of_week(first.weekday());
        // The first day of the month that is this day of the week.
        let first_on = |day: u32| 1 + (day + 7 - starts) % 7;
        match self {
            DayRule::Month(days) => days & whole,
            DayRule::NearestWeekday(day) => nearest_weekday(day, length, starts),
            DayRule::Last { offset, weekday } => match length.checked_sub(offset) {
                None | Some(0) => 0,
                Some(day) if weekday => nearest_weekday(day, length, starts),
                Some(day) => 1 << day,
            },
            DayRule::Week(days) => (1..=length)
                .filter(|day| days & (1 << (1 + (starts + day - 2) % 7)) != 0)
                .fold(0, |all, day| all | 1 << day),
            DayRule::LastOfWeek(day) => {
                let first = first_on(day);
                1 << (first + (length - first) / 7 * 7)
            }
            DayRule::NthOfWeek { day, nth } => (1 << (first_on(day) + 7 * (nth - 1))) & whole,
        }
    }
}

/// Never in another month; nothing if the month has no such day.
fn nearest_weekday(day: u32, length: u32, starts: u32) -> u64 {
    if day > length {
        return 0;
    }
    let nearest = match 1 + (starts + day - 2) % 7 {
        7 if day == 1 => day + 2,
        7 => day - 1,
        1 if day == length => day - 2,
        1 => day + 1,
        _ => day,
    };
    1 << nearest
}

/// From 1, Sunday, to 7.
fn day_of_week(day: Weekday) -> u32 {
    day.to_sunday_one_offset().unsigned_abs().into()
}
