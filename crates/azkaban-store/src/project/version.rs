//! Uploaded versions of projects (projects-and-jobs §1.3).

use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::project::ProjectModel;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row, params};

use super::ProjectEvent;
use super::event::events_insert;
use crate::audit::{self, AuditEntry};
use crate::change::{self, Change};
use crate::convert::{from_json, read_time, to_json};
use crate::error::{Error, Result};
use crate::query::{first, list};
use crate::store::Store;

/// A version to add.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The project.
    pub project: ProjectId,
    /// When it was uploaded.
    pub uploaded_at: UnixMillis,
    /// By whom.
    pub uploader: String,
    /// From which address.
    pub uploader_ip: String,
    /// The archive's name.
    pub file_name: String,
    /// The archive's digest, in lower-case hexadecimal; the archive itself is kept elsewhere.
    pub blob_sha256: String,
    /// The archive's size in bytes.
    pub blob_size: u64,
    /// What the archive means.
    pub model: Arc<ProjectModel>,
    /// Entries for the project's event log.
    pub events: Vec<ProjectEvent>,
    /// Whether only the privileged user may upload from now on; `None` leaves it.
    pub upload_locked: Option<bool>,
    /// For the audit trail.
    pub audit: Option<AuditEntry>,
}

/// An uploaded version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// The project.
    pub project: ProjectId,
    /// The version.
    pub version: ProjectVersion,
    /// When it was uploaded.
    pub uploaded_at: UnixMillis,
    /// By whom.
    pub uploader: String,
    /// From which address.
    pub uploader_ip: String,
    /// The archive's name.
    pub file_name: String,
    /// The archive's digest, in lower-case hexadecimal; `None` once purged.
    pub blob_sha256: Option<String>,
    /// The archive's size in bytes.
    pub blob_size: u64,
}

/// A flow of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// The flow's id.
    pub id: String,
    /// Defined inside another flow, hence not listed (http-api §4.5).
    pub embedded: bool,
}

impl Store {
    /// Adds a version, one above the latest that the project ever had, and makes it the current one.
    ///
    /// # Errors
    /// [`Error::ProjectNotActive`].
    pub async fn project_version_create(&self, new: NewVersion) -> Result<ProjectVersion> {
        // Encoded here, off the writing thread: a model may have megabytes.
        let model = to_json("project_model.model", &*new.model)?;
        self.write(move |connection| insert(connection, &new, model.as_bytes())).await
    }

    /// Removes what the versions below `before` hold: archive, model, flows and overrides. Their rows stay, without
    /// the digest of the archive; so do the models of versions that have executions, which cannot be shown without.
    /// `changes` are made in the same transaction. Returns the digests that no version of any project has any more.
    pub async fn project_versions_purge(
        &self,
        project: ProjectId,
        before: ProjectVersion,
        changes: Vec<Change>,
    ) -> Result<Vec<String>> {
        self.write(move |connection| {
            change::apply(connection, &changes)?;
            purge(connection, project, before)
        })
        .await
    }

    /// An uploaded version. A point read.
    pub async fn project_version_get(
        &self,
        project: ProjectId,
        version: ProjectVersion,
    ) -> Result<Option<VersionRow>> {
        self.read(|connection| {
            first(
                connection,
                "SELECT project_id, version, uploaded_at, uploader, uploader_ip, file_name, blob_sha256, blob_size
                 FROM project_version WHERE project_id = ? AND version = ?",
                (project.0, version.0),
                version_row,
            )
        })
    }

    /// Every version of a project, from the newest on.
    pub async fn project_versions_list(&self, project: ProjectId) -> Result<Vec<VersionRow>> {
        self.read_list(move |connection| {
            list(
                connection,
                "SELECT project_id, version, uploaded_at, uploader, uploader_ip, file_name, blob_sha256, blob_size
                 FROM project_version WHERE project_id = ? ORDER BY version DESC",
                [project.0],
                version_row,
            )
        })
        .await
    }

    /// What a version means; `None` if there is no such version or it is purged.
    pub async fn project_model_get(
        &self,
        project: ProjectId,
        version: ProjectVersion,
    ) -> Result<Option<ProjectModel>> {
        self.read_list(move |connection| {
            first(
                connection,
                "SELECT model FROM project_model WHERE project_id = ? AND version = ?",
                (project.0, version.0),
                |row| {
                    let json = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
                    from_json("project_model.model", json)
                },
            )
        })
        .await
    }

