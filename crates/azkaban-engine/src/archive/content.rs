//! The archives themselves, one file per content: `<folder>/<2 hex digits>/<sha256>.zip`.
//!
//! A file is written before the commit that refers to it and removed after the last reference is gone, so that no
//! reference dangles. A file that nothing refers to, after a crash between the two, is harmless: the next upload of that
//! content uses it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use azkaban_core::text::hex;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::durable;

/// Where uploaded archives are kept.
pub(crate) struct ArchiveStore {
    folder: PathBuf,
}

/// The SHA-256 of an archive, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArchiveDigest(String);

impl ArchiveDigest {
    /// Reads a whole file.
    pub(crate) fn of(mut file: &File) -> io::Result<Self> {
        io::Seek::rewind(&mut file)?;
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => hasher.update(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(hex(&hasher.finalize())))
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArchiveStore {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Where the archive of a digest is.
    pub(crate) fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(digest.get(..2).unwrap_or("00")).join(format!("{digest}.zip"))
    }

    /// Makes an archive durable under its digest. Content that is there already is not written again.
    pub(crate) fn put(&self, archive: NamedTempFile, digest: &ArchiveDigest) -> io::Result<()> {
        let target = self.path(digest.as_str());
        let folder = target.parent().unwrap_or(&self.folder);
        if !folder.is_dir() {
            std::fs::create_dir_all(folder)?;
            durable::sync_folder(&self.folder)?;
        }
        let size = archive.as_file().metadata()?.len();
        if !std::fs::metadata(&target).is_ok_and(|there| there.is_file() && there.len() == size) {
            archive.as_file().sync_all()?;
            if let Err(failed) = archive.persist(&target) {
                if failed.error.kind() != io::ErrorKind::CrossesDevices {
                    return Err(failed.error);
                }
                let mut copy = NamedTempFile::new_in(folder)?;
                io::copy(&mut File::open(failed.file.path())?, &mut copy)?;
                copy.as_file().sync_all()?;
                copy.persist(&target)?;
            }
        }
        durable::sync_folder(folder)
    }

    /// Removes an archive that nothing refers to; absent is fine.
    pub(crate) fn remove(&self, digest: &str) -> io::Result<()> {
        match std::fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(content: &[u8], folder: Option<&Path>) -> NamedTempFile {
        let mut file = folder.map_or_else(NamedTempFile::new, NamedTempFile::new_in).unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[test]
    fn one_content_is_one_file_whoever_brings_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = ArchiveStore::new(folder.path());
        for (content, folder) in [
            (&b"abc"[..], None),
            (b"abc", Some(Path::new("/dev/shm"))),
            (b"other", Some(Path::new("/dev/shm"))),
        ] {
            let file = archive(content, folder);
            let digest = ArchiveDigest::of(file.as_file()).unwrap();
            store.put(file, &digest).unwrap();
            assert_eq!(std::fs::read(store.path(digest.as_str())).unwrap(), content);
        }
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(store.path(abc), folder.path().join("ba").join(format!("{abc}.zip")));
        assert!(store.path(abc).is_file());
        let files = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|sub| std::fs::read_dir(sub.unwrap().path()).unwrap().count());
        assert_eq!(files.sum::<usize>(), 2, "no temporary file stays");
        store.remove(abc).unwrap();
        store.remove(abc).unwrap();
        assert!(!store.path(abc).exists());
    }

    #[test]
    fn a_file_that_a_crash_cut_short_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = ArchiveStore::new(folder.path());
        let file = archive(b"abc", None);
        let digest = ArchiveDigest::of(file.as_file()).unwrap();
        std::fs::create_dir_all(store.path(digest.as_str()).parent().unwrap()).unwrap();
        std::fs::write(store.path(digest.as_str()), b"a").unwrap();
        store.put(file, &digest).unwrap();
        assert_eq!(std::fs::read(store.path(digest.as_str())).unwrap(), b"abc");
    }
}
