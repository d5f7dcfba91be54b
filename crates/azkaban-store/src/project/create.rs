//! Creating and deleting projects.

use azkaban_core::ids::ProjectId;
use azkaban_core::permission::PermissionSet;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, params};

use super::details::{permission_set, proxy_user_insert};
use super::event::events_insert;
use super::{Grantee, ProjectEvent, name_key};
use crate::audit::{self, AuditEntry};
use crate::change::{self, Change};
use crate::dialect;
use crate::error::{Error, Result};
use crate::query::first;
use crate::store::Store;

/// A project to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProject {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// When.
    pub created_at: UnixMillis,
    /// By whom.
    pub created_by: String,
    /// Who may do what.
    pub permissions: Vec<(Grantee, PermissionSet)>,
    /// As whom its jobs may run.
    pub proxy_users: Vec<String>,
    /// First entries of its event log.
    pub events: Vec<ProjectEvent>,
    /// For the audit trail; about this project, whatever it says.
    pub audit: Option<AuditEntry>,
}

impl Store {
    /// Creates a project.
    ///
    /// # Errors
    /// [`Error::ProjectExists`] if an active project has this name, in whatever case.
    pub async fn project_create(&self, project: NewProject) -> Result<ProjectId> {
        self.write(move |connection| insert(connection, &project)).await
    }

    /// Deletes a project: it is no longer active, its name is free, its versions and executions stay. `changes` are
    /// made in the same transaction.
    ///
    /// # Errors
    /// [`Error::ProjectNotActive`], and those of the changes.
    pub async fn project_delete(
        &self,
        project: ProjectId,
        at: UnixMillis,
        by: &str,
        changes: Vec<Change>,
    ) -> Result<()> {
        let by = by.to_owned();
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE project SET active = 0, active_key = NULL, modified_at = ?, modified_by = ?
                     WHERE id = ? AND active = 1",
                )?
                .execute((at.0, &by, project.0))?;
            if changed == 0 {
                return Err(Error::ProjectNotActive(project));
            }
            change::apply(connection, &changes)
        })
        .await
    }
}

fn insert(connection: &Connection, new: &NewProject) -> Result<ProjectId> {
    let key = name_key(&new.name);
    let taken = first(connection, "SELECT id FROM project WHERE active_key = ?", [&key], |row| {
        Ok(row.get::<_, i64>(0)?)
    })?;
    if taken.is_some() {
        return Err(Error::ProjectExists(new.name.clone()));
    }
    let id = dialect::insert_returning_id(
        connection,
        "INSERT INTO project (name, name_key, active_key, active, version, created_at, created_by, modified_at,
         modified_by, upload_locked, adhoc_upload, description) VALUES (?, ?, ?, 1, 0, ?, ?, ?, ?, 0, 0, ?)",
        params![
            new.name,
            key,
            key,
            new.created_at.0,
            new.created_by,
            new.created_at.0,
            new.created_by,
            new.description
        ],
    )?;
    let project = ProjectId(id);
    for (grantee, permissions) in &new.permissions {
        permission_set(connection, project, grantee, permissions)?;
    }
    for name in &new.proxy_users {
        proxy_user_insert(connection, project, name)?;
    }
    events_insert(connection, project, &new.events)?;
    if let Some(entry) = &new.audit {
        audit::insert(connection, &AuditEntry { project: Some(project), ..entry.clone() })?;
    }
    Ok(project)
}
