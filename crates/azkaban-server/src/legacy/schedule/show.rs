//! Schedules as they are: `fetchSchedule`, `fetchSchedules`, `fetchNextFires` (http-api §4.13, §8).

use std::collections::BTreeMap;

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::options::{Concurrency, ExecutionOptions, FailureAction};
use azkaban_core::props::Props;
use azkaban_core::schedule::{Cron, MissedFires, Period, PeriodUnit, Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_engine::Schedule;
use serde::Serialize;

use super::{Answer, put, time};
use crate::legacy::executor::DisabledNode;
use crate::legacy::reply::{self, Reply};
use crate::legacy::{Call, Failure, sla};

/// Fires that `fetchNextFires` tells unless asked for another number …
const USUAL_FIRES: u32 = 10;
/// … and at most.
const MOST_FIRES: u32 = 1_000;

/// `fetchSchedule`.
pub(super) fn one(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct Found<'a> {
        schedule: Shown<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Shown<'a> {
        schedule_id: String,
        submit_user: &'a str,
        first_sched_time: String,
        next_exec_time: String,
        period: String,
        cron_expression: Option<&'a str>,
        execution_options: Bean<'a>,
        back_execute_once: bool,
    }
    let project: i32 = call.params.required_number("projectId")?;
    let flow = call.params.required("flowId")?;
    let Some(schedule) = call.app.engine.schedule_of_flow(ProjectId(project.into()), flow) else {
        return reply::nothing();
    };
    let zone = &call.app.engine.config().time_zone;
    let flow = &schedule.flow;
    reply::pretty(&Found {
        schedule: Shown {
            schedule_id: schedule.id.to_string(),
            submit_user: &flow.submit_user,
            first_sched_time: time::shown(flow.timing.first, zone),
            next_exec_time: time::shown(schedule.next_at, zone),
            period: period_text(&flow.timing.recurrence),
            cron_expression: cron_text(&flow.timing.recurrence),
            execution_options: Bean::of(&flow.flow_id, &flow.options),
            back_execute_once: flow.missed == MissedFires::Once,
        },
    })
}

/// `5 week(s)`, or `null` in letters.
fn period_text(recurrence: &Recurrence) -> String {
    let Recurrence::Every(Period { count, unit }) = recurrence else { return "null".to_owned() };
    let unit = match unit {
        PeriodUnit::Years => "year",
        PeriodUnit::Months => "month",
        PeriodUnit::Weeks => "week",
        PeriodUnit::Days => "day",
        PeriodUnit::Hours => "hour",
        PeriodUnit::Minutes => "minute",
        PeriodUnit::Seconds => "second",
    };
    format!("{count} {unit}(s)")
}

fn cron_text(recurrence: &Recurrence) -> Option<&str> {
    match recurrence {
        Recurrence::Cron(cron) => Some(cron.text()),
        _ => None,
    }
}

/// Execution options as Azkaban's bean.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bean<'a> {
    notify_on_first_failure: bool,
    notify_on_last_failure: bool,
    failure_emails: &'a [String],
    success_emails: &'a [String],
    failure_emails_overridden: bool,
    success_emails_overridden: bool,
    failure_action_overridden: bool,
    pipeline_level: Option<i32>,
    pipeline_execution_id: Option<ExecutionId>,
    queue_level: i32,
    concurrent_option: &'a str,
    mail_creator: &'a str,
    memory_check: bool,
    flow_parameters: &'a Props,
    runtime_properties: &'a BTreeMap<String, Props>,
    failure_action: &'static str,
    disabled_jobs: Vec<DisabledNode<'a>>,
    sla_options: Vec<sla::RuleView<'a>>,
}

