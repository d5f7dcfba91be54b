//! `azkaban hash-password`: what to write into the users file instead of a plain password.

use std::io::{BufRead, IsTerminal};

use crate::exit::{Cause, Failure, chain};
use crate::solo::say;

/// Reads a password and prints its hash.
///
/// # Errors
/// No password is given, or it is blank.
pub(crate) fn run() -> Result<(), Failure> {
    let password =
        read().map_err(|error| Failure::new(Cause::Usage, format!("cannot read the password: {error}")))?;
    if password.trim().is_empty() {
        return Err(Failure::new(Cause::Usage, "the password is blank"));
    }
    let hash = azkaban_engine::users::hash_password(&password)
        .map_err(|error| Failure::new(Cause::Internal, chain(&error)))?;
    say(&hash);
    Ok(())
}

/// From the terminal without showing it, else the first line of standard input.
fn read() -> std::io::Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return rpassword::prompt_password("Password: ");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
