//! The log of an attempt: its own lines and its process's output, each in the log exactly once, whatever is killed.
//!
//! Output goes from the pipe into a memory file by `splice`, where the file's length says how much has arrived; from there complete
//! lines go into the log. Each write to the log is noted before, with what holds once it is complete, so that a successor can tell
//! from the log's length whether it was, cut off a part of it, and go on.

use std::io;
use std::time::Duration;

use azkaban_core::time::UnixMillis;

use super::slots::Slot;
use crate::log::{LineFormatter, next_line, open_segment, remove_segment};
use crate::spec::{Level, LogLine, LogSpec};
use crate::sys::poll::{PipeState, pipe_state};
use crate::sys::{self, NO_FD, file};

/// Bytes taken from a pipe at once.
const PORTION: usize = 256 << 10;
/// Memory of a raw file that is given back once so much of it is in the log.
const PUNCH: u64 = 1 << 20;

/// Formatted bytes written at once; a log line is whole all the same.
const BATCH: u64 = 1 << 20;
/// What the buffers may keep once everything is written.
const KEPT: usize = 64 << 10;
/// The pause when the system has no memory or no descriptors left for output: it stays in the pipe, and its writer waits.
const SHORTAGE: Duration = Duration::from_millis(10);

/// What came of reading a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// There may be more.
    Some,
    /// Nothing at the moment.
    Nothing,
    /// The other end is closed.
    End,
}

/// Writes one attempt's log. What it keeps for itself can be made anew at any time.
pub(super) struct JobLog<'a> {
    pub(super) slot: &'a Slot,
    pub(super) spec: &'a LogSpec,
    pub(super) formatter: &'a mut LineFormatter,
    pub(super) buffers: &'a mut Buffers,
}

/// Space for reading and formatting, shared by all attempts of a worker.
#[derive(Default)]
pub(super) struct Buffers {
    raw: Vec<u8>,
    out: Vec<u8>,
}

impl Buffers {
    /// Gives memory back when there is nothing to do.
    pub(super) fn shrink(&mut self) {
        for buffer in [&mut self.raw, &mut self.out] {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
    }
}

impl JobLog<'_> {
    /// Settles what was under way when the process before this one was killed.
    pub(super) fn recover(&mut self) {
        let slot = self.slot;
        if slot.beginning() != 0 {
            self.begin_segment(slot.beginning());
        }
        if slot.writing() != 0 {
            let len = file::length(slot.log_fd()).unwrap_or(0);
            if len >= slot.next_log_len() {
                self.complete_write();
            } else {
                // The part of the write that was made is cut off, and the write is made again.
                let _ = file::truncate(slot.log_fd(), slot.log_len());
                slot.set_writing(0);
            }
        }
        if slot.emptying() != 0 {
            self.empty_raw();
        }
    }

    /// Writes the attempt's own lines; `lines` says which are in the log then.
    pub(super) fn write_lines(&mut self, own: &[LogLine], lines: u32) {
        let at = sys::unix_millis();
        let mut out = std::mem::take(&mut self.buffers.out);
        out.clear();
        for line in own {
            self.formatter.push(&mut out, at, line.level, line.text.as_bytes());
        }
        self.append(&out, self.slot.raw_done(), lines);
        self.buffers.out = out;
    }

