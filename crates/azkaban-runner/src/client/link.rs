//! The connection to one supervisor, made again when it breaks.

use std::collections::HashSet;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azkaban_core::ids::AttemptKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::Shared;
use crate::spec::{FoundAttempt, FoundState, RunnerEvent};
use crate::supervisor::SOCKET;
use crate::sys::socket;
use crate::wire::{FrameBuffer, FromServer, FromSupervisor, KnownState, PROTOCOL, encode};

/// Pauses between attempts to reach a supervisor whose connection broke: its keeper takes over within milliseconds.
const RECONNECT_PAUSE: Duration = Duration::from_millis(10);
/// How often that is tried.
const RECONNECTS: u32 = 300;

/// A supervisor.
pub(super) struct Link {
    /// Its name: that of its folder.
    pub(super) name: String,
    folder: PathBuf,
    queue: mpsc::UnboundedSender<Vec<u8>>,
    closing: Notify,
    draining: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What a supervisor says when it is connected to.
pub(super) struct Greeting {
    pub(super) draining: bool,
    pub(super) known: Vec<(AttemptKey, KnownState)>,
}

/// A connection after the greeting.
struct Connected {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    input: FrameBuffer,
}

impl Link {
    /// Connects to a supervisor and serves the connection from then on.
    pub(super) async fn connect(shared: &Arc<Shared>, folder: PathBuf) -> io::Result<(Arc<Self>, Greeting)> {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let (connected, greeting) = greet(&folder).await?;
        let (queue, frames) = mpsc::unbounded_channel();
        let draining = AtomicBool::new(greeting.draining);
        let link =
            Arc::new(Self { name, folder, queue, closing: Notify::new(), draining, task: Mutex::default() });
        let task = tokio::spawn(serve(Arc::clone(shared), Arc::clone(&link), connected, frames));
        *link.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Ok((link, greeting))
    }

    /// Queues a frame. What is queued for a connection that breaks may be lost; requests are kept elsewhere.
    pub(super) fn send(&self, frame: Vec<u8>) {
        // Without a task the supervisor is gone, and what it held has been told as lost.
        let _ = self.queue.send(frame);
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
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the supervisor belongs to another user"));
    }
    Ok(stream)
}

async fn greet(folder: &Path) -> io::Result<(Connected, Greeting)> {
    let (reader, mut writer) = dial(folder).await?.into_split();
    let mut hello = Vec::new();
    encode(&FromServer::Hello { protocol: PROTOCOL }, &mut hello);
    writer.write_all(&hello).await?;
    let mut connected = Connected { reader, writer, input: FrameBuffer::default() };
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
            if self.reader.read_buf(self.input.buffer()).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
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

async fn serve(
    shared: Arc<Shared>,
    link: Arc<Link>,
    mut connected: Connected,
    mut frames: mpsc::UnboundedReceiver<Vec<u8>>,
) {
    loop {
        match talk(&shared, &link, &mut connected, &mut frames).await {
            Over::Closed => return,
            Over::Bye => return leave(&shared, &link, false).await,
            Over::Broken if shared.is_stopping() => return,
            Over::Broken => {}
        }
        shared.retire(&link);
        // What was queued for the broken connection is asked for again by `resume`.
        while frames.try_recv().is_ok() {}
        match reconnect(&link).await {
            Some((again, greeting)) => {
                connected = again;
                resume(&shared, &link, greeting).await;
            }
            // Without its folder it has ended in order, and never had what it did not tell of.
            None => return leave(&shared, &link, link.folder.exists()).await,
        }
    }
}

async fn talk(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    connected: &mut Connected,
    frames: &mut mpsc::UnboundedReceiver<Vec<u8>>,
) -> Over {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            Some(frame) = frames.recv() => {
                batch.clear();
                batch.extend_from_slice(&frame);
                while batch.len() < 1 << 20 && let Ok(frame) = frames.try_recv() {
                    batch.extend_from_slice(&frame);
                }
                if connected.writer.write_all(&batch).await.is_err() {
                    return Over::Broken;
                }
            }
            message = connected.next() => match message {
                Ok(FromSupervisor::Bye) => return Over::Bye,
                Ok(message) => hear(shared, link, message).await,
                Err(_) => return Over::Broken,
            },
            () = link.closing.notified() => {
                while let Ok(frame) = frames.try_recv() {
                    if connected.writer.write_all(&frame).await.is_err() {
                        break;
                    }
                }
                return Over::Closed;
            }
        }
    }
}

