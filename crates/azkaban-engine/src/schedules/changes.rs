//! Making, replacing, pausing and removing schedules (execution-and-scheduling §4.3).

use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion, ScheduleId};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::schedule::{MissedFires, Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, Change, Error, NewSchedule, ProjectEvent};

use super::{SYSTEM_USER, Schedule, ScheduledFlow, from_row, to_definition, words};
use crate::audit::Action;
use crate::error::{Internal, Kind};
use crate::events::News;
use crate::projects::Project;
use crate::{Caller, Engine};

/// The most that the options of one schedule may take, in bytes as JSON.
const MAX_OPTIONS: usize = 256 * 1024;

/// What to schedule.
#[derive(Debug, Clone)]
pub struct PutSchedule {
    /// The project.
    pub project: Arc<Project>,
    /// How the audit log and the lists call the project; Azkaban takes the request's word.
    pub project_name: String,
    /// The flow.
    pub flow_id: String,
    /// When it fires.
    pub timing: Timing,
    /// What becomes of missed fires.
    pub missed: MissedFires,
    /// What its executions are asked to do.
    pub options: ExecutionOptions,
    /// Whether the service levels of a schedule that is replaced stay, in place of those of `options`.
    pub keeps_service_levels: bool,
}

/// Why a schedule is not as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// There is no such schedule.
    #[error("schedule {0} does not exist")]
    NotFound(ScheduleId),
    /// The project is deleted.
    #[error("the project does not exist")]
    ProjectNotFound,
    /// The project has no such flow.
    #[error("the project has no such flow")]
    FlowNotFound,
    /// From now to its end there is no time at which it would fire.
    #[error("it would never fire")]
    NeverFires,
    /// The options are too many: those of all schedules are in memory.
    #[error("the options take more than {limit} bytes")]
    OptionsTooLarge {
        /// The limit.
        limit: usize,
    },
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl ScheduleError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound(_) | Self::ProjectNotFound | Self::FlowNotFound => Kind::NotFound,
            Self::NeverFires | Self::OptionsTooLarge { .. } => Kind::Invalid,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// How long a removed schedule can be restored, in milliseconds.
pub(super) const UNDO_MILLIS: i64 = 24 * 3_600_000;

/// Whether the caller may do these is the face's question, since the answers differ between faces.
impl Engine {
    /// Schedules a flow in the caller's name. A schedule that the flow has is replaced: its id stays, a pause ends.
    pub async fn schedule_put(&self, caller: &Caller, put: PutSchedule) -> Result<Schedule, ScheduleError> {
        let (engine, caller) = (self.clone(), caller.clone());
        self.to_its_end(async move { engine.put(caller, put).await }).await
    }

    async fn put(&self, caller: Caller, put: PutSchedule) -> Result<Schedule, ScheduleError> {
        let now = self.now();
        let project = put.project;
        let model = self.project_model(project.id, project.version).await?;
        if !model.flows.contains_key(&put.flow_id) {
            return Err(ScheduleError::FlowNotFound);
        }
        let next_at = put.timing.next_after(now).ok_or(ScheduleError::NeverFires)?;
        let schedules = &self.inner.schedules;
        let _changing = schedules.changing.lock().await;
        let mut options = put.options;
        let replaced = self.schedule_of_flow(project.id, &put.flow_id).filter(|_| put.keeps_service_levels);
        if let Some(replaced) = replaced {
            options.sla.clone_from(&replaced.flow.options.sla);
        }
        check_size(&options)?;
        let flow = Arc::new(ScheduledFlow {
            project_id: project.id,
            project_name: put.project_name,
            flow_id: put.flow_id,
            timing: put.timing,
            missed: put.missed,
            submit_user: caller.user.name.clone(),
            submitted_at: now,
            options: Arc::new(options),
        });
        let new = NewSchedule {
            project: project.id,
            flow: flow.flow_id.clone(),
            next_at,
            definition: to_definition(&flow),
            options: Arc::clone(&flow.options),
        };
        let told = Arc::clone(&flow);
        let entry = audit(&caller, Action::SchedulePut, &flow, now);
        let stored = self.inner.store.schedule_put(new, move |id| {
            let event = words::event(&told.submit_user, now, words::has_been(id, &told, "added"));
            vec![Change::ProjectEventInsert { project: told.project_id, event }, Change::AuditInsert(entry)]
        });
        match stored.await {
            Ok(row) => {
                let schedule = Schedule { id: row.id, paused: false, next_at, flow };
                schedules.queue().put(schedule.clone(), row.revision);
                schedules.wake();
                self.tell(&schedule, false);
                Ok(schedule)
            }
            Err(Error::ProjectNotActive(_)) => Err(ScheduleError::ProjectNotFound),
            Err(error) => Err(Internal::new(error).into()),
        }
    }

