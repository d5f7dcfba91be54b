//! `&flow=F`: a flow's jobs and latest executions (web-ui §7).

use azkaban_engine::Project;

use super::heading;
use crate::legacy::Call;
use crate::legacy::reply::Reply;
use crate::pages::{format, message, show, time};

/// Executions shown.
const SHOWN: i64 = 50;

pub(super) async fn page(call: &Call<'_>, project: &Project) -> Reply {
    let id = call.params.required("flow")?;
    let model = call.app.engine.project_model(project.id, project.version).await?;
    let Some(flow) = model.flows.get(id) else { return message(call, &format!("Flow {id} not found.")) };
    let (_, executions) = call.app.engine.executions_of_flow(project.id, id, 0, SHOWN).await?;
    let lock = call.app.engine.flow_lock_get(project.id, id);
    let now = call.app.engine.now();
    show(call, id, |html| {
        heading(call, html, project);
        html.raw("<h2>Flow ").text(id).raw("</h2>\n");
        if let Some(lock) = &lock {
            let text = locked(&call.app.config.locked_flow_message, id, &project.name);
            html.raw("<p class=\"message failure\">")
                .text(lock.message.as_deref().unwrap_or(&text))
                .raw("</p>\n");
        }
        html.raw("<h3 id=\"graph\">Jobs</h3>\n").table("jobs", &["Job", "Type", "Depends on"]);
        let mut nodes = flow.nodes_with_levels();
        nodes.sort_by_key(|view| view.level);
        for view in nodes {
            let query = [("project", &*project.name), ("flow", id), ("job", &*view.node.id)];
            html.raw("<tr><td>").link("/manager", &query, &view.node.id).raw("</td>");
            html.cell(view.node.job_type()).cell(&view.dependencies.join(", ")).raw("</tr>\n");
        }
        html.end_table();
        let columns = ["Execution Id", "User", "Start Time", "End Time", "Elapsed", "Status"];
        html.raw("<h3 id=\"executions\">Executions</h3>\n").table("execTable", &columns);
        for execution in &executions {
            let id = execution.id.to_string();
            html.raw("<tr><td>").link("/executor", &[("execid", &id)], &id).raw("</td>");
            html.cell(&execution.submit_user);
            html.cell(&time(call, execution.started_at)).cell(&time(call, execution.ended_at));
            html.cell(&format::elapsed(execution.started_at, execution.ended_at, now));
            html.status(execution.status).raw("</tr>\n");
        }
        html.end_table();
    })
}

/// The message of a lock that has none, with flow and project in their places (`%s`).
fn locked(template: &str, flow: &str, project: &str) -> String {
    let mut parts = template.splitn(3, "%s");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (name, part) in [flow, project].into_iter().zip(parts) {
        text.push_str(name);
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_lock_names_flow_and_project_where_the_text_wants_them() {
        for (template, text) in [
            ("Flow %s in project %s is locked.", "Flow %s in project p is locked."),
            ("ask %s", "ask %s"),
            ("closed", "closed"),
        ] {
            assert_eq!(super::locked(template, "%s", "p"), text);
        }
    }
}
