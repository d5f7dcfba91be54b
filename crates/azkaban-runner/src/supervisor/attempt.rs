//! What an attempt does next, decided from its slot alone: the same for the process that has always had it and for one that has just
//! taken it over.

use std::io;
use std::path::{Path, PathBuf};

use azkaban_core::command::exit_reason;
use azkaban_core::time::UnixMillis;

use super::job_log::{Buffers, JobLog, Taken};
use super::program;
use super::slots::{Process, Slot, lines, phase};
use crate::as_user;
use crate::log::LineFormatter;
use crate::spec::{AttemptEnd, AttemptSpec, Exit, Level, LogLine, Outcome};
use crate::sys::child::{self, INPUT_FD, Image, OUTPUT_FD, Stage};
use crate::sys::memory::ChildStack;
use crate::sys::{self, NO_FD, file, signal};

/// Milliseconds after which KILL is sent again to a process of another user.
const KILL_AGAIN: u64 = 5_000;

/// A stop that has come to KILL.
const KILLING: u32 = 2;

/// Portions of output taken before other attempts get their turn.
const PORTIONS: usize = 4;

/// What a worker keeps of an attempt; all of it can be made anew from the slot.
pub(super) struct Attempt {
    pub(super) spec: AttemptSpec,
    formatter: LineFormatter,
}

/// What a worker has to start processes with.
pub(super) struct Launcher {
    pub(super) stack: ChildStack,
    pub(super) open_files: libc::rlimit,
    pub(super) null: sys::Fd,
    /// What tells of the machine's memory.
    pub(super) meminfo: PathBuf,
}

/// Something that the worker must know of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// A process was started; its output is to be watched.
    Started(libc::pid_t),
    /// The attempt is over.
    Ended,
}

impl Attempt {
    pub(super) fn new(spec: AttemptSpec) -> Self {
        Self { formatter: LineFormatter::new(&spec.log), spec }
    }

