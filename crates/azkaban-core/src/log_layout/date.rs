//! Dates of log lines, in the letters of Java's `SimpleDateFormat` with English names.
//!
//! `z` is the abbreviation in the time zone database (`PST`, `UTC`, `CET`). Zones for which it only has an offset show that
//! (`+03`), where Java may have a name of its own. The long names of `zzzz` are not known either and are abbreviated.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::LayoutError;

/// A parsed date format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateFormat {
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Text(String),
    /// A letter and how often it is repeated.
    Letter(char, usize),
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl DateFormat {
    /// Parses a format, or the name of one of log4j's (`ISO8601`, `ABSOLUTE`, `DATE`).
    pub(super) fn parse(format: &str) -> Result<Self, LayoutError> {
        let format = match format {
            "ISO8601" => "yyyy-MM-dd HH:mm:ss,SSS",
            "ABSOLUTE" => "HH:mm:ss,SSS",
            "DATE" => "dd MMM yyyy HH:mm:ss,SSS",
            other => other,
        };
        let mut fields = Vec::new();
        let mut text = String::new();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\'' {
                if chars.next_if_eq(&'\'').is_some() {
                    text.push('\'');
                } else {
                    quoted(&mut chars, &mut text)?;
                }
            } else if c.is_ascii_alphabetic() {
                if !"GyMdHkKhmsSEuaDzZX".contains(c) {
                    return Err(LayoutError::UnknownDateLetter(c));
                }
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                if !text.is_empty() {
                    fields.push(Field::Text(std::mem::take(&mut text)));
                }
                fields.push(Field::Letter(c, count));
            } else {
                text.push(c);
            }
        }
        if !text.is_empty() {
            fields.push(Field::Text(text));
        }
        Ok(Self { fields })
    }

    /// Whether it shows fractions of a second.
    pub(super) fn has_millis(&self) -> bool {
        self.fields.iter().any(|field| matches!(field, Field::Letter('S', _)))
    }

    /// The date in a time zone. Instants that no calendar here has are shown as 1970.
    pub(super) fn text(&self, unix_millis: i64, zone: &TimeZone) -> String {
        let instant = Timestamp::from_millisecond(unix_millis).unwrap_or(Timestamp::UNIX_EPOCH);
        let info = zone.to_offset_info(instant);
        let time = info.offset().to_datetime(instant);
        let mut out = String::new();
        for field in &self.fields {
            let (letter, count) = match field {
                Field::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Field::Letter(letter, count) => (*letter, *count),
            };
            let hour = i32::from(time.hour());
            let twelve = |hour: i32| if hour % 12 == 0 { 12 } else { hour % 12 };
            match letter {
                'G' => out.push_str("AD"),
                'y' if count == 2 => number(&mut out, i32::from(time.year()).rem_euclid(100), 2),
                'y' => number(&mut out, i32::from(time.year()), count),
                'M' if count > 2 => name(&mut out, MONTHS[time.month().unsigned_abs() as usize - 1], count),
                'M' => number(&mut out, i32::from(time.month()), count),
                'd' => number(&mut out, i32::from(time.day()), count),
                'H' => number(&mut out, hour, count),
                'k' => number(&mut out, if hour == 0 { 24 } else { hour }, count),
                'K' => number(&mut out, hour % 12, count),
                'h' => number(&mut out, twelve(hour), count),
                'm' => number(&mut out, i32::from(time.minute()), count),
                's' => number(&mut out, i32::from(time.second()), count),
                'S' => number(&mut out, i32::from(time.millisecond()), count),
                'E' => name(&mut out, DAYS[weekday(time.weekday()) - 1], count),
                'u' => number(&mut out, weekday(time.weekday()) as i32, count),
                'a' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
                'D' => number(&mut out, i32::from(time.day_of_year()), count),
                'z' => out.push_str(info.abbreviation()),
                _ => offset(&mut out, info.offset().seconds() / 60, letter, count),
            }
        }
        out
    }
}

fn quoted(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    text: &mut String,
) -> Result<(), LayoutError> {
    loop {
        match chars.next() {
            None => return Err(LayoutError::OpenQuote),
            Some('\'') if chars.next_if_eq(&'\'').is_none() => return Ok(()),
            Some(c) => text.push(c),
        }
    }
}

/// From Monday, 1, to Sunday, 7.
fn weekday(day: jiff::civil::Weekday) -> usize {
    usize::from(day.to_monday_one_offset().unsigned_abs())
}

fn number(out: &mut String, value: i32, width: usize) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value:0width$}");
}

/// Three letters of a name, or all of it from four on.
fn name(out: &mut String, name: &str, count: usize) {
    out.push_str(if count > 3 { name } else { &name[..3] });
}

/// `Z`: `-0800`; `X`, `XX`, `XXX`: `-08`, `-0800`, `-08:00`, or `Z` at no distance to UTC.
fn offset(out: &mut String, minutes: i32, letter: char, count: usize) {
    if letter == 'X' && minutes == 0 {
        out.push('Z');
        return;
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    // Writing to a String cannot fail.
    let _ = match (letter, count) {
        ('X', 1) => write!(out, "{sign}{hours:02}"),
        ('X', 3..) => write!(out, "{sign}{hours:02}:{minutes:02}"),
        _ => write!(out, "{sign}{hours:02}{minutes:02}"),
    };
}
