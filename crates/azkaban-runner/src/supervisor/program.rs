//! From a command to what `execve` needs.

use std::ffi::{CString, NulError};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use crate::spec::{AttemptSpec, Command};
use crate::sys::child::Image;

/// Where programs are looked for when there is no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Lays out a command of an attempt.
///
/// # Errors
/// When a text holds a zero byte.
pub(super) fn image(spec: &AttemptSpec, command: &Command) -> Result<Image, NulError> {
    let program = command.argv.first().map(String::as_str).unwrap_or_default();
    let programs = candidates(spec, program).into_iter().map(CString::new).collect::<Result<_, _>>()?;
    Image::new(programs, &command.argv, &spec.env, spec.cwd.as_os_str().as_bytes())
}

/// The files that a program's name may mean: itself, if it has a slash; else in each folder of the server's `PATH`, as in
/// Azkaban, and then of the job's own.
fn candidates(spec: &AttemptSpec, program: &str) -> Vec<Vec<u8>> {
    if program.contains('/') || program.is_empty() {
        return vec![program.as_bytes().to_vec()];
    }
    // A supervisor has the environment of the server that has started it.
    let servers = std::env::var("PATH").unwrap_or_else(|_| DEFAULT_PATH.to_owned());
    let own = spec.env.iter().rev().find(|(name, value)| name == "PATH" && *value != servers);
    let folders = servers.split(':').chain(own.into_iter().flat_map(|(_, path)| path.split(':')));
    folders
        .map(|folder| {
            Path::new(if folder.is_empty() { "." } else { folder }).join(program).into_os_string().into_vec()
        })
        .collect()
}
