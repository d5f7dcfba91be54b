//! Tokens that programs show instead of a session.

use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row, params};

use crate::audit::{self, AuditEntry};
use crate::convert::read_time;
use crate::dialect;
use crate::error::{Error, Result};
use crate::query::{first, list};
use crate::session::TokenDigest;
use crate::store::Store;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenScope {
    /// Looking.
    Read,
    /// Looking, and starting and steering executions.
    Execute,
    /// All that its owner may do.
    All,
}

impl TokenScope {
    /// Every scope, the narrowest first.
    pub const ALL: [TokenScope; 3] = [TokenScope::Read, TokenScope::Execute, TokenScope::All];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            TokenScope::Read => "read",
            TokenScope::Execute => "execute",
            TokenScope::All => "all",
        }
    }

    /// The scope of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A token to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// The digest of its secret.
    pub digest: TokenDigest,
    /// Whose it is.
    pub user: String,
    /// What its owner calls it.
    pub name: String,
    /// What it is good for.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: UnixMillis,
    /// From when on it is good for nothing; `None` never.
    pub expires_at: Option<UnixMillis>,
}

/// A stored token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiTokenRow {
    /// Never given twice.
    pub id: i64,
    /// What was stored.
    pub token: NewApiToken,
    /// When and from which address it was last used; may lag behind.
    pub used: Option<(UnixMillis, String)>,
}

impl Store {
    /// Every token, in the order of their making.
    pub async fn api_tokens_list(&self) -> Result<Vec<ApiTokenRow>> {
        self.read_list(|connection| {
            list(
                connection,
                "SELECT id, token_sha256, user_name, name, scope, created_at, expires_at, used_at, used_ip
                 FROM api_token ORDER BY id",
                [],
                token_row,
            )
        })
        .await
    }

    /// Stores a token with its entry in the audit trail, and forgets those that ended before `expired_before`. Returns its id;
    /// `None` if its owner has `most` already.
    pub async fn api_token_create(
        &self,
        new: NewApiToken,
        most: usize,
        expired_before: UnixMillis,
        entry: AuditEntry,
    ) -> Result<Option<i64>> {
        self.write(move |connection| {
            connection
                .prepare_cached("DELETE FROM api_token WHERE expires_at < ?")?
                .execute([expired_before.0])?;
            let count: Option<i64> = first(
                connection,
                "SELECT COUNT(*) FROM api_token WHERE user_name = ?",
                [&new.user],
                |row| Ok(row.get(0)?),
            )?;
            if usize::try_from(count.unwrap_or(0)).is_ok_and(|count| count >= most) {
                return Ok(None);
            }
            let id = dialect::insert_returning_id(
                connection,
                "INSERT INTO api_token (token_sha256, user_name, name, scope, created_at, expires_at)
                 VALUES (?, ?, ?, ?, ?, ?)",
                params![
                    &new.digest.0[..],
                    new.user,
                    new.name,
                    new.scope.name(),
                    new.created_at.0,
                    new.expires_at.map(|at| at.0)
                ],
            )?;
            audit::insert(connection, &entry)?;
            Ok(Some(id))
        })
        .await
    }
}

pub(crate) fn note_use(connection: &Connection, id: i64, at: UnixMillis, ip: &str) -> Result<()> {
    connection
        .prepare_cached("UPDATE api_token SET used_at = ?, used_ip = ? WHERE id = ?")?
        .execute((at.0, ip, id))?;
    Ok(())
}

pub(crate) fn delete(connection: &Connection, id: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM api_token WHERE id = ?")?.execute([id])?;
    Ok(())
}

fn token_row(row: &Row<'_>) -> Result<ApiTokenRow> {
    let scope: String = row.get(4)?;
    let used_at = row.get::<_, Option<i64>>(7)?.map(UnixMillis);
    let used_ip = row.get::<_, Option<String>>(8)?.unwrap_or_default();
    Ok(ApiTokenRow {
        id: row.get(0)?,
        token: NewApiToken {
            digest: TokenDigest(row.get(1)?),
            user: row.get(2)?,
            name: row.get(3)?,
            scope: TokenScope::from_name(&scope).ok_or_else(|| Error::Unreadable {
                what: "api_token.scope",
                message: format!("'{scope}' is no scope"),
            })?,
            created_at: read_time(row, 5)?,
            expires_at: row.get::<_, Option<i64>>(6)?.map(UnixMillis),
        },
        used: used_at.map(|at| (at, used_ip)),
    })
}
