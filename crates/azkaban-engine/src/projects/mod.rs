//! Projects: who may do what with them, their versions, and everything that changes them.
//!
//! Active projects are kept in memory. A change is committed first; then the project is read back from the store and put
//! into memory, both under one lock, so that memory never shows what is not stored, nor an older state after a newer one.
//! Changes run as tasks of their own: a client that goes away in the middle does not stop one halfway.

mod browse;
mod change;
mod index;
mod model;
mod overrides;
mod permissions;
mod unpacked;
mod upload;
mod upload_lock;
mod whitelist;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::props::Props;
use azkaban_core::time::UnixMillis;
use azkaban_store::{Change, ProjectRow, Store};
use tokio::sync::{Mutex, RwLock, Semaphore};

pub use azkaban_store::{FlowLock, Grantee, ProjectEvent, ProjectEventKind, VersionRow};
pub use browse::{FileChange, FileEntry, FileError, FlowChanges, RollbackError, VersionDiff};
pub use change::{CreateProjectError, DeleteProjectError, DescribeProjectError, PurgeProjectError};
pub use overrides::{FlowLockError, OverrideError};
pub use permissions::{PermissionError, ProxyUserError};
pub use unpacked::Unpacked;
pub use upload::{Upload, UploadError, Uploaded};
pub use upload_lock::{UploadDenied, UploadSettingError};
pub use whitelist::WhitelistProblem;

use crate::archive::ArchiveStore;
use crate::audit::Audit;
use crate::bounded::BoundedCache;
use crate::config::{ArchiveLimits, Config};
use crate::error::Internal;
use crate::job_types::JobTypeFolder;
use crate::users::{User, Users};
use index::Index;
use unpacked::UnpackCache;
use whitelist::Whitelist;

/// Uploads that are unpacked and loaded at once; the others wait.
const UPLOADS_AT_ONCE: usize = 2;
/// What the loaded models of all cached versions may take, in bytes as estimated.
const MODEL_CACHE: usize = 64 * 1024 * 1024;

/// A project as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Never reused.
    pub id: ProjectId,
    /// As it was created; names are compared without regard to case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `false` once deleted.
    pub active: bool,
    /// The current version; 0 before the first upload.
    pub version: ProjectVersion,
    /// When it was created.
    pub created_at: UnixMillis,
    /// When it last changed: description, version, deletion.
    pub modified_at: UnixMillis,
    /// Who made that change.
    pub modified_by: String,
    /// What users may do, by name.
    pub user_permissions: BTreeMap<String, PermissionSet>,
    /// What members of groups may do, by the group's name.
    pub group_permissions: BTreeMap<String, PermissionSet>,
    /// Users as which its jobs may run.
    pub proxy_users: BTreeSet<String>,
    /// Only the privileged user may upload (http-api §6, `getUploadSetting`).
    pub upload_locked: bool,
    /// Uploads by hand are wanted (http-api §6, `getUploadSetting`).
    pub adhoc_upload: bool,
    /// Locks by the flow they are on (http-api §4.4).
    pub flow_locks: BTreeMap<String, FlowLock>,
    /// Properties that replace those of jobs in the current version.
    pub(crate) overrides: Arc<Overrides>,
}

/// Properties that replace those of a job since the upload, by flow (empty for Flow 1.0) and job.
pub(crate) type Overrides = BTreeMap<(String, String), Props>;

impl From<ProjectRow> for Project {
    fn from(row: ProjectRow) -> Self {
        let (mut user_permissions, mut group_permissions) = (BTreeMap::new(), BTreeMap::new());
        for (grantee, permissions) in row.permissions {
            match grantee {
                Grantee::User(name) => user_permissions.insert(name, permissions),
                Grantee::Group(name) => group_permissions.insert(name, permissions),
            };
        }
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            active: row.active,
            version: row.version,
            created_at: row.created_at,
            modified_at: row.modified_at,
            modified_by: row.modified_by,
            user_permissions,
            group_permissions,
            proxy_users: row.proxy_users.into_iter().collect(),
            upload_locked: row.upload_locked,
            adhoc_upload: row.adhoc_upload,
            flow_locks: row.flow_locks.into_iter().map(|lock| (lock.flow.clone(), lock)).collect(),
            overrides: Arc::new(overrides(row.overrides)),
        }
    }
}

