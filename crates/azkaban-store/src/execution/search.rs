//! Lists of executions for people: any combination of conditions, in pages by id, with what there is to choose from; and
//! the runs of one flow side by side.

use std::collections::BTreeMap;

use azkaban_core::ids::{ExecutionId, NodePath, ProjectId};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::read::{execution_columns, execution_row, limit, newest_of_flow, nodes_by_execution};
use super::{ExecutionRow, NodeState};
use crate::convert::{read_status, read_time_opt};
use crate::error::Result;
use crate::query::{list, snapshot};
use crate::store::Store;

/// Which executions. Every condition that is set must hold; of several values one is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionQuery {
    /// In one of these statuses.
    pub statuses: Vec<Status>,
    /// Of one of these projects; `None` for any.
    pub projects: Option<Vec<ProjectId>>,
    /// Of one of these flows.
    pub flows: Vec<String>,
    /// The flow's id contains this, whatever the case of ASCII letters.
    pub flow_contains: Option<String>,
    /// Submitted by one of these users.
    pub users: Vec<String>,
    /// The user's name contains this, whatever the case of ASCII letters.
    pub user_contains: Option<String>,
    /// Submitted by one of these sources.
    pub sources: Vec<String>,
    /// Started at this time or later.
    pub started_from: Option<UnixMillis>,
    /// Started before this time.
    pub started_before: Option<UnixMillis>,
    /// Older ones than this, or newer ones if they come in ascending order.
    pub beyond: Option<ExecutionId>,
    /// From the oldest on instead of from the newest.
    pub ascending: bool,
}

/// How many executions there are of each value, among the newest that match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionFacets {
    /// How many were looked at.
    pub looked_at: u64,
    /// By status.
    pub statuses: BTreeMap<Status, u64>,
    /// By user.
    pub users: BTreeMap<String, u64>,
    /// By flow.
    pub flows: BTreeMap<String, u64>,
    /// By project.
    pub projects: BTreeMap<ProjectId, u64>,
    /// When those that have started did, and how they stand; the newest execution first.
    pub started: Vec<(UnixMillis, Status)>,
}

/// A run of a job as part of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRun {
    /// The execution.
    pub execution: ExecutionId,
    /// How the node stands.
    pub status: Status,
    /// Its latest attempt.
    pub attempt: u32,
    /// When that started.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
}

impl Store {
    /// At most `count` executions that match.
    pub async fn executions_search(&self, query: ExecutionQuery, count: u64) -> Result<Vec<ExecutionRow>> {
        self.read_list(move |connection| {
            let (conditions, mut params) = query.conditions();
            let order = if query.ascending { "ASC" } else { "DESC" };
            let columns = execution_columns!();
            let sql = format!("SELECT {columns} FROM execution e {conditions} ORDER BY e.id {order} LIMIT ?");
            params.push(limit(count).into());
            list(connection, &sql, rusqlite::params_from_iter(params), execution_row)
        })
        .await
    }

    /// What there is to choose from among the newest executions that match, at most `most` of them.
    pub async fn executions_facets(&self, query: ExecutionQuery, most: u64) -> Result<ExecutionFacets> {
        self.read_list(move |connection| {
            let (conditions, mut params) = query.conditions();
            let sql = format!(
                "SELECT e.status, e.submit_user, e.flow_id, e.project_id, e.started_at FROM execution e {conditions}
                 ORDER BY e.id DESC LIMIT ?"
            );
            params.push(limit(most).into());
            let mut facets = ExecutionFacets::default();
            list(connection, &sql, rusqlite::params_from_iter(params), |row| {
                facets.looked_at += 1;
                let status = read_status(row, 0)?;
                *facets.statuses.entry(status).or_default() += 1;
                *facets.users.entry(row.get(1)?).or_default() += 1;
                *facets.flows.entry(row.get(2)?).or_default() += 1;
                *facets.projects.entry(ProjectId(row.get(3)?)).or_default() += 1;
                facets.started.extend(read_time_opt(row, 4)?.map(|started| (started, status)));
                Ok(())
            })?;
            Ok(facets)
        })
        .await
    }

