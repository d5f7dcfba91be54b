//! Child processes, and what supervises them.
//!
//! A server never starts a job's process itself. It hands an [`AttemptSpec`] to its *supervisor*, two processes made of the same
//! executable that outlive the server, and the death of either of them. See `docs/decisions/0003-supervisor.md`.

mod as_user;
mod client;
mod log;
mod spec;
mod supervisor;
mod sys;
mod wire;

pub use client::{LostSupervisors, Runner, RunnerConfig, RunnerError, Started};
pub use log::{LogFiles, LogFollower, LogPosition, LogWriter};
pub use spec::{
    AttemptEnd, AttemptSpec, Command, Exit, FoundAttempt, FoundState, Level, LogLine, LogSpec, MemoryGate,
    Outcome, RunAs, RunnerEvent,
};
pub use supervisor::supervisor_main;
pub use sys::user::{User, user};
