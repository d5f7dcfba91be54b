//! Schedules: when flows start by themselves.

mod edit;
mod times;
mod view;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_core::ids::ScheduleId;
use azkaban_core::permission::Permission;
use azkaban_core::schedule::{Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_engine::{Action, Project, PutSchedule, Schedule, ScheduleError};
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path, Query, Signed};
use super::flows::ExecuteRequest;
use super::list::{Page, Paging};
use super::problem::{Answer, Problem};
use super::session::reply;
use crate::app::App;
use view::{MissedName, ScheduleView, one, views, whole};

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put, delete))
        .routes(routes!(get, edit::edit))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(restore))
        .routes(routes!(times::preview))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SchedulesQuery {
    /// Only of this project.
    project: Option<String>,
    /// Only of this flow.
    flow: Option<String>,
    /// With `to`: tell the fires from this time on.
    from: Option<i64>,
    /// Tell the fires before this time.
    to: Option<i64>,
}

/// Schedules of the projects that the caller may read.
#[utoipa::path(get, path = "/schedules", tag = "schedules", operation_id = "listSchedules", params(SchedulesQuery, Paging),
    responses((status = 200, description = "A page of schedules.", body = Page<ScheduleView>)))]
async fn list(
    signed: Signed,
    Query(query): Query<SchedulesQuery>,
    Query(paging): Query<Paging>,
) -> Answer<Response> {
    let window = query.from.zip(query.to);
    let wanted = query.project.as_deref().map(str::to_lowercase);
    let readable = |schedule: Schedule| {
        let project = signed.engine().project_active(schedule.flow.project_id)?;
        let named = wanted.as_ref().is_none_or(|wanted| *wanted == project.name.to_lowercase());
        let flow = query.flow.as_ref().is_none_or(|flow| *flow == schedule.flow.flow_id);
        (named && flow && signed.may(&project, Permission::Read)).then_some((project, schedule))
    };
    let schedules = signed.engine().schedules_list().into_iter().filter_map(readable);
    let page = Page::of(schedules, &paging)?;
    let items = views(&signed, page.items, window).await?;
    Ok(reply(&Page { items, next_cursor: page.next_cursor }))
}

/// A schedule of a project that the caller may read.
fn find(signed: &Signed, id: i64) -> Answer<(Arc<Project>, Schedule)> {
    let not_found = || Problem::not_found("schedule");
    let schedule = signed.engine().schedule_get(ScheduleId(id)).ok_or_else(not_found)?;
    let project = signed.engine().project_active(schedule.flow.project_id).ok_or_else(not_found)?;
    if !signed.may(&project, Permission::Read) {
        return Err(not_found());
    }
    Ok((project, schedule))
}

/// A schedule with how its executions are started.
#[utoipa::path(get, path = "/schedules/{id}", tag = "schedules", operation_id = "getSchedule",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
async fn get(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    let (project, schedule) = find(&signed, id)?;
    Ok(reply(&whole(&signed, project, schedule).await?))
}

/// When and how a flow starts by itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ScheduleRequest {
    /// A Quartz expression.
    cron: String,
    /// An IANA name; the server's own zone if absent.
    time_zone: Option<String>,
    /// What becomes of missed fires; `skip` if absent.
    missed: Option<MissedName>,
    /// The last instant at which it may fire; no end if absent.
    end_at: Option<i64>,
    /// How its executions are started.
    #[serde(default)]
    options: ExecuteRequest,
}

/// What a refused change of a schedule is as a problem.
pub(super) fn refused(error: ScheduleError) -> Problem {
    match error {
        ScheduleError::NotFound(_) => Problem::not_found("schedule"),
        ScheduleError::ProjectNotFound => Problem::not_found("project"),
        ScheduleError::FlowNotFound => Problem::not_found("flow"),
        ScheduleError::NeverFires => Problem::invalid("cron", "neverFires", "It would never fire."),
        ScheduleError::OptionsTooLarge { limit } => {
            Problem::invalid("options", "tooLong", format!("The options take more than {limit} bytes."))
        }
        ScheduleError::Internal(error) => error.into(),
    }
}

