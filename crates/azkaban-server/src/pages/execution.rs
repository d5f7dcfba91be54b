//! `/executor?execid=N`: an execution's jobs (`&job=PATH`: a job's log).

use azkaban_core::ids::ExecutionId;
use azkaban_core::permission::Permission;
use azkaban_engine::{ExecutionView, LogError};

use super::{message, show, time};
use crate::legacy::reply::Reply;
use crate::legacy::{Call, node_of};

/// Bytes of a log shown at once.
const WINDOW: u64 = 200_000;

pub(crate) async fn get(call: &Call<'_>) -> Reply {
    if !call.params.has("execid") {
        return message(call, "Choose a flow of a project to see its executions.");
    }
    let id = ExecutionId(call.params.required_number("execid")?);
    let Some(view) = call.app.engine.execution_get(id).await? else {
        return message(call, &format!("Error loading executing flow {id} not found."));
    };
    let Some(project) = call.app.engine.project_by_id(view.summary.project_id).await? else {
        return message(call, "Project null not found.");
    };
    if !call.app.engine.project_grants(&call.caller.user, &project, Permission::Read) {
        let text = format!("User {} doesn't have READ permissions on {}", call.user(), project.name);
        return message(call, &text);
    }
    match call.params.get("job") {
        Some(job) => log(call, &view, job).await,
        None => jobs(call, &view, &project.name),
    }
}

fn jobs(call: &Call<'_>, view: &ExecutionView, project: &str) -> Reply {
    let (summary, id) = (&view.summary, view.summary.id.to_string());
    show(call, &format!("Execution {id}"), |html| {
        html.raw("<h1>Execution ").text(&id).raw("</h1>\n<p>").link(
            "/manager",
            &[("project", project)],
            project,
        );
        html.raw(" / ").link(
            "/manager",
            &[("project", project), ("flow", &summary.flow_id)],
            &summary.flow_id,
        );
        html.raw(" · <b>").text(summary.status.name()).raw("</b> · ").text(&summary.submit_user).raw(" · ");
        html.text(&time(call, summary.started_at))
            .raw(" – ")
            .text(&time(call, summary.ended_at))
            .raw("</p>\n");
        html.table("", &["Job", "Status", "Attempt", "Start", "End"]);
        for (index, node) in view.graph.iter().skip(1) {
            let Some(state) = view.nodes.get(index.get()) else { continue };
            html.raw("<tr><td>");
            if node.is_job() {
                html.link("/executor", &[("execid", &id), ("job", node.path.as_str())], node.path.as_str());
            } else {
                html.text(node.path.as_str());
            }
            html.raw("</td>").cell(state.status.name()).cell(&state.attempt.to_string());
            html.cell(&time(call, state.started_at)).cell(&time(call, state.ended_at)).raw("</tr>\n");
        }
        html.end_table();
    })
}

async fn log(call: &Call<'_>, view: &ExecutionView, job: &str) -> Reply {
    let id = view.summary.id.to_string();
    let Some(index) = node_of(view, job).filter(|index| view.graph.node(*index).is_job()) else {
        return message(call, &format!("Job {job} doesn't exist in {id}"));
    };
    let current = view.nodes.get(index.get()).map_or(0, |node| node.attempt);
    let (attempt, offset) = (call.params.number_or("attempt", current), call.params.number_or("offset", 0));
    let window = match call.app.engine.execution_job_log(view, index, attempt, offset, WINDOW).await {
        Ok(window) => Some(window),
        Err(LogError::NotStarted) => None,
        Err(LogError::Internal(error)) => return Err(error.into()),
    };
    show(call, job, |html| {
        html.raw("<h1>")
            .text(job)
            .raw("</h1>\n<p>")
            .link("/executor", &[("execid", &id)], "Execution")
            .text(" ");
        html.text(&id).raw(" · attempt ").text(&attempt.to_string()).raw("</p>\n<pre>");
        let Some(window) = &window else {
            html.raw("</pre>\n<p>There is no log.</p>\n");
            return;
        };
        html.text(&String::from_utf8_lossy(&window.bytes)).raw("</pre>\n<p>");
        let next = (window.offset + window.bytes.len() as u64).to_string();
        let attempt = attempt.to_string();
        let query = [("execid", &*id), ("job", job), ("attempt", &*attempt), ("offset", &*next)];
        html.link("/executor", &query, "What follows").raw("</p>\n");
    })
}
