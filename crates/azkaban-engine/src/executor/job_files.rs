//! The files that the server writes into a job's working directory.
//!
//! Jobs of this and of other users may have written there, too. So nothing is followed that they could have put in the way: the
//! directory is opened once, below the execution's folder and without symbolic links, and every file is made anew in it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// A job's working directory, open.
pub(super) struct JobFolder {
    folder: OwnedFd,
    path: PathBuf,
}

impl JobFolder {
    /// Opens `cwd` in an execution's folder.
    ///
    /// # Errors
    /// There is no such folder, or it is reached by a symbolic link.
    pub(super) fn open(execution: &Path, cwd: &Path) -> io::Result<Self> {
        let named = |error: Errno| {
            io::Error::new(io::Error::from(error).kind(), format!("{}: {error}", cwd.display()))
        };
        let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(execution, directory, Mode::empty()).map_err(named)?;
        let below = cwd.strip_prefix(execution).map_err(io::Error::other)?;
        let folder =
            if below.as_os_str().is_empty() { root } else { open_below(&root, below).map_err(named)? };
        Ok(Self { folder, path: cwd.to_owned() })
    }

    /// The directory itself.
    pub(super) fn descriptor(&self) -> &OwnedFd {
        &self.folder
    }

    /// Makes a file, in place of one of that name, with missing folders.
    ///
    /// # Errors
    /// The path is not inside the directory, or the file cannot be made.
    pub(super) fn write(&self, path: &Path, content: &[u8], mode: Mode) -> io::Result<File> {
        let below = path.strip_prefix(&self.path).map_err(io::Error::other)?;
        let name = below.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let parent = below.parent().filter(|parent| !parent.as_os_str().is_empty());
        let made = parent.map(|parent| self.make_folders(parent)).transpose()?;
        let folder = made.as_ref().unwrap_or(&self.folder);
        let mut file = match create(folder, name, mode) {
            Err(Errno::EXIST) => {
                rustix::fs::unlinkat(folder, name, AtFlags::empty())?;
                create(folder, name, mode)?
            }
            created => created?,
        };
        file.write_all(content)?;
        Ok(file)
    }

    fn make_folders(&self, below: &Path) -> io::Result<OwnedFd> {
        let mut at = PathBuf::new();
        let mut folder = None;
        for part in below.components() {
            let Component::Normal(part) = part else { return Err(io::ErrorKind::InvalidInput.into()) };
            let parent = folder.as_ref().unwrap_or(&self.folder);
            match rustix::fs::mkdirat(parent, part, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            at.push(part);
            folder = Some(open_below(&self.folder, &at)?);
        }
        folder.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

fn create(folder: &OwnedFd, name: &OsStr, mode: Mode) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(folder, name, flags, mode).map(File::from)
}

fn open_below(root: &OwnedFd, below: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    rustix::fs::openat2(root, below, flags, Mode::empty(), resolve)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const MODE: Mode = Mode::from_raw_mode(0o644);

    #[test]
    fn files_are_made_with_their_folders_in_place_of_older_ones() {
        let root = tempfile::tempdir().unwrap();
        let cwd = root.path().join("a/b");
        fs::create_dir_all(&cwd).unwrap();
        let folder = JobFolder::open(root.path(), &cwd).unwrap();
        for content in ["1", "22"] {
            folder.write(&cwd.join("x/y/f"), content.as_bytes(), MODE).unwrap();
            assert_eq!(fs::read_to_string(cwd.join("x/y/f")).unwrap(), content);
        }
        assert!(folder.write(&root.path().join("f"), b"", MODE).is_err(), "outside");
        assert!(JobFolder::open(root.path(), &root.path().join("none")).is_err());
        JobFolder::open(root.path(), root.path()).unwrap();
    }

    #[test]
    fn no_link_leads_anywhere_else() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("precious");
        fs::write(&target, "old").unwrap();
        symlink(&target, root.path().join("props")).unwrap();
        symlink(elsewhere.path(), root.path().join("folder")).unwrap();
        let folder = JobFolder::open(root.path(), root.path()).unwrap();
        folder.write(&root.path().join("props"), b"new", MODE).unwrap();
        assert_eq!(fs::read_to_string(root.path().join("props")).unwrap(), "new");
        assert!(folder.write(&root.path().join("folder/precious"), b"new", MODE).is_err());
        assert!(JobFolder::open(root.path(), &root.path().join("folder")).is_err());
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
    }
}