impl<'a> Bean<'a> {
    fn of(flow: &'a str, options: &'a ExecutionOptions) -> Self {
        let (concurrent_option, pipeline_level) = match &options.concurrency {
            Concurrency::Skip => ("skip", None),
            Concurrency::Ignore { name, level } => (name.as_str(), *level),
            Concurrency::Pipeline { level } => ("pipeline", Some(*level)),
        };
        Self {
            notify_on_first_failure: options.notify_failure_first,
            notify_on_last_failure: options.notify_failure_last,
            failure_emails: &options.failure_emails,
            success_emails: &options.success_emails,
            failure_emails_overridden: options.failure_emails_override,
            success_emails_overridden: options.success_emails_override,
            failure_action_overridden: options.failure_action_override,
            pipeline_level,
            pipeline_execution_id: options.pipeline_execution,
            queue_level: 0,
            concurrent_option,
            mail_creator: &options.mail_creator,
            memory_check: true,
            flow_parameters: &options.flow_parameters,
            runtime_properties: &options.runtime_properties,
            failure_action: match options.failure_action.unwrap_or_default() {
                FailureAction::FinishCurrentlyRunning => "FINISH_CURRENTLY_RUNNING",
                FailureAction::CancelAll => "CANCEL_ALL",
                FailureAction::FinishAllPossible => "FINISH_ALL_POSSIBLE",
            },
            disabled_jobs: options.disabled.iter().map(DisabledNode::of).collect(),
            sla_options: sla::views(flow, &options.sla),
        }
    }
}

/// `fetchSchedules` and `loadFlow`.
pub(super) fn all(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct Found<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        items: Vec<Item<'a>>,
    }
    #[derive(Serialize)]
    struct Item<'a> {
        #[serde(rename = "scheduleId")]
        id: i64,
        flowname: &'a str,
        projectname: &'a str,
        time: i64,
        cron: Option<&'a str>,
        period: i64,
        history: bool,
    }
    fn item(schedule: &Schedule) -> Item<'_> {
        let flow = &schedule.flow;
        Item {
            id: schedule.id.0,
            flowname: &flow.flow_id,
            projectname: &flow.project_name,
            time: flow.timing.first.0,
            cron: cron_text(&flow.timing.recurrence),
            period: match flow.timing.recurrence {
                Recurrence::Every(period) => period.millis(),
                _ => 0,
            },
            history: false,
        }
    }
    let schedules = call.app.engine.schedules_list();
    reply::pretty(&Found { items: schedules.iter().map(item).collect() })
}

/// `fetchNextFires`, a call of ours: of a schedule, or of an expression that somebody is about to schedule.
pub(super) fn next_fires(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Fires<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        schedule_id: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        paused: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        missed_fires: Option<&'static str>,
        timezone: Option<&'a str>,
        /// In milliseconds.
        fires: Vec<i64>,
        /// The same in the zone of the schedule, for people.
        times: Vec<String>,
    }
    let count = call.params.number_or("count", USUAL_FIRES).min(MOST_FIRES) as usize;
    let now = call.app.engine.now();
    let (schedule, timing) = if call.params.has("scheduleId") {
        match super::named(call)? {
            Ok(schedule) => (Some(schedule.clone()), schedule.flow.timing.clone()),
            Err(absent) => return reply::pretty(&absent),
        }
    } else {
        match asked(call, now)? {
            Ok(timing) => (None, timing),
            Err(refused) => return reply::pretty(&refused),
        }
    };
    let fires: Vec<UnixMillis> = timing.fires_after(now).take(count).collect();
    reply::pretty(&Fires {
        schedule_id: schedule.as_ref().map(|schedule| schedule.id.0),
        paused: schedule.as_ref().map(|schedule| schedule.paused),
        missed_fires: schedule.as_ref().map(|schedule| match schedule.flow.missed {
            MissedFires::Skip => "skip",
            MissedFires::Once => "once",
            MissedFires::All => "all",
        }),
        timezone: timing.zone.iana_name(),
        fires: fires.iter().map(|fire| fire.0).collect(),
        times: fires.iter().map(|fire| time::shown(*fire, &timing.zone)).collect(),
    })
}

/// The timing of `cronExpression` and `timezone`.
fn asked(call: &Call<'_>, now: UnixMillis) -> Result<Result<Timing, Answer>, Failure> {
    let text = call.params.required("cronExpression")?;
    let zone = match call.params.get("timezone").filter(|name| !name.is_empty()) {
        None => call.app.engine.config().time_zone.clone(),
        Some(name) => match put::named_zone(name) {
            Ok(zone) => zone,
            Err(refused) => return Ok(Err(refused)),
        },
    };
    Ok(match Cron::parse(text) {
        Ok(cron) => {
            let recurrence = Recurrence::Cron(Box::new(cron));
            Ok(Timing { recurrence, zone, first: now, end: UnixMillis(i64::MAX) })
        }
        Err(error) => {
            Err(Answer::error(format!("This expression <{text}> can not be parsed to quartz cron. {error}")))
        }
    })
}