    /// The newest `count` executions of a flow, older than `before` if that is given, newest first, each with its nodes
    /// that are not READY.
    pub async fn flow_runs(
        &self,
        project: ProjectId,
        flow: &str,
        before: Option<ExecutionId>,
        count: u64,
    ) -> Result<Vec<(ExecutionRow, Vec<NodeState>)>> {
        let flow = flow.to_owned();
        let read = move |connection: &Connection| {
            let rows = newest_of_flow(connection, project, &flow, before, count)?;
            let with_nodes = rows.into_iter().map(|row| {
                let nodes = nodes_by_execution(connection, row.id)?;
                Ok((row, nodes))
            });
            with_nodes.collect::<Result<Vec<_>>>()
        };
        self.read_list(move |connection| snapshot(connection, read)).await
    }

    /// A node of a flow in the newest `count` executions of it, newest first; where it is READY it is left out.
    pub async fn node_runs(
        &self,
        project: ProjectId,
        flow: &str,
        node: &NodePath,
        count: u64,
    ) -> Result<Vec<NodeRun>> {
        let (flow, node) = (flow.to_owned(), node.clone());
        self.read_list(move |connection| {
            list(
                connection,
                "SELECT n.execution_id, n.status, n.attempt, n.started_at, n.ended_at
                 FROM (SELECT id FROM execution WHERE project_id = ? AND flow_id = ? ORDER BY id DESC LIMIT ?) e
                 JOIN execution_node n ON n.execution_id = e.id AND n.path = ? ORDER BY n.execution_id DESC",
                (project.0, &flow, limit(count), node.as_str()),
                |row| {
                    Ok(NodeRun {
                        execution: ExecutionId(row.get(0)?),
                        status: read_status(row, 1)?,
                        attempt: row.get(2)?,
                        started_at: read_time_opt(row, 3)?,
                        ended_at: read_time_opt(row, 4)?,
                    })
                },
            )
        })
        .await
    }
}

impl ExecutionQuery {
    /// `WHERE` and its values.
    fn conditions(&self) -> (String, Vec<Value>) {
        let mut conditions: Vec<String> = Vec::new();
        let mut params: Vec<Value> = Vec::new();
        let mut one_of = |column: &str, values: Vec<Value>| {
            let marks = vec!["?"; values.len()].join(", ");
            conditions.push(format!("{column} IN ({marks})"));
            params.extend(values);
        };
        let texts = |texts: &[String]| texts.iter().cloned().map(Value::from).collect::<Vec<Value>>();
        if !self.statuses.is_empty() {
            one_of("e.status", self.statuses.iter().map(|status| i64::from(status.code()).into()).collect());
        }
        if let Some(projects) = &self.projects {
            one_of("e.project_id", projects.iter().map(|id| id.0.into()).collect());
        }
        for (column, values) in
            [("e.flow_id", &self.flows), ("e.submit_user", &self.users), ("e.source", &self.sources)]
        {
            if !values.is_empty() {
                one_of(column, texts(values));
            }
        }
        let contained = |text: &String| Value::from(text.to_ascii_lowercase());
        let beyond = if self.ascending { "e.id > ?" } else { "e.id < ?" };
        for (condition, value) in [
            ("INSTR(LOWER(e.flow_id), ?) > 0", self.flow_contains.as_ref().map(contained)),
            ("INSTR(LOWER(e.submit_user), ?) > 0", self.user_contains.as_ref().map(contained)),
            ("e.started_at >= ?", self.started_from.map(|time| time.0.into())),
            ("e.started_at < ?", self.started_before.map(|time| time.0.into())),
            (beyond, self.beyond.map(|id| id.0.into())),
        ] {
            if let Some(value) = value {
                conditions.push(condition.to_owned());
                params.push(value);
            }
        }
        let text = conditions.join(" AND ");
        (if text.is_empty() { text } else { format!("WHERE {text}") }, params)
    }
}
