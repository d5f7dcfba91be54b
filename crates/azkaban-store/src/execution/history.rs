//! Searching all executions (http-api §13.4).

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use rusqlite::types::Value;

use super::ExecutionRow;
use super::read::{execution_columns, execution_row, limit};
use crate::error::Result;
use crate::query::list;
use crate::store::Store;

/// Which executions; every condition that is set must hold. "Contains" ignores the case of ASCII letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Of this project.
    pub project: Option<ProjectId>,
    /// Of this flow.
    pub flow: Option<String>,
    /// Submitted by this user.
    pub user: Option<String>,
    /// The project's name contains this.
    pub project_contains: Option<String>,
    /// The flow's id contains this.
    pub flow_contains: Option<String>,
    /// The submitting user's name contains this.
    pub user_contains: Option<String>,
    /// In this status.
    pub status: Option<Status>,
    /// Started after this time.
    pub started_after: Option<UnixMillis>,
    /// Ended before this time.
    pub ended_before: Option<UnixMillis>,
}

impl Store {
    /// Executions that match, from the newest on, `length` of them after skipping `start`.
    ///
    /// There is no total: it would have to look at all of history. Ask for one more than fits a page to know whether
    /// there is a next one.
    pub async fn executions_history(
        &self,
        filter: &HistoryFilter,
        start: u64,
        length: u64,
    ) -> Result<Vec<ExecutionRow>> {
        let (sql, mut params) = filter.query();
        params.extend([Value::from(limit(length)), Value::from(limit(start))]);
        self.read_list(move |connection| {
            list(connection, &sql, rusqlite::params_from_iter(params), execution_row)
        })
        .await
    }
}

impl Store {
    /// Executions that ended after a time, the latest end first, at most `length`.
    pub async fn executions_ended_after(&self, time: UnixMillis, length: u64) -> Result<Vec<ExecutionRow>> {
        self.read_list(move |connection| {
            list(
                connection,
                concat!(
                    "SELECT ",
                    execution_columns!(),
                    " FROM execution e WHERE e.ended_at > ? ORDER BY e.ended_at DESC, e.id DESC LIMIT ?"
                ),
                (time.0, limit(length)),
                execution_row,
            )
        })
        .await
    }
}

impl Store {
    /// Executions that ended before a time, from the one that ended first on, `length` of them after the one that `after`
    /// names by its end and id.
    pub async fn executions_ended_between(
        &self,
        after: (UnixMillis, ExecutionId),
        before: UnixMillis,
        length: u32,
    ) -> Result<Vec<(UnixMillis, ExecutionId)>> {
        self.read_list(move |connection| {
            list(
                connection,
                "SELECT ended_at, id FROM execution WHERE (ended_at, id) > (?, ?) AND ended_at < ?
                 ORDER BY ended_at, id LIMIT ?",
                (after.0.0, after.1.0, before.0, length),
                |row| Ok((UnixMillis(row.get(0)?), ExecutionId(row.get(1)?))),
            )
        })
        .await
    }
}

impl HistoryFilter {
    /// The query but for the values of `LIMIT` and `OFFSET`, which come last.
    fn query(&self) -> (String, Vec<Value>) {
        let mut conditions: Vec<&str> = Vec::new();
        let mut params: Vec<Value> = Vec::new();
        let mut add = |condition: &'static str, value: Option<Value>| {
            if let Some(value) = value {
                conditions.push(condition);
                params.push(value);
            }
        };
        add("e.project_id = ?", self.project.map(|id| id.0.into()));
        add("e.flow_id = ?", self.flow.clone().map(Value::from));
        add("e.submit_user = ?", self.user.clone().map(Value::from));
        add("p.name_key LIKE ? ESCAPE '!'", pattern(self.project_contains.as_deref()));
        add("LOWER(e.flow_id) LIKE ? ESCAPE '!'", pattern(self.flow_contains.as_deref()));
        add("LOWER(e.submit_user) LIKE ? ESCAPE '!'", pattern(self.user_contains.as_deref()));
        add("e.status = ?", self.status.map(|s| i64::from(s.code()).into()));
        add("e.started_at > ?", self.started_after.map(|t| t.0.into()));
        add("e.ended_at < ?", self.ended_before.map(|t| t.0.into()));

        let mut sql = concat!("SELECT ", execution_columns!(), " FROM execution e").to_owned();
        if self.project_contains.is_some() {
            sql.push_str(" JOIN project p ON p.id = e.project_id");
        }
        if !conditions.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&conditions.join(" AND "));
        }
        sql.push_str(" ORDER BY e.id DESC LIMIT ? OFFSET ?");
        (sql, params)
    }
}

/// A `LIKE` pattern, escaped with `!`, for what contains `text`.
fn pattern(text: Option<&str>) -> Option<Value> {
    text.map(|text| {
        let mut pattern = String::with_capacity(text.len() + 2);
        pattern.push('%');
        for c in text.chars() {
            if matches!(c, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(c.to_ascii_lowercase());
        }
        pattern.push('%');
        pattern.into()
    })
}
