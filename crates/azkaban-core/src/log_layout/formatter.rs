//! Formatting many lines of one log.

use jiff::tz::TimeZone;

use super::width::Width;
use super::{LogLayout, Part};
use crate::time::UnixMillis;

/// Formats the lines of one log. What lines of the same second share is kept, so that a line costs little more than its
/// copying.
#[derive(Debug, Clone)]
pub struct LineFormatter {
    layout: LogLayout,
    zone: TimeZone,
    logger: String,
    thread: String,
    has_millis: bool,
    /// The time for which `pieces` hold: a second, or a millisecond if the layout shows them.
    tick: Option<i64>,
    pieces: Vec<Piece>,
}

/// What is left of a layout when the time is known.
#[derive(Debug, Clone)]
enum Piece {
    Text(Vec<u8>),
    Level(Width),
    Message(Width),
}

impl LineFormatter {
    /// A formatter for the lines of a logger (`%c`) and a thread (`%t`), with dates in `zone`.
    pub fn new(layout: LogLayout, zone: TimeZone, logger: &str, thread: &str) -> Self {
        let has_millis =
            layout.parts.iter().any(|part| matches!(part, Part::Date(date, _) if date.has_millis()));
        Self {
            layout,
            zone,
            logger: logger.to_owned(),
            thread: thread.to_owned(),
            has_millis,
            tick: None,
            pieces: Vec::new(),
        }
    }

    /// Appends a line to `out`; it ends as the layout says, by default with a line feed.
    pub fn push(&mut self, out: &mut Vec<u8>, at: UnixMillis, level: &str, message: &str) {
        let tick = if self.has_millis { at.0 } else { at.0.div_euclid(1000) };
        if self.tick != Some(tick) {
            self.tick = Some(tick);
            self.pieces = self.pieces_at(at);
        }
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Level(width) => width.push(out, level),
                Piece::Message(width) => width.push(out, message),
            }
        }
    }

    fn pieces_at(&self, at: UnixMillis) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        for part in &self.layout.parts {
            let piece = match part {
                Part::Level(width) => Piece::Level(*width),
                Part::Message(width) => Piece::Message(*width),
                Part::Text(fixed) => {
                    text.extend_from_slice(fixed.as_bytes());
                    continue;
                }
                Part::Date(date, width) => {
                    width.push(&mut text, &date.text(at.0, &self.zone));
                    continue;
                }
                Part::Logger(parts, width) => {
                    width.push(&mut text, last_parts(&self.logger, *parts));
                    continue;
                }
                Part::Thread(width) => {
                    width.push(&mut text, &self.thread);
                    continue;
                }
                Part::Unknown(shown, width) => {
                    width.push(&mut text, shown);
                    continue;
                }
            };
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(piece);
        }
        pieces.push(Piece::Text(text));
        pieces
    }
}

