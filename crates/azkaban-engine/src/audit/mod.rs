//! The audit trail: who did what from where, and what was refused.
//!
//! What is done is told in the commit that does it, so that neither is without the other. What is refused is told in a
//! commit of its own, at a bounded rate, since anybody can be refused as often as they like. Reading is not told.

mod budget;
mod retention;

use std::sync::Mutex;

use azkaban_core::ids::ProjectId;
use azkaban_core::permission::Permission;
use azkaban_core::time::UnixMillis;
use azkaban_store::{Change, Store};

pub use azkaban_store::{AuditEntry, AuditFilter, AuditOutcome, AuditRow};

use crate::error::{Internal, Kind};
use crate::projects::Project;
use crate::users::Caller;
use crate::{Engine, clock};
use budget::Budget;

pub(crate) use retention::keep_bounded;

/// The longest user name that is kept, in characters: that of a failed login is whatever somebody sent.
const MAX_NAME: usize = 256;
/// The longest details that are kept, in characters.
const MAX_DETAILS: usize = 2_000;
/// The most entries of one page.
pub const MAX_PAGE: usize = 1_000;

/// What somebody did or was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Logging in.
    Login,
    /// Logging out.
    Logout,
    /// Creating a project.
    ProjectCreate,
    /// Changing a project's description.
    ProjectDescribe,
    /// Uploading a version.
    ProjectUpload,
    /// Deleting a project.
    ProjectDelete,
    /// Removing the versions of a deleted project.
    ProjectPurge,
    /// Changing how a project may be uploaded.
    UploadSetting,
    /// Giving permissions to a user or group without.
    PermissionAdd,
    /// Replacing or removing the permissions of a user or group.
    PermissionChange,
    /// Adding a proxy user.
    ProxyUserAdd,
    /// Removing a proxy user.
    ProxyUserRemove,
    /// Replacing the properties of a job.
    PropertiesOverride,
    /// Locking a flow.
    FlowLock,
    /// Unlocking a flow.
    FlowUnlock,
    /// Scheduling a flow.
    SchedulePut,
    /// Removing a schedule.
    ScheduleRemove,
    /// Pausing a schedule.
    SchedulePause,
    /// Resuming a schedule.
    ScheduleResume,
    /// Changing parts of a schedule.
    ScheduleEdit,
    /// Taking back the removal of a schedule.
    ScheduleRestore,
    /// Submitting an execution.
    ExecutionSubmit,
    /// Ending an execution.
    ExecutionCancel,
    /// Pausing an execution.
    ExecutionPause,
    /// Resuming an execution.
    ExecutionResume,
    /// Retrying the failed jobs of an execution.
    ExecutionRetry,
    /// Switching parts of the server.
    ServerControl,
    /// Ending sessions of a user from outside of them.
    SessionEnd,
    /// Making an API token.
    TokenCreate,
    /// Revoking an API token.
    TokenRevoke,
}

impl Action {
    /// The name in the audit trail. Names never change: people search for them.
    pub fn name(self) -> &'static str {
        match self {
            Action::Login => "login",
            Action::Logout => "logout",
            Action::ProjectCreate => "project.create",
            Action::ProjectDescribe => "project.describe",
            Action::ProjectUpload => "project.upload",
            Action::ProjectDelete => "project.delete",
            Action::ProjectPurge => "project.purge",
            Action::UploadSetting => "project.upload-setting",
            Action::PermissionAdd => "permission.add",
            Action::PermissionChange => "permission.change",
            Action::ProxyUserAdd => "proxy-user.add",
            Action::ProxyUserRemove => "proxy-user.remove",
            Action::PropertiesOverride => "properties.override",
            Action::FlowLock => "flow.lock",
            Action::FlowUnlock => "flow.unlock",
            Action::SchedulePut => "schedule.put",
            Action::ScheduleRemove => "schedule.remove",
            Action::SchedulePause => "schedule.pause",
            Action::ScheduleResume => "schedule.resume",
            Action::ScheduleEdit => "schedule.edit",
            Action::ScheduleRestore => "schedule.restore",
            Action::ExecutionSubmit => "execution.submit",
            Action::ExecutionCancel => "execution.cancel",
            Action::ExecutionPause => "execution.pause",
            Action::ExecutionResume => "execution.resume",
            Action::ExecutionRetry => "execution.retry",
            Action::ServerControl => "server.control",
            Action::SessionEnd => "session.end",
            Action::TokenCreate => "token.create",
            Action::TokenRevoke => "token.revoke",
        }
    }
}

/// An entry of something done by `user` from `ip`, about nothing yet.
pub(crate) fn done(user: &str, ip: &str, action: Action, at: UnixMillis) -> AuditEntry {
    AuditEntry {
        at,
        user: cut(user, MAX_NAME),
        ip: ip.to_owned(),
        action: action.name().to_owned(),
        outcome: AuditOutcome::Done,
        project: None,
        flow: None,
        execution: None,
        details: None,
    }
}

