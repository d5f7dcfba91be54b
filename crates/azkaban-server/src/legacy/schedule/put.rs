//! `scheduleCronFlow` and `scheduleFlow` (http-api §4.11, §4.12).

use std::sync::Arc;

use azkaban_core::ids::ProjectId;
use azkaban_core::options::ExecutionOptions;
use azkaban_core::permission::Permission;
use azkaban_core::schedule::{Cron, DEFAULT_END, MissedFires, Period, PeriodError, Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_engine::{Action, Project, PutSchedule, ScheduleError};
use jiff::tz::TimeZone;

use super::{Answer, time};
use crate::legacy::options::{self, OptionsError, Rules};
use crate::legacy::{Call, Failure};

/// What both calls need first.
struct Asked<'a> {
    project: Arc<Project>,
    /// The project's name as the request has it.
    name: &'a str,
    flow: &'a str,
}

/// `scheduleCronFlow`.
pub(super) async fn cron(call: &Call<'_>) -> Result<Answer, Failure> {
    let name = call.params.required("projectName")?;
    let flow = call.params.required("flow")?;
    let engine = &call.app.engine;
    let asked = match allowed(call, engine.project_by_name(name), name, flow).await? {
        Ok(asked) => asked,
        Err(refused) => return Ok(refused),
    };
    if engine.flow_lock_get(asked.project.id, flow).is_some() {
        return Ok(Answer::refused(format!("Flow {flow} in project {name} is locked.")));
    }
    let model = engine.project_model(asked.project.id, asked.project.version).await?;
    if model.flows.get(flow).is_some_and(|flow| flow.trigger.is_some()) {
        return Ok(Answer::refused(format!(
            "<font color=\"red\"> Error: Flow {name}.{flow} is already associated with flow trigger, so schedule has to be \
             defined in flow trigger config </font>"
        )));
    }
    let zone = match zone(call) {
        Ok(zone) => zone.unwrap_or_else(|| engine.config().time_zone.clone()),
        Err(refused) => return Ok(refused),
    };
    let now = engine.now();
    let Some(text) = call.params.get("cronExpression") else {
        // Azkaban says both, and stores nothing (§4.12).
        let error = Some("Cron expression must exist.".to_owned());
        return Ok(Answer { schedule_id: Some(-1), error, ..scheduled(&asked) });
    };
    let cron = Cron::parse(text).ok().filter(|cron| cron.next_after(now, &zone).is_some());
    let Some(cron) = cron else {
        return Ok(Answer::error(format!("This expression <{text}> can not be parsed to quartz cron.")));
    };
    put(call, asked, Recurrence::Cron(Box::new(cron)), zone, now, None).await
}

/// `scheduleFlow`: once, or again after every period.
pub(super) async fn every(call: &Call<'_>) -> Result<Answer, Failure> {
    let name = call.params.required("projectName")?;
    let flow = call.params.required("flow")?;
    let id: i32 = call.params.required_number("projectId")?;
    let engine = &call.app.engine;
    let project = engine.project_by_id(ProjectId(id.into())).await?.filter(|project| project.active);
    let asked = match allowed(call, project, name, flow).await? {
        Ok(asked) => asked,
        Err(refused) => return Ok(refused),
    };
    let at = call.params.required("scheduleTime")?;
    let day = call.params.required("scheduleDate")?;
    let server_zone = &engine.config().time_zone;
    let own_zone = match zone(call) {
        Ok(zone) => zone,
        Err(refused) => return Ok(refused),
    };
    let Some((first, zone)) = time::first(day, at, own_zone.as_ref().unwrap_or(server_zone), engine.now())
    else {
        return Ok(Answer::error(format!("Invalid date and/or time '{day} {at}")));
    };
    // A bad period is told, and then the flow is scheduled once (§4.11).
    let (recurrence, complaint) = match period(call) {
        Ok(Some(period)) => (Recurrence::Every(period), None),
        Ok(None) => (Recurrence::Once, None),
        Err(complaint) => (Recurrence::Once, Some(complaint)),
    };
    put(call, asked, recurrence, zone, first, complaint).await
}

/// The project and flow, or what is said if there is no such thing or the user may not.
async fn allowed<'a>(
    call: &Call<'_>,
    project: Option<Arc<Project>>,
    name: &'a str,
    flow: &'a str,
) -> Result<Result<Asked<'a>, Answer>, Failure> {
    let engine = &call.app.engine;
    let Some(project) = project else {
        return Ok(Err(Answer::refused(format!("Project {name} does not exist"))));
    };
    if !engine.project_permits(&call.caller, &project, Permission::Schedule, Action::SchedulePut).await {
        return Ok(Err(Answer::refused(format!("Permission denied. Cannot execute {flow}"))));
    }
    if !engine.project_model(project.id, project.version).await?.flows.contains_key(flow) {
        return Ok(Err(Answer::refused(format!("Flow {flow} cannot be found in project {name}"))));
    }
    Ok(Ok(Asked { project, name, flow }))
}

