//! A few figures over time, in memory: what `/stats` draws (config-and-security §15, execution-and-scheduling §7.5).
//!
//! Azkaban keeps a history per metric and executor; here all metrics are sampled together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use tokio::sync::Notify;

use crate::error::Internal;
use crate::figures::Figures;
use crate::{Caller, Engine, Inner, clock};

/// Samples kept at most: a week of minutes.
const MAX_SAMPLES: usize = 7 * 24 * 60;
/// The shortest interval between samples.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// The longest interval between samples, and the longest time that they are kept.
const MAX_INTERVAL: Duration = Duration::from_secs(7 * 24 * 3600);
/// Points of an answer at most.
const MAX_POINTS: usize = 1_000;
/// A value is an outlier when it is farther from the mean than this many standard deviations
/// (`azkaban.metric.inmemory.standardDeviationFactor`).
const OUTLIER: f64 = 2.0;

/// A figure that is sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Executions that ended as FAILED since the sample before.
    FailedFlows,
    /// Executions that run.
    RunningFlows,
    /// Executions that wait.
    QueuedFlows,
    /// Jobs that run.
    RunningJobs,
    /// Attempts of jobs that failed since the sample before.
    FailedJobs,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 5] = [
        Metric::FailedFlows,
        Metric::RunningFlows,
        Metric::QueuedFlows,
        Metric::RunningJobs,
        Metric::FailedJobs,
    ];
}

/// One sample of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricPoint {
    /// When.
    pub at: UnixMillis,
    /// How much.
    pub value: u64,
}

/// What can be set at run time; it is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricSetting {
    /// Sample or do not; what has been sampled stays.
    Enabled(bool),
    /// Time between samples, brought within 1 second and 7 days.
    Interval(Duration),
    /// How long samples are kept, at most 7 days.
    Window(Duration),
    /// Points of an answer, 1 to 1000.
    Points(usize),
}

/// The samples.
pub(crate) struct MetricHistory {
    state: Mutex<State>,
    /// Told when the interval changes.
    changed: Notify,
}

struct State {
    samples: VecDeque<(UnixMillis, [u64; Metric::ALL.len()])>,
    /// Failed executions and attempts as of the last sample.
    failed: (u64, u64),
    enabled: bool,
    interval: Duration,
    window: Duration,
    points: usize,
}

impl MetricHistory {
    pub(crate) fn new() -> Self {
        let state = State {
            samples: VecDeque::new(),
            failed: (0, 0),
            enabled: true,
            interval: Duration::from_secs(60),
            window: MAX_INTERVAL,
            points: 50,
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample(&self, figures: &Figures, now: UnixMillis) {
        let mut state = self.lock();
        if !state.enabled {
            return;
        }
        let failed = (figures.finished.get(&Status::Failed).copied().unwrap_or(0), figures.all_jobs().failed);
        let before = std::mem::replace(&mut state.failed, failed);
        let values = Metric::ALL.map(|metric| match metric {
            Metric::FailedFlows => failed.0.saturating_sub(before.0),
            Metric::RunningFlows => figures.running.len() as u64,
            Metric::QueuedFlows => figures.queued.len() as u64,
            Metric::RunningJobs => figures.running_jobs as u64,
            Metric::FailedJobs => failed.1.saturating_sub(before.1),
        });
        state.samples.push_back((now, values));
        state.clean(now);
    }

    fn set(&self, setting: MetricSetting, now: UnixMillis) {
        let mut state = self.lock();
        match setting {
            MetricSetting::Enabled(enabled) => state.enabled = enabled,
            MetricSetting::Interval(interval) => state.interval = interval.clamp(MIN_INTERVAL, MAX_INTERVAL),
            MetricSetting::Window(window) => state.window = window.min(MAX_INTERVAL),
            MetricSetting::Points(points) => state.points = points.clamp(1, MAX_POINTS),
        }
        state.clean(now);
        drop(state);
        self.changed.notify_one();
    }

    fn points(
        &self,
        metric: Metric,
        from: UnixMillis,
        to: UnixMillis,
        only_outliers: bool,
    ) -> Vec<MetricPoint> {
        let state = self.lock();
        let within = state.samples.iter().filter(|(at, _)| (from..=to).contains(at));
        let mut points: Vec<MetricPoint> =
            within.map(|&(at, values)| MetricPoint { at, value: values[metric as usize] }).collect();
        if only_outliers {
            keep_outliers(&mut points);
        }
        let step = points.len().div_ceil(state.points).max(1);
        points.into_iter().step_by(step).collect()
    }
}

impl State {
    fn clean(&mut self, now: UnixMillis) {
        let oldest = now.plus(-i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX));
        while self.samples.len() > MAX_SAMPLES || self.samples.front().is_some_and(|(at, _)| *at < oldest) {
            self.samples.pop_front();
        }
    }
}

fn keep_outliers(points: &mut Vec<MetricPoint>) {
    let count = points.len() as f64;
    let mean = points.iter().map(|point| point.value as f64).sum::<f64>() / count;
    let variance = points.iter().map(|point| (point.value as f64 - mean).powi(2)).sum::<f64>() / count;
    let limit = OUTLIER * variance.sqrt();
    points.retain(|point| (point.value as f64 - mean).abs() > limit);
}

/// Samples until the engine is gone.
pub(crate) async fn run(engine: Weak<Inner>) {
    loop {
        let Some(inner) = engine.upgrade() else { return };
        let history = Arc::clone(&inner.metrics);
        drop(inner);
        let interval = history.lock().interval;
        tokio::select! {
            () = tokio::time::sleep(interval) => {
                let Some(inner) = engine.upgrade() else { return };
                let figures = Engine { inner }.figures();
                history.sample(&figures, clock::now());
            }
            () = history.changed.notified() => {}
        }
    }
}

impl Engine {
    /// Samples of a metric from `from` to `to`, both included, thinned out to as many points as are set. With
    /// `only_outliers` those that are more than two standard deviations from the mean.
    pub fn metric_history(
        &self,
        metric: Metric,
        from: UnixMillis,
        to: UnixMillis,
        only_outliers: bool,
    ) -> Vec<MetricPoint> {
        self.inner.metrics.points(metric, from, to, only_outliers)
    }

