//! How long flows and jobs usually take.

use azkaban_core::ids::{NodePath, ProjectId};
use azkaban_core::status::Status;
use rusqlite::Connection;

use crate::error::Result;
use crate::query::list;
use crate::store::Store;

/// The newest executions that are looked at; an average of older ones would tell of another flow.
const RUNS: u32 = 30;

impl Store {
    /// The median length of successful runs of each flow, or of a node of it, among its newest executions, in
    /// milliseconds.
    pub async fn typical_lengths(
        &self,
        of: Vec<(ProjectId, String, Option<NodePath>)>,
    ) -> Result<Vec<Option<i64>>> {
        self.read_list(move |connection| {
            of.iter()
                .map(|(project, flow, node)| typical(connection, *project, flow, node.as_ref()))
                .collect()
        })
        .await
    }
}

fn typical(
    connection: &Connection,
    project: ProjectId,
    flow: &str,
    node: Option<&NodePath>,
) -> Result<Option<i64>> {
    let read = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(0)?);
    let mut lengths = match node {
        None => list(
            connection,
            "SELECT ended_at - started_at
             FROM (SELECT status, started_at, ended_at FROM execution
                   WHERE project_id = ? AND flow_id = ? ORDER BY id DESC LIMIT ?) e
             WHERE status = ? AND started_at IS NOT NULL AND ended_at IS NOT NULL",
            (project.0, flow, RUNS, Status::Succeeded.code()),
            read,
        )?,
        Some(node) => list(
            connection,
            "SELECT n.ended_at - n.started_at
             FROM (SELECT id FROM execution WHERE project_id = ? AND flow_id = ? ORDER BY id DESC LIMIT ?) e
             JOIN execution_node n ON n.execution_id = e.id AND n.path = ?
             WHERE n.status = ? AND n.started_at IS NOT NULL AND n.ended_at IS NOT NULL",
            (project.0, flow, RUNS, node.as_str(), Status::Succeeded.code()),
            read,
        )?,
    };
    lengths.sort_unstable();
    Ok(lengths.get(lengths.len() / 2).copied())
}
