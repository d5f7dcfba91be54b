//! What the processes of a supervisor share: all there is to know about each attempt, in memory that outlives any one of them.
//!
//! Descriptors are numbers of the table that the processes share too. Only one process works at a time (the other waits for its
//! end), so what matters is the order of its writes: a change that takes several steps is preceded by a note of it, from which a
//! successor finishes or undoes the change.

use std::io;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::spec::Exit;
use crate::sys::child::Claim;
use crate::sys::memory::SharedMemory;
use crate::sys::{Fd, NO_FD, file};

/// Attempts that a supervisor can hold at once.
pub(crate) const SLOTS: usize = 16_384;

/// One order for all: each is read and written a few times per attempt.
const ORDER: Ordering = Ordering::SeqCst;

/// A set of numbers that processes share, with a reader and a writer for each, and `clear`.
macro_rules! cells {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident / $set:ident: $atomic:ty => $value:ty;)* }) => {
        $(#[$doc])*
        #[repr(C, align(64))]
        pub(crate) struct $name {
            $($(#[$field_doc])* $field: $atomic,)*
        }

        impl $name {
            $($(#[$field_doc])*
            pub(crate) fn $field(&self) -> $value {
                self.$field.load(ORDER)
            }

            pub(crate) fn $set(&self, value: $value) {
                #[cfg(test)]
                fuse::burn();
                self.$field.store(value, ORDER);
            })*

            fn clear(&self) {
                $(self.$set(0);)*
            }
        }
    };
}

cells! {
    /// One attempt.
    Slot {
        /// See [`phase`]. Stored last when an attempt is taken over, first when it is forgotten.
        phase / set_phase: AtomicU32 => u32;
        /// The current command's process; a child claims here that it is it. See [`Process`].
        process / set_process_word: AtomicU64 => u64;
        /// How often a process was started, or was about to be; it tells children apart that may claim.
        starts / set_starts: AtomicU32 => u32;
        /// Why the process could not become its program, as `sys::child` encodes it.
        start_error / set_start_error: AtomicU64 => u64;
        /// The encoded spec, in a memory file.
        spec_fd / set_spec_fd: AtomicI32 => i32;
        /// The read end of the current command's output.
        pipe_fd / set_pipe_fd: AtomicI32 => i32;
        /// The current segment of the log, opened for appending.
        log_fd / set_log_fd: AtomicI32 => i32;
        /// Output taken from the pipe and not yet in the log, in a memory file.
        raw_fd / set_raw_fd: AtomicI32 => i32;
        /// The command that is being gone on to; 0 when none is.
        advancing / set_advancing: AtomicU32 => u32;
        /// Index of the current command.
        command / set_command: AtomicU32 => u32;
        /// How the current process ended: 0 unknown, 1 by a code, 2 by a signal.
        exit_kind / set_exit_kind: AtomicU32 => u32;
        /// The code or the signal.
        exit_value / set_exit_value: AtomicI32 => i32;
        /// When the output of an ended process is given up (boot clock).
        drain_at / set_drain_at: AtomicU64 => u64;
        /// A stop was asked for; above 1 it has come to KILL, and the log says so.
        stopping / set_stopping: AtomicU32 => u32;
        /// When KILL follows TERM (boot clock); 0 once it has, or if no stop was asked for.
        kill_at / set_kill_at: AtomicU64 => u64;
        /// When memory is looked at again (boot clock); 0 if it is not waited for.
        memory_at / set_memory_at: AtomicU64 => u64;
        /// Looks that have found too little memory.
        memory_tries / set_memory_tries: AtomicU32 => u32;
        /// When the attempt was taken over, Unix milliseconds.
        accepted_at / set_accepted_at: AtomicI64 => i64;
        /// When the current command was started, Unix milliseconds.
        command_at / set_command_at: AtomicI64 => i64;
        /// The attempt's first process; stored after its time.
        first_pid / set_first_pid: AtomicI32 => i32;
        /// When that was started, Unix milliseconds.
        first_at / set_first_at: AtomicI64 => i64;
        /// When the attempt ended, Unix milliseconds.
        ended_at / set_ended_at: AtomicI64 => i64;
        /// Number of the log's current segment.
        segment / set_segment: AtomicU32 => u32;
        /// The segment that is being begun; 0 when none is.
        beginning / set_beginning: AtomicU32 => u32;
        /// Which of the attempt's own lines are in the log, see [`lines`].
        lines / set_lines: AtomicU32 => u32;
        /// Bytes of the current segment that count.
        log_len / set_log_len: AtomicU64 => u64;
        /// Bytes of the raw output that are in the log.
        raw_done / set_raw_done: AtomicU64 => u64;
        /// The raw output is being emptied.
        emptying / set_emptying: AtomicU32 => u32;
        /// A write to the log is under way; the next three hold once it is complete.
        writing / set_writing: AtomicU32 => u32;
        /// See `log_len`.
        next_log_len / set_next_log_len: AtomicU64 => u64;
        /// See `raw_done`.
        next_raw_done / set_next_raw_done: AtomicU64 => u64;
        /// See `lines`.
        next_lines / set_next_lines: AtomicU32 => u32;
        /// Bytes that could not be written to the log and of which it does not tell yet.
        lost / set_lost: AtomicU64 => u64;
    }
}

/// What is shared besides the attempts.
#[repr(C, align(64))]
pub(crate) struct Header {
    draining: AtomicU32,
    finished: AtomicU32,
    used: AtomicU32,
}

impl Header {
    /// Whether attempts are no longer taken.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(ORDER) != 0
    }

    /// Takes no attempts any more.
    pub(crate) fn drain(&self) {
        self.draining.store(1, ORDER);
    }

    /// Whether the supervisor has ended because nothing was left to do.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(ORDER) != 0
    }

    /// Notes that nothing is left to do.
    pub(crate) fn finish(&self) {
        self.finished.store(1, ORDER);
    }

    /// Slots below this index have been used.
    pub(crate) fn used(&self) -> usize {
        self.used.load(ORDER) as usize
    }
}

/// The phases of an attempt.
pub(crate) mod phase {
    /// No attempt.
    pub(crate) const FREE: u32 = 0;
    /// Commands are run.
    pub(crate) const ACTIVE: u32 = 1;
    /// Over, the log whole, the end not yet acknowledged.
    pub(crate) const ENDED: u32 = 2;
}

/// Which of an attempt's own lines are in its log.
pub(crate) mod lines {
    /// None.
    pub(crate) const NONE: u32 = 0;
    /// The first ones, of an attempt that waits for memory.
    pub(crate) const OPENED: u32 = 1;
    /// Those before the start of the current command.
    pub(crate) const ANNOUNCED: u32 = 2;
    /// Its process id.
    pub(crate) const STARTED: u32 = 3;
    /// How it ended.
    pub(crate) const FINISHED: u32 = 4;
    /// All.
    pub(crate) const CLOSED: u32 = 5;
}

/// The current command's process, as one word that a child changes too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// None was started.
    Idle,
    /// The child of this start may claim to be it. A child of an earlier start, left behind by a process that was killed, may not.
    Claimable(u32),
    /// A child, not yet reaped.
    Alive(libc::pid_t),
    /// It has ended and was reaped.
    Reaped(libc::pid_t),
}

