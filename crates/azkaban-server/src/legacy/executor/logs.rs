//! Logs of jobs and flows, and what jobs attach (http-api §4.20, §7).

use azkaban_engine::{ExecutionView, LogError, LogWindow};
use serde::Serialize;

use crate::legacy::reply::{self, Reply};
use crate::legacy::window::Window;
use crate::legacy::{Call, Failure, node_of};

/// The window that a request asks for.
struct Asked {
    offset: i64,
    length: i64,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Self, Failure> {
        Ok(Self {
            offset: call.params.required_number("offset")?,
            length: call.params.required_number("length")?,
        })
    }

    /// As unsigned numbers; `None` if there can be nothing in it.
    fn bytes(&self) -> Option<(u64, u64)> {
        Some((
            u64::try_from(self.offset).ok()?,
            u64::try_from(self.length).ok().filter(|length| *length > 0)?,
        ))
    }
}

/// `fetchExecJobLogs`.
pub(super) async fn of_job(call: &Call<'_>, view: &ExecutionView) -> Reply {
    let asked = Asked::of(call)?;
    let job = call.params.required("jobId")?;
    let Some(index) = node_of(view, job) else {
        return utf8_error(format!("Job {job} doesn't exist in {}", view.summary.id));
    };
    let current = view.nodes.get(index.get()).map_or(0, |node| node.attempt);
    let attempt = call.params.number_or("attempt", current);
    let Some((offset, length)) = asked.bytes().filter(|_| view.graph.node(index).is_job()) else {
        return reply::pretty_utf8(&Window::empty(asked.offset));
    };
    let log = call.app.engine.execution_job_log(view, index, attempt, offset, length).await;
    answer(view, &asked, log, "Job log file doesn't exist.")
}

/// `fetchExecFlowLogs`.
pub(super) async fn of_flow(call: &Call<'_>, view: &ExecutionView) -> Reply {
    let asked = Asked::of(call)?;
    let Some((offset, length)) = asked.bytes() else {
        return reply::pretty_utf8(&Window::empty(asked.offset));
    };
    let log = call.app.engine.execution_flow_log(view, offset, length).await;
    answer(view, &asked, log, "Flow log file doesn't exist.")
}

/// While it runs, a log that is not there yet is a 500; afterwards it is empty (recorded).
fn answer(view: &ExecutionView, asked: &Asked, log: Result<LogWindow, LogError>, absent: &str) -> Reply {
    match log {
        Ok(window) if window.bytes.is_empty() => reply::pretty_utf8(&Window::empty(asked.offset)),
        Ok(window) => {
            let offset = i64::try_from(window.offset).unwrap_or(asked.offset);
            reply::pretty_utf8(&Window::cut(&window.bytes, offset))
        }
        Err(LogError::NotStarted) if view.summary.status.is_terminal_for_execution() => {
            reply::pretty_utf8(&Window::empty(asked.offset))
        }
        Err(LogError::NotStarted) => Err(Failure::Message(absent.to_owned())),
        Err(LogError::Internal(error)) => Err(error.into()),
    }
}

/// `fetchExecJobStats`.
pub(super) async fn stats(call: &Call<'_>, view: &ExecutionView) -> Reply {
    #[derive(Serialize)]
    struct Stats {
        #[serde(rename = "jobStats")]
        stats: Option<serde_json::Value>,
    }
    let job = call.params.required("jobid")?;
    let Some(index) = node_of(view, job) else {
        return utf8_error(format!("Job {job} doesn't exist in {}", view.summary.id));
    };
    let attempt = view.nodes.get(index.get()).map_or(0, |node| node.attempt);
    reply::pretty_utf8(&Stats { stats: call.app.engine.execution_attachment(view, index, attempt).await? })
}

fn utf8_error(message: String) -> Reply {
    reply::pretty_utf8(&reply::ErrorOnly { error: &message })
}
