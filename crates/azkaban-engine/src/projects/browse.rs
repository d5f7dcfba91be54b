//! Looking into versions: their list, their files, what differs between two of them, and going back to one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::project::ProjectModel;
use tempfile::NamedTempFile;

use super::{Project, ProjectEvent, Projects, Unpacked, Upload, UploadError, Uploaded, VersionRow};
use crate::error::Internal;
use crate::events::Events;
use crate::executions::{ExecutionSummary, summary};
use crate::users::Caller;
use crate::{Engine, Kind};

/// Bytes of the start of a file that are looked at to tell text from other content.
const TEXT_PROBE: usize = 8_000;
/// Bytes compared at a time.
const CHUNK: usize = 64 * 1024;

/// A file of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// From the project's root, parts joined by `/`.
    pub path: String,
    /// In bytes.
    pub size: u64,
}

/// A file that two versions do not have alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// From the project's root, parts joined by `/`.
    pub path: String,
    /// Bytes in the older version; `None` if it is new.
    pub before: Option<u64>,
    /// Bytes in the newer version; `None` if it is gone.
    pub after: Option<u64>,
    /// It is not text, in either version.
    pub binary: bool,
}

/// Names of flows that two versions do not have alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowChanges {
    /// Only in the newer version.
    pub added: Vec<String>,
    /// Only in the older version.
    pub removed: Vec<String>,
    /// In both, with other jobs, dependencies or properties.
    pub modified: Vec<String>,
}

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDiff {
    /// By path.
    pub files: Vec<FileChange>,
    /// By id.
    pub flows: FlowChanges,
}

/// Why a file of a version cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No such version, or it was purged.
    #[error("there is no such version")]
    VersionNotFound,
    /// The version has no such file.
    #[error("there is no such file")]
    FileNotFound,
    /// It has more bytes than asked for.
    #[error("the file has {size} bytes")]
    TooLarge {
        /// In bytes.
        size: u64,
    },
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Why a project does not go back to a version.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// No such version, or it was purged.
    #[error("there is no such version")]
    VersionNotFound,
    /// The archive is not taken today.
    #[error(transparent)]
    Upload(#[from] UploadError),
}

impl RollbackError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::VersionNotFound => Kind::NotFound,
            Self::Upload(error) => error.kind(),
        }
    }
}

impl Projects {
    /// Tells changes of projects from now on.
    pub(crate) fn tell_changes_to(&self, events: Arc<Events>) {
        // Set once, at the start.
        let _ = self.shared.index.events.set(events);
    }

    /// An active project.
    pub(crate) fn active_by_id(&self, id: ProjectId) -> Option<Arc<Project>> {
        self.shared.index.by_id(id)
    }
}

/// Lists of projects and versions.
impl Engine {
    /// The active project of an id.
    pub fn project_active(&self, id: ProjectId) -> Option<Arc<Project>> {
        self.services().projects.active_by_id(id)
    }

    /// For each project: how many flows its current version has, and the newest execution of any of them.
    pub async fn projects_overview(
        &self,
        projects: &[Arc<Project>],
    ) -> Result<Vec<(u64, Option<ExecutionSummary>)>, Internal> {
        let keys = projects.iter().map(|project| (project.id, project.version)).collect();
        let overviews = self.inner.store.projects_overview(keys).await.map_err(Internal::new)?;
        Ok(overviews.into_iter().map(|overview| (overview.flows, overview.newest.map(summary))).collect())
    }

    /// The newest `count` executions of each flow, newest first.
    pub async fn executions_newest(
        &self,
        project: ProjectId,
        flows: Vec<String>,
        count: u64,
    ) -> Result<Vec<Vec<ExecutionSummary>>, Internal> {
        let rows = self.inner.store.executions_newest(project, flows, count).await.map_err(Internal::new)?;
        Ok(rows.into_iter().map(|rows| rows.into_iter().map(summary).collect()).collect())
    }

    /// Entries of a project's audit log with their numbers, newest first, all older than number `before` if given.
    pub async fn project_events_before(
        &self,
        id: ProjectId,
        before: Option<i64>,
        count: u64,
    ) -> Result<Vec<(i64, ProjectEvent)>, Internal> {
        self.inner.store.project_events_before(id, before, count).await.map_err(Internal::new)
    }

    /// Every version of a project, newest first.
    pub async fn project_versions(&self, id: ProjectId) -> Result<Vec<VersionRow>, Internal> {
        self.inner.store.project_versions_list(id).await.map_err(Internal::new)
    }

