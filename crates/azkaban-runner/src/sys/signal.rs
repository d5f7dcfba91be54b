//! Signals: which ones the supervisor hears, and those it sends.

use std::io;

use super::{Fd, check};

fn signal_set(signals: &[libc::c_int]) -> libc::sigset_t {
    // SAFETY: an all-zero set is a valid value; it is emptied and filled with valid signal numbers.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in signals {
            libc::sigaddset(&mut set, *signal);
        }
        set
    }
}

fn set_disposition(signal: libc::c_int, disposition: libc::sighandler_t) {
    // SAFETY: the disposition is SIG_DFL or SIG_IGN, no handler.
    unsafe { libc::signal(signal, disposition) };
}

/// Ignores what could end a supervisor by mistake, and lets everything else have its default effect: a supervisor is ended by
/// having nothing left to do, or by KILL.
pub(crate) fn settle_dispositions() {
    for signal in 1..=31 {
        set_disposition(signal, libc::SIG_DFL);
    }
    for signal in [libc::SIGPIPE, libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
        set_disposition(signal, libc::SIG_IGN);
    }
}

/// The signals that [`settle_dispositions`] ignores; a job gets their defaults back.
pub(crate) const IGNORED: [libc::c_int; 5] =
    [libc::SIGPIPE, libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];

/// Blocks CHLD, to be read from a descriptor instead; all other signals are let through.
pub(crate) fn block_child_signal() -> io::Result<()> {
    let set = signal_set(&[libc::SIGCHLD]);
    // SAFETY: `set` is valid for reads.
    check(unsafe { libc::sigprocmask(libc::SIG_SETMASK, &set, std::ptr::null_mut()) }).map(drop)
}

/// A descriptor that becomes readable when a child of the calling process ends.
pub(crate) fn child_signal_fd() -> io::Result<Fd> {
    let set = signal_set(&[libc::SIGCHLD]);
    // SAFETY: `set` is valid for reads.
    check(unsafe { libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) })
}

/// Takes pending signals off the descriptor.
pub(crate) fn drain_signal_fd(fd: Fd) {
    let mut buffer = [0u8; 128 * 8];
    // SAFETY: the pointer and the length are those of the buffer.
    while unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) } == buffer.len() as isize {}
}

/// Sends a signal to a process group. The caller holds the group's leader as a child not yet reaped, or has just seen that the
/// number has not been given to anybody else. A group that is gone is no error.
pub(crate) fn signal_group(leader: libc::pid_t, signal: libc::c_int) {
    if leader > 1 {
        // SAFETY: plain system call on numbers.
        unsafe { libc::kill(-leader, signal) };
    }
}

/// Whether a process group has members.
pub(crate) fn group_lives(leader: libc::pid_t) -> bool {
    // SAFETY: plain system call on numbers; signal 0 is none.
    leader > 1 && exists(unsafe { libc::kill(-leader, 0) })
}

/// Whether a reaped leader's number has been given to another process. As long as the group has members it is not, so that a group
/// whose leader is gone may be sent signals unless this is true.
pub(crate) fn given_anew(leader: libc::pid_t) -> bool {
    // SAFETY: plain system call on numbers; signal 0 is none.
    exists(unsafe { libc::kill(leader, 0) })
}

/// What the signal 0 has found: a process of another user is one, too.
fn exists(result: libc::c_int) -> bool {
    result == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}