/// The last so many parts of a name, between dots.
fn last_parts(name: &str, parts: Option<usize>) -> &str {
    match parts.and_then(|parts| name.rmatch_indices('.').nth(parts - 1)) {
        Some((dot, _)) => &name[dot + 1..],
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{DEFAULT_LAYOUT, LayoutError};
    use super::*;

    /// 2019-01-25 09:18:03.045 UTC
    const AT: UnixMillis = UnixMillis(1_548_407_883_045);

    fn line(pattern: &str, zone: &str, logger: &str, at: UnixMillis) -> String {
        let layout = LogLayout::parse(pattern).unwrap();
        let mut out = Vec::new();
        LineFormatter::new(layout, TimeZone::get(zone).unwrap(), logger, "main")
            .push(&mut out, at, "INFO", "text");
        String::from_utf8(out).unwrap()
    }

    fn check(pattern: &str, expected: &str) {
        assert_eq!(line(pattern, "America/Los_Angeles", "a.b.jobA", AT), expected, "{pattern}");
    }

    #[test]
    fn the_default_layout_is_that_of_azkaban() {
        assert_eq!(LogLayout::parse(DEFAULT_LAYOUT), Ok(LogLayout::default()));
        check(DEFAULT_LAYOUT, "25-01-2019 01:18:03 PST jobA INFO - text\n");
        let summer = UnixMillis(1_562_000_000_000);
        for (zone, expected) in [
            ("America/Los_Angeles", "PDT"),
            ("UTC", "UTC"),
            ("Europe/Berlin", "CEST"),
            ("Europe/Istanbul", "+03"),
        ] {
            assert_eq!(line("%d{z}", zone, "x", summer), expected);
        }
    }

    #[test]
    fn conversions_and_widths() {
        check("[%c] [%c{2}] [%c{9}] %t %m%n", "[a.b.jobA] [b.jobA] [a.b.jobA] main text\n");
        check("[%6p] [%-6p] [%.2p] [%-4.3c] [%5.9m]", "[  INFO] [INFO  ] [FO] [obA ] [ text]");
        check("100%% %x%X{key}%C:%L", "100% ?:?");
        check("no conversion", "no conversion");
    }

    #[test]
    fn dates() {
        check("%d", "2019-01-25 01:18:03,045");
        check(
            "%d{ISO8601}|%d{ABSOLUTE}|%d{DATE}",
            "2019-01-25 01:18:03,045|01:18:03,045|25 Jan 2019 01:18:03,045",
        );
        check("%d{yy M MMM MMMM E EEEE u D a h K k H}", "19 1 Jan January Fri Friday 5 25 AM 1 1 1 1");
        check("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}", "2019-01-25T01:18:03.045-08:00");
        check("%d{X XX Z} %d{''yy 'o''clock'}", "-08 -0800 -0800 '19 o'clock");
        assert_eq!(line("%d{X Z}", "UTC", "x", AT), "Z +0000");
        assert_eq!(line("%d{h k}", "UTC", "x", UnixMillis(0)), "12 24");
        assert_eq!(line("%d{yyyy}", "UTC", "x", UnixMillis(i64::MAX)), "1970");
    }

    #[test]
    fn what_is_no_layout_is_an_error() {
        let check = |pattern: &str, expected: LayoutError| {
            assert_eq!(LogLayout::parse(pattern), Err(expected), "{pattern}");
        };
        check("%", LayoutError::Incomplete);
        check("%5", LayoutError::Incomplete);
        check("%d{yyyy", LayoutError::Incomplete);
        check("%é", LayoutError::UnknownConversion('é'));
        check("%d{qq}", LayoutError::UnknownDateLetter('q'));
        check("%d{'x}", LayoutError::OpenQuote);
        check("%c{0}", LayoutError::Parts("0".to_owned()));
        check("%99999999999999999999p", LayoutError::Width);
        check(&"x".repeat(5000), LayoutError::TooLong);
    }

    #[test]
    fn the_time_moves_on() {
        let layout = LogLayout::parse("%d{ss} %d{SSS} %m,").unwrap();
        let mut formatter = LineFormatter::new(layout, TimeZone::UTC, "x", "main");
        let mut out = Vec::new();
        for millis in [1000, 1001, 2001, 1000, -1] {
            formatter.push(&mut out, UnixMillis(millis), "INFO", "m");
        }
        assert_eq!(String::from_utf8(out).unwrap(), "01 000 m,01 001 m,02 001 m,01 000 m,59 999 m,");
    }

    proptest! {
        #[test]
        fn no_pattern_panics(
            pattern in any::<String>(),
            likely in "(%[-.0-9]{0,3}[dcpmntxX%](\\{[a-zA-Z0-9' ]{0,6}\\})?|[a ]){0,6}",
            at in any::<i64>(),
            message in any::<String>(),
        ) {
            for pattern in [pattern, likely] {
                if let Ok(layout) = LogLayout::parse(&pattern) {
                    let mut formatter = LineFormatter::new(layout, TimeZone::UTC, "a.b", "t");
                    formatter.push(&mut Vec::new(), UnixMillis(at), "INFO", &message);
                }
            }
        }
    }
}
