//! `&logs`: what happened to the project (web-ui §6).

use azkaban_engine::Project;

use super::heading;
use crate::legacy::Call;
use crate::legacy::reply::Reply;
use crate::pages::{show, time};

/// Entries shown.
const SHOWN: i64 = 1_000;

pub(super) async fn page(call: &Call<'_>, project: &Project) -> Reply {
    let events = call.app.engine.project_events(project.id, 0, SHOWN).await?;
    show(call, "Project log", |html| {
        heading(call, html, project);
        html.raw("<h2>Audit Logs</h2>\n").table("logTable", &["Time", "User", "Type", "Message"]);
        for event in &events {
            html.raw("<tr>").cell(&time(call, Some(event.at))).cell(&event.user).cell(event.kind.name());
            html.cell(event.message.as_deref().unwrap_or_default()).raw("</tr>\n");
        }
        html.end_table();
    })
}
