//! A server's connection.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use crate::sys::poll::Poll;
use crate::sys::{Fd, file, socket};
use crate::wire::{FrameBuffer, FromServer, FromSupervisor, Malformed, encode};

/// Bytes read at once.
const PORTION: usize = 16 << 10;

/// A connection with what is underway on it.
pub(super) struct Connection {
    stream: UnixStream,
    input: FrameBuffer,
    output: Vec<u8>,
    /// The output has something that the other end waits for, or that it has not taken yet.
    pub(super) urgent: bool,
    waits_to_write: bool,
    /// Has said hello, and been told all attempts.
    pub(super) greeted: bool,
    /// Has been told that nothing is left.
    pub(super) dismissed: bool,
}

impl Connection {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            input: FrameBuffer::default(),
            output: Vec::new(),
            urgent: false,
            waits_to_write: false,
            greeted: false,
            dismissed: false,
        })
    }

    pub(super) fn fd(&self) -> Fd {
        self.stream.as_raw_fd()
    }

    /// Reads what is there; `false` at its end. Whole messages are then to be had from [`Self::next`].
    pub(super) fn receive(&mut self) -> bool {
        loop {
            match file::read_some(self.fd(), PORTION, self.input.buffer()) {
                Ok(0) => return false,
                // Until there is no more, since a later connection relies on it.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<FromServer>, Malformed> {
        self.input.next()
    }

    pub(super) fn say(&mut self, message: &FromSupervisor) {
        encode(message, &mut self.output);
        // Of many attempts the end comes so soon that it can take these along: half the messages, half the waking up.
        self.urgent |= !matches!(message, FromSupervisor::Accepted(_) | FromSupervisor::Started { .. });
    }

    /// Whether something waits for company, rather than for the other end.
    pub(super) fn holds_back(&self) -> bool {
        !self.output.is_empty() && !self.urgent
    }

    /// Sends what can be sent; `false` if the other end is gone.
    pub(super) fn flush(&mut self, poll: &Poll, token: u64) -> bool {
        let mut sent = 0;
        let alive = loop {
            if sent == self.output.len() {
                break true;
            }
            match socket::send(self.fd(), &self.output[sent..]) {
                Ok(n) => sent += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break false,
            }
        };
        self.output.drain(..sent);
        self.urgent = !self.output.is_empty();
        let wanted = !self.output.is_empty();
        if alive && wanted != self.waits_to_write {
            self.waits_to_write = wanted;
            return poll.want_write(self.fd(), token, wanted).is_ok();
        }
        alive
    }
}
