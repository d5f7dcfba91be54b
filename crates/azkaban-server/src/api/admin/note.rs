//! The note of the administrators that every page shows.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_engine::{Action, Note, NoteTooLong};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Json, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::session::reply;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get, put, delete))
}

/// The note, if there is one.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoteView {
    note: Option<NoteText>,
}

/// A note of the administrators to everybody.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteText {
    /// `Warning`, `Action Required` or other words.
    kind: String,
    message: String,
    /// Where to read more: a path of this server or an address with http; empty: nowhere.
    #[serde(default)]
    url: String,
}

/// The note of the administrators.
#[utoipa::path(get, path = "/note", tag = "admin", operation_id = "getNote",
    responses((status = 200, description = "The note.", body = NoteView)))]
async fn get(signed: Signed) -> Response {
    let text = |note: Arc<Note>| NoteText {
        kind: note.kind().to_owned(),
        message: note.message().to_owned(),
        url: note.url().to_owned(),
    };
    reply(&NoteView { note: signed.engine().note_get().map(text) })
}

fn checked(text: &NoteText) -> Answer<Note> {
    let note = Note::new(&text.kind, &text.message, &text.url).map_err(|NoteTooLong { part, limit }| {
        Problem::invalid(part, "tooLong", format!("At most {limit} characters are kept."))
    })?;
    if note.message().is_empty() {
        return Err(Problem::invalid("message", "required", "The message is empty."));
    }
    if !note.url().is_empty() && note.link().is_none() {
        let message = "An address begins with https://, http:// or a single /.";
        return Err(Problem::invalid("url", "format", message));
    }
    Ok(note)
}

/// Shows a note on every page.
#[utoipa::path(put, path = "/note", tag = "admin", operation_id = "putNote", request_body = NoteText,
    responses((status = 200, description = "The note.", body = NoteView)))]
async fn put(signed: Signed, Json(request): Json<NoteText>) -> Answer<Response> {
    signed.require_admin_to(Action::ServerControl).await?;
    signed.engine().note_set(&signed.caller, Some(checked(&request)?)).await?;
    Ok(get(signed).await)
}

/// Removes the note.
#[utoipa::path(delete, path = "/note", tag = "admin", operation_id = "deleteNote",
    responses((status = 204, description = "Removed.")))]
async fn delete(signed: Signed) -> Answer<Response> {
    signed.require_admin_to(Action::ServerControl).await?;
    signed.engine().note_set(&signed.caller, None).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
