//! A log's lines with their layout applied.

use azkaban_core::log_layout::{self, LogLayout};
use azkaban_core::time::UnixMillis;
use jiff::tz::TimeZone;

use crate::spec::{Level, LogSpec};

/// Formats the lines of one log.
pub(crate) struct LineFormatter(log_layout::LineFormatter);

impl LineFormatter {
    /// A layout or a zone that is not known gives way to the default: a job's log is worth more than its looks.
    pub(crate) fn new(spec: &LogSpec) -> Self {
        let layout = LogLayout::parse(&spec.layout).unwrap_or_default();
        let zone = TimeZone::get(&spec.time_zone).unwrap_or(TimeZone::UTC);
        Self(log_layout::LineFormatter::new(layout, zone, &spec.logger, &spec.logger))
    }

    /// Appends a line. What is not UTF-8 becomes U+FFFD.
    pub(crate) fn push(&mut self, out: &mut Vec<u8>, at: UnixMillis, level: Level, text: &[u8]) {
        let level = match level {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        match std::str::from_utf8(text) {
            Ok(text) => self.0.push(out, at, level, text),
            // Apart, since checking alone is much faster than checking for replacement.
            Err(_) => self.0.push(out, at, level, &String::from_utf8_lossy(text)),
        }
    }
}
