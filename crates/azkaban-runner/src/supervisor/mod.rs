//! The supervisor: two processes that run attempts, and outlive the server and the death of either of them.
//!
//! The *worker* runs attempts. The *keeper*, its parent, only waits: they share one table of descriptors and the memory that holds
//! everything about each attempt, and the keeper is the subreaper of whatever the worker leaves behind. When the worker is killed the
//! keeper does its work; when the keeper is killed the worker goes on. Either way no new attempts are taken: the server starts
//! another supervisor for those.

mod attempt;
mod connection;
mod job_log;
mod program;
mod slots;
mod worker;

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::as_user;
use crate::sys::child::{INPUT_FD, OUTPUT_FD};
use crate::sys::memory::ChildStack;
use crate::sys::process::{self, Descriptors, Side};
use crate::sys::{file, signal, socket};
use attempt::Launcher;
use slots::{SLOTS, Shared};
use worker::{Means, Worker, close_leftovers};

/// The word that makes the program a supervisor.
pub(crate) const SUBCOMMAND: &str = "__supervise";
/// The socket's name in the supervisor's folder.
pub(crate) const SOCKET: &str = "socket";
/// What tells of the machine's memory.
pub(crate) const MEMINFO: &str = "/proc/meminfo";
/// What a supervisor says on its standard output when it can be connected to.
pub(crate) const READY: &[u8] = b"ready\n";

/// Runs a supervisor if the arguments ask for one, and returns when it is over (or, in the process that was started, has been
/// detached); or does what a supervisor wants done as another user. To be called before anything else in `main`: the process must have one thread.
pub fn supervisor_main(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    match arguments.next()?.to_str()? {
        SUBCOMMAND => {}
        as_user::SUBCOMMAND => return Some(as_user::main()),
        _ => return None,
    }
    let folder = PathBuf::from(OsString::from_vec(arguments.next().unwrap_or_default().into_vec()));
    let linger = arguments
        .next()
        .and_then(|text| text.to_str()?.parse().ok())
        .map_or(Duration::from_secs(5), Duration::from_millis);
    let meminfo = arguments.next().map_or_else(|| PathBuf::from(MEMINFO), PathBuf::from);
    match supervise(folder, linger, meminfo) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            // Whoever started this reads it.
            let _ = file::write_all(1, format!("{error}\n").as_bytes());
            Some(ExitCode::FAILURE)
        }
    }
}

fn supervise(folder: PathBuf, linger: Duration, meminfo: PathBuf) -> io::Result<()> {
    signal::settle_dispositions();
    file::close_from(OUTPUT_FD)?;
    // It outlives the server, so it must not hold on to the folder that the server was started in.
    let folder = folder.canonicalize()?;
    std::env::set_current_dir("/")?;
    let null = file::open("/dev/null".as_ref(), libc::O_RDWR)?;
    // Descriptor 3 is where a child finds its output; `null` got that number.
    debug_assert_eq!(null, OUTPUT_FD);
    let null = file::open("/dev/null".as_ref(), libc::O_RDWR)?;
    file::duplicate_inherited(null, 0)?;
    file::duplicate_inherited(null, 2)?;
    let open_files = file::raise_open_files()?;
    let directory = file::open(&folder, libc::O_RDONLY | libc::O_DIRECTORY)?;
    let listener = socket::listen(directory, SOCKET)?;
    if let Side::Parent(_) = process::copy_process(Descriptors::Copied)? {
        return Ok(());
    }
    process::new_session()?;
    process::become_subreaper()?;
    signal::block_child_signal()?;
    let launcher = Launcher { stack: ChildStack::new()?, open_files, null, meminfo };
    let capacity = capacity(file::open_files_limit()?);
    let means = Means { shared: Shared::new()?, listener, folder, launcher, linger, capacity };
    let keeper = process::own_pid();
    match process::copy_process(Descriptors::Shared)? {
        Side::Child => Worker::new(&means, Some(keeper))?.serve(),
        Side::Parent(worker) => {
            let said = file::write_all(1, READY);
            file::duplicate_inherited(null, 1)?;
            said?;
            keep(&means, worker, &[null, directory])
        }
    }
}

/// How many attempts may be held with so many descriptors: each has a spec, a pipe, a log, and a file for its output.
fn capacity(descriptors: u64) -> usize {
    const OWN: u64 = 64;
    usize::try_from(descriptors.saturating_sub(OWN) / 4).unwrap_or(SLOTS).clamp(1, SLOTS)
}

/// The keeper: waits for the worker's end, and takes over unless that was in order.
fn keep(means: &Means, worker: libc::pid_t, known: &[crate::sys::Fd]) -> io::Result<()> {
    loop {
        let Some((pid, _)) = process::look(true) else { return Ok(()) };
        // A job's process is a child of the keeper only because the worker is gone; how it ended is looked at after the takeover.
        if means.shared.has_process(pid) {
            break;
        }
        process::reap(pid);
        if pid == worker {
            break;
        }
    }
    let header = means.shared.header();
    if header.is_finished() {
        return Ok(());
    }
    header.drain();
    // First of all: a child that was about to start must not find descriptors changed under it and then start after all.
    means.shared.withdraw_starts();
    close_leftovers(means, known);
    file::duplicate(means.launcher.null, OUTPUT_FD)?;
    file::duplicate_inherited(means.launcher.null, INPUT_FD)?;
    Worker::new(means, None)?.serve()
}
