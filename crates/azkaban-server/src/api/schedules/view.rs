//! How schedules are shown: when they fire, what became of it, how long it usually takes.

use std::sync::Arc;

use azkaban_core::permission::Permission;
use azkaban_core::schedule::{MissedFires, Recurrence};
use azkaban_core::time::UnixMillis;
use azkaban_engine::{PastFire, Project, Schedule, Unfired};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::extract::Signed;
use crate::api::flows::ExecuteRequest;
use crate::api::problem::{Answer, Problem};
use crate::api::schema::{StatusName, millis};

/// Fires of one schedule that are told at most.
pub(super) const MAX_FIRES: usize = 200;

/// What becomes of missed fires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum MissedName {
    /// Nothing.
    #[default]
    Skip,
    /// One run for all of them.
    Once,
    /// One run for each.
    All,
}

impl From<MissedName> for MissedFires {
    fn from(name: MissedName) -> Self {
        match name {
            MissedName::Skip => Self::Skip,
            MissedName::Once => Self::Once,
            MissedName::All => Self::All,
        }
    }
}

impl From<MissedFires> for MissedName {
    fn from(missed: MissedFires) -> Self {
        match missed {
            MissedFires::Skip => Self::Skip,
            MissedFires::Once => Self::Once,
            MissedFires::All => Self::All,
        }
    }
}

/// A flow's schedule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct ScheduleView {
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
    /// The flow is locked: fires start nothing.
    locked: bool,
    missed: MissedName,
    /// Who submits its executions.
    user: String,
    submitted_at: i64,
    first_at: i64,
    /// Null while it is paused.
    next_at: Option<i64>,
    /// The last instant at which it may fire; null if it has no end.
    end_at: Option<i64>,
    /// The caller may change it.
    may_change: bool,
    /// How many rules its executions have to meet.
    sla_rules: usize,
    /// Median of the flow's latest successful runs.
    typical_ms: Option<i64>,
    /// The fires in the time that was asked for, at most 200; none while it is paused.
    fires: Vec<i64>,
    /// What became of the fires in the time that was asked for, newest first, at most 200. Old ones are forgotten.
    past: Vec<PastFireView>,
    /// How its executions are started; null in lists. Secret values are masked.
    options: Option<ExecuteRequest>,
}

/// A fire that was dealt with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PastFireView {
    /// The time that was due.
    at: i64,
    /// When it was dealt with.
    handled_at: i64,
    /// What it started.
    run: Option<RunView>,
    /// Why it started nothing.
    code: Option<UnfiredName>,
    /// The same as a sentence in English.
    reason: Option<String>,
}

/// An execution that a schedule started.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunView {
    id: i64,
    status: StatusName,
    started_at: Option<i64>,
    ended_at: Option<i64>,
}

/// Why a fire started nothing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum UnfiredName {
    /// The server was not there in time, and missed fires are not made up for.
    Missed,
    /// The flow was locked.
    Locked,
    /// The flow ran, and the schedule says skip.
    AlreadyRunning,
    /// Too many executions of the flow ran.
    TooManyRuns,
    /// Something else: see `reason`.
    Other,
}

impl From<PastFire> for PastFireView {
    fn from(past: PastFire) -> Self {
        let PastFire { fire, run } = past;
        let run = fire.execution.zip(run).map(|(id, (status, started_at, ended_at))| RunView {
            id: id.0,
            status: StatusName(status),
            started_at: millis(started_at),
            ended_at: millis(ended_at),
        });
        let code = fire.reason.as_deref().map(|reason| match Unfired::of(reason) {
            Unfired::Missed => UnfiredName::Missed,
            Unfired::Locked => UnfiredName::Locked,
            Unfired::AlreadyRunning => UnfiredName::AlreadyRunning,
            Unfired::TooManyRuns => UnfiredName::TooManyRuns,
            Unfired::Other => UnfiredName::Other,
        });
        Self { at: fire.fire_at.0, handled_at: fire.handled_at.0, run, code, reason: fire.reason }
    }
}

/// Schedules with what is told of them; with a window of time also their fires in it.
pub(super) async fn views(
    signed: &Signed,
    schedules: Vec<(Arc<Project>, Schedule)>,
    window: Option<(i64, i64)>,
) -> Answer<Vec<ScheduleView>> {
    let engine = signed.engine();
    let flows = schedules.iter().map(|(project, schedule)| (project.id, schedule.flow.flow_id.clone(), None));
    let typical = engine.typical_lengths(flows.collect()).await?;
    let ids = schedules.iter().map(|(_, schedule)| schedule.id).collect();
    let past = match window {
        Some((from, to)) => {
            engine.schedules_past_fires(ids, UnixMillis(from), UnixMillis(to), MAX_FIRES as u32).await?
        }
        None => schedules.iter().map(|_| Vec::new()).collect(),
    };
    let mut shown = Vec::with_capacity(schedules.len());
    for (((project, schedule), typical_ms), past) in schedules.iter().zip(typical).zip(past) {
        let flow = &schedule.flow;
        let (cron, period) = match &flow.timing.recurrence {
            Recurrence::Cron(cron) => (Some(cron.text().to_owned()), None),
            Recurrence::Every(period) => (None, Some(period.to_string())),
            Recurrence::Once => (None, None),
        };
        shown.push(ScheduleView {
            id: schedule.id.0,
            project: project.name.clone(),
            project_id: project.id.0,
            flow: flow.flow_id.clone(),
            cron,
            period,
            time_zone: flow.timing.zone.iana_name().unwrap_or("UTC").to_owned(),
            paused: schedule.paused,
            locked: engine.flow_lock_get(project.id, &flow.flow_id).is_some(),
            missed: flow.missed.into(),
            user: flow.submit_user.clone(),
            submitted_at: flow.submitted_at.0,
            first_at: flow.timing.first.0,
            next_at: (!schedule.paused).then_some(schedule.next_at.0),
            end_at: (!flow.timing.is_endless()).then_some(flow.timing.end.0),
            may_change: signed.may(project, Permission::Schedule),
            sla_rules: flow.options.sla.rules.len(),
            typical_ms,
            fires: window.map(|window| fires(schedule, window)).unwrap_or_default(),
            past: past.into_iter().map(PastFireView::from).collect(),
            options: None,
        });
    }
    Ok(shown)
}

/// The fires of a schedule in a time.
fn fires(schedule: &Schedule, (from, to): (i64, i64)) -> Vec<i64> {
    if schedule.paused {
        return Vec::new();
    }
    let fires = schedule.flow.timing.fires_after(UnixMillis(from.saturating_sub(1)));
    fires.map(|fire| fire.0).take_while(|fire| *fire < to).take(MAX_FIRES).collect()
}

/// One schedule, without its fires.
pub(super) async fn one(signed: &Signed, project: Arc<Project>, schedule: Schedule) -> Answer<ScheduleView> {
    let shown = views(signed, vec![(project, schedule)], None).await?.pop();
    shown.ok_or_else(|| Problem::not_found("schedule"))
}

/// One schedule with how its executions are started.
pub(super) async fn whole(
    signed: &Signed,
    project: Arc<Project>,
    schedule: Schedule,
) -> Answer<ScheduleView> {
    let options = Some(ExecuteRequest::shown(&schedule.flow.options));
    Ok(ScheduleView { options, ..one(signed, project, schedule).await? })
}
