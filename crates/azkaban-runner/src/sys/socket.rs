//! Unix sockets: paths of any length, and who is at the other end.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use super::{Fd, check, check_len};

/// A short path to an entry of an open folder: a socket's own path may have 107 bytes only.
pub(crate) fn path_in(folder: Fd, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{folder}/{name}"))
}

/// Listens at a name in an open folder, without blocking on accept.
pub(crate) fn listen(folder: Fd, name: &str) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path_in(folder, name))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The user of the process at the other end.
pub(crate) fn peer_uid(stream: &UnixStream) -> io::Result<libc::uid_t> {
    let mut peer = libc::ucred { pid: 0, uid: libc::uid_t::MAX, gid: libc::gid_t::MAX };
    let mut len = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `peer` and `len` are valid for writes, and `len` is the size of `peer`.
    check(unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &mut len,
        )
    })?;
    Ok(peer.uid)
}

/// Sends what fits without waiting.
pub(crate) fn send(fd: Fd, bytes: &[u8]) -> io::Result<usize> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the pointer and the length are those of a slice.
    check_len(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}
