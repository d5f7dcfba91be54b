//! Finished executions: when each of their jobs ran and how it ended.

use std::sync::Arc;

use azkaban_core::command::exit_reason;
use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath, ProjectId, ProjectVersion};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AttemptRow, Change, ExecutionState, NodeState, RunningFacts, Store, Submission};
use tokio::task::JoinSet;

use super::shape::{Shape, mix};
use super::{Outcome, USER};

/// Executions that are written at a time: their commits are shared.
const UNDER_WAY: usize = 256;

/// A run to write.
struct Run {
    project: ProjectId,
    shape: Arc<Shape>,
    at: UnixMillis,
    /// How it goes.
    seed: u64,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Success,
    /// Of the job at this place, after a second attempt.
    Failure(usize),
    /// While the job at this place ran.
    Kill(usize),
    /// The job at this place needs a second attempt.
    Retried(usize),
}

impl Ending {
    fn of(seed: u64, jobs: usize) -> Self {
        let place = (mix(seed + 1) as usize) % jobs;
        match mix(seed) % 100 {
            0..14 => Self::Failure(place),
            14..18 => Self::Kill(place),
            18..24 => Self::Retried(place),
            _ => Self::Success,
        }
    }

    /// The status and the number of attempts of the job at `place`.
    fn of_job(self, place: usize, blocked: bool) -> (Status, u32) {
        match self {
            _ if blocked => (Status::Cancelled, 0),
            Self::Failure(failed) if place == failed => (Status::Failed, 2),
            Self::Kill(killed) if place == killed => (Status::Killed, 1),
            Self::Kill(killed) if place > killed => (Status::Cancelled, 0),
            Self::Retried(retried) if place == retried => (Status::Succeeded, 2),
            _ => (Status::Succeeded, 1),
        }
    }

    fn status(self) -> Status {
        match self {
            Self::Success | Self::Retried(_) => Status::Succeeded,
            Self::Failure(_) => Status::Failed,
            Self::Kill(_) => Status::Killed,
        }
    }
}

