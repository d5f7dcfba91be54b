//! epoll.

use std::io;
use std::time::Duration;

use super::{Fd, check};

/// A set of descriptors to wait on. Level-triggered.
pub(crate) struct Poll {
    fd: Fd,
    events: Vec<libc::epoll_event>,
}

impl Poll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: plain system call.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        Ok(Self { fd, events: vec![libc::epoll_event { events: 0, u64: 0 }; 256] })
    }

    /// Waits for `fd` to become readable, or to be closed at the other end.
    pub(crate) fn add(&self, fd: Fd, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, libc::EPOLLIN)
    }

    /// Waits for `fd` to become writable too, or no longer.
    pub(crate) fn want_write(&self, fd: Fd, token: u64, wanted: bool) -> io::Result<()> {
        let write = if wanted { libc::EPOLLOUT } else { 0 };
        self.control(libc::EPOLL_CTL_MOD, fd, token, libc::EPOLLIN | write)
    }

    fn control(&self, operation: libc::c_int, fd: Fd, token: u64, events: libc::c_int) -> io::Result<()> {
        let mut event = libc::epoll_event { events: events.cast_unsigned(), u64: token };
        // SAFETY: `event` is valid for reads.
        check(unsafe { libc::epoll_ctl(self.fd, operation, fd, &mut event) }).map(drop)
    }

    /// Waits until something is ready or the time is over, and puts the tokens of what is ready into `out`.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>, out: &mut Vec<u64>) -> io::Result<()> {
        out.clear();
        // Rounded up, so that a deadline has passed when the wait for it is over.
        let millis = timeout.map_or(-1, |time| {
            libc::c_int::try_from(time.as_micros().div_ceil(1000)).unwrap_or(libc::c_int::MAX)
        });
        let room = libc::c_int::try_from(self.events.len()).unwrap_or(libc::c_int::MAX);
        // SAFETY: `events` has room for `room` entries.
        let result = check(unsafe { libc::epoll_wait(self.fd, self.events.as_mut_ptr(), room, millis) });
        let count = match result {
            Ok(count) => usize::try_from(count).unwrap_or(0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        out.extend(self.events[..count].iter().map(|event| event.u64));
        Ok(())
    }
}

/// What a read from a pipe would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PipeState {
    /// Bytes.
    Readable,
    /// Nothing yet.
    Empty,
    /// Nothing any more: nobody has its other end.
    Closed,
}

/// Looks at a pipe without reading from it.
pub(crate) fn pipe_state(pipe: Fd) -> PipeState {
    let mut look = libc::pollfd { fd: pipe, events: libc::POLLIN, revents: 0 };
    // SAFETY: `look` is one entry, valid for reads and writes.
    let found = check(unsafe { libc::poll(&mut look, 1, 0) });
    match (found, look.revents) {
        (Ok(0), _) => PipeState::Empty,
        (Ok(_), libc::POLLHUP) => PipeState::Closed,
        // What cannot be looked at is for the read to tell.
        _ => PipeState::Readable,
    }
}
