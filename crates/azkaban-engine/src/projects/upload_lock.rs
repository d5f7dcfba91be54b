//! Who may upload, and the lock that uploads by the privileged user put on a project (config-and-security §3.4,
//! http-api §4.4, §6). Without `azkaban.upload.privilege.user` there are no such locks.

use azkaban_core::ids::ProjectId;
use azkaban_core::permission::Permission;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, Change};

use super::{Project, ProjectEventKind, Projects, Settings, event};
use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::users::Caller;

/// Why a user may not upload, in the order in which it is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadDenied {
    /// Uploading is locked down, and no role of the user allows it.
    #[error("uploading is locked down and needs a role with UPLOADPROJECTS")]
    LockedDown,
    /// The user lacks WRITE on the project.
    #[error("needs WRITE")]
    NoWrite,
    /// The privileged user has locked the project by an upload.
    #[error("the project is locked for uploads by others than the privileged user")]
    UploadLocked,
}

/// Why the upload setting was not changed.
#[derive(Debug)]
pub enum UploadSettingError {
    /// No role of the caller has ADMIN.
    NotAdmin,
    /// The project is deleted.
    ProjectGone,
    /// Our fault.
    Internal(Internal),
}

impl UploadSettingError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAdmin => Kind::Denied,
            Self::ProjectGone => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl From<Internal> for UploadSettingError {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

impl Settings {
    fn is_privileged(&self, user: &str) -> bool {
        self.upload_privilege_user.as_deref() == Some(user)
    }

    /// Whether a project is locked after an upload by `user`; `None` leaves it as it is.
    pub(super) fn lock_after_upload(&self, project: &Project, user: &str) -> Option<bool> {
        self.upload_privilege_user.as_ref()?;
        Some(self.is_privileged(user) && !project.adhoc_upload)
    }

    /// Whether the properties of a project's jobs cannot be overridden.
    pub(super) fn overrides_are_locked(&self, project: &Project) -> bool {
        self.upload_privilege_user.is_some() && self.upload_lock_stops_overrides && project.upload_locked
    }
}

impl Projects {
    /// Whether the caller may upload to a project; a refusal is told in the audit trail.
    pub(crate) async fn upload_permit(
        &self,
        caller: &Caller,
        project: &Project,
        now: UnixMillis,
    ) -> Result<(), UploadDenied> {
        let denied = match self.upload_denied(caller, project) {
            None => return Ok(()),
            Some(denied) => denied,
        };
        let entry = caller.does_with(Action::ProjectUpload, project.id, now);
        let details = audit::details(denied.to_string());
        self.shared.audit.refused(AuditEntry { details, ..entry }).await;
        Err(denied)
    }

    fn upload_denied(&self, caller: &Caller, project: &Project) -> Option<UploadDenied> {
        let (settings, user) = (&self.shared.settings, &caller.user);
        if settings.lockdown_upload && !self.shared.users.role_grants(user, Permission::UploadProjects) {
            Some(UploadDenied::LockedDown)
        } else if !self.grants(user, project, Permission::Write) {
            Some(UploadDenied::NoWrite)
        } else if settings.upload_privilege_user.is_some()
            && settings.upload_lock_stops_uploads
            && project.upload_locked
            && !settings.is_privileged(&user.name)
        {
            Some(UploadDenied::UploadLocked)
        } else {
            None
        }
    }

    /// Says whether uploads by hand are wanted. Yes takes the lock off; no puts it on if the last upload or description was
    /// the privileged user's.
    pub(crate) async fn upload_setting_change(
        &self,
        caller: &Caller,
        id: ProjectId,
        adhoc_upload: bool,
        now: UnixMillis,
    ) -> Result<(), UploadSettingError> {
        let entry = caller.does_with(Action::UploadSetting, id, now);
        if !self.shared.users.role_grants(&caller.user, Permission::Admin) {
            let details = audit::details("needs a role with ADMIN");
            self.shared.audit.refused(AuditEntry { details, ..entry }).await;
            return Err(UploadSettingError::NotAdmin);
        }
        let message =
            format!("Update project feature flag to {{enable.project.adhoc.upload={adhoc_upload}}}");
        let entry = AuditEntry { details: audit::details(&message), ..entry };
        let event = event(ProjectEventKind::PropertyOverride, &caller.user, now, Some(message));
        let privileged = self.shared.settings.upload_privilege_user.clone();
        let decide = move |project: &Project| {
            let by_privileged = privileged.as_deref() == Some(&*project.modified_by);
            let upload_locked = !adhoc_upload && (project.upload_locked || by_privileged);
            Ok(vec![
                Change::ProjectUploadSettingsSet { project: id, upload_locked, adhoc_upload },
                Change::ProjectEventInsert { project: id, event },
                Change::AuditInsert(entry),
            ])
        };
        self.commit_as(id, decide).await?.unwrap_or(Err(UploadSettingError::ProjectGone))
    }
}