    /// Takes a portion of output from the pipe into the log.
    pub(super) fn take_output(&mut self) -> Taken {
        let slot = self.slot;
        if slot.pipe_fd() == NO_FD {
            return Taken::End;
        }
        if slot.raw_fd() == NO_FD {
            // Many jobs print nothing, and a memory file costs as much as all the rest of their output's end.
            match pipe_state(slot.pipe_fd()) {
                PipeState::Readable => {}
                PipeState::Empty => return Taken::Nothing,
                PipeState::Closed => return Taken::End,
            }
            match file::memory_file() {
                Ok(fd) => slot.set_raw_fd(fd),
                Err(_) => return wait_out_shortage(),
            }
        }
        let raw_len = file::length(slot.raw_fd()).unwrap_or(0);
        match file::splice_at(slot.pipe_fd(), slot.raw_fd(), raw_len, PORTION) {
            Ok(0) => Taken::End,
            Ok(_) => {
                self.log_output(false);
                Taken::Some
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Taken::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Taken::Some,
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOMEM | libc::ENOSPC)) => {
                wait_out_shortage()
            }
            Err(_) => Taken::End,
        }
    }

    /// Moves output from the memory file into the log: complete lines, or everything if it is the last.
    pub(super) fn log_output(&mut self, last: bool) {
        let slot = self.slot;
        if slot.raw_fd() == NO_FD {
            return;
        }
        let len = file::length(slot.raw_fd()).unwrap_or(0);
        let (mut raw, mut out) =
            (std::mem::take(&mut self.buffers.raw), std::mem::take(&mut self.buffers.out));
        loop {
            let from = slot.raw_done();
            raw.clear();
            let want = usize::try_from(len.saturating_sub(from)).unwrap_or(0).min(4 * PORTION);
            if want == 0 || file::read_at(slot.raw_fd(), want, from, &mut raw).is_err() {
                break;
            }
            // More may follow in the file itself.
            let rest_is_last = last && from + raw.len() as u64 >= len;
            let mut done = 0;
            loop {
                let step = self.format(&raw[done..], rest_is_last, &mut out);
                if step == 0 {
                    break;
                }
                done += step;
                self.append(&out, from + done as u64, slot.lines());
            }
            if done == 0 {
                break;
            }
        }
        (self.buffers.raw, self.buffers.out) = (raw, out);
        if len > 0 && slot.raw_done() >= len {
            slot.set_emptying(1);
            self.empty_raw();
        } else if slot.raw_done() >= PUNCH {
            file::punch(slot.raw_fd(), slot.raw_done() / 4096 * 4096);
        }
    }

    /// Formats complete lines of `raw`, as many as one write may have; answers with how many bytes of `raw` they are.
    fn format(&mut self, raw: &[u8], last: bool, out: &mut Vec<u8>) -> usize {
        let at: UnixMillis = sys::unix_millis();
        // The line that makes a segment long enough is its last.
        let room =
            self.spec.chunk_size.map_or(BATCH, |size| size.saturating_sub(self.slot.log_len()).min(BATCH));
        out.clear();
        let mut done = 0;
        while (out.len() as u64) < room.max(1)
            && let Some(cut) = next_line(&raw[done..], last)
        {
            self.formatter.push(out, at, Level::Info, cut.line);
            done += cut.len;
        }
        done
    }

    fn empty_raw(&mut self) {
        let slot = self.slot;
        // Everything in it is in the log.
        let _ = file::truncate(slot.raw_fd(), 0);
        slot.set_raw_done(0);
        slot.set_emptying(0);
    }

    /// Appends to the log, and changes what depends on it. Where nothing can be written (no space), the lines are lost, the
    /// attempt goes on, and the next line that can be written follows one that says so.
    fn append(&mut self, bytes: &[u8], raw_done: u64, lines: u32) {
        let slot = self.slot;
        if slot.log_fd() == NO_FD {
            match open_segment(&self.spec.path, 0, true) {
                Ok(fd) => slot.set_log_fd(fd),
                Err(_) => return self.lose(bytes, raw_done, lines),
            }
        }
        let note = self.note_of_loss();
        slot.set_next_log_len(slot.log_len() + (note.len() + bytes.len()) as u64);
        slot.set_next_raw_done(raw_done);
        slot.set_next_lines(lines);
        slot.set_writing(1);
        let written =
            file::write_all(slot.log_fd(), &note).and_then(|()| file::write_all(slot.log_fd(), bytes));
        if written.is_err() {
            let _ = file::truncate(slot.log_fd(), slot.log_len());
            slot.set_writing(0);
            return self.lose(bytes, raw_done, lines);
        }
        self.complete_write();
        if self.spec.chunk_size.is_some_and(|size| slot.log_len() >= size) {
            let next = slot.segment() + 1;
            slot.set_beginning(next);
            self.begin_segment(next);
        }
    }

    fn lose(&mut self, bytes: &[u8], raw_done: u64, lines: u32) {
        self.slot.set_lost(self.slot.lost() + bytes.len() as u64);
        self.slot.set_raw_done(raw_done);
        self.slot.set_lines(lines);
    }

    /// What the log says where bytes are missing; nothing if none are.
    fn note_of_loss(&mut self) -> Vec<u8> {
        let mut note = Vec::new();
        if self.slot.lost() > 0 {
            let text =
                format!("{} bytes of this log could not be written here and are lost.", self.slot.lost());
            self.formatter.push(&mut note, sys::unix_millis(), Level::Warn, text.as_bytes());
        }
        note
    }

    fn complete_write(&mut self) {
        let slot = self.slot;
        slot.set_log_len(slot.next_log_len());
        slot.set_raw_done(slot.next_raw_done());
        slot.set_lines(slot.next_lines());
        // Whatever was lost before, the write has told of it.
        slot.set_lost(0);
        slot.set_writing(0);
    }

    fn begin_segment(&mut self, segment: u32) {
        let slot = self.slot;
        let old = slot.log_fd();
        if let Ok(fd) = open_segment(&self.spec.path, segment, true) {
            slot.set_log_fd(fd);
            slot.set_segment(segment);
            slot.set_log_len(0);
            if let Some(oldest) = segment.checked_sub(self.spec.backups.saturating_add(1)) {
                remove_segment(&self.spec.path, oldest);
            }
            slot.set_beginning(0);
            if old != NO_FD {
                file::close(old);
            }
        } else {
            // The segment grows beyond its size; the next write tries again.
            slot.set_beginning(0);
        }
    }
}

/// Lets the system recover a little, since a pipe that stays readable would be tried again at once.
fn wait_out_shortage() -> Taken {
    std::thread::sleep(SHORTAGE);
    Taken::Nothing
}

