//! The loop that runs attempts: of the worker, and of the keeper once the worker is gone.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use azkaban_core::ids::AttemptKey;
use azkaban_core::time::UnixMillis;

use super::attempt::{Attempt, Launcher, News};
use super::connection::Connection;
use super::job_log::Buffers;
use super::slots::{Process, Shared, phase};
use crate::sys::memory;
use crate::sys::poll::Poll;
use crate::sys::process;
use crate::sys::{self, Fd, NO_FD, file, signal, socket};
use crate::wire::{self, FromServer, FromSupervisor, KnownState, PROTOCOL, Refusal};

const SIGNALS: u64 = 0;
const LISTENER: u64 = 1;
const COMPANION: u64 = 2;
const CONNECTIONS: u64 = 16;
/// Tokens of output pipes: this and the slot's index.
const PIPES: u64 = 1 << 32;

/// Milliseconds between two looks at whether a stopped group has members.
const GROUP_CHECK: u64 = 50;

/// Room for this many attempts is kept.
const CROWD: usize = 128;

/// Milliseconds that messages may wait for company which nobody waits for.
const FLUSH_AFTER: u64 = 10;

/// How long a supervisor waits for its first connection.
const FIRST_CONNECTION: Duration = Duration::from_secs(20);

/// What a worker is made of.
pub(super) struct Means {
    pub(super) shared: Shared,
    pub(super) listener: UnixListener,
    /// The folder with the socket, removed at an orderly end.
    pub(super) folder: std::path::PathBuf,
    pub(super) launcher: Launcher,
    /// How long output is waited for after a process has ended.
    pub(super) linger: Duration,
    /// Attempts that may be held at once.
    pub(super) capacity: usize,
}

pub(super) struct Worker<'a> {
    means: &'a Means,
    poll: Poll,
    signals: Fd,
    /// Readable when the other process of the supervisor is gone.
    companion: Option<Fd>,
    attempts: HashMap<usize, Attempt>,
    by_key: HashMap<AttemptKey, usize>,
    by_pid: HashMap<libc::pid_t, usize>,
    /// Slots below the highest used one that hold nothing.
    free: Vec<usize>,
    connections: HashMap<u64, Connection>,
    next_connection: u64,
    /// Boot times at which something is due for a slot.
    due: BTreeSet<(u64, usize)>,
    buffers: Buffers,
    first_deadline: Option<u64>,
    /// When messages that nobody waits for are sent at the latest.
    flush_at: Option<u64>,
}

impl<'a> Worker<'a> {
    /// A worker for what the slots hold: nothing at first, everything after a takeover. `companion` is the process whose end makes
    /// this one drain.
    pub(super) fn new(means: &'a Means, companion: Option<libc::pid_t>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let signals = signal::child_signal_fd()?;
        poll.add(signals, SIGNALS)?;
        poll.add(means.listener.as_raw_fd(), LISTENER)?;
        let companion = companion.map(process::watch).transpose()?;
        if let Some(fd) = companion {
            poll.add(fd, COMPANION)?;
        }
        let taken = means.shared.taken();
        // A supervisor without its companion drains: there is nothing to wait for but what it holds.
        let first_deadline = companion.map(|_| sys::boot_millis() + FIRST_CONNECTION.as_millis() as u64);
        let mut worker = Self {
            means,
            poll,
            signals,
            companion,
            attempts: HashMap::new(),
            by_key: HashMap::new(),
            by_pid: HashMap::new(),
            free: Vec::new(),
            connections: HashMap::new(),
            next_connection: CONNECTIONS,
            due: BTreeSet::new(),
            buffers: Buffers::default(),
            first_deadline,
            flush_at: None,
        };
        for index in taken {
            worker.take_over(index);
        }
        Ok(worker)
    }

    /// Takes over the attempt of a slot that another process has had.
    fn take_over(&mut self, index: usize) {
        let slot = self.means.shared.slot(index);
        let mut bytes = Vec::new();
        let len = file::length(slot.spec_fd()).unwrap_or(0);
        let read = file::read_at(slot.spec_fd(), usize::try_from(len).unwrap_or(0), 0, &mut bytes);
        // A slot is taken only after its spec is whole, so this does not happen; there is nobody to tell of it.
        let Some(spec) = read.ok().and_then(|_| wire::decode_spec(&bytes).ok()) else {
            return slot.release();
        };
        self.by_key.insert(spec.key.clone(), index);
        let mut attempt = Attempt::new(spec);
        if slot.phase() == phase::ACTIVE {
            attempt.recover(slot, &mut self.buffers);
            if let Process::Alive(pid) = slot.process_state() {
                self.by_pid.insert(pid, index);
                if slot.kill_at() != 0 {
                    attempt.terminate(slot);
                }
            }
            self.due.extend(
                [slot.kill_at(), slot.drain_at()].into_iter().filter(|at| *at != 0).map(|at| (at, index)),
            );
            if slot.pipe_fd() != NO_FD {
                // If it cannot be watched, the output is taken when the process ends.
                let _ = self.poll.add(slot.pipe_fd(), PIPES | index as u64);
            }
        }
        self.attempts.insert(index, attempt);
        self.advance(index);
    }

