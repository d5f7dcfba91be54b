//! Changing parts of a schedule.

use std::sync::Arc;

use azkaban_core::ids::ScheduleId;
use azkaban_core::options::ExecutionOptions;
use azkaban_core::schedule::{MissedFires, Timing};
use azkaban_core::sla::SlaOptions;
use azkaban_store::{AuditEntry, Change};

use super::changes::{audit, check_size};
use super::{Schedule, ScheduleError, ScheduledFlow, to_definition, words};
use crate::audit::{self as trail, Action};
use crate::error::Internal;
use crate::{Caller, Engine};

/// What can be changed of a schedule, as it is until somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDraft {
    /// When it fires.
    pub timing: Timing,
    /// What becomes of missed fires.
    pub missed: MissedFires,
    /// What its executions are asked to do.
    pub options: ExecutionOptions,
}

impl Engine {
    /// Changes parts of a schedule; its id, its history and a pause stay, and so does a fire that is due unless its times
    /// are changed. `edit` sees what the schedule is at that moment, and may refuse. Who changes what the executions do
    /// submits them from then on; who changes only times or service levels does not.
    ///
    /// # Errors
    /// [`ScheduleError`]; inside it the refusal of `edit`. Nothing is changed then.
    pub async fn schedule_edit<E: Send + 'static>(
        &self,
        caller: &Caller,
        id: ScheduleId,
        edit: impl FnOnce(&mut ScheduleDraft) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<Schedule, E>, ScheduleError> {
        let (engine, caller) = (self.clone(), caller.clone());
        self.to_its_end(async move { engine.edit(&caller, id, edit).await }).await
    }

    async fn edit<E>(
        &self,
        caller: &Caller,
        id: ScheduleId,
        edit: impl FnOnce(&mut ScheduleDraft) -> Result<(), E>,
    ) -> Result<Result<Schedule, E>, ScheduleError> {
        let _changing = self.inner.schedules.changing.lock().await;
        let schedule = self.schedule_get(id).ok_or(ScheduleError::NotFound(id))?;
        let flow = &schedule.flow;
        let before = ScheduleDraft {
            timing: flow.timing.clone(),
            missed: flow.missed,
            options: (*flow.options).clone(),
        };
        let mut draft = before.clone();
        if let Err(refused) = edit(&mut draft) {
            return Ok(Err(refused));
        }
        let parts = changed(&before, &draft);
        if parts.is_empty() {
            return Ok(Ok(schedule));
        }
        check_size(&draft.options)?;
        let now = self.now();
        let next_at = if draft.timing == before.timing {
            None
        } else {
            Some(draft.timing.next_after(now).ok_or(ScheduleError::NeverFires)?)
        };
        let mut edited = ScheduledFlow {
            timing: draft.timing,
            missed: draft.missed,
            options: Arc::new(draft.options),
            ..(**flow).clone()
        };
        if parts.contains(&OPTIONS) {
            edited.submit_user.clone_from(&caller.user.name);
            edited.submitted_at = now;
        }
        let user = &caller.user.name;
        let event = if parts == [SERVICE_LEVELS] {
            words::service_levels(user, now, &flow.flow_id)
        } else {
            words::event(user, now, words::has_been(id, &edited, "changed"))
        };
        let entry = AuditEntry {
            details: trail::details(format!("changed {}", parts.join(", "))),
            ..audit(caller, Action::ScheduleEdit, flow, now)
        };
        let changes =
            vec![Change::ProjectEventInsert { project: flow.project_id, event }, Change::AuditInsert(entry)];
        let definition = to_definition(&edited);
        let set = self.inner.store.schedule_edit(id, &definition, &edited.options, next_at, changes).await;
        self.refresh(id).await?;
        set.map_err(Internal::new)?;
        let schedule = self.schedule_get(id).ok_or(ScheduleError::NotFound(id))?;
        self.tell(&schedule, false);
        Ok(Ok(schedule))
    }
}

const OPTIONS: &str = "options";
const SERVICE_LEVELS: &str = "service levels";

/// What is different, for the audit trail.
fn changed(before: &ScheduleDraft, after: &ScheduleDraft) -> Vec<&'static str> {
    let apart =
        |options: &ExecutionOptions| ExecutionOptions { sla: SlaOptions::default(), ..options.clone() };
    let parts = [
        ("times", before.timing != after.timing),
        ("missed fires", before.missed != after.missed),
        (OPTIONS, apart(&before.options) != apart(&after.options)),
        (SERVICE_LEVELS, before.options.sla != after.options.sla),
    ];
    parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect()
}
