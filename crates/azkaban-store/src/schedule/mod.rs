//! Schedules and their fires (execution-and-scheduling §4.3–§4.6).

mod fire;
mod removed;

use std::sync::{Arc, LazyLock};

use azkaban_core::ids::{ProjectId, ScheduleId};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::schedule::MissedFires;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use crate::change::{self, Change};
use crate::convert::{from_json, read_time, to_json};
use crate::dialect;
use crate::error::{Error, Result};
use crate::query::{first, list};
use crate::store::Store;

pub(crate) use removed::remove;

pub use fire::{FireOutcome, FireRow, PastFire, ScheduleFire};
pub use removed::RestoreOutcome;

/// What a schedule consists of, apart from its flow and the options of its executions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleDefinition {
    /// The project's name as it was given, for messages (http-api §4.11).
    pub project_name: String,
    /// A cron expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// A period; without this and the expression it fires once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// IANA name of the zone that it is reckoned in; without one, that of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Its first time.
    pub first_at: UnixMillis,
    /// When it ends.
    pub end_at: UnixMillis,
    /// What becomes of missed fires.
    pub missed: MissedFires,
    /// Who submits its executions.
    pub submit_user: String,
    /// When it was made or replaced.
    pub submitted_at: UnixMillis,
}

/// A schedule to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchedule {
    /// The project.
    pub project: ProjectId,
    /// The flow's id.
    pub flow: String,
    /// Its first fire to come.
    pub next_at: UnixMillis,
    /// What it consists of.
    pub definition: ScheduleDefinition,
    /// What its executions are asked to do.
    pub options: Arc<ExecutionOptions>,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Its id.
    pub id: ScheduleId,
    /// One more with each change, but for moves of the next fire.
    pub revision: i64,
    /// It does not fire.
    pub paused: bool,
    /// The schedule; `next_at` may lie in the past after a stop.
    pub schedule: NewSchedule,
}

impl Store {
    /// Stores a flow's schedule. One that the flow has already is replaced; its id stays, a pause ends. `changes` makes
    /// those of the same transaction from the id.
    ///
    /// # Errors
    /// [`Error::ProjectNotActive`], and those of the changes.
    pub async fn schedule_put<F>(&self, new: NewSchedule, changes: F) -> Result<ScheduleRow>
    where
        F: FnOnce(ScheduleId) -> Vec<Change> + Send + 'static,
    {
        let definition = to_json("schedule.definition", &new.definition)?;
        let options = to_json("schedule.options", &*new.options)?;
        self.write(move |connection| {
            let active = first(connection, "SELECT active FROM project WHERE id = ?", [new.project.0], |row| {
                Ok(row.get::<_, bool>(0)?)
            })?;
            if active != Some(true) {
                return Err(Error::ProjectNotActive(new.project));
            }
            let found = first(
                connection,
                "SELECT id, revision FROM schedule WHERE project_id = ? AND flow_id = ?",
                (new.project.0, &new.flow),
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )?;
            let (id, revision) = match found {
                Some((id, revision)) => {
                    connection
                        .prepare_cached(
                            "UPDATE schedule SET revision = ?, paused = 0, definition = ?, options = ? WHERE id = ?",
                        )?
                        .execute((revision + 1, definition, options, id))?;
                    (id, revision + 1)
                }
                None => {
                    let insert = "INSERT INTO schedule (project_id, flow_id, revision, paused, definition, options)
                                  VALUES (?, ?, 1, 0, ?, ?)";
                    let values = (new.project.0, &new.flow, definition, options);
                    (dialect::insert_returning_id(connection, insert, values)?, 1)
                }
            };
            let id = ScheduleId(id);
            next_set(connection, id, new.next_at)?;
            change::apply(connection, &changes(id))?;
            Ok(ScheduleRow { id, revision, paused: false, schedule: new })
        })
        .await
    }

    /// Pauses a schedule (`next_at` is `None`) or lets it go on from a next fire, and makes `changes` in the same
    /// transaction. Returns its new revision; `None`, with nothing done, if there is no such schedule.
    pub async fn schedule_pause_set(
        &self,
        id: ScheduleId,
        next_at: Option<UnixMillis>,
        changes: Vec<Change>,
    ) -> Result<Option<i64>> {
        self.write(move |connection| {
            let sql = "UPDATE schedule SET revision = revision + 1, paused = ? WHERE id = ?";
            let changed = connection.prepare_cached(sql)?.execute((next_at.is_none(), id.0))?;
            after_change(connection, id, changed, next_at, &changes)
        })
        .await
    }

