//! Steering an execution (http-api §4.10, §4.17, §4.18, §7).

use azkaban_core::status::Status;
use azkaban_engine::{ControlError, ExecutionView};
use serde::Serialize;

use crate::legacy::Call;
use crate::legacy::reply::{self, Reply};

/// `cancelFlow`, `pauseFlow`, `resumeFlow`, `retryFailedJobs`.
pub(super) async fn answer(call: &Call<'_>, ajax: &str, view: &ExecutionView) -> Reply {
    let (engine, caller, id) = (&call.app.engine, &call.caller, view.summary.id);
    let done = match ajax {
        "cancelFlow" => engine.execution_cancel(caller, id).await,
        "pauseFlow" => engine.execution_pause(caller, id).await,
        "resumeFlow" => engine.execution_resume(caller, id).await,
        _ => engine.execution_retry_failed(caller, id).await,
    };
    let error = match done {
        Ok(()) => return reply::nothing(),
        Err(ControlError::Internal(error)) => return Err(error.into()),
        Err(error) => error,
    };
    let flow = &view.summary.flow_id;
    let message = match (error, ajax) {
        (ControlError::Ended(summary), "retryFailedJobs")
            if matches!(summary.status, Status::Failed | Status::Succeeded) =>
        {
            "Flow has already finished. Please re-execute.".to_owned()
        }
        (ControlError::Refused(status @ (Status::Killing | Status::Killed)), "pauseFlow") => {
            format!("Execution {id} with status {status} cannot be paused.")
        }
        _ => format!("Execution {id} of flow {flow} isn't running."),
    };
    // The engine's refusals of this one call come under another key (§4.18).
    #[derive(Serialize)]
    struct ResumeError {
        resume: String,
    }
    if ajax == "resumeFlow" { reply::pretty(&ResumeError { resume: message }) } else { reply::error(message) }
}
