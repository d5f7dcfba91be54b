//! `/schedule` (http-api §4.11–§4.16, §8): there are no schedules, and none can be made.

use azkaban_core::permission::Permission;
use serde::Serialize;

use super::Call;
use super::reply::{self, Flash, Reply};
use crate::pages;

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    message: String,
}

fn refused(message: String) -> Answer {
    Answer { status: "error", message }
}

pub(super) async fn get(call: &Call<'_>) -> Reply {
    match call.ajax() {
        Some(ajax) => answer(call, ajax).await,
        None => pages::message(call, "Schedules are not part of this version."),
    }
}

pub(super) async fn post(call: &Call<'_>) -> Reply {
    if let Some(ajax) = call.ajax() {
        return answer(call, ajax).await;
    }
    let refused = match call.params.get("action") {
        Some("scheduleFlow" | "scheduleCronFlow") => schedule(call).await?,
        Some("removeSched") => {
            let id: i32 = call.params.required_number("scheduleId")?;
            refused(format!("Schedule with ID {id} does not exist"))
        }
        _ => return reply::nothing(),
    };
    Ok(reply::with_flash(reply::pretty(&refused)?, Flash::Failure, &refused.message))
}

async fn answer(call: &Call<'_>, ajax: &str) -> Reply {
    match ajax {
        "scheduleFlow" | "scheduleCronFlow" => reply::pretty(&schedule(call).await?),
        "setSla" | "slaInfo" => match call.params.get("scheduleId") {
            Some(_) => {
                let id: i32 = call.params.required_number("scheduleId")?;
                reply::error(format!("Error loading schedule. Schedule {id} doesn't exist"))
            }
            None => reply::error("Missing required parameter 'scheduleId'."),
        },
        _ => reply::nothing(),
    }
}

/// Refuses, with the reason that comes first.
async fn schedule(call: &Call<'_>) -> Result<Answer, super::Failure> {
    let engine = &call.app.engine;
    let name = call.params.required("projectName")?;
    let flow = call.params.required("flow")?;
    let Some(project) = engine.project_by_name(name) else {
        return Ok(refused(format!("Project {name} does not exist")));
    };
    if !engine.project_grants(&call.caller.user, &project, Permission::Schedule) {
        return Ok(refused(format!("Permission denied. Cannot execute {flow}")));
    }
    if !engine.project_model(project.id, project.version).await?.flows.contains_key(flow) {
        return Ok(refused(format!("Flow {flow} cannot be found in project {name}")));
    }
    if engine.flow_lock_get(project.id, flow).await?.is_some() {
        return Ok(refused(format!("Flow {flow} in project {name} is locked.")));
    }
    Ok(refused("Schedules are not part of this version.".to_owned()))
}
