//! The server's side: supervisors are started, found again, and asked.
//!
//! What has been asked for is kept until a supervisor says that it has it, so that no request is lost with a connection. A supervisor
//! that ends in order removes its folder; a folder without a supervisor is that of one that was lost with all it knew.

mod held;
mod link;
mod lost;
mod start;

use std::collections::HashMap;
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
use crate::wire::{FromServer, spawn_frame};
use held::{Held, Request, Told};
use link::Link;
pub use lost::LostSupervisors;

/// Events that may wait for the one who takes them.
const EVENTS: usize = 1024;
/// How many supervisors may find no resources for an attempt before it counts as one that cannot be started.
const SHORTAGES: u32 = 3;

/// How often starting a supervisor is tried.
const START_TRIES: u32 = 3;

/// Where supervisors live and how they are started.
#[derive(Debug, Clone)]
pub struct RunnerConfig {
    /// Folder of the supervisors' folders and sockets; made if it is not there, for this user alone.
    pub run_dir: PathBuf,
    /// The program whose `main` calls [`crate::supervisor_main`] first. Usually `/proc/self/exe`.
    pub program: PathBuf,
    /// How long a process's output is waited for after its end, when others still hold the pipe.
    pub output_linger: Duration,
    /// What tells of the machine's memory, in the form of `/proc/meminfo`, which it usually is.
    pub meminfo: PathBuf,
}

impl RunnerConfig {
    /// Supervisors made of this program, in `run_dir`.
    pub fn new(run_dir: impl Into<PathBuf>) -> Self {
        Self {
            run_dir: run_dir.into(),
            program: "/proc/self/exe".into(),
            output_linger: Duration::from_secs(5),
            meminfo: crate::supervisor::MEMINFO.into(),
        }
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
    pub lost: LostSupervisors,
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

/// What is known of supervisors and attempts. Requests are queued for a link while the state is locked, so that a link that is no
/// longer `current` gets none.
#[derive(Default)]
struct State {
    /// The supervisor that new attempts go to.
    current: Option<Arc<Link>>,
    /// Every supervisor that may hold attempts.
    links: HashMap<String, Arc<Link>>,
    /// Every attempt that was asked for or found, until its end is acknowledged.
    held: HashMap<AttemptKey, Held>,
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
        let (found, lost) = start::find(&shared).await?;
        shared.current().await?;
        Ok(Started { runner: Runner { shared }, found, lost, events: receiver })
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
            let reason = "the job's environment and commands are too large".to_owned();
            return self.shared.end_here(&spec, Outcome::SpawnFailed { reason });
        };
        let key = spec.key.clone();
        let request = Arc::new(Request { spec, frame });
        {
            let mut state = self.shared.state();
            let State { current, held, .. } = &mut *state;
            let attempt = held.entry(key.clone()).or_default();
            if attempt.request.is_some() || attempt.link.is_some() {
                return;
            }
            attempt.request = Some(Arc::clone(&request));
            if let Some(link) = current {
                attempt.link = Some(Arc::clone(link));
                return link.send(&request.frame);
            }
        }
        Arc::clone(&self.shared).place(vec![key]);
    }

    /// Asks an attempt to end: TERM to its process group, KILL after the grace period. Its end comes as an event.
    pub fn stop(&self, key: &AttemptKey) {
        if let Some(attempt) = self.shared.state().held.get_mut(key) {
            // Kept, to be asked again if the supervisor does not know of it after a takeover.
            attempt.stopping = true;
            if let Some(link) = &attempt.link {
                link.ask(&FromServer::Stop(key.clone()));
            }
        }
    }