    /// Removes a schedule; returns what it was. For a day it can be restored ([`Engine::schedule_restore`]).
    pub async fn schedule_remove(&self, caller: &Caller, id: ScheduleId) -> Result<Schedule, ScheduleError> {
        let (engine, caller) = (self.clone(), caller.clone());
        self.to_its_end(async move {
            let _changing = engine.inner.schedules.changing.lock().await;
            let schedule = engine.schedule_get(id).ok_or(ScheduleError::NotFound(id))?;
            let (now, flow) = (engine.now(), &schedule.flow);
            let event = words::event(&caller.user.name, now, words::has_been(id, flow, "removed"));
            let entry = audit(&caller, Action::ScheduleRemove, flow, now);
            let changes = vec![
                Change::ScheduleRemove { id, at: now, forget_before: now.plus(-UNDO_MILLIS) },
                Change::ProjectEventInsert { project: flow.project_id, event },
                Change::AuditInsert(entry),
            ];
            let removed = engine.inner.store.commit(changes).await;
            engine.refresh(id).await?;
            removed.map_err(Internal::new)?;
            engine.tell(&schedule, true);
            Ok(schedule)
        })
        .await
    }

    /// Stops a schedule from firing until it is resumed or its flow is scheduled anew. Fires meanwhile pass.
    pub async fn schedule_pause(&self, caller: &Caller, id: ScheduleId) -> Result<Schedule, ScheduleError> {
        let (engine, caller) = (self.clone(), caller.clone());
        self.to_its_end(async move { engine.pause_set(&caller, id, true).await }).await
    }

    /// Lets a paused schedule fire again from its next time on. One that fires once and has missed its time does so now.
    pub async fn schedule_resume(&self, caller: &Caller, id: ScheduleId) -> Result<Schedule, ScheduleError> {
        let (engine, caller) = (self.clone(), caller.clone());
        self.to_its_end(async move { engine.pause_set(&caller, id, false).await }).await
    }

    async fn pause_set(
        &self,
        caller: &Caller,
        id: ScheduleId,
        pause: bool,
    ) -> Result<Schedule, ScheduleError> {
        let _changing = self.inner.schedules.changing.lock().await;
        let schedule = self.schedule_get(id).ok_or(ScheduleError::NotFound(id))?;
        if schedule.paused == pause {
            return Ok(schedule);
        }
        let (now, timing) = (self.now(), &schedule.flow.timing);
        let next_at = match &timing.recurrence {
            _ if pause => None,
            Recurrence::Once => Some(timing.first),
            _ => Some(timing.next_after(now).ok_or(ScheduleError::NeverFires)?),
        };
        let (done, action) =
            if pause { ("paused", Action::SchedulePause) } else { ("resumed", Action::ScheduleResume) };
        let event = words::event(&caller.user.name, now, words::has_been(id, &schedule.flow, done));
        let changes = vec![
            Change::ProjectEventInsert { project: schedule.flow.project_id, event },
            Change::AuditInsert(audit(caller, action, &schedule.flow, now)),
        ];
        let set = self.inner.store.schedule_pause_set(id, next_at, changes).await;
        self.refresh(id).await?;
        set.map_err(Internal::new)?;
        let schedule = self.schedule_get(id).ok_or(ScheduleError::NotFound(id))?;
        self.tell(&schedule, false);
        Ok(schedule)
    }

    /// Tells those who watch that a schedule has changed.
    pub(super) fn tell(&self, schedule: &Schedule, removed: bool) {
        if let Some(project) = self.project_active(schedule.flow.project_id) {
            self.inner.events.tell(|| News::Schedule { id: schedule.id, project, removed });
        }
    }

