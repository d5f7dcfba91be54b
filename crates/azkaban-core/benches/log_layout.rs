//! What laying out one line of a job's log costs: the supervisor does it for every line that a job prints.

use std::time::Instant;

use azkaban_core::log_layout::{LineFormatter, LogLayout};
use azkaban_core::time::UnixMillis;
use jiff::tz::TimeZone;

fn main() {
    const LINES: u32 = 10_000_000;
    let mut formatter = LineFormatter::new(LogLayout::default(), TimeZone::UTC, "a.b.jobA", "main");
    let mut out = Vec::new();
    let start = Instant::now();
    for line in 0..LINES {
        out.clear();
        let at = UnixMillis(i64::from(line) / 1000);
        formatter.push(&mut out, at, "INFO", "a line of sixty characters, as programs print them so often");
    }
    println!("{:?} per line", start.elapsed() / LINES);
}