impl Process {
    fn word(self) -> u64 {
        let with = |kind: u64, pid: libc::pid_t| kind | u64::from(pid.cast_unsigned()) << 32;
        match self {
            Process::Idle => 0,
            Process::Claimable(start) => 1 | u64::from(start) << 32,
            Process::Alive(pid) => with(2, pid),
            Process::Reaped(pid) => with(3, pid),
        }
    }

    fn of(word: u64) -> Self {
        let start = (word >> 32) as u32;
        let pid = start.cast_signed();
        match word & 0xff {
            0 => Process::Idle,
            1 => Process::Claimable(start),
            2 => Process::Alive(pid),
            _ => Process::Reaped(pid),
        }
    }
}

impl Slot {
    /// Takes an attempt into a free slot.
    pub(crate) fn occupy(&self, spec: Fd, accepted_at: i64) {
        self.clear();
        self.set_spec_fd(spec);
        self.set_pipe_fd(NO_FD);
        self.set_log_fd(NO_FD);
        self.set_raw_fd(NO_FD);
        self.set_accepted_at(accepted_at);
        self.set_phase(phase::ACTIVE);
    }

    /// Forgets the attempt.
    pub(crate) fn release(&self) {
        let descriptors = [self.spec_fd(), self.pipe_fd(), self.log_fd(), self.raw_fd()];
        self.set_phase(phase::FREE);
        close_all(descriptors);
    }

