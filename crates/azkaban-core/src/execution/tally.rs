//! What an execution counts so that no event needs to look at the whole graph. Everything here follows from the
//! states of the nodes.

use std::collections::BTreeSet;

use super::graph::Graph;
use super::node::{Marks, NodeState};
use crate::ids::NodeIndex;
use crate::status::Status;
use crate::time::UnixMillis;

/// Counters and the queue of jobs that wait for a slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// For each node: dependencies that are not settled.
    pub(super) open_ins: Vec<u32>,
    /// For each flow node: nodes directly inside it that are not settled.
    pub(super) open_children: Vec<u32>,
    /// Jobs that hold a slot.
    pub(super) occupied: usize,
    /// Jobs that wait for nothing but a slot, first come first served.
    pub(super) runnable: BTreeSet<(Option<UnixMillis>, NodeIndex)>,
}

impl Tally {
    /// Counts afresh. Costs a pass over nodes and dependencies.
    pub(super) fn count(graph: &Graph, states: &[NodeState]) -> Self {
        let open = |nodes: &mut dyn Iterator<Item = NodeIndex>| {
            nodes.filter(|n| !states[n.get()].is_settled()).count() as u32
        };
        Self {
            open_ins: graph.iter().map(|(_, node)| open(&mut node.ins.iter().copied())).collect(),
            open_children: graph.iter().map(|(_, node)| open(&mut node.children())).collect(),
            occupied: graph
                .iter()
                .filter(|(index, node)| node.is_job() && holds_slot(states[index.get()].status))
                .count(),
            runnable: (graph.iter().map(|(index, _)| index))
                .filter(|index| is_runnable(&states[index.get()]))
                .map(|index| (states[index.get()].updated_at, index))
                .collect(),
        }
    }
}

/// Whether a job in this status has a process, as far as is known.
pub(super) fn holds_slot(status: Status) -> bool {
    matches!(status, Status::Running | Status::Killing)
}

/// Whether a job waits for a slot and for nothing else.
fn is_runnable(state: &NodeState) -> bool {
    state.status == Status::Queued && state.not_before.is_none() && !state.marks.has(Marks::AWAITING_PIPELINE)
}