/// Schedules a flow; a schedule that it has is replaced and keeps its id and its service levels.
#[utoipa::path(put, path = "/projects/{project}/flows/{flow}/schedule", tag = "schedules", operation_id = "putSchedule",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    request_body = ScheduleRequest,
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
async fn put(
    signed: Signed,
    Path((name, flow_id)): Path<(String, String)>,
    Json(request): Json<ScheduleRequest>,
) -> Answer<Response> {
    let project = signed.project_to(Action::SchedulePut, &name, Permission::Schedule).await?;
    let graph = signed.engine().flow_graph(project.id, project.version, &flow_id).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let zone = times::zone(&signed, request.time_zone.as_deref())?;
    let recurrence = Recurrence::Cron(Box::new(times::cron(&request.cron)?));
    let now = signed.engine().now();
    let put = PutSchedule {
        project: Arc::clone(&project),
        project_name: project.name.clone(),
        flow_id,
        timing: match request.end_at {
            Some(end) => Timing { recurrence, zone, first: now, end: UnixMillis(end) },
            None => Timing::endless(recurrence, zone, now, now),
        },
        missed: request.missed.unwrap_or_default().into(),
        options: request.options.options(&signed, &graph)?,
        keeps_service_levels: true,
    };
    let schedule = signed.engine().schedule_put(&signed.caller, put).await.map_err(refused)?;
    Ok(reply(&one(&signed, project, schedule).await?))
}

/// Removes the schedule of a flow. For a day it can be restored by its id.
#[utoipa::path(delete, path = "/projects/{project}/flows/{flow}/schedule", tag = "schedules", operation_id = "deleteSchedule",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    responses((status = 204, description = "Removed.")))]
async fn delete(signed: Signed, Path((name, flow)): Path<(String, String)>) -> Answer<Response> {
    let project = signed.project_to(Action::ScheduleRemove, &name, Permission::Schedule).await?;
    let schedule = signed.engine().schedule_of_flow(project.id, &flow);
    let schedule = schedule.ok_or_else(|| Problem::not_found("schedule"))?;
    signed.engine().schedule_remove(&signed.caller, schedule.id).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn set_paused(signed: &Signed, id: i64, pause: bool) -> Answer<Response> {
    let (project, _) = find(signed, id)?;
    let action = if pause { Action::SchedulePause } else { Action::ScheduleResume };
    signed.require_to(action, &project, Permission::Schedule).await?;
    let (engine, caller, id) = (signed.engine(), &signed.caller, ScheduleId(id));
    let set = if pause {
        engine.schedule_pause(caller, id).await
    } else {
        engine.schedule_resume(caller, id).await
    };
    Ok(reply(&one(signed, project, set.map_err(refused)?).await?))
}

/// Stops a schedule from firing until it is resumed.
#[utoipa::path(post, path = "/schedules/{id}/pause", tag = "schedules", operation_id = "pauseSchedule",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
async fn pause(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    set_paused(&signed, id, true).await
}

/// Lets a paused schedule fire again.
#[utoipa::path(post, path = "/schedules/{id}/resume", tag = "schedules", operation_id = "resumeSchedule",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
async fn resume(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    set_paused(&signed, id, false).await
}

/// Puts back a schedule that was removed within the last day, with its id, its history, its options and its pause.
#[utoipa::path(post, path = "/schedules/{id}/restore", tag = "schedules", operation_id = "restoreSchedule",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
async fn restore(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    let not_found = || Problem::not_found("schedule");
    let removed = signed.engine().schedule_removed(ScheduleId(id)).await?.ok_or_else(not_found)?;
    let project = signed.engine().project_active(removed.flow.project_id).ok_or_else(not_found)?;
    if !signed.may(&project, Permission::Read) {
        return Err(not_found());
    }
    signed.require_to(Action::ScheduleRestore, &project, Permission::Schedule).await?;
    let restored = signed.engine().schedule_restore(&signed.caller, ScheduleId(id)).await.map_err(refused)?;
    let replaced = "The flow has been scheduled anew since this schedule was removed.";
    let restored = restored.ok_or_else(|| Problem::conflict("scheduled", replaced))?;
    Ok(reply(&one(&signed, project, restored).await?))
}
