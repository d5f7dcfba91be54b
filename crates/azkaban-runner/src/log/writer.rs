//! Logs that the server itself writes: flow logs, and those of jobs that never have a process.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::FromRawFd;

use azkaban_core::time::UnixMillis;

use super::LineFormatter;
use super::segments::{existing_segments, open_segment, remove_segment};
use crate::spec::{LogLine, LogSpec};

/// Appends lines to a log, rolling it as its spec says. A line is in the file when the call returns.
pub struct LogWriter {
    spec: LogSpec,
    formatter: LineFormatter,
    file: File,
    segment: u32,
    len: u64,
    buffer: Vec<u8>,
}

impl LogWriter {
    /// Opens a log for append; it is made, folders included, if it is not there.
    ///
    /// # Errors
    /// What making the folder or opening the file gives.
    pub fn open(spec: LogSpec) -> io::Result<Self> {
        // A log that never rolls has one segment.
        let segment = match spec.chunk_size {
            Some(_) => existing_segments(&spec.path)?.pop().unwrap_or(0),
            None => 0,
        };
        let file = open_file(&spec, segment, false)?;
        let len = file.metadata()?.len();
        Ok(Self { formatter: LineFormatter::new(&spec), spec, file, segment, len, buffer: Vec::new() })
    }

    /// Begins a log anew, without a look at what may be there: for a log that nobody has written to.
    ///
    /// # Errors
    /// What making the folder or opening the file gives.
    pub fn create(spec: LogSpec) -> io::Result<Self> {
        let file = open_file(&spec, 0, true)?;
        Ok(Self { formatter: LineFormatter::new(&spec), spec, file, segment: 0, len: 0, buffer: Vec::new() })
    }

    /// Appends lines, all with the time `at`.
    ///
    /// # Errors
    /// What writing gives; nothing of these lines is in the log then, or a part of them.
    pub fn write(&mut self, at: UnixMillis, lines: &[LogLine]) -> io::Result<()> {
        self.buffer.clear();
        for line in lines {
            self.formatter.push(&mut self.buffer, at, line.level, line.text.as_bytes());
        }
        self.file.write_all(&self.buffer)?;
        self.len += self.buffer.len() as u64;
        if self.spec.chunk_size.is_some_and(|size| self.len >= size) {
            if let Some(oldest) = self.segment.checked_sub(self.spec.backups) {
                remove_segment(&self.spec.path, oldest);
            }
            self.file = open_file(&self.spec, self.segment + 1, true)?;
            self.segment += 1;
            self.len = 0;
        }
        Ok(())
    }
}

fn open_file(spec: &LogSpec, segment: u32, fresh: bool) -> io::Result<File> {
    let fd = open_segment(&spec.path, segment, fresh)?;
    // SAFETY: the descriptor was just opened, and nobody else has it.
    Ok(unsafe { File::from_raw_fd(fd) })
}
