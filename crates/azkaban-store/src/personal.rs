//! What users keep for themselves: bookmarks and saved views.

use std::sync::LazyLock;

use azkaban_core::ids::ProjectId;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row, params};

use crate::convert::read_time;
use crate::dialect;
use crate::error::Result;
use crate::query::{first, list};
use crate::store::Store;

/// Views of others that are read at most.
const MAX_SHARED: i64 = 500;

/// A project or flow that a user marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookmarkRow {
    /// The project.
    pub project: ProjectId,
    /// The flow; `None` marks the project itself.
    pub flow: Option<String>,
    /// When.
    pub created_at: UnixMillis,
}

/// A filter of a list under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedViewRow {
    /// Never given twice.
    pub id: i64,
    /// Whose it is.
    pub user: String,
    /// Its name, one per user.
    pub name: String,
    /// The query of the page's address, opaque here.
    pub query: String,
    /// Everybody sees it.
    pub shared: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last changed.
    pub updated_at: UnixMillis,
}

/// What became of an attempt to store a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedViewWrite {
    /// It is stored.
    Stored(i64),
    /// Its owner has another view of this name.
    NameTaken,
    /// Its owner has as many as there may be.
    TooMany,
    /// There is no such view of this user.
    NotFound,
}

static BOOKMARK: LazyLock<String> =
    LazyLock::new(|| dialect::upsert("bookmark", &["user_name", "project_id", "flow_id"], &["created_at"]));

const VIEW: &str = "SELECT id, user_name, name, query, shared, created_at, updated_at FROM saved_view";

impl Store {
    /// A user's bookmarks, the newest first.
    pub async fn bookmarks_list(&self, user: &str) -> Result<Vec<BookmarkRow>> {
        self.read(|connection| {
            list(
                connection,
                "SELECT project_id, flow_id, created_at FROM bookmark WHERE user_name = ? ORDER BY created_at DESC, project_id, flow_id",
                [user],
                |row| {
                    Ok(BookmarkRow {
                        project: ProjectId(row.get(0)?),
                        flow: Some(row.get::<_, String>(1)?).filter(|flow| !flow.is_empty()),
                        created_at: read_time(row, 2)?,
                    })
                },
            )
        })
    }

    /// Stores a bookmark, whatever was there; `false` if the user has `most` others already.
    pub async fn bookmark_put(&self, user: &str, bookmark: BookmarkRow, most: usize) -> Result<bool> {
        let user = user.to_owned();
        self.write(move |connection| {
            let flow = bookmark.flow.unwrap_or_default();
            // Nobody sees those of deleted projects any more: they must not use up the user's number.
            connection
                .prepare_cached(
                    "DELETE FROM bookmark WHERE user_name = ? AND project_id IN (SELECT id FROM project WHERE active = 0)",
                )?
                .execute([&user])?;
            let others: Option<i64> = first(
                connection,
                "SELECT COUNT(*) FROM bookmark WHERE user_name = ? AND NOT (project_id = ? AND flow_id = ?)",
                (&user, bookmark.project.0, &flow),
                |row| Ok(row.get(0)?),
            )?;
            if usize::try_from(others.unwrap_or(0)).is_ok_and(|count| count >= most) {
                return Ok(false);
            }
            connection.prepare_cached(&BOOKMARK)?.execute((
                &user,
                bookmark.project.0,
                &flow,
                bookmark.created_at.0,
            ))?;
            Ok(true)
        })
        .await
    }

    /// The views of a user, and those that others share, by name.
    pub async fn saved_views_list(&self, user: &str) -> Result<Vec<SavedViewRow>> {
        let user = user.to_owned();
        self.read_list(move |connection| {
            let mut all =
                list(connection, &format!("{VIEW} WHERE user_name = ? ORDER BY name"), [&user], view_row)?;
            all.extend(list(
                connection,
                &format!("{VIEW} WHERE shared = 1 AND user_name <> ? ORDER BY name LIMIT ?"),
                (&user, MAX_SHARED),
                view_row,
            )?);
            Ok(all)
        })
        .await
    }

    /// A view. A point read.
    pub async fn saved_view_get(&self, id: i64) -> Result<Option<SavedViewRow>> {
        self.read(|connection| first(connection, &format!("{VIEW} WHERE id = ?"), [id], view_row))
    }

    /// Stores a view of which the database gives the id, unless its owner has `most` already.
    pub async fn saved_view_create(&self, view: SavedViewRow, most: usize) -> Result<SavedViewWrite> {
        self.write(move |connection| {
            let count: Option<i64> = first(
                connection,
                "SELECT COUNT(*) FROM saved_view WHERE user_name = ?",
                [&view.user],
                |row| Ok(row.get(0)?),
            )?;
            if usize::try_from(count.unwrap_or(0)).is_ok_and(|count| count >= most) {
                return Ok(SavedViewWrite::TooMany);
            }
            let inserted = dialect::insert_returning_id(
                connection,
                "INSERT INTO saved_view (user_name, name, query, shared, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                params![view.user, view.name, view.query, view.shared, view.created_at.0, view.updated_at.0],
            );
            stored(inserted)
        })
        .await
    }

    /// Replaces the name, the query and the sharing of a user's own view.
    pub async fn saved_view_update(&self, view: SavedViewRow) -> Result<SavedViewWrite> {
        self.write(move |connection| {
            let updated = connection
                .prepare_cached(
                    "UPDATE saved_view SET name = ?, query = ?, shared = ?, updated_at = ? WHERE id = ? AND user_name = ?",
                )?
                .execute(params![view.name, view.query, view.shared, view.updated_at.0, view.id, view.user]);
            match updated {
                Ok(0) => Ok(SavedViewWrite::NotFound),
                other => stored(other.map(|_| view.id)),
            }
        })
        .await
    }
}

fn stored(outcome: rusqlite::Result<i64>) -> Result<SavedViewWrite> {
    match outcome {
        Ok(id) => Ok(SavedViewWrite::Stored(id)),
        Err(error) if dialect::is_duplicate(&error) => Ok(SavedViewWrite::NameTaken),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn bookmark_delete(
    connection: &Connection,
    user: &str,
    project: ProjectId,
    flow: Option<&str>,
) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM bookmark WHERE user_name = ? AND project_id = ? AND flow_id = ?")?
        .execute((user, project.0, flow.unwrap_or_default()))?;
    Ok(())
}

pub(crate) fn saved_view_delete(connection: &Connection, id: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM saved_view WHERE id = ?")?.execute([id])?;
    Ok(())
}

fn view_row(row: &Row<'_>) -> Result<SavedViewRow> {
    Ok(SavedViewRow {
        id: row.get(0)?,
        user: row.get(1)?,
        name: row.get(2)?,
        query: row.get(3)?,
        shared: row.get(4)?,
        created_at: read_time(row, 5)?,
        updated_at: read_time(row, 6)?,
    })
}
