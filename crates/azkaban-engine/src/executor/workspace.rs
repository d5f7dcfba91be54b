//! The folder in which an execution's jobs run: a private copy of the project's files (projects-and-jobs §6.1).
//!
//! Files are copied (as clones where the file system can), so that no job can change the project's cache or another
//! execution's files (§11). Only the files that define jobs and flows are hard links, as in Azkaban: nothing reads them at
//! run time, a project may have thousands, and a link costs a fraction of a file.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use azkaban_core::ids::ExecutionId;

use crate::projects::Unpacked;

/// Above this many files, or bytes that are not in memory, a copy is made off the async threads.
const INLINE_FILES: usize = 64;

/// Where an execution's jobs run.
pub(crate) fn path(execution_dir: &Path, id: ExecutionId) -> PathBuf {
    execution_dir.join(id.to_string())
}

/// Makes the folder unless it is there. It appears whole or not at all, whatever dies meanwhile.
pub(crate) fn create(execution_dir: &Path, id: ExecutionId, project: &Unpacked) -> io::Result<PathBuf> {
    let target = path(execution_dir, id);
    if target.is_dir() {
        return Ok(target);
    }
    let building = execution_dir.join(format!(".{id}.new"));
    remove_if_there(&building)?;
    make_dir(&building)?;
    let mut made: BTreeSet<&Path> = BTreeSet::new();
    for file in &project.files {
        let relative = Path::new(&file.path);
        make_parents(&building, relative, &mut made)?;
        let to = building.join(relative);
        let linked = is_definition(relative) && std::fs::hard_link(project.root.join(relative), &to).is_ok();
        match &file.content {
            _ if linked => {}
            Some(content) => {
                OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(file.mode & 0o777)
                    .open(&to)?
                    .write_all(content)?;
            }
            None => {
                std::fs::copy(project.root.join(relative), &to)?;
            }
        }
    }
    std::fs::rename(&building, &target)?;
    Ok(target)
}

/// Whether a file only defines jobs or flows.
fn is_definition(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["job", "flow", "project"].iter().any(|known| extension == *known))
}

/// Whether making the folder is quick enough to be done on an async thread.
pub(crate) fn is_small(project: &Unpacked) -> bool {
    project.files.len() <= INLINE_FILES && project.files.iter().all(|f| f.content.is_some())
}

/// Removes the folder; absent is fine.
pub(crate) fn remove(execution_dir: &Path, id: ExecutionId) -> io::Result<()> {
    remove_if_there(&path(execution_dir, id))
}

/// Removes what executions that are over have left behind (a crash between an end and its clean-up).
pub(crate) fn sweep(execution_dir: &Path, unfinished: &BTreeSet<ExecutionId>) -> io::Result<()> {
    for entry in std::fs::read_dir(execution_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let left_over = match name.parse() {
            Ok(id) => !unfinished.contains(&ExecutionId(id)),
            Err(_) => name.starts_with('.') && name.ends_with(".new"),
        };
        if left_over {
            remove_if_there(&entry.path())?;
        }
    }
    Ok(())
}

fn remove_if_there(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o755).create(path)
}

fn make_parents<'a>(base: &Path, file: &'a Path, made: &mut BTreeSet<&'a Path>) -> io::Result<()> {
    let Some(parent) = file.parent().filter(|p| !p.as_os_str().is_empty()) else { return Ok(()) };
    if made.insert(parent) {
        DirBuilder::new().recursive(true).mode(0o755).create(base.join(parent))?;
    }
    Ok(())
}