    /// Serves until nothing is left to do.
    pub(super) fn serve(mut self) -> io::Result<()> {
        let mut ready: Vec<u64> = Vec::new();
        // Children may have ended before this process listened for it.
        self.reap();
        self.flush();
        while !self.is_over() {
            let now = sys::boot_millis();
            let due = self.due.first().map(|(at, _)| *at);
            let next = [due, self.first_deadline, self.flush_at].into_iter().flatten().min();
            self.poll.wait(next.map(|at| Duration::from_millis(at.saturating_sub(now))), &mut ready)?;
            let mut children = false;
            for token in &ready {
                match *token {
                    SIGNALS => children = true,
                    LISTENER => self.accept(),
                    COMPANION => self.lose_companion(),
                    token if token >= PIPES => self.take_output((token - PIPES) as usize),
                    token => self.receive(token),
                }
            }
            if children {
                signal::drain_signal_fd(self.signals);
                self.reap();
            }
            self.run_due();
            self.flush();
            if self.attempts.is_empty() {
                self.rest();
            }
        }
        Ok(())
    }

    /// Gives back what a rush of attempts took.
    fn rest(&mut self) {
        self.buffers.shrink();
        if self.attempts.capacity() > CROWD {
            self.attempts.shrink_to_fit();
            self.by_key.shrink_to_fit();
            self.by_pid.shrink_to_fit();
            memory::give_back();
        }
    }

    // --- attempts -------------------------------------------------------------------------------------------------------------

    fn advance(&mut self, index: usize) {
        let slot = self.means.shared.slot(index);
        let mut news = Vec::new();
        let Some(attempt) = self.attempts.get_mut(&index) else { return };
        attempt.advance(slot, &mut self.buffers, &self.means.launcher, sys::boot_millis(), &mut news);
        if slot.memory_at() != 0 && slot.phase() == phase::ACTIVE {
            self.due.insert((slot.memory_at(), index));
        }
        for item in news {
            match item {
                News::Started(pid) => {
                    self.by_pid.insert(pid, index);
                    let _ = self.poll.add(slot.pipe_fd(), PIPES | index as u64);
                    if slot.first_pid() == pid {
                        let (key, at) = (self.key(index), UnixMillis(slot.first_at()));
                        self.tell(&FromSupervisor::Started { key, pid, at });
                    }
                }
                News::Ended => {
                    let (key, end) = (self.key(index), self.attempts[&index].end(slot));
                    self.tell(&FromSupervisor::Ended { key, end });
                }
            }
        }
    }

    fn key(&self, index: usize) -> AttemptKey {
        self.attempts[&index].spec.key.clone()
    }

    fn take_output(&mut self, index: usize) {
        let slot = self.means.shared.slot(index);
        let Some(attempt) = self.attempts.get_mut(&index) else { return };
        if slot.pipe_fd() == NO_FD || slot.phase() != phase::ACTIVE {
            return;
        }
        attempt.take_output(slot, &mut self.buffers);
        if slot.pipe_fd() == NO_FD && matches!(slot.process_state(), Process::Reaped(_)) {
            self.advance(index);
        }
    }

    /// Looks at every child that has ended.
    fn reap(&mut self) {
        while let Some((pid, exit)) = process::look(false) {
            let Some(index) = self.by_pid.remove(&pid) else {
                // A descendant that has lost its parents.
                process::reap(pid);
                continue;
            };
            let slot = self.means.shared.slot(index);
            slot.set_exit(exit);
            let linger = u64::try_from(self.means.linger.as_millis()).unwrap_or(u64::MAX);
            let drain_at = sys::boot_millis().saturating_add(linger);
            slot.set_drain_at(drain_at);
            slot.set_process(Process::Reaped(pid));
            process::reap(pid);
            self.advance(index);
            if slot.phase() == phase::ACTIVE && matches!(slot.process_state(), Process::Reaped(_)) {
                self.due.insert((drain_at, index));
                self.look_again(index);
            }
        }
    }

