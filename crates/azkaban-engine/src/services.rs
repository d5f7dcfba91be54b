//! The services around projects, users and sessions, as methods of [`Engine`].

use std::path::Path;
use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::project::ProjectModel;
use azkaban_core::props::Props;
use azkaban_core::settings::Problem;
use azkaban_core::time::UnixMillis;
use azkaban_store::Store;

use crate::audit::{self, Action, Audit};
use crate::config::Config;
use crate::error::{Internal, Kind};
use crate::job_types::JobTypeFolder;
use crate::projects::{
    Archive, CreateProjectError, DeleteProjectError, DescribeProjectError, FlowLock, FlowLockError, Grantee,
    OverrideError, PermissionError, Project, ProjectEvent, Projects, ProjectsError, ProxyUserError,
    PurgeProjectError, Unpacked, Upload, UploadDenied, UploadError, UploadSettingError, Uploaded,
    WhitelistProblem,
};
use crate::sessions::{SessionLimits, SessionRefused, SessionToken, Sessions};
use crate::tokens::{self, Tokens};
use crate::users::{Caller, LoginError, User, Users, UsersFileError};
use crate::{Engine, clock};

/// What the engine consists of besides executions.
pub(crate) struct Services {
    pub(crate) users: Arc<Users>,
    pub(crate) audit: Arc<Audit>,
    pub(crate) sessions: Sessions,
    pub(crate) tokens: Tokens,
    pub(crate) projects: Projects,
    pub(crate) job_types: JobTypeFolder,
}

