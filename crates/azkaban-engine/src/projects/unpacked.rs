//! Unpacked versions of projects: one folder each, from which execution folders are made.
//!
//! The folders are a cache: `<folder>/<project>.<version>/`, made at upload or when one is needed, whole or not at all
//! (unpacked beside and renamed). They are not synced to disk; instead all are thrown away after the machine itself has
//! gone down, which is when unsynced files may be torn.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use azkaban_core::ids::{ProjectId, ProjectVersion};
use tempfile::TempDir;

use super::Projects;
use crate::archive::{self, KeptContent, Sources, UnpackedFile};
use crate::bounded::{BoundedCache, KeyedLocks};
use crate::config::ArchiveLimits;
use crate::error::Internal;

/// What starts the name of a folder that is being made or thrown away.
const TEMPORARY: &str = ".unpack-";
/// Names the file that tells when the machine was started, as of the last start of the server.
const BOOT_FILE: &str = ".boot";
/// Where Linux says so.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// What file lists and kept contents of all versions may take, in bytes.
const MEMORY: usize = 16 * 1024 * 1024;

type Key = (ProjectId, ProjectVersion);

/// An unpacked version of a project. Whoever holds one can rely on its folder.
#[derive(Debug)]
pub struct Unpacked {
    /// Its folder.
    pub root: PathBuf,
    /// All files, by path.
    pub files: Vec<UnpackedFile>,
    /// Folders without files below them, by path.
    pub empty_folders: Vec<String>,
}

impl Unpacked {
    fn weight(&self) -> usize {
        let file = |file: &UnpackedFile| {
            96 + file.path.len() + file.content.as_ref().map_or(0, |content| content.len())
        };
        200 + self.files.iter().map(file).sum::<usize>()
            + self.empty_folders.iter().map(|f| 24 + f.len()).sum::<usize>()
    }
}

/// The folders, and what is remembered of them.
pub(super) struct UnpackCache {
    folder: PathBuf,
    known: BoundedCache<Key, Arc<Unpacked>>,
    /// Whether somebody holds one, also when it is no longer among the known ones.
    held: Mutex<HashMap<Key, Weak<Unpacked>>>,
    making: KeyedLocks<Key>,
}

impl UnpackCache {
    /// Takes over the folders of an earlier run, if they are whole.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let boot = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
        let boot_file = folder.join(BOOT_FILE);
        let same_boot =
            !boot.is_empty() && std::fs::read_to_string(&boot_file).is_ok_and(|last| last == boot);
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(TEMPORARY) || (!same_boot && parse_name(name).is_some()) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        if !same_boot {
            std::fs::write(&boot_file, &boot)?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            known: BoundedCache::new(MEMORY),
            held: Mutex::new(HashMap::new()),
            making: KeyedLocks::new(),
        })
    }

    fn path(&self, (id, version): Key) -> PathBuf {
        self.folder.join(format!("{id}.{version}"))
    }

    /// A new folder to unpack into, on the same file system as the cache.
    pub(super) fn new_folder(&self) -> io::Result<TempDir> {
        tempfile::Builder::new()
            .prefix(TEMPORARY)
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir_in(&self.folder)
    }

    fn remember(&self, key: Key, unpacked: Unpacked) -> Arc<Unpacked> {
        let unpacked = Arc::new(unpacked);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, weak| weak.strong_count() > 0);
        held.insert(key, Arc::downgrade(&unpacked));
        self.known.insert(key, Arc::clone(&unpacked), unpacked.weight());
        unpacked
    }

    /// Makes a folder that was unpacked at upload the version's.
    pub(super) async fn adopt(
        &self,
        key: Key,
        made: TempDir,
        extracted: archive::Extracted,
    ) -> io::Result<()> {
        let _making = self.making.lock(key).await;
        let root = self.path(key);
        move_into_place(made, &root)?;
        self.remember(key, Unpacked { root, files: extracted.files, empty_folders: extracted.empty_folders });
        Ok(())
    }

    /// Removes the folders of a project's versions below `before`, except those that somebody holds.
    pub(super) async fn prune(&self, project: ProjectId, before: ProjectVersion) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        let versions: Vec<Key> = entries
            .filter_map(|entry| parse_name(entry.ok()?.file_name().to_str()?))
            .filter(|(id, version)| *id == project && *version < before)
            .collect();
        for key in versions {
            let _making = self.making.lock(key).await;
            self.known.remove(&key);
            let held = self
                .held
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&key)
                .is_some_and(|weak| weak.strong_count() > 0);
            if held {
                continue;
            }
            let path = self.path(key);
            // Renamed first, so that nobody finds half a folder.
            let removed = self
                .new_folder()
                .and_then(|away| std::fs::rename(&path, away.path().join("old")).and_then(|()| away.close()));
            if let Err(error) = removed {
                tracing::warn!("removing {}: {error}", path.display());
            }
        }
    }
}

