//! How one end leads to the next: the rules of §2.3 to §2.6.

use std::sync::Arc;

use super::event::{Effect, Outcome, RetryPolicy};
use super::node::{Marks, PastAttempt};
use super::state::FlowExecution;
use super::transition::Step;
use crate::condition::{StatusRule, Verdict};
use crate::ids::NodeIndex;
use crate::options::FailureAction;
use crate::props::Props;
use crate::status::Status;
use crate::time::UnixMillis;

impl FlowExecution {
    /// The flow begins. While it is paused nothing but its start time changes.
    pub(super) fn start(&mut self, now: UnixMillis) {
        if self.is_started() || self.status().is_finished() {
            return;
        }
        let root = NodeIndex::ROOT;
        self.nodes[root.get()].started_at = Some(now);
        self.changed(root);
        if !self.flags.paused && self.step(root, Step::Enter, now) {
            self.enter(root, now);
        }
    }

    /// An attempt ended.
    pub(super) fn job_finished(
        &mut self,
        node: NodeIndex,
        attempt: u32,
        outcome: Outcome,
        retry: RetryPolicy,
        now: UnixMillis,
    ) {
        let Some(state) = self.nodes.get(node.get()) else { return };
        let runs = matches!(state.status, Status::Running | Status::Killing);
        if state.attempt != attempt || !runs || !self.graph.node(node).is_job() {
            return;
        }
        let step = match outcome {
            Outcome::Succeeded { .. } => Step::Succeed,
            Outcome::Failed => Step::Fail,
            Outcome::FailedButCounts => Step::FailButCount,
            Outcome::Killed => Step::Die,
        };
        if !self.step(node, step, now) {
            return;
        }
        if let (Outcome::Succeeded { outputs }, Status::Succeeded) = (outcome, self.node(node).status) {
            self.outputs[node.get()] = Some(outputs);
        }
        if self.is_failure(node) && retry.retries > attempt {
            let backoff = i64::try_from(retry.backoff_ms).unwrap_or(i64::MAX);
            let state = &mut self.nodes[node.get()];
            state.marks.set(Marks::RETRY);
            state.not_before = (backoff > 0).then(|| now.plus(backoff));
        }
        self.ended(node, now);
    }

    /// A node has just ended. In a pause the consequences wait, unless they would be the end of the whole flow (§2.14).
    pub(super) fn ended(&mut self, node: NodeIndex, now: UnixMillis) {
        if !self.flags.paused {
            self.agenda.ended.push_back(node);
            return;
        }
        self.nodes[node.get()].marks.set(Marks::UNPROCESSED);
        self.changed(node);
        let kills_flow = self.policy.failure_action == FailureAction::CancelAll
            && self.is_failure(node)
            && !self.node(node).marks.has(Marks::RETRY)
            && self.fails_flow(node);
        if kills_flow {
            self.unpause(now);
        }
    }

    /// Draws the consequences of a node's end.
    pub(super) fn settle(&mut self, node: NodeIndex, now: UnixMillis) {
        let marks = self.node(node).marks;
        if marks.has(Marks::UNPROCESSED) {
            self.nodes[node.get()].marks.clear(Marks::UNPROCESSED);
            self.changed(node);
        }
        if self.is_failure(node) {
            if marks.has(Marks::RETRY) {
                self.begin_attempt(node, now);
                self.agenda.offered.push_back(node);
                return;
            }
            self.note_failure(node, now);
        }
        let graph = self.graph.clone();
        let parent = graph.node(node).parent;
        self.tally.open_children[parent.get()] -= 1;
        if self.tally.open_children[parent.get()] == 0 {
            self.conclude(parent, now);
        }
        for &out in &graph.node(node).outs {
            self.tally.open_ins[out.get()] -= 1;
            if self.tally.open_ins[out.get()] == 0 {
                self.agenda.offered.push_back(out);
            }
        }
    }

    /// Decides about a node whose dependencies may have ended (§2.4).
    pub(super) fn consider(&mut self, node: NodeIndex, now: UnixMillis) {
        let status = self.node(node).status;
        if self.tally.open_ins[node.get()] > 0 || !matches!(status, Status::Ready | Status::Disabled) {
            return;
        }
        if status == Status::Disabled {
            // Whatever its parents, its condition and the flow say.
            self.give_up(node, Step::Skip, Marks::NONE, now);
            return;
        }
        let stops = self.flags.failed && self.policy.failure_action == FailureAction::FinishCurrentlyRunning;
        match self.judge(node) {
            _ if stops || self.flags.killed => self.give_up(node, Step::Cancel, Marks::NONE, now),
            Judgement::Run => self.begin(node, now),
            Judgement::Wait => {}
            Judgement::Never(why) => self.give_up(node, Step::Cancel, why, now),
            Judgement::Unresolved => self.give_up(node, Step::Fail, Marks::CONDITION_UNRESOLVED, now),
        }
    }

    fn judge(&self, node: NodeIndex) -> Judgement {
        let this = self.graph.node(node);
        match this.rule().decide(this.ins.iter().map(|i| self.node(*i).status)) {
            Verdict::Wait => return Judgement::Wait,
            Verdict::NotMet => return Judgement::Never(Marks::PARENTS_UNMET),
            Verdict::Met => {}
        }
        let Some(condition) = &this.condition else { return Judgement::Run };
        if this.condition_unresolved {
            return Judgement::Unresolved;
        }
        let holds = condition.eval(&|job, param| self.output_of_sibling(node, job, param));
        if holds { Judgement::Run } else { Judgement::Never(Marks::CONDITION_FALSE) }
    }

