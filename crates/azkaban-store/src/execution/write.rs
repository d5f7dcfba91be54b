//! Changes of executions, nodes and attempts.

use std::sync::LazyLock;

use azkaban_core::ids::ExecutionId;
use azkaban_core::props::Props;
use rusqlite::{Connection, OptionalExtension, params};

use super::{AttemptRow, ExecutionState, NodeState};
use crate::convert::{TERMINAL, check_json, millis, to_json};
use crate::dialect;
use crate::error::{Error, Result};

static EXECUTION_UPDATE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE execution SET status = ?, started_at = ?, ended_at = ?, updated_at = ?, flags = ?
         WHERE id = ? AND status NOT IN ({TERMINAL})"
    )
});

static NODE_UPSERT: LazyLock<String> = LazyLock::new(|| {
    dialect::upsert(
        "execution_node",
        &["execution_id", "path"],
        &["status", "attempt", "started_at", "ended_at", "updated_at", "not_before", "marks"],
    )
});

/// Replaces an execution's state.
///
/// # Errors
/// [`Error::ExecutionEnded`] if the stored status is terminal, [`Error::ExecutionNotFound`].
pub(crate) fn execution_update(connection: &Connection, state: &ExecutionState) -> Result<()> {
    check_json("execution.flags", &state.flags)?;
    let changed = connection.prepare_cached(&EXECUTION_UPDATE)?.execute(params![
        state.status.code(),
        millis(state.started_at),
        millis(state.ended_at),
        state.updated_at.0,
        state.flags,
        state.id.0,
    ])?;
    if changed == 0 {
        return Err(if exists(connection, state.id)? {
            Error::ExecutionEnded(state.id)
        } else {
            Error::ExecutionNotFound(state.id)
        });
    }
    if state.status.is_terminal_for_execution() {
        connection
            .prepare_cached(
                "DELETE FROM execution_unfinished WHERE execution_id = ?
                 AND project_id = (SELECT project_id FROM execution WHERE id = ?)
                 AND flow_id = (SELECT flow_id FROM execution WHERE id = ?)",
            )?
            .execute((state.id.0, state.id.0, state.id.0))?;
    }
    Ok(())
}

fn exists(connection: &Connection, id: ExecutionId) -> Result<bool> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT id FROM execution WHERE id = ?")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// Stores a node's state, whatever it was.
pub(crate) fn node_upsert(connection: &Connection, execution: ExecutionId, node: &NodeState) -> Result<()> {
    if let Some(marks) = &node.marks {
        check_json("execution_node.marks", marks)?;
    }
    connection.prepare_cached(&NODE_UPSERT)?.execute(params![
        execution.0,
        node.path.as_str(),
        node.status.code(),
        node.attempt,
        millis(node.started_at),
        millis(node.ended_at),
        millis(node.updated_at),
        millis(node.not_before),
        node.marks,
    ])?;
    Ok(())
}

/// Stores a new attempt.
///
/// # Errors
/// [`Error::AttemptExists`]: its process may have been started already.
pub(crate) fn attempt_insert(connection: &Connection, attempt: &AttemptRow) -> Result<()> {
    let result = connection
        .prepare_cached(
            "INSERT INTO execution_attempt (execution_id, path, attempt, status, started_at, ended_at, retries,
             backoff_ms, supervisor, reason, outputs, output_file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            attempt.key.execution.0,
            attempt.key.node.as_str(),
            attempt.key.attempt,
            attempt.status.code(),
            millis(attempt.started_at),
            millis(attempt.ended_at),
            attempt.retries,
            attempt.backoff_ms,
            attempt.supervisor,
            attempt.reason,
            outputs_json(attempt.outputs.as_ref())?,
            attempt.output_file,
        ]);
    match result {
        Ok(_) => Ok(()),
        Err(error) if dialect::is_duplicate(&error) => Err(Error::AttemptExists(attempt.key.clone())),
        Err(error) => Err(error.into()),
    }
}

/// Replaces what is stored of an attempt.
///
/// # Errors
/// [`Error::AttemptNotFound`].
pub(crate) fn attempt_update(connection: &Connection, attempt: &AttemptRow) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE execution_attempt SET status = ?, started_at = ?, ended_at = ?, retries = ?, backoff_ms = ?,
             supervisor = ?, reason = ?, outputs = ?, output_file = ? WHERE execution_id = ? AND path = ? AND attempt = ?",
        )?
        .execute(params![
            attempt.status.code(),
            millis(attempt.started_at),
            millis(attempt.ended_at),
            attempt.retries,
            attempt.backoff_ms,
            attempt.supervisor,
            attempt.reason,
            outputs_json(attempt.outputs.as_ref())?,
            attempt.output_file,
            attempt.key.execution.0,
            attempt.key.node.as_str(),
            attempt.key.attempt,
        ])?;
    if changed == 0 { Err(Error::AttemptNotFound(attempt.key.clone())) } else { Ok(()) }
}

fn outputs_json(outputs: Option<&Props>) -> Result<Option<String>> {
    outputs.map(|props| to_json("execution_attempt.outputs", props)).transpose()
}
