//! Projects, their permissions, versions, locks and audit log.

mod create;
mod details;
mod event;
mod overview;
mod read;
mod version;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::PermissionSet;
use azkaban_core::props::Props;
use azkaban_core::time::UnixMillis;

pub use create::NewProject;
pub use event::{ProjectEvent, ProjectEventKind};
pub use overview::ProjectOverview;
pub use version::{FlowRow, NewVersion, VersionRow};

pub(crate) use details::{
    description_set, flow_lock_delete, flow_lock_set, permission_set, property_override_set,
    proxy_user_delete, proxy_user_insert, upload_settings_set,
};
pub(crate) use event::event_insert;

/// A project with everything but its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRow {
    /// Its id.
    pub id: ProjectId,
    /// Its name as it was created; unique among active projects but for case.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `false` once deleted.
    pub active: bool,
    /// Its current version; 0 before the first upload.
    pub version: ProjectVersion,
    /// When it was created.
    pub created_at: UnixMillis,
    /// By whom.
    pub created_by: String,
    /// When it last changed.
    pub modified_at: UnixMillis,
    /// By whom.
    pub modified_by: String,
    /// Only the privileged user may upload.
    pub upload_locked: bool,
    /// The feature flag `enable.project.adhoc.upload`.
    pub adhoc_upload: bool,
    /// Who may do what: users by name, then groups by name.
    pub permissions: Vec<(Grantee, PermissionSet)>,
    /// The users as which its jobs may run, by name.
    pub proxy_users: Vec<String>,
    /// Its locked flows, by id.
    pub flow_locks: Vec<FlowLock>,
    /// Properties that replace those of jobs in its current version: flow, node, properties; by flow and node.
    pub overrides: Vec<(String, String, Props)>,
}

/// Who holds permissions on a project. A user and a group may share a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// One user.
    User(String),
    /// All members of a group.
    Group(String),
}

impl Grantee {
    fn kind(&self) -> &'static str {
        match self {
            Grantee::User(_) => "user",
            Grantee::Group(_) => "group",
        }
    }

    /// The user's or the group's name.
    pub fn name(&self) -> &str {
        match self {
            Grantee::User(name) | Grantee::Group(name) => name,
        }
    }
}

/// A lock on a flow: it cannot be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowLock {
    /// The flow's id.
    pub flow: String,
    /// Why, if somebody said so.
    pub message: Option<String>,
    /// Who locked it last; unknown of old locks.
    pub by: Option<String>,
    /// When that was.
    pub at: Option<UnixMillis>,
}

/// How names are compared: without regard to case.
pub(crate) fn name_key(name: &str) -> String {
    name.to_lowercase()
}
