//! Processes: copies of the supervisor, and waiting for children.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{Fd, check};
use crate::spec::Exit;

/// Which side of a fork.
pub(crate) enum Side {
    /// The new process.
    Child,
    /// The old one, with the child's id.
    Parent(libc::pid_t),
}

/// What a fork's two sides have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descriptors {
    /// Each side has its own table.
    Copied,
    /// What one side opens or closes is open or closed for the other, too.
    Shared,
}

/// Lets a program end by the alarm signal when it runs for longer than this.
pub(crate) fn end_after(command: &mut Command, seconds: u32) {
    // SAFETY: a plain system call between fork and exec, which an alarm outlives.
    unsafe {
        command.pre_exec(move || {
            libc::alarm(seconds);
            Ok(())
        });
    }
}

/// Copies this small process, which has one thread.
pub(crate) fn copy_process(descriptors: Descriptors) -> io::Result<Side> {
    let shared = if descriptors == Descriptors::Shared { libc::CLONE_FILES } else { 0 };
    let flags = shared | libc::SIGCHLD;
    // SAFETY: without CLONE_VM and with a null stack this is a fork; with one thread no lock can be held by another. All further
    // arguments are unused with these flags, which makes their order (it differs between architectures) irrelevant.
    side(unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(flags), 0, 0, 0, 0) })
}

fn side(result: i64) -> io::Result<Side> {
    match result {
        0 => Ok(Side::Child),
        pid => Ok(Side::Parent(check(libc::pid_t::try_from(pid).unwrap_or(-1))?)),
    }
}

/// Ends this process at once.
pub(crate) fn exit_now(code: libc::c_int) -> ! {
    // SAFETY: does not return, and runs nothing.
    unsafe { libc::_exit(code) }
}

/// Leaves the terminal: a new session and process group.
pub(crate) fn new_session() -> io::Result<()> {
    // SAFETY: plain system call.
    check(unsafe { libc::setsid() }).map(drop)
}

/// Makes orphaned descendants children of this process instead of init's.
pub(crate) fn become_subreaper() -> io::Result<()> {
    // SAFETY: plain system call on numbers.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }).map(drop)
}

/// A descriptor that becomes readable when the process ends.
pub(crate) fn watch(pid: libc::pid_t) -> io::Result<Fd> {
    // SAFETY: plain system call on numbers.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    check(Fd::try_from(result).unwrap_or(-1))
}

/// The caller's process id.
pub(crate) fn own_pid() -> libc::pid_t {
    // SAFETY: plain system call.
    unsafe { libc::getpid() }
}

/// The caller's effective user.
pub(crate) fn own_uid() -> libc::uid_t {
    // SAFETY: plain system call.
    unsafe { libc::geteuid() }
}

/// A child that has ended, still unreaped: its id stays its own until [`reap`]. With `wait` the call waits for one. `None` when no
/// child has ended, or there is none.
pub(crate) fn look(wait: bool) -> Option<(libc::pid_t, Exit)> {
    let flags = libc::WEXITED | libc::WNOWAIT | if wait { 0 } else { libc::WNOHANG };
    loop {
        // SAFETY: an all-zero siginfo is a valid value to be overwritten.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` is valid for writes.
        match check(unsafe { libc::waitid(libc::P_ALL, 0, &mut info, flags) }) {
            Ok(_) => {
                // SAFETY: waitid fills these fields, or leaves them zero when no child has ended.
                let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
                let exit =
                    if info.si_code == libc::CLD_EXITED { Exit::Code(status) } else { Exit::Signal(status) };
                return (pid != 0).then_some((pid, exit));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Releases a child that [`look`] has shown.
pub(crate) fn reap(pid: libc::pid_t) {
    // SAFETY: a null status pointer is allowed.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::WNOHANG) };
}
