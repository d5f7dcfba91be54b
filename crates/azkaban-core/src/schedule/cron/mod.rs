//! The cron language of Quartz (execution-and-scheduling §4.1), leniencies included.

mod days;
mod field;
mod next;
mod parse;

use std::fmt;

use days::DayRule;
use field::Years;
pub use parse::CronError;

/// A cron expression: six or seven fields, seconds first.
///
/// What it fires at is a set of wall-clock times. In a zone, one that summer time skips is none of them; one that the
/// return from summer time repeats counts once, as the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    /// Bit n: second n.
    seconds: u64,
    /// Bit n: minute n.
    minutes: u64,
    /// Bit n: hour n.
    hours: u64,
    /// Bit n: month n, January being 1.
    months: u64,
    days: DayRule,
    years: Years,
}

impl Cron {
    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
