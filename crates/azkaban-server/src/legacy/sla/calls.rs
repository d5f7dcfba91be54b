//! `setSla` and `slaInfo` (http-api §4.15, §4.16).

use std::collections::BTreeMap;
use std::convert::Infallible;

use azkaban_core::ids::ScheduleId;
use azkaban_core::permission::Permission;
use azkaban_core::sla::SlaRule;
use azkaban_engine::{Action, Schedule, ScheduleDraft, ScheduleError};
use serde::Serialize;

use super::parse;
use crate::legacy::reply::{self, Reply};
use crate::legacy::{Call, Failure};

/// `setSla`: replaces the rules of a schedule.
pub(in crate::legacy) async fn set(call: &Call<'_>) -> Reply {
    if !call.params.has("scheduleId") {
        return reply::error("Missing required parameter 'scheduleId'.");
    }
    let schedule = match schedule(call)? {
        Ok(schedule) => schedule,
        Err(absent) => return reply::error(absent),
    };
    let (engine, flow) = (&call.app.engine, &schedule.flow);
    let Some(project) = engine.project_by_id(flow.project_id).await?.filter(|project| project.active) else {
        return reply::error(format!("Error loading project. Project {} doesn't exist", flow.project_id));
    };
    if !engine.project_permits(&call.caller, &project, Permission::Schedule, Action::ScheduleEdit).await {
        let groups: String = call.caller.user.groups.iter().map(|group| format!("{group},")).collect();
        let user = call.user();
        return reply::error(format!(
            "User {user}: [{groups}] does not have permission to set SLA for this flow."
        ));
    }
    let sla = match parse(&call.params, "settings") {
        Ok(sla) if sla.is_empty() => {
            return reply::error(format!("SLA for schedule {} must have at least one action", schedule.id));
        }
        Ok(sla) => sla,
        Err(why) => return reply::error(why),
    };
    let edit = move |draft: &mut ScheduleDraft| {
        draft.options.sla = sla;
        Ok::<_, Infallible>(())
    };
    match engine.schedule_edit(&call.caller, schedule.id, edit).await {
        Ok(_) => reply::nothing(),
        Err(ScheduleError::Internal(error)) => Err(error.into()),
        Err(_) => reply::error(absent(schedule.id)),
    }
}

/// `slaInfo`.
pub(in crate::legacy) async fn info(call: &Call<'_>) -> Reply {
    if !call.params.has("scheduleId") {
        return reply::pretty(&MissingParameter::of("Missing required parameter 'scheduleId'."));
    }
    let schedule = match schedule(call)? {
        Ok(schedule) => schedule,
        Err(absent) => return reply::error(absent),
    };
    let (engine, id, flow_id) = (&call.app.engine, schedule.flow.project_id, &schedule.flow.flow_id);
    let project = engine.project_by_id(id).await?.filter(|project| project.active);
    let Some(project) =
        project.filter(|project| engine.project_grants(&call.caller.user, project, Permission::Read))
    else {
        return reply::error(format!("Error loading project. Project {id} doesn't exist"));
    };
    let model = engine.project_model(id, project.version).await?;
    let Some(flow) = model.flows.get(flow_id) else {
        return reply::error(format!("Error loading flow. Flow {flow_id} doesn't exist in {id}"));
    };
    let (options, sla) = (&schedule.flow.options, &schedule.flow.options.sla);
    let all_job_names = flow.nodes.keys().map(String::as_str).collect();
    if sla.is_empty() {
        let emails = [&options.failure_emails, &flow.failure_emails];
        let sla_emails = emails.into_iter().find(|emails| !emails.is_empty()).map(Vec::as_slice);
        return reply::pretty(&Info { settings: None, sla_emails, sla_alerters: None, all_job_names });
    }
    let mut alerters: BTreeMap<&str, BTreeMap<&str, &[String]>> = BTreeMap::new();
    for (alerter, settings) in &sla.alerters {
        alerters
            .insert(alerter, settings.iter().map(|(key, list)| (key.as_str(), list.as_slice())).collect());
    }
    if !sla.emails.is_empty() {
        alerters.entry(super::MAIL).or_default().insert(super::RECIPIENTS, &sla.emails);
    }
    reply::pretty(&Info {
        settings: Some(sla.rules.iter().map(Setting::of).collect()),
        sla_emails: Some(&sla.emails),
        sla_alerters: Some(alerters),
        all_job_names,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Vec<Setting<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sla_emails: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sla_alerters: Option<BTreeMap<&'a str, BTreeMap<&'a str, &'a [String]>>>,
    all_job_names: Vec<&'a str>,
}

/// A rule as the web form has it.
#[derive(Serialize)]
struct Setting<'a> {
    id: &'a str,
    duration: String,
    rule: &'static str,
    actions: Vec<&'static str>,
}

impl<'a> Setting<'a> {
    fn of(rule: &'a SlaRule) -> Self {
        let actions = [("EMAIL", rule.alert), ("KILL", rule.kill)];
        Self {
            id: rule.job.as_deref().unwrap_or_default(),
            duration: format!("{}m", rule.within_minutes),
            rule: rule.goal.name(),
            actions: actions.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect(),
        }
    }
}

/// An exception as Azkaban writes it where it forgot to take its text.
#[derive(Serialize)]
struct MissingParameter {
    error: Exception,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exception {
    cause: Option<()>,
    root_cause: Option<()>,
    message: &'static str,
    localized_message: &'static str,
    stack_trace: [(); 0],
    suppressed: [(); 0],
}

impl MissingParameter {
    fn of(message: &'static str) -> Self {
        Self {
            error: Exception {
                cause: None,
                root_cause: None,
                message,
                localized_message: message,
                stack_trace: [],
                suppressed: [],
            },
        }
    }
}

/// The schedule of `scheduleId`, or what is said if there is none.
fn schedule(call: &Call<'_>) -> Result<Result<Schedule, String>, Failure> {
    let id: i32 = call.params.required_number("scheduleId")?;
    let id = ScheduleId(id.into());
    Ok(call.app.engine.schedule_get(id).ok_or_else(|| absent(id)))
}

fn absent(id: ScheduleId) -> String {
    format!("Error loading schedule. Schedule {id} doesn't exist")
}