/// The archive of a version, as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The file.
    pub path: PathBuf,
    /// The name that it was uploaded under.
    pub file_name: String,
    /// Which version it is.
    pub version: ProjectVersion,
}

/// All projects. A handle: clones share the same.
#[derive(Clone)]
pub(crate) struct Projects {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    users: Arc<Users>,
    audit: Arc<Audit>,
    whitelist: Whitelist,
    job_types: JobTypeFolder,
    settings: Settings,
    index: Index,
    /// Held from a change's commit until memory shows it.
    changing: Mutex<()>,
    archives: ArchiveStore,
    /// Read: an archive is about to be referred to. Write: archives without a reference are removed.
    archive_references: RwLock<()>,
    unpacked: UnpackCache,
    models: model::Models,
    uploads: Arc<Semaphore>,
}

struct Settings {
    lockdown_create: bool,
    lockdown_upload: bool,
    upload_privilege_user: Option<String>,
    upload_lock_stops_uploads: bool,
    upload_lock_stops_overrides: bool,
    creator_is_admin: bool,
    sends_mail: bool,
    limits: ArchiveLimits,
}

/// Why projects cannot be served at the start.
#[derive(Debug, thiserror::Error)]
pub enum ProjectsError {
    /// A folder cannot be used.
    #[error("cannot use the folder {}: {source}", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The whitelist cannot be used.
    #[error(transparent)]
    Whitelist(#[from] WhitelistProblem),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] azkaban_store::Error),
}

impl Projects {
    /// The projects that are exempt from limits.
    pub(crate) fn whitelist(&self) -> &Whitelist {
        &self.shared.whitelist
    }

    /// Reads the whitelist again.
    pub(crate) async fn whitelist_reload(&self) -> Result<Result<(), WhitelistProblem>, Internal> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || shared.whitelist.reload()).await.map_err(Internal::new)
    }

    /// Reads the active projects and makes the folders ready.
    pub(crate) async fn open(
        config: &Config,
        store: Store,
        users: Arc<Users>,
        audit: Arc<Audit>,
        job_types: JobTypeFolder,
    ) -> Result<Self, ProjectsError> {
        std::fs::create_dir_all(&config.archive_dir)
            .map_err(|source| ProjectsError::Folder { folder: config.archive_dir.clone(), source })?;
        let unpacked = UnpackCache::open(&config.project_dir)
            .map_err(|source| ProjectsError::Folder { folder: config.project_dir.clone(), source })?;
        let index = Index::default();
        for row in store.projects_list().await? {
            index.put(Arc::new(row.into()));
        }
        Ok(Self {
            shared: Arc::new(Shared {
                store,
                users,
                audit,
                whitelist: Whitelist::open(config.project_whitelist.as_deref())?,
                job_types,
                settings: Settings {
                    lockdown_create: config.lockdown_create_projects,
                    lockdown_upload: config.lockdown_upload_projects,
                    upload_privilege_user: config.upload_privilege_user.clone(),
                    upload_lock_stops_uploads: config.upload_lock_stops_uploads,
                    upload_lock_stops_overrides: config.upload_lock_stops_overrides,
                    creator_is_admin: config.creator_default_proxy,
                    sends_mail: config.mail.is_some(),
                    limits: config.archive_limits.clone(),
                },
                index,
                changing: Mutex::new(()),
                archives: ArchiveStore::new(&config.archive_dir),
                archive_references: RwLock::new(()),
                unpacked,
                models: model::Models {
                    cache: BoundedCache::new(MODEL_CACHE),
                    loading: crate::bounded::KeyedLocks::new(),
                },
                uploads: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)),
            }),
        })
    }

    /// The active project of a name, in whatever case.
    pub(crate) fn by_name(&self, name: &str) -> Option<Arc<Project>> {
        self.shared.index.by_name(name)
    }

    /// A project, active or deleted.
    pub(crate) async fn by_id(&self, id: ProjectId) -> Result<Option<Arc<Project>>, Internal> {
        if let Some(project) = self.shared.index.by_id(id) {
            return Ok(Some(project));
        }
        let row = self.shared.store.project_get(id).await.map_err(Internal::new)?;
        Ok(row.map(|row| Arc::new(row.into())))
    }

    /// Every active project, by name.
    pub(crate) fn active(&self) -> Vec<Arc<Project>> {
        self.shared.index.all()
    }

    /// Whether `user` may do something with `project` (http-api §3).
    pub(crate) fn grants(&self, user: &User, project: &Project, permission: Permission) -> bool {
        if !user.may_use(permission) {
            return false;
        }
        let granted = |set: Option<&PermissionSet>| set.is_some_and(|set| set.grants(permission));
        granted(project.user_permissions.get(&user.name))
            || user.groups.iter().any(|group| granted(project.group_permissions.get(group)))
            || self.shared.users.role_grants(user, permission)
    }

    /// The audit log, newest first: `size` entries after `skip`; negative numbers count as 0.
    pub(crate) async fn events(
        &self,
        id: ProjectId,
        skip: i64,
        size: i64,
    ) -> Result<Vec<ProjectEvent>, Internal> {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        self.shared.store.project_events_list(id, count(skip), count(size)).await.map_err(Internal::new)
    }

    /// The archive of a version, by default the current one; `None` if there is no such version or it was purged.
    pub(crate) async fn archive(
        &self,
        project: &Project,
        version: Option<ProjectVersion>,
    ) -> Result<Option<Archive>, Internal> {
        let version = version.unwrap_or(project.version);
        let row = self.shared.store.project_version_get(project.id, version).await.map_err(Internal::new)?;
        Ok(row.and_then(|row| {
            let path = self.shared.archives.path(&row.blob_sha256?);
            Some(Archive { path, file_name: row.file_name, version })
        }))
    }

    /// Runs a change to its end even if its caller goes away.
    async fn to_its_end<T: Send + 'static>(
        &self,
        change: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Internal> {
        tokio::spawn(change).await.map_err(Internal::new)
    }
}