    /// Nothing tells when a group has lost its last member.
    fn look_again(&mut self, index: usize) {
        let slot = self.means.shared.slot(index);
        if self.attempts.get(&index).is_some_and(|attempt| attempt.waits_for_group(slot)) {
            self.due.insert((sys::boot_millis() + GROUP_CHECK, index));
        }
    }

    fn run_due(&mut self) {
        let now = sys::boot_millis();
        while let Some(&(at, index)) = self.due.first() {
            if at > now {
                break;
            }
            self.due.pop_first();
            let slot = self.means.shared.slot(index);
            if slot.phase() != phase::ACTIVE {
                continue;
            }
            if slot.kill_at() != 0
                && slot.kill_at() <= now
                && let Some(attempt) = self.attempts.get_mut(&index)
            {
                attempt.kill(slot, &mut self.buffers);
                if slot.kill_at() > now {
                    self.due.insert((slot.kill_at(), index));
                }
            }
            self.advance(index);
            self.look_again(index);
        }
        if self.first_deadline.is_some_and(|at| at <= now) {
            self.first_deadline = None;
        }
    }

    /// Takes an attempt; the answer is for its connection.
    fn spawn(&mut self, bytes: &[u8]) -> Result<AttemptKey, (Option<AttemptKey>, Refusal)> {
        let key = wire::decode_key(bytes).map_err(|_| (None, Refusal::Malformed))?;
        if self.by_key.contains_key(&key) {
            return Ok(key);
        }
        let refuse = |refusal| (Some(key.clone()), refusal);
        if self.means.shared.header().is_draining() {
            return Err(refuse(Refusal::Draining));
        }
        let spec = wire::decode_spec(bytes).map_err(|_| refuse(Refusal::Malformed))?;
        let kept = if self.by_key.len() < self.means.capacity {
            keep(bytes).map_err(|_| Refusal::Shortage)
        } else {
            Err(Refusal::Full)
        };
        let fd = kept.map_err(|refusal| {
            // Another supervisor takes those to come, and this one ends when it has ended what it holds.
            self.drain();
            refuse(refusal)
        })?;
        let index = self.free.pop().unwrap_or_else(|| self.means.shared.header().used());
        self.means.shared.use_slot(index);
        self.means.shared.slot(index).occupy(fd, sys::unix_millis().0);
        self.by_key.insert(key.clone(), index);
        self.attempts.insert(index, Attempt::new(spec));
        self.advance(index);
        Ok(key)
    }

    fn stop(&mut self, key: &AttemptKey) {
        let Some(&index) = self.by_key.get(key) else { return };
        let slot = self.means.shared.slot(index);
        let now = sys::boot_millis();
        if let Some(attempt) = self.attempts.get_mut(&index) {
            attempt.stop(slot, &mut self.buffers, now);
        }
        if slot.kill_at() != 0 {
            self.due.insert((slot.kill_at(), index));
        }
        self.advance(index);
        self.look_again(index);
    }

    fn forget(&mut self, key: &AttemptKey) {
        let Some(&index) = self.by_key.get(key) else { return };
        let slot = self.means.shared.slot(index);
        if slot.phase() == phase::ENDED {
            slot.release();
            self.by_key.remove(key);
            self.attempts.remove(&index);
            self.free.push(index);
        }
    }

