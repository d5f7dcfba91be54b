//! Schedules: when flows start by themselves.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_core::ids::ScheduleId;
use azkaban_core::permission::Permission;
use azkaban_core::schedule::{Cron, MissedFires, Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_engine::{Action, Project, PutSchedule, Schedule, ScheduleError};
use http::StatusCode;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path, Query, Signed};
use super::flows::ExecuteRequest;
use super::list::{Page, Paging, limit};
use super::problem::{Answer, Problem};
use super::session::reply;
use crate::app::App;

/// Fires of one schedule that are told at most.
const MAX_FIRES: usize = 200;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put, delete))
        .routes(routes!(get))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(preview))
}

/// What becomes of missed fires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum MissedName {
    /// Nothing.
    #[default]
    Skip,
    /// One run for all of them.
    Once,
    /// One run for each.
    All,
}

/// A flow's schedule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduleView {
    /// Stays when the flow is scheduled anew.
    id: i64,
    project: String,
    project_id: i64,
    flow: String,
    /// A Quartz expression; null of a schedule that recurs otherwise.
    cron: Option<String>,
    /// A period such as `1d`; null of a schedule that recurs otherwise.
    period: Option<String>,
    /// The zone that it is reckoned in.
    time_zone: String,
    paused: bool,
    missed: MissedName,
    /// Who submits its executions.
    user: String,
    submitted_at: i64,
    first_at: i64,
    /// Null while it is paused.
    next_at: Option<i64>,
    /// The last instant at which it may fire; null if it has no end.
    end_at: Option<i64>,
    /// The fires in the time that was asked for, at most 200.
    fires: Vec<i64>,
}

/// Ends beyond this count as none (Azkaban's own is in the year 2050).
const NO_END: i64 = 2_524_608_000_000;

fn view(project: &Project, schedule: &Schedule, window: Option<(i64, i64)>) -> ScheduleView {
    let flow = &schedule.flow;
    let (cron, period) = match &flow.timing.recurrence {
        Recurrence::Cron(cron) => (Some(cron.text().to_owned()), None),
        Recurrence::Every(period) => (None, Some(period.to_string())),
        Recurrence::Once => (None, None),
    };
    let fires = window.filter(|_| !schedule.paused).map(|(from, to)| {
        let fires = flow.timing.fires_after(UnixMillis(from.saturating_sub(1)));
        fires.map(|fire| fire.0).take_while(|fire| *fire < to).take(MAX_FIRES).collect()
    });
    ScheduleView {
        id: schedule.id.0,
        project: project.name.clone(),
        project_id: project.id.0,
        flow: flow.flow_id.clone(),
        cron,
        period,
        time_zone: flow.timing.zone.iana_name().unwrap_or("UTC").to_owned(),
        paused: schedule.paused,
        missed: match flow.missed {
            MissedFires::Skip => MissedName::Skip,
            MissedFires::Once => MissedName::Once,
            MissedFires::All => MissedName::All,
        },
        user: flow.submit_user.clone(),
        submitted_at: flow.submitted_at.0,
        first_at: flow.timing.first.0,
        next_at: (!schedule.paused).then_some(schedule.next_at.0),
        end_at: Some(flow.timing.end.0).filter(|end| *end < NO_END),
        fires: fires.unwrap_or_default(),
    }
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
    let items = page.items.iter().map(|(project, schedule)| view(project, schedule, window));
    Ok(reply(&Page { items: items.collect(), next_cursor: page.next_cursor }))
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

/// A schedule.
#[utoipa::path(get, path = "/schedules/{id}", tag = "schedules", operation_id = "getSchedule",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
async fn get(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    let (project, schedule) = find(&signed, id)?;
    Ok(reply(&view(&project, &schedule, None)))
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
    /// The last instant at which it may fire.
    end_at: Option<i64>,
    /// How its executions are started.
    #[serde(default)]
    options: ExecuteRequest,
}

fn zone(signed: &Signed, name: Option<&str>) -> Answer<TimeZone> {
    match name.filter(|name| !name.is_empty()) {
        None => Ok(signed.engine().config().time_zone.clone()),
        Some(name) => TimeZone::get(name)
            .map_err(|_| Problem::invalid("timeZone", "unknown", format!("There is no time zone {name}."))),
    }
}

fn timing(signed: &Signed, cron: &str, zone: TimeZone, end: Option<i64>) -> Answer<Timing> {
    let cron = Cron::parse(cron).map_err(|error| Problem::invalid("cron", "format", error.to_string()))?;
    let end = UnixMillis(end.unwrap_or(NO_END));
    Ok(Timing { recurrence: Recurrence::Cron(Box::new(cron)), zone, first: signed.engine().now(), end })
}

fn refused(error: ScheduleError) -> Problem {
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

/// Schedules a flow; a schedule that it has is replaced and keeps its id.
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
    let zone = zone(&signed, request.time_zone.as_deref())?;
    let put = PutSchedule {
        project: Arc::clone(&project),
        project_name: project.name.clone(),
        flow_id,
        timing: timing(&signed, &request.cron, zone, request.end_at)?,
        missed: match request.missed.unwrap_or_default() {
            MissedName::Skip => MissedFires::Skip,
            MissedName::Once => MissedFires::Once,
            MissedName::All => MissedFires::All,
        },
        options: request.options.options(&signed, &graph)?,
    };
    let schedule = signed.engine().schedule_put(&signed.caller, put).await.map_err(refused)?;
    Ok(reply(&view(&project, &schedule, None)))
}

/// Removes the schedule of a flow.
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
    Ok(reply(&view(&project, &set.map_err(refused)?, None)))
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

/// An expression to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FiresRequest {
    /// A Quartz expression.
    cron: String,
    /// An IANA name; the server's own zone if absent.
    time_zone: Option<String>,
    /// How many fires; 10 if absent, at most 200.
    #[schema(minimum = 1, maximum = 200)]
    count: Option<usize>,
}

/// When an expression fires.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fires {
    time_zone: String,
    /// In order; fewer if it fires no more.
    fires: Vec<i64>,
}

/// When an expression fires next.
#[utoipa::path(post, path = "/schedules/preview", tag = "schedules", operation_id = "previewSchedule", request_body = FiresRequest,
    responses((status = 200, description = "The fires.", body = Fires)))]
async fn preview(signed: Signed, Json(request): Json<FiresRequest>) -> Answer<Response> {
    let count = limit(request.count, 10, MAX_FIRES)?;
    let zone = zone(&signed, request.time_zone.as_deref())?;
    let time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
    let timing = timing(&signed, &request.cron, zone, None)?;
    let fires = timing.fires_after(signed.engine().now()).take(count).map(|fire| fire.0).collect();
    Ok(reply(&Fires { time_zone, fires }))
}
