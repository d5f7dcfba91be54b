//! The files of an archive that decide what a project is.

use std::collections::BTreeMap;

use thiserror::Error;

/// More directories inside each other than this are refused: no project has them, and each costs memory.
const MAX_DEPTH: usize = 100;

/// What the loaders make of a file, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Job,
    Properties,
    Project,
    Flow,
}

impl FileKind {
    const ALL: [(FileKind, &'static str); 4] = [
        (FileKind::Job, ".job"),
        (FileKind::Properties, ".properties"),
        (FileKind::Project, ".project"),
        (FileKind::Flow, ".flow"),
    ];

    /// The kind of a file and its name without the suffix. Hidden files have none (`__MACOSX/._x.flow`), nor have
    /// files that are named as just the suffix; the suffix is case-sensitive (projects-and-jobs §1.7).
    pub(super) fn of(name: &str) -> Option<(FileKind, &str)> {
        if name.starts_with('.') {
            return None;
        }
        Self::ALL.iter().find_map(|&(kind, suffix)| Some((kind, name.strip_suffix(suffix)?)))
    }
}

/// Why a path cannot be part of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// The path leads out of the archive.
    #[error("the path has a '..' in it")]
    Parent,
    /// More directories inside each other than any project has.
    #[error("the path has more than {MAX_DEPTH} directories")]
    TooDeep,
}

/// The files of an archive that a loader reads: `.job`, `.properties`, `.project` and `.flow` files, by directory.
/// Other files are of no concern to it.
#[derive(Debug)]
pub struct SourceTree {
    /// The archive's root comes first.
    directories: Vec<Directory>,
}

/// A directory; its entries are in the order of their names, so that loading has one outcome.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) files: BTreeMap<String, SourceFile>,
    pub(super) directories: BTreeMap<String, usize>,
}

/// A file that a loader may read.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// From the archive's root, separated by `/`.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

impl Directory {
    /// The files of one kind: the name, the name without its suffix, the file.
    pub(super) fn of_kind(&self, kind: FileKind) -> impl Iterator<Item = (&str, &str, &SourceFile)> {
        self.files.iter().filter_map(move |(name, file)| match FileKind::of(name) {
            Some((k, stem)) if k == kind => Some((&**name, stem, file)),
            _ => None,
        })
    }
}

impl Default for SourceTree {
    fn default() -> Self {
        Self::new()
    }
}

impl SourceTree {
    /// An empty archive.
    pub fn new() -> Self {
        Self { directories: vec![Directory::default()] }
    }

    /// Whether a loader reads the file of this path: only such files need be kept in memory.
    pub fn wants(path: &str) -> bool {
        FileKind::of(path.rsplit('/').next().unwrap_or(path)).is_some()
    }

    /// Adds a file by its path in the archive, separated by `/`. Files that no loader wants are left out; a second
    /// file of the same path replaces the first.
    ///
    /// # Errors
    /// [`PathError`] if the path cannot be part of a project.
    pub fn insert(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), PathError> {
        let mut segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty() && *s != ".").collect();
        if segments.contains(&"..") {
            return Err(PathError::Parent);
        }
        if segments.len() > MAX_DEPTH + 1 {
            return Err(PathError::TooDeep);
        }
        let path = segments.join("/");
        let Some(name) = segments.pop().filter(|name| FileKind::of(name).is_some()) else { return Ok(()) };
        let mut at = 0;
        for segment in segments {
            at = match self.directories[at].directories.get(segment) {
                Some(&found) => found,
                None => {
                    let new = self.directories.len();
                    self.directories.push(Directory::default());
                    self.directories[at].directories.insert(segment.to_owned(), new);
                    new
                }
            };
        }
        self.directories[at].files.insert(name.to_owned(), SourceFile { path, bytes });
        Ok(())
    }

    /// All directories, each before those inside it, with a value that each hands down to those inside it.
    /// `visit` gets the value of the directory around.
    ///
    /// # Errors
    /// The first that `visit` returns.
    pub(super) fn walk<T: Clone, E>(
        &self,
        start: T,
        mut visit: impl FnMut(&Directory, T) -> Result<Step<T>, E>,
    ) -> Result<(), E> {
        let mut stack = vec![(0, start)];
        while let Some((at, inherited)) = stack.pop() {
            let directory = &self.directories[at];
            match visit(directory, inherited)? {
                Step::Enter(value) => {
                    stack.extend(directory.directories.values().rev().map(|&d| (d, value.clone())));
                }
                Step::Stop => break,
            }
        }
        Ok(())
    }
}

/// How a walk goes on.
pub(super) enum Step<T> {
    /// Into the directories inside this one, with this value.
    Enter(T),
    /// Not at all.
    Stop,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_files_with_a_name_before_the_suffix_are_wanted() {
        for path in ["a.job", "x/y/a.b.flow", ".hidden/a.project", "p.properties", "-.job"] {
            assert!(SourceTree::wants(path), "{path}");
        }
        for path in ["__MACOSX/._a.flow", ".job", "a.JOB", "a.job.txt", "a.job/", "job", "", ".project"] {
            assert!(!SourceTree::wants(path), "{path}");
        }
    }

    #[test]
    fn a_walk_meets_directories_before_their_contents_in_the_order_of_names() {
        let mut tree = SourceTree::new();
        for path in ["b/a.job", "a-b/x.job", "./a//deep/x.job", "a/x.job", "r.job", "a/readme.txt"] {
            tree.insert(path, vec![]).unwrap();
        }
        let mut seen = Vec::new();
        let walked: Result<(), ()> = tree.walk(0, |directory, depth| {
            seen.extend(directory.files.values().map(|f| format!("{depth} {}", f.path)));
            Ok(Step::Enter(depth + 1))
        });
        walked.unwrap();
        assert_eq!(seen, ["0 r.job", "1 a/x.job", "2 a/deep/x.job", "1 a-b/x.job", "1 b/a.job"]);
    }

    #[test]
    fn paths_that_no_project_has_are_refused() {
        let mut tree = SourceTree::new();
        assert_eq!(tree.insert("a/../b.job", vec![]), Err(PathError::Parent));
        assert_eq!(tree.insert(&format!("{}b.job", "d/".repeat(101)), vec![]), Err(PathError::TooDeep));
        assert_eq!(tree.insert(&format!("{}b.job", "d/".repeat(100)), vec![]), Ok(()));
    }
}
