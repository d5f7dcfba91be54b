//! `/triggers`, `/flowtrigger` and `/flowtriggerinstance` (http-api §10).
//!
//! The triggers are the schedules, under the same ids. Flow triggers wait for things that plugins of Azkaban look for; there
//! are no plugins here, so there are no flow triggers and no instances of them, and the calls say so in Azkaban's words.

use azkaban_core::ids::{ProjectId, ScheduleId};
use azkaban_core::permission::Permission;
use azkaban_engine::{Action, ScheduleError};
use serde::Serialize;

use super::reply::{self, Reply};
use super::schedule::{self, Answer};
use super::{Call, Failure};
use crate::pages;

pub(super) async fn get(call: &Call<'_>) -> Reply {
    let Some(ajax) = call.ajax() else { return pages::schedule::triggers(call) };
    match call.path.split(';').next() {
        Some("/triggers") => triggers(call, ajax).await,
        Some("/flowtrigger") => flow_trigger(call, ajax).await,
        _ => instances(call, ajax).await,
    }
}

pub(super) async fn post(call: &Call<'_>) -> Reply {
    let Some(ajax) = call.ajax() else { return Ok(reply::empty()) };
    match call.path.split(';').next() {
        Some("/triggers") => triggers(call, ajax).await,
        Some("/flowtrigger") => Ok(reply::empty()),
        _ => instances(call, ajax).await,
    }
}

/// Anybody may do this in Azkaban; here it needs SCHEDULE on the project (§17).
async fn triggers(call: &Call<'_>, ajax: &str) -> Reply {
    if ajax != "expireTrigger" {
        return reply::nothing();
    }
    let id = match call.params.required_number::<i32>("triggerId") {
        Ok(id) => ScheduleId(id.into()),
        Err(failure) => return reply::error(failure.to_string()),
    };
    let absent = || Answer::refused(format!("Trigger with ID {id} does not exist"));
    let Some(found) = call.app.engine.schedule_get(id) else { return reply::pretty(&absent()) };
    let message = format!("Permission denied. Cannot expire trigger with id {id}");
    if let Some(denied) = schedule::denied(call, &found, Action::ScheduleRemove, message).await? {
        return reply::pretty(&denied);
    }
    match call.app.engine.schedule_remove(&call.caller, id).await {
        Ok(_) => reply::pretty(&Answer::done(format!("trigger {id} removed from Schedules."))),
        Err(ScheduleError::Internal(error)) => Err(error.into()),
        Err(_) => reply::pretty(&absent()),
    }
}

async fn flow_trigger(call: &Call<'_>, ajax: &str) -> Reply {
    #[derive(Serialize)]
    struct Done {
        status: &'static str,
    }
    let named = call.params.has("projectId") && call.params.has("flowId");
    if !matches!(ajax, "fetchTrigger" | "pauseTrigger" | "resumeTrigger") || !named {
        return reply::nothing();
    }
    let id: i32 = call.params.required_number("projectId")?;
    if ajax == "fetchTrigger" {
        return reply::nothing();
    }
    let engine = &call.app.engine;
    match engine.project_by_id(ProjectId(id.into())).await? {
        None => reply::error("please specify a valid project id"),
        Some(project) if !engine.project_grants(&call.caller.user, &project, Permission::Admin) => {
            reply::error("Permission denied. Need ADMIN access.")
        }
        Some(_) => reply::pretty(&Done { status: "success" }),
    }
}

async fn instances(call: &Call<'_>, ajax: &str) -> Reply {
    let has = |name: &str| call.params.has(name);
    match ajax {
        "fetchRunningTriggers" => reply::pretty(&Items { items: [] }),
        "killRunningTrigger" if has("id") => {
            reply::error("the trigger doesn't exist, might already finished or cancelled")
        }
        "showTriggerProperties" if has("id") => reply::error("the trigger instance doesn't exist"),
        "killRunningTrigger" | "showTriggerProperties" => {
            reply::error("please specify a valid running trigger instance id")
        }
        "fetchTriggerStatus" if has("triggerinstid") || has("execid") => reply::nothing(),
        "fetchTriggerStatus" => {
            reply::error("please specify a valid trigger instance id or flow execution id")
        }
        "fetchTriggerInstances" => of_flow(call),
        _ => reply::nothing(),
    }
}

#[derive(Serialize)]
struct Items {
    items: [(); 0],
}

fn of_flow(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct Page<'a> {
        flow: &'a str,
        total: i32,
        from: i32,
        length: i32,
        executions: [(); 0],
    }
    let (Some(name), Some(flow)) = (call.params.get("project"), call.params.get("flow")) else {
        return reply::error("please specify project id and flow id");
    };
    let engine = &call.app.engine;
    let Some(project) = engine.project_by_name(name) else {
        return reply::error("please specify a valid project name");
    };
    if !engine.project_grants(&call.caller.user, &project, Permission::Read) {
        return reply::error("Permission denied. Need READ access.");
    }
    let number = |name| -> Result<i32, Failure> { call.params.required_number(name) };
    let (from, length) = (number("start")?, number("length")?);
    reply::pretty(&Page { flow, total: 0, from, length, executions: [] })
}
