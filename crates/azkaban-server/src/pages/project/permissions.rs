//! `&permissions`: who may do what (web-ui §5).

use std::collections::BTreeMap;

use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_engine::Project;

use super::{heading, sidebar};
use crate::legacy::Call;
use crate::legacy::reply::Reply;
use crate::pages::html::Html;
use crate::pages::show;

/// The columns after the name.
const SHOWN: [(Permission, &str); 5] = [
    (Permission::Admin, "Admin"),
    (Permission::Read, "Read"),
    (Permission::Write, "Write"),
    (Permission::Execute, "Execute"),
    (Permission::Schedule, "Schedule"),
];

pub(super) fn page(call: &Call<'_>, project: &Project) -> Reply {
    let list = |html: &mut Html, id: &str, title: &str, of: &BTreeMap<String, PermissionSet>| {
        let mut columns = vec![title];
        columns.extend(SHOWN.map(|(_, title)| title));
        html.table(id, &columns);
        for (name, set) in of {
            html.raw("<tr>").cell(name);
            for (permission, _) in SHOWN {
                let has = set.contains(permission) || set.contains(Permission::Admin);
                html.cell(if has { "✓" } else { "" });
            }
            html.raw("</tr>\n");
        }
        html.end_table();
    };
    show(call, "Permissions", |html| {
        heading(call, html, project);
        list(html, "permissions-table", "User", &project.user_permissions);
        list(html, "group-permissions-table", "Group", &project.group_permissions);
        html.table("proxy-user-table", &["Proxy User"]);
        for name in &project.proxy_users {
            html.raw("<tr>").cell(name).raw("</tr>\n");
        }
        html.end_table();
        sidebar(call, html, project);
        // For scripts that change permissions in the name of this session.
        if let Some(session) = &call.cookie_session {
            let token = call.app.csrf.token(session);
            html.raw("<input type=\"hidden\" name=\"csrfToken\" id=\"csrfToken\" value=\"")
                .text(&token)
                .raw("\">\n");
        }
    })
}
