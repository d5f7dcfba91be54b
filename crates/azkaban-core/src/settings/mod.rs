//! The settings of a server: property files with the origin of every value, typed reads, and the table of known keys.
//!
//! Nothing here opens a file: the caller passes bytes and the name to show in messages. Reading happens once, at start, through a
//! [`Reader`] that collects every wrong value instead of stopping at the first. Precedence and rules: config-and-security §1–2.

mod effective;
mod files;
pub mod keys;
mod problem;
mod reader;
mod reference;
mod values;

pub use effective::{Effective, effective};
pub use files::{Origin, Settings, Value};
pub use keys::{Effect, Key, Kind, Section};
pub use problem::Problem;
pub use reader::Reader;
pub use reference::reference_page;