/// The version that a folder of this name holds.
fn parse_name(name: &str) -> Option<Key> {
    let (id, version) = name.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(id) && digits(version)).then_some(())?;
    Some((ProjectId(id.parse().ok()?), ProjectVersion(version.parse().ok()?)))
}

fn move_into_place(made: TempDir, root: &Path) -> io::Result<()> {
    if root.exists() {
        // Of another time line: the database was restored from a backup, say.
        std::fs::remove_dir_all(root)?;
    }
    let made = made.keep();
    std::fs::rename(&made, root).inspect_err(|_| {
        let _ = std::fs::remove_dir_all(&made);
    })
}

/// Reads what a folder holds.
fn scan(root: &Path) -> io::Result<Unpacked> {
    let mut files = Vec::new();
    let mut empty_folders = Vec::new();
    let mut kept = KeptContent::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let mut is_empty = true;
        for entry in std::fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let meta = entry.metadata()?;
            is_empty = false;
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_file() {
                let mode = if meta.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
                let mut content = None;
                if kept.takes(meta.len()) {
                    kept.note(meta.len());
                    let mut bytes = Vec::with_capacity(meta.len() as usize);
                    File::open(entry.path())?.take(meta.len()).read_to_end(&mut bytes)?;
                    content = Some(Arc::from(bytes));
                }
                files.push(UnpackedFile { path, mode, size: meta.len(), content });
            }
        }
        if is_empty && !folder.is_empty() {
            empty_folders.push(folder);
        }
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    empty_folders.sort_unstable();
    Ok(Unpacked { root: root.to_owned(), files, empty_folders })
}

/// Unpacks an archive that was checked when it was uploaded, perhaps under other limits than today's.
fn unpack_again(
    archive: &Path,
    made: &TempDir,
    limits: &ArchiveLimits,
) -> Result<archive::Extracted, Internal> {
    let limits = ArchiveLimits {
        max_archive_bytes: u64::MAX,
        max_unpacked_bytes: u64::MAX,
        max_entries: usize::MAX,
        max_ratio: u64::MAX,
        ..limits.clone()
    };
    let file =
        File::open(archive).map_err(|error| Internal::new(format!("{}: {error}", archive.display())))?;
    archive::unpack(&file, made.path(), &limits, Sources::Ignore)
        .map_err(|error| Internal::new(format!("{}: {error}", archive.display())))
}

impl Projects {
    /// A version unpacked. Fails if the version does not exist or was purged.
    pub(crate) async fn unpacked(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Arc<Unpacked>, Internal> {
        let key = (id, version);
        let cache = &self.shared.unpacked;
        if let Some(unpacked) = cache.known.get(&key) {
            return Ok(unpacked);
        }
        let shared = Arc::clone(&self.shared);
        let making = async move {
            let cache = &shared.unpacked;
            let _making = cache.making.lock(key).await;
            if let Some(unpacked) = cache.known.get(&key) {
                return Ok(unpacked);
            }
            let row = shared.store.project_version_get(id, version).await.map_err(Internal::new)?;
            let digest = row.and_then(|row| row.blob_sha256);
            let digest = digest
                .ok_or_else(|| Internal::new(format!("project {id} has no archive of version {version}")))?;
            let blocking = Arc::clone(&shared);
            let made = tokio::task::spawn_blocking(move || {
                let cache = &blocking.unpacked;
                let root = cache.path(key);
                if root.is_dir() {
                    return scan(&root).map_err(Internal::new);
                }
                let made = cache.new_folder().map_err(Internal::new)?;
                let out = unpack_again(&blocking.archives.path(&digest), &made, &blocking.settings.limits)?;
                move_into_place(made, &root).map_err(Internal::new)?;
                Ok(Unpacked { root, files: out.files, empty_folders: out.empty_folders })
            });
            Ok(cache.remember(key, made.await.map_err(Internal::new)??))
        };
        self.to_its_end(making).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders() {
        assert_eq!(parse_name("12.3"), Some((ProjectId(12), ProjectVersion(3))));
        for other in [
            "12",
            "12.",
            ".3",
            "12.3.4",
            "a.1",
            "1.b",
            "+1.2",
            ".boot",
            "99999999999999999999.1",
            ".unpack-x",
        ] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn folders_outlive_a_restart_of_the_server_but_not_of_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        drop(UnpackCache::open(folder.path()).unwrap());
        let make = || {
            for name in ["1.2", ".unpack-abc", "not-ours"] {
                std::fs::create_dir_all(folder.path().join(name)).unwrap();
            }
        };
        let there = |name: &str| folder.path().join(name).is_dir();
        make();
        drop(UnpackCache::open(folder.path()).unwrap());
        assert!(there("1.2") && !there(".unpack-abc") && there("not-ours"));
        make();
        std::fs::write(folder.path().join(BOOT_FILE), "another boot").unwrap();
        drop(UnpackCache::open(folder.path()).unwrap());
        assert!(!there("1.2") && !there(".unpack-abc") && there("not-ours"));
    }
}