    /// Replaces what a schedule consists of, and its next fire if one is given; its id and a pause stay. As
    /// [`Store::schedule_pause_set`].
    pub async fn schedule_edit(
        &self,
        id: ScheduleId,
        definition: &ScheduleDefinition,
        options: &ExecutionOptions,
        next_at: Option<UnixMillis>,
        changes: Vec<Change>,
    ) -> Result<Option<i64>> {
        let definition = to_json("schedule.definition", definition)?;
        let options = to_json("schedule.options", options)?;
        self.write(move |connection| {
            let sql = "UPDATE schedule SET revision = revision + 1, definition = ?, options = ? WHERE id = ?";
            let changed = connection.prepare_cached(sql)?.execute((&definition, &options, id.0))?;
            after_change(connection, id, changed, next_at, &changes)
        })
        .await
    }

    /// Every schedule, ascending by id.
    pub async fn schedules_list(&self) -> Result<Vec<ScheduleRow>> {
        self.read_list(|connection| {
            list(
                connection,
                "SELECT id, project_id, flow_id, revision, paused, next_at, definition, options
                 FROM schedule JOIN schedule_next ON schedule_id = id ORDER BY id",
                [],
                schedule_row,
            )
        })
        .await
    }

    /// A schedule. A point read.
    pub async fn schedule_get(&self, id: ScheduleId) -> Result<Option<ScheduleRow>> {
        self.read(|connection| {
            first(
                connection,
                "SELECT id, project_id, flow_id, revision, paused, next_at, definition, options
                 FROM schedule JOIN schedule_next ON schedule_id = id WHERE id = ?",
                [id.0],
                schedule_row,
            )
        })
    }
}

/// The new revision of a schedule of which `changed` rows were updated, after its next fire is set if one is given.
fn after_change(
    connection: &Connection,
    id: ScheduleId,
    changed: usize,
    next_at: Option<UnixMillis>,
    changes: &[Change],
) -> Result<Option<i64>> {
    if changed == 0 {
        return Ok(None);
    }
    if let Some(at) = next_at {
        next_set(connection, id, at)?;
    }
    change::apply(connection, changes)?;
    first(connection, "SELECT revision FROM schedule WHERE id = ?", [id.0], |row| Ok(row.get(0)?))
}

static NEXT_UPSERT: LazyLock<String> =
    LazyLock::new(|| dialect::upsert("schedule_next", &["schedule_id"], &["next_at"]));

/// Sets the next fire of a schedule.
fn next_set(connection: &Connection, id: ScheduleId, at: UnixMillis) -> Result<()> {
    connection.prepare_cached(&NEXT_UPSERT)?.execute((id.0, at.0))?;
    Ok(())
}

/// Deletes a schedule, if there. Its fires stay until they are old.
pub(crate) fn delete(connection: &Connection, id: ScheduleId) -> Result<()> {
    for sql in ["DELETE FROM schedule_next WHERE schedule_id = ?", "DELETE FROM schedule WHERE id = ?"] {
        connection.prepare_cached(sql)?.execute([id.0])?;
    }
    Ok(())
}

/// Deletes every schedule of a project.
pub(crate) fn delete_all(connection: &Connection, project: ProjectId) -> Result<()> {
    for sql in [
        "DELETE FROM schedule_next WHERE schedule_id IN (SELECT id FROM schedule WHERE project_id = ?)",
        "DELETE FROM schedule WHERE project_id = ?",
    ] {
        connection.prepare_cached(sql)?.execute([project.0])?;
    }
    Ok(())
}

fn schedule_row(row: &Row<'_>) -> Result<ScheduleRow> {
    let json = |column| Ok::<_, Error>(row.get_ref(column)?.as_bytes().map_err(rusqlite::Error::from)?);
    Ok(ScheduleRow {
        id: ScheduleId(row.get(0)?),
        revision: row.get(3)?,
        paused: row.get(4)?,
        schedule: NewSchedule {
            project: ProjectId(row.get(1)?),
            flow: row.get(2)?,
            next_at: read_time(row, 5)?,
            definition: from_json("schedule.definition", json(6)?)?,
            options: Arc::new(from_json("schedule.options", json(7)?)?),
        },
    })
}
