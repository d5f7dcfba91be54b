//! Permissions and proxy users of a project (config-and-security §6.4, http-api §6).

use azkaban_core::permission::PermissionSet;
use azkaban_core::time::UnixMillis;
use azkaban_store::{Change, Error};

use super::{Grantee, Project, ProjectEventKind, Projects, event};
use crate::error::{Internal, Kind};
use crate::users::Caller;

/// Why permissions were not changed.
#[derive(Debug)]
pub enum PermissionError {
    /// There is an entry of this name already.
    Exists,
    /// There is no entry of this name.
    NotFound,
    /// The users file has no such user. Any name of a group is fine.
    UserUnknown,
    /// The project is deleted.
    ProjectGone,
    /// Our fault.
    Internal(Internal),
}

impl PermissionError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Exists => Kind::Conflict,
            Self::NotFound | Self::UserUnknown | Self::ProjectGone => Kind::NotFound,
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

fn entry<'a>(project: &'a Project, grantee: &Grantee) -> Option<&'a PermissionSet> {
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
        project: &Project,
        grantee: Grantee,
        permissions: PermissionSet,
        now: UnixMillis,
    ) -> Result<(), PermissionError> {
        let current = self.shared.index.by_id(project.id).ok_or(PermissionError::ProjectGone)?;
        if entry(&current, &grantee).is_some() {
            return Err(PermissionError::Exists);
        }
        if let Grantee::User(name) = &grantee
            && self.shared.users.user(name).is_none()
        {
            return Err(PermissionError::UserUnknown);
        }
        self.permission_set(caller, project, grantee, permissions, now).await
    }

    /// Replaces the entry of a user or group; no permissions remove it.
    pub(crate) async fn permission_change(
        &self,
        caller: &Caller,
        project: &Project,
        grantee: Grantee,
        permissions: PermissionSet,
        now: UnixMillis,
    ) -> Result<(), PermissionError> {
        let current = self.shared.index.by_id(project.id).ok_or(PermissionError::ProjectGone)?;
        if entry(&current, &grantee).is_none() {
            return Err(PermissionError::NotFound);
        }
        self.permission_set(caller, project, grantee, permissions, now).await
    }

    async fn permission_set(
        &self,
        caller: &Caller,
        project: &Project,
        grantee: Grantee,
        permissions: PermissionSet,
        now: UnixMillis,
    ) -> Result<(), PermissionError> {
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
        let event = event(kind, &caller.user, now, Some(message));
        let changes = vec![
            Change::PermissionSet { project: project.id, grantee, permissions },
            Change::ProjectEventInsert { project: project.id, event },
        ];
        match self.commit(project.id, changes).await.map_err(PermissionError::Internal)? {
            Ok(()) => Ok(()),
            Err(Error::ProjectNotActive(_)) => Err(PermissionError::ProjectGone),
            Err(error) => Err(PermissionError::Internal(Internal::new(error))),
        }
    }

    /// Adds a proxy user whom the caller may add; one that is there already is no error.
    pub(crate) async fn proxy_user_add(
        &self,
        caller: &Caller,
        project: &Project,
        name: &str,
        now: UnixMillis,
    ) -> Result<(), ProxyUserError> {
        if !caller.user.proxies.iter().any(|proxy| proxy == name) {
            return Err(ProxyUserError::NotAllowed);
        }
        let change = Change::ProxyUserInsert { project: project.id, name: name.to_owned() };
        self.proxy_user_change(
            caller,
            project,
            change,
            format!("Proxy user {name} is added to project."),
            now,
        )
        .await
    }

    /// Removes a proxy user; one that is not there is no error.
    pub(crate) async fn proxy_user_remove(
        &self,
        caller: &Caller,
        project: &Project,
        name: &str,
        now: UnixMillis,
    ) -> Result<(), ProxyUserError> {
        let change = Change::ProxyUserDelete { project: project.id, name: name.to_owned() };
        let message = format!("Proxy user {name} has been removed form the project.");
        self.proxy_user_change(caller, project, change, message, now).await
    }

    async fn proxy_user_change(
        &self,
        caller: &Caller,
        project: &Project,
        change: Change,
        message: String,
        now: UnixMillis,
    ) -> Result<(), ProxyUserError> {
        if self.shared.index.by_id(project.id).is_none() {
            return Err(ProxyUserError::ProjectGone);
        }
        let event = event(ProjectEventKind::ProxyUser, &caller.user, now, Some(message));
        let changes = vec![change, Change::ProjectEventInsert { project: project.id, event }];
        match self.commit(project.id, changes).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(ProxyUserError::Internal(Internal::new(error))),
            Err(error) => Err(ProxyUserError::Internal(error)),
        }
    }
}
