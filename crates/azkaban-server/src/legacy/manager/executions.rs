//! Executions of a flow (http-api §4.7, §6).

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::time::UnixMillis;
use serde::Serialize;

use super::Manager;
use crate::legacy::reply::Reply;
use crate::legacy::views::millis;

/// `fetchFlowExecutions`.
pub(super) async fn list(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    struct Page<'a> {
        flow: &'a str,
        total: i64,
        from: i32,
        length: i32,
        executions: Vec<Item<'a>>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Item<'a> {
        exec_id: ExecutionId,
        flow_id: &'a str,
        project_id: ProjectId,
        status: &'static str,
        submit_time: UnixMillis,
        start_time: i64,
        end_time: i64,
        submit_user: &'a str,
    }
    let params = &manager.call.params;
    let flow = params.required("flow")?;
    let (from, length) = (params.required_number::<i32>("start")?, params.required_number::<i32>("length")?);
    let engine = &manager.call.app.engine;
    let (total, rows) =
        engine.executions_of_flow(manager.project.id, flow, from.into(), length.into()).await?;
    let executions = rows.iter().map(|row| Item {
        exec_id: row.id,
        flow_id: &row.flow_id,
        project_id: row.project_id,
        status: row.status.name(),
        submit_time: row.submitted_at,
        start_time: millis(row.started_at),
        end_time: millis(row.ended_at),
        submit_user: &row.submit_user,
    });
    manager.answer(Page { flow, total, from, length, executions: executions.collect() })
}

/// `fetchLastSuccessfulFlowExecution`; `success` is a text.
pub(super) async fn last_succeeded(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    struct Answer {
        success: &'static str,
        message: &'static str,
        #[serde(rename = "execId", skip_serializing_if = "Option::is_none")]
        id: Option<ExecutionId>,
    }
    let flow = manager.call.params.required("flow")?;
    let id = manager.call.app.engine.execution_last_succeeded(manager.project.id, flow).await?;
    manager.answer(match id {
        Some(_) => Answer { success: "true", message: "", id },
        None => Answer { success: "false", message: "This flow has no successful run.", id },
    })
}
