//! What a job waits for between its turn and its start: its back-off, older executions, a slot. Only a job that could
//! start at once takes a slot (§9 #22).

use super::event::Effect;
use super::node::Marks;
use super::state::FlowExecution;
use super::transition::Step;
use crate::ids::NodeIndex;
use crate::status::Status;
use crate::time::UnixMillis;

impl FlowExecution {
    /// The job's turn has come: it waits, and starts when nothing is left to wait for.
    pub(super) fn enqueue(&mut self, node: NodeIndex, now: UnixMillis) {
        if !self.step(node, Step::Queue, now) {
            return;
        }
        let state = &mut self.nodes[node.get()];
        match state.not_before {
            Some(at) if at > now => {
                let attempt = state.attempt;
                self.act(Effect::SetTimer { node, attempt, at });
            }
            _ => self.back_off_over(node),
        }
    }

    /// The back-off of an attempt is over.
    pub(super) fn retry_due(&mut self, node: NodeIndex, attempt: u32, now: UnixMillis) {
        let Some(state) = self.nodes.get_mut(node.get()) else { return };
        if state.status != Status::Queued || state.attempt != attempt || state.not_before.is_none() {
            return;
        }
        state.updated_at = Some(now);
        self.changed(node);
        self.back_off_over(node);
    }

    fn back_off_over(&mut self, node: NodeIndex) {
        let state = &mut self.nodes[node.get()];
        state.not_before = None;
        if self.policy.pipelined {
            state.marks.set(Marks::AWAITING_PIPELINE);
            self.act(Effect::AwaitPipeline { node });
        } else {
            self.tally.runnable.insert((state.updated_at, node));
        }
    }

    /// No job of the older execution blocks this one.
    pub(super) fn pipeline_released(&mut self, node: NodeIndex, now: UnixMillis) {
        let Some(state) = self.nodes.get_mut(node.get()) else { return };
        if state.status != Status::Queued || !state.marks.has(Marks::AWAITING_PIPELINE) {
            return;
        }
        state.marks.clear(Marks::AWAITING_PIPELINE);
        state.updated_at = Some(now);
        self.tally.runnable.insert((state.updated_at, node));
        self.changed(node);
    }

    /// Starts waiting jobs as long as there are slots; none in a pause.
    pub(super) fn fill_slots(&mut self, now: UnixMillis) {
        while !self.flags.paused && self.tally.occupied < self.policy.max_parallel_jobs.max(1) {
            let Some((_, node)) = self.tally.runnable.pop_first() else { return };
            if self.step(node, Step::Launch, now) {
                let state = &mut self.nodes[node.get()];
                state.started_at = Some(now);
                let attempt = state.attempt;
                self.act(Effect::StartJob { node, attempt });
            }
        }
    }

    /// A QUEUED job waits for nothing any more.
    pub(super) fn withdraw(&mut self, node: NodeIndex) {
        let state = &mut self.nodes[node.get()];
        let attempt = state.attempt;
        if state.not_before.take().is_some() {
            self.act(Effect::CancelTimer { node, attempt });
        } else if state.marks.has(Marks::AWAITING_PIPELINE) {
            state.marks.clear(Marks::AWAITING_PIPELINE);
            self.act(Effect::CancelPipeline { node });
        } else {
            self.tally.runnable.remove(&(state.updated_at, node));
        }
    }
}
