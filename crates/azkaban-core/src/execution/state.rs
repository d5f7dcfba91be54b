//! One execution of a flow as a state machine: events and the time go in, effects come out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::event::{Command, Effect, Event, Policy, Refusal};
use super::graph::Graph;
use super::node::{NodeState, PastAttempt};
use super::snapshot::FlowFlags;
use super::tally::{Tally, holds_slot};
use super::transition::{Role, Step, next};
use crate::ids::NodeIndex;
use crate::options::Disabled;
use crate::props::Props;
use crate::status::Status;
use crate::time::UnixMillis;

/// One execution of a flow.
///
/// [`FlowExecution::handle`] and [`FlowExecution::command`] carry every consequence of what happened to its end before
/// they return, so that between two calls the whole state is in the nodes and the flags: storing what
/// [`Effect::NodeChanged`] names loses nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowExecution {
    pub(super) graph: Arc<Graph>,
    pub(super) policy: Policy,
    pub(super) flags: FlowFlags,
    pub(super) nodes: Vec<NodeState>,
    pub(super) past_attempts: BTreeMap<NodeIndex, Vec<PastAttempt>>,
    pub(super) outputs: Vec<Option<Arc<Props>>>,
    pub(super) tally: Tally,
    pub(super) agenda: Agenda,
}

/// What the event at hand has brought up so far; empty between events.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Agenda {
    /// Nodes that ended and whose consequences are due.
    pub(super) ended: VecDeque<NodeIndex>,
    /// Nodes whose turn may have come. Considered once nothing is left in `ended`, so that failures which are known
    /// together are all taken into account.
    pub(super) offered: VecDeque<NodeIndex>,
    changed: Vec<NodeIndex>,
    is_changed: Vec<bool>,
    pub(super) acts: Vec<Effect>,
}

impl FlowExecution {
    /// A new execution in status PREPARING. Unknown names among the disabled are ignored (§2.8).
    pub fn new(graph: Arc<Graph>, policy: Policy, disabled: &[Disabled], now: UnixMillis) -> Self {
        let mut nodes = vec![NodeState::initial(Status::Ready); graph.len()];
        nodes[NodeIndex::ROOT.get()] =
            NodeState { updated_at: Some(now), ..NodeState::initial(Status::Preparing) };
        for node in disabled_nodes(&graph, disabled) {
            nodes[node.get()].status = Status::Disabled;
        }
        let tally = Tally::count(&graph, &nodes);
        let agenda = Agenda { is_changed: vec![false; graph.len()], ..Agenda::default() };
        let outputs = vec![None; graph.len()];
        let flags = FlowFlags::default();
        Self { graph, policy, flags, nodes, past_attempts: BTreeMap::new(), outputs, tally, agenda }
    }

    /// Takes up something that happened. What no longer applies changes nothing.
    pub fn handle(&mut self, event: Event, now: UnixMillis) -> Vec<Effect> {
        match event {
            Event::Start => self.start(now),
            Event::JobFinished { node, attempt, outcome, retry } => {
                self.job_finished(node, attempt, outcome, retry, now)
            }
            Event::RetryDue { node, attempt } => self.retry_due(node, attempt, now),
            Event::PipelineReleased { node } => self.pipeline_released(node, now),
        }
        self.work_off(now)
    }

    /// Does what is asked for.
    ///
    /// # Errors
    /// A [`Refusal`] where the state of the execution forbids it; nothing has changed then.
    pub fn command(&mut self, command: Command, now: UnixMillis) -> Result<Vec<Effect>, Refusal> {
        match command {
            Command::Kill { by } => self.kill_as_asked(by, now)?,
            Command::Pause { by } => self.pause(by, now)?,
            Command::Resume { by } => self.resume(by, now)?,
            Command::RetryFailed { by } => self.retry_failed(by, now)?,
            Command::KillJob { node, by_sla } => self.kill_job(node, by_sla, now)?,
        }
        Ok(self.work_off(now))
    }

    /// The nodes.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// The rules it runs under.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// What is known of the flow beyond its status.
    pub fn flags(&self) -> &FlowFlags {
        &self.flags
    }

    /// The status of the whole execution.
    pub fn status(&self) -> Status {
        self.nodes[NodeIndex::ROOT.get()].status
    }

    /// The state of a node of [`Self::graph`].
    ///
    /// # Panics
    /// If the index is not of that graph.
    pub fn node(&self, node: NodeIndex) -> &NodeState {
        &self.nodes[node.get()]
    }

