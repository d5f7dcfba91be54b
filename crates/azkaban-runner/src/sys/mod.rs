//! System calls that the standard library has no words for, each behind a safe function.
//!
//! The supervisor's descriptors are plain numbers here: they live in a table that several processes share, and are recorded in
//! shared memory, so that ownership cannot be a matter of one process's types.

pub(crate) mod child;
pub(crate) mod file;
pub(crate) mod memory;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod user;

use std::io;

/// A file descriptor of the table shared by the supervisor's processes.
pub(crate) type Fd = libc::c_int;

/// No descriptor.
pub(crate) const NO_FD: Fd = -1;

/// The result of a system call that answers -1 on error.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// As [`check`], for calls that answer with a length.
fn check_len(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Milliseconds since 1970, from the system's clock.
pub(crate) fn unix_millis() -> azkaban_core::time::UnixMillis {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    azkaban_core::time::UnixMillis(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}

/// Milliseconds since boot, time asleep included: a clock that every process of this machine shares and nobody sets.
pub(crate) fn boot_millis() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes, and the clock exists on every kernel since 2.6.39.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut time) };
    time.tv_sec.cast_unsigned() * 1000 + time.tv_nsec.cast_unsigned() / 1_000_000
}
