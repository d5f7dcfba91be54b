//! Creating, deleting, purging and describing projects (http-api §4.2, §4.3, §6).

use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, Change, Error, NewProject};

use super::{Grantee, Project, ProjectEventKind, Projects, event};
use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::users::Caller;

/// The longest name, in characters (projects-and-jobs §1.1, config-and-security §6.5).
const MAX_NAME: usize = 64;
/// The longest description, in characters (config-and-security §6.5).
const MAX_DESCRIPTION: usize = 2048;

/// Why no project was created, in the order in which it is checked (http-api §4.2).
#[derive(Debug)]
pub enum CreateProjectError {
    /// Creation is locked down and no role of the caller allows it, or the caller's API token does not.
    NotAllowed,
    /// No name, or a blank one.
    NameEmpty,
    /// No description, or a blank one.
    DescriptionEmpty,
    /// The name breaks the rule for names.
    NameInvalid,
    /// The name or the description is too long for Azkaban's database.
    TooLong {
        /// `name` or `description`.
        what: &'static str,
        /// In characters.
        limit: usize,
    },
    /// An active project has this name, perhaps in other case.
    Exists,
    /// Our fault.
    Internal(Internal),
}

impl CreateProjectError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAllowed => Kind::Denied,
            Self::NameEmpty | Self::DescriptionEmpty | Self::NameInvalid | Self::TooLong { .. } => {
                Kind::Invalid
            }
            Self::Exists => Kind::Conflict,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// Why a project was not deleted.
#[derive(Debug)]
pub enum DeleteProjectError {
    /// No active project has this name.
    NotFound,
    /// The caller lacks ADMIN on it.
    NotAdmin,
    /// Our fault.
    Internal(Internal),
}

impl DeleteProjectError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound => Kind::NotFound,
            Self::NotAdmin => Kind::Denied,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// Why a project's description was not changed.
#[derive(Debug)]
pub enum DescribeProjectError {
    /// The text is too long for Azkaban's database.
    TooLong {
        /// In characters.
        limit: usize,
    },
    /// The project is deleted.
    ProjectGone,
    /// Our fault.
    Internal(Internal),
}

impl DescribeProjectError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::TooLong { .. } => Kind::Invalid,
            Self::ProjectGone => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// Why a project was not purged, in the order in which it is checked (http-api §6).
#[derive(Debug)]
pub enum PurgeProjectError {
    /// It is not deleted.
    StillActive,
    /// The caller lacks ADMIN on it.
    NotAdmin,
    /// Our fault.
    Internal(Internal),
}

impl PurgeProjectError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::StillActive => Kind::Conflict,
            Self::NotAdmin => Kind::Denied,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// The rule for names, with the `|` that Azkaban takes by accident (projects-and-jobs §1.1).
fn is_project_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '|' | '-'))
}

/// Blank as Java's `trim` sees it.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c <= ' ')
}

impl Projects {
    /// Creates a project. Unless the configuration says otherwise its creator gets ADMIN and is a proxy user.
    pub(crate) async fn create(
        &self,
        caller: &Caller,
        name: &str,
        description: &str,
        now: UnixMillis,
    ) -> Result<Arc<Project>, CreateProjectError> {
        let shared = Arc::clone(&self.shared);
        let by_token = !caller.user.may_use(Permission::CreateProjects);
        if by_token
            || (shared.settings.lockdown_create
                && !shared.users.role_grants(&caller.user, Permission::CreateProjects))
        {
            let entry = caller.does(Action::ProjectCreate, now);
            let why = if by_token {
                "the API token is not good for creating"
            } else {
                "creating is locked down and needs a role with CREATEPROJECTS"
            };
            let details = audit::details(format!("{name}: {why}"));
            shared.audit.refused(AuditEntry { details, ..entry }).await;
            return Err(CreateProjectError::NotAllowed);
        }
        if is_blank(name) {
            return Err(CreateProjectError::NameEmpty);
        }
        if is_blank(description) {
            return Err(CreateProjectError::DescriptionEmpty);
        }
        if !is_project_name(name) {
            return Err(CreateProjectError::NameInvalid);
        }
        for (what, text, limit) in [("name", name, MAX_NAME), ("description", description, MAX_DESCRIPTION)] {
            if text.chars().count() > limit {
                return Err(CreateProjectError::TooLong { what, limit });
            }
        }
        let creator = &caller.user.name;
        let (permissions, proxy_users) = if shared.settings.creator_is_admin {
            (vec![(Grantee::User(creator.clone()), PermissionSet::admin())], vec![creator.clone()])
        } else {
            (Vec::new(), Vec::new())
        };
        let new = NewProject {
            name: name.to_owned(),
            description: description.to_owned(),
            created_at: now,
            created_by: creator.clone(),
            permissions,
            proxy_users,
            events: vec![event(ProjectEventKind::Created, &caller.user, now, None)],
            audit: Some(caller.does(Action::ProjectCreate, now)),
        };
        let created = self.to_its_end(async move {
            let _changing = shared.changing.lock().await;
            let id = shared.store.project_create(new).await?;
            shared.refresh(id).await
        });
        match created.await.map_err(CreateProjectError::Internal)? {
            Ok(Some(project)) => Ok(project),
            Ok(None) => {
                Err(CreateProjectError::Internal(Internal::new("a project vanished while it was created")))
            }
            Err(Error::ProjectExists(_)) => Err(CreateProjectError::Exists),
            Err(error) => Err(CreateProjectError::Internal(Internal::new(error))),
        }
    }

