//! The log on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::exit::{Cause, Failure};

/// Starts logging at `level`, else as RUST_LOG says, else at `info`.
///
/// # Errors
/// The level is not one.
pub(crate) fn start(level: Option<&str>) -> Result<(), Failure> {
    let environment = std::env::var("RUST_LOG").ok().filter(|text| !text.trim().is_empty());
    let (source, text) = match (level, &environment) {
        (Some(level), _) => ("--log-level", level),
        (None, Some(text)) => ("RUST_LOG", text.as_str()),
        (None, None) => ("the default", "info"),
    };
    let filter = EnvFilter::try_new(text).map_err(|error| {
        let text =
            format!("{source}: '{text}' is no level ({error}); expected error, warn, info, debug or trace");
        Failure::new(Cause::Usage, text)
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}
