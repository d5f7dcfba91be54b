//! What the store tells of itself: how many writes, and how long their callers waited.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the classes of [`Latency`], in microseconds; one more class holds what took longer.
pub const LATENCY_BOUNDS: [u64; 11] =
    [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

/// How long something took, counted in classes since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latency {
    /// How often each class was hit, by [`LATENCY_BOUNDS`]; the last one is beyond all bounds.
    pub classes: [u64; LATENCY_BOUNDS.len() + 1],
    /// All times together, in microseconds.
    pub sum_micros: u64,
}

impl Latency {
    /// How many times there were.
    pub fn count(&self) -> u64 {
        self.classes.iter().sum()
    }
}

/// What the store tells of itself since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Transactions that became durable; many writes may share one.
    pub commits: u64,
    /// From asking for a write until it was durable or refused.
    pub write: Latency,
}

/// Records a [`Latency`] while others look.
#[derive(Debug, Default)]
pub struct LatencyRecorder {
    classes: [AtomicU64; LATENCY_BOUNDS.len() + 1],
    sum_micros: AtomicU64,
}

impl LatencyRecorder {
    /// Adds one time.
    pub fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = LATENCY_BOUNDS.partition_point(|bound| *bound < micros);
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What has been recorded so far.
    pub fn latency(&self) -> Latency {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Latency { classes: self.classes.each_ref().map(read), sum_micros: read(&self.sum_micros) }
    }
}

/// Counts what the store does.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    commits: AtomicU64,
    write: LatencyRecorder,
}

impl Recorder {
    pub(crate) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn wrote(&self, took: Duration) {
        self.write.record(took);
    }

    pub(crate) fn figures(&self) -> StoreFigures {
        StoreFigures { commits: self.commits.load(Ordering::Relaxed), write: self.write.latency() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_the_class_whose_bound_they_do_not_exceed() {
        let recorder = LatencyRecorder::default();
        for micros in [0, 500, 501, 1_000_000, 1_000_001, u64::MAX] {
            recorder.record(Duration::from_micros(micros));
        }
        let classes = recorder.latency().classes;
        assert_eq!((classes[0], classes[1], classes[10], classes[11]), (2, 1, 1, 2));
        assert_eq!(recorder.latency().count(), 6);
    }
}
