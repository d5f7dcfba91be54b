//! What users keep for themselves: bookmarks of projects and flows, and saved views of the history.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_engine::{NewView, PersonalError, SavedViewRow, ViewChange};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path, Signed};
use super::problem::{Answer, Problem};
use super::session::{reply, reply_with};
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(bookmarks))
        .routes(routes!(mark_project, unmark_project))
        .routes(routes!(mark_flow, unmark_flow))
        .routes(routes!(views, create_view))
        .routes(routes!(change_view, delete_view))
}

fn refused(error: PersonalError) -> Problem {
    match error {
        PersonalError::NotFound => Problem::not_found("view"),
        PersonalError::NameInvalid => Problem::invalid(
            "name",
            "format",
            "A name has 1 to 100 characters, none of them a control character.",
        ),
        PersonalError::NameTaken => Problem::invalid("name", "taken", "You have another view of this name."),
        PersonalError::TooLong { limit } => {
            Problem::invalid("query", "tooLong", format!("At most {limit} bytes are kept."))
        }
        PersonalError::TooMany { limit } => {
            Problem::conflict("tooMany", format!("You have {limit} of these already.")).param("limit", limit)
        }
        PersonalError::Internal(error) => error.into(),
    }
}

/// A project or flow that the caller marked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BookmarkItem {
    /// The project's name.
    project: String,
    /// Null: the project itself is marked.
    flow: Option<String>,
    at: i64,
}

/// What the caller marked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bookmarks {
    /// The newest first.
    items: Vec<BookmarkItem>,
}

/// The caller's bookmarks.
#[utoipa::path(get, path = "/bookmarks", tag = "personal", operation_id = "listBookmarks",
    responses((status = 200, description = "The bookmarks.", body = Bookmarks)))]
async fn bookmarks(signed: Signed) -> Answer<Response> {
    let all = signed.engine().bookmarks(&signed.caller).await?;
    let items = all.into_iter().map(|mark| BookmarkItem {
        project: mark.project.name.clone(),
        flow: mark.flow,
        at: mark.at.0,
    });
    Ok(reply(&Bookmarks { items: items.collect() }))
}

async fn mark(signed: &Signed, name: &str, flow: Option<String>, set: bool) -> Answer<Response> {
    let project = signed.find_project(name)?;
    if set {
        signed.engine().bookmark_set(&signed.caller, &project, flow).await.map_err(refused)?;
    } else {
        signed.engine().bookmark_remove(&signed.caller, &project, flow).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Marks a project.
#[utoipa::path(put, path = "/bookmarks/{project}", tag = "personal", operation_id = "markProject",
    params(("project" = String, Path, description = "The project.")),
    responses((status = 204, description = "Marked.")))]
async fn mark_project(signed: Signed, Path(project): Path<String>) -> Answer<Response> {
    mark(&signed, &project, None, true).await
}

/// Takes the mark of a project away.
#[utoipa::path(delete, path = "/bookmarks/{project}", tag = "personal", operation_id = "unmarkProject",
    params(("project" = String, Path, description = "The project.")),
    responses((status = 204, description = "Not marked.")))]
async fn unmark_project(signed: Signed, Path(project): Path<String>) -> Answer<Response> {
    mark(&signed, &project, None, false).await
}

/// Marks a flow.
#[utoipa::path(put, path = "/bookmarks/{project}/flows/{flow}", tag = "personal", operation_id = "markFlow",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    responses((status = 204, description = "Marked.")))]
async fn mark_flow(signed: Signed, Path((project, flow)): Path<(String, String)>) -> Answer<Response> {
    mark(&signed, &project, Some(flow), true).await
}

/// Takes the mark of a flow away.
#[utoipa::path(delete, path = "/bookmarks/{project}/flows/{flow}", tag = "personal", operation_id = "unmarkFlow",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    responses((status = 204, description = "Not marked.")))]
async fn unmark_flow(signed: Signed, Path((project, flow)): Path<(String, String)>) -> Answer<Response> {
    mark(&signed, &project, Some(flow), false).await
}

/// A filter of the history under a name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ViewItem {
    id: i64,
    name: String,
    /// The query of the page's address, without `?`.
    query: String,
    /// Everybody sees it.
    shared: bool,
    /// Whose it is.
    user: String,
    updated_at: i64,
}

fn item(row: SavedViewRow) -> ViewItem {
    let SavedViewRow { id, user, name, query, shared, updated_at, .. } = row;
    ViewItem { id, name, query, shared, user, updated_at: updated_at.0 }
}

/// Saved views.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Views {
    /// The caller's first, then what others share, each by name.
    items: Vec<ViewItem>,
}

/// The caller's saved views and those that others share.
#[utoipa::path(get, path = "/views", tag = "personal", operation_id = "listViews",
    responses((status = 200, description = "The views.", body = Views)))]
async fn views(signed: Signed) -> Answer<Response> {
    let rows = signed.engine().views(&signed.caller).await?;
    Ok(reply(&Views { items: rows.into_iter().map(item).collect() }))
}

/// A view to save.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewRequest {
    /// 1 to 100 characters.
    name: String,
    /// The query of the page's address, 4000 bytes at most.
    query: String,
    /// Everybody sees it.
    #[serde(default)]
    shared: bool,
}

/// Saves a view.
#[utoipa::path(post, path = "/views", tag = "personal", operation_id = "createView", request_body = ViewRequest,
    responses((status = 201, description = "The view.", body = ViewItem)))]
async fn create_view(signed: Signed, Json(request): Json<ViewRequest>) -> Answer<Response> {
    let new = NewView { name: request.name, query: request.query, shared: request.shared };
    let row = signed.engine().view_create(&signed.caller, new).await.map_err(refused)?;
    Ok(reply_with(StatusCode::CREATED, &item(row)))
}

/// What to change of a view.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewPatch {
    name: Option<String>,
    query: Option<String>,
    shared: Option<bool>,
}

/// Renames, shares or replaces a view of one's own; what is absent stays.
#[utoipa::path(patch, path = "/views/{id}", tag = "personal", operation_id = "changeView",
    params(("id" = i64, Path, description = "Its id.")), request_body = ViewPatch,
    responses((status = 200, description = "The view.", body = ViewItem)))]
async fn change_view(
    signed: Signed,
    Path(id): Path<i64>,
    Json(request): Json<ViewPatch>,
) -> Answer<Response> {
    let change = ViewChange { name: request.name, query: request.query, shared: request.shared };
    let row = signed.engine().view_update(&signed.caller, id, change).await.map_err(refused)?;
    Ok(reply(&item(row)))
}

/// Deletes a view of one's own; administrators also what others share.
#[utoipa::path(delete, path = "/views/{id}", tag = "personal", operation_id = "deleteView",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 204, description = "Deleted.")))]
async fn delete_view(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    signed.engine().view_delete(&signed.caller, id).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
