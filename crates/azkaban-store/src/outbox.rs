//! What is to be sent to other machines.

use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, params};

use crate::convert::{check_json, read_time};
use crate::error::Result;
use crate::query::{first, list};
use crate::store::Store;

/// A row of the outbox. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(pub i64);

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxChannel {
    /// Mails.
    Mail,
    /// HTTP callbacks of jobs.
    Callback,
}

impl OutboxChannel {
    fn name(self) -> &'static str {
        match self {
            OutboxChannel::Mail => "mail",
            OutboxChannel::Callback => "callback",
        }
    }
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutboxItem {
    /// Who sends it.
    pub channel: OutboxChannel,
    /// JSON of the sender, opaque here.
    pub payload: String,
    /// When it was caused.
    pub created_at: UnixMillis,
    /// It must not be sent before this.
    pub due_at: UnixMillis,
}

/// Something that was not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its id.
    pub id: OutboxId,
    /// JSON of the sender, opaque here.
    pub payload: String,
    /// When it was caused.
    pub created_at: UnixMillis,
    /// How often it was tried without success.
    pub tries: u32,
}

impl Store {
    /// What a channel has to send by `now`, the longest due first. A point read.
    pub async fn outbox_due_list(
        &self,
        channel: OutboxChannel,
        now: UnixMillis,
        limit: u32,
    ) -> Result<Vec<OutboxRow>> {
        self.read(|connection| {
            list(
                connection,
                "SELECT id, payload, created_at, tries FROM outbox WHERE channel = ? AND due_at <= ?
                 ORDER BY due_at, id LIMIT ?",
                (channel.name(), now.0, limit),
                |row| {
                    Ok(OutboxRow {
                        id: OutboxId(row.get(0)?),
                        payload: row.get(1)?,
                        created_at: read_time(row, 2)?,
                        tries: row.get(3)?,
                    })
                },
            )
        })
    }

    /// When a channel has something to send next, after `now`. A point read.
    pub async fn outbox_next_due(
        &self,
        channel: OutboxChannel,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>> {
        self.read(|connection| {
            first(
                connection,
                "SELECT due_at FROM outbox WHERE channel = ? AND due_at > ? ORDER BY due_at LIMIT 1",
                (channel.name(), now.0),
                |row| read_time(row, 0),
            )
        })
    }
}

/// Stores something to send.
pub(crate) fn insert(connection: &Connection, item: &NewOutboxItem) -> Result<()> {
    check_json("outbox.payload", &item.payload)?;
    connection
        .prepare_cached(
            "INSERT INTO outbox (channel, payload, created_at, due_at, tries) VALUES (?, ?, ?, ?, 0)",
        )?
        .execute(params![item.channel.name(), item.payload, item.created_at.0, item.due_at.0])?;
    Ok(())
}

/// Notes a try without success; the row may have gone.
pub(crate) fn defer(connection: &Connection, id: OutboxId, due_at: UnixMillis) -> Result<()> {
    connection
        .prepare_cached("UPDATE outbox SET tries = tries + 1, due_at = ? WHERE id = ?")?
        .execute((due_at.0, id.0))?;
    Ok(())
}

/// Removes what was sent or given up, if it is there.
pub(crate) fn delete(connection: &Connection, id: OutboxId) -> Result<()> {
    connection.prepare_cached("DELETE FROM outbox WHERE id = ?")?.execute([id.0])?;
    Ok(())
}
