//! The connection to one supervisor, made again when it breaks.

use std::collections::HashSet;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azkaban_core::ids::AttemptKey;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::held::{Held, Told};
use super::{SHORTAGES, Shared, start};
use crate::spec::{FoundAttempt, FoundState, RunnerEvent};
use crate::supervisor::SOCKET;
use crate::sys::socket;
use crate::wire::{FrameBuffer, FromServer, FromSupervisor, KnownState, PROTOCOL, Refusal, encode};

/// The first pause before a supervisor whose connection broke is tried again: its keeper takes over within milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// The longest pause: a supervisor that lives is tried until it answers.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long a supervisor may take to tell what it holds.
const GREETING: Duration = Duration::from_secs(30);
/// Bytes read from a connection at once, at least.
const PORTION: usize = 16 << 10;

/// A supervisor.
pub(super) struct Link {
    /// Its name: that of its folder.
    pub(super) name: String,
    folder: PathBuf,
    outgoing: Mutex<Outgoing>,
    /// Something waits in `outgoing` for the connection to take it.
    waiting: Notify,
    closing: Notify,
    draining: AtomicBool,
    /// It has said that it holds nothing and will end.
    said_bye: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What is on its way to a supervisor.
#[derive(Default)]
struct Outgoing {
    /// The connection, while there is one.
    stream: Option<Arc<UnixStream>>,
    /// What it has not taken yet.
    bytes: Vec<u8>,
}

impl Outgoing {
    /// Sends what can be sent without waiting. What a broken connection does not take is lost; whoever reads from it finds out.
    fn flush(&mut self) {
        let Some(stream) = &self.stream else { return };
        let mut sent = 0;
        while sent < self.bytes.len() {
            match stream.try_write(&self.bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => sent = self.bytes.len(),
            }
        }
        self.bytes.drain(..sent);
    }
}

/// What a supervisor says when it is connected to.
pub(super) struct Greeting {
    pub(super) draining: bool,
    pub(super) known: Vec<(AttemptKey, KnownState)>,
}

/// A connection after the greeting.
struct Connected {
    stream: Arc<UnixStream>,
    input: FrameBuffer,
}

impl Link {
    /// Connects to a supervisor, takes into the state what it holds, and serves the connection from then on.
    pub(super) async fn connect(shared: &Arc<Shared>, folder: PathBuf) -> io::Result<(Arc<Self>, Greeting)> {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let (connected, greeting) = greet(&folder).await?;
        // From here on it may be given attempts.
        start::note_use(&folder).await?;
        let draining = AtomicBool::new(greeting.draining);
        let link = Arc::new(Self {
            name,
            folder,
            outgoing: Mutex::new(Outgoing { stream: Some(Arc::clone(&connected.stream)), bytes: Vec::new() }),
            waiting: Notify::new(),
            closing: Notify::new(),
            draining,
            said_bye: AtomicBool::new(false),
            task: Mutex::default(),
        });
        {
            let mut state = shared.state();
            state.links.insert(link.name.clone(), Arc::clone(&link));
            let known = greeting.known.iter();
            state.held.extend(known.map(|(key, known)| (key.clone(), Held::found(&link, known))));
        }
        let task = tokio::spawn(serve(Arc::clone(shared), Arc::clone(&link), connected));
        *link.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Ok((link, greeting))
    }

    /// Sends a frame, at once if the connection takes it. What was sent on a connection that breaks may be lost; requests are
    /// kept elsewhere.
    pub(super) fn send(&self, frame: &[u8]) {
        let mut outgoing = self.outgoing();
        let idle = outgoing.bytes.is_empty();
        outgoing.bytes.extend_from_slice(frame);
        if idle {
            outgoing.flush();
        }
        if !outgoing.bytes.is_empty() {
            self.waiting.notify_one();
        }
    }

    /// Sends a message.
    pub(super) fn ask(&self, message: &FromServer) {
        let mut frame = Vec::new();
        encode(message, &mut frame);
        self.send(&frame);
    }

    fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        // Every change of it is complete when the lock is given back.
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what waits, as the connection takes it.
    async fn send_waiting(&self) -> io::Result<()> {
        loop {
            let stream = {
                let mut outgoing = self.outgoing();
                outgoing.flush();
                match &outgoing.stream {
                    Some(stream) if !outgoing.bytes.is_empty() => Arc::clone(stream),
                    _ => return Ok(()),
                }
            };
            stream.writable().await?;
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Sends what is queued and hangs up.
    pub(super) async fn close(&self) {
        self.closing.notify_one();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // A task that panicked has hung up too.
            let _ = tokio::time::timeout(Duration::from_secs(1), task).await;
        }
    }
}

/// Connects by a short path, since a socket's own may have 107 bytes only.
async fn dial(folder: &Path) -> io::Result<UnixStream> {
    let directory = std::fs::File::open(folder)?;
    let stream = UnixStream::connect(socket::path_in(directory.as_raw_fd(), SOCKET)).await?;
    let peer = stream.peer_cred()?.uid();
    if peer != crate::sys::process::own_uid() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the supervisor belongs to another user",
        ));
    }
    Ok(stream)
}

