//! Reading a log that may still be written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::segments::{existing_segments, segment_path};

/// The kept bytes of a log. Offset 0 is the first byte that is kept: when a log rolls beyond its bound, offsets move, as they do in
/// Azkaban.
pub struct LogFiles {
    segments: Vec<(File, u64)>,
    numbers: Vec<u32>,
}

/// A place in a log that stays the same when the log rolls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    /// The number of the segment.
    pub segment: u32,
    /// Bytes from its start.
    pub offset: u64,
}

impl LogFiles {
    /// Opens the log whose first segment is (or was) at `base`, as it is at this moment. `None` when there is no log.
    ///
    /// # Errors
    /// What opening the files gives.
    pub fn open(base: &Path) -> io::Result<Option<Self>> {
        let (mut segments, mut numbers) = (Vec::new(), Vec::new());
        for number in existing_segments(base)? {
            match File::open(segment_path(base, number)) {
                Ok(file) => {
                    let len = file.metadata()?.len();
                    segments.push((file, len));
                    numbers.push(number);
                }
                // Rolled away since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok((!segments.is_empty()).then_some(Self { segments, numbers }))
    }

    /// Bytes that are kept.
    pub fn len(&self) -> u64 {
        self.segments.iter().map(|(_, len)| len).sum()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of the first byte that is kept: not the log's beginning once it has rolled beyond its bound.
    pub fn start(&self) -> LogPosition {
        LogPosition { segment: self.numbers.first().copied().unwrap_or(0), offset: 0 }
    }

    /// The place at an offset, of the end if the offset is beyond it.
    pub fn position(&self, offset: u64) -> LogPosition {
        let mut left = offset;
        let last = self.segments.len().saturating_sub(1);
        for (place, ((_, len), number)) in self.segments.iter().zip(&self.numbers).enumerate() {
            if left < *len || place == last {
                return LogPosition { segment: *number, offset: left.min(*len) };
            }
            left -= len;
        }
        LogPosition::default()
    }

    /// The offset of a place: 0 if it has been rolled away, the end if it is beyond it.
    pub fn offset(&self, position: LogPosition) -> u64 {
        let mut before = 0;
        for ((_, len), number) in self.segments.iter().zip(&self.numbers) {
            match number.cmp(&position.segment) {
                std::cmp::Ordering::Less => before += len,
                std::cmp::Ordering::Equal => return before + position.offset.min(*len),
                std::cmp::Ordering::Greater => return before,
            }
        }
        before
    }

    /// Up to `len` bytes from `offset` on; fewer at the end.
    ///
    /// # Errors
    /// What reading the files gives.
    pub fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let available = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut out = vec![0; len.min(available)];
        let filled = self.read_into(offset, &mut out)?;
        out.truncate(filled);
        Ok(out)
    }

    /// Fills `out` with the bytes from `offset` on and says how many there were; fewer than its length at the end. For
    /// whoever reads on and on with one buffer.
    ///
    /// # Errors
    /// What reading the files gives.
    pub fn read_into(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let (mut filled, mut skip) = (0usize, offset);
        for (file, segment_len) in &self.segments {
            if skip >= *segment_len {
                skip -= segment_len;
                continue;
            }
            let rest = usize::try_from(segment_len - skip).unwrap_or(usize::MAX);
            let end = out.len().min(filled.saturating_add(rest));
            let got = read_up_to(file, &mut out[filled..end], skip)?;
            filled += got;
            if filled < end {
                // Cut short by a supervisor that took over and writes the rest anew.
                break;
            }
            skip = 0;
        }
        Ok(filled)
    }
}

/// Reads on from where it was, while the log is written; rolling does not disturb it.
pub struct LogFollower {
    base: PathBuf,
    segment: u32,
    offset: u64,
    file: Option<File>,
}

impl LogFollower {
    /// Follows the log whose first segment is at `base`, from its first kept byte.
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into(), segment: 0, offset: 0, file: None }
    }

    /// Up to `max` further bytes. None is no end: more may come.
    ///
    /// # Errors
    /// What opening and reading the files gives.
    pub fn read(&mut self, max: usize) -> io::Result<Vec<u8>> {
        loop {
            if self.file.is_none() && !self.open_next()? {
                return Ok(Vec::new());
            }
            let Some(file) = &self.file else { return Ok(Vec::new()) };
            let mut out = vec![0; max];
            let mut got = read_up_to(file, &mut out, self.offset)?;
            if got == 0 {
                if !existing_segments(&self.base)?.iter().any(|number| *number > self.segment) {
                    return Ok(Vec::new());
                }
                // There is a later segment, so nothing more comes into this one: what it now has is its rest.
                got = read_up_to(file, &mut out, self.offset)?;
                if got == 0 {
                    self.file = None;
                    self.segment += 1;
                    continue;
                }
            }
            self.offset += got as u64;
            out.truncate(got);
            return Ok(out);
        }
    }

    fn open_next(&mut self) -> io::Result<bool> {
        let Some(number) = existing_segments(&self.base)?.into_iter().find(|number| *number >= self.segment)
        else {
            return Ok(false);
        };
        match File::open(segment_path(&self.base, number)) {
            Ok(file) => {
                (self.segment, self.offset, self.file) = (number, 0, Some(file));
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn read_up_to(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_where_they_are_when_a_log_rolls() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("job.log");
        for (number, text) in [(0, "aaaa"), (1, "bbb"), (2, "cc")] {
            std::fs::write(segment_path(&base, number), text).unwrap();
        }
        let log = LogFiles::open(&base).unwrap().unwrap();
        for (offset, segment, within) in [(0, 0, 0), (3, 0, 3), (4, 1, 0), (8, 2, 1), (9, 2, 2), (99, 2, 2)] {
            let position = log.position(offset);
            assert_eq!(position, LogPosition { segment, offset: within }, "{offset}");
            assert_eq!(log.offset(position), offset.min(9), "{offset}");
        }
        let (b, c) = (log.position(5), log.position(8));
        std::fs::remove_file(&base).unwrap();
        let log = LogFiles::open(&base).unwrap().unwrap();
        assert_eq!(log.start().segment, 1);
        assert_eq!((log.offset(LogPosition::default()), log.offset(b), log.offset(c)), (0, 1, 4));
        assert_eq!(log.read(log.offset(c), 10).unwrap(), b"c");
    }
}
