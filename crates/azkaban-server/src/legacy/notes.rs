//! `/notes` (http-api §10): the note of the administrators that every page shows.

use azkaban_engine::Note;
use serde::Serialize;

use super::Call;
use super::reply::{self, Reply};
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
            Ok(note) => Some(note),
            Err(missing) => return reply::error(missing.to_string()),
        },
        "removeNote" => None,
        _ => return reply::error("Can not find the ajax operation"),
    };
    call.app.engine.note_set(&call.caller, note).await?;
    reply::pretty(&Done { status: "success" })
}

fn note(call: &Call<'_>) -> Result<Note, super::Failure> {
    let text = |name| call.params.required(name).map(str::to_owned);
    Ok(Note { kind: text("type")?, message: text("message")?, url: text("url")? })
}
