//! From a command to what `execve` needs.

use std::ffi::{CString, NulError, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::as_user;
use crate::spec::{AttemptSpec, Command, RunAs};
use crate::sys::child::Image;
use crate::wire::AsUser;

/// Where programs are looked for when there is no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Lays out a command of an attempt.
///
/// # Errors
/// When a text holds a zero byte.
pub(super) fn image(spec: &AttemptSpec, command: &Command) -> Result<Image, NulError> {
    let programs = candidates(spec, command).into_iter().map(CString::new).collect::<Result<_, _>>()?;
    Image::new(programs, &command.argv, &spec.env, spec.cwd.as_os_str().as_bytes())
}

/// Lays out what becomes another user and then runs a command, which comes on its input.
///
/// # Errors
/// When a text holds a zero byte, or there is no place for the input.
pub(super) fn image_as_user(
    spec: &AttemptSpec,
    command: &Command,
    run_as: &RunAs,
) -> io::Result<(Image, crate::sys::Fd)> {
    let line = as_user::command_line(run_as)?;
    let path = servers_path();
    let program = line.first().map(String::as_str).unwrap_or_default();
    let programs = found_in(path.split(':'), program);
    let programs = programs.into_iter().map(CString::new).collect::<Result<_, _>>()?;
    let image = Image::new(programs, &line, &[("PATH".to_owned(), path)], spec.cwd.as_os_str().as_bytes())?;
    let request = AsUser::Run {
        uid: run_as.uid,
        programs: candidates(spec, command)
            .into_iter()
            .map(|path| PathBuf::from(OsString::from_vec(path)))
            .collect(),
        argv: command.argv.clone(),
        env: spec.env.clone(),
        cwd: spec.cwd.clone(),
    };
    Ok((image, as_user::input(&request)?))
}

/// A supervisor has the environment of the server that has started it.
fn servers_path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| DEFAULT_PATH.to_owned())
}

/// The files that a program's name may mean: itself, if it has a slash; else in each folder of the server's `PATH`, as in
/// Azkaban, and then of the job's own.
fn candidates(spec: &AttemptSpec, command: &Command) -> Vec<Vec<u8>> {
    let program = command.argv.first().map(String::as_str).unwrap_or_default();
    let servers = servers_path();
    let own = spec.env.iter().rev().find(|(name, value)| name == "PATH" && *value != servers);
    found_in(servers.split(':').chain(own.into_iter().flat_map(|(_, path)| path.split(':'))), program)
}

fn found_in<'a>(folders: impl Iterator<Item = &'a str>, program: &str) -> Vec<Vec<u8>> {
    if program.contains('/') || program.is_empty() {
        return vec![program.as_bytes().to_vec()];
    }
    folders
        .map(|folder| {
            Path::new(if folder.is_empty() { "." } else { folder }).join(program).into_os_string().into_vec()
        })
        .collect()
}
