//! `/schedule` (http-api §4.11–§4.16, §8), with calls of our own: pause and resume, and the next fires.

mod put;
mod show;
mod time;

use azkaban_core::ids::ScheduleId;
use azkaban_core::permission::Permission;
use azkaban_engine::{Action, Schedule, ScheduleError};
use serde::Serialize;

use super::reply::{self, Flash, Reply};
use super::{Call, Failure, sla};
use crate::pages;

/// The usual answer. Which keys there are depends on what happened.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Answer {
    pub(super) fn done(message: impl Into<String>) -> Self {
        Self { status: Some("success"), message: Some(message.into()), ..Self::default() }
    }

    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self { status: Some("error"), message: Some(message.into()), ..Self::default() }
    }

    /// Only `error`, without a status.
    fn error(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }
}

pub(super) async fn get(call: &Call<'_>) -> Reply {
    match call.ajax() {
        Some(ajax) => answer(call, ajax).await,
        None => pages::schedule::get(call),
    }
}

pub(super) async fn post(call: &Call<'_>) -> Reply {
    if let Some(ajax) = call.ajax() {
        return answer(call, ajax).await;
    }
    let answer = match call.params.get("action") {
        Some("scheduleFlow") => put::every(call).await?,
        Some("scheduleCronFlow") => put::cron(call).await?,
        Some("removeSched") => remove(call).await?,
        _ => Answer::default(),
    };
    let kind = if answer.status == Some("success") { Flash::Success } else { Flash::Failure };
    let message = answer.message.clone().unwrap_or_default();
    Ok(reply::with_flash(reply::pretty(&answer)?, kind, &message))
}

async fn answer(call: &Call<'_>, ajax: &str) -> Reply {
    match ajax {
        "scheduleFlow" => reply::pretty(&put::every(call).await?),
        "scheduleCronFlow" => reply::pretty(&put::cron(call).await?),
        "fetchSchedule" => show::one(call),
        "fetchSchedules" | "loadFlow" => show::all(call),
        "fetchNextFires" => show::next_fires(call),
        "pauseSchedule" => reply::pretty(&pause(call, true).await?),
        "resumeSchedule" => reply::pretty(&pause(call, false).await?),
        "setSla" => sla::set(call).await,
        "slaInfo" => sla::info(call).await,
        _ => reply::nothing(),
    }
}

/// The schedule of `scheduleId`, or what is said if there is none.
fn named(call: &Call<'_>) -> Result<Result<Schedule, Answer>, Failure> {
    let id: i32 = call.params.required_number("scheduleId")?;
    let found = call.app.engine.schedule_get(ScheduleId(id.into()));
    Ok(found.ok_or_else(|| absent(ScheduleId(id.into()))))
}

fn absent(id: ScheduleId) -> Answer {
    Answer::refused(format!("Schedule with ID {id} does not exist"))
}

/// What is said if the user may not do this to a schedule.
pub(super) async fn denied(
    call: &Call<'_>,
    schedule: &Schedule,
    action: Action,
    message: String,
) -> Result<Option<Answer>, Failure> {
    let (engine, id) = (&call.app.engine, schedule.flow.project_id);
    let Some(project) = engine.project_by_id(id).await? else {
        return Ok(Some(Answer::refused(format!("Project {id} does not exist"))));
    };
    let granted = engine.project_permits(&call.caller, &project, Permission::Schedule, action).await;
    Ok((!granted).then(|| Answer::refused(message)))
}

async fn remove(call: &Call<'_>) -> Result<Answer, Failure> {
    let schedule = match named(call)? {
        Ok(schedule) => schedule,
        Err(absent) => return Ok(absent),
    };
    let message = format!("Permission denied. Cannot remove schedule with id {}", schedule.id);
    if let Some(denied) = denied(call, &schedule, Action::ScheduleRemove, message).await? {
        return Ok(denied);
    }
    match call.app.engine.schedule_remove(&call.caller, schedule.id).await {
        Ok(removed) => Ok(Answer::done(format!("flow {} removed from Schedules.", removed.flow.flow_id))),
        Err(ScheduleError::Internal(error)) => Err(error.into()),
        Err(_) => Ok(absent(schedule.id)),
    }
}

async fn pause(call: &Call<'_>, pause: bool) -> Result<Answer, Failure> {
    let schedule = match named(call)? {
        Ok(schedule) => schedule,
        Err(absent) => return Ok(absent),
    };
    let (verb, action) =
        if pause { ("pause", Action::SchedulePause) } else { ("resume", Action::ScheduleResume) };
    let message = format!("Permission denied. Cannot {verb} schedule with id {}", schedule.id);
    if let Some(denied) = denied(call, &schedule, action, message).await? {
        return Ok(denied);
    }
    let engine = &call.app.engine;
    let set = match pause {
        true => engine.schedule_pause(&call.caller, schedule.id).await,
        false => engine.schedule_resume(&call.caller, schedule.id).await,
    };
    match set {
        Ok(set) => Ok(Answer {
            schedule_id: Some(set.id.0),
            ..Answer::done(format!("Schedule of flow {} {verb}d.", set.flow.flow_id))
        }),
        Err(ScheduleError::Internal(error)) => Err(error.into()),
        Err(ScheduleError::NeverFires) => {
            Ok(Answer::refused(format!("Schedule with ID {} has no fires left.", schedule.id)))
        }
        Err(_) => Ok(absent(schedule.id)),
    }
}
