//! What the engine tells of itself to monitoring: what waits and runs now, and what has ended since the start.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azkaban_core::ids::ExecutionId;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::LatencyRecorder;

pub use azkaban_store::{LATENCY_BOUNDS, Latency, StoreFigures};

use crate::Engine;

/// Job types that are counted apart; more are counted as `other`, since their names come from uploads.
const MAX_JOB_TYPES: usize = 200;

/// The figures of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// When the engine started.
    pub started_at: UnixMillis,
    /// Executions that hold a slot, ascending.
    pub running: Vec<ExecutionId>,
    /// Executions that wait for one, the next to start first.
    pub queued: Vec<ExecutionId>,
    /// Executions that may run at once.
    pub max_running: usize,
    /// Waiting executions are started when a slot is free.
    pub queue_open: bool,
    /// Jobs that run.
    pub running_jobs: usize,
    /// Executions that were accepted since the start.
    pub submitted: u64,
    /// Executions that ended since the start, by status.
    pub finished: BTreeMap<Status, u64>,
    /// When an execution last left the queue to run.
    pub last_dispatch: Option<UnixMillis>,
    /// Attempts of jobs that ended since the start, by type.
    pub jobs: BTreeMap<String, JobCounts>,
    /// Schedules, paused ones too.
    pub schedules: usize,
    /// From the time at which a fire was due until its execution was stored, since the start.
    pub fire_lag: Latency,
    /// Fires that submitted nothing: missed, or the flow could not run.
    pub fires_refused: u64,
    /// Living sessions.
    pub sessions: usize,
    /// Of the database.
    pub store: StoreFigures,
}

/// How attempts of jobs ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Well, failures that count as success among them.
    pub succeeded: u64,
    /// Badly.
    pub failed: u64,
    /// By a kill.
    pub killed: u64,
}

impl Figures {
    /// How attempts of all types ended.
    pub fn all_jobs(&self) -> JobCounts {
        self.jobs.values().fold(JobCounts::default(), |all, one| JobCounts {
            succeeded: all.succeeded + one.succeeded,
            failed: all.failed + one.failed,
            killed: all.killed + one.killed,
        })
    }
}

/// Counts since the start.
#[derive(Debug)]
pub(crate) struct Counters {
    started_at: UnixMillis,
    submitted: AtomicU64,
    /// By the place of the status in [`Status::ALL`].
    finished: [AtomicU64; Status::ALL.len()],
    /// Unix milliseconds; 0 before the first.
    last_dispatch: AtomicU64,
    jobs: Mutex<BTreeMap<String, JobCounts>>,
    fire_lag: LatencyRecorder,
    fires_refused: AtomicU64,
}

impl Counters {
    pub(crate) fn new(started_at: UnixMillis) -> Self {
        Self {
            started_at,
            submitted: AtomicU64::new(0),
            finished: std::array::from_fn(|_| AtomicU64::new(0)),
            last_dispatch: AtomicU64::new(0),
            jobs: Mutex::default(),
            fire_lag: LatencyRecorder::default(),
            fires_refused: AtomicU64::new(0),
        }
    }

    pub(crate) fn submitted(&self) {
        self.submitted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn fired(&self, late: Duration) {
        self.fire_lag.record(late);
    }

    pub(crate) fn did_not_fire(&self) {
        self.fires_refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn dispatched(&self, at: UnixMillis) {
        self.last_dispatch.store(at.0.unsigned_abs(), Ordering::Relaxed);
    }

    pub(crate) fn finished(&self, status: Status) {
        if let Some(place) = Status::ALL.iter().position(|s| *s == status) {
            self.finished[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn job_ended(&self, job_type: &str, status: Status) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = jobs.contains_key(job_type) || jobs.len() < MAX_JOB_TYPES;
        let job_type = if known { job_type } else { "other" };
        // Most of the time the type is there, and its name is not copied.
        let counts = match jobs.get_mut(job_type) {
            Some(counts) => counts,
            None => jobs.entry(job_type.to_owned()).or_default(),
        };
        match status {
            Status::Failed => counts.failed += 1,
            Status::Killed => counts.killed += 1,
            _ => counts.succeeded += 1,
        }
    }
}

impl Engine {
    /// The figures of this moment.
    pub fn figures(&self) -> Figures {
        let executor = &self.inner.executor;
        let counters = executor.counters();
        let (running, queued, max_running, queue_open) = executor.slots_now();
        let finished = Status::ALL
            .into_iter()
            .zip(&counters.finished)
            .map(|(status, count)| (status, count.load(Ordering::Relaxed)))
            .filter(|(status, count)| *count > 0 || status.is_terminal_for_execution());
        let last_dispatch = counters.last_dispatch.load(Ordering::Relaxed);
        Figures {
            started_at: counters.started_at,
            running_jobs: executor.running_jobs(&running),
            running,
            queued,
            max_running,
            queue_open,
            submitted: counters.submitted.load(Ordering::Relaxed),
            finished: finished.collect(),
            last_dispatch: i64::try_from(last_dispatch).ok().filter(|at| *at > 0).map(UnixMillis),
            jobs: counters.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            schedules: self.schedules_count(),
            fire_lag: counters.fire_lag.latency(),
            fires_refused: counters.fires_refused.load(Ordering::Relaxed),
            sessions: self.services().sessions.count(),
            store: self.inner.store.figures(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_types_beyond_the_limit_share_one_count() {
        let counters = Counters::new(UnixMillis(0));
        for number in 0..MAX_JOB_TYPES + 50 {
            counters.job_ended(&format!("type{number}"), Status::Failed);
        }
        counters.job_ended("type7", Status::Succeeded);
        counters.job_ended("type7", Status::FailedSucceeded);
        counters.job_ended("type7", Status::Killed);
        let jobs = counters.jobs.lock().unwrap();
        assert_eq!(jobs["other"].failed, 50);
        assert_eq!(jobs["type7"], JobCounts { succeeded: 2, failed: 1, killed: 1 });
        assert_eq!(jobs.len(), MAX_JOB_TYPES + 1);
    }
}
