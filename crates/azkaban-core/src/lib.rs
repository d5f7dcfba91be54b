//! The rules of Azkaban, as plain values and functions.
//!
//! Nothing in this crate does IO, reads a clock, or draws a random number: what it needs is passed in. See
//! `ARCHITECTURE.md` for the floors above it.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types))]

// Unit tests use the drivers of the integration tests, which name the crate.
#[cfg(test)]
extern crate self as azkaban_core;

pub mod callbacks;
pub mod command;
pub mod condition;
pub mod execution;
pub mod ids;
pub mod job_type;
pub mod layout;
pub mod log_layout;
pub mod options;
pub mod permission;
pub mod project;
pub mod props;
pub mod schedule;
pub mod settings;
pub mod sla;
pub mod status;
pub mod text;
pub mod time;
