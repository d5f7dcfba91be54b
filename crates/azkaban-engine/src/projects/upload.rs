//! Uploading a version: from an untrusted archive to a stored version (projects-and-jobs §1.3).

use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::project::{self, LoadError, ProjectModel, Report};
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, Error, NewVersion};
use tempfile::{NamedTempFile, TempDir};
use tokio::sync::OwnedSemaphorePermit;

use super::{Project, ProjectEventKind, Projects, Shared, event};
use crate::archive::{self, ArchiveDigest, ArchiveError, Broken, Extracted, Refusal, Sources};
use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::users::Caller;

/// The longest name of an archive that is kept, in characters (projects-and-jobs §1.1).
const MAX_FILE_NAME: usize = 128;
/// Versions of a project that stay unpacked; older ones are unpacked again when they are needed.
const UNPACKED_VERSIONS: i32 = 3;

/// An archive to upload.
#[derive(Debug)]
pub struct Upload {
    /// The name that the client gave it; never used as a path.
    pub file_name: String,
    /// Its content, on disk.
    pub archive: NamedTempFile,
    /// Whether validators may repair it. Kept for validators; the loader repairs nothing.
    pub fix: bool,
}

/// A version that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its number.
    pub version: ProjectVersion,
    /// What the loader says, without errors; shown under [`Report::NAME`].
    pub report: Report,
}

/// Why an archive was not taken; nothing is stored then. Each has the text that is shown after `Installation Failed.<br>`,
/// except for [`UploadError::Rejected`], whose report is shown by its own rules (§1.4).
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// Not a zip, or a damaged one.
    #[error(transparent)]
    Unzip(#[from] Broken),
    /// Something in the archive is not taken, or it is too large.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is a thin archive (§1.6).
    #[error("Thin archive support is not yet enabled on this cluster.")]
    Thin,
    /// It cannot be a project.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its flows have errors.
    #[error("The project has errors.")]
    Rejected(Report),
    /// The project was deleted meanwhile.
    #[error("The project was deleted.")]
    ProjectGone,
    /// Our fault.
    #[error("Internal error.")]
    Internal(#[source] Internal),
}

impl UploadError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ProjectGone => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
            Self::Unzip(_) | Self::Refused(_) | Self::Thin | Self::Load(_) | Self::Rejected(_) => {
                Kind::Invalid
            }
        }
    }
}

impl From<ArchiveError> for UploadError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Broken(broken) => Self::Unzip(broken),
            ArchiveError::Refused(refusal) => Self::Refused(refusal),
            ArchiveError::Io(error) => Self::Internal(Internal::new(error)),
        }
    }
}

impl From<std::io::Error> for UploadError {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(Internal::new(error))
    }
}

/// An archive that has been found good.
struct Prepared {
    archive: NamedTempFile,
    digest: ArchiveDigest,
    size: u64,
    folder: TempDir,
    extracted: Extracted,
    model: Arc<ProjectModel>,
    report: Report,
    /// Held until the version is stored, also when the client has gone away.
    _slot: OwnedSemaphorePermit,
}

impl Shared {
    /// Unpacks and loads. Slow.
    fn prepare(
        &self,
        id: ProjectId,
        archive: NamedTempFile,
        slot: OwnedSemaphorePermit,
    ) -> Result<Prepared, UploadError> {
        let folder = self.unpacked.new_folder()?;
        let limits = &self.settings.limits;
        let mut extracted = archive::unpack(archive.as_file(), folder.path(), limits, Sources::Collect)?;
        if archive::is_thin(&extracted.files) {
            return Err(UploadError::Thin);
        }
        let sources = std::mem::take(&mut extracted.sources);
        let mut load = limits.load.clone();
        if self.whitelist.frees_memory(id) {
            (load.max_xms, load.max_xmx) = (None, None);
        }
        let mut loaded = project::load(&sources, &load)?;
        if !loaded.report.errors.is_empty() {
            return Err(UploadError::Rejected(loaded.report));
        }
        self.job_types.check(&loaded.model, &mut loaded.report);
        let digest = ArchiveDigest::of(archive.as_file())?;
        let size = archive.as_file().metadata()?.len();
        Ok(Prepared {
            digest,
            size,
            folder,
            extracted,
            model: Arc::new(loaded.model),
            report: loaded.report,
            archive,
            _slot: slot,
        })
    }
}

