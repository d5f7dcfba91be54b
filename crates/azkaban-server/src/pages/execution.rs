//! `/executor?execid=N`: an execution's jobs (`&job=PATH`: a job's log); `/executor` alone: the list.

use azkaban_core::ids::ExecutionId;
use azkaban_core::permission::Permission;
use azkaban_engine::{ExecutionView, LogError};

use super::html::Html;
use super::{executions, format, message, show, time};
use crate::external_links::ExternalLink;
use crate::legacy::reply::Reply;
use crate::legacy::{Call, node_of};

/// Bytes of a log shown at once.
const WINDOW: u64 = 200_000;

pub(crate) async fn get(call: &Call<'_>) -> Reply {
    if !call.params.has("execid") {
        return match call.params.get("triggerinstanceid") {
            Some(id) => message(call, &format!("Error loading trigger instance {id} not found.")),
            None => executions::executing(call).await,
        };
    }
    let id: i32 = call.params.required_number("execid")?;
    let id = ExecutionId(id.into());
    let job = call.params.get("job");
    let Some(view) = call.app.engine.execution_get(id).await? else {
        let colon = if job.is_some() { ":" } else { "" };
        return message(call, &format!("Error loading executing flow {id}{colon} not found."));
    };
    let Some(project) = call.app.engine.project_by_id(view.summary.project_id).await? else {
        return message(call, "Project null not found.");
    };
    if !call.app.engine.project_grants(&call.caller.user, &project, Permission::Read) {
        let text = format!("User {} doesn't have READ permissions on {}", call.user(), project.name);
        return message(call, &text);
    }
    match job {
        Some(job) => log(call, &view, &project.name, job).await,
        None => jobs(call, &view, &project.name),
    }
}

fn jobs(call: &Call<'_>, view: &ExecutionView, project: &str) -> Reply {
    let (summary, id) = (&view.summary, view.summary.id.to_string());
    let now = call.app.engine.now();
    show(call, &format!("Execution {id}"), |html| {
        html.raw("<h1>Flow Execution ").link("/executor", &[("execid", &id)], &id);
        html.raw(" <span id=\"flowStatus\" class=\"").raw(summary.status.name()).raw("\">");
        html.text(format::status(summary.status)).raw("</span></h1>\n<p id=\"breadcrumb\">Project ");
        html.link("/manager", &[("project", project)], project).raw(" / Flow ");
        html.link("/manager", &[("project", project), ("flow", &summary.flow_id)], &summary.flow_id);
        html.raw(" / Execution ").text(&id).raw("</p>\n<dl>\n<dt>Submit User</dt><dd id=\"submitUser\">");
        html.text(&summary.submit_user).raw("</dd>\n<dt>Duration</dt><dd id=\"duration\">");
        html.text(&format::elapsed(summary.started_at, summary.ended_at, now));
        html.raw("</dd>\n<dt>Start Time</dt><dd id=\"startTime\">").text(&time(call, summary.started_at));
        html.raw("</dd>\n<dt>End Time</dt><dd id=\"endTime\">").text(&time(call, summary.ended_at));
        html.raw("</dd>\n</dl>\n");
        external(call, html, &call.app.config.external_links.execution, &id, None);
        html.raw("<h2 id=\"jobslist\">Job List</h2>\n");
        html.table(
            "executableJobs",
            &["Name", "Type", "Attempt", "Start Time", "End Time", "Elapsed", "Status", "Details"],
        );
        for (index, node) in view.graph.iter().skip(1) {
            let Some(state) = view.nodes.get(index.get()) else { continue };
            let (path, attempt) = (node.path.as_str(), state.attempt.to_string());
            html.raw("<tr>").cell(path).cell(match &node.kind {
                azkaban_core::project::NodeKind::Job(job_type) => job_type,
                azkaban_core::project::NodeKind::Flow(_) => "flow",
            });
            html.cell(&attempt).cell(&time(call, state.started_at)).cell(&time(call, state.ended_at));
            html.cell(&format::elapsed(state.started_at, state.ended_at, now)).status(state.status);
            html.raw("<td>");
            if node.is_job() && state.started_at.is_some() {
                let query = [("execid", &*id), ("job", path), ("attempt", &*attempt)];
                html.link("/executor", &query, "Details");
            }
            html.raw("</td></tr>\n");
        }
        html.end_table();
    })
}

/// The links of an administrator's.
fn external(call: &Call<'_>, html: &mut Html, links: &[ExternalLink], execution: &str, job: Option<&str>) {
    if links.is_empty() {
        return;
    }
    html.raw("<p id=\"externalLinks\">");
    for link in links {
        let address = link.fill(&call.app.engine.config().link_base, execution, job);
        html.raw("<a rel=\"noopener\" href=\"").text(&address).raw("\">").text(&link.label).raw("</a> ");
    }
    html.raw("</p>\n");
}

/// As in Azkaban the attempt is the first one unless the address says otherwise (web-ui §12).
async fn log(call: &Call<'_>, view: &ExecutionView, project: &str, job: &str) -> Reply {
    let id = view.summary.id.to_string();
    let Some(index) = node_of(view, job).filter(|index| view.graph.node(*index).is_job()) else {
        return message(call, &format!("Job {job} doesn't exist in {id}"));
    };
    let current = view.nodes.get(index.get()).map_or(0, |node| node.attempt);
    let (attempt, offset) = (call.params.number_or("attempt", 0), call.params.number_or("offset", 0));
    let window = match call.app.engine.execution_job_log(view, index, attempt, offset, WINDOW).await {
        Ok(window) => Some(window),
        Err(LogError::NotStarted) => None,
        Err(LogError::Internal(error)) => return Err(error.into()),
    };
    show(call, job, |html| {
        html.raw("<h1>Job Execution ").text(job).raw("</h1>\n<p id=\"breadcrumb\">Project ");
        html.link("/manager", &[("project", project)], project).raw(" / Execution ");
        html.link("/executor", &[("execid", &id)], &id).raw(" / Attempt");
        for number in 0..=current.min(100) {
            let text = number.to_string();
            html.raw(" ");
            if number == attempt {
                html.raw("<b>").text(&text).raw("</b>");
            } else {
                html.link("/executor", &[("execid", &*id), ("job", job), ("attempt", &*text)], &text);
            }
        }
        html.raw("</p>\n");
        external(call, html, &call.app.config.external_links.job, &id, Some(job));
        html.raw("<pre id=\"logSection\">");
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
