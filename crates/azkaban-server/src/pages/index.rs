//! `/index`: projects (web-ui §3).

use std::sync::Arc;

use azkaban_core::permission::Permission;
use azkaban_engine::Project;
use regex::RegexBuilder;

use super::{show, time};
use crate::legacy::Call;
use crate::legacy::reply::Reply;

/// Bytes that a search expression may take when it is compiled.
const MAX_EXPRESSION: usize = 1 << 20;

/// Which projects are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The user has an entry of their own with READ or ADMIN.
    Personal,
    /// A group of theirs has one.
    Group,
    /// Every one, as Azkaban does, whether the user may look into it or not.
    All,
}

/// The projects of a scope, or of a search in it.
pub(crate) fn get(call: &Call<'_>) -> Reply {
    let scope = match () {
        () if call.params.has("all") => Scope::All,
        () if call.params.has("group") => Scope::Group,
        () => Scope::Personal,
    };
    let searched = (call.params.get("doaction") == Some("search"))
        .then(|| call.params.get("searchterm").unwrap_or_default().trim());
    let mut projects = call.app.engine.projects_active();
    projects.retain(|project| is_in(call, project, scope));
    if let Some(term) = searched.filter(|term| !term.is_empty()) {
        search(&mut projects, term);
    }
    page(call, scope, searched.unwrap_or_default(), &projects)
}

fn is_in(call: &Call<'_>, project: &Project, scope: Scope) -> bool {
    let reads = |set: &azkaban_core::permission::PermissionSet| {
        set.contains(Permission::Read) || set.contains(Permission::Admin)
    };
    match scope {
        Scope::All => true,
        Scope::Personal => project.user_permissions.get(call.user()).is_some_and(reads),
        Scope::Group => call
            .caller
            .user
            .groups
            .iter()
            .any(|group| project.group_permissions.get(group).is_some_and(reads)),
    }
}

/// Keeps those whose name has a match of `term`, a regular expression without regard to case; one that is none matches
/// nothing (http-api §13.1).
fn search(projects: &mut Vec<Arc<Project>>, term: &str) {
    match RegexBuilder::new(term).case_insensitive(true).size_limit(MAX_EXPRESSION).build() {
        Ok(expression) => projects.retain(|project| expression.is_match(&project.name)),
        Err(_) => projects.clear(),
    }
}

fn page(call: &Call<'_>, scope: Scope, searched: &str, projects: &[Arc<Project>]) -> Reply {
    show(call, "Projects", |html| {
        html.raw("<h1>Projects</h1>\n<form id=\"search-form\" method=\"get\" action=\"/index\">\n");
        html.raw("<input type=\"hidden\" name=\"doaction\" value=\"search\">\n");
        if scope == Scope::All {
            html.raw("<input type=\"hidden\" name=\"all\" value=\"true\">\n");
        }
        html.raw("<input type=\"text\" id=\"search-textbox\" name=\"searchterm\" placeholder=\"Project name containing …\" value=\"");
        html.text(searched).raw("\"> <button type=\"submit\">Quick Search</button>\n</form>\n");
        html.raw("<ul class=\"nav nav-pills\" id=\"project-options\">\n");
        for (tab, href, text) in [
            (Scope::Personal, "/index", "Personal"),
            (Scope::Group, "/index?group", "Group"),
            (Scope::All, "/index?all", "All"),
        ] {
            html.raw(if tab == scope { "<li class=\"active\">" } else { "<li>" });
            html.raw("<a href=\"").raw(href).raw("\">").raw(text).raw("</a></li>\n");
        }
        html.raw("</ul>\n");
        if projects.is_empty() {
            html.raw("<p>No Viewable Projects</p>\n");
            return;
        }
        html.raw("<ul id=\"project-list\">\n");
        for project in projects {
            html.raw("<li>\n<div class=\"project-info\">\n<h4>");
            html.link("/manager", &[("project", &project.name)], &project.name).raw("</h4>\n");
            html.raw("<p class=\"project-description\">").text(&project.description).raw("</p>\n");
            html.raw("<p class=\"project-last-modified\">Last modified on <strong>");
            html.text(&time(call, Some(project.modified_at))).raw("</strong> by <strong>");
            html.text(&project.modified_by)
                .raw("</strong>.</p>\n</div>\n<div class=\"project-expander\" id=\"");
            html.text(&project.name).raw("\"></div>\n</li>\n");
        }
        html.raw("</ul>\n");
    })
}
