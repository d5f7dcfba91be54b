//! Why an execution, or one of its nodes, stands as it does: reasons for people, as codes and values.

use super::graph::Graph;
use super::node::{Marks, NodeState};
use crate::ids::NodeIndex;
use crate::status::Status;
use crate::time::UnixMillis;

/// Nodes of one kind that are told at most.
const MOST: usize = 50;

/// A reason, and the node that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The node; the root stands for the whole execution.
    pub node: NodeIndex,
    /// Why.
    pub why: Why,
}

/// Why something stands as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It has been submitted and has not begun.
    NotStarted,
    /// No new jobs start until it is resumed.
    Paused,
    /// A kill is under way.
    Killing,
    /// A kill ended it.
    Killed,
    /// The machine that ran it was lost.
    ServerLost,
    /// Its last attempt failed.
    Failed {
        /// 0 for the first.
        attempt: u32,
    },
    /// It failed, which counts as success.
    FailedSucceeded,
    /// It never started, because of these nodes or of the end of the flow.
    Cancelled {
        /// Dependencies that did not succeed.
        because: Vec<NodeIndex>,
    },
    /// Its condition on the statuses of its dependencies is not met.
    ParentsUnmet {
        /// The dependencies.
        because: Vec<NodeIndex>,
    },
    /// The expression of its condition is false.
    ConditionFalse,
    /// The expression of its condition names a job that is not there.
    ConditionUnresolved,
    /// The request disabled it.
    Disabled,
    /// It waits before its next attempt.
    BackOff {
        /// When that may start.
        until: UnixMillis,
        /// Its number.
        attempt: u32,
    },
    /// It waits for jobs of an older execution.
    Pipeline,
    /// It waits until fewer jobs of the flow run.
    Slot,
    /// It waits for these dependencies.
    WaitsFor {
        /// Those that have not ended.
        nodes: Vec<NodeIndex>,
    },
    /// It runs.
    Running,
    /// It ended well.
    Succeeded,
}

/// Why one node stands as it does.
pub fn explain_node(graph: &Graph, nodes: &[NodeState], node: NodeIndex, now: UnixMillis) -> Why {
    let state = &nodes[node.get()];
    let those = |wanted: fn(Status) -> bool| {
        let ins = graph.node(node).ins.iter().copied();
        ins.filter(|dependency| wanted(nodes[dependency.get()].status)).take(MOST).collect::<Vec<_>>()
    };
    match state.status {
        Status::Dispatching | Status::Preparing => Why::NotStarted,
        Status::Paused => Why::Paused,
        Status::Killing => Why::Killing,
        Status::Killed => Why::Killed,
        Status::ExecutionStopped => Why::ServerLost,
        Status::Failed if state.marks.has(Marks::CONDITION_UNRESOLVED) => Why::ConditionUnresolved,
        Status::Failed => Why::Failed { attempt: state.attempt },
        Status::FailedSucceeded => Why::FailedSucceeded,
        Status::Cancelled if state.marks.has(Marks::CONDITION_FALSE) => Why::ConditionFalse,
        Status::Cancelled if state.marks.has(Marks::PARENTS_UNMET) => {
            Why::ParentsUnmet { because: those(|_| true) }
        }
        Status::Cancelled => Why::Cancelled { because: those(Status::is_failed) },
        Status::Skipped | Status::Disabled => Why::Disabled,
        Status::Queued if state.marks.has(Marks::AWAITING_PIPELINE) => Why::Pipeline,
        Status::Queued => match state.not_before.filter(|until| *until > now) {
            Some(until) => Why::BackOff { until, attempt: state.attempt },
            None => Why::Slot,
        },
        Status::Ready => Why::WaitsFor { nodes: those(|status| !status.is_finished()) },
        Status::Running | Status::FailedFinishing => Why::Running,
        Status::Succeeded => Why::Succeeded,
    }
}

/// Why an execution stands as it does, the most important first: what stops it as a whole, jobs that failed in the order of
/// their ends, jobs that were killed, what waits and cannot go on by itself.
pub fn explain(graph: &Graph, nodes: &[NodeState], now: UnixMillis) -> Vec<Reason> {
    let root = explain_node(graph, nodes, NodeIndex::ROOT, now);
    let mut reasons = Vec::new();
    let over = nodes[NodeIndex::ROOT.get()].status.is_finished();
    if matches!(root, Why::NotStarted | Why::Paused | Why::Killing | Why::Killed | Why::ServerLost) {
        reasons.push(Reason { node: NodeIndex::ROOT, why: root });
    }
    let mut ranked: Vec<(u8, UnixMillis, Reason)> = Vec::new();
    for (node, definition) in graph.iter().filter(|(node, _)| *node != NodeIndex::ROOT) {
        let why = explain_node(graph, nodes, node, now);
        let rank = match why {
            Why::Failed { .. } | Why::ConditionUnresolved if definition.is_job() => 0,
            Why::Killed if definition.is_job() => 1,
            Why::BackOff { .. } | Why::Pipeline | Why::Slot if !over => 2,
            Why::ConditionFalse | Why::ParentsUnmet { .. } => 3,
            Why::Cancelled { .. } => 4,
            Why::FailedSucceeded if definition.is_job() => 5,
            Why::Running if definition.is_job() && !over => 6,
            _ => continue,
        };
        let ended = nodes[node.get()].ended_at.unwrap_or(UnixMillis(i64::MAX));
        ranked.push((rank, ended, Reason { node, why }));
    }
    ranked.sort_by_key(|(rank, ended, reason)| (*rank, *ended, reason.node));
    let mut told = [0; 7];
    for (rank, _, reason) in ranked {
        told[usize::from(rank)] += 1;
        if told[usize::from(rank)] <= MOST {
            reasons.push(reason);
        }
    }
    reasons
}
