//! `/manager?project=P`: the pages of a project (http-api §13.2). Which page a request means is decided by the first of
//! `logs`, `permissions`, `prop`, `history`, `job`, `flow` that it has; without any it is the list of flows.

mod flow;
mod job;
mod job_history;
mod log;
mod permissions;
mod property;

use std::sync::Arc;

use azkaban_core::permission::Permission;
use azkaban_engine::Project;

use super::html::Html;
use super::{message, show, time};
use crate::legacy::Call;
use crate::legacy::reply::Reply;

pub(crate) async fn get(call: &Call<'_>, name: &str) -> Reply {
    let has = |parameter| call.params.has(parameter);
    match () {
        () if has("logs") => match find(call, name, "doesn't exist.") {
            Ok(project) => log::page(call, &project).await,
            Err(text) => message(call, &text),
        },
        () if has("permissions") => match find(call, name, "not found.") {
            Ok(project) => permissions::page(call, &project),
            Err(text) => message(call, &text),
        },
        () if has("prop") => match find(call, name, "not found.") {
            Ok(project) => property::page(call, &project).await,
            Err(text) => message(call, &text),
        },
        () if has("history") => match find(call, name, "doesn't exist.") {
            Ok(project) => job_history::page(call, &project).await,
            Err(text) => message(call, &text),
        },
        () if has("job") => match find(call, name, "not found.") {
            Ok(project) => job::page(call, &project).await,
            Err(text) => message(call, &text),
        },
        () if has("flow") => match find(call, name, "not found.") {
            Ok(project) => flow::page(call, &project).await,
            Err(text) if text.starts_with("No permission") => {
                message(call, &format!("No permission Project {name}."))
            }
            Err(text) => message(call, &text),
        },
        () => match find(call, name, "not found.") {
            Ok(project) => flows(call, &project).await,
            Err(text) => message(call, &text),
        },
    }
}

/// The project, if the user may look into it; else what the page says.
fn find(call: &Call<'_>, name: &str, absent: &str) -> Result<Arc<Project>, String> {
    let engine = &call.app.engine;
    let project = engine.project_by_name(name).ok_or_else(|| format!("Project {name} {absent}"))?;
    if engine.project_grants(&call.caller.user, &project, Permission::Read) {
        Ok(project)
    } else {
        Err(format!("No permission to view project {name}."))
    }
}

/// Name, actions and tabs of a project.
fn heading(call: &Call<'_>, html: &mut Html, project: &Project) {
    let name: &str = &project.name;
    html.raw("<h1>Project ").link("/manager", &[("project", name)], name).raw("</h1>\n");
    html.raw("<p>").link("/manager", &[("project", name), ("download", "true")], "Download").raw("</p>\n");
    html.raw("<ul class=\"nav nav-tabs nav-sm\" id=\"project-view-tabs\">\n<li>");
    html.link("/manager", &[("project", name)], "Flows").raw("</li>\n<li id=\"project-permission-tab\">");
    html.link("/manager", &[("project", name), ("permissions", "")], "Permissions").raw("</li>\n");
    if call.app.engine.project_grants(&call.caller.user, project, Permission::Admin) {
        html.raw("<li>").link("/manager", &[("project", name), ("logs", "")], "Project Logs").raw("</li>\n");
    }
    html.raw("</ul>\n");
}

/// What the side of a project's pages tells.
fn sidebar(call: &Call<'_>, html: &mut Html, project: &Project) {
    let admins: Vec<&str> = project
        .user_permissions
        .iter()
        .filter(|(_, set)| set.contains(Permission::Admin))
        .map(|(name, _)| name.as_str())
        .collect();
    let own: Vec<&str> = Permission::ALL
        .into_iter()
        .filter(|p| call.app.engine.project_grants(&call.caller.user, project, *p))
        .map(Permission::name)
        .collect();
    html.raw("<div id=\"project-sidebar\">\n<h3>")
        .text(&project.name)
        .raw("</h3>\n<p id=\"project-description\">");
    html.text(&project.description).raw("</p>\n<dl>\n");
    for (title, value) in [
        ("Created on", time(call, Some(project.created_at))),
        ("Last modified on", time(call, Some(project.modified_at))),
        ("Modified by", project.modified_by.clone()),
        ("Project admins", admins.join(",")),
        ("Your Permissions", own.join(",")),
    ] {
        html.raw("<dt>").raw(title).raw("</dt><dd>").text(&value).raw("</dd>\n");
    }
    html.raw("</dl>\n</div>\n");
}

async fn flows(call: &Call<'_>, project: &Project) -> Reply {
    let model = call.app.engine.project_model(project.id, project.version).await?;
    show(call, &project.name, |html| {
        heading(call, html, project);
        html.raw("<div id=\"flow-tabs\">\n");
        let mut flows = model.listed_flows().peekable();
        if flows.peek().is_none() {
            html.raw("<h4>No Flows</h4>\n<p>No flows have been uploaded to this project yet.</p>\n");
        }
        for flow in flows {
            html.raw("<div class=\"panel panel-default\" flow=\"").text(&flow.id).raw("\" project=\"");
            html.text(&project.name).raw("\"><h4 class=\"panel-title\">");
            html.link("/manager", &[("project", &project.name), ("flow", &flow.id)], &flow.id);
            html.raw("</h4> ").text(&flow.nodes.len().to_string()).raw(" jobs</div>\n");
        }
        html.raw("</div>\n");
        sidebar(call, html, project);
    })
}
