//! Taking back the removal of a schedule.

use azkaban_core::ids::{ProjectId, ScheduleId};
use azkaban_core::schedule::Recurrence;
use azkaban_store::{Change, Error, RestoreOutcome};

use super::changes::{UNDO_MILLIS, audit};
use super::{Schedule, ScheduleError, from_row, words};
use crate::audit::Action;
use crate::error::Internal;
use crate::{Caller, Engine};

impl Engine {
    /// A schedule that was removed within the last day, as it was.
    pub async fn schedule_removed(&self, id: ScheduleId) -> Result<Option<Schedule>, Internal> {
        let row = self.inner.store.schedule_removed_get(id).await.map_err(Internal::new)?;
        // Its next fire is the time of its removal.
        let row = row.filter(|row| row.schedule.next_at >= self.now().plus(-UNDO_MILLIS));
        row.map(|row| from_row(row, &self.inner.config.time_zone)).transpose()
    }

    /// Puts back a schedule that was removed within the last day: with its id, its history, its options and its pause.
    /// Fires since its removal have passed. `None`: the flow has been scheduled anew since.
    pub async fn schedule_restore(
        &self,
        caller: &Caller,
        id: ScheduleId,
    ) -> Result<Option<Schedule>, ScheduleError> {
        let (engine, caller) = (self.clone(), caller.clone());
        self.to_its_end(async move {
            let _changing = engine.inner.schedules.changing.lock().await;
            let removed = engine.schedule_removed(id).await?.ok_or(ScheduleError::NotFound(id))?;
            let (now, flow) = (engine.now(), &removed.flow);
            engine.check_flow(flow.project_id, &flow.flow_id).await?;
            let next_at = match flow.timing.recurrence {
                Recurrence::Once => Some(flow.timing.first).filter(|first| *first > now),
                _ => flow.timing.next_after(now),
            };
            let next_at = next_at.ok_or(ScheduleError::NeverFires)?;
            let event = words::event(&caller.user.name, now, words::has_been(id, flow, "restored"));
            let changes = vec![
                Change::ProjectEventInsert { project: flow.project_id, event },
                Change::AuditInsert(audit(&caller, Action::ScheduleRestore, flow, now)),
            ];
            let restored = engine.inner.store.schedule_restore(id, next_at, changes).await;
            engine.refresh(id).await?;
            match restored {
                Ok(RestoreOutcome::Restored) => {}
                Ok(RestoreOutcome::NotFound) => return Err(ScheduleError::NotFound(id)),
                Ok(RestoreOutcome::Replaced) => return Ok(None),
                Err(Error::ProjectNotActive(_)) => return Err(ScheduleError::ProjectNotFound),
                Err(error) => return Err(Internal::new(error).into()),
            }
            let schedule = engine.schedule_get(id).ok_or(ScheduleError::NotFound(id))?;
            engine.tell(&schedule, false);
            Ok(Some(schedule))
        })
        .await
    }

    /// Refuses what is about a flow that is no more.
    async fn check_flow(&self, project: ProjectId, flow: &str) -> Result<(), ScheduleError> {
        let project = self.project_active(project).ok_or(ScheduleError::ProjectNotFound)?;
        let model = self.project_model(project.id, project.version).await?;
        if model.flows.contains_key(flow) { Ok(()) } else { Err(ScheduleError::FlowNotFound) }
    }
}