impl Shared {
    /// Commits a change of one project and brings memory up to date with it.
    async fn change<T>(
        &self,
        id: ProjectId,
        commit: impl Future<Output = azkaban_store::Result<T>>,
    ) -> azkaban_store::Result<T> {
        let _changing = self.changing.lock().await;
        let outcome = commit.await;
        // Also after an error: a commit whose acknowledgement was lost may be done.
        self.refresh(id).await?;
        outcome
    }

    /// As [`Shared::change`], of an active project, with changes that `decide` makes of it as it is then: no other change
    /// comes between. `None` if it is not active.
    async fn change_as<E>(
        &self,
        id: ProjectId,
        decide: impl FnOnce(&Project) -> Result<Vec<Change>, E>,
    ) -> azkaban_store::Result<Option<Result<(), E>>> {
        let _changing = self.changing.lock().await;
        let Some(project) = self.index.by_id(id) else { return Ok(None) };
        let changes = match decide(&project) {
            Ok(changes) => changes,
            Err(error) => return Ok(Some(Err(error))),
        };
        let outcome = self.store.commit(changes).await;
        self.refresh(id).await?;
        outcome.map(|()| Some(Ok(())))
    }

    async fn refresh(&self, id: ProjectId) -> azkaban_store::Result<Option<Arc<Project>>> {
        let row = self.store.project_get(id).await?;
        let project = row.map(|row| Arc::new(Project::from(row)));
        if let Some(project) = &project {
            self.index.put(Arc::clone(project));
        }
        Ok(project)
    }
}

/// Overrides as the store lists them.
pub(crate) fn overrides(rows: Vec<(String, String, Props)>) -> Overrides {
    rows.into_iter().map(|(flow, job, props)| ((flow, job), props)).collect()
}

fn event(kind: ProjectEventKind, user: &User, at: UnixMillis, message: Option<String>) -> ProjectEvent {
    /// The column of Azkaban's database holds this many characters.
    const LONGEST: usize = 16_000;
    let message = message.map(|text| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    });
    ProjectEvent { kind, user: user.name.clone(), at, message }
}

#[cfg(test)]
mod tests;