    pub(crate) fn process_state(&self) -> Process {
        Process::of(self.process())
    }

    pub(crate) fn set_process(&self, process: Process) {
        self.set_process_word(process.word());
    }

    /// Takes back a process that was to be started. True when no child has claimed to be it, and none will.
    pub(crate) fn withdraw(&self) -> bool {
        let word = self.process();
        matches!(Process::of(word), Process::Claimable(_))
            && self.process.compare_exchange(word, Process::Idle.word(), ORDER, ORDER).is_ok()
    }

    /// Lets one child claim to be the process, and no child of an earlier start.
    pub(crate) fn offer(&self) -> Claim<'_> {
        self.set_starts(self.starts().wrapping_add(1));
        let offered = Process::Claimable(self.starts());
        self.set_process(offered);
        let claimed = |_, pid| Process::Alive(pid).word();
        Claim { word: &self.process, expected: offered.word(), claimed, error: &self.start_error }
    }

    /// How the current process ended, once that is known.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.exit_kind() {
            0 => None,
            1 => Some(Exit::Code(self.exit_value())),
            _ => Some(Exit::Signal(self.exit_value())),
        }
    }

    pub(crate) fn set_exit(&self, exit: Exit) {
        let (kind, value) = match exit {
            Exit::Code(code) => (1, code),
            Exit::Signal(signal) => (2, signal),
        };
        self.set_exit_value(value);
        self.set_exit_kind(kind);
    }

    /// Asks for the end: TERM was or is about to be sent, and KILL follows at `kill_at` (boot clock).
    pub(crate) fn begin_stop(&self, kill_at: u64) {
        self.set_kill_at(kill_at.max(1));
        self.set_stopping(1);
    }

    /// Goes on to the next command. Can be begun again where it was left.
    pub(crate) fn next_command(&self) {
        if self.advancing() == 0 {
            self.set_advancing(self.command() + 1);
        }
        self.close_pipe();
        self.set_exit_kind(0);
        self.set_drain_at(0);
        self.set_start_error(0);
        self.set_lines(lines::NONE);
        self.set_process(Process::Idle);
        self.set_command(self.advancing());
        self.set_advancing(0);
    }

    /// Finishes what a process that was killed had begun: a step to the next command, a stop.
    pub(crate) fn finish_changes(&self) {
        if self.advancing() != 0 {
            self.next_command();
        }
        if self.kill_at() != 0 {
            self.set_stopping(1);
        }
    }

    /// Closes the pipe.
    pub(crate) fn close_pipe(&self) {
        let fd = self.pipe_fd();
        // Forgotten before it is closed: its number may be given to something else at once.
        self.set_pipe_fd(NO_FD);
        close_all([fd]);
    }

    /// Closes what the log is written with.
    pub(crate) fn close_log(&self) {
        let descriptors = [self.log_fd(), self.raw_fd()];
        self.set_log_fd(NO_FD);
        self.set_raw_fd(NO_FD);
        close_all(descriptors);
    }
}

fn close_all<const N: usize>(descriptors: [Fd; N]) {
    descriptors.into_iter().filter(|fd| *fd != NO_FD).for_each(file::close);
}

/// The shared memory.
pub(crate) struct Shared {
    memory: SharedMemory,
}

