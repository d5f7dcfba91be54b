//! Looking at executions.

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath, ProjectId, ProjectVersion};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::status::Status;
use rusqlite::{Connection, Row};

use super::{AttemptRow, ExecutionRecord, ExecutionRow, ListPage, NodeState};
use crate::convert::{from_json, read_status, read_time, read_time_opt};
use crate::error::{Error, Result};
use crate::query::{first, list, snapshot};
use crate::store::Store;

/// The columns of [`execution_row`], of a table named `e`.
macro_rules! execution_columns {
    () => {
        "e.id, e.project_id, e.project_version, e.flow_id, e.status, e.submit_user, e.submitted_at, e.started_at,
         e.ended_at, e.updated_at, e.source, e.priority, e.uuid, e.flags"
    };
}
pub(super) use execution_columns;

impl Store {
    /// One execution, without its options and nodes. A point read.
    pub async fn execution_get(&self, id: ExecutionId) -> Result<Option<ExecutionRow>> {
        self.read(|connection| execution_by_id(connection, id))
    }

    /// What was asked for with an execution. A point read.
    pub async fn execution_options_get(&self, id: ExecutionId) -> Result<Option<ExecutionOptions>> {
        self.read(|connection| options_by_id(connection, id))
    }

    /// The nodes of an execution that are not READY, by path. A point read.
    pub async fn execution_nodes_list(&self, id: ExecutionId) -> Result<Vec<NodeState>> {
        self.read(|connection| nodes_by_execution(connection, id))
    }

    /// The attempts of an execution, by path and number. A point read.
    pub async fn execution_attempts_list(&self, id: ExecutionId) -> Result<Vec<AttemptRow>> {
        self.read(|connection| attempts_by_execution(connection, id))
    }

    /// The attempts of one job of an execution, by number. A point read.
    pub async fn execution_attempts_list_by_node(
        &self,
        id: ExecutionId,
        node: &NodePath,
    ) -> Result<Vec<AttemptRow>> {
        self.read(|connection| {
            list(
                connection,
                "SELECT path, attempt, status, started_at, ended_at, retries, backoff_ms, supervisor, reason, outputs, output_file
                 FROM execution_attempt WHERE execution_id = ? AND path = ? ORDER BY attempt",
                (id.0, node.as_str()),
                |row| attempt_row(id, row),
            )
        })
    }

    /// All that is stored of an execution, as of one moment: what going on with it after a restart needs.
    pub async fn execution_record_get(&self, id: ExecutionId) -> Result<Option<ExecutionRecord>> {
        self.read(|connection| snapshot(connection, |connection| record_by_id(connection, id)))
    }

    /// Executions of a flow from the newest on, `length` of them after skipping `start` (http-api §4.7).
    pub async fn executions_list_by_flow(
        &self,
        project: ProjectId,
        flow: &str,
        start: u64,
        length: u64,
    ) -> Result<ListPage<ExecutionRow>> {
        let flow = flow.to_owned();
        let read = move |connection: &Connection| {
            let total = first(
                connection,
                "SELECT COUNT(*) FROM execution WHERE project_id = ? AND flow_id = ?",
                (project.0, &flow),
                |row| Ok(row.get::<_, i64>(0)?),
            )?;
            let rows = list(
                connection,
                concat!(
                    "SELECT ",
                    execution_columns!(),
                    " FROM execution e WHERE e.project_id = ? AND e.flow_id = ? ORDER BY e.id DESC LIMIT ? OFFSET ?"
                ),
                (project.0, &flow, limit(length), limit(start)),
                execution_row,
            )?;
            Ok(ListPage { total: total.map_or(0, i64::unsigned_abs), rows })
        };
        self.read_list(move |connection| snapshot(connection, read)).await
    }

    /// Every execution whose status is not terminal, ascending: what a restarted server goes on with.
    pub async fn executions_unfinished_list(&self) -> Result<Vec<ExecutionRow>> {
        self.read_list(|connection| {
            list(
                connection,
                concat!(
                    "SELECT ",
                    execution_columns!(),
                    " FROM execution_unfinished u JOIN execution e ON e.id = u.execution_id ORDER BY e.id"
                ),
                [],
                execution_row,
            )
        })
        .await
    }

    /// Unfinished executions of a flow, ascending (http-api §4.8). A point read.
    pub async fn executions_running_by_flow(
        &self,
        project: ProjectId,
        flow: &str,
    ) -> Result<Vec<ExecutionId>> {
        self.read(|connection| running_by_flow(connection, project, flow))
    }

    /// The newest execution of a flow that succeeded.
    pub async fn execution_last_succeeded(
        &self,
        project: ProjectId,
        flow: &str,
    ) -> Result<Option<ExecutionId>> {
        let flow = flow.to_owned();
        self.read_list(move |connection| {
            first(
                connection,
                "SELECT id FROM execution WHERE project_id = ? AND flow_id = ? AND status = ?
                 ORDER BY id DESC LIMIT 1",
                (project.0, &flow, Status::Succeeded.code()),
                |row| Ok(ExecutionId(row.get(0)?)),
            )
        })
        .await
    }
}