    /// The flows of a version, embedded ones too, by id. A point read.
    pub async fn project_flows_list(
        &self,
        project: ProjectId,
        version: ProjectVersion,
    ) -> Result<Vec<FlowRow>> {
        self.read(|connection| {
            list(
                connection,
                "SELECT flow_id, embedded FROM project_flow WHERE project_id = ? AND version = ? ORDER BY flow_id",
                (project.0, version.0),
                |row| Ok(FlowRow { id: row.get(0)?, embedded: row.get(1)? }),
            )
        })
    }
}

fn insert(connection: &Connection, new: &NewVersion, model: &[u8]) -> Result<ProjectVersion> {
    let latest = first(
        connection,
        "SELECT MAX(version) FROM project_version WHERE project_id = ?",
        [new.project.0],
        |row| Ok(row.get::<_, Option<i32>>(0)?),
    )?;
    let version = latest.flatten().unwrap_or(0) + 1;
    let changed = connection
        .prepare_cached(
            "UPDATE project SET version = ?, modified_at = ?, modified_by = ? WHERE id = ? AND active = 1",
        )?
        .execute((version, new.uploaded_at.0, &new.uploader, new.project.0))?;
    if changed == 0 {
        return Err(Error::ProjectNotActive(new.project));
    }
    let size = i64::try_from(new.blob_size).map_err(|error| Error::Unwritable {
        what: "project_version.blob_size",
        message: error.to_string(),
    })?;
    connection
        .prepare_cached(
            "INSERT INTO project_version (project_id, version, uploaded_at, uploader, uploader_ip, file_name,
             blob_sha256, blob_size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            new.project.0,
            version,
            new.uploaded_at.0,
            new.uploader,
            new.uploader_ip,
            new.file_name,
            new.blob_sha256,
            size,
        ])?;
    connection
        .prepare_cached("INSERT INTO project_model (project_id, version, model) VALUES (?, ?, ?)")?
        .execute((new.project.0, version, model))?;
    let mut flow_insert = connection.prepare_cached(
        "INSERT INTO project_flow (project_id, version, flow_id, embedded) VALUES (?, ?, ?, ?)",
    )?;
    for flow in new.model.flows.values() {
        flow_insert.execute((new.project.0, version, &flow.id, flow.embedded))?;
    }
    if let Some(locked) = new.upload_locked {
        connection
            .prepare_cached("UPDATE project SET upload_locked = ? WHERE id = ?")?
            .execute((locked, new.project.0))?;
    }
    events_insert(connection, new.project, &new.events)?;
    if let Some(entry) = &new.audit {
        audit::insert(connection, entry)?;
    }
    Ok(ProjectVersion(version))
}

fn purge(connection: &Connection, project: ProjectId, before: ProjectVersion) -> Result<Vec<String>> {
    let digests = list(
        connection,
        "SELECT DISTINCT blob_sha256 FROM project_version
         WHERE project_id = ? AND version < ? AND blob_sha256 IS NOT NULL ORDER BY blob_sha256",
        (project.0, before.0),
        |row| Ok(row.get::<_, String>(0)?),
    )?;
    for sql in [
        "UPDATE project_version SET blob_sha256 = NULL WHERE project_id = ? AND version < ?",
        "DELETE FROM project_model WHERE project_id = ? AND version < ? AND NOT EXISTS
         (SELECT 1 FROM execution WHERE execution.project_id = project_model.project_id
          AND execution.project_version = project_model.version)",
        "DELETE FROM project_flow WHERE project_id = ? AND version < ?",
        "DELETE FROM property_override WHERE project_id = ? AND version < ?",
    ] {
        connection.prepare_cached(sql)?.execute((project.0, before.0))?;
    }
    let mut unused = Vec::new();
    for digest in digests {
        let used = first(
            connection,
            "SELECT version FROM project_version WHERE blob_sha256 = ? LIMIT 1",
            [&digest],
            |row| Ok(row.get::<_, i32>(0)?),
        )?;
        if used.is_none() {
            unused.push(digest);
        }
    }
    Ok(unused)
}

fn version_row(row: &Row<'_>) -> Result<VersionRow> {
    Ok(VersionRow {
        project: ProjectId(row.get(0)?),
        version: ProjectVersion(row.get(1)?),
        uploaded_at: read_time(row, 2)?,
        uploader: row.get(3)?,
        uploader_ip: row.get(4)?,
        file_name: row.get(5)?,
        blob_sha256: row.get(6)?,
        blob_size: row.get::<_, i64>(7)?.unsigned_abs(),
    })
}
