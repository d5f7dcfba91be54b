//! An execution as plain values, and back: what the store keeps, and how an execution goes on after a crash.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::event::{Effect, Policy};
use super::graph::Graph;
use super::node::{Marks, NodeState, PastAttempt};
use super::state::FlowExecution;
use super::transition::{Role, can_be_in};
use crate::ids::{NodeIndex, NodePath};
use crate::options::Disabled;
use crate::props::Props;
use crate::status::Status;
use crate::time::UnixMillis;

/// What is known of an execution beyond the states of its nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowFlags {
    /// No new jobs start, and ends are not followed up, until it is resumed.
    pub paused: bool,
    /// A failure counted for the flow; cleared by a retry of failures.
    pub failed: bool,
    /// A kill is under way or complete.
    pub killed: bool,
    /// Who asked for the kill; `None` if the failure action did.
    pub killed_by: Option<String>,
    /// Who last changed the course of the execution.
    pub modified_by: Option<String>,
    /// The node that failed last; of a failure inside embedded flows, in the end the outermost of them (§2.6).
    pub failed_node: Option<NodePath>,
}

/// One node's part of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSnapshot {
    /// The nested id; the root flow's is empty.
    pub path: NodePath,
    /// Its state.
    pub state: NodeState,
    /// Earlier attempts, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_attempts: Vec<PastAttempt>,
    /// The outputs of a job that succeeded. Those of flows follow from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Arc<Props>>,
}

/// An execution between two events. Nodes that nothing has happened to may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The flow's flags.
    pub flags: FlowFlags,
    /// The nodes, in any order.
    pub nodes: Vec<NodeSnapshot>,
}

/// Why a snapshot does not describe an execution of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// The flow has no such node.
    #[error("the flow has no node {path}")]
    UnknownNode {
        /// The nested id.
        path: NodePath,
    },
    /// No node of this kind is ever in this status.
    #[error("node {path} cannot be {status}")]
    ImpossibleStatus {
        /// The nested id.
        path: NodePath,
        /// The status.
        status: Status,
    },
    /// The node's status contradicts that of the flow around it.
    #[error("node {path} cannot be {status} in a flow that is {around}")]
    Contradiction {
        /// The nested id.
        path: NodePath,
        /// Its status.
        status: Status,
        /// The status of the flow around it.
        around: Status,
    },
    /// The flow's status and its flags contradict each other.
    #[error("an execution that is {status} has the wrong flags")]
    WrongFlags {
        /// The flow's status.
        status: Status,
    },
}

impl FlowExecution {
    /// The state as plain values.
    pub fn snapshot(&self) -> Snapshot {
        let untouched = |state: &NodeState| {
            matches!(state.status, Status::Ready | Status::Disabled)
                && *state == NodeState::initial(state.status)
        };
        let nodes = (self.graph.iter())
            .filter(|(index, _)| !untouched(self.node(*index)))
            .map(|(index, _)| self.node_snapshot(index))
            .collect();
        Snapshot { flags: self.flags.clone(), nodes }
    }

    /// One node's part of [`Self::snapshot`]: what [`Effect::NodeChanged`] asks to be stored.
    pub fn node_snapshot(&self, index: NodeIndex) -> NodeSnapshot {
        let node = self.graph.node(index);
        NodeSnapshot {
            path: node.path.clone(),
            state: *self.node(index),
            past_attempts: self.past_attempts(index).to_vec(),
            outputs: if node.is_job() { self.outputs(index).cloned() } else { None },
        }
    }

    /// The execution that a snapshot was taken of; `disabled` as it was given to [`FlowExecution::new`]. Call
    /// [`Self::resume_effects`] before anything else.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn restore(
        graph: Arc<Graph>,
        policy: Policy,
        disabled: &[Disabled],
        snapshot: Snapshot,
    ) -> Result<FlowExecution, RestoreError> {
        // The time only marks the root, whose state the snapshot brings.
        let mut restored = FlowExecution::new(graph.clone(), policy, disabled, UnixMillis(0));
        restored.flags = snapshot.flags;
        for node in snapshot.nodes {
            let Some(index) = graph.find(&node.path) else {
                return Err(RestoreError::UnknownNode { path: node.path });
            };
            restored.nodes[index.get()] = node.state;
            if graph.node(index).is_job() {
                if !node.past_attempts.is_empty() {
                    restored.past_attempts.insert(index, node.past_attempts);
                }
                restored.outputs[index.get()] =
                    node.outputs.filter(|_| node.state.status == Status::Succeeded);
            }
        }
        restored.check()?;
        // Inner flows first: they come after the flows around them.
        for (index, node) in graph.iter().rev().filter(|(_, node)| !node.is_job()) {
            let entered = node.role == Role::Root || is_or_was_entered(restored.node(index));
            if entered && restored.node(index).status.is_finished() {
                restored.outputs[index.get()] = restored.outputs_of_flow(index);
            }
        }
        restored.tally = super::tally::Tally::count(&graph, &restored.nodes);
        Ok(restored)
    }

    /// What must be done again after a restart: timers, waits, kills, and starts of jobs that have a slot now. Never the
    /// start of an attempt that is RUNNING already: whoever restarts takes those over, see [`Self::active_attempts`].
    pub fn resume_effects(&mut self, now: UnixMillis) -> Vec<Effect> {
        self.rescan(now);
        for node in (0..self.graph.len() as u32).map(NodeIndex) {
            let NodeState { status, attempt, not_before, marks, .. } = *self.node(node);
            match (status, not_before) {
                (Status::Killing, _) if self.graph.node(node).is_job() => {
                    self.act(Effect::KillJob { node, attempt });
                }
                (Status::Queued, Some(at)) => self.act(Effect::SetTimer { node, attempt, at }),
                (Status::Queued, None) if marks.has(Marks::AWAITING_PIPELINE) => {
                    self.act(Effect::AwaitPipeline { node });
                }
                _ => {}
            }
        }
        self.work_off(now)
    }

    fn check(&self) -> Result<(), RestoreError> {
        let status = self.status();
        if self.flags.paused != (status == Status::Paused)
            || (status == Status::Killing && !self.flags.killed)
        {
            return Err(RestoreError::WrongFlags { status });
        }
        for (index, node) in self.graph.iter() {
            let state = self.node(index);
            let (path, status) = (&node.path, state.status);
            if !can_be_in(node.role, status) {
                return Err(RestoreError::ImpossibleStatus { path: path.clone(), status });
            }
            let around = self.node(node.parent);
            let fits = match () {
                () if node.role == Role::Root => true,
                () if !is_or_was_entered(around) => matches!(status, Status::Ready | Status::Disabled),
                () => !around.status.is_finished() || status.is_finished(),
            };
            if !fits {
                return Err(RestoreError::Contradiction {
                    path: path.clone(),
                    status,
                    around: around.status,
                });
            }
        }
        Ok(())
    }
}

/// Whether the nodes inside a flow in this state have been considered.
fn is_or_was_entered(flow: &NodeState) -> bool {
    match flow.status {
        Status::Running | Status::FailedFinishing | Status::Paused | Status::Killing | Status::Succeeded => {
            true
        }
        // A root that was killed before its start has no start time; an embedded flow that failed for its condition
        // never began.
        Status::Failed | Status::Killed => {
            flow.started_at.is_some() && !flow.marks.has(Marks::CONDITION_UNRESOLVED)
        }
        _ => false,
    }
}
