//! The data folder: what lies where in it.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::exit::{Cause, Failure};

/// A data folder, as an absolute path.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder at `path`, relative to `base`; touches nothing.
    pub(crate) fn at(base: &Path, path: &Path) -> Self {
        Self(base.join(path))
    }

    /// Makes the folder if it is not there, for this user alone, and checks that files can be written in it.
    ///
    /// # Errors
    /// It cannot be made, is no folder, or is not writable.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        let failed = |error: io::Error| {
            let text = format!("cannot use the data folder {}: {error}", self.0.display());
            Failure::new(Cause::Data, text)
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(failed)?;
        let probe = self.0.join(".writable");
        fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&probe)
            .map_err(failed)?;
        fs::remove_file(&probe).map_err(failed)
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("azkaban.db")
    }

    /// The users file that is made at the first start.
    pub(crate) fn users(&self) -> PathBuf {
        self.0.join("azkaban-users.xml")
    }

    /// Uploaded archives.
    pub(crate) fn archives(&self) -> PathBuf {
        self.0.join("archives")
    }

    /// Unpacked projects, unless the configuration names a folder.
    pub(crate) fn projects(&self) -> PathBuf {
        self.0.join("projects")
    }

    /// Working folders of executions, unless the configuration names a folder.
    pub(crate) fn executions(&self) -> PathBuf {
        self.0.join("executions")
    }

    /// Uploads being received, unless the configuration names a folder.
    pub(crate) fn temp(&self) -> PathBuf {
        self.0.join("temp")
    }

    /// Logs of jobs and flows.
    pub(crate) fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// Sockets of the processes that supervise jobs.
    pub(crate) fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    /// Where the server listens, as text, while it runs.
    pub(crate) fn listen_address(&self) -> PathBuf {
        self.0.join("listen.addr")
    }

    /// Writes a small file whole: a reader sees the old text or the new one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write_whole(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        fs::write(&temporary, text)?;
        fs::rename(&temporary, path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_folder_is_for_its_user_alone() {
        let base = tempfile::tempdir().unwrap();
        let folder = DataFolder::at(base.path(), Path::new("deep/data"));
        folder.prepare().unwrap();
        folder.prepare().unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_way_is_told() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("data"), "").unwrap();
        let failure = DataFolder::at(base.path(), Path::new("data")).prepare().unwrap_err();
        assert!(failure.to_string().starts_with("cannot use the data folder /"), "{failure}");
    }
}