    /// Lets the supervisor forget an attempt whose end is stored.
    pub fn acknowledge(&self, key: &AttemptKey) {
        if let Some(link) = self.shared.state().held.remove(key).and_then(|attempt| attempt.link) {
            link.ask(&FromServer::Acknowledge(key.clone()));
        }
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

    /// The supervisor for new attempts, started if there is none.
    async fn current(self: &Arc<Self>) -> Result<Arc<Link>, RunnerError> {
        let _starting = self.starting.lock().await;
        if let Some(link) = &self.state().current {
            return Ok(Arc::clone(link));
        }
        let mut tries = 1;
        let link = loop {
            match start::new_supervisor(self).await {
                Ok(link) => break link,
                // It may have been killed before it was ready.
                Err(error) if tries < START_TRIES => tracing::debug!(%error, "starting a supervisor again"),
                Err(error) => return Err(error),
            }
            tries += 1;
        };
        self.state().current = Some(Arc::clone(&link));
        Ok(link)
    }

    /// Takes no new attempts to this supervisor.
    fn retire(&self, link: &Arc<Link>) {
        let mut state = self.state();
        if state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
            state.current = None;
        }
    }

    /// Tells what happened. Nobody takes events any more when the server stops.
    async fn tell(&self, event: RunnerEvent) {
        let _ = self.events.send(event).await;
    }

    /// Sends requests to a supervisor that takes attempts. They are with none at the moment.
    fn place(self: Arc<Self>, keys: Vec<AttemptKey>) {
        if keys.is_empty() || self.is_stopping() {
            return;
        }
        tokio::spawn(async move {
            let mut rest = keys;
            while !rest.is_empty() {
                match self.current().await {
                    Ok(link) => rest = self.place_on(&link, rest),
                    Err(error) => {
                        for key in rest.drain(..) {
                            self.give_up(&key, &error.to_string());
                        }
                    }
                }
            }
        });
    }

    /// Sends requests to a supervisor if it is still the one that takes attempts. Answers with those that were not sent.
    fn place_on(&self, link: &Arc<Link>, keys: Vec<AttemptKey>) -> Vec<AttemptKey> {
        let mut stopped = Vec::new();
        {
            let mut state = self.state();
            if !state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
                return keys;
            }
            for key in keys {
                let Some(attempt) = state.held.get_mut(&key) else { continue };
                let Some(request) = attempt.request.clone() else { continue };
                if attempt.stopping {
                    attempt.request = None;
                    stopped.push(request);
                    continue;
                }
                attempt.link = Some(Arc::clone(link));
                link.send(&request.frame);
            }
        }
        // Stopped before any supervisor had it: no command is started.
        stopped.iter().for_each(|request| self.end_here(&request.spec, Outcome::Killed));
        Vec::new()
    }

    /// Ends a request that no supervisor will take.
    fn give_up(&self, key: &AttemptKey, reason: &str) {
        let request = self.state().held.get_mut(key).and_then(|attempt| {
            attempt.link = None;
            attempt.request.take()
        });
        if let Some(request) = request {
            self.end_here(&request.spec, Outcome::SpawnFailed { reason: reason.to_owned() });
        }
    }

    /// Writes the log and tells the end of an attempt that no supervisor has.
    fn end_here(&self, spec: &AttemptSpec, outcome: Outcome) {
        let at = sys::unix_millis();
        let mut lines = spec.opening_lines.clone();
        let (text, status) = match &outcome {
            Outcome::SpawnFailed { reason } => (reason.clone(), "FAILED"),
            _ => ("Kill has been called.".to_owned(), "KILLED"),
        };
        lines.push(LogLine { level: Level::Error, text });
        lines.push(spec.closing_line(at, status));
        if let Err(error) = LogWriter::open(spec.log.clone()).and_then(|mut log| log.write(at, &lines)) {
            tracing::warn!(attempt = %spec.key, %error, "could not write a job's log");
        }
        let end = AttemptEnd { outcome, exit: None, started_at: at, ended_at: at };
        let (events, key) = (self.events.clone(), spec.key.clone());
        if let Some(attempt) = self.state().held.get_mut(&key) {
            attempt.told = Told::Ended;
        }
        tokio::spawn(async move {
            // Nobody takes events any more when the server stops.
            let _ = events.send(RunnerEvent::Ended { key, end }).await;
        });
    }
}
