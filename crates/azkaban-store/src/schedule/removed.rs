//! Schedules that somebody has removed: kept for a while, so that it can be taken back with the same id and its history.

use azkaban_core::ids::{ProjectId, ScheduleId};
use azkaban_core::time::UnixMillis;
use rusqlite::Connection;

use super::{ScheduleRow, next_set, schedule_row};
use crate::change::{self, Change};
use crate::error::{Error, Result};
use crate::query::first;
use crate::store::Store;

/// What came of restoring a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreOutcome {
    /// It is there again.
    Restored,
    /// It was not removed, or that is forgotten.
    NotFound,
    /// The flow has another schedule by now.
    Replaced,
}

impl Store {
    /// A schedule that was removed; its `next_at` is the time of the removal. A point read.
    pub async fn schedule_removed_get(&self, id: ScheduleId) -> Result<Option<ScheduleRow>> {
        self.read(|connection| {
            first(
                connection,
                "SELECT id, project_id, flow_id, revision, paused, removed_at, definition, options
                 FROM schedule_removed WHERE id = ?",
                [id.0],
                schedule_row,
            )
        })
    }

    /// Puts a removed schedule back as it was, with `next_at` as its next fire, and makes `changes` in the same
    /// transaction.
    ///
    /// # Errors
    /// [`Error::ProjectNotActive`], and those of the changes.
    pub async fn schedule_restore(
        &self,
        id: ScheduleId,
        next_at: UnixMillis,
        changes: Vec<Change>,
    ) -> Result<RestoreOutcome> {
        self.write(move |connection| {
            let found = first(
                connection,
                "SELECT r.project_id, p.active,
                        EXISTS (SELECT 1 FROM schedule s WHERE s.project_id = r.project_id AND s.flow_id = r.flow_id)
                 FROM schedule_removed r JOIN project p ON p.id = r.project_id WHERE r.id = ?",
                [id.0],
                |row| Ok((ProjectId(row.get(0)?), row.get::<_, bool>(1)?, row.get::<_, bool>(2)?)),
            )?;
            match found {
                None => return Ok(RestoreOutcome::NotFound),
                Some((project, false, _)) => return Err(Error::ProjectNotActive(project)),
                Some((.., true)) => return Ok(RestoreOutcome::Replaced),
                Some((_, true, false)) => {}
            }
            for sql in [
                "INSERT INTO schedule (id, project_id, flow_id, revision, paused, definition, options)
                 SELECT id, project_id, flow_id, revision + 1, paused, definition, options
                 FROM schedule_removed WHERE id = ?",
                "DELETE FROM schedule_removed WHERE id = ?",
            ] {
                connection.prepare_cached(sql)?.execute([id.0])?;
            }
            next_set(connection, id, next_at)?;
            change::apply(connection, &changes)?;
            Ok(RestoreOutcome::Restored)
        })
        .await
    }
}

/// Deletes a schedule, if there, but keeps what it was; forgets those removed before `forget_before`.
pub(crate) fn remove(
    connection: &Connection,
    id: ScheduleId,
    at: UnixMillis,
    forget_before: UnixMillis,
) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM schedule_removed WHERE removed_at < ?")?
        .execute([forget_before.0])?;
    connection
        .prepare_cached(
            "INSERT INTO schedule_removed (id, project_id, flow_id, revision, paused, definition, options, removed_at)
             SELECT id, project_id, flow_id, revision, paused, definition, options, ? FROM schedule WHERE id = ?",
        )?
        .execute((at.0, id.0))?;
    super::delete(connection, id)
}