impl Shared {
    pub(crate) fn new() -> io::Result<Self> {
        let fd = file::memory_file()?;
        let memory = SharedMemory::map(fd, size_of::<Header>() + SLOTS * size_of::<Slot>())?;
        file::close(fd);
        Ok(Self { memory })
    }

    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the mapping begins with a header (zero bytes are a valid one), aligned to a page, and lasts as long as the process.
        unsafe { self.memory.start().cast::<Header>().as_ref() }
    }

    pub(crate) fn slot(&self, index: usize) -> &Slot {
        assert!(index < SLOTS, "a slot's index is below the number of slots");
        // SAFETY: the mapping holds this many slots behind the header, aligned as both are; zero bytes are a valid slot.
        unsafe { self.memory.start().byte_add(size_of::<Header>()).cast::<Slot>().add(index).as_ref() }
    }

    /// Indexes of the slots that hold an attempt.
    pub(crate) fn taken(&self) -> Vec<usize> {
        (0..self.header().used()).filter(|index| self.slot(*index).phase() != phase::FREE).collect()
    }

    /// Makes sure that no child that has not yet claimed to be a command's process ever will.
    pub(crate) fn withdraw_starts(&self) {
        for index in self.taken() {
            self.slot(index).withdraw();
        }
    }

    /// Whether `pid` is the process of an attempt, not yet reaped.
    pub(crate) fn has_process(&self, pid: libc::pid_t) -> bool {
        self.taken().into_iter().any(|index| self.slot(index).process_state() == Process::Alive(pid))
    }

    /// Notes that a slot is used from now on.
    pub(crate) fn use_slot(&self, index: usize) {
        self.header().used.fetch_max(u32::try_from(index + 1).unwrap_or(u32::MAX), ORDER);
    }
}

/// Stands for a kill in the middle of a change: after so many writes to slots, a test's thread unwinds before the next.
#[cfg(test)]
pub(super) mod fuse {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    thread_local! { static LEFT: Cell<Option<u32>> = const { Cell::new(None) }; }

    struct Burnt;

    pub(super) fn burn() {
        match LEFT.get() {
            Some(0) => resume_unwind(Box::new(Burnt)),
            left => LEFT.set(left.map(|left| left - 1)),
        }
    }

    /// Does something that may make `writes` writes. `true` if that was enough.
    pub(in super::super) fn within(writes: u32, action: impl FnOnce()) -> bool {
        LEFT.set(Some(writes));
        let result = catch_unwind(AssertUnwindSafe(action));
        LEFT.set(None);
        match result {
            Ok(()) => true,
            Err(cause) if cause.is::<Burnt>() => false,
            Err(cause) => resume_unwind(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_of_claim_and_withdrawal_succeeds() {
        let shared = Shared::new().unwrap();
        let slot = shared.slot(7);
        let take = |claim: &Claim<'_>| {
            let claimed = (claim.claimed)(claim.expected, 77);
            claim.word.compare_exchange(claim.expected, claimed, ORDER, ORDER).is_ok()
        };
        assert!(!slot.withdraw());
        let first = slot.offer();
        assert!(slot.withdraw() && !take(&first));
        let second = slot.offer();
        assert!(!take(&first), "a child of an earlier start");
        assert!(take(&second) && !slot.withdraw());
        assert_eq!(slot.process_state(), Process::Alive(77));
    }

    #[test]
    fn slots_lie_apart() {
        let shared = Shared::new().unwrap();
        shared.slot(0).set_log_len(u64::MAX);
        shared.slot(SLOTS - 1).set_log_len(5);
        assert_eq!((shared.slot(1).log_len(), shared.header().used()), (0, 0));
    }

    #[test]
    fn going_on_to_the_next_command_is_never_left_half_done() {
        let shared = Shared::new().unwrap();
        for writes in 0.. {
            let slot = shared.slot(0);
            slot.occupy(NO_FD, 1);
            slot.set_command(4);
            slot.set_exit(Exit::Code(0));
            slot.set_lines(lines::FINISHED);
            slot.set_process(Process::Reaped(7));
            let done = fuse::within(writes, || slot.next_command());
            slot.finish_changes();
            let state = (slot.command(), slot.lines(), slot.process_state(), slot.exit(), slot.advancing());
            if writes == 0 {
                assert_eq!(state, (4, lines::FINISHED, Process::Reaped(7), Some(Exit::Code(0)), 0));
            } else {
                assert_eq!(state, (5, lines::NONE, Process::Idle, None, 0), "{writes}");
            }
            if done {
                break;
            }
        }
    }

    #[test]
    fn a_stop_that_has_begun_is_one() {
        let shared = Shared::new().unwrap();
        for (writes, stopping) in [(0, 0), (1, 1), (2, 1)] {
            let slot = shared.slot(0);
            slot.occupy(NO_FD, 1);
            fuse::within(writes, || slot.begin_stop(0));
            slot.finish_changes();
            assert_eq!((slot.stopping(), slot.kill_at() != 0), (stopping, stopping == 1), "{writes}");
        }
    }
}
