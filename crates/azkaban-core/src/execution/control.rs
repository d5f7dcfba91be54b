//! What users and rules ask of an execution (§2.14, §6).

use super::event::{Effect, Refusal};
use super::node::Marks;
use super::state::FlowExecution;
use super::tally::Tally;
use super::transition::Step;
use crate::ids::NodeIndex;
use crate::status::Status;
use crate::time::UnixMillis;

impl FlowExecution {
    fn refuse_finished(&self) -> Result<(), Refusal> {
        let status = self.status();
        if status.is_finished() { Err(Refusal::Finished { status }) } else { Ok(()) }
    }

    /// Refuses what needs an execution that goes on.
    pub(super) fn refuse_over(&self) -> Result<(), Refusal> {
        self.refuse_finished()?;
        if self.flags.killed { Err(Refusal::Killed) } else { Ok(()) }
    }

    pub(super) fn kill_as_asked(&mut self, by: String, now: UnixMillis) -> Result<(), Refusal> {
        self.refuse_over()?;
        self.flags.killed_by = Some(by.clone());
        self.flags.modified_by = Some(by);
        if self.flags.paused {
            self.unpause(now);
        }
        self.kill(now);
        Ok(())
    }

    /// Kills the jobs that run or wait. What has not been considered is cancelled when its turn comes; a flow that has
    /// not begun is over at once, its nodes untouched.
    pub(super) fn kill(&mut self, now: UnixMillis) {
        self.flags.killed = true;
        self.step(NodeIndex::ROOT, Step::RequestKill, now);
        if !self.is_started() {
            self.conclude(NodeIndex::ROOT, now);
            return;
        }
        let graph = self.graph.clone();
        for (node, _) in graph.iter().filter(|(_, node)| node.is_job()) {
            self.kill_if_active(node, now);
        }
    }

    fn kill_if_active(&mut self, node: NodeIndex, now: UnixMillis) {
        match self.node(node).status {
            Status::Running => {
                let attempt = self.node(node).attempt;
                if self.step(node, Step::RequestKill, now) {
                    self.act(Effect::KillJob { node, attempt });
                }
            }
            Status::Queued => {
                self.withdraw(node);
                if self.step(node, Step::RequestKill, now) {
                    self.ended(node, now);
                }
            }
            _ => {}
        }
    }

    /// Ends one job. A job that has not started is not retried: its retries are known only when an attempt has ended.
    pub(super) fn kill_job(&mut self, node: NodeIndex, by_sla: bool, now: UnixMillis) -> Result<(), Refusal> {
        self.refuse_finished()?;
        let active = self.graph.contains(node)
            && self.graph.node(node).is_job()
            && matches!(self.node(node).status, Status::Running | Status::Queued);
        if !active {
            return Err(Refusal::NotActive);
        }
        if by_sla {
            self.nodes[node.get()].marks.set(Marks::KILLED_BY_SLA);
        }
        self.kill_if_active(node, now);
        Ok(())
    }

    pub(super) fn pause(&mut self, by: String, now: UnixMillis) -> Result<(), Refusal> {
        self.refuse_over()?;
        if !self.flags.paused && self.step(NodeIndex::ROOT, Step::Pause, now) {
            self.flags.paused = true;
            self.flags.modified_by = Some(by);
        }
        Ok(())
    }

    pub(super) fn resume(&mut self, by: String, now: UnixMillis) -> Result<(), Refusal> {
        self.refuse_finished()?;
        if self.flags.paused {
            self.flags.modified_by = Some(by);
            self.unpause(now);
        }
        Ok(())
    }

    /// Ends the pause and takes up what ended in it.
    pub(super) fn unpause(&mut self, now: UnixMillis) {
        self.flags.paused = false;
        let step = if !self.is_started() {
            Step::UnpauseUnstarted
        } else if self.flags.failed {
            Step::UnpauseFailed
        } else {
            Step::Unpause
        };
        self.step(NodeIndex::ROOT, step, now);
        self.rescan(now);
    }

    /// Counts afresh and puts on the agenda whatever the states of the nodes call for. Nothing may be on the agenda.
    pub(super) fn rescan(&mut self, now: UnixMillis) {
        self.tally = Tally::count(&self.graph, &self.nodes);
        if self.flags.paused || !self.is_started() || self.status().is_finished() {
            return;
        }
        let graph = self.graph.clone();
        let mut unprocessed: Vec<_> = (graph.iter().map(|(index, _)| index))
            .filter(|n| self.node(*n).marks.has(Marks::UNPROCESSED))
            .map(|n| (self.node(n).ended_at, n))
            .collect();
        unprocessed.sort_unstable();
        self.agenda.ended.extend(unprocessed.into_iter().map(|(_, node)| node));
        let goes_on = |status| matches!(status, Status::Running | Status::FailedFinishing | Status::Killing);
        for (index, node) in graph.iter().skip(1) {
            let undecided = matches!(self.node(index).status, Status::Ready | Status::Disabled);
            if undecided && self.tally.open_ins[index.get()] == 0 && goes_on(self.node(node.parent).status) {
                self.agenda.offered.push_back(index);
            }
        }
        for (index, _) in graph.iter().filter(|(_, node)| !node.is_job()) {
            if goes_on(self.node(index).status) && self.tally.open_children[index.get()] == 0 {
                self.conclude(index, now);
            }
        }
    }
}
