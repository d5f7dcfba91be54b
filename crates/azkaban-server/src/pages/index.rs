//! `/index`: the projects that the user may see.

use azkaban_core::permission::Permission;

use super::{show, time};
use crate::legacy::Call;
use crate::legacy::reply::Reply;

/// Every project that the user may read.
pub(crate) fn get(call: &Call<'_>) -> Reply {
    let engine = &call.app.engine;
    let mut projects = engine.projects_active();
    projects.retain(|project| engine.project_grants(&call.caller.user, project, Permission::Read));
    show(call, "Projects", |html| {
        html.raw("<h1>Projects</h1>\n");
        if projects.is_empty() {
            html.raw("<p>No viewable projects.</p>\n");
            return;
        }
        html.table("", &["Project", "Description", "Version", "Last modified", "By"]);
        for project in &projects {
            html.raw("<tr><td>").link("/manager", &[("project", &project.name)], &project.name).raw("</td>");
            html.cell(&project.description).cell(&project.version.to_string());
            html.cell(&time(call, Some(project.modified_at))).cell(&project.modified_by).raw("</tr>\n");
        }
        html.end_table();
    })
}
