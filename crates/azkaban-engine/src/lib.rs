//! The use cases of Azkaban: who may do what, in which order things are stored, and the actors that run flows.
//!
//! A face (the HTTP server, the command line) turns a request into one call here; see `ARCHITECTURE.md`.
#![forbid(unsafe_code)]

mod config;
mod error;

pub use config::Config;
pub use error::{Internal, Kind};
