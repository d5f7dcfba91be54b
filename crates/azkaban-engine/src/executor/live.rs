//! What others see of an unfinished execution, and how they reach its actor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azkaban_core::execution::{Command, FlowExecution, Graph, NodeState, PastAttempt, Refusal};
use azkaban_core::ids::{ExecutionId, NodeIndex};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::status::Status;
use azkaban_runner::AttemptEnd;
use azkaban_store::AuditEntry;
use tokio::sync::{mpsc, oneshot, watch};

use crate::events::News;
use crate::executions::{ExecutionSummary, ExecutionView};

/// What an actor is told.
pub(crate) enum Message {
    /// A slot is free: begin.
    Start,
    /// A user or a rule asks for something.
    Command {
        /// What.
        command: Command,
        /// For the audit trail, if it is carried out.
        audit: Option<Box<AuditEntry>>,
        /// Answered once the consequences are stored.
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// The process of an attempt ended.
    Ended {
        /// The job.
        node: NodeIndex,
        /// The attempt.
        attempt: u32,
        /// How.
        end: AttemptEnd,
    },
    /// Nobody knows what became of an attempt.
    Lost {
        /// The job.
        node: NodeIndex,
        /// The attempt.
        attempt: u32,
        /// Why, for people.
        reason: String,
    },
}

/// An unfinished execution: its published state and its actor's mailbox.
pub(crate) struct Live {
    /// Its id.
    pub(crate) id: ExecutionId,
    /// What was asked for.
    pub(crate) options: Arc<ExecutionOptions>,
    /// What submitted it.
    pub(crate) source: Arc<str>,
    /// Its nodes.
    pub(crate) graph: Arc<Graph>,
    /// Messages are as many as commands and ended attempts, both bounded elsewhere.
    mailbox: mpsc::UnboundedSender<Message>,
    published: Mutex<Published>,
    /// Told of every publication; the value means nothing.
    changes: watch::Sender<()>,
}

/// The state as of the last commit.
struct Published {
    summary: ExecutionSummary,
    nodes: Vec<NodeState>,
    past_attempts: HashMap<NodeIndex, Vec<PastAttempt>>,
}

impl Live {
    pub(crate) fn new(
        summary: ExecutionSummary,
        options: Arc<ExecutionOptions>,
        source: Arc<str>,
        run: &FlowExecution,
        mailbox: mpsc::UnboundedSender<Message>,
    ) -> Self {
        let graph = Arc::clone(run.graph());
        let nodes = graph.iter().map(|(index, _)| *run.node(index)).collect();
        let past =
            |index| Some((index, run.past_attempts(index).to_vec())).filter(|(_, past)| !past.is_empty());
        let past_attempts = graph.iter().filter_map(|(index, _)| past(index)).collect();
        let id = summary.id;
        let published = Mutex::new(Published { summary, nodes, past_attempts });
        Self { id, options, source, graph, mailbox, published, changes: watch::Sender::new(()) }
    }

    /// Sends to the actor; `false` if it has ended.
    pub(crate) fn send(&self, message: Message) -> bool {
        self.mailbox.send(message).is_ok()
    }

    /// Told whenever something is published, and closed when the execution is over.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    pub(crate) fn summary(&self) -> ExecutionSummary {
        self.lock().summary.clone()
    }

    pub(crate) fn view(&self) -> ExecutionView {
        let published = self.lock();
        ExecutionView {
            summary: published.summary.clone(),
            options: Arc::clone(&self.options),
            source: Arc::clone(&self.source),
            graph: Arc::clone(&self.graph),
            nodes: published.nodes.clone(),
            past_attempts: published.past_attempts.clone(),
        }
    }

    /// How many of its jobs run.
    pub(crate) fn running_jobs(&self) -> usize {
        let published = self.lock();
        let runs = |(index, node): &(NodeIndex, &azkaban_core::execution::GraphNode)| {
            node.is_job() && published.nodes[index.get()].status == Status::Running
        };
        self.graph.iter().filter(runs).count()
    }

    /// What is told of it when these nodes have changed.
    pub(crate) fn news(&self, changed: Vec<NodeIndex>, status_changed: bool) -> News {
        let published = self.lock();
        let node = |index: NodeIndex| (self.graph.node(index).path.clone(), published.nodes[index.get()]);
        News::Execution {
            summary: Arc::new(published.summary.clone()),
            nodes: changed.into_iter().filter(|index| *index != NodeIndex::ROOT).map(node).collect(),
            status_changed,
        }
    }

    /// The state of one node.
    pub(crate) fn node(&self, index: NodeIndex) -> NodeState {
        self.lock().nodes[index.get()]
    }

    /// Makes visible what has been committed.
    pub(crate) fn publish(&self, run: &FlowExecution, changed: impl Iterator<Item = NodeIndex>) {
        let mut published = self.lock();
        for index in changed {
            published.nodes[index.get()] = *run.node(index);
            let past = run.past_attempts(index);
            if published.past_attempts.get(&index).map_or(0, Vec::len) != past.len() {
                published.past_attempts.insert(index, past.to_vec());
            }
        }
        let root = published.nodes[NodeIndex::ROOT.get()];
        published.summary.status = root.status;
        published.summary.started_at = root.started_at;
        published.summary.ended_at = root.ended_at;
        published.summary.updated_at = root.updated_at.or(published.summary.updated_at);
        drop(published);
        self.changes.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Published> {
        // Nothing in here panics while it holds the lock half-way through a change.
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
