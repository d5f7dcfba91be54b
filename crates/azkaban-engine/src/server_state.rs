//! What administrators set at run time for the server as a whole: whether waiting executions are started, and the note
//! that every page shows (http-api §7, §10). Both survive a restart.

use std::sync::{Arc, Mutex, PoisonError};

use azkaban_store::{Change, Store};
use serde::{Deserialize, Serialize};

use crate::audit::{self, Action, AuditEntry};
use crate::error::Internal;
use crate::{Caller, Engine, clock};

const QUEUE: &str = "queue";
const NOTE: &str = "note";

/// The longest kind of a note, in characters.
const MAX_KIND: usize = 40;
/// The longest message, in characters.
const MAX_MESSAGE: usize = 500;
/// The longest address, in characters.
const MAX_URL: usize = 2_000;

/// A note of the administrators to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    kind: String,
    message: String,
    url: String,
}

/// A part of a note that is too long to be on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteTooLong {
    /// `kind`, `message` or `url`.
    pub part: &'static str,
    /// How many characters it may have.
    pub limit: usize,
}

impl Note {
    /// A note without the spaces around its parts.
    ///
    /// # Errors
    /// A part is too long.
    pub fn new(kind: &str, message: &str, url: &str) -> Result<Self, NoteTooLong> {
        let part = |part, text: &str, limit| {
            let text = text.trim();
            if text.chars().count() > limit { Err(NoteTooLong { part, limit }) } else { Ok(text.to_owned()) }
        };
        Ok(Self {
            kind: part("kind", kind, MAX_KIND)?,
            message: part("message", message, MAX_MESSAGE)?,
            url: part("url", url, MAX_URL)?,
        })
    }

    /// What kind of note, in the words of who wrote it: `Warning`, `Action Required`, …
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where to read more, as it was written; may be empty.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where to read more, if that is an address with http or a path of this server; a script could hide behind others.
    pub fn link(&self) -> Option<&str> {
        let url = self.url.as_str();
        // Browsers take `//host` and `/\host` for other servers, and pass over line breaks and tabs in between.
        let is_path = url.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
        let is_link = is_path || url.starts_with("https://") || url.starts_with("http://");
        (is_link && !url.contains(char::is_control)).then_some(url)
    }
}

/// Whether waiting executions are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Queue {
    Open,
    Closed,
}

/// The state in memory.
pub(crate) struct ServerState {
    note: Mutex<Option<Arc<Note>>>,
    /// Held from the commit of a switch until it has taken effect, so that both go in the same order.
    switching: tokio::sync::Mutex<()>,
    queue_open: bool,
}

impl ServerState {
    /// Reads what an earlier run left. `queue_open` counts until somebody switches the queue for the first time.
    pub(crate) async fn load(store: &Store, queue_open: bool) -> Result<Self, azkaban_store::Error> {
        let queue = read::<Queue>(store, QUEUE).await?;
        Ok(Self {
            note: Mutex::new(read::<Note>(store, NOTE).await?.map(Arc::new)),
            switching: tokio::sync::Mutex::new(()),
            queue_open: queue.map_or(queue_open, |queue| queue == Queue::Open),
        })
    }

    /// Whether waiting executions are to be started at the start.
    pub(crate) fn queue_open_at_start(&self) -> bool {
        self.queue_open
    }
}

async fn read<T: for<'d> Deserialize<'d>>(
    store: &Store,
    name: &'static str,
) -> Result<Option<T>, azkaban_store::Error> {
    let Some(text) = store.server_state_get(name).await? else { return Ok(None) };
    Ok(serde_json::from_str(&text)
        .inspect_err(
            |error| tracing::error!(name, %error, "the stored state cannot be read; the default counts"),
        )
        .ok())
}

fn change<T: Serialize>(name: &'static str, value: Option<&T>) -> Result<Change, Internal> {
    let value = value.map(serde_json::to_string).transpose().map_err(Internal::new)?;
    Ok(Change::ServerStateSet { name, value })
}

/// For the audit trail.
fn told(caller: &Caller, what: String) -> Change {
    let entry = caller.does(Action::ServerControl, clock::now());
    Change::AuditInsert(AuditEntry { details: audit::details(what), ..entry })
}

impl Engine {
    /// Whether waiting executions are started.
    pub fn queue_is_open(&self) -> bool {
        self.inner.executor.queue_is_open()
    }

    /// Starts waiting executions again, or no more of them; what runs goes on, and submissions are taken all the same
    /// (http-api §7, `enableQueueProcessor`). Durable when this returns. Whether the caller may is the face's question.
    pub async fn queue_set_open(&self, caller: &Caller, open: bool) -> Result<(), Internal> {
        let _switching = self.inner.state.switching.lock().await;
        let queue = if open { Queue::Open } else { Queue::Closed };
        let told = told(caller, format!("queue {}", if open { "on" } else { "off" }));
        let changes = vec![change(QUEUE, Some(&queue))?, told];
        self.inner.store.commit(changes).await.map_err(Internal::new)?;
        self.inner.executor.set_queue_open(open);
        tracing::warn!(user = caller.user.name, ?queue, "the queue of executions was switched");
        Ok(())
    }

    /// The note that every page shows.
    pub fn note_get(&self) -> Option<Arc<Note>> {
        self.inner.state.note.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets or removes that note (http-api §10, `/notes`). Whether the caller may is the face's question.
    pub async fn note_set(&self, caller: &Caller, note: Option<Note>) -> Result<(), Internal> {
        let _switching = self.inner.state.switching.lock().await;
        let text =
            note.as_ref().map_or("note removed".to_owned(), |note| format!("note set: {}", note.message));
        let changes = vec![change(NOTE, note.as_ref())?, told(caller, text)];
        self.inner.store.commit(changes).await.map_err(Internal::new)?;
        tracing::info!(
            user = caller.user.name,
            set = note.is_some(),
            "the note of the administrators changed"
        );
        *self.inner.state.note.lock().unwrap_or_else(PoisonError::into_inner) = note.map(Arc::new);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_paths_of_this_server_are_links() {
        for (url, is_link) in [
            ("https://wiki/x", true),
            (" http://wiki/x ", true),
            ("/history", true),
            ("/", true),
            ("", false),
            ("u", false),
            ("//other.host/x", false),
            ("/\\other.host/x", false),
            ("/\t/other.host/x", false),
            ("javascript:alert(1)", false),
        ] {
            let note = Note::new("Warning", "m", url).unwrap();
            assert_eq!(note.link(), is_link.then_some(url.trim()), "{url:?}");
        }
    }

    #[test]
    fn parts_of_a_note_have_limits() {
        let text = |length| "é".repeat(length);
        assert!(Note::new(&text(40), &text(500), &text(2_000)).is_ok());
        let refused = |part, limit| Err(NoteTooLong { part, limit });
        assert_eq!(Note::new(&text(41), "", ""), refused("kind", 40));
        assert_eq!(Note::new("", &text(501), ""), refused("message", 500));
        assert_eq!(Note::new("", "", &text(2_001)), refused("url", 2_000));
    }
}