    fn log<'a>(&'a mut self, slot: &'a Slot, buffers: &'a mut Buffers) -> JobLog<'a> {
        JobLog { slot, spec: &self.spec.log, formatter: &mut self.formatter, buffers }
    }

    /// Settles what the process before this one was doing when it was killed.
    pub(super) fn recover(&mut self, slot: &Slot, buffers: &mut Buffers) {
        self.log(slot, buffers).recover();
        slot.finish_changes();
        if let Process::Alive(pid) = slot.process_state() {
            note_first(slot, pid);
        }
        // Output may have come as far as the memory file.
        self.log(slot, buffers).log_output(false);
    }

    /// Goes on as far as possible without waiting.
    pub(super) fn advance(
        &mut self,
        slot: &Slot,
        buffers: &mut Buffers,
        launcher: &Launcher,
        now: u64,
        news: &mut Vec<News>,
    ) {
        while slot.phase() == phase::ACTIVE {
            match slot.process_state() {
                Process::Idle => {
                    if slot.stopping() != 0 || self.spec.commands.is_empty() || self.lacks_memory(slot) {
                        self.conclude(slot, buffers);
                        news.push(News::Ended);
                        return;
                    }
                    if self.waits_for_memory(slot, buffers, &launcher.meminfo, now) {
                        return;
                    }
                    self.start(slot, buffers, launcher, news);
                }
                Process::Claimable(_) | Process::Alive(_) => return self.tell_start(slot, buffers),
                Process::Reaped(_) => {
                    self.tell_start(slot, buffers);
                    if self.waits_for_group(slot) || !self.drain(slot, buffers, now) {
                        return;
                    }
                    if slot.lines() < lines::FINISHED {
                        let own = self.finish_lines(slot);
                        self.log(slot, buffers).write_lines(&own, lines::FINISHED);
                    }
                    let succeeded = slot.exit() == Some(Exit::Code(0)) && slot.start_error() == 0;
                    let is_last = slot.command() as usize + 1 >= self.spec.commands.len();
                    if succeeded && slot.stopping() == 0 && !is_last {
                        slot.next_command();
                    } else {
                        self.conclude(slot, buffers);
                        news.push(News::Ended);
                        return;
                    }
                }
            }
        }
    }

    /// Takes output that is there. Answers whether there may be more at once.
    pub(super) fn take_output(&mut self, slot: &Slot, buffers: &mut Buffers) -> bool {
        for _ in 0..PORTIONS {
            match self.log(slot, buffers).take_output() {
                Taken::Some => {}
                Taken::Nothing => return false,
                Taken::End => {
                    slot.close_pipe();
                    return false;
                }
            }
        }
        true
    }

    /// Takes the rest of an ended process's output. `false` while somebody may still write some.
    fn drain(&mut self, slot: &Slot, buffers: &mut Buffers, now: u64) -> bool {
        // One turn only: whoever still holds the pipe may write faster than it is read. What is left is taken when the pipe is
        // found readable.
        self.take_output(slot, buffers);
        if slot.pipe_fd() != NO_FD && now < slot.drain_at() {
            return false;
        }
        slot.close_pipe();
        self.log(slot, buffers).log_output(true);
        true
    }

    /// Whether the attempt has given up waiting for memory.
    fn lacks_memory(&self, slot: &Slot) -> bool {
        self.spec.memory.is_some_and(|gate| slot.memory_tries() > gate.tries)
    }

    /// Looks at the machine's memory before the first command, if it is time to. True if it is to be waited for.
    fn waits_for_memory(&mut self, slot: &Slot, buffers: &mut Buffers, meminfo: &Path, now: u64) -> bool {
        let Some(gate) = self.spec.memory.filter(|_| slot.command() == 0) else { return false };
        if slot.lines() >= lines::ANNOUNCED {
            // It was granted before a takeover.
            return false;
        }
        if now < slot.memory_at() {
            return true;
        }
        // What cannot be read tells nothing.
        if std::fs::read_to_string(meminfo).map_or(true, |text| gate.need.is_met_by(&text)) {
            slot.set_memory_at(0);
            return false;
        }
        slot.set_memory_tries(slot.memory_tries() + 1);
        let tries = slot.memory_tries();
        let mut own = if slot.lines() < lines::OPENED { self.spec.opening_lines.clone() } else { Vec::new() };
        if tries <= gate.tries {
            let (refusal, seconds) = (gate.need.refusal(&self.spec.job_id), gate.every.as_secs());
            let text =
                format!("{refusal}, sleep for {seconds} secs and retry, attempt {tries} of {}", gate.tries);
            own.push(LogLine::info(text));
        }
        self.log(slot, buffers).write_lines(&own, lines::OPENED);
        // Past the last try the attempt ends at the next look, which is now.
        let every =
            if tries > gate.tries { 1 } else { u64::try_from(gate.every.as_millis()).unwrap_or(u64::MAX) };
        slot.set_memory_at(now.saturating_add(every));
        true
    }

    /// Starts the current command.
    fn start(&mut self, slot: &Slot, buffers: &mut Buffers, launcher: &Launcher, news: &mut Vec<News>) {
        if slot.lines() < lines::ANNOUNCED {
            let own = self.announcement(slot);
            self.log(slot, buffers).write_lines(&own, lines::ANNOUNCED);
        }
        slot.close_pipe();
        slot.set_command_at(sys::unix_millis().0);
        slot.set_exit_kind(0);
        slot.set_start_error(0);
        match self.launch(slot, launcher) {
            Ok(pid) => {
                note_first(slot, pid);
                news.push(News::Started(pid));
            }
            Err(error) => {
                // There is no process; it counts as one that could not be prepared.
                slot.set_start_error(child::encode_error(
                    Stage::Prepare,
                    error.raw_os_error().unwrap_or(libc::EINVAL),
                ));
                slot.set_exit(Exit::Code(127));
                slot.set_process(Process::Reaped(0));
            }
        }
    }

    fn launch(&self, slot: &Slot, launcher: &Launcher) -> io::Result<libc::pid_t> {
        let command = &self.spec.commands[slot.command() as usize];
        let (mut image, input) = match &self.spec.run_as {
            None => (program::image(&self.spec, command)?, None),
            Some(run_as) => {
                let (image, input) = program::image_as_user(&self.spec, command, run_as)?;
                (image, Some(input))
            }
        };
        if let Some(input) = input {
            let duplicated = file::duplicate_inherited(input, INPUT_FD);
            file::close(input);
            duplicated?;
        }
        let started = self.start_image(slot, launcher, &mut image);
        if input.is_some() {
            file::duplicate_inherited(launcher.null, INPUT_FD)?;
        }
        started
    }

    fn start_image(&self, slot: &Slot, launcher: &Launcher, image: &mut Image) -> io::Result<libc::pid_t> {
        let (read, write) = file::pipe()?;
        slot.set_pipe_fd(read);
        let duplicated = file::duplicate(write, OUTPUT_FD);
        file::close(write);
        duplicated?;
        let claim = slot.offer();
        let started = child::start(image, &claim, &launcher.open_files, &launcher.stack);
        // The worker's own copy of the write end must go, or the pipe would never end.
        file::duplicate(launcher.null, OUTPUT_FD)?;
        if started.is_err() {
            slot.withdraw();
        }
        started
    }

    /// Once the process runs, the log says so.
    fn tell_start(&mut self, slot: &Slot, buffers: &mut Buffers) {
        let (Process::Alive(pid) | Process::Reaped(pid)) = slot.process_state() else { return };
        if slot.lines() == lines::ANNOUNCED && slot.start_error() == 0 {
            let own = [LogLine::info(format!("Spawned process with id {pid}"))];
            self.log(slot, buffers).write_lines(&own, lines::STARTED);
        }
    }

    /// Asks the attempt to end: TERM to the whole group of its process, and KILL when the time is over.
    pub(super) fn stop(&mut self, slot: &Slot, buffers: &mut Buffers, now: u64) {
        if slot.stopping() != 0 || slot.phase() != phase::ACTIVE {
            return;
        }
        let grace = u64::try_from(self.spec.stop_grace.as_millis()).unwrap_or(u64::MAX);
        slot.begin_stop(now.saturating_add(grace));
        let own = [LogLine { level: Level::Error, text: "Kill has been called.".to_owned() }];
        let written = slot.lines();
        if slot.log_fd() != NO_FD {
            self.log(slot, buffers).write_lines(&own, written);
        }
        if let Process::Reaped(_) = slot.process_state() {
            // Only its output was still waited for.
            slot.set_drain_at(now);
        }
        self.signal(slot, libc::SIGTERM);
    }

    /// Sends TERM again, after a takeover.
    pub(super) fn terminate(&self, slot: &Slot) {
        self.signal(slot, libc::SIGTERM);
    }

    fn signal(&self, slot: &Slot, signal: libc::c_int) {
        let leader = match slot.process_state() {
            Process::Alive(pid) => pid,
            Process::Reaped(pid) if !signal::given_anew(pid) => pid,
            Process::Reaped(_) | Process::Idle | Process::Claimable(_) => return,
        };
        let sent = self.spec.run_as.as_ref().map(|run_as| as_user::send_signal(run_as, leader, signal));
        // What this user may signal is better than nothing; and a command that hangs before it has become the other user is this
        // user's still.
        if signal == libc::SIGKILL || !matches!(sent, Some(Ok(()))) {
            signal::signal_group(leader, signal);
        }
    }

    /// A stop gives every process of the group its time, also when the leader (a shell around the real program) has gone at once.
    pub(super) fn waits_for_group(&self, slot: &Slot) -> bool {
        let Process::Reaped(pid) = slot.process_state() else { return false };
        slot.stopping() != 0 && slot.kill_at() != 0 && signal::group_lives(pid)
    }

    /// The time between TERM and KILL is over.
    pub(super) fn kill(&mut self, slot: &Slot, buffers: &mut Buffers) {
        if matches!(slot.process_state(), Process::Alive(_)) || self.waits_for_group(slot) {
            self.signal(slot, libc::SIGKILL);
            let text = "Kill with signal TERM failed. Killing with KILL signal.".to_owned();
            let written = slot.lines();
            if slot.stopping() < KILLING {
                self.log(slot, buffers).write_lines(&[LogLine { level: Level::Warn, text }], written);
                slot.set_stopping(KILLING);
            }
        }
        // Last, so that a successor repeats what may not have been done. A signal through others may not have arrived.
        let again = self.spec.run_as.is_some() && matches!(slot.process_state(), Process::Alive(_));
        slot.set_kill_at(if again { sys::boot_millis() + KILL_AGAIN } else { 0 });
    }

    /// Closes the log and ends the attempt.
    fn conclude(&mut self, slot: &Slot, buffers: &mut Buffers) {
        if slot.ended_at() == 0 {
            slot.set_ended_at(sys::unix_millis().0);
        }
        if slot.lines() < lines::CLOSED {
            let own = self.closing(slot);
            self.log(slot, buffers).write_lines(&own, lines::CLOSED);
        }
        if !matches!(self.end(slot).outcome, Outcome::Succeeded) {
            for path in &self.spec.failure_cleanup {
                // One that was never made, or is gone, is as good as removed.
                let _ = std::fs::remove_file(path);
            }
        }
        slot.set_phase(phase::ENDED);
        slot.close_log();
    }

    /// How the attempt ended, or would end now.
    pub(super) fn end(&self, slot: &Slot) -> AttemptEnd {
        let failed = |reason: String| {
            if self.spec.succeed_on_failure {
                Outcome::FailedButCounts { reason }
            } else {
                Outcome::Failed { reason }
            }
        };
        let outcome = match (slot.exit(), self.start_failure(slot)) {
            _ if slot.stopping() != 0 => Outcome::Killed,
            (_, Some(reason)) if self.spec.succeed_on_failure => Outcome::FailedButCounts { reason },
            (_, Some(reason)) => Outcome::SpawnFailed { reason },
            _ if self.spec.commands.is_empty() => failed("the job has no command".to_owned()),
            _ if self.lacks_memory(slot) => {
                failed(self.spec.memory.map_or_else(String::new, |gate| gate.need.refusal(&self.spec.job_id)))
            }
            (Some(Exit::Code(0)) | None, None) => Outcome::Succeeded,
            (Some(exit), None) => failed(exit_reason(exit.code())),
        };
        AttemptEnd {
            outcome,
            exit: slot.exit().filter(|_| slot.start_error() == 0),
            started_at: UnixMillis(slot.accepted_at()),
            ended_at: UnixMillis(slot.ended_at()),
        }
    }

    /// Why the current command could not be started, if it could not.
    fn start_failure(&self, slot: &Slot) -> Option<String> {
        let (stage, error) = child::decode_error(slot.start_error())?;
        let program = self.spec.commands.get(slot.command() as usize).and_then(|c| c.argv.first());
        Some(match stage {
            Stage::Chdir => {
                format!("Cannot change to the working directory {}: {error}", self.spec.cwd.display())
            }
            Stage::Exec => format!("Cannot run program \"{}\": {error}", program.map_or("", String::as_str)),
            Stage::Prepare => format!("Cannot start a process: {error}"),
        })
    }

    /// The lines before the current command (projects-and-jobs §6.5).
    fn announcement(&self, slot: &Slot) -> Vec<LogLine> {
        let spec = &self.spec;
        let mut own = Vec::new();
        if slot.command() == 0 {
            if slot.lines() < lines::OPENED {
                own.extend(spec.opening_lines.iter().cloned());
            }
            if spec.memory.is_some() {
                own.push(LogLine::info(format!("Memory granted for job {}", spec.job_id)));
            }
            own.push(LogLine::info(format!("{} commands to execute.", spec.commands.len())));
            own.extend(spec.setup_lines.iter().cloned());
        }
        own.push(LogLine::info(format!("Command: {}", spec.commands[slot.command() as usize].text)));
        own.extend(
            spec.environment_text.iter().map(|text| LogLine::info(format!("Environment variables: {text}"))),
        );
        own.push(LogLine::info(format!("Working directory: {}", spec.cwd.display())));
        own
    }

    /// The lines about the end of the current command's process.
    fn finish_lines(&self, slot: &Slot) -> Vec<LogLine> {
        let (Some(exit), Process::Reaped(pid), 0) = (slot.exit(), slot.process_state(), slot.start_error())
        else {
            return Vec::new();
        };
        let how = if exit == Exit::Code(0) { "successfully" } else { "unsuccessfully" };
        let seconds = (sys::unix_millis().0 - slot.command_at()).max(0) / 1000;
        vec![LogLine::info(format!("Process with id {pid} completed {how} in {seconds} seconds."))]
    }

    /// The last lines.
    fn closing(&self, slot: &Slot) -> Vec<LogLine> {
        let spec = &self.spec;
        let end = self.end(slot);
        let mut own = Vec::new();
        if slot.log_fd() == NO_FD {
            own.extend(spec.opening_lines.iter().cloned());
        }
        let status = match &end.outcome {
            Outcome::Succeeded => {
                own.extend(spec.success_lines.iter().cloned());
                "SUCCEEDED"
            }
            Outcome::Killed => "KILLED",
            Outcome::FailedButCounts { reason } => {
                own.push(LogLine { level: Level::Error, text: reason.clone() });
                "FAILED_SUCCEEDED"
            }
            Outcome::Failed { reason } | Outcome::SpawnFailed { reason } => {
                own.push(LogLine { level: Level::Error, text: reason.clone() });
                "FAILED"
            }
        };
        own.push(spec.closing_line(UnixMillis(slot.ended_at()), status));
        own
    }
}

/// Notes the attempt's first process, unless it was one that could not become its program.
fn note_first(slot: &Slot, pid: libc::pid_t) {
    if slot.first_pid() == 0 && slot.start_error() == 0 {
        slot.set_first_at(slot.command_at());
        slot.set_first_pid(pid);
    }
}