    /// Runs a change to its end even if its caller goes away.
    pub(super) async fn to_its_end<T: Send + 'static>(
        &self,
        change: impl Future<Output = Result<T, ScheduleError>> + Send + 'static,
    ) -> Result<T, ScheduleError> {
        tokio::spawn(change).await.map_err(Internal::new)?
    }

    /// Removes schedules for good, each with an entry in its project's audit log. `changing` is held.
    async fn remove_all(&self, gone: Vec<(ScheduleId, ProjectId, ProjectEvent)>) -> Result<(), Internal> {
        let ids: Vec<ScheduleId> = gone.iter().map(|(id, ..)| *id).collect();
        let changes = gone.into_iter().flat_map(|(id, project, event)| {
            [Change::ScheduleDelete(id), Change::ProjectEventInsert { project, event }]
        });
        let removed = self.inner.store.commit(changes.collect()).await;
        for id in ids {
            self.refresh(id).await?;
        }
        removed.map_err(Internal::new)
    }

    /// Brings memory up to date with the store, also after an error: a commit whose acknowledgement was lost may be
    /// done. `changing` is held.
    pub(super) async fn refresh(&self, id: ScheduleId) -> Result<(), Internal> {
        let row = self.inner.store.schedule_get(id).await.map_err(Internal::new)?;
        let schedules = &self.inner.schedules;
        match row {
            Some(row) => {
                let revision = row.revision;
                let schedule = from_row(row, &self.inner.config.time_zone)?;
                schedules.queue().put(schedule, revision);
            }
            None => drop(schedules.queue().remove(id)),
        }
        schedules.wake();
        Ok(())
    }

    /// Removes a schedule whose project or flow is gone.
    pub(super) async fn schedule_is_void(&self, schedule: &Schedule) -> Result<(), Internal> {
        let _changing = self.inner.schedules.changing.lock().await;
        let message = words::flow_gone(schedule.id, &schedule.flow);
        let event = words::event(SYSTEM_USER, self.now(), message);
        self.remove_all(vec![(schedule.id, schedule.flow.project_id, event)]).await
    }

    /// Removes the schedules of flows that a new version of a project no longer has (http-api §4.4).
    pub(crate) async fn schedules_after_upload(
        &self,
        project: ProjectId,
        version: ProjectVersion,
    ) -> Result<(), Internal> {
        let model = self.project_model(project, version).await?;
        let _changing = self.inner.schedules.changing.lock().await;
        let now = self.now();
        let mut gone = self.inner.schedules.queue().of_project(project);
        gone.retain(|schedule| !model.flows.contains_key(&schedule.flow.flow_id));
        if gone.is_empty() {
            return Ok(());
        }
        let gone = gone.iter().map(|schedule| {
            let message = words::flow_gone(schedule.id, &schedule.flow);
            (schedule.id, project, words::event(SYSTEM_USER, now, message))
        });
        self.remove_all(gone.collect()).await
    }

    /// Deletes a project by `delete`, which gets changes for the same commit: those that remove the project's schedules
    /// (http-api §4.3).
    pub(crate) async fn delete_with_schedules<E>(
        &self,
        user: &str,
        project: ProjectId,
        delete: impl AsyncFnOnce(Vec<Change>) -> Result<(), E>,
    ) -> Result<(), E> {
        let schedules = &self.inner.schedules;
        let _changing = schedules.changing.lock().await;
        let found = schedules.queue().of_project(project);
        let now: UnixMillis = self.now();
        let events = found.iter().map(|schedule| Change::ProjectEventInsert {
            project,
            event: words::event(user, now, words::project_removed(schedule.id)),
        });
        let changes = events.chain([Change::SchedulesDelete { project }]).collect();
        let deleted = delete(changes).await;
        for schedule in found {
            if let Err(error) = self.refresh(schedule.id).await {
                tracing::error!(schedule = %schedule.id, "cannot look whether a schedule is gone: {error}");
            }
        }
        deleted
    }
}

/// An entry of the audit trail.
pub(super) fn audit(caller: &Caller, action: Action, flow: &ScheduledFlow, at: UnixMillis) -> AuditEntry {
    AuditEntry { flow: Some(flow.flow_id.clone()), ..caller.does_with(action, flow.project_id, at) }
}

pub(super) fn check_size(options: &ExecutionOptions) -> Result<(), ScheduleError> {
    let size = serde_json::to_vec(options).map_err(Internal::new)?.len();
    if size > MAX_OPTIONS { Err(ScheduleError::OptionsTooLarge { limit: MAX_OPTIONS }) } else { Ok(()) }
}
