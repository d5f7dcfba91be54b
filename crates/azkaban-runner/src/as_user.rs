//! Running and stopping attempts of other users of the machine.
//!
//! A command that may become another user (`sudo -n -u USER --`) runs this program again, with [`SUBCOMMAND`] as its only argument,
//! so that a rule of `sudo` can name the whole of it. What is to be done comes on its standard input: environments hold secrets,
//! which command lines show to everybody, and `sudo` passes no environment on. The program does it only if it has really become
//! the user that is meant, so that whoever may run it gains nothing by that.

use std::ffi::CString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::spec::RunAs;
use crate::sys::child::{self, Image};
use crate::sys::{file, process, signal};
use crate::wire::{AsUser, MAX_FRAME, decode_as_user, encode_as_user};

/// The word that makes the program do something as the user it runs as.
pub(crate) const SUBCOMMAND: &str = "__as-user";

/// Ends a program that did not do what it was asked to.
const REFUSED: u8 = 126;
/// Ends a program that could not become the job's.
const NO_PROGRAM: u8 = 127;
/// How long a sender of a signal may take: one that hangs must not pile up with those that repeat it.
const LONGEST_SEND_SECONDS: u32 = 30;

/// The command line of this program as another user.
pub(crate) fn command_line(run_as: &RunAs) -> io::Result<Vec<String>> {
    let own = std::env::current_exe()?;
    let own = own.to_str().ok_or_else(|| io::Error::other("the path of this program is not UTF-8"))?;
    // So Linux calls it once a newer one has taken its place, which serves as well.
    let own = own.strip_suffix(" (deleted)").unwrap_or(own);
    Ok(run_as.switch.iter().map(String::as_str).chain([own, SUBCOMMAND]).map(str::to_owned).collect())
}

/// A request as the program's standard input.
pub(crate) fn input(request: &AsUser) -> io::Result<crate::sys::Fd> {
    let mut bytes = Vec::new();
    encode_as_user(request, &mut bytes);
    let fd = file::memory_file()?;
    match file::write_all(fd, &bytes).and_then(|()| file::rewind(fd)) {
        Ok(()) => Ok(fd),
        Err(error) => {
            file::close(fd);
            Err(error)
        }
    }
}

/// Sends a signal to the processes of a group that belong to the user. Returns at once; the sender is reaped as any child is.
pub(crate) fn send_signal(run_as: &RunAs, leader: libc::pid_t, signal: libc::c_int) -> io::Result<()> {
    let mut request = Vec::new();
    encode_as_user(&AsUser::Signal { uid: run_as.uid, leader, signal }, &mut request);
    let line = command_line(run_as)?;
    let (program, arguments) =
        line.split_first().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut sender = Command::new(program);
    process::end_after(&mut sender, LONGEST_SEND_SECONDS);
    let mut sender = sender
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Short enough for any pipe.
    sender.stdin.take().map_or(Ok(()), |mut input| input.write_all(&request))
}

/// Does what the standard input asks for; returns unless the process has become another program.
pub(crate) fn main() -> ExitCode {
    let (text, code) = match serve() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(refusal) => refusal,
    };
    // The job's log.
    let _ = file::write_all(2, format!("azkaban: {text}\n").as_bytes());
    ExitCode::from(code)
}

fn serve() -> Result<(), (String, u8)> {
    let refused = |text: String| (text, REFUSED);
    let mut bytes = Vec::new();
    io::stdin()
        .take(MAX_FRAME as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| refused(format!("cannot read what to run: {error}")))?;
    let request = decode_as_user(&bytes)
        .map_err(|_| refused("what to run does not come from a server of this version".to_owned()))?;
    let (AsUser::Run { uid, .. } | AsUser::Signal { uid, .. }) = &request;
    let own = process::own_uid();
    if own != *uid || own == 0 {
        return Err(refused(format!(
            "the command that was to become the user with number {uid} has become number {own}; nothing is run"
        )));
    }
    match request {
        AsUser::Signal { leader, signal, .. } => {
            signal::signal_group(leader, signal);
            Ok(())
        }
        AsUser::Run { programs, argv, env, cwd, .. } => run(programs, &argv, &env, &cwd),
    }
}

fn run(
    programs: Vec<PathBuf>,
    argv: &[String],
    env: &[(String, String)],
    cwd: &Path,
) -> Result<(), (String, u8)> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    std::env::set_current_dir(cwd).map_err(|error| {
        let text = format!(
            "cannot change to {} as this user: {error} (the user must be allowed to enter every folder above it)",
            cwd.display()
        );
        (text, REFUSED)
    })?;
    let name = argv.first().map(String::as_str).unwrap_or_default();
    let failed = |error: io::Error| (format!("Cannot run program \"{name}\": {error}"), NO_PROGRAM);
    let programs: Result<Vec<CString>, _> =
        programs.into_iter().map(|path| CString::new(path.into_os_string().into_vec())).collect();
    let mut image = programs
        .and_then(|programs| Image::new(programs, argv, env, cwd.as_os_str().as_bytes()))
        .map_err(|error| failed(error.into()))?;
    file::open("/dev/null".as_ref(), libc::O_RDONLY)
        .and_then(|null| file::duplicate_inherited(null, 0))
        .map_err(failed)?;
    Err(failed(child::become_program(&mut image)))
}
