//! Looking at executions. An unfinished one is read from its actor's published state, a finished one from the store.

use std::collections::HashMap;
use std::sync::Arc;

use azkaban_core::execution::{Marks, NodeState, PastAttempt};
use azkaban_core::ids::{ExecutionId, NodeIndex, ProjectId};
use azkaban_core::status::Status;
use azkaban_store::{ExecutionRecord, ExecutionRow};

use super::pages::{KEPT, Page};
use super::{ExecutionSummary, ExecutionView};
use crate::Engine;
use crate::error::Internal;

impl Engine {
    /// An execution with all its nodes; `None` if there is none of this id.
    pub async fn execution_get(&self, id: ExecutionId) -> Result<Option<Arc<ExecutionView>>, Internal> {
        if let Some(view) = self.inner.executor.view(id) {
            return Ok(Some(view));
        }
        let Some(record) = self.inner.store.execution_record_get(id).await.map_err(Internal::new)? else {
            return Ok(None);
        };
        let view = Arc::new(self.view_of(record).await?);
        // One that has not ended belongs to an actor that is about to be there, or is gone by an error of ours.
        if view.summary.status.is_terminal_for_execution() {
            self.inner.executor.remember(Arc::clone(&view));
        }
        Ok(Some(view))
    }

    /// An execution without its nodes.
    pub async fn execution_summary(&self, id: ExecutionId) -> Result<Option<ExecutionSummary>, Internal> {
        if let Some(summary) = self.inner.executor.summary(id) {
            return Ok(Some(summary));
        }
        Ok(self.inner.store.execution_get(id).await.map_err(Internal::new)?.map(summary))
    }

    /// Executions of a flow, newest first: how many there are, and `length` of them from `start` on. A negative `start`
    /// counts as 0 (http-api §4.7).
    pub async fn executions_of_flow(
        &self,
        project: ProjectId,
        flow: &str,
        start: i64,
        length: i64,
    ) -> Result<(i64, Vec<ExecutionSummary>), Internal> {
        let (start, length) = (u64::try_from(start).unwrap_or(0), u64::try_from(length).unwrap_or(0));
        let (kept, before) = self.inner.pages.get(project, flow);
        if let Some(page) = kept.filter(|page| page.covers(start, length))
            && let Some(rows) = self.current(&page, start, length)
        {
            return Ok((page.total, rows));
        }
        if start.saturating_add(length) > KEPT {
            let page = self.read_page(project, flow, start, length).await?;
            return Ok((page.total, page.rows));
        }
        let page = Arc::new(self.read_page(project, flow, 0, KEPT).await?);
        self.inner.pages.put(project, flow, before, Arc::clone(&page));
        Ok((page.total, window(&page, start, length).to_vec()))
    }

    async fn read_page(
        &self,
        project: ProjectId,
        flow: &str,
        start: u64,
        length: u64,
    ) -> Result<Page, Internal> {
        let list = self.inner.store.executions_list_by_flow(project, flow, start, length).await;
        let list = list.map_err(Internal::new)?;
        let total = i64::try_from(list.total).unwrap_or(i64::MAX);
        Ok(Page { total, rows: list.rows.into_iter().map(summary).collect() })
    }

    /// Executions of a kept page as they are now; `None` if one of them has gone on and is not in memory any more.
    fn current(&self, page: &Page, start: u64, length: u64) -> Option<Vec<ExecutionSummary>> {
        let now = |row: &ExecutionSummary| {
            if row.status.is_terminal_for_execution() {
                Some(row.clone())
            } else {
                self.inner.executor.summary(row.id)
            }
        };
        window(page, start, length).iter().map(now).collect()
    }

    /// Unfinished executions of a flow, ascending.
    pub async fn executions_running(
        &self,
        project: ProjectId,
        flow: &str,
    ) -> Result<Vec<ExecutionId>, Internal> {
        self.inner.store.executions_running_by_flow(project, flow).await.map_err(Internal::new)
    }

    /// The latest execution of a flow that succeeded.
    pub async fn execution_last_succeeded(
        &self,
        project: ProjectId,
        flow: &str,
    ) -> Result<Option<ExecutionId>, Internal> {
        self.inner.store.execution_last_succeeded(project, flow).await.map_err(Internal::new)
    }

    /// Makes a view of what is stored.
    async fn view_of(&self, record: ExecutionRecord) -> Result<ExecutionView, Internal> {
        let model = self.project_model(record.row.project, record.row.project_version).await?;
        let graph = self
            .inner
            .executor
            .graph(record.row.project, record.row.project_version, &model, &record.row.flow)
            .map_err(Internal::new)?;
        let mut nodes = vec![NodeState::initial(Status::Ready); graph.len()];
        if let Some(root) = nodes.first_mut() {
            root.status = record.row.status;
            root.started_at = record.row.started_at;
            root.ended_at = record.row.ended_at;
            root.updated_at = Some(record.row.updated_at);
        }
        for row in &record.nodes {
            if let Some(node) = graph.find(&row.path).and_then(|index| nodes.get_mut(index.get())) {
                *node = node_state(row);
            }
        }
        let mut past_attempts: HashMap<NodeIndex, Vec<PastAttempt>> = HashMap::new();
        for row in &record.attempts {
            let Some(index) = graph.find(&row.key.node) else { continue };
            if row.key.attempt < nodes[index.get()].attempt {
                past_attempts.entry(index).or_default().push(PastAttempt {
                    attempt: row.key.attempt,
                    started_at: row.started_at,
                    ended_at: row.ended_at,
                    status: row.status,
                });
            }
        }
        Ok(ExecutionView {
            source: Arc::from(record.row.source.as_str()),
            options: Arc::new(record.options),
            summary: summary(record.row),
            graph,
            nodes,
            past_attempts,
        })
    }
}

/// At most `length` rows of a page from `start` on.
fn window(page: &Page, start: u64, length: u64) -> &[ExecutionSummary] {
    let at = |place: u64| usize::try_from(place).map_or(page.rows.len(), |place| place.min(page.rows.len()));
    &page.rows[at(start)..at(start.saturating_add(length))]
}

/// A stored node as the state machine knows it.
pub(crate) fn node_state(row: &azkaban_store::NodeState) -> NodeState {
    NodeState {
        status: row.status,
        attempt: row.attempt,
        started_at: row.started_at,
        ended_at: row.ended_at,
        updated_at: row.updated_at,
        not_before: row.not_before,
        marks: Marks(row.marks.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0)),
    }
}

/// A stored execution without what only the engine needs.
pub(crate) fn summary(row: ExecutionRow) -> ExecutionSummary {
    ExecutionSummary {
        id: row.id,
        project_id: row.project,
        version: row.project_version,
        flow_id: row.flow,
        status: row.status,
        submit_user: row.submit_user,
        submitted_at: row.submitted_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        updated_at: Some(row.updated_at),
    }
}
