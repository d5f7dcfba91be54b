//! Executions in lists and side by side: searched, counted, as the runs of one flow, and what runs and waits now.

use azkaban_core::execution::NodeState;
use azkaban_core::ids::{ExecutionId, NodePath, ProjectId};
use azkaban_store::{AttemptRow, ExecutionFacets, ExecutionQuery, NodeRun};

use super::{ExecutionSummary, ExecutionView, node_state, summary};
use crate::Engine;
use crate::error::Internal;

/// One run of a flow with the nodes that are not READY.
#[derive(Debug, Clone)]
pub struct FlowRun {
    /// The execution.
    pub summary: ExecutionSummary,
    /// Nodes by path; the root is left out.
    pub nodes: Vec<(NodePath, NodeState)>,
}

/// What runs and what waits, as of one moment.
#[derive(Debug, Clone)]
pub struct ActiveExecutions {
    /// Executions that hold a slot, ascending.
    pub running: Vec<ExecutionView>,
    /// Executions that wait for one, the next to start first.
    pub queued: Vec<ExecutionView>,
    /// Executions that may run at once.
    pub limit: usize,
    /// Waiting ones start when a slot is free.
    pub queue_open: bool,
}

impl Engine {
    /// At most `count` executions that match.
    pub async fn executions_search(
        &self,
        query: ExecutionQuery,
        count: u64,
    ) -> Result<Vec<ExecutionSummary>, Internal> {
        let rows = self.inner.store.executions_search(query, count).await.map_err(Internal::new)?;
        Ok(rows.into_iter().map(summary).collect())
    }

    /// What there is to choose from among the newest executions that match, at most `most` of them.
    pub async fn executions_facets(
        &self,
        query: ExecutionQuery,
        most: u64,
    ) -> Result<ExecutionFacets, Internal> {
        self.inner.store.executions_facets(query, most).await.map_err(Internal::new)
    }

    /// The newest `count` runs of a flow, older than `before` if that is given, newest first.
    pub async fn flow_runs(
        &self,
        project: ProjectId,
        flow: &str,
        before: Option<ExecutionId>,
        count: u64,
    ) -> Result<Vec<FlowRun>, Internal> {
        let rows = self.inner.store.flow_runs(project, flow, before, count).await.map_err(Internal::new)?;
        let run = |(row, nodes): (_, Vec<azkaban_store::NodeState>)| FlowRun {
            summary: summary(row),
            nodes: nodes.iter().map(|node| (node.path.clone(), node_state(node))).collect(),
        };
        Ok(rows.into_iter().map(run).collect())
    }

    /// A node of a flow in its newest `count` runs, newest first.
    pub async fn node_runs(
        &self,
        project: ProjectId,
        flow: &str,
        node: &NodePath,
        count: u64,
    ) -> Result<Vec<NodeRun>, Internal> {
        self.inner.store.node_runs(project, flow, node, count).await.map_err(Internal::new)
    }

    /// What is stored of the attempts of an execution, with the reasons of their ends.
    pub async fn execution_attempts(&self, id: ExecutionId) -> Result<Vec<AttemptRow>, Internal> {
        self.inner.store.execution_attempts_list(id).await.map_err(Internal::new)
    }

    /// What runs and what waits now.
    pub fn executions_active(&self) -> ActiveExecutions {
        let executor = &self.inner.executor;
        let (_, waiting, limit, queue_open) = executor.slots_now();
        let mut running = executor.views();
        let mut queued: Vec<ExecutionView> = Vec::new();
        for id in waiting {
            if let Ok(place) = running.binary_search_by_key(&id, |view| view.summary.id) {
                queued.push(running.remove(place));
            }
        }
        ActiveExecutions { running, queued, limit, queue_open }
    }

    /// The place of an execution in the queue, from 1 on; `None` if it does not wait.
    pub fn execution_position(&self, id: ExecutionId) -> Option<usize> {
        let (_, waiting, ..) = self.inner.executor.slots_now();
        waiting.iter().position(|waiting| *waiting == id).map(|place| place + 1)
    }

    /// Executions that hold a slot, and how many may.
    pub fn execution_slots(&self) -> (usize, usize) {
        let (running, _, limit, _) = self.inner.executor.slots_now();
        (running.len(), limit)
    }
}
