//! Steering a running execution: cancel, pause, resume, retry what failed (http-api §4.10, §4.17, §4.18, §7).

use azkaban_core::execution::{Command, Refusal};
use azkaban_core::ids::ExecutionId;
use azkaban_core::status::Status;
use azkaban_store::AuditEntry;

use super::ExecutionSummary;
use crate::audit::Action;
use crate::error::{Internal, Kind};
use crate::{Caller, Engine, clock};

/// Why an execution is not steered.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No such execution.
    #[error("execution {0} does not exist")]
    NotFound(ExecutionId),
    /// It is over.
    #[error("execution {} of flow {} has ended with status {}", .0.id, .0.flow_id, .0.status)]
    Ended(Box<ExecutionSummary>),
    /// What it does now forbids this.
    #[error("an execution with status {0} cannot do this")]
    Refused(Status),
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl ControlError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound(_) => Kind::NotFound,
            Self::Ended(_) | Self::Refused(_) => Kind::Conflict,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl Engine {
    /// Ends an execution: running jobs are stopped, others do not start. Asking again while it is being killed is fine.
    pub async fn execution_cancel(&self, caller: &Caller, id: ExecutionId) -> Result<(), ControlError> {
        let command = Command::Kill { by: caller.user.name.clone() };
        self.execution_command(caller, id, command, Action::ExecutionCancel).await
    }

    /// Starts no new jobs until it is resumed.
    pub async fn execution_pause(&self, caller: &Caller, id: ExecutionId) -> Result<(), ControlError> {
        let command = Command::Pause { by: caller.user.name.clone() };
        self.execution_command(caller, id, command, Action::ExecutionPause).await
    }

    /// Ends a pause.
    pub async fn execution_resume(&self, caller: &Caller, id: ExecutionId) -> Result<(), ControlError> {
        let command = Command::Resume { by: caller.user.name.clone() };
        self.execution_command(caller, id, command, Action::ExecutionResume).await
    }

    /// Gives failed jobs another attempt while the execution still runs.
    pub async fn execution_retry_failed(&self, caller: &Caller, id: ExecutionId) -> Result<(), ControlError> {
        let command = Command::RetryFailed { by: caller.user.name.clone() };
        self.execution_command(caller, id, command, Action::ExecutionRetry).await
    }

    /// Returns once the command's consequences are stored.
    async fn execution_command(
        &self,
        caller: &Caller,
        id: ExecutionId,
        command: Command,
        action: Action,
    ) -> Result<(), ControlError> {
        let kill = matches!(command, Command::Kill { .. });
        let summary = self.inner.executor.summary(id);
        let entry = AuditEntry {
            project: summary.as_ref().map(|summary| summary.project_id),
            flow: summary.map(|summary| summary.flow_id),
            execution: Some(id),
            ..caller.does(action, clock::now())
        };
        match self.inner.executor.command(id, command, Some(entry)).await {
            Some(Ok(())) => Ok(()),
            Some(Err(Refusal::Killed)) if kill => Ok(()),
            Some(Err(Refusal::Killed)) => Err(ControlError::Refused(Status::Killing)),
            Some(Err(Refusal::NotActive)) => Err(ControlError::Refused(Status::Running)),
            Some(Err(Refusal::Finished { .. })) | None => match self.execution_summary(id).await? {
                Some(summary) => Err(ControlError::Ended(Box::new(summary))),
                None => Err(ControlError::NotFound(id)),
            },
        }
    }
}
