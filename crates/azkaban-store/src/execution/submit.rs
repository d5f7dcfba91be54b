//! Submitting an execution: look at what runs, let the caller decide, insert, all in one transaction.

use azkaban_core::ids::{ExecutionId, ProjectId, ProjectVersion};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, params};

use super::{NodeState, node_upsert, read};
use crate::audit::{self, AuditEntry};
use crate::convert::{check_json, to_json};
use crate::dialect;
use crate::error::Result;
use crate::store::Store;

/// What a submission is decided on. Nothing else is submitted for the flow between the look and the insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningFacts {
    /// Unfinished executions of the flow, ascending (http-api §4.8).
    pub running: Vec<ExecutionId>,
}

impl RunningFacts {
    pub(crate) fn read(connection: &Connection, project: ProjectId, flow: &str) -> Result<Self> {
        Ok(Self { running: read::running_by_flow(connection, project, flow)? })
    }
}

/// An execution to insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The version of the project to run.
    pub project_version: ProjectVersion,
    /// Its first status; PREPARING in Azkaban (http-api §4.9).
    pub status: Status,
    /// Who submits.
    pub submit_user: String,
    /// When.
    pub submitted_at: UnixMillis,
    /// `adhoc`, `schedule`, … (config-and-security §10.2).
    pub source: String,
    /// Higher first; Azkaban's default is 5.
    pub priority: i32,
    /// A random name, unique beyond this database.
    pub uuid: String,
    /// What was asked for.
    pub options: ExecutionOptions,
    /// JSON of the flow state machine, opaque here.
    pub flags: String,
    /// Nodes that do not begin as READY.
    pub nodes: Vec<NodeState>,
    /// For the audit trail; about this execution, whatever it says.
    pub audit: Option<AuditEntry>,
}

impl Store {
    /// Submits an execution of a flow if `decide` says so. No other submission comes between its look at what runs and
    /// the insert. The inner error is `decide`'s refusal.
    ///
    /// `decide` runs on the writing thread and must neither wait nor call the store. Whether the project and the flow
    /// exist is the caller's to know.
    pub async fn execution_submit<R, F>(
        &self,
        project: ProjectId,
        flow: &str,
        decide: F,
    ) -> Result<std::result::Result<ExecutionId, R>>
    where
        F: FnOnce(&RunningFacts) -> std::result::Result<Submission, R> + Send + 'static,
        R: Send + 'static,
    {
        let flow = flow.to_owned();
        self.write(move |connection| {
            let facts = RunningFacts::read(connection, project, &flow)?;
            match decide(&facts) {
                Ok(submission) => insert(connection, project, &flow, &submission).map(Ok),
                Err(refusal) => Ok(Err(refusal)),
            }
        })
        .await
    }
}

pub(crate) fn insert(
    connection: &Connection,
    project: ProjectId,
    flow: &str,
    new: &Submission,
) -> Result<ExecutionId> {
    check_json("execution.flags", &new.flags)?;
    let id = dialect::insert_returning_id(
        connection,
        "INSERT INTO execution (project_id, project_version, flow_id, status, submit_user, submitted_at, updated_at,
         source, priority, uuid, flags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            project.0,
            new.project_version.0,
            flow,
            new.status.code(),
            new.submit_user,
            new.submitted_at.0,
            new.submitted_at.0,
            new.source,
            new.priority,
            new.uuid,
            new.flags,
        ],
    )?;
    connection
        .prepare_cached("INSERT INTO execution_options (execution_id, options) VALUES (?, ?)")?
        .execute((id, to_json("execution_options.options", &new.options)?))?;
    if !new.status.is_terminal_for_execution() {
        connection
            .prepare_cached(
                "INSERT INTO execution_unfinished (project_id, flow_id, execution_id) VALUES (?, ?, ?)",
            )?
            .execute((project.0, flow, id))?;
    }
    for node in &new.nodes {
        node_upsert(connection, ExecutionId(id), node)?;
    }
    if let Some(entry) = &new.audit {
        audit::insert(connection, &AuditEntry { execution: Some(ExecutionId(id)), ..entry.clone() })?;
    }
    Ok(ExecutionId(id))
}
