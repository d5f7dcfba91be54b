//! One fire of one schedule (execution-and-scheduling §4.5, §4.6).

use std::time::Duration;

use azkaban_core::schedule::{Decision, MissedFires, missed_fires};
use azkaban_store::{Change, FireOutcome, ScheduleFire};

use super::{SYSTEM_USER, Schedule, words};
use crate::Engine;
use crate::error::Internal;
use crate::executions::{Decided, ExecuteFlow, Origin, Prepared, SubmitError};
use crate::mail::{Notice, PendingMail};

/// Time after which a fire that failed by an error of ours is tried again, in milliseconds.
const RETRY_MILLIS: i64 = 5_000;

/// Missed fires that a mail names.
const MISSED_SHOWN: usize = 50;

/// What is stored of a fire that is not made up for.
pub(super) const MISSED: &str = "it was missed";

/// Why a fire is not over.
enum Unfinished {
    /// The project or the flow is gone.
    Void,
    /// Something else has changed the schedule: see what it is now.
    Changed,
    /// The server stops: the next start goes on.
    Stopping,
    /// An error of ours.
    Failed(Internal),
}

impl From<Internal> for Unfinished {
    fn from(error: Internal) -> Self {
        Self::Failed(error)
    }
}

/// Deals with a schedule that is due, and lets it wait for what comes next.
pub(super) async fn fire(engine: &Engine, schedule: Schedule, revision: i64) {
    let (id, queue) = (schedule.id, || engine.inner.schedules.queue());
    let decision = decide(engine, &schedule);
    let again = match deal(engine, &schedule, revision, decision).await {
        Ok(()) => {
            queue().pass(id, revision, decision.next, engine.now());
            return;
        }
        Err(Unfinished::Stopping) => return,
        Err(Unfinished::Void) => engine.schedule_is_void(&schedule).await,
        Err(Unfinished::Changed) => {
            let _changing = engine.inner.schedules.changing.lock().await;
            engine.refresh(id).await
        }
        Err(Unfinished::Failed(error)) => Err(error),
    };
    if let Err(error) = again {
        tracing::error!(schedule = %id, flow = schedule.flow.flow_id, "a fire is tried again: {error}");
        queue().wait(id, revision, engine.now().plus(RETRY_MILLIS));
    }
}

fn decide(engine: &Engine, schedule: &Schedule) -> Decision {
    let config = &engine.inner.config;
    let flow = &schedule.flow;
    let policy = if config.make_up_missed { flow.missed } else { Default::default() };
    policy.decide(&flow.timing, schedule.next_at, engine.now(), tolerance(engine))
}

/// How old a fire may be in milliseconds that is not missed.
fn tolerance(engine: &Engine) -> i64 {
    i64::try_from(engine.inner.config.missed_after.as_millis()).unwrap_or(i64::MAX)
}

async fn deal(
    engine: &Engine,
    schedule: &Schedule,
    revision: i64,
    decision: Decision,
) -> Result<(), Unfinished> {
    let prepared = prepare(engine, schedule, decision).await?;
    let now = engine.now();
    let end = match decision.next {
        Some(_) => None,
        None => words::expired(schedule.id, &schedule.flow, decision.fire_at),
    };
    let project = schedule.flow.project_id;
    let end = end.map(|message| Change::ProjectEventInsert {
        project,
        event: words::event(SYSTEM_USER, now, message),
    });
    let mail = missed_mail(engine, schedule, decision).await?;
    let mail = mail.and_then(|mail| mail.item(now, now)).map(Change::OutboxInsert);
    let fire = ScheduleFire {
        schedule: schedule.id,
        revision,
        fire_at: decision.fire_at,
        next_at: decision.next,
        handled_at: now,
        changes: end.into_iter().chain(mail).collect(),
    };
    let store = &engine.inner.store;
    let outcome = match prepared {
        Ok(Prepared { plan, start }) => {
            let decided = Decided::default();
            let told = decided.clone();
            let decide = move |facts: &_| plan.decide(facts, &told).map_err(|refusal| refusal.to_string());
            let outcome = store.schedule_fire(fire, decide).await.map_err(Internal::new)?;
            if let FireOutcome::Submitted(execution) = outcome {
                engine.begin(execution, start, &decided)?;
            }
            outcome
        }
        Err(reason) => store.schedule_fire(fire, move |_| Err(reason)).await.map_err(Internal::new)?,
    };
    let flow = &schedule.flow.flow_id;
    match outcome {
        FireOutcome::Submitted(execution) => {
            let late = u64::try_from(engine.now().0 - decision.fire_at.0).unwrap_or(0);
            engine.inner.executor.counters().fired(Duration::from_millis(late));
            tracing::debug!(schedule = %schedule.id, flow, %execution, "fired");
        }
        FireOutcome::Refused(reason) => {
            engine.inner.executor.counters().did_not_fire();
            tracing::info!(schedule = %schedule.id, flow, fire = %decision.fire_at, "did not run: {reason}");
        }
        FireOutcome::Repeated => {
            tracing::warn!(schedule = %schedule.id, flow, fire = %decision.fire_at, "this fire has been before");
        }
        FireOutcome::Stale => return Err(Unfinished::Changed),
    }
    Ok(())
}

/// The mail about fires that are missed, if the server looks after them and somebody is told of the flow's failures (§4.6).
/// Where each of them is made up for, there is none.
async fn missed_mail(
    engine: &Engine,
    schedule: &Schedule,
    decision: Decision,
) -> Result<Option<PendingMail>, Unfinished> {
    let (config, flow) = (&engine.inner.config, &schedule.flow);
    if config.mail.is_none() || !config.make_up_missed || flow.missed == MissedFires::All {
        return Ok(None);
    }
    let (due, now) = (schedule.next_at, engine.now());
    let (times, more) = missed_fires(&flow.timing, due, now, tolerance(engine), MISSED_SHOWN);
    if times.is_empty() {
        return Ok(None);
    }
    let Some(project) = engine.project_by_id(flow.project_id).await? else { return Ok(None) };
    let model = engine.project_model(project.id, project.version).await?;
    let to = match model.flows.get(&flow.flow_id) {
        Some(defined) if !flow.options.failure_emails_override => &defined.failure_emails,
        _ => &flow.options.failure_emails,
    };
    Ok(PendingMail::new(to, || Notice::MissedSchedule {
        project: project.name.clone(),
        flow: flow.flow_id.clone(),
        times,
        more,
        made_up: flow.missed == MissedFires::Once && decision.run,
    }))
}

/// What to submit, or why nothing is submitted.
async fn prepare(
    engine: &Engine,
    schedule: &Schedule,
    decision: Decision,
) -> Result<Result<Prepared, String>, Unfinished> {
    if !decision.run {
        return Ok(Err(MISSED.to_owned()));
    }
    let flow = &schedule.flow;
    let project = engine.project_by_id(flow.project_id).await?.filter(|project| project.active);
    let request = ExecuteFlow {
        project: project.ok_or(Unfinished::Void)?,
        flow_id: flow.flow_id.clone(),
        options: (*flow.options).clone(),
    };
    match engine.prepare(Origin::Schedule { owner: flow.submit_user.clone() }, request).await {
        Ok(prepared) => Ok(Ok(prepared)),
        Err(SubmitError::FlowNotFound) => Err(Unfinished::Void),
        Err(SubmitError::Stopping) => Err(Unfinished::Stopping),
        Err(SubmitError::Internal(error)) => Err(error.into()),
        Err(refusal) => Ok(Err(refusal.to_string())),
    }
}
