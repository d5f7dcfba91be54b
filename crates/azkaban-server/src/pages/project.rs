//! `/manager?project=P`: a project's flows (`&flow=F`: a flow's jobs and executions), its rights and its log.

use std::collections::BTreeMap;

use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_engine::Project;

use super::html::Html;
use super::{message, show, time};
use crate::legacy::Call;
use crate::legacy::manager::event_name;
use crate::legacy::reply::Reply;

/// Executions and log entries shown.
const SHOWN: i64 = 50;

pub(crate) async fn get(call: &Call<'_>, name: &str) -> Reply {
    let engine = &call.app.engine;
    let Some(project) = engine.project_by_name(name) else {
        return message(call, &format!("Project {name} not found."));
    };
    if !engine.project_grants(&call.caller.user, &project, Permission::Read) {
        return message(call, &format!("No permission to view project {name}."));
    }
    if call.params.has("logs") {
        return log(call, &project).await;
    }
    if call.params.has("permissions") {
        return permissions(call, &project);
    }
    match call.params.get("flow") {
        Some(flow) => self::flow(call, &project, flow).await,
        None => flows(call, &project).await,
    }
}

fn heading(html: &mut Html, project: &Project) {
    let name: &str = &project.name;
    html.raw("<h1>")
        .link("/manager", &[("project", name)], name)
        .raw("</h1>\n<p>")
        .text(&project.description);
    html.raw("</p>\n<p>");
    html.link("/manager", &[("project", name), ("permissions", "")], "Permissions").raw(" · ");
    html.link("/manager", &[("project", name), ("logs", "")], "Log").raw(" · ");
    html.link("/manager", &[("project", name), ("download", "true")], "Download").raw("</p>\n");
}

async fn flows(call: &Call<'_>, project: &Project) -> Reply {
    let model = call.app.engine.project_model(project.id, project.version).await?;
    show(call, &project.name, |html| {
        heading(html, project);
        html.table("", &["Flow", "Jobs"]);
        for flow in model.listed_flows() {
            html.raw("<tr><td>");
            html.link("/manager", &[("project", &project.name), ("flow", &flow.id)], &flow.id).raw("</td>");
            html.cell(&flow.nodes.len().to_string()).raw("</tr>\n");
        }
        html.end_table();
    })
}

async fn flow(call: &Call<'_>, project: &Project, id: &str) -> Reply {
    let model = call.app.engine.project_model(project.id, project.version).await?;
    let Some(flow) = model.flows.get(id) else { return message(call, &format!("Flow {id} not found.")) };
    let (_, executions) = call.app.engine.executions_of_flow(project.id, id, 0, SHOWN).await?;
    show(call, id, |html| {
        heading(html, project);
        html.raw("<h2>").text(id).raw("</h2>\n").table("", &["Job", "Type", "Depends on"]);
        let mut nodes = flow.nodes_with_levels();
        nodes.sort_by_key(|view| view.level);
        for view in nodes {
            html.raw("<tr>").cell(&view.node.id).cell(view.node.job_type());
            html.cell(&view.dependencies.join(", ")).raw("</tr>\n");
        }
        html.end_table()
            .raw("<h2>Executions</h2>\n")
            .table("", &["Execution", "Status", "User", "Start", "End"]);
        for execution in &executions {
            let id = execution.id.to_string();
            html.raw("<tr><td>").link("/executor", &[("execid", &id)], &id).raw("</td>");
            html.cell(execution.status.name()).cell(&execution.submit_user);
            html.cell(&time(call, execution.started_at)).cell(&time(call, execution.ended_at)).raw("</tr>\n");
        }
        html.end_table();
    })
}

fn permissions(call: &Call<'_>, project: &Project) -> Reply {
    fn list(html: &mut Html, title: &str, of: &BTreeMap<String, PermissionSet>) {
        html.raw("<h2>").text(title).raw("</h2>\n").table("", &["Name", "Permissions"]);
        for (name, set) in of {
            let kinds: Vec<&str> = set.iter().map(Permission::name).collect();
            html.raw("<tr>").cell(name).cell(&kinds.join(", ")).raw("</tr>\n");
        }
        html.end_table();
    }
    show(call, "Permissions", |html| {
        heading(html, project);
        list(html, "Users", &project.user_permissions);
        list(html, "Groups", &project.group_permissions);
        html.raw("<h2>Proxy users</h2>\n<ul>\n");
        for name in &project.proxy_users {
            html.raw("<li>").text(name).raw("</li>\n");
        }
        html.raw("</ul>\n");
        // For scripts that change permissions in the name of this session.
        if let Some(session) = &call.cookie_session {
            let token = call.app.csrf.token(session);
            html.raw("<input type=\"hidden\" name=\"csrfToken\" id=\"csrfToken\" value=\"")
                .text(&token)
                .raw("\">\n");
        }
    })
}

async fn log(call: &Call<'_>, project: &Project) -> Reply {
    let events = call.app.engine.project_events(project.id, 0, SHOWN).await?;
    show(call, "Project log", |html| {
        heading(html, project);
        html.table("", &["Time", "User", "Type", "Message"]);
        for event in &events {
            html.raw("<tr>").cell(&time(call, Some(event.at))).cell(&event.user).cell(event_name(event.kind));
            html.cell(event.message.as_deref().unwrap_or_default()).raw("</tr>\n");
        }
        html.end_table();
    })
}
