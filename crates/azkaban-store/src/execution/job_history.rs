//! The attempts of one job over all executions of its flows (http-api §13.2, `history`).

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath, ProjectId};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use rusqlite::Connection;

use super::read::limit;
use crate::convert::{read_status, read_time_opt};
use crate::error::Result;
use crate::query::list;
use crate::store::Store;

/// One attempt of a job, and the flow that it was part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// Which attempt.
    pub key: AttemptKey,
    /// The executed flow's id.
    pub flow: String,
    /// How it ended, or what it does.
    pub status: Status,
    /// When it started.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
}

impl Store {
    /// Attempts of every node with the id `job` in executions of these flows of a project, the newest execution first,
    /// `length` of them after skipping `start`.
    ///
    /// Each flow is read from its newest execution on and no further than needed. There is no total: ask for one more than
    /// fits a page to know whether there is a next one.
    pub async fn job_history(
        &self,
        project: ProjectId,
        flows: Vec<String>,
        job: &str,
        start: u64,
        length: u64,
    ) -> Result<Vec<JobRun>> {
        let job = job.to_owned();
        self.read_list(move |connection| {
            let wanted = start.saturating_add(length);
            let mut runs = Vec::new();
            for flow in &flows {
                runs.extend(of_flow(connection, project, flow, &job, wanted)?);
            }
            runs.sort_by(|a: &JobRun, b: &JobRun| {
                (b.key.execution, b.key.attempt, &a.key.node).cmp(&(
                    a.key.execution,
                    a.key.attempt,
                    &b.key.node,
                ))
            });
            let skip = usize::try_from(start).unwrap_or(usize::MAX);
            Ok(runs.into_iter().skip(skip).take(usize::try_from(length).unwrap_or(usize::MAX)).collect())
        })
        .await
    }
}

fn of_flow(
    connection: &Connection,
    project: ProjectId,
    flow: &str,
    job: &str,
    wanted: u64,
) -> Result<Vec<JobRun>> {
    let nested = format!(":{job}");
    list(
        connection,
        "SELECT a.execution_id, a.path, a.attempt, a.status, a.started_at, a.ended_at
         FROM execution e JOIN execution_attempt a ON a.execution_id = e.id
         WHERE e.project_id = ? AND e.flow_id = ? AND (a.path = ? OR SUBSTR(a.path, -LENGTH(?)) = ?)
         ORDER BY e.id DESC, a.attempt DESC, a.path LIMIT ?",
        (project.0, flow, job, &nested, &nested, limit(wanted)),
        |row| {
            let path: String = row.get(1)?;
            let (execution, node) = (ExecutionId(row.get(0)?), NodePath::from(path.as_str()));
            Ok(JobRun {
                key: AttemptKey { execution, node, attempt: row.get(2)? },
                flow: flow.to_owned(),
                status: read_status(row, 3)?,
                started_at: read_time_opt(row, 4)?,
                ended_at: read_time_opt(row, 5)?,
            })
        },
    )
}
