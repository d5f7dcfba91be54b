//! Logins.

use std::fmt;
use std::sync::LazyLock;

use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row};

use crate::convert::read_time;
use crate::dialect;
use crate::error::Result;
use crate::query::{first, list};
use crate::store::Store;

/// The SHA-256 digest of a session's token. The token itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenDigest({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// A session. When it ends is the caller's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The digest of its token.
    pub token: TokenDigest,
    /// Who logged in.
    pub user: String,
    /// From which address.
    pub ip: String,
    /// When.
    pub created_at: UnixMillis,
    /// When a request last named it.
    pub used_at: UnixMillis,
    /// What ties it to its user's password, opaque here.
    pub seal: Option<[u8; 32]>,
}

static UPSERT: LazyLock<String> = LazyLock::new(|| {
    dialect::upsert("session", &["token_sha256"], &["user_name", "ip", "created_at", "used_at", "seal"])
});

impl Store {
    /// The session of a token. A point read.
    pub async fn session_get(&self, token: TokenDigest) -> Result<Option<SessionRow>> {
        self.read(|connection| {
            first(
                connection,
                "SELECT token_sha256, user_name, ip, created_at, used_at, seal FROM session WHERE token_sha256 = ?",
                [&token.0[..]],
                session_row,
            )
        })
    }

    /// How many sessions a user has from an address, used at or after a time. A point read.
    pub async fn sessions_count(&self, user: &str, ip: &str, used_since: UnixMillis) -> Result<u64> {
        let count = self.read(|connection| {
            first(
                connection,
                "SELECT COUNT(*) FROM session WHERE user_name = ? AND ip = ? AND used_at >= ?",
                (user, ip, used_since.0),
                |row| Ok(row.get::<_, i64>(0)?),
            )
        })?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }

    /// Every session that was used at or after a time, the latest used first.
    pub async fn sessions_list(&self, used_since: UnixMillis) -> Result<Vec<SessionRow>> {
        self.read_list(move |connection| {
            list(
                connection,
                "SELECT token_sha256, user_name, ip, created_at, used_at, seal FROM session WHERE used_at >= ?
                 ORDER BY used_at DESC",
                [used_since.0],
                session_row,
            )
        })
        .await
    }
}

pub(crate) fn upsert(connection: &Connection, row: &SessionRow) -> Result<()> {
    connection.prepare_cached(&UPSERT)?.execute((
        &row.token.0[..],
        &row.user,
        &row.ip,
        row.created_at.0,
        row.used_at.0,
        row.seal.as_ref().map(|seal| &seal[..]),
    ))?;
    Ok(())
}

pub(crate) fn note_use(connection: &Connection, token: &TokenDigest, at: UnixMillis) -> Result<()> {
    connection
        .prepare_cached("UPDATE session SET used_at = ? WHERE token_sha256 = ?")?
        .execute((at.0, &token.0[..]))?;
    Ok(())
}

pub(crate) fn delete(connection: &Connection, token: &TokenDigest) -> Result<()> {
    connection.prepare_cached("DELETE FROM session WHERE token_sha256 = ?")?.execute([&token.0[..]])?;
    Ok(())
}

pub(crate) fn expire(connection: &Connection, used_before: UnixMillis) -> Result<()> {
    connection.prepare_cached("DELETE FROM session WHERE used_at < ?")?.execute([used_before.0])?;
    Ok(())
}

fn session_row(row: &Row<'_>) -> Result<SessionRow> {
    Ok(SessionRow {
        token: TokenDigest(row.get(0)?),
        user: row.get(1)?,
        ip: row.get(2)?,
        created_at: read_time(row, 3)?,
        used_at: read_time(row, 4)?,
        seal: row.get(5)?,
    })
}