#[cfg(test)]
mod tests {
    use std::io::{PipeWriter, Write};
    use std::os::fd::IntoRawFd;
    use std::path::Path;

    use super::*;
    use crate::log::LogFiles;
    use crate::supervisor::slots::{Shared, fuse, lines};

    /// What the process prints, in the pieces in which it arrives.
    const PIECES: [&str; 5] = ["one\ntwo\r", "\nthree", " and a half\nfour\n", "five\n", "the last"];

    fn spec(path: &Path) -> LogSpec {
        LogSpec {
            path: path.to_owned(),
            layout: "%m%n".into(),
            logger: "job".into(),
            time_zone: "UTC".into(),
            // Every few lines a segment is full.
            chunk_size: Some(15),
            backups: 20,
        }
    }

    /// The process that prints: nothing kills it.
    struct Printer {
        pipe: Option<PipeWriter>,
        rest: std::slice::Iter<'static, &'static str>,
    }

    impl Printer {
        fn print(&mut self) {
            match (self.rest.next(), &mut self.pipe) {
                (Some(piece), Some(pipe)) => pipe.write_all(piece.as_bytes()).unwrap(),
                _ => self.pipe = None,
            }
        }
    }

    /// A life of a log from wherever it is to its end.
    fn go_on(slot: &Slot, spec: &LogSpec, printer: &mut Printer, takeover: bool) {
        let (mut formatter, mut buffers) = (LineFormatter::new(spec), Buffers::default());
        let mut log = JobLog { slot, spec, formatter: &mut formatter, buffers: &mut buffers };
        if takeover {
            log.recover();
            log.log_output(false);
        }
        if slot.lines() < lines::ANNOUNCED {
            log.write_lines(&[LogLine::info("first"), LogLine::info("second")], lines::ANNOUNCED);
        }
        while slot.pipe_fd() != NO_FD {
            match log.take_output() {
                Taken::Some => {}
                Taken::Nothing => printer.print(),
                Taken::End => slot.close_pipe(),
            }
        }
        log.log_output(true);
        if slot.lines() < lines::FINISHED {
            log.write_lines(&[LogLine::info("end")], lines::FINISHED);
        }
    }

    /// The log when its writer is killed after so many writes to its slot, and each successor after so many of his own.
    fn log_with_kills(shared: &Shared, kills: &[u32]) -> (String, bool) {
        let folder = tempfile::tempdir().unwrap();
        let spec = spec(&folder.path().join("log"));
        let (reader, writer) = std::io::pipe().unwrap();
        let slot = shared.slot(0);
        slot.occupy(NO_FD, 1);
        slot.set_pipe_fd(reader.into_raw_fd());
        let mut printer = Printer { pipe: Some(writer), rest: PIECES.iter() };
        let mut killed_all = true;
        for (lives, kill) in kills.iter().enumerate() {
            killed_all &= !fuse::within(*kill, || go_on(slot, &spec, &mut printer, lives > 0));
        }
        go_on(slot, &spec, &mut printer, true);
        slot.close_log();
        let bytes = LogFiles::open(&spec.path).unwrap().unwrap().read(0, usize::MAX).unwrap();
        (String::from_utf8(bytes).unwrap(), killed_all)
    }

    #[test]
    fn a_log_tells_of_what_a_full_disk_did_not_take() {
        let shared = Shared::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let spec = LogSpec { chunk_size: None, ..spec(&folder.path().join("log")) };
        let slot = shared.slot(0);
        slot.occupy(NO_FD, 1);
        let write = |text: &str| {
            let (mut formatter, mut buffers) = (LineFormatter::new(&spec), Buffers::default());
            let mut log = JobLog { slot, spec: &spec, formatter: &mut formatter, buffers: &mut buffers };
            log.write_lines(&[LogLine::info(text)], lines::ANNOUNCED);
        };
        std::os::unix::fs::symlink("/dev/full", &spec.path).unwrap();
        write("lost");
        write("lost too");
        slot.close_log();
        std::fs::remove_file(&spec.path).unwrap();
        write("there");
        write("there too");
        let text = std::fs::read_to_string(&spec.path).unwrap();
        assert_eq!(text, "14 bytes of this log could not be written here and are lost.\nthere\nthere too\n");
    }

    #[test]
    fn a_kill_between_any_two_writes_to_the_slot_loses_and_doubles_nothing() {
        let shared = Shared::new().unwrap();
        let expected = "first\nsecond\none\ntwo\nthree and a half\nfour\nfive\nthe last\nend\n";
        let mut kills = 0;
        for first in 0.. {
            let (log, killed) = log_with_kills(&shared, &[first]);
            assert_eq!(log, expected, "killed after {first} writes");
            if !killed {
                break;
            }
            kills += 1;
            for second in (first % 4..20).step_by(4) {
                let (log, _) = log_with_kills(&shared, &[first, second]);
                assert_eq!(log, expected, "killed after {first} writes, and again after {second}");
            }
        }
        assert!(kills > 50, "{kills}");
    }
}
