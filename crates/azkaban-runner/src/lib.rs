//! Child processes, and what supervises them.
//!
//! A server never starts a job's process itself. It hands an [`AttemptSpec`] to its *supervisor*, a small group of processes made
//! of the same executable that outlives the server, and that survives the death of any one of its own members. See
//! `docs/decisions/0003-supervisor.md`.

mod spec;

pub use spec::{
    AttemptEnd, AttemptSpec, Command, Exit, FoundAttempt, FoundState, Level, LogLine, LogSpec, Outcome,
    RunnerEvent,
};