    /// The attempts of a job before the current one, oldest first.
    pub fn past_attempts(&self, node: NodeIndex) -> &[PastAttempt] {
        self.past_attempts.get(&node).map_or(&[], Vec::as_slice)
    }

    /// The output properties of a job that succeeded, or of a flow that is over: those of its end nodes merged in the
    /// order of their ids, the last one winning (§2.5).
    pub fn outputs(&self, node: NodeIndex) -> Option<&Arc<Props>> {
        self.outputs.get(node.get())?.as_ref()
    }

    /// The outputs of the nodes that this one depends on, merged in the order of declaration, the last one winning.
    pub fn upstream_outputs(&self, node: NodeIndex) -> Props {
        self.merged_outputs(self.graph.node(node).ins.iter().copied())
            .map(Arc::unwrap_or_clone)
            .unwrap_or_default()
    }

    /// The condition of a node with its variables replaced by their present values, as Azkaban logs it.
    pub fn resolved_condition(&self, node: NodeIndex) -> Option<String> {
        let condition = self.graph.node(node).condition.as_ref()?;
        Some(condition.resolved_text(&|job, param| self.output_of_sibling(node, job, param)))
    }

    /// Attempts that have, or are about to have, a process.
    pub fn active_attempts(&self) -> impl Iterator<Item = (NodeIndex, u32)> + '_ {
        (self.graph.iter().filter(|(_, node)| node.is_job()))
            .map(|(index, _)| (index, self.node(index)))
            .filter(|(_, state)| holds_slot(state.status))
            .map(|(index, state)| (index, state.attempt))
    }

    /// Whether [`Event::Start`] came.
    pub(super) fn is_started(&self) -> bool {
        self.node(NodeIndex::ROOT).started_at.is_some()
    }

    /// Moves a node along the table of legal transitions and keeps the books; false, without a change, where the table
    /// has no such row.
    pub(super) fn step(&mut self, node: NodeIndex, step: Step, now: UnixMillis) -> bool {
        let role = self.graph.node(node).role;
        let state = &mut self.nodes[node.get()];
        let from = state.status;
        let Some(to) = next(role, from, step) else {
            debug_assert!(false, "{role:?} in {from} cannot {step:?}");
            return false;
        };
        state.status = to;
        state.updated_at = Some(now);
        if to.is_finished() {
            // A node that never started began and ended now (§2.4); a flow that was killed before its start did not.
            if role != Role::Root {
                state.started_at.get_or_insert(now);
            }
            state.ended_at = Some(state.started_at.unwrap_or(now).max(now));
        }
        if role == Role::Job {
            self.tally.occupied += usize::from(holds_slot(to));
            self.tally.occupied -= usize::from(holds_slot(from));
        }
        self.changed(node);
        true
    }

    /// The node must be stored.
    pub(super) fn changed(&mut self, node: NodeIndex) {
        if !std::mem::replace(&mut self.agenda.is_changed[node.get()], true) {
            self.agenda.changed.push(node);
        }
    }

    pub(super) fn act(&mut self, effect: Effect) {
        self.agenda.acts.push(effect);
    }

    /// Follows every consequence to its end, then fills the free slots.
    pub(super) fn work_off(&mut self, now: UnixMillis) -> Vec<Effect> {
        loop {
            if let Some(node) = self.agenda.ended.pop_front() {
                self.settle(node, now);
            } else if let Some(node) = self.agenda.offered.pop_front() {
                self.consider(node, now);
            } else {
                break;
            }
        }
        self.fill_slots(now);
        let agenda = &mut self.agenda;
        let mut effects = Vec::with_capacity(agenda.changed.len() + agenda.acts.len());
        for node in agenda.changed.drain(..) {
            agenda.is_changed[node.get()] = false;
            effects.push(Effect::NodeChanged { node });
        }
        effects.append(&mut agenda.acts);
        effects
    }
}

/// The nodes that a list of disabled ones names; unknown ids name none.
pub fn disabled_nodes(graph: &Graph, disabled: &[Disabled]) -> Vec<NodeIndex> {
    let mut found = Vec::new();
    let mut open: Vec<(NodeIndex, &Disabled)> = disabled.iter().map(|d| (NodeIndex::ROOT, d)).collect();
    while let Some((flow, entry)) = open.pop() {
        match entry {
            Disabled::Node(id) => found.extend(graph.child(flow, id)),
            Disabled::Inside { id, children } => {
                if let Some(inner) = graph.child(flow, id) {
                    open.extend(children.iter().map(|c| (inner, c)));
                }
            }
        }
    }
    found
}
