//! What an execution would be, without submitting it: how many jobs run, how long it may take, what is in its way.

use std::collections::HashMap;
use std::sync::Arc;

use azkaban_core::execution::{FlowExecution, Graph, Policy};
use azkaban_core::ids::{ExecutionId, NodeIndex, NodePath, ProjectVersion};
use azkaban_core::options::{Concurrency, FailureAction};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

use super::{ExecuteFlow, FlowRun};
use crate::Engine;
use crate::error::Internal;

/// Runs that an expectation is made from.
const RUNS: u64 = 30;

/// What an execution would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The version that would run.
    pub version: ProjectVersion,
    /// Jobs of the flow, those in embedded flows included.
    pub jobs: usize,
    /// Jobs that would run.
    pub will_run: usize,
    /// How long it may take, in milliseconds.
    pub expected_ms: Option<i64>,
    /// How many runs say so.
    pub expected_from: usize,
    /// What to know before.
    pub warnings: Vec<PreviewWarning>,
    /// A submission would be accepted as things are.
    pub can_submit: bool,
}

/// What to know before an execution is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewWarning {
    /// These run, and it would run beside them.
    Running(Vec<ExecutionId>),
    /// It would wait for the latest of these, job by job.
    Pipelined(ExecutionId),
    /// These run, so it would not be submitted.
    AlreadyRunning(Vec<ExecutionId>),
    /// More than this many run, so it would not be submitted.
    TooManyRuns(usize),
    /// The flow is locked.
    Locked(Option<String>),
    /// It would wait behind so many others.
    Queued(usize),
    /// No job would run.
    NothingToRun,
}

impl Engine {
    /// What an execution would be; `None` if the project has no such flow.
    pub async fn execution_preview(&self, request: &ExecuteFlow) -> Result<Option<Preview>, Internal> {
        let (project, flow) = (&request.project, request.flow_id.as_str());
        let Some(graph) = self.flow_graph(project.id, project.version, flow).await? else { return Ok(None) };
        let runs_job = will_run(&graph, request);
        let runs = self.flow_runs(project.id, flow, None, RUNS).await?;
        let (expected_ms, expected_from) = expectation(&graph, &runs_job, &runs);
        let mut warnings = Vec::new();
        let mut can_submit = true;
        if let Some(lock) = project.flow_locks.get(flow) {
            warnings.push(PreviewWarning::Locked(lock.message.clone()));
            can_submit = false;
        }
        let running = self.executions_running(project.id, flow).await?;
        if let Some(latest) = running.last().copied() {
            let limit = self.max_runs(&project.name, flow);
            if running.len() > limit {
                warnings.push(PreviewWarning::TooManyRuns(limit));
                can_submit = false;
            } else {
                warnings.push(match request.options.concurrency {
                    Concurrency::Skip => {
                        can_submit = false;
                        PreviewWarning::AlreadyRunning(running)
                    }
                    Concurrency::Ignore { .. } => PreviewWarning::Running(running),
                    Concurrency::Pipeline { .. } => PreviewWarning::Pipelined(latest),
                });
            }
        }
        let (busy, waiting, limit, _) = self.inner.executor.slots_now();
        if busy.len() >= limit {
            warnings.push(PreviewWarning::Queued(waiting.len()));
        }
        let jobs: Vec<NodeIndex> =
            graph.iter().filter(|(_, node)| node.is_job()).map(|(index, _)| index).collect();
        let will_run = jobs.iter().filter(|job| runs_job[job.get()]).count();
        if will_run == 0 {
            warnings.push(PreviewWarning::NothingToRun);
        }
        Ok(Some(Preview {
            version: project.version,
            jobs: jobs.len(),
            will_run,
            expected_ms,
            expected_from,
            warnings,
            can_submit,
        }))
    }
}

/// For each node whether it would run: neither it nor a flow around it is disabled.
fn will_run(graph: &Arc<Graph>, request: &ExecuteFlow) -> Vec<bool> {
    let policy = Policy { failure_action: FailureAction::default(), max_parallel_jobs: 1, pipelined: false };
    let run = FlowExecution::new(Arc::clone(graph), policy, &request.options.disabled, UnixMillis(0));
    let mut runs = vec![true; graph.len()];
    // Parents come before their children.
    for (index, node) in graph.iter() {
        let around = index == NodeIndex::ROOT || runs[node.parent.get()];
        runs[index.get()] = around && run.node(index).status != Status::Disabled;
    }
    runs
}

/// The longest way through the jobs that would run, by the medians of their last successful runs.
fn expectation(graph: &Graph, runs_job: &[bool], runs: &[FlowRun]) -> (Option<i64>, usize) {
    let mut lengths: HashMap<&NodePath, Vec<i64>> = HashMap::new();
    for (path, state) in runs.iter().flat_map(|run| &run.nodes) {
        if let (Some(start), Some(end), true) =
            (state.started_at, state.ended_at, state.status.is_succeeded())
        {
            lengths.entry(path).or_default().push((end.0 - start.0).max(0));
        }
    }
    let succeeded = runs.iter().filter(|run| run.summary.status == Status::Succeeded).count();
    if lengths.is_empty() {
        return (None, 0);
    }
    let mut median: Vec<i64> = graph
        .iter()
        .map(|(index, node)| {
            let known = lengths.get_mut(&node.path).filter(|_| node.is_job() && runs_job[index.get()]);
            known.map_or(0, |known| {
                known.sort_unstable();
                known[known.len() / 2]
            })
        })
        .collect();
    // Inner flows first: their lengths are those of the nodes around them.
    let flows: Vec<NodeIndex> =
        graph.iter().filter(|(_, node)| !node.is_job()).map(|(flow, _)| flow).collect();
    for flow in flows.into_iter().rev() {
        median[flow.get()] = longest(graph, flow, &median);
    }
    (Some(median[NodeIndex::ROOT.get()]), succeeded)
}

/// The longest way through the nodes directly inside a flow.
fn longest(graph: &Graph, flow: NodeIndex, length: &[i64]) -> i64 {
    let children: Vec<NodeIndex> = graph.node(flow).children().collect();
    let mut left: HashMap<NodeIndex, usize> =
        children.iter().map(|child| (*child, graph.node(*child).ins.len())).collect();
    let mut start: HashMap<NodeIndex, i64> = HashMap::new();
    let mut free: Vec<NodeIndex> = children.into_iter().filter(|child| left[child] == 0).collect();
    let mut end = 0;
    while let Some(node) = free.pop() {
        let done = start.get(&node).copied().unwrap_or(0).saturating_add(length[node.get()]);
        end = end.max(done);
        for next in &graph.node(node).outs {
            let begins = start.entry(*next).or_default();
            *begins = (*begins).max(done);
            if let Some(left) = left.get_mut(next) {
                *left -= 1;
                if *left == 0 {
                    free.push(*next);
                }
            }
        }
    }
    end
}
