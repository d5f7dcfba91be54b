//! Permissions and proxy users of a project (config-and-security §6.4, http-api §6).

use azkaban_core::ids::ProjectId;
use azkaban_core::permission::PermissionSet;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, Change};

use super::{Grantee, Project, ProjectEventKind, Projects, event};
use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::users::Caller;

/// The longest name of a group, in characters (config-and-security §10.1).
const MAX_NAME: usize = 64;

/// Why permissions were not changed.
#[derive(Debug)]
pub enum PermissionError {
    /// There is an entry of this name already.
    Exists,
    /// There is no entry of this name.
    NotFound,
    /// The users file has no such user, or no group can have this name: it is empty or longer than Azkaban's column.
    GranteeInvalid,
    /// The project is deleted.
    ProjectGone,
    /// Our fault.
    Internal(Internal),
}

impl From<Internal> for PermissionError {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

impl PermissionError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Exists => Kind::Conflict,
            Self::NotFound | Self::GranteeInvalid | Self::ProjectGone => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// Why proxy users were not changed.
#[derive(Debug)]
pub enum ProxyUserError {
    /// The caller may not add this name: it is not in the `proxy` list of their entry in the users file.
    NotAllowed,
    /// The project is deleted.
    ProjectGone,
    /// Our fault.
    Internal(Internal),
}

impl From<Internal> for ProxyUserError {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

impl ProxyUserError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAllowed => Kind::Denied,
            Self::ProjectGone => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// The names of the permissions as the audit log has them: in alphabetical order.
fn words(permissions: &PermissionSet) -> String {
    let mut names: Vec<&str> = permissions.iter().map(|permission| permission.name()).collect();
    names.sort_unstable();
    names.join(",")
}

fn entry_of<'a>(project: &'a Project, grantee: &Grantee) -> Option<&'a PermissionSet> {
    match grantee {
        Grantee::User(name) => project.user_permissions.get(name),
        Grantee::Group(name) => project.group_permissions.get(name),
    }
}

impl Projects {
    /// Adds an entry for a user or group that has none.
    pub(crate) async fn permission_add(
        &self,
        caller: &Caller,
        project: ProjectId,
        grantee: Grantee,
        permissions: PermissionSet,
        now: UnixMillis,
    ) -> Result<(), PermissionError> {
        let known = match &grantee {
            Grantee::User(name) => self.shared.users.user(name).is_some(),
            Grantee::Group(name) => !name.is_empty() && name.chars().count() <= MAX_NAME,
        };
        let entry = caller.does_with(Action::PermissionAdd, project, now);
        let changes = permission_changes(caller, project, grantee.clone(), permissions, entry);
        let decide = move |project: &Project| match () {
            () if entry_of(project, &grantee).is_some() => Err(PermissionError::Exists),
            () if !known => Err(PermissionError::GranteeInvalid),
            () => Ok(changes),
        };
        self.commit_as(project, decide).await?.unwrap_or(Err(PermissionError::ProjectGone))
    }

    /// Replaces the entry of a user or group; no permissions remove it.
    pub(crate) async fn permission_change(
        &self,
        caller: &Caller,
        project: ProjectId,
        grantee: Grantee,
        permissions: PermissionSet,
        now: UnixMillis,
    ) -> Result<(), PermissionError> {
        let entry = caller.does_with(Action::PermissionChange, project, now);
        let changes = permission_changes(caller, project, grantee.clone(), permissions, entry);
        let decide = move |project: &Project| match entry_of(project, &grantee) {
            None => Err(PermissionError::NotFound),
            Some(_) => Ok(changes),
        };
        self.commit_as(project, decide).await?.unwrap_or(Err(PermissionError::ProjectGone))
    }

    /// Adds a proxy user whom the caller may add; one that is there already is no error.
    pub(crate) async fn proxy_user_add(
        &self,
        caller: &Caller,
        project: ProjectId,
        name: &str,
        now: UnixMillis,
    ) -> Result<(), ProxyUserError> {
        let entry = caller.does_with(Action::ProxyUserAdd, project, now);
        if !caller.user.proxies.iter().any(|proxy| proxy == name) {
            let details = audit::details(format!("{name} is not in the caller's list of proxies"));
            self.shared.audit.refused(AuditEntry { details, ..entry }).await;
            return Err(ProxyUserError::NotAllowed);
        }
        let change = Change::ProxyUserInsert { project, name: name.to_owned() };
        let message = format!("Proxy user {name} is added to project.");
        self.proxy_user_change(caller, project, change, message, entry).await
    }

    /// Removes a proxy user; one that is not there is no error.
    pub(crate) async fn proxy_user_remove(
        &self,
        caller: &Caller,
        project: ProjectId,
        name: &str,
        now: UnixMillis,
    ) -> Result<(), ProxyUserError> {
        let entry = caller.does_with(Action::ProxyUserRemove, project, now);
        let change = Change::ProxyUserDelete { project, name: name.to_owned() };
        let message = format!("Proxy user {name} has been removed form the project.");
        self.proxy_user_change(caller, project, change, message, entry).await
    }

    async fn proxy_user_change(
        &self,
        caller: &Caller,
        project: ProjectId,
        change: Change,
        message: String,
        entry: AuditEntry,
    ) -> Result<(), ProxyUserError> {
        let changes = told(project, change, ProjectEventKind::ProxyUser, caller, message, entry);
        self.commit_as(project, |_| Ok(changes)).await?.unwrap_or(Err(ProxyUserError::ProjectGone))
    }
}

/// What a change of an entry stores.
fn permission_changes(
    caller: &Caller,
    project: ProjectId,
    grantee: Grantee,
    permissions: PermissionSet,
    entry: AuditEntry,
) -> Vec<Change> {
    let (kind, whose) = match &grantee {
        Grantee::User(_) => (ProjectEventKind::UserPermission, "user"),
        Grantee::Group(_) => (ProjectEventKind::GroupPermission, "group"),
    };
    let name = grantee.name();
    let message = if permissions.is_empty() {
        format!("Permission for {whose} {name} removed.")
    } else {
        format!("Permission for {whose} {name} set to {}", words(&permissions))
    };
    told(project, Change::PermissionSet { project, grantee, permissions }, kind, caller, message, entry)
}

/// A change, with the event and the entry of the audit trail that tell of it in the same words.
fn told(
    project: ProjectId,
    change: Change,
    kind: ProjectEventKind,
    caller: &Caller,
    message: String,
    entry: AuditEntry,
) -> Vec<Change> {
    let entry = AuditEntry { details: audit::details(&message), ..entry };
    let event = event(kind, &caller.user, entry.at, Some(message));
    vec![change, Change::ProjectEventInsert { project, event }, Change::AuditInsert(entry)]
}