/// Schedules with the options of the request; `complaint` is said besides.
async fn put(
    call: &Call<'_>,
    asked: Asked<'_>,
    recurrence: Recurrence,
    zone: TimeZone,
    first: UnixMillis,
    complaint: Option<String>,
) -> Result<Answer, Failure> {
    let end = UnixMillis(call.params.number_or("endSchedTime", DEFAULT_END.0));
    let missed = match missed(call) {
        Ok(missed) => missed,
        Err(refused) => return Ok(refused),
    };
    let options = match options(call)? {
        Ok(options) => options,
        Err(refused) => return Ok(refused),
    };
    let now = call.app.engine.now();
    let is_past = recurrence == Recurrence::Once && first <= now;
    let timing = if end == DEFAULT_END {
        Timing::endless(recurrence, zone, first, now)
    } else {
        Timing { recurrence, zone, first, end }
    };
    let request = PutSchedule {
        project: Arc::clone(&asked.project),
        project_name: asked.name.to_owned(),
        flow_id: asked.flow.to_owned(),
        timing,
        missed,
        options,
        keeps_service_levels: false,
    };
    let (name, flow) = (asked.name, asked.flow);
    match call.app.engine.schedule_put(&call.caller, request).await {
        Ok(schedule) => {
            Ok(Answer { schedule_id: Some(schedule.id.0), error: complaint, ..scheduled(&asked) })
        }
        // Azkaban says success, and stores nothing (§4.11).
        Err(ScheduleError::NeverFires) if is_past => {
            Ok(Answer { schedule_id: Some(-1), error: complaint, ..scheduled(&asked) })
        }
        Err(ScheduleError::NeverFires) => {
            Ok(Answer::refused(format!("Flow {flow} is not scheduled: it would never run before the end.")))
        }
        Err(ScheduleError::FlowNotFound) => {
            Ok(Answer::refused(format!("Flow {flow} cannot be found in project {name}")))
        }
        Err(ScheduleError::ProjectNotFound | ScheduleError::NotFound(_)) => {
            Ok(Answer::refused(format!("Project {name} does not exist")))
        }
        Err(ScheduleError::OptionsTooLarge { limit }) => Ok(Answer::refused(format!(
            "Flow {flow} is not scheduled: its options take more than {limit} bytes."
        ))),
        Err(ScheduleError::Internal(error)) => Err(error.into()),
    }
}

fn scheduled(asked: &Asked<'_>) -> Answer {
    Answer::done(format!("{}.{} scheduled.", asked.name, asked.flow))
}

/// The options; what is wrong with them is said as `error`, and nothing is scheduled (§17).
fn options(call: &Call<'_>) -> Result<Result<ExecutionOptions, Answer>, Failure> {
    let rules = Rules { admin: call.is_admin(), retry_limit: call.app.config.flow_retry_limit };
    match options::parse(&call.params, rules) {
        Ok(options) => Ok(Ok(options)),
        Err(OptionsError::Failure(failure)) => Err(failure),
        Err(OptionsError::Parse(text) | OptionsError::Submit(text)) => {
            Ok(Err(Answer { error: Some(text.clone()), ..Answer::refused(text) }))
        }
    }
}

/// `timezone`, a parameter of ours: a name of the IANA database.
fn zone(call: &Call<'_>) -> Result<Option<TimeZone>, Answer> {
    match call.params.get("timezone").filter(|name| !name.is_empty()) {
        None => Ok(None),
        Some(name) => named_zone(name).map(Some),
    }
}

/// The zone of a name, or what is said if there is none.
pub(super) fn named_zone(name: &str) -> Result<TimeZone, Answer> {
    let zone = TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some());
    zone.ok_or_else(|| {
        let text = format!("There is no time zone '{name}'; expected a name such as Europe/Berlin or UTC.");
        Answer { error: Some(text.clone()), ..Answer::refused(text) }
    })
}

/// `missedFires`, a parameter of ours, else Azkaban's `backExecuteOnce`.
fn missed(call: &Call<'_>) -> Result<MissedFires, Answer> {
    match call.params.get("missedFires") {
        None if call.params.boolean("backExecuteOnce", false) => Ok(MissedFires::Once),
        None => Ok(MissedFires::Skip),
        Some("skip") => Ok(MissedFires::Skip),
        Some("once") => Ok(MissedFires::Once),
        Some("all") => Ok(MissedFires::All),
        Some(other) => {
            let text = format!("Invalid missedFires '{other}'; expected skip, once or all.");
            Err(Answer { error: Some(text.clone()), ..Answer::refused(text) })
        }
    }
}

/// The period of a request that recurs, or what is wrong with it (execution-and-scheduling §4.2).
fn period(call: &Call<'_>) -> Result<Option<Period>, String> {
    if call.params.get("is_recurring") != Some("on") {
        return Ok(None);
    }
    let text = call.params.required("period").map_err(|missing| missing.to_string())?;
    if text == "null" || text.ends_with('n') {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| match error {
        PeriodError::Unit(unit) => format!("Invalid schedule period unit '{unit}"),
        PeriodError::NotANumber(number) => format!("For input string: \"{number}\""),
        PeriodError::Empty | PeriodError::NotPositive => format!("Invalid schedule period '{text}'"),
    })
}
