//! The deadlines of one execution: its SLA rules, and the longest time that any flow may run.

use azkaban_core::execution::FlowExecution;
use azkaban_core::ids::NodeIndex;
use azkaban_core::sla::{SlaChecked, SlaMiss, SlaOptions, SlaWatch};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

use crate::Config;

pub(super) struct Deadlines {
    rules: SlaWatch,
    /// `azkaban.server.flow.max.running.minutes` in milliseconds.
    longest_run: Option<i64>,
}

impl Deadlines {
    pub(super) fn new(config: &Config, sla: &SlaOptions, run: &FlowExecution, checked: SlaChecked) -> Self {
        let longest_run = config.max_flow_running.and_then(|limit| i64::try_from(limit.as_millis()).ok());
        Self { rules: SlaWatch::new(sla, run, checked), longest_run }
    }

    /// What has been judged, to be stored.
    pub(super) fn checked(&self) -> &SlaChecked {
        self.rules.checked()
    }

    /// The next deadline; possibly in the past.
    pub(super) fn next(&self, run: &FlowExecution) -> Option<UnixMillis> {
        self.rules.next_due(run).into_iter().chain(self.end_of_run(run)).min()
    }

    /// Rules that are missed at `now`, each told once.
    pub(super) fn due(&mut self, run: &FlowExecution, now: UnixMillis) -> Vec<SlaMiss> {
        self.rules.judge_due(run, now)
    }

    /// Rules that an execution which is over can no longer meet.
    pub(super) fn rest(&mut self, run: &FlowExecution) -> Vec<SlaMiss> {
        self.rules.judge_rest(run)
    }

    /// The longest run in minutes, if the flow has run for that and nobody kills it yet (execution-and-scheduling §3.4).
    pub(super) fn overrun(&self, run: &FlowExecution, now: UnixMillis) -> Option<i64> {
        self.end_of_run(run).filter(|&at| at <= now)?;
        Some(self.longest_run? / 60_000)
    }

    fn end_of_run(&self, run: &FlowExecution) -> Option<UnixMillis> {
        let root = run.node(NodeIndex::ROOT);
        let runs = matches!(root.status, Status::Running | Status::Paused | Status::FailedFinishing);
        root.started_at.filter(|_| runs).zip(self.longest_run).map(|(start, limit)| start.plus(limit))
    }
}

/// The job itself, or those inside an embedded flow, that run or wait for their turn.
pub(super) fn active_jobs(run: &FlowExecution, target: NodeIndex) -> Vec<NodeIndex> {
    let graph = run.graph();
    let is_inside = |node| node == target || graph.ancestors(node).any(|around| around == target);
    let active = |node: NodeIndex| matches!(run.node(node).status, Status::Running | Status::Queued);
    let jobs = graph.iter().filter(|(_, node)| node.is_job()).map(|(index, _)| index);
    jobs.filter(|&node| active(node) && is_inside(node)).collect()
}
