//! Lists of executions over all projects: `/executor` and `/history` (web-ui §16, §17).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use azkaban_core::ids::ProjectId;
use azkaban_engine::{ExecutionSummary, Project};

use super::html::Html;
use super::{format, show, time};
use crate::legacy::reply::Reply;
use crate::legacy::{Call, Failure};

/// How long an execution counts as recently finished (http-api §13.3), in milliseconds.
const RECENT: i64 = 600_000;
/// Rows of a list at most.
const MAX_ROWS: usize = 1_000;

/// The projects of some executions, deleted ones too.
struct Projects(HashMap<ProjectId, Arc<Project>>);

impl Projects {
    async fn of(call: &Call<'_>, executions: &[&[ExecutionSummary]]) -> Result<Self, Failure> {
        let ids: BTreeSet<ProjectId> = executions.iter().copied().flatten().map(|e| e.project_id).collect();
        let mut projects = HashMap::new();
        for id in ids {
            if let Some(project) = call.app.engine.project_by_id(id).await? {
                projects.insert(id, project);
            }
        }
        Ok(Self(projects))
    }

    fn get(&self, execution: &ExecutionSummary) -> Option<&Project> {
        self.0.get(&execution.project_id).map(|project| &**project)
    }

    fn name(&self, execution: &ExecutionSummary) -> &str {
        self.get(execution).map_or("", |project| &project.name)
    }
}

/// `/executor`: what has not ended, and what ended lately.
pub(crate) async fn executing(call: &Call<'_>) -> Reply {
    let engine = &call.app.engine;
    let unfinished = engine.executions_unfinished();
    let finished = engine.executions_ended_after(engine.now().plus(-RECENT), MAX_ROWS as u64).await?;
    let shown = &unfinished[..unfinished.len().min(MAX_ROWS)];
    let projects = Projects::of(call, &[shown, &finished]).await?;
    show(call, "Executing Flows", |html| {
        html.raw("<h1>Executing Flows</h1>\n<ul class=\"nav nav-tabs\">\n");
        html.raw("<li id=\"currently-running-view-link\"><a href=\"#currently-running\">Currently Running</a></li>\n");
        html.raw("<li id=\"recently-finished-view-link\"><a href=\"#recently-finished\">Recently Finished</a></li>\n</ul>\n");
        html.raw(
            "<div id=\"currently-running-view\">\n<h2 id=\"currently-running\">Currently Running</h2>\n",
        );
        if !engine.queue_is_open() {
            html.raw("<p class=\"message warning\">The queue is switched off: executions wait until an administrator switches it on.</p>\n");
        }
        if shown.is_empty() {
            html.raw("<p>No Executing Flows</p>\n");
        } else {
            rows(call, html, "executingJobs", shown, &projects, Kind::Executing, 1);
        }
        if shown.len() < unfinished.len() {
            let left = (unfinished.len() - shown.len()).to_string();
            html.raw("<p>").text(&left).raw(" more are not shown.</p>\n");
        }
        html.raw("</div>\n<div id=\"recently-finished-view\">\n<h2 id=\"recently-finished\">Recently Finished</h2>\n");
        if finished.is_empty() {
            html.raw("<p>No Recently Finished Flows</p>\n");
        } else {
            rows(call, html, "finishedJobs", &finished, &projects, Kind::Finished, 1);
        }
        html.raw("</div>\n");
    })
}

