//! `/executor`: executing flows, looking at executions and steering them (http-api §4, §7).

mod admin;
mod control;
mod execute;
mod info;
mod logs;
mod show;

use std::sync::Arc;

use azkaban_core::ids::ExecutionId;
use azkaban_core::permission::Permission;
use azkaban_engine::{Action, Project};
use serde::Serialize;

use super::Call;
use super::reply::{self, Reply};
use crate::pages;

pub(super) use info::DisabledNode;

pub(super) async fn get(call: &Call<'_>) -> Reply {
    match call.ajax() {
        Some(ajax) => answer(call, ajax).await,
        None => pages::execution::get(call).await,
    }
}

pub(super) async fn post(call: &Call<'_>) -> Reply {
    match call.ajax() {
        Some(ajax) => answer(call, ajax).await,
        None => Ok(reply::empty()),
    }
}

/// With `execid` only the calls on an execution count, without it only the others.
async fn answer(call: &Call<'_>, ajax: &str) -> Reply {
    if call.params.has("execid") {
        let id: i32 = call.params.required_number("execid")?;
        let id = ExecutionId(id.into());
        return execution(call, ajax, id).await;
    }
    match ajax {
        "reloadExecutors" => admin::reload_executors(call),
        "enableQueueProcessor" => admin::queue(call, true).await,
        "disableQueueProcessor" => admin::queue(call, false).await,
        "ramp" => admin::ramp(call),
        "updateProp" => admin::update_property(call),
        _ => project(call, ajax).await,
    }
}

async fn project(call: &Call<'_>, ajax: &str) -> Reply {
    let name = call.params.required("project")?;
    let permission = match ajax {
        "executeFlow" => return execute::execute(call, name).await,
        "fetchscheduledflowgraph" => return show::unexecuted(call, name).await,
        "getRunning" => Permission::Execute,
        "flowInfo" => Permission::Read,
        _ => {
            #[derive(Serialize)]
            struct Unknown<'a> {
                project: &'a str,
            }
            return reply::pretty(&Unknown { project: name });
        }
    };
    // What a call needs is asked for before the project is looked at (§1.4).
    let flow = call.params.required("flow")?;
    let project = match visible(call, call.app.engine.project_by_name(name), permission, None).await {
        Ok(project) => project,
        Err(message) => return reply::error(message),
    };
    match ajax {
        "getRunning" => show::running(call, &project, flow).await,
        _ => info::of_flow(call, name, &project, flow).await,
    }
}

/// What a call that changes something is called in the audit trail.
fn action(ajax: &str) -> Option<Action> {
    Some(match ajax {
        "cancelFlow" => Action::ExecutionCancel,
        "pauseFlow" => Action::ExecutionPause,
        "resumeFlow" => Action::ExecutionResume,
        "retryFailedJobs" => Action::ExecutionRetry,
        _ => return None,
    })
}

/// The project, if the user has `permission` on it; else the message. That an `action` is refused is told in the audit trail.
async fn visible(
    call: &Call<'_>,
    project: Option<Arc<Project>>,
    permission: Permission,
    action: Option<Action>,
) -> Result<Arc<Project>, String> {
    let Some(project) = project else { return Err("Project 'null' not found.".to_owned()) };
    let engine = &call.app.engine;
    let granted = match action {
        Some(action) => engine.project_permits(&call.caller, &project, permission, action).await,
        None => engine.project_grants(&call.caller.user, &project, permission),
    };
    if granted {
        return Ok(project);
    }
    Err(format!("User '{}' doesn't have {} permissions on {}", call.user(), permission.name(), project.name))
}

async fn execution(call: &Call<'_>, ajax: &str, id: ExecutionId) -> Reply {
    let Some(view) = call.app.engine.execution_get(id).await? else {
        return reply::error(format!("Cannot find execution '{id}'"));
    };
    let permission = match ajax {
        "cancelFlow" | "pauseFlow" | "resumeFlow" | "retryFailedJobs" => Permission::Execute,
        "fetchexecflow"
        | "fetchexecflowupdate"
        | "fetchExecFlowLogs"
        | "fetchExecJobLogs"
        | "fetchExecJobStats"
        | "flowInfo" => Permission::Read,
        _ => return reply::nothing(),
    };
    // This one is read before the permission is looked at (§4.21).
    let since = match ajax {
        "fetchexecflowupdate" => call.params.required_number("lastUpdateTime")?,
        _ => -1,
    };
    let project = call.app.engine.project_by_id(view.summary.project_id).await?;
    let project = match visible(call, project, permission, action(ajax)).await {
        Ok(project) => project,
        Err(message) => return reply::error(message),
    };
    match ajax {
        "fetchexecflow" => show::execution(&view, &project),
        "fetchexecflowupdate" => show::update(&view, since),
        "fetchExecFlowLogs" => logs::of_flow(call, &view).await,
        "fetchExecJobLogs" => logs::of_job(call, &view).await,
        "fetchExecJobStats" => logs::stats(call, &view).await,
        "flowInfo" => info::of_execution(call, &view, &project).await,
        _ => control::answer(call, ajax, &view).await,
    }
}
