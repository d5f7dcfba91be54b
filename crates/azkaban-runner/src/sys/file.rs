//! Descriptors, pipes, and files by number.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Fd, check, check_len};

/// Closes a descriptor. Nothing is left to do about an error.
pub(crate) fn close(fd: Fd) {
    // SAFETY: plain system call on a number.
    unsafe { libc::close(fd) };
}

/// A pipe (read end, write end), both closed on exec.
pub(crate) fn pipe() -> io::Result<(Fd, Fd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for the two numbers.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    Ok((fds[0], fds[1]))
}

/// Makes `target` a copy of `fd`, closed on exec.
pub(crate) fn duplicate(fd: Fd, target: Fd) -> io::Result<()> {
    // SAFETY: plain system call on numbers.
    check(unsafe { libc::dup3(fd, target, libc::O_CLOEXEC) }).map(drop)
}

/// Makes `target` a copy of `fd` that children inherit.
pub(crate) fn duplicate_inherited(fd: Fd, target: Fd) -> io::Result<()> {
    // SAFETY: plain system call on numbers.
    check(unsafe { libc::dup2(fd, target) }).map(drop)
}

/// Closes every descriptor from `first` upwards.
pub(crate) fn close_from(first: Fd) -> io::Result<()> {
    // SAFETY: plain system call on numbers.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    check(libc::c_int::try_from(result).unwrap_or(0)).map(drop)
}

/// A file without a name, in memory.
pub(crate) fn memory_file() -> io::Result<Fd> {
    // SAFETY: the name is a valid C string.
    check(unsafe { libc::memfd_create(c"azkaban".as_ptr(), libc::MFD_CLOEXEC) })
}

/// Opens with `flags` (O_CLOEXEC is added); a new file gets mode 0644 less the umask.
pub(crate) fn open(path: &Path, flags: libc::c_int) -> io::Result<Fd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: `path` is a valid C string.
    check(unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o644 as libc::c_uint) })
}

/// Moves up to `len` bytes from a pipe into a file at `offset`, without waiting for the pipe. `Ok(0)` is the end of the pipe.
pub(crate) fn splice_at(pipe: Fd, file: Fd, offset: u64, len: usize) -> io::Result<usize> {
    let mut offset =
        libc::loff_t::try_from(offset).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let flags = libc::SPLICE_F_NONBLOCK | libc::SPLICE_F_MOVE;
    // SAFETY: `offset` is valid for reads and writes; a pipe takes no offset.
    check_len(unsafe { libc::splice(pipe, std::ptr::null_mut(), file, &mut offset, len, flags) })
}

/// Gives back the memory of a file's first `len` bytes, which read as zeros afterwards. A refusal does no harm.
pub(crate) fn punch(fd: Fd, len: u64) {
    let flags = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    if let Ok(len) = libc::off_t::try_from(len) {
        // SAFETY: plain system call on numbers.
        unsafe { libc::fallocate(fd, flags, 0, len) };
    }
}

/// Sets a file's length.
pub(crate) fn truncate(fd: Fd, len: u64) -> io::Result<()> {
    let len = libc::off_t::try_from(len).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: plain system call on numbers.
    check(unsafe { libc::ftruncate(fd, len) }).map(drop)
}

/// A file's length.
pub(crate) fn length(fd: Fd) -> io::Result<u64> {
    // SAFETY: an all-zero stat is a valid value to be overwritten.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is valid for writes.
    check(unsafe { libc::fstat(fd, &mut stat) })?;
    Ok(stat.st_size.cast_unsigned())
}

/// Reads at an offset, appending to `out`, until `len` bytes or the end of the file.
pub(crate) fn read_at(fd: Fd, len: usize, offset: u64, out: &mut Vec<u8>) -> io::Result<usize> {
    out.reserve(len);
    let mut read = 0;
    while read < len {
        let at = libc::off_t::try_from(offset + read as u64)
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        // SAFETY: at least `len - read` bytes are reserved behind the vector's length.
        let got = unsafe { libc::pread(fd, out.as_mut_ptr().add(out.len()).cast(), len - read, at) };
        match check_len(got) {
            Ok(0) => break,
            Ok(got) => {
                // SAFETY: pread has initialised these bytes.
                unsafe { out.set_len(out.len() + got) };
                read += got;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Reads what is there, appending to `out`; `Ok(0)` is the end.
pub(crate) fn read_some(fd: Fd, max: usize, out: &mut Vec<u8>) -> io::Result<usize> {
    out.reserve(max);
    // SAFETY: at least `max` bytes are reserved behind the vector's length.
    let got = check_len(unsafe { libc::read(fd, out.as_mut_ptr().add(out.len()).cast(), max) })?;
    // SAFETY: read has initialised these bytes.
    unsafe { out.set_len(out.len() + got) };
    Ok(got)
}

/// Writes everything (files opened for append).
pub(crate) fn write_all(fd: Fd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: the pointer and the length are those of a slice.
        match check_len(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) }) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Has the next read begin at the start of a file.
pub(crate) fn rewind(fd: Fd) -> io::Result<()> {
    // SAFETY: plain system call on numbers.
    let result = unsafe { libc::lseek(fd, 0, libc::SEEK_SET) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The open descriptors of this process.
pub(crate) fn open_descriptors() -> io::Result<Vec<Fd>> {
    let entries = std::fs::read_dir("/proc/self/fd")?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// Lets this process open as many files as its hard limit says; answers with the limit from before.
pub(crate) fn raise_open_files() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for writes.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) })?;
    let raised = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
    // SAFETY: `raised` is valid for reads.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raised) })?;
    Ok(limit)
}

/// How many files this process may open.
pub(crate) fn open_files_limit() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for writes.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) })?;
    Ok(limit.rlim_cur)
}