    /// Deletes an active project: its name is free again; versions, executions and the audit log stay. `also` is made in
    /// the same commit, before the project's own entry in the audit log.
    pub(crate) async fn delete(
        &self,
        caller: &Caller,
        name: &str,
        now: UnixMillis,
        also: Vec<Change>,
    ) -> Result<(), DeleteProjectError> {
        let project = self.by_name(name).ok_or(DeleteProjectError::NotFound)?;
        let id = project.id;
        let entry = caller.does_with(Action::ProjectDelete, id, now);
        if !self.grants(&caller.user, &project, Permission::Admin) {
            let details = audit::details("needs ADMIN");
            self.shared.audit.refused(AuditEntry { details, ..entry }).await;
            return Err(DeleteProjectError::NotAdmin);
        }
        let by = caller.user.name.clone();
        let event = event(ProjectEventKind::Deleted, &caller.user, now, None);
        let shared = Arc::clone(&self.shared);
        let deleted = self.to_its_end(async move {
            let mut changes = also;
            changes.push(Change::ProjectEventInsert { project: id, event });
            changes.push(Change::AuditInsert(entry));
            shared.change(id, shared.store.project_delete(id, now, &by, changes)).await
        });
        match deleted.await.map_err(DeleteProjectError::Internal)? {
            Ok(()) => Ok(()),
            Err(Error::ProjectNotActive(_)) => Err(DeleteProjectError::NotFound),
            Err(error) => Err(DeleteProjectError::Internal(Internal::new(error))),
        }
    }

    /// Removes what the versions of a deleted project hold, and the archives that no other version refers to. What its
    /// executions need to be shown stays.
    pub(crate) async fn purge(
        &self,
        caller: &Caller,
        project: &Project,
        now: UnixMillis,
    ) -> Result<(), PurgeProjectError> {
        if self.shared.index.by_id(project.id).is_some() || project.active {
            return Err(PurgeProjectError::StillActive);
        }
        let id = project.id;
        let entry = caller.does_with(Action::ProjectPurge, id, now);
        if !self.grants(&caller.user, project, Permission::Admin) {
            let details = audit::details("needs ADMIN");
            self.shared.audit.refused(AuditEntry { details, ..entry }).await;
            return Err(PurgeProjectError::NotAdmin);
        }
        let before = ProjectVersion(project.version.0.saturating_add(1));
        let message = format!("Purged versions before {before}");
        let entry = AuditEntry { details: audit::details(&message), ..entry };
        let event = event(ProjectEventKind::Purge, &caller.user, now, Some(message));
        let changes = vec![Change::ProjectEventInsert { project: id, event }, Change::AuditInsert(entry)];
        let shared = Arc::clone(&self.shared);
        let purged = self.to_its_end(async move {
            // No upload may count on an archive while it is removed.
            let _alone = shared.archive_references.write().await;
            let purged = shared.store.project_versions_purge(id, before, changes).await;
            let unused = purged.map_err(Internal::new)?;
            for digest in unused {
                if let Err(error) = shared.archives.remove(&digest) {
                    tracing::warn!("removing the archive {digest}: {error}");
                }
            }
            shared.unpacked.prune(id, before).await;
            Ok(())
        });
        purged.await.and_then(|outcome| outcome).map_err(PurgeProjectError::Internal)
    }

    /// Sets a project's description, which may be blank.
    pub(crate) async fn describe(
        &self,
        caller: &Caller,
        id: ProjectId,
        text: &str,
        now: UnixMillis,
    ) -> Result<(), DescribeProjectError> {
        if text.chars().count() > MAX_DESCRIPTION {
            return Err(DescribeProjectError::TooLong { limit: MAX_DESCRIPTION });
        }
        let message = format!("Description changed to {text}");
        let entry = caller.does_with(Action::ProjectDescribe, id, now);
        let changes = vec![
            Change::ProjectDescriptionSet {
                project: id,
                description: text.to_owned(),
                at: now,
                by: caller.user.name.clone(),
            },
            Change::AuditInsert(AuditEntry { details: audit::details(&message), ..entry }),
            Change::ProjectEventInsert {
                project: id,
                event: event(ProjectEventKind::Description, &caller.user, now, Some(message)),
            },
        ];
        let described = self.commit_as(id, |_| Ok(changes)).await.map_err(DescribeProjectError::Internal)?;
        described.unwrap_or(Err(DescribeProjectError::ProjectGone))
    }

    /// Commits changes of one active project that `decide` makes of it as it is then; `None` if it is not active.
    pub(super) async fn commit_as<E: Send + 'static>(
        &self,
        id: ProjectId,
        decide: impl FnOnce(&Project) -> Result<Vec<Change>, E> + Send + 'static,
    ) -> Result<Option<Result<(), E>>, Internal> {
        let shared = Arc::clone(&self.shared);
        self.to_its_end(async move { shared.change_as(id, decide).await }).await?.map_err(Internal::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_for_names() {
        for (name, expected) in [
            ("a", true),
            ("Proj-1_x|y", true),
            ("1a", false),
            ("_a", false),
            ("a b", false),
            ("a.b", false),
            ("é", false),
            ("a\n", false),
            ("", false),
        ] {
            assert_eq!(is_project_name(name), expected, "{name:?}");
        }
        assert!(is_blank(" \t\n") && is_blank("") && !is_blank(" a "));
    }
}
