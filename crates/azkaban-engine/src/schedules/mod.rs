//! Schedules: flows that start by themselves (execution-and-scheduling §4).
//!
//! Every schedule is in memory, with a queue of when each is to be looked at next. A change is committed first and then
//! shown in memory, both under one lock. A fire is committed together with the execution that it submits; memory follows
//! if the schedule is still the one that fired, which its revision tells.

mod changes;
mod edit;
mod fire;
mod past;
mod queue;
mod timer;
mod undo;
mod words;

use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};

use azkaban_core::ids::{ProjectId, ScheduleId};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::schedule::{Cron, MissedFires, Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_store::{ScheduleDefinition, ScheduleRow, Store};
use jiff::tz::TimeZone;
use tokio::sync::{Mutex, Notify};

use crate::Engine;
use crate::error::Internal;

pub use azkaban_store::{FireRow, PastFire, SlaMissRow};
pub use changes::{PutSchedule, ScheduleError};
pub use edit::ScheduleDraft;
pub use past::Unfired;
pub(crate) use timer::run;

use queue::Queue;

/// The user in whose name the server itself changes schedules (http-api §15).
const SYSTEM_USER: &str = "azkaban";

/// A flow's schedule as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Stays when the flow is scheduled anew; never reused.
    pub id: ScheduleId,
    /// It does not fire until it is resumed.
    pub paused: bool,
    /// Its next fire; of a paused one, what it was when it was paused.
    pub next_at: UnixMillis,
    /// What does not change from fire to fire.
    pub flow: Arc<ScheduledFlow>,
}

/// What a schedule starts, when and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledFlow {
    /// The project.
    pub project_id: ProjectId,
    /// The project's name as the request wrote it.
    pub project_name: String,
    /// The flow's id.
    pub flow_id: String,
    /// When it fires.
    pub timing: Timing,
    /// What becomes of missed fires.
    pub missed: MissedFires,
    /// Who submits its executions: whoever scheduled the flow last.
    pub submit_user: String,
    /// When that was.
    pub submitted_at: UnixMillis,
    /// What its executions are asked to do.
    pub options: Arc<ExecutionOptions>,
}

impl Schedule {
    /// The next `count` fires after `now`, fewer if it ends before; a pause is left out of account.
    pub fn next_fires(&self, now: UnixMillis, count: usize) -> Vec<UnixMillis> {
        self.flow.timing.fires_after(now).take(count).collect()
    }
}

impl Engine {
    /// Every schedule, ascending by id.
    pub fn schedules_list(&self) -> Vec<Schedule> {
        self.inner.schedules.queue().list()
    }

    /// How many there are.
    pub fn schedules_count(&self) -> usize {
        self.inner.schedules.queue().len()
    }

    /// A schedule.
    pub fn schedule_get(&self, id: ScheduleId) -> Option<Schedule> {
        self.inner.schedules.queue().get(id)
    }

    /// The schedule of a flow.
    pub fn schedule_of_flow(&self, project: ProjectId, flow_id: &str) -> Option<Schedule> {
        self.inner.schedules.queue().of_flow(project, flow_id)
    }

    /// What became of the latest fires of a schedule, newest first. Fires are forgotten after some days.
    pub async fn schedule_fires(&self, id: ScheduleId, length: u32) -> Result<Vec<FireRow>, Internal> {
        self.inner.store.schedule_fires_list(id, length).await.map_err(Internal::new)
    }
}

/// All schedules.
pub(crate) struct Schedules {
    queue: StdMutex<Queue>,
    /// Held from a change's commit until memory shows it.
    changing: Mutex<()>,
    /// Told when the timer has to look again.
    changed: Notify,
}

impl Schedules {
    /// Reads every schedule. One that is not understood is told of and left alone.
    pub(crate) async fn load(store: &Store, default_zone: &TimeZone) -> azkaban_store::Result<Self> {
        let mut queue = Queue::default();
        for row in store.schedules_list().await? {
            let (id, revision) = (row.id, row.revision);
            match from_row(row, default_zone) {
                Ok(schedule) => queue.put(schedule, revision),
                Err(error) => tracing::error!(schedule = %id, "a stored schedule does not fire: {error}"),
            }
        }
        Ok(Self { queue: StdMutex::new(queue), changing: Mutex::new(()), changed: Notify::new() })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Whole after every call.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the timer look again.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }
}

/// The zone's name as it is stored; `None` is the server's own.
fn zone_name(zone: &TimeZone) -> Option<String> {
    zone.iana_name().map(str::to_owned)
}

fn from_row(row: ScheduleRow, default_zone: &TimeZone) -> Result<Schedule, Internal> {
    let definition = row.schedule.definition;
    let recurrence = match (&definition.cron, &definition.period) {
        (Some(cron), _) => Recurrence::Cron(Box::new(Cron::parse(cron).map_err(Internal::new)?)),
        (None, Some(period)) => Recurrence::Every(period.parse().map_err(Internal::new)?),
        (None, None) => Recurrence::Once,
    };
    let zone = match &definition.zone {
        Some(name) => TimeZone::get(name).map_err(Internal::new)?,
        None => default_zone.clone(),
    };
    Ok(Schedule {
        id: row.id,
        paused: row.paused,
        next_at: row.schedule.next_at,
        flow: Arc::new(ScheduledFlow {
            project_id: row.schedule.project,
            project_name: definition.project_name,
            flow_id: row.schedule.flow,
            timing: Timing { recurrence, zone, first: definition.first_at, end: definition.end_at },
            missed: definition.missed,
            submit_user: definition.submit_user,
            submitted_at: definition.submitted_at,
            options: row.schedule.options,
        }),
    })
}

fn to_definition(flow: &ScheduledFlow) -> ScheduleDefinition {
    let (cron, period) = match &flow.timing.recurrence {
        Recurrence::Cron(cron) => (Some(cron.text().to_owned()), None),
        Recurrence::Every(period) => (None, Some(period.to_string())),
        Recurrence::Once => (None, None),
    };
    ScheduleDefinition {
        project_name: flow.project_name.clone(),
        cron,
        period,
        zone: zone_name(&flow.timing.zone),
        first_at: flow.timing.first,
        end_at: flow.timing.end,
        missed: flow.missed,
        submit_user: flow.submit_user.clone(),
        submitted_at: flow.submitted_at,
    }
}
