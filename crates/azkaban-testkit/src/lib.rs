//! What tests of the whole need: the real binary in a temporary folder, a small HTTP client, archives, bounded waits.
//!
//! Everything blocks; a failure panics with what was seen last, so that a test reads as a list of what must be true.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods)]

mod archive;
mod client;
pub mod fuzz;
mod processes;
mod random;
mod server;
mod sink;
mod smtp;
pub mod tls;
mod wait;

pub use archive::zip_of;
pub use client::{Client, Response};
pub use processes::{ProcessInfo, kill, processes_naming};
pub use random::Random;
pub use server::{Options, PASSWORD, TestServer, binary};
pub use sink::{ReceivedRequest, RequestSink};
pub use smtp::{ReceivedMail, SmtpOptions, SmtpServer};
pub use wait::wait_for;
