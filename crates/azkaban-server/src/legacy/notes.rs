//! `/notes` (http-api §10): the note of the administrators that every page shows.

use azkaban_engine::{Note, NoteTooLong};
use serde::Serialize;

use super::reply::{self, Reply};
use super::{Call, Failure};
use crate::pages;

const REFUSED: &str = "The requested user doesn't have admin permission";
const REFUSED_POST: &str =
    "The requested user doesn't have admin permission, Or the HTTP request doesn't include ajax.";

pub(super) fn get(call: &Call<'_>) -> Reply {
    if call.is_admin() { pages::admin::notes(call) } else { reply::error(REFUSED) }
}

pub(super) async fn post(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct Done {
        status: &'static str,
    }
    let Some(ajax) = call.ajax() else { return reply::error(REFUSED_POST) };
    if !call.may_control_server().await {
        return reply::error(REFUSED_POST);
    }
    let note = match ajax {
        "addNote" => match note(call) {
            Ok(Ok(note)) => Some(note),
            Ok(Err(NoteTooLong { part, limit })) => {
                return reply::error(format!("The {part} of a note has at most {limit} characters"));
            }
            Err(missing) => return reply::error(missing.to_string()),
        },
        "removeNote" => None,
        _ => return reply::error("Can not find the ajax operation"),
    };
    call.app.engine.note_set(&call.caller, note).await?;
    reply::pretty(&Done { status: "success" })
}

/// Unlike in Azkaban it has limits: every page carries it.
fn note(call: &Call<'_>) -> Result<Result<Note, NoteTooLong>, Failure> {
    let text = |name| call.params.required(name);
    Ok(Note::new(text("type")?, text("message")?, text("url")?))
}
