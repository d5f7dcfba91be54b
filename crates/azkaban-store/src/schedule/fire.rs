//! The fires of schedules: each is dealt with once, in the same transaction as what it submits.

use std::fmt::Display;

use azkaban_core::ids::{ExecutionId, ProjectId, ScheduleId};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row};

use crate::change::{self, Change};
use crate::convert::{read_status, read_time, read_time_opt};
use crate::error::Result;
use crate::execution::{RunningFacts, Submission, submission_insert};
use crate::query::{first, list};
use crate::store::Store;

/// A fire whose time has come.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleFire {
    /// The schedule.
    pub schedule: ScheduleId,
    /// Its revision as the caller knows it.
    pub revision: i64,
    /// The time that is due.
    pub fire_at: UnixMillis,
    /// The fire after this one; without one the schedule is over and is deleted.
    pub next_at: Option<UnixMillis>,
    /// Now.
    pub handled_at: UnixMillis,
    /// Made in the same transaction, unless the fire is stale.
    pub changes: Vec<Change>,
}

/// What came of a fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FireOutcome<R> {
    /// An execution was submitted.
    Submitted(ExecutionId),
    /// The fire has passed without one, and why.
    Refused(R),
    /// A fire of this time had been dealt with before, as happens when a clock was wrong for a while. Only the next
    /// fire was moved.
    Repeated,
    /// The schedule was changed, paused or removed meanwhile, or is past this time. Nothing was done.
    Stale,
}

/// A fire that was dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FireRow {
    /// The time that was due.
    pub fire_at: UnixMillis,
    /// When it was dealt with.
    pub handled_at: UnixMillis,
    /// The execution that it submitted.
    pub execution: Option<ExecutionId>,
    /// Why it submitted none.
    pub reason: Option<String>,
}

/// A fire that was dealt with, and what became of the execution that it submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFire {
    /// The fire.
    pub fire: FireRow,
    /// Status, start and end of its execution.
    pub run: Option<(Status, Option<UnixMillis>, Option<UnixMillis>)>,
}

impl Store {
    /// Deals with a fire: notes it, moves the schedule's next fire and, if `decide` says so, submits an execution of
    /// the flow, all in one transaction, so that each fire is dealt with once whatever dies. `decide` is as for
    /// [`Store::execution_submit`]; the text of a refusal is kept with the fire.
    pub async fn schedule_fire<R, F>(&self, fire: ScheduleFire, decide: F) -> Result<FireOutcome<R>>
    where
        F: FnOnce(&RunningFacts) -> std::result::Result<Submission, R> + Send + 'static,
        R: Display + Send + 'static,
    {
        self.write(move |connection| {
            let Some(Met { project, flow, repeated }) = pass(connection, &fire)? else {
                return Ok(FireOutcome::Stale);
            };
            change::apply(connection, &fire.changes)?;
            if repeated {
                return Ok(FireOutcome::Repeated);
            }
            let (outcome, execution, reason) = match decide(&RunningFacts::read(connection, project, &flow)?)
            {
                Ok(submission) => {
                    let id = submission_insert(connection, project, &flow, &submission)?;
                    (FireOutcome::Submitted(id), Some(id.0), None)
                }
                Err(refusal) => {
                    let reason = refusal.to_string();
                    (FireOutcome::Refused(refusal), None, Some(reason))
                }
            };
            connection
                .prepare_cached(
                    "INSERT INTO schedule_fire (schedule_id, fire_at, handled_at, execution_id, reason)
                     VALUES (?, ?, ?, ?, ?)",
                )?
                .execute((fire.schedule.0, fire.fire_at.0, fire.handled_at.0, execution, reason))?;
            Ok(outcome)
        })
        .await
    }

    /// The latest fires of a schedule, newest first, also of one that is no more. A point read.
    pub async fn schedule_fires_list(&self, id: ScheduleId, length: u32) -> Result<Vec<FireRow>> {
        self.read(|connection| {
            list(
                connection,
                "SELECT fire_at, handled_at, execution_id, reason FROM schedule_fire WHERE schedule_id = ?
                 ORDER BY fire_at DESC LIMIT ?",
                (id.0, length),
                fire_row,
            )
        })
    }

    /// Of each schedule the fires of a time, newest first and at most `each`.
    pub async fn schedules_past_fires(
        &self,
        ids: Vec<ScheduleId>,
        from: UnixMillis,
        before: UnixMillis,
        each: u32,
    ) -> Result<Vec<Vec<PastFire>>> {
        self.read_list(move |connection| {
            let of = |id: &ScheduleId| {
                list(
                    connection,
                    "SELECT f.fire_at, f.handled_at, f.execution_id, f.reason, e.status, e.started_at, e.ended_at
                     FROM schedule_fire f LEFT JOIN execution e ON e.id = f.execution_id
                     WHERE f.schedule_id = ? AND f.fire_at >= ? AND f.fire_at < ?
                     ORDER BY f.fire_at DESC LIMIT ?",
                    (id.0, from.0, before.0, each),
                    |row| {
                        let status = row.get::<_, Option<i64>>(4)?.map(|_| read_status(row, 4)).transpose()?;
                        let times = (read_time_opt(row, 5)?, read_time_opt(row, 6)?);
                        Ok(PastFire {
                            fire: fire_row(row)?,
                            run: status.map(|status| (status, times.0, times.1)),
                        })
                    },
                )
            };
            ids.iter().map(of).collect()
        })
        .await
    }

    /// Forgets up to `limit` fires that were dealt with before a time; returns how many.
    pub async fn schedule_fires_prune(&self, before: UnixMillis, limit: u32) -> Result<usize> {
        self.write(move |connection| {
            Ok(connection
                .prepare_cached(
                    "DELETE FROM schedule_fire WHERE (schedule_id, fire_at) IN
                     (SELECT schedule_id, fire_at FROM schedule_fire WHERE handled_at < ? ORDER BY handled_at LIMIT ?)",
                )?
                .execute((before.0, limit))?)
        })
        .await
    }
}

fn fire_row(row: &Row<'_>) -> Result<FireRow> {
    Ok(FireRow {
        fire_at: read_time(row, 0)?,
        handled_at: read_time(row, 1)?,
        execution: row.get::<_, Option<i64>>(2)?.map(ExecutionId),
        reason: row.get(3)?,
    })
}

/// What a fire meets.
struct Met {
    project: ProjectId,
    flow: String,
    /// A fire of the same time was dealt with before.
    repeated: bool,
}

/// Moves a schedule past a fire, unless the fire is stale.
fn pass(connection: &Connection, fire: &ScheduleFire) -> Result<Option<Met>> {
    let found = first(
        connection,
        "SELECT project_id, flow_id,
                EXISTS (SELECT 1 FROM schedule_fire f WHERE f.schedule_id = schedule.id AND f.fire_at = ?1)
         FROM schedule JOIN schedule_next ON schedule_next.schedule_id = id
         WHERE id = ?2 AND revision = ?3 AND paused = 0 AND next_at <= ?1",
        (fire.fire_at.0, fire.schedule.0, fire.revision),
        |row| Ok(Met { project: ProjectId(row.get(0)?), flow: row.get(1)?, repeated: row.get(2)? }),
    )?;
    if found.is_some() {
        match fire.next_at {
            Some(next) => super::next_set(connection, fire.schedule, next)?,
            None => super::delete(connection, fire.schedule)?,
        };
    }
    Ok(found)
}