    // --- connections ----------------------------------------------------------------------------------------------------------

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.means.listener.accept() {
            if socket::peer_uid(&stream).ok() != Some(process::own_uid()) {
                continue;
            }
            let Ok(connection) = Connection::new(stream) else { continue };
            let token = self.next_connection;
            if self.poll.add(connection.fd(), token).is_ok() {
                self.next_connection += 1;
                self.connections.insert(token, connection);
                self.first_deadline = None;
            }
        }
    }

    fn receive(&mut self, token: u64) {
        // What a server has sent before it died comes before everything that its successor says.
        let mut earlier: Vec<u64> = self.connections.keys().copied().filter(|other| *other < token).collect();
        earlier.sort_unstable();
        earlier.into_iter().for_each(|other| self.receive_from(other));
        self.receive_from(token);
    }

    fn receive_from(&mut self, token: u64) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let open = connection.receive();
        loop {
            let Some(connection) = self.connections.get_mut(&token) else { return };
            match connection.next() {
                Ok(Some(message)) => self.answer(token, message),
                Ok(None) if open => return,
                Ok(None) | Err(_) => break,
            }
        }
        self.connections.remove(&token);
    }

    fn answer(&mut self, token: u64, message: FromServer) {
        match message {
            FromServer::Hello { .. } => self.greet(token),
            FromServer::Spawn(bytes) => {
                let answer = match self.spawn(&bytes) {
                    Ok(key) => FromSupervisor::Accepted(key),
                    Err((Some(key), refusal)) => FromSupervisor::Refused { key, refusal },
                    Err((None, _)) => return,
                };
                self.say(token, &answer);
            }
            FromServer::Stop(key) => self.stop(&key),
            FromServer::Acknowledge(key) => self.forget(&key),
        }
    }

    /// Tells a server everything there is to know.
    fn greet(&mut self, token: u64) {
        let draining = self.means.shared.header().is_draining();
        self.say(token, &FromSupervisor::Welcome { protocol: PROTOCOL, draining });
        let mut indexes: Vec<usize> = self.attempts.keys().copied().collect();
        indexes.sort_unstable();
        for index in indexes {
            let slot = self.means.shared.slot(index);
            let state = if slot.phase() == phase::ENDED {
                KnownState::Ended(self.attempts[&index].end(slot))
            } else {
                let pid = match slot.process_state() {
                    Process::Alive(pid) => Some(pid),
                    _ => None,
                };
                let first = (slot.first_pid() != 0).then(|| (slot.first_pid(), UnixMillis(slot.first_at())));
                KnownState::Running { pid, first, stopping: slot.stopping() != 0 }
            };
            let key = self.key(index);
            self.say(token, &FromSupervisor::Known { key, state });
        }
        self.say(token, &FromSupervisor::Complete);
        if let Some(connection) = self.connections.get_mut(&token) {
            connection.greeted = true;
        }
    }

    fn say(&mut self, token: u64, message: &FromSupervisor) {
        if let Some(connection) = self.connections.get_mut(&token) {
            connection.say(message);
        }
    }

    /// Tells every server that has been greeted; the others will be told when they are.
    fn tell(&mut self, message: &FromSupervisor) {
        self.connections
            .values_mut()
            .filter(|connection| connection.greeted)
            .for_each(|connection| connection.say(message));
    }

    fn flush(&mut self) {
        let dismiss = self.means.shared.header().is_draining() && self.by_key.is_empty();
        for connection in self.connections.values_mut().filter(|connection| connection.greeted) {
            if dismiss && !connection.dismissed {
                connection.dismissed = true;
                connection.say(&FromSupervisor::Bye);
            }
        }
        let now = sys::boot_millis();
        let late = self.flush_at.is_some_and(|at| at <= now);
        let poll = &self.poll;
        self.connections
            .retain(|token, connection| !(late || connection.urgent) || connection.flush(poll, *token));
        let waiting = self.connections.values().any(Connection::holds_back);
        self.flush_at = waiting.then(|| self.flush_at.filter(|_| !late).unwrap_or(now + FLUSH_AFTER));
    }

    fn drain(&mut self) {
        if !self.means.shared.header().is_draining() {
            self.means.shared.header().drain();
            self.tell(&FromSupervisor::Draining);
        }
    }

    fn lose_companion(&mut self) {
        self.drain();
        if let Some(fd) = self.companion.take() {
            // It would stay readable for ever.
            file::close(fd);
        }
    }

    /// Whether there is nothing to do and nobody who could ask for anything. The socket goes first, so that nobody is left in
    /// front of it; who was there already finds the connection closed and the folder gone.
    fn is_over(&self) -> bool {
        if !self.by_key.is_empty() || !self.connections.is_empty() || self.first_deadline.is_some() {
            return false;
        }
        // What is left of the folder would only say that this supervisor was lost.
        let _ = std::fs::remove_dir_all(&self.means.folder);
        self.means.shared.header().finish();
        true
    }
}

/// Keeps an encoded spec for a successor.
fn keep(bytes: &[u8]) -> io::Result<Fd> {
    let fd = file::memory_file()?;
    match file::write_all(fd, bytes) {
        Ok(()) => Ok(fd),
        Err(error) => {
            file::close(fd);
            Err(error)
        }
    }
}

/// Closes what the process before this one had open for itself: its connections, sets and signals, and what it was just making.
pub(super) fn close_leftovers(means: &Means, known: &[Fd]) {
    let mut keep: BTreeSet<Fd> =
        known.iter().copied().chain([0, 1, 2, 3, means.listener.as_raw_fd()]).collect();
    for index in means.shared.taken() {
        let slot = means.shared.slot(index);
        keep.extend([slot.spec_fd(), slot.pipe_fd(), slot.log_fd(), slot.raw_fd()]);
    }
    for fd in file::open_descriptors().unwrap_or_default() {
        if !keep.contains(&fd) {
            file::close(fd);
        }
    }
}
