//! Looking at projects.

use std::collections::BTreeMap;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::PermissionSet;
use rusqlite::{Connection, Params, Row};

use super::details::{OVERRIDES, lock_row, override_row};
use super::{Grantee, ProjectRow, name_key};
use crate::convert::{permission_set, read_time};
use crate::error::{Error, Result};
use crate::query::{first, list, snapshot};
use crate::store::Store;

/// The columns of [`project_row`].
macro_rules! project_columns {
    () => {
        "p.id, p.name, p.description, p.active, p.version, p.created_at, p.created_by, p.modified_at, p.modified_by,
         p.upload_locked, p.adhoc_upload"
    };
}

impl Store {
    /// A project by its id, active or deleted. A point read.
    pub async fn project_get(&self, id: ProjectId) -> Result<Option<ProjectRow>> {
        let sql = concat!("SELECT ", project_columns!(), " FROM project p WHERE p.id = ?");
        self.read(|connection| snapshot(connection, |c| one(c, sql, [id.0])))
    }

    /// The active project of a name, in whatever case. A point read.
    pub async fn project_get_by_name(&self, name: &str) -> Result<Option<ProjectRow>> {
        let sql = concat!("SELECT ", project_columns!(), " FROM project p WHERE p.active_key = ?");
        self.read(|connection| snapshot(connection, |c| one(c, sql, [name_key(name)])))
    }

    /// The project of a name that was created last, active or deleted. A point read.
    pub async fn project_get_latest_by_name(&self, name: &str) -> Result<Option<ProjectRow>> {
        let sql = concat!(
            "SELECT ",
            project_columns!(),
            " FROM project p WHERE p.name_key = ? ORDER BY p.id DESC LIMIT 1"
        );
        self.read(|connection| snapshot(connection, |c| one(c, sql, [name_key(name)])))
    }

    /// Every active project, by name.
    pub async fn projects_list(&self) -> Result<Vec<ProjectRow>> {
        self.read_list(|connection| snapshot(connection, active)).await
    }
}

/// Every active project, by name.
fn active(connection: &Connection) -> Result<Vec<ProjectRow>> {
    let mut projects = list(
        connection,
        concat!("SELECT ", project_columns!(), " FROM project p WHERE p.active = 1 ORDER BY p.name_key"),
        [],
        project_row,
    )?;
    let places: BTreeMap<ProjectId, usize> =
        projects.iter().enumerate().map(|(place, project)| (project.id, place)).collect();
    let permissions = list(
        connection,
        "SELECT kind, name, permissions, project_id FROM project_permission ORDER BY project_id, kind DESC, name",
        [],
        |row| Ok((ProjectId(row.get(3)?), permission_row(row)?)),
    )?;
    for (project, permission) in permissions {
        if let Some(place) = places.get(&project) {
            projects[*place].permissions.push(permission);
        }
    }
    let proxy_users = list(
        connection,
        "SELECT project_id, name FROM project_proxy_user ORDER BY project_id, name",
        [],
        |row| Ok((ProjectId(row.get(0)?), row.get(1)?)),
    )?;
    for (project, name) in proxy_users {
        if let Some(place) = places.get(&project) {
            projects[*place].proxy_users.push(name);
        }
    }
    let locks = list(
        connection,
        "SELECT flow_id, message, locked_by, locked_at, project_id FROM flow_lock ORDER BY project_id, flow_id",
        [],
        |row| Ok((ProjectId(row.get(4)?), lock_row(row)?)),
    )?;
    for (project, lock) in locks {
        if let Some(place) = places.get(&project) {
            projects[*place].flow_locks.push(lock);
        }
    }
    let overrides = list(
        connection,
        "SELECT o.flow_id, o.node_id, o.props, p.id FROM project p
         JOIN property_override o ON o.project_id = p.id AND o.version = p.version
         WHERE p.active = 1 ORDER BY p.id, o.flow_id, o.node_id",
        [],
        |row| Ok((ProjectId(row.get(3)?), override_row(row)?)),
    )?;
    for (project, properties) in overrides {
        if let Some(place) = places.get(&project) {
            projects[*place].overrides.push(properties);
        }
    }
    Ok(projects)
}

/// The project that a query finds, with what belongs to it.
fn one(connection: &Connection, sql: &str, params: impl Params) -> Result<Option<ProjectRow>> {
    let Some(mut project) = first(connection, sql, params, project_row)? else { return Ok(None) };
    project.permissions = list(
        connection,
        "SELECT kind, name, permissions FROM project_permission WHERE project_id = ? ORDER BY kind DESC, name",
        [project.id.0],
        permission_row,
    )?;
    project.proxy_users = list(
        connection,
        "SELECT name FROM project_proxy_user WHERE project_id = ? ORDER BY name",
        [project.id.0],
        |row| Ok(row.get(0)?),
    )?;
    project.flow_locks = list(
        connection,
        "SELECT flow_id, message, locked_by, locked_at FROM flow_lock WHERE project_id = ? ORDER BY flow_id",
        [project.id.0],
        lock_row,
    )?;
    project.overrides = list(connection, OVERRIDES, (project.id.0, project.version.0), override_row)?;
    Ok(Some(project))
}

fn project_row(row: &Row<'_>) -> Result<ProjectRow> {
    Ok(ProjectRow {
        id: ProjectId(row.get(0)?),
        name: row.get(1)?,
        description: row.get(2)?,
        active: row.get(3)?,
        version: ProjectVersion(row.get(4)?),
        created_at: read_time(row, 5)?,
        created_by: row.get(6)?,
        modified_at: read_time(row, 7)?,
        modified_by: row.get(8)?,
        upload_locked: row.get(9)?,
        adhoc_upload: row.get(10)?,
        permissions: Vec::new(),
        proxy_users: Vec::new(),
        flow_locks: Vec::new(),
        overrides: Vec::new(),
    })
}

fn permission_row(row: &Row<'_>) -> Result<(Grantee, PermissionSet)> {
    let kind: String = row.get(0)?;
    let grantee = match kind.as_str() {
        "user" => Grantee::User(row.get(1)?),
        "group" => Grantee::Group(row.get(1)?),
        _ => return Err(Error::Unreadable { what: "project_permission.kind", message: kind }),
    };
    Ok((grantee, permission_set(row.get(2)?)))
}
