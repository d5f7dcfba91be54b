//! What the engine hands over to have an attempt of a job run.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use azkaban_core::ids::AttemptKey;
use azkaban_core::job_type::MemoryNeed;
use azkaban_core::time::UnixMillis;

/// Everything that the supervisor needs to run one attempt to its end, log included, without asking anybody.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptSpec {
    /// Which attempt; it is run at most once.
    pub key: AttemptKey,
    /// The job type as the closing line of the log names it (`command`, `javaprocess`, …).
    pub job_type: String,
    /// The job's id as the closing line names it.
    pub job_id: String,
    /// Lines before `<n> commands to execute.`: `Starting command job a at 1700000000000.` and what the engine adds.
    pub opening_lines: Vec<LogLine>,
    /// Lines after `<n> commands to execute.`: `cwd=…`, `effective user is: …`.
    pub setup_lines: Vec<LogLine>,
    /// Lines written when every command has succeeded: `output properties file=…`.
    pub success_lines: Vec<LogLine>,
    /// Run one after another until the first that fails (projects-and-jobs §6.3). None is a failure.
    pub commands: Vec<Command>,
    /// The whole environment of the processes, secrets included; it is never logged.
    pub env: Vec<(String, String)>,
    /// What the log says behind `Environment variables: `, secrets masked; `None` leaves the line out.
    pub environment_text: Option<String>,
    /// The user of the machine that the commands run as; `None` for the server's own.
    pub run_as: Option<RunAs>,
    /// Memory that is waited for before the first command.
    pub memory: Option<MemoryGate>,
    /// The working directory.
    pub cwd: PathBuf,
    /// Where and how the log is written.
    pub log: LogSpec,
    /// `job.succeed.on.failure`: a failure ends the attempt as [`Outcome::FailedButCounts`].
    pub succeed_on_failure: bool,
    /// Time between TERM and KILL when the attempt is stopped.
    pub stop_grace: Duration,
    /// Files that are removed when a command fails (the property files, projects-and-jobs §6.1).
    pub failure_cleanup: Vec<PathBuf>,
}

impl AttemptSpec {
    pub(crate) fn closing_line(&self, ended_at: UnixMillis, status: &str) -> LogLine {
        LogLine::closing(&self.job_type, &self.job_id, self.key.attempt, ended_at, status)
    }
}

impl fmt::Debug for AttemptSpec {
    /// Names the attempt only: environments and command lines hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptSpec").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A wait for memory (projects-and-jobs §7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryGate {
    /// What is waited for.
    pub need: MemoryNeed,
    /// Time between two looks, in whole milliseconds.
    pub every: Duration,
    /// Looks after the first one, before the attempt fails.
    pub tries: u32,
}

/// Another user of the machine, and how to become that user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunAs {
    /// The user's number, which is checked before anything is run.
    pub uid: u32,
    /// Program and arguments behind which a command is run as the user: `sudo -n -u ann --`. The program is looked for in the
    /// server's `PATH`.
    pub switch: Vec<String>,
}

/// One command of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// As the log shows it behind `Command: `.
    pub text: String,
    /// Program and arguments. A program without `/` is looked for in the server's `PATH`, then in the child's.
    pub argv: Vec<String>,
}

/// The log of a job or a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSpec {
    /// The first segment. Later ones have `.1`, `.2`, … appended. Missing folders are made.
    pub path: PathBuf,
    /// The log4j pattern of a line (`azkaban.job.log.layout`).
    pub layout: String,
    /// The logger's name (`%c`): the job's id.
    pub logger: String,
    /// IANA name of the zone in which times are shown.
    pub time_zone: String,
    /// Bytes after which a new segment begins (`job.log.chunk.size`); `None` for a log that never rolls.
    pub chunk_size: Option<u64>,
    /// Segments kept besides the current one (`job.log.backup.index`).
    pub backups: u32,
}

/// The level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// `DEBUG`
    Debug,
    /// `INFO`
    Info,
    /// `WARN`
    Warn,
    /// `ERROR`
    Error,
}

/// A line of a log, before its layout is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its level.
    pub level: Level,
    /// Its text; line ends inside are kept, as log4j does.
    pub text: String,
}

impl LogLine {
    /// A line of level INFO.
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: Level::Info, text: text.into() }
    }

    /// The last line of a job's log (projects-and-jobs §6.5).
    pub fn closing(job_type: &str, job: &str, attempt: u32, ended_at: UnixMillis, status: &str) -> Self {
        let retry = if attempt > 0 { format!("retry {attempt} of ") } else { String::new() };
        Self::info(format!(
            "Wrapping up {retry}{job_type} job {job}, finished at {ended_at} with status {status}."
        ))
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptEnd {
    /// What it means for the job.
    pub outcome: Outcome,
    /// How the last process ended; `None` when there was none.
    pub exit: Option<Exit>,
    /// When the supervisor took the attempt over.
    pub started_at: UnixMillis,
    /// When its log was closed.
    pub ended_at: UnixMillis,
}

/// What an attempt came to. A kill wins over everything else (execution-and-scheduling §2.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every command exited with 0.
    Succeeded,
    /// A command failed.
    Failed {
        /// `Process exited with code 1`
        reason: String,
    },
    /// A command failed or could not be started, and `succeed_on_failure` was set.
    FailedButCounts {
        /// As for [`Outcome::Failed`].
        reason: String,
    },
    /// A stop was asked for before the end.
    Killed,
    /// A command could not be started at all.
    SpawnFailed {
        /// The error of the operating system, with the program's name.
        reason: String,
    },
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It exited by itself.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
}

impl Exit {
    /// The number that shells and Azkaban show: the code, or 128 + the signal (projects-and-jobs §6.4).
    pub fn code(self) -> i32 {
        match self {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128 + signal,
        }
    }
}

/// An attempt that a supervisor held when the server connected to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAttempt {
    /// Which one.
    pub key: AttemptKey,
    /// What it does.
    pub state: FoundState,
}

/// What a found attempt does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundState {
    /// Accepted or executing.
    Running {
        /// The current process, when there is one at this moment.
        pid: Option<i32>,
    },
    /// Ended, and not yet acknowledged.
    Ended(AttemptEnd),
}

/// What happens to attempts, in the order in which it happened to each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunnerEvent {
    /// The first process of the attempt runs.
    Started {
        /// Which attempt.
        key: AttemptKey,
        /// The process, leader of its own session and process group.
        pid: i32,
        /// When it was started.
        at: UnixMillis,
    },
    /// The attempt is over. To be answered with [`crate::Runner::acknowledge`] once that is stored.
    Ended {
        /// Which attempt.
        key: AttemptKey,
        /// How.
        end: AttemptEnd,
    },
    /// Every process of its supervisor is gone: nobody knows how the attempt ends, or whether it has.
    Lost {
        /// Which attempt.
        key: AttemptKey,
    },
}
