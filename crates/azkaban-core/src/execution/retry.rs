//! Another chance for what failed, while the flow still runs (§2.14, retryFailures).

use super::event::Refusal;
use super::node::Marks;
use super::state::FlowExecution;
use super::transition::{Role, Step};
use crate::ids::NodeIndex;
use crate::status::Status;
use crate::time::UnixMillis;

impl FlowExecution {
    /// Walks from the end nodes towards the start nodes, up to what succeeded or is under way, and resets what it meets.
    /// In a pause the new attempts wait for the resume like everything else.
    pub(super) fn retry_failed(&mut self, by: String, now: UnixMillis) -> Result<(), Refusal> {
        self.refuse_over()?;
        if !self.is_started() {
            return Ok(());
        }
        let graph = self.graph.clone();
        let mut seen = vec![false; graph.len()];
        let mut flows = vec![NodeIndex::ROOT];
        let mut any = self.flags.failed;
        while let Some(flow) = flows.pop() {
            let mut open: Vec<NodeIndex> = graph.end_nodes(flow).collect();
            while let Some(node) = open.pop() {
                if std::mem::replace(&mut seen[node.get()], true) {
                    continue;
                }
                let met = self.give_another_chance(node, now);
                any |= matches!(met, Met::Reset);
                match met {
                    Met::Stop => {}
                    Met::Reset | Met::Undecided => open.extend(&graph.node(node).ins),
                    Met::Inside => flows.push(node),
                }
            }
            self.reopen(flow, now);
        }
        if any {
            self.flags.failed = false;
            self.flags.failed_node = None;
            self.flags.modified_by = Some(by);
            self.changed(NodeIndex::ROOT);
        }
        self.rescan(now);
        self.take_back_queued(now);
        Ok(())
    }

    /// A job that waits for its start although one of its dependencies is to run again waits for that one first.
    fn take_back_queued(&mut self, now: UnixMillis) {
        let graph = self.graph.clone();
        for (node, _) in graph.iter() {
            let not_before = self.node(node).not_before;
            if self.node(node).status == Status::Queued && self.tally.open_ins[node.get()] > 0 {
                self.withdraw(node);
                self.reset(node, now);
                self.nodes[node.get()].not_before = not_before;
            }
        }
    }

    fn give_another_chance(&mut self, node: NodeIndex, now: UnixMillis) -> Met {
        let role = self.graph.node(node).role;
        let state = self.node(node);
        let never_entered = state.marks.has(Marks::CONDITION_UNRESOLVED);
        match (role, state.status) {
            (_, Status::Ready | Status::Disabled) => return Met::Undecided,
            (Role::Job, Status::Failed | Status::Killed) => {
                self.nodes[node.get()].not_before = None;
                self.begin_attempt(node, now);
            }
            (_, Status::Cancelled | Status::Skipped) => self.reset(node, now),
            (_, Status::Failed) if never_entered => self.reset(node, now),
            (Role::Embedded, Status::Running | Status::FailedFinishing | Status::Failed | Status::Killed) => {
                return Met::Inside;
            }
            _ => return Met::Stop,
        }
        Met::Reset
    }

    fn reset(&mut self, node: NodeIndex, now: UnixMillis) {
        if self.step(node, Step::Reset, now) {
            let state = &mut self.nodes[node.get()];
            state.started_at = None;
            state.ended_at = None;
            state.marks = Marks::NONE;
        }
    }

    /// A flow whose failures are taken back goes on as if it were healthy.
    fn reopen(&mut self, flow: NodeIndex, now: UnixMillis) {
        if !matches!(self.node(flow).status, Status::Failed | Status::Killed | Status::FailedFinishing) {
            // Healthy, or the root in a pause.
            self.nodes[flow.get()].marks.clear(Marks::ENDS_KILLED);
            return;
        }
        if self.step(flow, Step::Reopen, now) {
            let state = &mut self.nodes[flow.get()];
            state.ended_at = None;
            state.marks = Marks::NONE;
            self.outputs[flow.get()] = None;
        }
    }
}

/// What the walk meets.
enum Met {
    /// Succeeded or under way: nothing beyond it is touched.
    Stop,
    /// Not considered so far.
    Undecided,
    /// Reset by the walk.
    Reset,
    /// A flow that began and may have failures in it; what it depends on stays.
    Inside,
}