impl Caller {
    /// An entry of something that this caller does, about nothing yet.
    pub(crate) fn does(&self, action: Action, at: UnixMillis) -> AuditEntry {
        done(&self.user.name, &self.ip, action, at)
    }

    /// An entry of something that this caller does with a project.
    pub(crate) fn does_with(&self, action: Action, project: ProjectId, at: UnixMillis) -> AuditEntry {
        AuditEntry { project: Some(project), ..self.does(action, at) }
    }
}

/// Text for [`AuditEntry::details`], cut to what is kept.
pub(crate) fn details(text: impl AsRef<str>) -> Option<String> {
    Some(cut(text.as_ref(), MAX_DETAILS)).filter(|text| !text.is_empty())
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

/// Tells of what was refused.
pub(crate) struct Audit {
    store: Store,
    /// Of users who are known.
    refusals: Mutex<Budget>,
    /// Apart, so that who cannot even log in does not use up what tells of the others.
    logins: Mutex<Budget>,
}

impl Audit {
    /// With the refusals of each kind that may be told at once.
    pub(crate) fn new(store: Store, burst: u64) -> Self {
        let budget = || Mutex::new(Budget::new(burst));
        Self { store, refusals: budget(), logins: budget() }
    }

    /// Stores that something was refused. Failing to is logged: the refusal stands.
    pub(crate) async fn refused(&self, entry: AuditEntry) {
        let is_login = entry.action == Action::Login.name();
        let Some(untold) = budget::take(if is_login { &self.logins } else { &self.refusals }) else {
            return;
        };
        let mut entry = AuditEntry { outcome: AuditOutcome::Refused, ..entry };
        if untold > 0 {
            let before = entry.details.map(|text| format!("{text}; ")).unwrap_or_default();
            entry.details =
                Some(format!("{before}{untold} more were refused just before and are not listed"));
        }
        if let Err(error) = self.store.commit(vec![Change::AuditInsert(entry)]).await {
            tracing::error!(%error, "a refusal could not be written to the audit trail");
        }
    }
}

/// A page of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// From the newest on.
    pub entries: Vec<AuditRow>,
    /// What to ask with for the entries after these, if there are more.
    pub next: Option<i64>,
}

/// Why the audit trail is not shown.
#[derive(Debug)]
pub enum AuditListError {
    /// No role of the caller has ADMIN.
    NotAdmin,
    /// Our fault.
    Internal(Internal),
}

impl AuditListError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAdmin => Kind::Denied,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl Engine {
    /// Whether the caller has a right on a project that `action` needs; that they have not is told in the audit trail.
    /// For asking without trying there is [`Engine::project_grants`].
    pub async fn project_permits(
        &self,
        caller: &Caller,
        project: &Project,
        needed: Permission,
        action: Action,
    ) -> bool {
        let granted = self.project_grants(&caller.user, project, needed);
        if !granted {
            let mut entry = caller.does_with(action, project.id, clock::now());
            entry.details = details(format!("needs {}", needed.name()));
            self.services().audit.refused(entry).await;
        }
        granted
    }

    /// Whether a role of the caller has a right that `action` needs; that none has is told in the audit trail.
    pub async fn role_permits(&self, caller: &Caller, needed: Permission, action: Action) -> bool {
        let granted = self.role_grants(&caller.user, needed);
        if !granted {
            let mut entry = caller.does(action, clock::now());
            entry.details = details(format!("needs a role with {}", needed.name()));
            self.services().audit.refused(entry).await;
        }
        granted
    }

    /// Tells that an administrator switched a part of the server.
    ///
    /// # Errors
    /// It could not be stored; then nothing should be switched.
    pub async fn server_control_told(&self, caller: &Caller, what: &str) -> Result<(), Internal> {
        let mut entry = caller.does(Action::ServerControl, clock::now());
        entry.details = details(what);
        self.inner.store.commit(vec![Change::AuditInsert(entry)]).await.map_err(Internal::new)
    }

    /// A page of the audit trail, from the newest entry on: at most `limit` (and [`MAX_PAGE`]) entries of before the entry
    /// `before`, which is a page's [`AuditPage::next`].
    ///
    /// # Errors
    /// See [`AuditListError`].
    pub async fn audit_list(
        &self,
        caller: &Caller,
        filter: AuditFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<AuditPage, AuditListError> {
        if !self.role_grants(&caller.user, Permission::Admin) {
            return Err(AuditListError::NotAdmin);
        }
        let limit = limit.clamp(1, MAX_PAGE);
        let read = self.inner.store.audit_list(filter, before, limit + 1).await;
        let mut entries = read.map_err(|error| AuditListError::Internal(Internal::new(error)))?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|row| row.id);
        Ok(AuditPage { entries, next })
    }
}
