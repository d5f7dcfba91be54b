//! Schedules that recur after a fixed period (§4.2).

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, ZonedDateTime};

use crate::time::UnixMillis;

/// Units of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodUnit {
    /// `y`
    Years,
    /// `M`
    Months,
    /// `w`
    Weeks,
    /// `d`
    Days,
    /// `h`
    Hours,
    /// `m`
    Minutes,
    /// `s`
    Seconds,
}

impl PeriodUnit {
    /// The letter that stands for it.
    pub fn letter(self) -> char {
        match self {
            PeriodUnit::Years => 'y',
            PeriodUnit::Months => 'M',
            PeriodUnit::Weeks => 'w',
            PeriodUnit::Days => 'd',
            PeriodUnit::Hours => 'h',
            PeriodUnit::Minutes => 'm',
            PeriodUnit::Seconds => 's',
        }
    }

    /// Its length in milliseconds; of a month and a year the usual one: 30 and 365 days.
    fn millis(self) -> i64 {
        const DAY: i64 = 86_400_000;
        match self {
            PeriodUnit::Years => 365 * DAY,
            PeriodUnit::Months => 30 * DAY,
            PeriodUnit::Weeks => 7 * DAY,
            PeriodUnit::Days => DAY,
            PeriodUnit::Hours => 3_600_000,
            PeriodUnit::Minutes => 60_000,
            PeriodUnit::Seconds => 1000,
        }
    }
}

/// So many units; the text is a number and the unit's letter, as in `5w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// How many, at least 1.
    pub count: i32,
    /// Of what.
    pub unit: PeriodUnit,
}

/// Why a text is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// There is nothing.
    #[error("the period is empty")]
    Empty,
    /// What precedes the unit is no number.
    #[error("{0:?} is not a number")]
    NotANumber(String),
    /// The last character is no unit.
    #[error("{0:?} is not a unit of time")]
    Unit(char),
    /// Zero or less: it would never get anywhere.
    #[error("a period must be positive")]
    NotPositive,
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let letter = text.chars().next_back().ok_or(PeriodError::Empty)?;
        let number = &text[..text.len() - letter.len_utf8()];
        let count: i32 = number.parse().map_err(|_| PeriodError::NotANumber(number.to_owned()))?;
        let unit = [
            PeriodUnit::Years,
            PeriodUnit::Months,
            PeriodUnit::Weeks,
            PeriodUnit::Days,
            PeriodUnit::Hours,
            PeriodUnit::Minutes,
            PeriodUnit::Seconds,
        ]
        .into_iter()
        .find(|unit| unit.letter() == letter)
        .ok_or(PeriodError::Unit(letter))?;
        if count < 1 { Err(PeriodError::NotPositive) } else { Ok(Self { count, unit }) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}

impl Period {
    /// Its length in milliseconds, a month being 30 days and a year 365.
    pub fn millis(self) -> i64 {
        i64::from(self.count) * self.unit.millis()
    }

    /// The first of `first`, `first` + one period, `first` + two periods, … that is strictly later than `after`.
    ///
    /// Units from the day on are those of the calendar in `zone`: the time of day stays, and the end of a short month
    /// stands for a day that it lacks. Every time counts from `first`, so that one such month, or an hour that summer
    /// time skips, does not move those that follow.
    pub fn next_after(self, first: UnixMillis, after: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
        if after < first {
            return Some(first);
        }
        let gone = after.0.checked_sub(first.0)?;
        if matches!(self.unit, PeriodUnit::Hours | PeriodUnit::Minutes | PeriodUnit::Seconds) {
            let steps = gone / self.millis() + 1;
            return Some(UnixMillis(first.0.checked_add(steps.checked_mul(self.millis())?)?));
        }
        let start = ZonedDateTime::new(Timestamp::from_millisecond(first.0).ok()?, zone.clone());
        // Below the true number: no period is longer than 366/360 of the usual one, give or take a change of the clock.
        let mut steps = (gone / self.millis()).saturating_mul(57) / 58;
        steps = steps.saturating_sub(1).max(1);
        loop {
            let time = start.checked_add(self.span(steps)?).ok()?.timestamp().as_millisecond();
            if time > after.0 {
                return Some(UnixMillis(time));
            }
            steps += 1;
        }
    }

    fn span(self, steps: i64) -> Option<Span> {
        let count = steps.checked_mul(self.count.into())?;
        let span = 0.seconds();
        match self.unit {
            PeriodUnit::Years => span.try_years(count),
            PeriodUnit::Months => span.try_months(count),
            PeriodUnit::Weeks => span.try_weeks(count),
            PeriodUnit::Days => span.try_days(count),
            PeriodUnit::Hours => span.try_hours(count),
            PeriodUnit::Minutes => span.try_minutes(count),
            PeriodUnit::Seconds => span.try_seconds(count),
        }
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let check = |text: &str, expected: Result<Period, PeriodError>| {
            assert_eq!(text.parse::<Period>(), expected, "{text:?}");
        };
        check("5w", Ok(Period { count: 5, unit: PeriodUnit::Weeks }));
        check("1M", Ok(Period { count: 1, unit: PeriodUnit::Months }));
        check("+3m", Ok(Period { count: 3, unit: PeriodUnit::Minutes }));
        check("5A", Err(PeriodError::Unit('A')));
        check("xd", Err(PeriodError::NotANumber("x".to_owned())));
        check("5é", Err(PeriodError::Unit('é')));
        check("", Err(PeriodError::Empty));
        check("0d", Err(PeriodError::NotPositive));
        assert_eq!(Period { count: 2, unit: PeriodUnit::Hours }.to_string(), "2h");
    }

    #[test]
    fn periods_count_from_the_first_time() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let at = |text: &str| UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond());
        let check = |period: &str, first: &str, after: &str, expected: &str| {
            let next = period.parse::<Period>().unwrap().next_after(at(first), at(after), &zone).unwrap();
            assert_eq!(next, at(expected), "{period} from {first} after {after}");
        };
        check("1d", "2026-03-01T09:00:00-08:00", "2026-02-01T00:00:00Z", "2026-03-01T09:00:00-08:00");
        check("1d", "2026-03-01T09:00:00-08:00", "2026-03-07T09:00:00-08:00", "2026-03-08T09:00:00-07:00");
        // Half past two does not exist on that day, and the next day is not moved by it.
        check("1d", "2026-03-07T02:30:00-08:00", "2026-03-07T02:30:00-08:00", "2026-03-08T03:30:00-07:00");
        check("1d", "2026-03-07T02:30:00-08:00", "2026-03-08T12:00:00-07:00", "2026-03-09T02:30:00-07:00");
        check("1M", "2026-01-31T00:00:00-08:00", "2026-01-31T00:00:00-08:00", "2026-02-28T00:00:00-08:00");
        check("1M", "2026-01-31T00:00:00-08:00", "2026-03-01T00:00:00-08:00", "2026-03-31T00:00:00-07:00");
        check("1M", "1990-01-31T00:00:00-08:00", "2026-03-01T00:00:00-08:00", "2026-03-31T00:00:00-07:00");
        check("1y", "2024-02-29T00:00:00-08:00", "2027-03-01T00:00:00-08:00", "2028-02-29T00:00:00-08:00");
        check("90m", "2026-03-08T01:00:00-08:00", "2026-03-08T01:00:00-08:00", "2026-03-08T03:30:00-07:00");
        check("1s", "1970-01-01T00:00:00Z", "2026-03-01T00:00:00.5Z", "2026-03-01T00:00:01Z");
        check("1w", "2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z", "2026-01-15T00:00:00Z");
    }
}
