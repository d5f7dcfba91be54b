//! The audit trail: who did what from where, and what was refused. Entries are made in the transaction of the change that
//! they tell of.

use std::path::Path;

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::time::UnixMillis;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::convert::read_time;
use crate::error::{Error, Result};
use crate::project::name_key;
use crate::query::list;
use crate::store::Store;
use crate::{dialect, schema};

/// The first version of the schema that has an audit trail.
const FIRST_SCHEMA: i64 = 5;

/// Something that a user did or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: UnixMillis,
    /// Who; of a failed login the name that was given.
    pub user: String,
    /// From which address.
    pub ip: String,
    /// What, as the caller names it, for example `project.create`.
    pub action: String,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// The project that it was about.
    pub project: Option<ProjectId>,
    /// The flow that it was about.
    pub flow: Option<String>,
    /// The execution that it was about.
    pub execution: Option<ExecutionId>,
    /// More, for people.
    pub details: Option<String>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was not allowed; nothing changed.
    Refused,
}

impl AuditOutcome {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            AuditOutcome::Done => "done",
            AuditOutcome::Refused => "refused",
        }
    }

    /// The outcome of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        [AuditOutcome::Done, AuditOutcome::Refused].into_iter().find(|outcome| outcome.name() == name)
    }
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Grows with each entry.
    pub id: i64,
    /// What it tells.
    pub entry: AuditEntry,
    /// The project's name.
    pub project_name: Option<String>,
}

/// Which entries to read; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this user.
    pub user: Option<String>,
    /// Of this action, or of all whose names begin with it and a dot: `project` also stands for `project.create`.
    pub action: Option<String>,
    /// With this outcome.
    pub outcome: Option<AuditOutcome>,
    /// About this project.
    pub project: Option<ProjectId>,
    /// About a project of this name, active or deleted, in whatever case.
    pub project_name: Option<String>,
    /// At or after this time.
    pub since: Option<UnixMillis>,
    /// Before this time.
    pub until: Option<UnixMillis>,
}

impl Store {
    /// Entries from the newest on, at most `limit`, with ids below `before`.
    pub async fn audit_list(
        &self,
        filter: AuditFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<AuditRow>> {
        self.read_list(move |connection| select(connection, &filter, before, limit)).await
    }

    /// Deletes entries of before `time`, from the oldest on, in one step that looks at no more than `step` of them; the
    /// newest entry stays. Returns how many went: while it is not 0 there may be more.
    pub async fn audit_prune(&self, time: UnixMillis, step: u32) -> Result<usize> {
        self.write(move |connection| {
            Ok(connection
                .prepare_cached(
                    "DELETE FROM audit WHERE at < ? AND id < (SELECT MIN(id) FROM audit) + ?
                     AND id < (SELECT MAX(id) FROM audit)",
                )?
                .execute((time.0, step))?)
        })
        .await
    }
}

/// The audit trail of a database that a server may have open.
pub struct AuditReader {
    connection: Connection,
}

impl AuditReader {
    /// Opens the database in the file `path` for reading.
    ///
    /// # Errors
    /// [`Error::Path`] if there is none, [`Error::NewerSchema`], [`Error::OlderSchema`] if it is of a release without an
    /// audit trail, or [`Error::Database`].
    pub fn open(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::Path { path: path.to_owned(), message: "no such file".to_owned() });
        }
        let connection = dialect::open_reader(path)?;
        schema::check(&connection, FIRST_SCHEMA)?;
        Ok(Self { connection })
    }

    /// As [`Store::audit_list`].
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn list(&self, filter: &AuditFilter, before: Option<i64>, limit: usize) -> Result<Vec<AuditRow>> {
        select(&self.connection, filter, before, limit)
    }
}

pub(crate) fn insert(connection: &Connection, entry: &AuditEntry) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO audit (at, user_name, ip, action, outcome, project_id, flow_id, execution_id, details)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            entry.at.0,
            entry.user,
            entry.ip,
            entry.action,
            entry.outcome.name(),
            entry.project.map(|id| id.0),
            entry.flow,
            entry.execution.map(|id| id.0),
            entry.details,
        ])?;
    Ok(())
}

fn select(
    connection: &Connection,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditRow>> {
    let (sql, values) = filter.query(before, limit);
    list(connection, &sql, params_from_iter(values), audit_row)
}

impl AuditFilter {
    fn query(&self, before: Option<i64>, limit: usize) -> (String, Vec<Value>) {
        let mut sql = "SELECT a.id, a.at, a.user_name, a.ip, a.action, a.outcome, a.project_id, a.flow_id, a.execution_id,
             a.details, p.name FROM audit a LEFT JOIN project p ON p.id = a.project_id WHERE 1 = 1"
            .to_owned();
        let mut values: Vec<Value> = Vec::new();
        let mut add = |part: &str, value: Option<Value>| {
            if let Some(value) = value {
                sql.push_str(part);
                values.push(value);
            }
        };
        add(" AND a.id < ?", before.map(Value::from));
        add(" AND a.user_name = ?", self.user.clone().map(Value::from));
        add(" AND (a.action = ?", self.action.clone().map(Value::from));
        add(" OR a.action LIKE ? ESCAPE '!')", self.action.as_deref().map(below));
        add(" AND a.outcome = ?", self.outcome.map(|outcome| outcome.name().to_owned().into()));
        add(" AND a.project_id = ?", self.project.map(|id| id.0.into()));
        add(" AND p.name_key = ?", self.project_name.as_deref().map(|name| name_key(name).into()));
        add(" AND a.at >= ?", self.since.map(|time| time.0.into()));
        add(" AND a.at < ?", self.until.map(|time| time.0.into()));
        add(" ORDER BY a.id DESC LIMIT ?", Some(i64::try_from(limit).unwrap_or(i64::MAX).into()));
        (sql, values)
    }
}

/// A `LIKE` pattern, escaped with `!`, for the names that begin with `name` and a dot.
fn below(name: &str) -> Value {
    let mut pattern = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push_str(".%");
    pattern.into()
}

fn audit_row(row: &Row<'_>) -> Result<AuditRow> {
    let outcome: String = row.get(5)?;
    Ok(AuditRow {
        id: row.get(0)?,
        entry: AuditEntry {
            at: read_time(row, 1)?,
            user: row.get(2)?,
            ip: row.get(3)?,
            action: row.get(4)?,
            outcome: AuditOutcome::from_name(&outcome).ok_or_else(|| Error::Unreadable {
                what: "audit.outcome",
                message: format!("'{outcome}' is no outcome"),
            })?,
            project: row.get::<_, Option<i64>>(6)?.map(ProjectId),
            flow: row.get(7)?,
            execution: row.get::<_, Option<i64>>(8)?.map(ExecutionId),
            details: row.get(9)?,
        },
        project_name: row.get(10)?,
    })
}
