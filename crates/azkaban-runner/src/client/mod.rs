//! The server's side: supervisors are started, found again, and asked.
//!
//! What has been asked for is kept until a supervisor says that it has it, so that no request is lost with a connection. A supervisor
//! that ends in order removes its folder; a folder without a supervisor is that of one that was lost with all it knew.

mod link;
mod start;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azkaban_core::ids::AttemptKey;
use tokio::sync::mpsc;

use crate::log::LogWriter;
use crate::spec::{AttemptEnd, AttemptSpec, FoundAttempt, Level, LogLine, Outcome, RunnerEvent};
use crate::sys;
use crate::wire::{FromServer, encode, spawn_frame};
use link::Link;

/// Events that may wait for the one who takes them.
const EVENTS: usize = 1024;

/// Where supervisors live and how they are started.
#[derive(Debug, Clone)]
pub struct RunnerConfig {
    /// Folder of the supervisors' folders and sockets; made if it is not there, for this user alone.
    pub run_dir: PathBuf,
    /// The program whose `main` calls [`crate::supervisor_main`] first. Usually `/proc/self/exe`.
    pub program: PathBuf,
    /// How long a process's output is waited for after its end, when others still hold the pipe.
    pub output_linger: Duration,
}

impl RunnerConfig {
    /// Supervisors made of this program, in `run_dir`.
    pub fn new(run_dir: impl Into<PathBuf>) -> Self {
        Self { run_dir: run_dir.into(), program: "/proc/self/exe".into(), output_linger: Duration::from_secs(5) }
    }
}

/// Why there is no supervisor.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// A folder or a file cannot be used.
    #[error("cannot use {}: {source}", .path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program could not be started as a supervisor.
    #[error("cannot start a supervisor: {0}")]
    Start(String),
}

/// A runner with what it found.
pub struct Started {
    /// To ask.
    pub runner: Runner,
    /// Attempts that living supervisors hold.
    pub found: Vec<FoundAttempt>,
    /// Supervisors that ended without having been able to say so, and attempts with them.
    pub vanished: BTreeSet<String>,
    /// What happens from now on.
    pub events: mpsc::Receiver<RunnerEvent>,
}

/// Runs attempts through supervisors. A handle: clones are the same runner.
#[derive(Clone)]
pub struct Runner {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    config: RunnerConfig,
    state: Mutex<State>,
    events: mpsc::Sender<RunnerEvent>,
    stopping: AtomicBool,
    /// One supervisor is started at a time.
    starting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// The supervisor that new attempts go to.
    current: Option<Arc<Link>>,
    /// Every supervisor that may hold attempts.
    links: HashMap<String, Arc<Link>>,
    /// Which supervisor has an attempt, or is about to.
    holders: HashMap<AttemptKey, Arc<Link>>,
    /// Requests that no supervisor has said to have.
    unanswered: HashMap<AttemptKey, Arc<Request>>,
}

/// An attempt that is to be run.
struct Request {
    spec: AttemptSpec,
    frame: Vec<u8>,
}

impl Runner {
    /// Finds living supervisors and what they hold, and makes sure that there is one for new attempts.
    ///
    /// # Errors
    /// See [`RunnerError`].
    pub async fn start(config: RunnerConfig) -> Result<Started, RunnerError> {
        start::make_run_dir(&config.run_dir)?;
        let (events, receiver) = mpsc::channel(EVENTS);
        let shared = Arc::new(Shared {
            config,
            state: Mutex::default(),
            events,
            stopping: AtomicBool::new(false),
            starting: tokio::sync::Mutex::new(()),
        });
        let (found, vanished) = start::find(&shared).await?;
        shared.current().await?;
        Ok(Started { runner: Runner { shared }, found, vanished, events: receiver })
    }

    /// The supervisor that a new attempt goes to, as its name is to be stored with the attempt.
    pub fn supervisor(&self) -> Option<String> {
        self.shared.state().current.as_ref().map(|link| link.name.clone())
    }

