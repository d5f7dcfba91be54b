//! Lists of executions over all projects, and of one job over all executions (http-api §13.2–§13.4).

use azkaban_core::ids::ProjectId;
use azkaban_core::time::UnixMillis;
use azkaban_store::{HistoryFilter, JobRun};

use super::{ExecutionSummary, summary};
use crate::Engine;
use crate::error::Internal;

impl Engine {
    /// Executions that match, newest first, `length` of them after skipping `start`. Ask for one more than fits a page to
    /// know whether there is a next one.
    pub async fn executions_history(
        &self,
        filter: &HistoryFilter,
        start: u64,
        length: u64,
    ) -> Result<Vec<ExecutionSummary>, Internal> {
        let rows = self.inner.store.executions_history(filter, start, length).await.map_err(Internal::new)?;
        Ok(rows.into_iter().map(summary).collect())
    }

    /// Every execution that has not ended, ascending, as of its latest commit.
    pub fn executions_unfinished(&self) -> Vec<ExecutionSummary> {
        self.inner.executor.summaries()
    }

    /// Executions that ended after a time, the latest end first, at most `length`.
    pub async fn executions_ended_after(
        &self,
        time: UnixMillis,
        length: u64,
    ) -> Result<Vec<ExecutionSummary>, Internal> {
        let rows = self.inner.store.executions_ended_after(time, length).await.map_err(Internal::new)?;
        Ok(rows.into_iter().map(summary).collect())
    }

    /// Attempts of the jobs called `job` in executions of these flows, the newest execution first (web-ui §15).
    pub async fn job_history(
        &self,
        project: ProjectId,
        flows: Vec<String>,
        job: &str,
        start: u64,
        length: u64,
    ) -> Result<Vec<JobRun>, Internal> {
        self.inner.store.job_history(project, flows, job, start, length).await.map_err(Internal::new)
    }
}