/// A count for `LIMIT` and `OFFSET`, which take signed numbers.
pub(super) fn limit(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn running_by_flow(
    connection: &Connection,
    project: ProjectId,
    flow: &str,
) -> Result<Vec<ExecutionId>> {
    list(
        connection,
        "SELECT execution_id FROM execution_unfinished WHERE project_id = ? AND flow_id = ? ORDER BY execution_id",
        (project.0, flow),
        |row| Ok(ExecutionId(row.get(0)?)),
    )
}

/// Executions of a flow from the newest on, at most `count`; all of them older than `before`, if that is given.
pub(crate) fn newest_of_flow(
    connection: &Connection,
    project: ProjectId,
    flow: &str,
    before: Option<ExecutionId>,
    count: u64,
) -> Result<Vec<ExecutionRow>> {
    list(
        connection,
        concat!(
            "SELECT ",
            execution_columns!(),
            " FROM execution e WHERE e.project_id = ? AND e.flow_id = ? AND e.id < ? ORDER BY e.id DESC LIMIT ?"
        ),
        (project.0, flow, before.map_or(i64::MAX, |id| id.0), limit(count)),
        execution_row,
    )
}

fn record_by_id(connection: &Connection, id: ExecutionId) -> Result<Option<ExecutionRecord>> {
    let Some(row) = execution_by_id(connection, id)? else { return Ok(None) };
    let options = options_by_id(connection, id)?.ok_or_else(|| Error::Unreadable {
        what: "execution_options",
        message: format!("execution {id} has none"),
    })?;
    let nodes = nodes_by_execution(connection, id)?;
    let attempts = attempts_by_execution(connection, id)?;
    Ok(Some(ExecutionRecord { row, options, nodes, attempts }))
}

fn execution_by_id(connection: &Connection, id: ExecutionId) -> Result<Option<ExecutionRow>> {
    let sql = concat!("SELECT ", execution_columns!(), " FROM execution e WHERE e.id = ?");
    first(connection, sql, [id.0], execution_row)
}

fn options_by_id(connection: &Connection, id: ExecutionId) -> Result<Option<ExecutionOptions>> {
    let sql = "SELECT options FROM execution_options WHERE execution_id = ?";
    first(connection, sql, [id.0], |row| from_json("execution_options.options", text(row, 0)?))
}

pub(super) fn nodes_by_execution(connection: &Connection, id: ExecutionId) -> Result<Vec<NodeState>> {
    list(
        connection,
        "SELECT path, status, attempt, started_at, ended_at, updated_at, not_before, marks
         FROM execution_node WHERE execution_id = ? ORDER BY path",
        [id.0],
        |row| {
            Ok(NodeState {
                path: path(row, 0)?,
                status: read_status(row, 1)?,
                attempt: row.get(2)?,
                started_at: read_time_opt(row, 3)?,
                ended_at: read_time_opt(row, 4)?,
                updated_at: read_time_opt(row, 5)?,
                not_before: read_time_opt(row, 6)?,
                marks: row.get(7)?,
            })
        },
    )
}

fn attempts_by_execution(connection: &Connection, id: ExecutionId) -> Result<Vec<AttemptRow>> {
    list(
        connection,
        "SELECT path, attempt, status, started_at, ended_at, retries, backoff_ms, supervisor, reason, outputs, output_file
         FROM execution_attempt WHERE execution_id = ? ORDER BY path, attempt",
        [id.0],
        |row| attempt_row(id, row),
    )
}

/// Reads [`execution_columns`].
pub(super) fn execution_row(row: &Row<'_>) -> Result<ExecutionRow> {
    Ok(ExecutionRow {
        id: ExecutionId(row.get(0)?),
        project: ProjectId(row.get(1)?),
        project_version: ProjectVersion(row.get(2)?),
        flow: row.get(3)?,
        status: read_status(row, 4)?,
        submit_user: row.get(5)?,
        submitted_at: read_time(row, 6)?,
        started_at: read_time_opt(row, 7)?,
        ended_at: read_time_opt(row, 8)?,
        updated_at: read_time(row, 9)?,
        source: row.get(10)?,
        priority: row.get(11)?,
        uuid: row.get(12)?,
        flags: row.get(13)?,
    })
}

fn attempt_row(execution: ExecutionId, row: &Row<'_>) -> Result<AttemptRow> {
    let outputs: Option<String> = row.get(9)?;
    Ok(AttemptRow {
        key: AttemptKey { execution, node: path(row, 0)?, attempt: row.get(1)? },
        status: read_status(row, 2)?,
        started_at: read_time_opt(row, 3)?,
        ended_at: read_time_opt(row, 4)?,
        retries: row.get(5)?,
        backoff_ms: row.get(6)?,
        supervisor: row.get(7)?,
        reason: row.get(8)?,
        outputs: outputs.map(|json| from_json("execution_attempt.outputs", json.as_bytes())).transpose()?,
        output_file: row.get(10)?,
    })
}

fn path(row: &Row<'_>, column: usize) -> Result<NodePath> {
    let text: &str = row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(NodePath::from(text))
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_bytes().map_err(rusqlite::Error::from)?)
}