/// A page of the history.
pub(crate) struct HistoryPage {
    /// The first page is 1.
    pub(crate) number: u64,
    /// Executions of a page.
    pub(crate) size: u64,
    /// What was searched for.
    pub(crate) searched: String,
    /// Parameters that choose the same executions, for links to other pages.
    pub(crate) query: Vec<(&'static str, String)>,
    /// The executions of this page.
    pub(crate) executions: Vec<ExecutionSummary>,
    /// There is a next page.
    pub(crate) more: bool,
}

/// `/history`.
pub(crate) async fn history(call: &Call<'_>, page: HistoryPage) -> Reply {
    let projects = Projects::of(call, &[&page.executions]).await?;
    show(call, "History", |html| {
        html.raw("<h1>History</h1>\n<form id=\"search-form\" method=\"get\" action=\"/history\">\n");
        html.raw("<input type=\"hidden\" name=\"search\" value=\"true\">\n");
        html.raw("<input type=\"text\" id=\"searchtextbox\" name=\"searchterm\" placeholder=\"flow name contains\" value=\"");
        html.text(&page.searched).raw("\"> <button type=\"submit\">Quick Search</button>\n</form>\n");
        let first = (page.number - 1).saturating_mul(page.size).saturating_add(1);
        if page.executions.is_empty() {
            html.raw("<p>No History Results Found</p>\n");
        } else {
            rows(call, html, "executingJobs", &page.executions, &projects, Kind::History, first);
        }
        let turn = |html: &mut Html, id: &str, number: Option<u64>, text: &str| {
            html.raw("<li id=\"").raw(id).raw("\"").raw(if number.is_some() {
                ">"
            } else {
                " class=\"disabled\">"
            });
            match number {
                Some(number) => {
                    let (number, size) = (number.to_string(), page.size.to_string());
                    let mut query = vec![("page", &*number), ("size", &*size)];
                    query.extend(page.query.iter().map(|(name, value)| (*name, &**value)));
                    html.link("/history", &query, text);
                }
                None => {
                    html.text(text);
                }
            }
            html.raw("</li>\n");
        };
        html.raw("<ul class=\"pagination\" id=\"pageSelection\">\n");
        turn(html, "previous", (page.number > 1).then(|| page.number - 1), "Previous");
        html.raw("<li class=\"active\">").text(&page.number.to_string()).raw("</li>\n");
        turn(html, "next", page.more.then(|| page.number.saturating_add(1)), "Next");
        html.raw("</ul>\n");
    })
}

/// Which columns a list has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Executing,
    Finished,
    History,
}

impl Kind {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Kind::Executing => &[
                "#",
                "Execution Id",
                "Executor Id",
                "Flow",
                "Project",
                "User",
                "Proxy User",
                "Start Time",
                "End Time",
                "Elapsed",
                "Status",
            ],
            Kind::Finished => &[
                "#",
                "Execution Id",
                "Flow",
                "Project",
                "User",
                "Proxy User",
                "Start Time",
                "End Time",
                "Elapsed",
                "Status",
            ],
            Kind::History => &[
                "#",
                "Execution Id",
                "Flow",
                "Project",
                "User",
                "Start Time",
                "End Time",
                "Elapsed",
                "Status",
            ],
        }
    }
}

fn rows(
    call: &Call<'_>,
    html: &mut Html,
    id: &str,
    executions: &[ExecutionSummary],
    projects: &Projects,
    kind: Kind,
    first: u64,
) {
    let now = call.app.engine.now();
    html.table(id, kind.columns());
    for (number, execution) in executions.iter().enumerate() {
        let (id, project) = (execution.id.to_string(), projects.name(execution));
        html.raw("<tr>").cell(&first.saturating_add(number as u64).to_string());
        html.raw("<td class=\"tb-name execId\">").link("/executor", &[("execid", &id)], &id).raw("</td>");
        if kind == Kind::Executing {
            html.cell(if execution.started_at.is_some() { "1" } else { "-" });
        }
        html.raw("<td class=\"tb-name\">");
        if kind == Kind::History {
            html.link("/executor", &[("execid", &id)], &execution.flow_id);
        } else {
            let query = [("project", project), ("flow", &*execution.flow_id)];
            html.link("/manager", &query, &execution.flow_id);
        }
        html.raw("</td>\n<td>").link("/manager", &[("project", project)], project).raw("</td>");
        html.cell(&execution.submit_user);
        if kind != Kind::History {
            let names: Vec<&str> = projects
                .get(execution)
                .map_or_else(Vec::new, |project| project.proxy_users.iter().map(String::as_str).collect());
            html.cell(&format!("[{}]", names.join(", ")));
        }
        html.cell(&time(call, execution.started_at)).cell(&time(call, execution.ended_at));
        html.cell(&format::elapsed(execution.started_at, execution.ended_at, now));
        html.status(execution.status).raw("</tr>\n");
    }
    html.end_table();
}
