//! How a command ends: the documented exit codes and the message for the terminal.

use std::fmt;
use std::process::ExitCode;

/// Why a command did not succeed. The numbers are documented in `docs/operating.md` and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// 1: our fault, or the machine's.
    Internal,
    /// 2: the command line is wrong.
    Usage,
    /// 3: a configuration file has a value that cannot be used, or cannot be read.
    Configuration,
    /// 4: the data folder cannot be used: not writable, in use by another server, or of a newer version.
    Data,
    /// 5: the address to listen on cannot be had.
    Address,
}

impl Cause {
    /// The exit code of the process.
    pub(crate) fn code(self) -> u8 {
        match self {
            Cause::Internal => 1,
            Cause::Usage => 2,
            Cause::Configuration => 3,
            Cause::Data => 4,
            Cause::Address => 5,
        }
    }
}

/// A failed command: the cause, and what to tell the person who typed it.
#[derive(Debug)]
pub(crate) struct Failure {
    cause: Cause,
    message: String,
}

impl Failure {
    /// A failure with its message; several lines are fine.
    pub(crate) fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into() }
    }

    /// Prints the message on standard error and gives the process's exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("azkaban: {self}");
        ExitCode::from(self.cause.code())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An error and the causes below it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_manual() {
        let manual = include_str!("../../../docs/operating.md");
        for cause in [Cause::Internal, Cause::Usage, Cause::Configuration, Cause::Data, Cause::Address] {
            assert!(manual.contains(&format!("| {} |", cause.code())), "{cause:?}");
        }
    }
}