    /// One version of a project.
    pub async fn project_version(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Option<VersionRow>, Internal> {
        self.inner.store.project_version_get(id, version).await.map_err(Internal::new)
    }
}

/// The content of versions.
impl Engine {
    /// The files of a version, by path.
    pub async fn project_files(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Vec<FileEntry>, FileError> {
        let unpacked = self.kept_version(id, version).await?;
        let entry = |file: &crate::UnpackedFile| FileEntry { path: file.path.clone(), size: file.size };
        Ok(unpacked.files.iter().map(entry).collect())
    }

    /// The content of a file of a version.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] if it has more than `most` bytes.
    pub async fn project_file(
        &self,
        id: ProjectId,
        version: ProjectVersion,
        path: &str,
        most: u64,
    ) -> Result<Vec<u8>, FileError> {
        let unpacked = self.kept_version(id, version).await?;
        let place = unpacked.files.binary_search_by(|file| file.path.as_str().cmp(path));
        let place = place.map_err(|_| FileError::FileNotFound)?;
        let size = unpacked.files[place].size;
        if size > most {
            return Err(FileError::TooLarge { size });
        }
        let read = tokio::task::spawn_blocking(move || {
            let file = &unpacked.files[place];
            match &file.content {
                Some(content) => Ok(content.to_vec()),
                None => std::fs::read(unpacked.root.join(&file.path)),
            }
        });
        Ok(read.await.map_err(Internal::new)?.map_err(Internal::new)?)
    }

    /// What differs between two versions of a project.
    pub async fn project_diff(
        &self,
        id: ProjectId,
        before: ProjectVersion,
        after: ProjectVersion,
    ) -> Result<VersionDiff, FileError> {
        let (old, new) = (self.kept_version(id, before).await?, self.kept_version(id, after).await?);
        let compare = tokio::task::spawn_blocking(move || changed_files(&old, &new));
        let files = compare.await.map_err(Internal::new)?.map_err(Internal::new)?;
        let (old, new) = (self.project_model(id, before).await?, self.project_model(id, after).await?);
        Ok(VersionDiff { files, flows: changed_flows(&old, &new) })
    }

    /// Stores the archive of an old version as the project's next one. It is checked like any upload.
    pub async fn project_rollback(
        &self,
        caller: &Caller,
        project: &Arc<Project>,
        version: ProjectVersion,
    ) -> Result<Uploaded, RollbackError> {
        let internal = |error| RollbackError::Upload(UploadError::Internal(error));
        let archive = self.project_archive(project, Some(version)).await.map_err(internal)?;
        let archive = archive.ok_or(RollbackError::VersionNotFound)?;
        let folder = self.inner.config.temp_dir.clone();
        let copy = tokio::task::spawn_blocking(move || {
            let mut copy = NamedTempFile::new_in(folder)?;
            io::copy(&mut File::open(&archive.path)?, copy.as_file_mut())?;
            Ok::<_, io::Error>((copy, archive.file_name))
        });
        let copied = copy.await.map_err(|error| internal(Internal::new(error)))?;
        let (archive, file_name) = copied.map_err(|error| internal(Internal::new(error)))?;
        Ok(self.project_upload(caller, project, Upload { file_name, archive, fix: true }).await?)
    }

    async fn kept_version(&self, id: ProjectId, version: ProjectVersion) -> Result<Arc<Unpacked>, FileError> {
        let row = self.project_version(id, version).await?;
        if row.is_none_or(|row| row.blob_sha256.is_none()) {
            return Err(FileError::VersionNotFound);
        }
        Ok(self.project_unpacked(id, version).await?)
    }
}

fn changed_files(old: &Unpacked, new: &Unpacked) -> io::Result<Vec<FileChange>> {
    let mut paths: BTreeMap<&str, (Option<usize>, Option<usize>)> = BTreeMap::new();
    for (place, file) in old.files.iter().enumerate() {
        paths.entry(&file.path).or_default().0 = Some(place);
    }
    for (place, file) in new.files.iter().enumerate() {
        paths.entry(&file.path).or_default().1 = Some(place);
    }
    let mut changes = Vec::new();
    for (path, (before, after)) in paths {
        let (before, after) = (before.map(|place| &old.files[place]), after.map(|place| &new.files[place]));
        let open = |root: &std::path::Path| File::open(root.join(path));
        if let (Some(before), Some(after)) = (before, after)
            && before.size == after.size
            && (before.content.is_some() && before.content == after.content
                || same_content(open(&old.root)?, open(&new.root)?)?)
        {
            continue;
        }
        let mut binary = false;
        for (root, _) in
            [(&old.root, before), (&new.root, after)].into_iter().filter(|(_, file)| file.is_some())
        {
            let mut start = Vec::new();
            open(root)?.take(TEXT_PROBE as u64).read_to_end(&mut start)?;
            binary |= start.contains(&0);
        }
        let size = |file: Option<&crate::UnpackedFile>| file.map(|file| file.size);
        changes.push(FileChange { path: path.to_owned(), before: size(before), after: size(after), binary });
    }
    Ok(changes)
}

fn same_content(mut a: File, mut b: File) -> io::Result<bool> {
    let (mut left, mut right) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let n = fill(&mut a, &mut left)?;
        if n != fill(&mut b, &mut right)? || left[..n] != right[..n] {
            return Ok(false);
        }
        if n == 0 {
            return Ok(true);
        }
    }
}

fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

fn changed_flows(old: &ProjectModel, new: &ProjectModel) -> FlowChanges {
    let ids: BTreeSet<&String> = old.flows.keys().chain(new.flows.keys()).collect();
    let mut changes = FlowChanges::default();
    for id in ids {
        match (old.flows.get(id), new.flows.get(id)) {
            (None, _) => changes.added.push(id.clone()),
            (_, None) => changes.removed.push(id.clone()),
            (Some(before), Some(after)) if before != after => changes.modified.push(id.clone()),
            _ => {}
        }
    }
    changes
}