/// Writes all runs, spread evenly from `began` to `ended`, in the order of their times. Returns how many.
pub(super) async fn write(
    store: &Store,
    planned: Vec<(ProjectId, Arc<Shape>, usize)>,
    began: UnixMillis,
    ended: UnixMillis,
) -> Outcome<usize> {
    let span = ended.0 - began.0 - 3_600_000;
    let mut runs = Vec::new();
    for (flow, (project, shape, count)) in planned.into_iter().enumerate() {
        for number in 0..count {
            let seed = (flow * 1_000_000 + number) as u64;
            let offset = span * number as i64 / count.max(1) as i64 + (mix(seed) % 600_000) as i64;
            let at = UnixMillis(began.0 + 600_000 + offset);
            runs.push(Run { project, shape: Arc::clone(&shape), at, seed });
        }
    }
    runs.sort_by_key(|run| run.at.0);
    let count = runs.len();
    let mut under_way: JoinSet<azkaban_store::Result<ExecutionId>> = JoinSet::new();
    for run in runs {
        if under_way.len() >= UNDER_WAY
            && let Some(done) = under_way.join_next().await
        {
            done??;
        }
        let store = store.clone();
        under_way.spawn(async move { write_one(&store, &run).await });
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    Ok(count)
}

/// Writes a run that has succeeded just now.
pub(super) async fn one(
    store: &Store,
    project: ProjectId,
    shape: Arc<Shape>,
    now: UnixMillis,
) -> Outcome<ExecutionId> {
    let quiet = (0..).find(|seed| Ending::of(*seed, 1) == Ending::Success).unwrap_or(0);
    let run = Run { project, shape, at: UnixMillis(now.0 - 600_000), seed: quiet };
    Ok(write_one(store, &run).await?)
}

async fn write_one(store: &Store, run: &Run) -> azkaban_store::Result<ExecutionId> {
    let submission = Submission {
        project_version: ProjectVersion(1),
        status: Status::Preparing,
        submit_user: USER.to_owned(),
        submitted_at: run.at,
        source: if run.seed.is_multiple_of(3) { "adhoc" } else { "schedule" }.to_owned(),
        priority: 5,
        uuid: format!("{:016x}{:016x}", mix(run.seed), mix(run.seed + 1)),
        options: ExecutionOptions::default(),
        flags: "{}".to_owned(),
        nodes: Vec::new(),
        audit: None,
    };
    let decide = move |_: &RunningFacts| Ok::<_, std::convert::Infallible>(submission);
    let Ok(id) = store.execution_submit(run.project, &run.shape.name, decide).await?;
    store.commit(changes(id, run)).await?;
    Ok(id)
}

/// Everything that such a run would have stored until its end.
fn changes(id: ExecutionId, run: &Run) -> Vec<Change> {
    let jobs = &run.shape.jobs;
    let ending = Ending::of(run.seed, jobs.len());
    let began = run.at.0 + 400;
    let mut ends: Vec<(i64, bool)> = Vec::with_capacity(jobs.len());
    let mut changes = Vec::with_capacity(2 * jobs.len() + 1);
    for (place, job) in jobs.iter().enumerate() {
        let blocked = job.after.iter().any(|before| ends[*before].1);
        let ready = job.after.iter().map(|before| ends[*before].0).max().unwrap_or(began);
        let (status, attempts) = ending.of_job(place, blocked);
        let long = 400 + (mix(run.seed * 31 + place as u64) % 20_000) as i64;
        let end = ready + 50 + long * i64::from(attempts);
        ends.push((end, status != Status::Succeeded));
        let path = NodePath::from(job.name.as_str());
        changes.push(Change::NodeUpsert {
            execution: id,
            node: NodeState {
                path: path.clone(),
                status,
                attempt: attempts.saturating_sub(1),
                started_at: (attempts > 0).then_some(UnixMillis(end - long)),
                ended_at: Some(UnixMillis(end)),
                updated_at: Some(UnixMillis(end)),
                not_before: None,
                marks: None,
            },
        });
        changes.extend((0..attempts).map(|attempt| {
            let last = attempt + 1 == attempts;
            let end = end - long * i64::from(attempts - 1 - attempt);
            let status = if last { status } else { Status::Failed };
            Change::AttemptInsert(AttemptRow {
                key: AttemptKey { execution: id, node: path.clone(), attempt },
                status,
                started_at: Some(UnixMillis(end - long)),
                ended_at: Some(UnixMillis(end)),
                retries: 1,
                backoff_ms: 0,
                supervisor: None,
                outputs: None,
                output_file: None,
                reason: (status == Status::Failed).then(|| exit_reason(1)),
            })
        }));
    }
    let end = ends.iter().map(|(end, _)| *end).max().unwrap_or(began);
    changes.push(Change::ExecutionUpdate(ExecutionState {
        id,
        status: ending.status(),
        started_at: Some(UnixMillis(began)),
        ended_at: Some(UnixMillis(end)),
        updated_at: UnixMillis(end),
        flags: "{}".to_owned(),
    }));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_a_failed_job_is_cancelled_and_the_run_has_its_status() {
        let shape = Arc::new(Shape::ordinary("daily"));
        let run = |seed| Run { project: ProjectId(1), shape: Arc::clone(&shape), at: UnixMillis(0), seed };
        let seed = (0..).find(|seed| Ending::of(*seed, 7) == Ending::Failure(3)).unwrap();
        let changes = changes(ExecutionId(1), &run(seed));
        let statuses: Vec<Status> = changes
            .iter()
            .filter_map(|change| match change {
                Change::NodeUpsert { node, .. } => Some(node.status),
                _ => None,
            })
            .collect();
        use Status::{Cancelled, Failed, Succeeded};
        assert_eq!(statuses, [Succeeded, Succeeded, Succeeded, Failed, Cancelled, Cancelled, Cancelled]);
        let Some(Change::ExecutionUpdate(state)) = changes.last() else { panic!("no end") };
        assert_eq!(state.status, Failed);
        assert!(changes.iter().all(|change| match change {
            Change::NodeUpsert { node, .. } => node.ended_at <= state.ended_at,
            _ => true,
        }));
    }
}