    /// The value that a condition's `${job:param}` stands for.
    pub(super) fn output_of_sibling(&self, node: NodeIndex, job: &str, param: &str) -> Option<String> {
        let sibling = self.graph.child(self.graph.node(node).parent, job)?;
        self.outputs(sibling)?.get(param).cloned()
    }

    /// The node's turn has come.
    fn begin(&mut self, node: NodeIndex, now: UnixMillis) {
        if self.graph.node(node).is_job() {
            self.enqueue(node, now);
        } else if self.step(node, Step::Enter, now) {
            self.nodes[node.get()].started_at = Some(now);
            self.enter(node, now);
        }
    }

    /// Offers the nodes that a flow starts with; a flow without nodes is over at once.
    pub(super) fn enter(&mut self, flow: NodeIndex, now: UnixMillis) {
        if self.tally.open_children[flow.get()] == 0 {
            self.conclude(flow, now);
        }
        self.agenda.offered.extend(self.graph.start_nodes(flow));
    }

    /// The node ends without having run.
    fn give_up(&mut self, node: NodeIndex, step: Step, why: Marks, now: UnixMillis) {
        if self.step(node, step, now) {
            let state = &mut self.nodes[node.get()];
            state.not_before = None;
            state.marks.set(why);
            self.ended(node, now);
        }
    }

    /// Everything in a flow has ended (§2.5).
    pub(super) fn conclude(&mut self, flow: NodeIndex, now: UnixMillis) {
        let bad =
            |status| matches!(status, Status::Killed | Status::Killing | Status::Failed | Status::Cancelled);
        let ends_badly = self.graph.end_nodes(flow).any(|n| bad(self.node(n).status));
        let step = if self.node(flow).marks.has(Marks::ENDS_KILLED) {
            Step::ConcludeKilled
        } else if ends_badly {
            Step::ConcludeBadly
        } else {
            Step::ConcludeWell
        };
        self.outputs[flow.get()] = self.outputs_of_flow(flow);
        if !self.step(flow, step, now) {
            return;
        }
        if flow == NodeIndex::ROOT {
            self.act(Effect::Finished { status: self.status() });
        } else {
            self.agenda.ended.push_back(flow);
        }
    }

    pub(super) fn outputs_of_flow(&self, flow: NodeIndex) -> Option<Arc<Props>> {
        self.merged_outputs(self.graph.end_nodes(flow))
    }

    pub(super) fn merged_outputs(&self, nodes: impl Iterator<Item = NodeIndex>) -> Option<Arc<Props>> {
        let mut merged: Option<Arc<Props>> = None;
        for outputs in nodes.filter_map(|n| self.outputs(n)) {
            match &mut merged {
                None => merged = Some(outputs.clone()),
                Some(so_far) => {
                    let so_far = Arc::make_mut(so_far);
                    so_far.extend(outputs.iter().map(|(k, v)| (k.clone(), v.clone())));
                }
            }
        }
        merged
    }

    /// FAILED, or killed by an SLA rule: what is retried, and what the failure action is for.
    pub(super) fn is_failure(&self, node: NodeIndex) -> bool {
        let state = self.node(node);
        match state.status {
            Status::Failed => true,
            Status::Killed => state.marks.has(Marks::KILLED_BY_SLA),
            _ => false,
        }
    }

    /// Whether the node's failure is one of the flow: it has no dependents, or one that needs it to succeed (§2.6).
    fn fails_flow(&self, node: NodeIndex) -> bool {
        let outs = &self.graph.node(node).outs;
        outs.is_empty() || outs.iter().any(|o| self.graph.node(*o).rule() == StatusRule::AllSuccess)
    }

    /// The failure action (§2.6). A job killed by an SLA rule makes the flows around it end KILLED, but only when
    /// nothing in them runs any more (§9 #10).
    fn note_failure(&mut self, node: NodeIndex, now: UnixMillis) {
        if !self.fails_flow(node) {
            return;
        }
        let graph = self.graph.clone();
        let by_sla = self.node(node).status == Status::Killed;
        self.flags.failed = true;
        self.flags.failed_node = Some(graph.node(node).path.clone());
        self.changed(NodeIndex::ROOT);
        for flow in graph.ancestors(node) {
            if self.node(flow).status == Status::Running
                && self.step(flow, Step::NoteFailure, now)
                && flow == NodeIndex::ROOT
                && !by_sla
            {
                self.act(Effect::FirstFailure);
            }
            if by_sla && self.node(flow).status == Status::FailedFinishing {
                self.nodes[flow.get()].marks.set(Marks::ENDS_KILLED);
                self.changed(flow);
            }
        }
        if self.policy.failure_action == FailureAction::CancelAll && !self.flags.killed {
            self.kill(now);
        }
    }

    /// Turns a job that failed or was killed into its next attempt. `not_before` of the node stays.
    pub(super) fn begin_attempt(&mut self, node: NodeIndex, now: UnixMillis) {
        let before = *self.node(node);
        if !self.step(node, Step::Retry, now) {
            return;
        }
        self.past_attempts.entry(node).or_default().push(PastAttempt {
            attempt: before.attempt,
            started_at: before.started_at,
            ended_at: before.ended_at,
            status: before.status,
        });
        let state = &mut self.nodes[node.get()];
        state.attempt = before.attempt.saturating_add(1);
        state.started_at = None;
        state.ended_at = None;
        state.marks = Marks::NONE;
    }
}

/// What is to become of a node whose dependencies have ended.
enum Judgement {
    Run,
    Wait,
    Never(Marks),
    Unresolved,
}
