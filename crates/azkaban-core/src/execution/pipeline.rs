//! What a job of a pipelined execution waits for in the older one (§2.15).

use super::graph::Graph;
use crate::ids::{NodeIndex, NodePath};
use crate::project::NodeKind;
use crate::status::Status;

/// The jobs of the older execution that the job `node` of the newer one waits for.
///
/// Level 1: the same job. Level 2: the same job and what depends on it; instead of an embedded flow its start jobs, and
/// after the last jobs of an embedded flow what depends on that flow. Level 3: the last jobs of the older flow. At any
/// other level, and for a job that the older flow does not have, nothing. In the order of the older graph.
pub fn blockers(older: &Graph, level: i32, node: &NodePath) -> Vec<NodePath> {
    let found = match level {
        1 => older.find(node).into_iter().collect(),
        2 => older.find(node).map(|job| with_dependents(older, job)).unwrap_or_default(),
        3 => jobs_at(older, vec![NodeIndex::ROOT], Edge::End),
        _ => Vec::new(),
    };
    let mut found: Vec<NodeIndex> = found.into_iter().filter(|n| older.node(*n).is_job()).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|n| older.node(n).path.clone()).collect()
}

/// Whether `blocker` still has to end in the older execution, whose statuses `status_of` gives. A node never runs any
/// more, and so does not block, when a flow around it is over or will be skipped.
pub fn blocks(older: &Graph, status_of: &dyn Fn(NodeIndex) -> Status, blocker: &NodePath) -> bool {
    let Some(node) = older.find(blocker) else { return false };
    let over = |flow| {
        let status = status_of(flow);
        status.is_finished() || status == Status::Disabled
    };
    !status_of(node).is_finished() && !older.ancestors(node).any(over)
}

fn with_dependents(older: &Graph, job: NodeIndex) -> Vec<NodeIndex> {
    // At the end of a flow its dependents are those of the flow around it.
    let mut last = job;
    while older.node(last).outs.is_empty() && last != NodeIndex::ROOT {
        last = older.node(last).parent;
    }
    let mut found = jobs_at(older, older.node(last).outs.to_vec(), Edge::Start);
    found.push(job);
    found
}

/// Which nodes stand for an embedded flow.
#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// The given nodes, with the jobs at one edge of a flow in the place of that flow.
fn jobs_at(graph: &Graph, mut open: Vec<NodeIndex>, edge: Edge) -> Vec<NodeIndex> {
    let mut jobs = Vec::new();
    while let Some(node) = open.pop() {
        match (&graph.node(node).kind, edge) {
            (NodeKind::Job(_), _) => jobs.push(node),
            (NodeKind::Flow(_), Edge::Start) => open.extend(graph.start_nodes(node)),
            (NodeKind::Flow(_), Edge::End) => open.extend(graph.end_nodes(node)),
        }
    }
    jobs
}