/// Why the services cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// The users file cannot be used.
    #[error(transparent)]
    Users(#[from] UsersFileError),
    /// The job type plugins cannot be used.
    #[error("the job type plugins cannot be used: {0}")]
    JobTypes(#[from] Problem),
    /// Projects cannot be served.
    #[error(transparent)]
    Projects(#[from] ProjectsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] azkaban_store::Error),
}

/// Why the project whitelist was not read again; what was read before stays.
#[derive(Debug)]
pub enum WhitelistError {
    /// No role of the caller has ADMIN.
    NotAdmin,
    /// `project.whitelist.xml.file` is not set.
    NotConfigured,
    /// The file cannot be used.
    Unusable(WhitelistProblem),
    /// Our fault.
    Internal(Internal),
}

impl WhitelistError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAdmin => Kind::Denied,
            Self::NotConfigured => Kind::NotFound,
            Self::Unusable(_) => Kind::Invalid,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl From<Internal> for WhitelistError {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

/// Removes what uploads that a crash cut short have left in the folder where uploads are received: files with the names
/// that `tempfile` gives. Nobody else receives there, the store's lock sees to that.
fn sweep_uploads(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let left_over = name
            .to_str()
            .and_then(|name| name.strip_prefix(".tmp"))
            .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
        if left_over
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!("removing {}: {error}", entry.path().display());
        }
    }
}

impl Services {
    /// Takes up what an earlier run has stored.
    pub(crate) async fn start(
        config: &Config,
        store: &Store,
        now: UnixMillis,
    ) -> Result<Self, ServicesError> {
        sweep_uploads(&config.temp_dir);
        let users = Arc::new(Users::open(&config.users_file)?);
        let limits = SessionLimits {
            ttl: config.session_ttl,
            max: config.max_sessions,
            max_per_ip_and_user: config.max_sessions_per_ip_and_user,
        };
        let sessions = Sessions::open(store.clone(), &limits, now).await?;
        let tokens = Tokens::open(store.clone()).await?;
        let audit = Arc::new(Audit::new(store.clone(), config.audit_refusal_burst));
        let job_types = JobTypeFolder::open(config)?;
        let projects =
            Projects::open(config, store.clone(), users.clone(), audit.clone(), job_types.clone()).await?;
        Ok(Self { users, audit, sessions, tokens, projects, job_types })
    }
}

/// Users and what they may do.
impl Engine {
    /// Checks a password that came from the address `ip`. Slow, and slower after repeated wrong ones from there for the same
    /// name. A wrong one is told in the audit trail; a right one is when a session is made of it.
    pub async fn authenticate(
        &self,
        username: &str,
        password: &str,
        ip: &str,
    ) -> Result<Arc<User>, LoginError> {
        let checked = self.services().users.authenticate(username, password, ip).await;
        if let Err(LoginError::Rejected) = checked {
            self.services().audit.refused(audit::done(username, ip, Action::Login, clock::now())).await;
        }
        checked
    }

    /// Whether some global role of `user` has `permission`, or ADMIN. Roles are looked up as they are now.
    pub fn role_grants(&self, user: &User, permission: Permission) -> bool {
        self.services().users.role_grants(user, permission)
    }

    /// Whether `user` may do something with `project`: by their own entry, by a group's or by a role (http-api §3).
    pub fn project_grants(&self, user: &User, project: &Project, permission: Permission) -> bool {
        self.services().projects.grants(user, project, permission)
    }

    /// Whether the users file has a user of this name.
    pub fn user_exists(&self, name: &str) -> bool {
        self.services().users.user(name).is_some()
    }
}

/// Sessions.
impl Engine {
    /// Makes a session for a user who has logged in; it survives a restart of the server.
    pub async fn session_create(&self, user: Arc<User>, ip: &str) -> Result<SessionToken, SessionRefused> {
        let services = self.services();
        let seal = |token: &str| services.users.seal(&user.name, token);
        let made = services.sessions.create(&user, ip, seal, clock::now()).await;
        if let Err(SessionRefused::TooMany { limit }) = &made {
            let mut entry = audit::done(&user.name, ip, Action::Login, clock::now());
            entry.details = audit::details(format!("this user has {limit} sessions from this address"));
            self.services().audit.refused(entry).await;
        }
        made
    }

    /// Who a session is for, with the rights that the user has now; `None` if it never was or has ended, which it also
    /// does when the user is gone or the password has changed. The session counts as used, by a request from `ip`.
    ///
    /// An API token counts as a session whose user may do what the token is good for.
    pub async fn session_find(&self, token: &str, ip: &str) -> Option<Caller> {
        let services = self.services();
        if tokens::is_token(token) {
            return self.token_find(token, ip);
        }
        let found = services.sessions.find(token, clock::now())?;
        let user = services.users.user(&found.user)?;
        if found.seal.is_some() && found.seal != services.users.seal(&user.name, token) {
            tracing::info!(user = user.name, "a session ends: the password is another one now");
            services.sessions.revoke(token).await;
            return None;
        }
        Some(Caller { user, ip: ip.to_owned() })
    }

    /// Ends a session, if there is one, as a request from the address `ip` asks.
    pub async fn session_remove(&self, token: &str, ip: &str) {
        self.services().sessions.remove(token, ip, clock::now()).await;
    }
}

/// Looking at projects.
impl Engine {
    /// The active project of a name, in whatever case.
    pub fn project_by_name(&self, name: &str) -> Option<Arc<Project>> {
        self.services().projects.by_name(name)
    }

    /// A project, active or deleted.
    pub async fn project_by_id(&self, id: ProjectId) -> Result<Option<Arc<Project>>, Internal> {
        self.services().projects.by_id(id).await
    }

    /// Every active project, ordered by name without regard to case.
    pub fn projects_active(&self) -> Vec<Arc<Project>> {
        self.services().projects.active()
    }

    /// The audit log of a project, newest first: `size` entries after `skip`.
    pub async fn project_events(
        &self,
        id: ProjectId,
        skip: i64,
        size: i64,
    ) -> Result<Vec<ProjectEvent>, Internal> {
        self.services().projects.events(id, skip, size).await
    }

    /// What a version means; version 0 has no flows.
    pub async fn project_model(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Arc<ProjectModel>, Internal> {
        self.services().projects.model(id, version).await
    }

    /// The ids of a version's flows without embedded ones, in order (http-api §4.5).
    pub async fn project_flow_ids(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Vec<String>, Internal> {
        self.services().projects.flow_ids(id, version).await
    }

    /// The archive of a version, by default the current one; `None` if there is none or it was purged.
    pub async fn project_archive(
        &self,
        project: &Project,
        version: Option<ProjectVersion>,
    ) -> Result<Option<Archive>, Internal> {
        self.services().projects.archive(project, version).await
    }

    /// A version unpacked, to make execution folders from.
    pub async fn project_unpacked(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Arc<Unpacked>, Internal> {
        self.services().projects.unpacked(id, version).await
    }

    /// The properties that replace those of a job, if somebody has overridden them.
    pub async fn override_get(
        &self,
        project: ProjectId,
        version: ProjectVersion,
        flow_id: &str,
        job_id: &str,
    ) -> Result<Option<Props>, Internal> {
        self.services().projects.override_get(project, version, flow_id, job_id).await
    }

    /// The lock on a flow of an active project.
    pub fn flow_lock_get(&self, project: ProjectId, flow_id: &str) -> Option<FlowLock> {
        self.services().projects.flow_lock_get(project, flow_id)
    }
}

/// Changing projects. Whether the caller may is asked here only where the answer does not depend on the face.
impl Engine {
    /// Creates a project (http-api §4.2).
    pub async fn project_create(
        &self,
        caller: &Caller,
        name: &str,
        description: &str,
    ) -> Result<Arc<Project>, CreateProjectError> {
        self.services().projects.create(caller, name, description, clock::now()).await
    }

    /// Deletes an active project and its schedules if the caller has ADMIN on it (http-api §4.3). Its name is free again.
    pub async fn project_delete(&self, caller: &Caller, name: &str) -> Result<(), DeleteProjectError> {
        let project = self.project_by_name(name).ok_or(DeleteProjectError::NotFound)?;
        let (engine, caller, name) = (self.clone(), caller.clone(), name.to_owned());
        let deleted = tokio::spawn(async move {
            let delete =
                async |also| engine.services().projects.delete(&caller, &name, engine.now(), also).await;
            engine.delete_with_schedules(&caller.user.name, project.id, delete).await
        });
        deleted.await.map_err(|error| DeleteProjectError::Internal(Internal::new(error)))?
    }

    /// Removes the versions of a deleted project if the caller has ADMIN on it (http-api §6).
    pub async fn project_purge(&self, caller: &Caller, project: &Project) -> Result<(), PurgeProjectError> {
        self.services().projects.purge(caller, project, clock::now()).await
    }

    /// Sets a project's description.
    pub async fn project_describe(
        &self,
        caller: &Caller,
        project: &Project,
        text: &str,
    ) -> Result<(), DescribeProjectError> {
        self.services().projects.describe(caller, project.id, text, clock::now()).await
    }

    /// Whether the caller may upload to a project, before anything of the upload is looked at (http-api §4.4).
    pub async fn upload_permit(&self, caller: &Caller, project: &Project) -> Result<(), UploadDenied> {
        self.services().projects.upload_permit(caller, project, clock::now()).await
    }

    /// Says whether uploads by hand are wanted (http-api §6, `changeUploadSetting`).
    pub async fn upload_setting_change(
        &self,
        caller: &Caller,
        project: &Project,
        adhoc_upload: bool,
    ) -> Result<(), UploadSettingError> {
        self.services().projects.upload_setting_change(caller, project.id, adhoc_upload, clock::now()).await
    }

    /// Stores an archive as the project's next version (projects-and-jobs §1.3). The checks of the request itself (name,
    /// extension, content type) are the face's, and [`Engine::upload_permit`] comes
    /// before them.
    pub async fn project_upload(
        &self,
        caller: &Caller,
        project: &Arc<Project>,
        upload: Upload,
    ) -> Result<Uploaded, UploadError> {
        let uploaded = self.services().projects.upload(caller, project, upload, clock::now).await?;
        let (engine, id, version) = (self.clone(), project.id, uploaded.version);
        let cleaned = tokio::spawn(async move { engine.schedules_after_upload(id, version).await });
        if let Err(error) = cleaned.await.map_err(Internal::new).flatten() {
            // Each is removed at the latest when it is due.
            tracing::error!(project = project.name, "schedules of flows that are gone stay: {error}");
        }
        Ok(uploaded)
    }

    /// Gives permissions to a user or group that has no entry (http-api §6, `addPermission`).
    pub async fn permission_add(
        &self,
        caller: &Caller,
        project: &Project,
        grantee: Grantee,
        permissions: PermissionSet,
    ) -> Result<(), PermissionError> {
        self.services().projects.permission_add(caller, project.id, grantee, permissions, clock::now()).await
    }

    /// Replaces the entry of a user or group; no permissions remove it (http-api §6, `changePermission`).
    pub async fn permission_change(
        &self,
        caller: &Caller,
        project: &Project,
        grantee: Grantee,
        permissions: PermissionSet,
    ) -> Result<(), PermissionError> {
        self.services()
            .projects
            .permission_change(caller, project.id, grantee, permissions, clock::now())
            .await
    }

    /// Adds a proxy user whom the caller's entry in the users file lets them add (http-api §6, `addProxyUser`).
    pub async fn proxy_user_add(
        &self,
        caller: &Caller,
        project: &Project,
        name: &str,
    ) -> Result<(), ProxyUserError> {
        self.services().projects.proxy_user_add(caller, project.id, name, clock::now()).await
    }

    /// Removes a proxy user; an absent one is no error (http-api §6, `removeProxyUser`).
    pub async fn proxy_user_remove(
        &self,
        caller: &Caller,
        project: &Project,
        name: &str,
    ) -> Result<(), ProxyUserError> {
        self.services().projects.proxy_user_remove(caller, project.id, name, clock::now()).await
    }

    /// Replaces all properties of a job in the project's current version (http-api §6, `setJobOverrideProperty`).
    pub async fn override_set(
        &self,
        caller: &Caller,
        project: &Project,
        flow_id: &str,
        job_id: &str,
        props: Props,
    ) -> Result<(), OverrideError> {
        self.services().projects.override_set(caller, project, flow_id, job_id, props, clock::now()).await
    }

    /// Reads the project whitelist again, as an administrator asks.
    ///
    /// # Errors
    /// See [`WhitelistError`].
    pub async fn whitelist_reload(&self, caller: &Caller) -> Result<(), WhitelistError> {
        let projects = &self.services().projects;
        if !self.role_permits(caller, Permission::Admin, Action::ServerControl).await {
            return Err(WhitelistError::NotAdmin);
        }
        if !projects.whitelist().is_configured() {
            return Err(WhitelistError::NotConfigured);
        }
        self.server_control_told(caller, "reload of the project whitelist").await?;
        projects.whitelist_reload().await?.map_err(WhitelistError::Unusable)
    }

    /// Locks a flow against execution, with or without a message (http-api §6, `setFlowLock`).
    pub async fn flow_lock(
        &self,
        caller: &Caller,
        project: &Project,
        flow_id: &str,
        message: Option<String>,
    ) -> Result<(), FlowLockError> {
        self.services().projects.flow_lock_set(caller, project, flow_id, Some(message), clock::now()).await
    }

    /// Unlocks a flow.
    pub async fn flow_unlock(
        &self,
        caller: &Caller,
        project: &Project,
        flow_id: &str,
    ) -> Result<(), FlowLockError> {
        self.services().projects.flow_lock_set(caller, project, flow_id, None, clock::now()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_left_over_uploads_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".tmpAb12Cd", ".tmpAb12Cde", "tmpAb12Cd", ".tmp-b12Cd", "notes.zip"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(folder.path().join(".tmpFolder")).unwrap();
        sweep_uploads(folder.path());
        let mut left: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, [".tmp-b12Cd", ".tmpAb12Cde", ".tmpFolder", "notes.zip", "tmpAb12Cd"]);
        sweep_uploads(&folder.path().join("not-there"));
    }
}
