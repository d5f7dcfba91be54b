//! The lock on a flow.

use std::sync::Arc;

use axum::response::Response;
use azkaban_core::permission::Permission;
use azkaban_engine::{Action, FlowLock, FlowLockError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::readable;
use crate::api::extract::{Json, Path, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::schema::millis;
use crate::api::session::reply;
use crate::app::App;

/// Characters of a lock's message at most.
const MAX_MESSAGE: usize = 2_000;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get, put, delete))
}

/// Whether a flow is locked against execution.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LockView {
    locked: bool,
    /// Why.
    message: Option<String>,
    /// Who locked it; null of locks that are older than this knowledge.
    locked_by: Option<String>,
    locked_at: Option<i64>,
}

/// A lock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LockRequest {
    /// Why.
    message: Option<String>,
}

pub(super) fn view(lock: Option<FlowLock>) -> LockView {
    let locked = lock.is_some();
    let (message, by, at) = lock.map(|lock| (lock.message, lock.by, lock.at)).unwrap_or_default();
    LockView { locked, message, locked_by: by, locked_at: millis(at) }
}

fn refused(error: FlowLockError) -> Problem {
    match error {
        FlowLockError::FlowNotFound => Problem::not_found("flow"),
        FlowLockError::ProjectGone => Problem::not_found("project"),
        FlowLockError::Internal(error) => error.into(),
    }
}

/// Whether a flow is locked against execution.
#[utoipa::path(get, path = "/projects/{project}/flows/{flow}/lock", tag = "flows", operation_id = "getFlowLock",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    responses((status = 200, description = "The lock.", body = LockView)))]
async fn get(signed: Signed, Path((name, flow)): Path<(String, String)>) -> Answer<Response> {
    let project = readable(&signed, &name)?;
    let (_, model) = signed.model(&project, None).await?;
    if !model.flows.contains_key(&flow) {
        return Err(Problem::not_found("flow"));
    }
    Ok(reply(&view(signed.engine().flow_lock_get(project.id, &flow))))
}

/// Locks a flow against execution.
#[utoipa::path(put, path = "/projects/{project}/flows/{flow}/lock", tag = "flows", operation_id = "lockFlow",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    request_body = LockRequest,
    responses((status = 200, description = "The lock.", body = LockView)))]
async fn put(
    signed: Signed,
    Path((name, flow)): Path<(String, String)>,
    Json(request): Json<LockRequest>,
) -> Answer<Response> {
    let project = signed.project_to(Action::FlowLock, &name, Permission::Admin).await?;
    if request.message.as_ref().is_some_and(|message| message.chars().count() > MAX_MESSAGE) {
        let message = format!("The message has at most {MAX_MESSAGE} characters.");
        return Err(Problem::invalid("message", "tooLong", message));
    }
    let locked = signed.engine().flow_lock(&signed.caller, &project, &flow, request.message).await;
    locked.map_err(refused)?;
    Ok(reply(&view(signed.engine().flow_lock_get(project.id, &flow))))
}

/// Unlocks a flow.
#[utoipa::path(delete, path = "/projects/{project}/flows/{flow}/lock", tag = "flows", operation_id = "unlockFlow",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    responses((status = 200, description = "No lock.", body = LockView)))]
async fn delete(signed: Signed, Path((name, flow)): Path<(String, String)>) -> Answer<Response> {
    let project = signed.project_to(Action::FlowUnlock, &name, Permission::Admin).await?;
    signed.engine().flow_unlock(&signed.caller, &project, &flow).await.map_err(refused)?;
    Ok(reply(&view(None)))
}