async fn greet(folder: &Path) -> io::Result<(Connected, Greeting)> {
    tokio::time::timeout(GREETING, hello(folder))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn hello(folder: &Path) -> io::Result<(Connected, Greeting)> {
    let mut stream = dial(folder).await?;
    let mut hello = Vec::new();
    encode(&FromServer::Hello { protocol: PROTOCOL }, &mut hello);
    stream.write_all(&hello).await?;
    let mut connected = Connected { stream: Arc::new(stream), input: FrameBuffer::default() };
    let mut greeting = Greeting { draining: false, known: Vec::new() };
    loop {
        match connected.next().await? {
            FromSupervisor::Welcome { protocol, draining } => {
                if protocol != PROTOCOL {
                    let text = format!("the supervisor speaks version {protocol}, this server {PROTOCOL}");
                    return Err(io::Error::new(io::ErrorKind::Unsupported, text));
                }
                greeting.draining = draining;
            }
            FromSupervisor::Known { key, state } => greeting.known.push((key, state)),
            FromSupervisor::Complete => return Ok((connected, greeting)),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl Connected {
    /// The next message. Can be begun again when it was dropped before its end.
    async fn next(&mut self) -> io::Result<FromSupervisor> {
        loop {
            match self.input.next() {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(malformed) => return Err(io::Error::new(io::ErrorKind::InvalidData, malformed)),
            }
            self.stream.readable().await?;
            let buffer = self.input.buffer();
            buffer.reserve(PORTION);
            match self.stream.try_read_buf(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Why serving a connection ended.
enum Over {
    /// The server hangs up.
    Closed,
    /// The supervisor has nothing left and will end.
    Bye,
    /// The connection broke.
    Broken,
}

async fn serve(shared: Arc<Shared>, link: Arc<Link>, mut connected: Connected) {
    loop {
        match talk(&shared, &link, &mut connected).await {
            Over::Closed => {
                *link.outgoing() = Outgoing::default();
                return;
            }
            Over::Bye => {
                link.said_bye.store(true, Ordering::Relaxed);
                return leave(&shared, &link).await;
            }
            Over::Broken => {}
        }
        shared.retire(&link);
        // What the broken connection has not taken is asked for again by `resume`; no request comes after `retire`. Nothing more
        // is said on it, so that what was said is read before what comes on the next.
        *link.outgoing() = Outgoing::default();
        drop(connected);
        match reconnect(&shared, &link).await {
            Some((again, greeting)) => {
                connected = again;
                link.outgoing().stream = Some(Arc::clone(&connected.stream));
                link.waiting.notify_one();
                resume(&shared, &link, greeting).await;
            }
            None if shared.is_stopping() => return,
            None => return leave(&shared, &link).await,
        }
    }
}

async fn talk(shared: &Arc<Shared>, link: &Arc<Link>, connected: &mut Connected) -> Over {
    loop {
        tokio::select! {
            biased;
            () = link.waiting.notified() => {
                if link.send_waiting().await.is_err() {
                    return Over::Broken;
                }
            }
            message = connected.next() => match message {
                Ok(FromSupervisor::Bye) => return Over::Bye,
                Ok(message) => hear(shared, link, message).await,
                Err(_) => return Over::Broken,
            },
            () = link.closing.notified() => {
                // It may be gone already; then its successor is asked again.
                let _ = link.send_waiting().await;
                return Over::Closed;
            }
        }
    }
}

async fn hear(shared: &Arc<Shared>, link: &Arc<Link>, message: FromSupervisor) {
    match message {
        FromSupervisor::Accepted(key) => {
            if let Some(attempt) = shared.state().held.get_mut(&key) {
                attempt.request = None;
            }
        }
        FromSupervisor::Refused { key, refusal } => refused(shared, link, key, refusal),
        FromSupervisor::Draining => {
            link.draining.store(true, Ordering::Relaxed);
            shared.retire(link);
        }
        FromSupervisor::Started { key, pid, at } => {
            pass_on(shared, link, RunnerEvent::Started { key: key.clone(), pid, at }, &key).await;
        }
        FromSupervisor::Ended { key, end } => {
            pass_on(shared, link, RunnerEvent::Ended { key: key.clone(), end }, &key).await;
        }
        FromSupervisor::Welcome { .. }
        | FromSupervisor::Known { .. }
        | FromSupervisor::Complete
        | FromSupervisor::Bye => {}
    }
}

/// An attempt goes elsewhere, unless no supervisor will have it.
fn refused(shared: &Arc<Shared>, link: &Arc<Link>, key: AttemptKey, refusal: Refusal) {
    tracing::debug!(attempt = %key, ?refusal, "a supervisor refused an attempt");
    let shortages = match shared.state().held.get_mut(&key) {
        Some(attempt) if attempt.is_with(link) => {
            attempt.link = None;
            attempt.shortages += u32::from(matches!(refusal, Refusal::Shortage | Refusal::Malformed));
            attempt.shortages
        }
        _ => return,
    };
    match refusal {
        // One of an older version, which still runs its jobs, may not know all that a description says today.
        Refusal::Malformed if shortages >= SHORTAGES => {
            shared.give_up(&key, "the supervisor cannot read the job's description")
        }
        Refusal::Shortage if shortages >= SHORTAGES => {
            shared.give_up(&key, "the system has no resources for the job")
        }
        Refusal::Malformed | Refusal::Shortage | Refusal::Full | Refusal::Draining => {
            shared.retire(link);
            Arc::clone(shared).place(vec![key]);
        }
    }
}

/// Passes on what has not been told before. The end of an attempt that nobody asks about any more is acknowledged.
async fn pass_on(shared: &Arc<Shared>, link: &Arc<Link>, event: RunnerEvent, key: &AttemptKey) {
    let news = match shared.state().held.get_mut(key) {
        Some(attempt) => {
            attempt.request = None;
            attempt.is_news(&event)
        }
        None => {
            if matches!(event, RunnerEvent::Ended { .. }) {
                link.ask(&FromServer::Acknowledge(key.clone()));
            }
            false
        }
    };
    if news {
        shared.tell(event).await;
    }
}

/// Connects again. `None` when the supervisor is gone, or the server stops.
async fn reconnect(shared: &Shared, link: &Link) -> Option<(Connected, Greeting)> {
    let mut pause = FIRST_PAUSE;
    while !shared.is_stopping() {
        match greet(&link.folder).await {
            Ok(connected) => return Some(connected),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !link.folder.exists() => return None,
            // Nobody listens at the socket: its owners are gone, keeper and all.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return None,
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause = LONGEST_PAUSE.min(pause * 2);
    }
    None
}

/// After a takeover: tells what happened meanwhile, and asks again for what was not heard.
async fn resume(shared: &Arc<Shared>, link: &Arc<Link>, greeting: Greeting) {
    link.draining.store(greeting.draining, Ordering::Relaxed);
    let known: HashSet<AttemptKey> = greeting.known.iter().map(|(key, _)| key.clone()).collect();
    for (key, state) in greeting.known {
        if matches!(state, KnownState::Running { stopping: false, .. })
            && shared.state().held.get(&key).is_some_and(|attempt| attempt.stopping)
        {
            link.ask(&FromServer::Stop(key.clone()));
        }
        let event = match state {
            KnownState::Ended(end) => RunnerEvent::Ended { key: key.clone(), end },
            KnownState::Running { first: Some((pid, at)), .. } => {
                RunnerEvent::Started { key: key.clone(), pid, at }
            }
            KnownState::Running { first: None, .. } => {
                if let Some(attempt) = shared.state().held.get_mut(&key) {
                    attempt.request = None;
                }
                continue;
            }
        };
        pass_on(shared, link, event, &key).await;
    }
    let again: Vec<AttemptKey> = {
        let mut state = shared.state();
        if !greeting.draining && state.current.is_none() {
            state.current = Some(Arc::clone(link));
        }
        let unheard = state.held.iter_mut().filter(|(key, attempt)| {
            attempt.is_with(link) && attempt.request.is_some() && !known.contains(*key)
        });
        unheard
            .map(|(key, attempt)| {
                attempt.link = None;
                key.clone()
            })
            .collect()
    };
    Arc::clone(shared).place(again);
}

/// The supervisor is gone. If it ended in order it has removed its folder, and never had what it did not tell of: that is asked for
/// again elsewhere. Else it is lost, and with it all it had.
async fn leave(shared: &Arc<Shared>, link: &Arc<Link>) {
    let lost = link.folder.exists() && !link.said_bye.load(Ordering::Relaxed);
    let (mut again, mut gone) = (Vec::new(), Vec::new());
    {
        let mut state = shared.state();
        state.links.remove(&link.name);
        if state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
            state.current = None;
        }
        for (key, attempt) in state.held.iter_mut().filter(|(_, attempt)| attempt.is_with(link)) {
            attempt.link = None;
            if !lost && attempt.request.is_some() {
                again.push(key.clone());
            } else if attempt.told < Told::Ended {
                // Whether a request that was not answered reached a supervisor that is lost cannot be known.
                gone.push(key.clone());
            }
        }
        gone.iter().for_each(|key| drop(state.held.remove(key)));
    }
    Arc::clone(shared).place(again);
    for key in gone {
        shared.tell(RunnerEvent::Lost { key }).await;
    }
}

/// A known attempt as the server is told of it.
pub(super) fn found((key, state): (AttemptKey, KnownState)) -> FoundAttempt {
    let state = match state {
        KnownState::Running { pid, .. } => FoundState::Running { pid },
        KnownState::Ended(end) => FoundState::Ended(end),
    };
    FoundAttempt { key, state }
}