async fn hear(shared: &Arc<Shared>, link: &Arc<Link>, message: FromSupervisor) {
    let event = match message {
        FromSupervisor::Accepted(key) => {
            shared.state().unanswered.remove(&key);
            return;
        }
        FromSupervisor::Refused { key, refusal } => {
            tracing::debug!(attempt = %key, ?refusal, "a supervisor refused an attempt");
            shared.retire(link);
            return Arc::clone(shared).place(vec![key]);
        }
        FromSupervisor::Draining => {
            link.draining.store(true, Ordering::Relaxed);
            return shared.retire(link);
        }
        FromSupervisor::Started { key, pid, at } => RunnerEvent::Started { key, pid, at },
        FromSupervisor::Ended { key, end } => {
            shared.state().unanswered.remove(&key);
            RunnerEvent::Ended { key, end }
        }
        FromSupervisor::Welcome { .. }
        | FromSupervisor::Known { .. }
        | FromSupervisor::Complete
        | FromSupervisor::Bye => return,
    };
    // Nobody takes events any more when the server stops.
    let _ = shared.events.send(event).await;
}

async fn reconnect(link: &Link) -> Option<(Connected, Greeting)> {
    for _ in 0..RECONNECTS {
        match greet(&link.folder).await {
            Ok(connected) => return Some(connected),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !link.folder.exists() => return None,
            // Refused: the socket's owner is gone, keeper and all.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return None,
            Err(_) => tokio::time::sleep(RECONNECT_PAUSE).await,
        }
    }
    None
}

/// After a takeover: tells what happened meanwhile, and asks again for what was not heard.
async fn resume(shared: &Arc<Shared>, link: &Arc<Link>, greeting: Greeting) {
    link.draining.store(greeting.draining, Ordering::Relaxed);
    let known: HashSet<AttemptKey> = greeting.known.iter().map(|(key, _)| key.clone()).collect();
    for (key, state) in greeting.known {
        shared.state().unanswered.remove(&key);
        let event = match state {
            KnownState::Ended(end) => RunnerEvent::Ended { key, end },
            KnownState::Running { first: Some((pid, at)), .. } => RunnerEvent::Started { key, pid, at },
            KnownState::Running { first: None, .. } => continue,
        };
        let _ = shared.events.send(event).await;
    }
    let again: Vec<AttemptKey> = {
        let state = shared.state();
        let held_here = |key: &AttemptKey| state.holders.get(key).is_some_and(|holder| Arc::ptr_eq(holder, link));
        state.unanswered.keys().filter(|key| held_here(key) && !known.contains(*key)).cloned().collect()
    };
    Arc::clone(shared).place(again);
}

/// The supervisor is gone. What it never said to have is asked for again elsewhere; the rest is lost, unless it ended in order.
async fn leave(shared: &Arc<Shared>, link: &Arc<Link>, lost: bool) {
    shared.retire(link);
    let (again, gone): (Vec<_>, Vec<_>) = {
        let mut state = shared.state();
        state.links.remove(&link.name);
        let held: Vec<AttemptKey> =
            state.holders.iter().filter(|(_, holder)| Arc::ptr_eq(holder, link)).map(|(key, _)| key.clone()).collect();
        // Whether a request that was not answered reached a supervisor that is lost cannot be known.
        held.into_iter().partition(|key| !lost && state.unanswered.contains_key(key))
    };
    Arc::clone(shared).place(again);
    for key in gone {
        shared.forget(&key);
        if lost {
            let _ = shared.events.send(RunnerEvent::Lost { key }).await;
        }
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
