//! What lists of projects and flows show beside their names: how many flows there are, and what ran last.

use azkaban_core::ids::{ProjectId, ProjectVersion};
use rusqlite::Connection;

use super::ProjectEvent;
use super::event::event_row;
use crate::error::Result;
use crate::execution::{ExecutionRow, newest_of_flow};
use crate::query::{list, snapshot};
use crate::store::Store;

/// What a list shows of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectOverview {
    /// Flows of the current version that are not defined inside another.
    pub flows: u64,
    /// The newest execution of any flow of the current version.
    pub newest: Option<ExecutionRow>,
}

impl Store {
    /// What a list shows of each of these projects, in their order.
    pub async fn projects_overview(
        &self,
        projects: Vec<(ProjectId, ProjectVersion)>,
    ) -> Result<Vec<ProjectOverview>> {
        let read = move |connection: &Connection| {
            let overviews = projects.iter().map(|(id, version)| overview(connection, *id, *version));
            overviews.collect::<Result<Vec<_>>>()
        };
        self.read_list(move |connection| snapshot(connection, read)).await
    }

    /// The newest `count` executions of each of these flows, newest first.
    pub async fn executions_newest(
        &self,
        project: ProjectId,
        flows: Vec<String>,
        count: u64,
    ) -> Result<Vec<Vec<ExecutionRow>>> {
        let read = move |connection: &Connection| {
            let newest = flows.iter().map(|flow| newest_of_flow(connection, project, flow, None, count));
            newest.collect::<Result<Vec<_>>>()
        };
        self.read_list(move |connection| snapshot(connection, read)).await
    }

    /// Entries of a project's audit log with their numbers, from the newest on, at most `count`; all of them older than
    /// number `before`, if that is given.
    pub async fn project_events_before(
        &self,
        project: ProjectId,
        before: Option<i64>,
        count: u64,
    ) -> Result<Vec<(i64, ProjectEvent)>> {
        self.read_list(move |connection| {
            list(
                connection,
                "SELECT type, user_name, at, message, id FROM project_event WHERE project_id = ? AND id < ?
                 ORDER BY id DESC LIMIT ?",
                (project.0, before.unwrap_or(i64::MAX), i64::try_from(count).unwrap_or(i64::MAX)),
                |row| Ok((row.get(4)?, event_row(row)?)),
            )
        })
        .await
    }
}

fn overview(connection: &Connection, id: ProjectId, version: ProjectVersion) -> Result<ProjectOverview> {
    let flows: Vec<(String, bool)> = list(
        connection,
        "SELECT flow_id, embedded FROM project_flow WHERE project_id = ? AND version = ?",
        (id.0, version.0),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut newest: Option<ExecutionRow> = None;
    for (flow, _) in &flows {
        let row = newest_of_flow(connection, id, flow, None, 1)?.pop();
        newest = newest.into_iter().chain(row).max_by_key(|row| row.id);
    }
    let flows = flows.iter().filter(|(_, embedded)| !embedded).count() as u64;
    Ok(ProjectOverview { flows, newest })
}
