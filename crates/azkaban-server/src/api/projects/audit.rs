//! The audit log of a project.

use std::sync::Arc;

use axum::response::Response;
use azkaban_core::permission::Permission;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Path, Query, Signed};
use crate::api::list::{Page, Paging};
use crate::api::problem::Answer;
use crate::api::session::reply;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Something that was done to a project.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProjectEventView {
    at: i64,
    user: String,
    /// What was done.
    kind: &'static str,
    /// Details for people.
    message: Option<String>,
}

/// What was done to a project, newest first.
#[utoipa::path(get, path = "/projects/{project}/events", tag = "projects", operation_id = "listProjectEvents",
    params(("project" = String, Path, description = "Its name."), Paging),
    responses((status = 200, description = "A page of events.", body = Page<ProjectEventView>)))]
async fn list(signed: Signed, Path(name): Path<String>, Query(paging): Query<Paging>) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let limit = paging.limit()?;
    let before = paging.position()?.map(u64::cast_signed);
    let events = signed.engine().project_events_before(project.id, before, limit as u64 + 1).await?;
    let page = Page::cut(events, limit, |(number, _)| number.cast_unsigned());
    let items = page.items.into_iter().map(|(_, event)| ProjectEventView {
        at: event.at.0,
        user: event.user,
        kind: event.kind.name(),
        message: event.message,
    });
    Ok(reply(&Page { items: items.collect(), next_cursor: page.next_cursor }))
}
