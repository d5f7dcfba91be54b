//! The rules once more, as plainly as can be: no counters, no queues, no attempts in progress. After every end of a job
//! it looks at every node again until nothing changes. Slow, without kills by hand and pauses, and written from the
//! specification alone.

use std::collections::BTreeMap;

use azkaban_core::condition::{StatusRule, Verdict};
use azkaban_core::execution::{Graph, Outcome, RetryPolicy};
use azkaban_core::ids::NodeIndex;
use azkaban_core::options::{Disabled, FailureAction};
use azkaban_core::props::Props;
use azkaban_core::status::Status;

/// RUNNING stands for QUEUED too; a job that is told to die is KILLED at once.
pub(crate) struct Reference<'a> {
    graph: &'a Graph,
    action: FailureAction,
    pub(crate) status: BTreeMap<String, Status>,
    outputs: BTreeMap<String, Props>,
    failed: bool,
    killed: bool,
}

impl<'a> Reference<'a> {
    pub(crate) fn start(graph: &'a Graph, action: FailureAction, disabled: &[Disabled]) -> Self {
        let status = graph.iter().map(|(_, n)| (n.path.to_string(), Status::Ready)).collect();
        let mut reference =
            Self { graph, action, status, outputs: BTreeMap::new(), failed: false, killed: false };
        for entry in disabled {
            reference.disable("", entry);
        }
        reference.set(NodeIndex::ROOT, Status::Running);
        reference.until_nothing_changes();
        reference
    }

    fn disable(&mut self, around: &str, entry: &Disabled) {
        let nested = |id: &str| if around.is_empty() { id.to_owned() } else { format!("{around}:{id}") };
        match entry {
            Disabled::Node(id) => *self.status.get_mut(&nested(id)).unwrap() = Status::Disabled,
            Disabled::Inside { id, children } => children.iter().for_each(|c| self.disable(&nested(id), c)),
        }
    }

    /// An attempt of a job ends.
    pub(crate) fn job_ends(&mut self, node: NodeIndex, attempt: u32, outcome: &Outcome, retry: RetryPolicy) {
        if self.get(node) != Status::Running {
            return;
        }
        let again = *outcome == Outcome::Failed && attempt < retry.retries;
        match outcome {
            Outcome::Succeeded { outputs } => {
                self.outputs.insert(self.path(node), (**outputs).clone());
                self.set(node, Status::Succeeded);
            }
            Outcome::FailedButCounts => self.set(node, Status::FailedSucceeded),
            Outcome::Killed => self.set(node, Status::Killed),
            Outcome::Failed if !again => {
                self.set(node, Status::Failed);
                self.failure(node);
            }
            Outcome::Failed if self.failed && self.action == FailureAction::FinishCurrentlyRunning => {
                self.set(node, Status::Cancelled);
            }
            Outcome::Failed => {}
        }
        self.until_nothing_changes();
    }

    fn failure(&mut self, node: NodeIndex) {
        let outs = &self.graph.node(node).outs;
        if !outs.is_empty() && outs.iter().all(|o| self.graph.node(*o).rule() != StatusRule::AllSuccess) {
            return;
        }
        self.failed = true;
        for flow in self.graph.ancestors(node) {
            if self.get(flow) == Status::Running {
                self.set(flow, Status::FailedFinishing);
            }
        }
        if self.action == FailureAction::CancelAll {
            self.killed = true;
            self.set(NodeIndex::ROOT, Status::Killing);
            for (job, _) in self.graph.iter().filter(|(_, n)| n.is_job()) {
                if self.get(job) == Status::Running {
                    self.set(job, Status::Killed);
                }
            }
        }
    }

    fn until_nothing_changes(&mut self) {
        while self.graph.iter().any(|(index, _)| self.changes(index)) {}
    }

    fn changes(&mut self, index: NodeIndex) -> bool {
        let graph = self.graph;
        let node = graph.node(index);
        let goes_on = |s| matches!(s, Status::Running | Status::FailedFinishing | Status::Killing);
        let status = self.get(index);
        if !node.is_job() && goes_on(status) && node.children().all(|c| self.get(c).is_finished()) {
            self.flow_ends(index);
            return true;
        }
        let undecided = matches!(status, Status::Ready | Status::Disabled) && index != NodeIndex::ROOT;
        if !undecided || !goes_on(self.get(node.parent)) {
            return false;
        }
        let verdict = node.rule().decide(node.ins.iter().map(|i| self.get(*i)));
        let expression =
            || node.condition.as_ref().is_none_or(|c| c.eval(&|job, key| self.output(node.parent, job, key)));
        let finishes_current = self.action == FailureAction::FinishCurrentlyRunning;
        let decided = match verdict {
            Verdict::Wait => return false,
            _ if status == Status::Disabled => Status::Skipped,
            _ if self.killed || (self.failed && finishes_current) => Status::Cancelled,
            Verdict::Met if expression() => Status::Running,
            _ => Status::Cancelled,
        };
        self.set(index, decided);
        true
    }

    fn flow_ends(&mut self, flow: NodeIndex) {
        let ends: Vec<NodeIndex> = self.graph.end_nodes(flow).collect();
        let bad =
            ends.iter().any(|e| matches!(self.get(*e), Status::Failed | Status::Killed | Status::Cancelled));
        let outputs: Props =
            ends.iter().filter_map(|e| self.outputs.get(&self.path(*e))).flat_map(|o| o.clone()).collect();
        self.outputs.insert(self.path(flow), outputs);
        let end = match self.get(flow) {
            Status::FailedFinishing => Status::Failed,
            Status::Killing => Status::Killed,
            _ if bad => Status::Killed,
            _ => Status::Succeeded,
        };
        self.set(flow, end);
        if end == Status::Failed && flow != NodeIndex::ROOT {
            self.failure(flow);
        }
    }

    fn output(&self, flow: NodeIndex, job: &str, key: &str) -> Option<String> {
        let path = self.graph.node(flow).path.child(job);
        self.outputs.get(path.as_str())?.get(key).cloned()
    }

    fn path(&self, node: NodeIndex) -> String {
        self.graph.node(node).path.to_string()
    }

    fn get(&self, node: NodeIndex) -> Status {
        self.status[self.graph.node(node).path.as_str()]
    }

    fn set(&mut self, node: NodeIndex, status: Status) {
        self.status.insert(self.path(node), status);
    }
}
