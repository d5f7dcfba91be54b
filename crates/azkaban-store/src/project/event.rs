//! The audit log of a project (http-api §15).

use azkaban_core::ids::ProjectId;
use azkaban_core::time::UnixMillis;
use rusqlite::{Connection, Row};

use crate::error::Result;
use crate::query::list;
use crate::store::Store;

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectEvent {
    /// What happened.
    pub kind: ProjectEventKind,
    /// Who did it.
    pub user: String,
    /// When.
    pub at: UnixMillis,
    /// Details for people.
    pub message: Option<String>,
}

/// What happened to a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectEventKind {
    /// It was created.
    Created,
    /// It was deleted.
    Deleted,
    /// A user's permissions changed.
    UserPermission,
    /// A group's permissions changed.
    GroupPermission,
    /// Its description changed.
    Description,
    /// A version was uploaded.
    Uploaded,
    /// A schedule changed.
    Schedule,
    /// A service level agreement changed.
    Sla,
    /// A proxy user changed.
    ProxyUser,
    /// Old versions were purged.
    Purge,
    /// Properties of a job were overridden.
    PropertyOverride,
    /// Something failed; also what an unknown code is read as.
    Error,
}

impl ProjectEventKind {
    /// Every kind, in the order of the codes.
    pub const ALL: [ProjectEventKind; 12] = [
        ProjectEventKind::Created,
        ProjectEventKind::Deleted,
        ProjectEventKind::UserPermission,
        ProjectEventKind::GroupPermission,
        ProjectEventKind::Description,
        ProjectEventKind::Uploaded,
        ProjectEventKind::Schedule,
        ProjectEventKind::Sla,
        ProjectEventKind::ProxyUser,
        ProjectEventKind::Purge,
        ProjectEventKind::PropertyOverride,
        ProjectEventKind::Error,
    ];

    /// The code in Azkaban's database (config-and-security §10.1).
    pub fn code(self) -> u8 {
        match self {
            ProjectEventKind::Created => 1,
            ProjectEventKind::Deleted => 2,
            ProjectEventKind::UserPermission => 3,
            ProjectEventKind::GroupPermission => 4,
            ProjectEventKind::Description => 5,
            ProjectEventKind::Uploaded => 6,
            ProjectEventKind::Schedule => 7,
            ProjectEventKind::Sla => 8,
            ProjectEventKind::ProxyUser => 9,
            ProjectEventKind::Purge => 10,
            ProjectEventKind::PropertyOverride => 11,
            ProjectEventKind::Error => 128,
        }
    }

    /// The word that Azkaban has for it (http-api §15).
    pub fn name(self) -> &'static str {
        match self {
            ProjectEventKind::Created => "CREATED",
            ProjectEventKind::Deleted => "DELETED",
            ProjectEventKind::UserPermission => "USER_PERMISSION",
            ProjectEventKind::GroupPermission => "GROUP_PERMISSION",
            ProjectEventKind::Description => "DESCRIPTION",
            ProjectEventKind::Uploaded => "UPLOADED",
            ProjectEventKind::Schedule => "SCHEDULE",
            ProjectEventKind::Sla => "SLA",
            ProjectEventKind::ProxyUser => "PROXY_USER",
            ProjectEventKind::Purge => "PURGE",
            ProjectEventKind::PropertyOverride => "PROPERTY_OVERRIDE",
            ProjectEventKind::Error => "ERROR",
        }
    }

    /// The kind of a code; an unknown one is read as an error, as Azkaban does.
    pub fn from_code(code: i64) -> Self {
        Self::ALL.into_iter().find(|kind| i64::from(kind.code()) == code).unwrap_or(ProjectEventKind::Error)
    }
}

impl Store {
    /// Entries of a project's audit log from the newest on, `length` of them after skipping `start`.
    pub async fn project_events_list(
        &self,
        project: ProjectId,
        start: u64,
        length: u64,
    ) -> Result<Vec<ProjectEvent>> {
        let limit = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.read_list(move |connection| {
            list(
                connection,
                "SELECT type, user_name, at, message FROM project_event WHERE project_id = ?
                 ORDER BY id DESC LIMIT ? OFFSET ?",
                (project.0, limit(length), limit(start)),
                event_row,
            )
        })
        .await
    }
}

/// Reads type, user, time and message.
pub(super) fn event_row(row: &Row<'_>) -> Result<ProjectEvent> {
    Ok(ProjectEvent {
        kind: ProjectEventKind::from_code(row.get(0)?),
        user: row.get(1)?,
        at: UnixMillis(row.get(2)?),
        message: row.get(3)?,
    })
}

pub(crate) fn event_insert(connection: &Connection, project: ProjectId, event: &ProjectEvent) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO project_event (project_id, type, user_name, at, message) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute((project.0, event.kind.code(), &event.user, event.at.0, &event.message))?;
    Ok(())
}

pub(super) fn events_insert(
    connection: &Connection,
    project: ProjectId,
    events: &[ProjectEvent],
) -> Result<()> {
    events.iter().try_for_each(|event| event_insert(connection, project, event))
}
