//! The fields of an expression and the values that they may have.

/// One of the seven fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
    Year,
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What Quartz uses within for `*`; it lets it through as a number, except as a day of the week.
pub(super) const ALL: u32 = 99;

impl Field {
    /// Smallest and largest value.
    pub(super) fn bounds(self) -> (u32, u32) {
        match self {
            Field::Second | Field::Minute => (0, 59),
            Field::Hour => (0, 23),
            Field::DayOfMonth => (1, 31),
            Field::Month => (1, 12),
            Field::DayOfWeek => (1, 7),
            Field::Year => (1970, 9999),
        }
    }

    /// Largest step after `*/` and `/`, and the number that the message about a larger one has.
    pub(super) fn step_bound(self) -> (u32, u32) {
        match self {
            Field::Second | Field::Minute => (59, 60),
            Field::Hour => (23, 24),
            Field::DayOfMonth => (31, 31),
            Field::Month => (12, 12),
            Field::DayOfWeek => (7, 7),
            Field::Year => (u32::MAX, 0),
        }
    }

    /// Quartz's message about a value outside the bounds.
    pub(super) fn bounds_message(self) -> &'static str {
        match self {
            Field::Second | Field::Minute => "Minute and Second values must be between 0 and 59",
            Field::Hour => "Hour values must be between 0 and 23",
            Field::DayOfMonth => "Day of month values must be between 1 and 31",
            Field::Month => "Month values must be between 1 and 12",
            Field::DayOfWeek => "Day-of-Week values must be between 1 and 7",
            Field::Year => "Years must be between 1970 and 9999",
        }
    }

    /// The number of a month's or day's name of three letters, in upper case.
    pub(super) fn name(self, text: &str) -> Option<u32> {
        let names: &[&str] = match self {
            Field::Month => &MONTHS,
            Field::DayOfWeek => &DAYS,
            _ => &[],
        };
        (1..).zip(names).find(|(_, name)| **name == text).map(|(number, _)| number)
    }
}

/// Values that a field names: `first`, `first + step`, … up to `last`, which may wrap around the end of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: u32,
    pub(super) last: u32,
    /// At least 1.
    pub(super) step: u32,
}

impl Span {
    /// As bits of a field other than the year. Both ends lie within the field's bounds.
    pub(super) fn bits(self, field: Field) -> u64 {
        let (min, max) = field.bounds();
        let size = max - min + 1;
        let last = if self.last < self.first { self.last + size } else { self.last };
        let mut bits = 0;
        let mut value = self.first;
        while value <= last {
            bits |= 1 << (if value > max { value - size } else { value });
            value = value.saturating_add(self.step);
        }
        bits
    }
}

/// The years of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Years(pub(super) Vec<Span>);

impl Years {
    /// Whether a year is one of them.
    pub(super) fn contains(&self, year: u32) -> bool {
        self.0.iter().any(|span| {
            span.first <= year && year <= span.last && (year - span.first).is_multiple_of(span.step)
        })
    }
}
