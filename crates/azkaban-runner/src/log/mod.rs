//! Logs of jobs and flows: segments of a bounded size, written line by line, read by byte offset.

mod cut;
mod format;
mod reader;
mod segments;
mod writer;

pub(crate) use cut::next_line;
pub(crate) use format::LineFormatter;
pub use reader::{LogFiles, LogFollower, LogPosition};
pub(crate) use segments::{open_segment, remove_segment};
pub use writer::LogWriter;