    /// Has an attempt run. Its end comes as an event, also if it could not be started.
    ///
    /// Asking again for an attempt that a supervisor holds changes nothing.
    pub fn spawn(&self, spec: AttemptSpec) {
        let Some(frame) = spawn_frame(&spec) else {
            return self.shared.fail(spec, "the job's environment and commands are too large".to_owned());
        };
        let key = spec.key.clone();
        let request = Arc::new(Request { spec, frame });
        let link = {
            let mut state = self.shared.state();
            state.unanswered.insert(key.clone(), Arc::clone(&request));
            let link = state.current.clone();
            if let Some(link) = &link {
                state.holders.insert(key.clone(), Arc::clone(link));
            }
            link
        };
        match link {
            Some(link) => link.send(request.frame.clone()),
            None => self.shared.clone().place(vec![key]),
        }
    }

    /// Asks an attempt to end: TERM to its process group, KILL after the grace period. Its end comes as an event.
    pub fn stop(&self, key: &AttemptKey) {
        self.shared.tell_holder(key, &FromServer::Stop(key.clone()));
    }

    /// Lets the supervisor forget an attempt whose end is stored.
    pub fn acknowledge(&self, key: &AttemptKey) {
        self.shared.tell_holder(key, &FromServer::Acknowledge(key.clone()));
        self.shared.state().holders.remove(key);
    }

    /// Hangs up. Running attempts go on, and are found by the next [`Runner::start`].
    pub async fn shutdown(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let links: Vec<_> = {
            let mut state = self.shared.state();
            state.current = None;
            state.links.drain().map(|(_, link)| link).collect()
        };
        for link in links {
            link.close().await;
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete when the lock is given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn tell_holder(&self, key: &AttemptKey, message: &FromServer) {
        let holder = self.state().holders.get(key).cloned();
        if let Some(link) = holder {
            let mut frame = Vec::new();
            encode(message, &mut frame);
            link.send(frame);
        }
    }

    /// The supervisor for new attempts, started if there is none.
    async fn current(self: &Arc<Self>) -> Result<Arc<Link>, RunnerError> {
        let _starting = self.starting.lock().await;
        if let Some(link) = &self.state().current {
            return Ok(Arc::clone(link));
        }
        let link = start::new_supervisor(self).await?;
        let mut state = self.state();
        state.links.insert(link.name.clone(), Arc::clone(&link));
        state.current = Some(Arc::clone(&link));
        Ok(link)
    }

    /// Remembers nothing of an attempt any more.
    fn forget(&self, key: &AttemptKey) {
        let mut state = self.state();
        state.holders.remove(key);
        state.unanswered.remove(key);
    }

    /// Takes no new attempts to this supervisor.
    fn retire(&self, link: &Arc<Link>) {
        let mut state = self.state();
        if state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
            state.current = None;
        }
    }

    /// Sends requests to a supervisor that takes attempts.
    fn place(self: Arc<Self>, keys: Vec<AttemptKey>) {
        if keys.is_empty() || self.is_stopping() {
            return;
        }
        tokio::spawn(async move {
            match self.current().await {
                Ok(link) => {
                    for key in keys {
                        let request = {
                            let mut state = self.state();
                            let request = state.unanswered.get(&key).cloned();
                            if request.is_some() {
                                state.holders.insert(key, Arc::clone(&link));
                            }
                            request
                        };
                        if let Some(request) = request {
                            link.send(request.frame.clone());
                        }
                    }
                }
                Err(error) => {
                    for key in keys {
                        let request = self.state().unanswered.remove(&key);
                        if let Some(request) = request {
                            self.fail(request.spec.clone(), error.to_string());
                        }
                    }
                }
            }
        });
    }

    /// An attempt that no supervisor will run.
    fn fail(&self, spec: AttemptSpec, reason: String) {
        let at = sys::unix_millis();
        let line = LogLine { level: Level::Error, text: reason.clone() };
        let lines: Vec<LogLine> = spec.opening_lines.iter().cloned().chain([line]).collect();
        if let Err(error) = LogWriter::open(spec.log.clone()).and_then(|mut log| log.write(at, &lines)) {
            tracing::warn!(attempt = %spec.key, %error, "could not write a job's log");
        }
        let end = AttemptEnd { outcome: Outcome::SpawnFailed { reason }, exit: None, started_at: at, ended_at: at };
        let events = self.events.clone();
        let event = RunnerEvent::Ended { key: spec.key, end };
        tokio::spawn(async move {
            // Nobody takes events any more when the server stops.
            let _ = events.send(event).await;
        });
    }
}
