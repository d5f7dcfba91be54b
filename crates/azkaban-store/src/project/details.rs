//! Changes of a project's settings, permissions, locks and overrides.

use std::sync::LazyLock;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::PermissionSet;
use azkaban_core::props::Props;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row};

use super::{FlowLock, Grantee};
use crate::convert::{from_json, permission_flags, read_time_opt, to_json};
use crate::dialect;
use crate::error::{Error, Result};
use crate::query::{first, list};
use crate::store::Store;

static PERMISSION_UPSERT: LazyLock<String> = LazyLock::new(|| {
    dialect::upsert("project_permission", &["project_id", "kind", "name"], &["permissions"])
});
static PROXY_USER_UPSERT: LazyLock<String> =
    LazyLock::new(|| dialect::upsert("project_proxy_user", &["project_id", "name"], &[]));
static OVERRIDE_UPSERT: LazyLock<String> = LazyLock::new(|| {
    dialect::upsert("property_override", &["project_id", "version", "flow_id", "node_id"], &["props"])
});
static LOCK_UPSERT: LazyLock<String> = LazyLock::new(|| {
    dialect::upsert("flow_lock", &["project_id", "flow_id"], &["message", "locked_by", "locked_at"])
});

impl Store {
    /// The override of a node's properties in one version of a project. A point read.
    pub async fn property_override_get(
        &self,
        project: ProjectId,
        version: ProjectVersion,
        flow: &str,
        node: &str,
    ) -> Result<Option<Props>> {
        self.read(|connection| {
            first(
                connection,
                "SELECT props FROM property_override
                 WHERE project_id = ? AND version = ? AND flow_id = ? AND node_id = ?",
                (project.0, version.0, flow, node),
                |row| from_json("property_override.props", row.get::<_, String>(0)?.as_bytes()),
            )
        })
    }

    /// Every override of one version of a project: flow, node, properties; by flow and node. A point read.
    pub async fn property_overrides_list(
        &self,
        project: ProjectId,
        version: ProjectVersion,
    ) -> Result<Vec<(String, String, Props)>> {
        self.read(|connection| list(connection, OVERRIDES, (project.0, version.0), override_row))
    }
}

/// The overrides of one version of a project, as [`override_row`] reads them.
pub(super) const OVERRIDES: &str = "SELECT flow_id, node_id, props FROM property_override
     WHERE project_id = ? AND version = ? ORDER BY flow_id, node_id";

pub(super) fn override_row(row: &Row<'_>) -> Result<(String, String, Props)> {
    let props = from_json("property_override.props", row.get::<_, String>(2)?.as_bytes())?;
    Ok((row.get(0)?, row.get(1)?, props))
}

pub(super) fn lock_row(row: &Row<'_>) -> Result<FlowLock> {
    Ok(FlowLock { flow: row.get(0)?, message: row.get(1)?, by: row.get(2)?, at: read_time_opt(row, 3)? })
}

pub(crate) fn description_set(
    connection: &Connection,
    project: ProjectId,
    description: &str,
    at: UnixMillis,
    by: &str,
) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE project SET description = ?, modified_at = ?, modified_by = ? WHERE id = ? AND active = 1",
        )?
        .execute((description, at.0, by, project.0))?;
    if changed == 0 { Err(Error::ProjectNotActive(project)) } else { Ok(()) }
}

pub(crate) fn upload_settings_set(
    connection: &Connection,
    project: ProjectId,
    upload_locked: bool,
    adhoc_upload: bool,
) -> Result<()> {
    let changed = connection
        .prepare_cached("UPDATE project SET upload_locked = ?, adhoc_upload = ? WHERE id = ? AND active = 1")?
        .execute((upload_locked, adhoc_upload, project.0))?;
    if changed == 0 { Err(Error::ProjectNotActive(project)) } else { Ok(()) }
}

pub(crate) fn permission_set(
    connection: &Connection,
    project: ProjectId,
    grantee: &Grantee,
    permissions: &PermissionSet,
) -> Result<()> {
    if permissions.is_empty() {
        connection
            .prepare_cached("DELETE FROM project_permission WHERE project_id = ? AND kind = ? AND name = ?")?
            .execute((project.0, grantee.kind(), grantee.name()))?;
    } else {
        connection.prepare_cached(&PERMISSION_UPSERT)?.execute((
            project.0,
            grantee.kind(),
            grantee.name(),
            permission_flags(permissions),
        ))?;
    }
    Ok(())
}

pub(crate) fn proxy_user_insert(connection: &Connection, project: ProjectId, name: &str) -> Result<()> {
    connection.prepare_cached(&PROXY_USER_UPSERT)?.execute((project.0, name))?;
    Ok(())
}

pub(crate) fn proxy_user_delete(connection: &Connection, project: ProjectId, name: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM project_proxy_user WHERE project_id = ? AND name = ?")?
        .execute((project.0, name))?;
    Ok(())
}

pub(crate) fn property_override_set(
    connection: &Connection,
    project: ProjectId,
    version: ProjectVersion,
    flow: &str,
    node: &str,
    props: &Props,
) -> Result<()> {
    connection.prepare_cached(&OVERRIDE_UPSERT)?.execute((
        project.0,
        version.0,
        flow,
        node,
        to_json("property_override.props", props)?,
    ))?;
    Ok(())
}

pub(crate) fn flow_lock_set(
    connection: &Connection,
    project: ProjectId,
    flow: &str,
    message: Option<&str>,
    by: &str,
    at: UnixMillis,
) -> Result<()> {
    connection.prepare_cached(&LOCK_UPSERT)?.execute((project.0, flow, message, by, at.0))?;
    Ok(())
}

pub(crate) fn flow_lock_delete(connection: &Connection, project: ProjectId, flow: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM flow_lock WHERE project_id = ? AND flow_id = ?")?
        .execute((project.0, flow))?;
    Ok(())
}