    /// Changes how metrics are sampled, until the next start. Whether the caller may is the face's question.
    pub async fn metric_set(&self, caller: &Caller, setting: MetricSetting) -> Result<(), Internal> {
        self.server_control_told(caller, &format!("metrics: {setting:?}")).await?;
        self.inner.metrics.set(setting, clock::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(values: &[u64]) -> MetricHistory {
        let history = MetricHistory::new();
        for (number, value) in values.iter().enumerate() {
            let mut state = history.lock();
            state.samples.push_back((UnixMillis(number as i64 * 1_000), [*value; 5]));
        }
        history
    }

    fn figures(queued: i64) -> Figures {
        Figures {
            started_at: UnixMillis(0),
            running: Vec::new(),
            queued: (0..queued).map(azkaban_core::ids::ExecutionId).collect(),
            max_running: 1,
            queue_open: true,
            running_jobs: 0,
            submitted: 0,
            finished: Default::default(),
            last_dispatch: None,
            jobs: Default::default(),
            schedules: 0,
            fire_lag: Default::default(),
            fires_refused: 0,
            sessions: 0,
            store: Default::default(),
        }
    }

    fn values(history: &MetricHistory, from: i64, to: i64, outliers: bool) -> Vec<u64> {
        let points = history.points(Metric::QueuedFlows, UnixMillis(from), UnixMillis(to), outliers);
        points.into_iter().map(|point| point.value).collect()
    }

    #[test]
    fn an_answer_has_the_points_of_its_time_thinned_out() {
        let history = history(&(0..100).collect::<Vec<_>>());
        assert_eq!(values(&history, 5_000, 7_000, false), [5, 6, 7]);
        assert_eq!(values(&history, 0, 99_000, false).len(), 50);
        history.set(MetricSetting::Points(0), UnixMillis(99_000));
        assert_eq!(values(&history, 0, 99_000, false), [0]);
        assert_eq!(values(&history, 7_000, 5_000, false), [0_u64; 0]);
    }

    #[test]
    fn outliers_are_what_is_far_from_the_mean() {
        let mut all = vec![10; 20];
        all[7] = 100;
        assert_eq!(values(&history(&all), 0, 99_000, true), [100]);
        assert_eq!(values(&history(&[]), 0, 99_000, true), [0_u64; 0]);
    }

    #[test]
    fn old_samples_go_and_a_switch_stops_new_ones() {
        let history = history(&[1, 2, 3]);
        history.set(MetricSetting::Window(Duration::from_millis(1_000)), UnixMillis(2_500));
        assert_eq!(values(&history, 0, 99_000, false), [3]);
        history.set(MetricSetting::Enabled(false), UnixMillis(2_500));
        history.sample(&figures(9), UnixMillis(3_000));
        assert_eq!(values(&history, 0, 99_000, false), [3]);
        history.set(MetricSetting::Enabled(true), UnixMillis(3_000));
        history.sample(&figures(9), UnixMillis(3_000));
        assert_eq!(values(&history, 0, 99_000, false), [3, 9]);
    }
}