impl Projects {
    /// Checks and stores a version, one above the latest. On any error nothing has changed.
    ///
    /// `now` is asked when the version is stored, which may be long after the call.
    pub(crate) async fn upload(
        &self,
        caller: &Caller,
        project: &Project,
        upload: Upload,
        now: fn() -> UnixMillis,
    ) -> Result<Uploaded, UploadError> {
        let slot = Arc::clone(&self.shared.uploads).acquire_owned().await;
        let slot = slot.map_err(|error| UploadError::Internal(Internal::new(error)))?;
        let (shared, id) = (Arc::clone(&self.shared), project.id);
        let prepared = tokio::task::spawn_blocking(move || shared.prepare(id, upload.archive, slot));
        let prepared = prepared.await.map_err(|error| UploadError::Internal(Internal::new(error)))?;
        let prepared = prepared.inspect_err(|error| log(project, error))?;
        let file_name: String = upload.file_name.chars().take(MAX_FILE_NAME).collect();
        let at = now();
        let message = format!("Uploaded project files zip {file_name}");
        let version = NewVersion {
            project: project.id,
            uploaded_at: at,
            uploader: caller.user.name.clone(),
            uploader_ip: caller.ip.clone(),
            file_name,
            blob_sha256: prepared.digest.as_str().to_owned(),
            blob_size: prepared.size,
            model: Arc::clone(&prepared.model),
            audit: Some(AuditEntry {
                details: audit::details(&message),
                ..caller.does_with(Action::ProjectUpload, project.id, at)
            }),
            events: vec![event(ProjectEventKind::Uploaded, &caller.user, at, Some(message))],
            upload_locked: self.shared.settings.lock_after_upload(project, &caller.user.name),
        };
        let shared = Arc::clone(&self.shared);
        self.to_its_end(shared.keep(version, prepared)).await.map_err(UploadError::Internal)?
    }
}

impl Shared {
    /// Stores a prepared version: the archive first, then the row that refers to it, then the unpacked folder.
    async fn keep(self: Arc<Self>, new: NewVersion, prepared: Prepared) -> Result<Uploaded, UploadError> {
        let id = new.project;
        let _referring = self.archive_references.read().await;
        let (archive, digest, shared) = (prepared.archive, prepared.digest, Arc::clone(&self));
        let put = tokio::task::spawn_blocking(move || shared.archives.put(archive, &digest));
        put.await.map_err(|error| UploadError::Internal(Internal::new(error)))??;
        let version = match self.change(id, self.store.project_version_create(new)).await {
            Ok(version) => version,
            Err(Error::ProjectNotActive(_)) => return Err(UploadError::ProjectGone),
            Err(error) => return Err(UploadError::Internal(Internal::new(error))),
        };
        self.models.keep((id, version), prepared.model);
        // The folder is only a cache: the version is there without it.
        if let Err(error) = self.unpacked.adopt((id, version), prepared.folder, prepared.extracted).await {
            tracing::warn!("keeping version {version} of project {id} unpacked: {error}");
        }
        self.unpacked.prune(id, ProjectVersion(version.0.saturating_sub(UNPACKED_VERSIONS - 1))).await;
        Ok(Uploaded { version, report: prepared.report })
    }
}

fn log(project: &Project, error: &UploadError) {
    match error {
        UploadError::Internal(internal) => {
            tracing::error!(project = project.name, "upload failed: {internal}")
        }
        UploadError::Unzip(broken) => {
            tracing::info!(project = project.name, "upload refused: {}", broken.reason())
        }
        other => tracing::info!(project = project.name, "upload refused: {other}"),
    }
}
