//! The project whitelist (config-and-security §3.5, projects-and-jobs §8.4): projects that are exempt from limits.
//!
//! ```xml
//! <ProjectWhitelist>
//!   <MemoryCheck><project projectname="p" projectid="12"/></MemoryCheck>
//!   <NumJobPerFlow><project projectid="12"/></NumJobPerFlow>
//! </ProjectWhitelist>
//! ```
//! Projects count by their id; sections of other names are left to those who know them.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use azkaban_core::ids::ProjectId;
use roxmltree::{Document, Node, ParsingOptions};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// The most XML nodes in it.
const MAX_NODES: u32 = 1_000_000;

/// Why a whitelist cannot be used.
#[derive(Debug)]
pub struct WhitelistProblem {
    path: PathBuf,
    line: Option<u32>,
    text: String,
}

impl fmt::Display for WhitelistProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "project whitelist {}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.text)
    }
}

impl std::error::Error for WhitelistProblem {}

/// Who is exempt from what.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lists {
    memory: BTreeSet<ProjectId>,
    jobs: BTreeSet<ProjectId>,
}

/// The whitelist of `project.whitelist.xml.file`; empty without.
pub(crate) struct Whitelist {
    path: Option<PathBuf>,
    lists: RwLock<Arc<Lists>>,
}

impl Whitelist {
    /// Reads the file; at the start an unusable one is an error.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, WhitelistProblem> {
        let lists = path.map(read).transpose()?.unwrap_or_default();
        Ok(Self { path: path.map(Path::to_owned), lists: RwLock::new(Arc::new(lists)) })
    }

    /// Whether there is a file.
    pub(crate) fn is_configured(&self) -> bool {
        self.path.is_some()
    }

    /// Reads the file again; an unusable one leaves what was read before. Blocks.
    pub(crate) fn reload(&self) -> Result<(), WhitelistProblem> {
        let Some(path) = &self.path else { return Ok(()) };
        let lists = Arc::new(read(path)?);
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = lists;
        Ok(())
    }

    fn lists(&self) -> Arc<Lists> {
        Arc::clone(&self.lists.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Jobs of this project may ask for any memory.
    pub(crate) fn frees_memory(&self, project: ProjectId) -> bool {
        self.lists().memory.contains(&project)
    }

    /// Flows of this project may raise the number of their parallel jobs above the server's.
    pub(crate) fn frees_jobs(&self, project: ProjectId) -> bool {
        self.lists().jobs.contains(&project)
    }
}

fn read(path: &Path) -> Result<Lists, WhitelistProblem> {
    let fail = |line, text: String| WhitelistProblem { path: path.to_owned(), line, text };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| fail(None, error.to_string()))?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| fail(None, error.to_string()))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(fail(None, format!("larger than {MAX_BYTES} bytes")));
    }
    parse(&text).map_err(|(line, text)| fail(Some(line), text))
}

/// Reads a file's text; else the line, from 1, and what is wrong there.
fn parse(text: &str) -> Result<Lists, (u32, String)> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.strip_prefix('\u{feff}').unwrap_or(text), options)
        .map_err(|error| (error.pos().row, error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "ProjectWhitelist" {
        return Err((line(root), "the root is not <ProjectWhitelist>".to_owned()));
    }
    let mut lists = Lists::default();
    for section in root.children().filter(Node::is_element) {
        let list = match section.tag_name().name() {
            "MemoryCheck" => &mut lists.memory,
            "NumJobPerFlow" => &mut lists.jobs,
            _ => continue,
        };
        for project in section.children().filter(|node| node.has_tag_name("project")) {
            let id = project.attribute("projectid").and_then(|id| id.trim().parse().ok());
            let id =
                id.ok_or_else(|| (line(project), "<project> has no number as its projectid".to_owned()))?;
            list.insert(ProjectId(id));
        }
    }
    Ok(lists)
}

fn line(node: Node) -> u32 {
    node.document().text_pos_at(node.range().start).row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_name_projects_by_their_ids() {
        let lists = parse(
            "<!-- ours --><ProjectWhitelist><MemoryCheck><project projectname='a' projectid='12'/><project projectid=' 3 '/>\
             </MemoryCheck><NumJobPerFlow><project projectid='4'/></NumJobPerFlow><Other><project/></Other></ProjectWhitelist>",
        );
        let ids = |ids: &[i64]| ids.iter().copied().map(ProjectId).collect();
        assert_eq!(lists, Ok(Lists { memory: ids(&[3, 12]), jobs: ids(&[4]) }));
        assert_eq!(parse("<ProjectWhitelist/>"), Ok(Lists::default()));
        for (text, line, words) in [
            ("<Projects/>", 1, "the root is not"),
            (
                "<ProjectWhitelist><MemoryCheck>\n<project projectname='a'/></MemoryCheck></ProjectWhitelist>",
                2,
                "no number",
            ),
            ("<ProjectWhitelist>\n<a></b></ProjectWhitelist>", 2, "expected"),
            ("<!DOCTYPE a><ProjectWhitelist/>", 1, "DTD"),
        ] {
            let (at, said) = parse(text).unwrap_err();
            assert!(at == line && said.contains(words), "{text}: {at}: {said}");
        }
    }

    #[test]
    fn an_unusable_file_leaves_what_was_read_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whitelist.xml");
        assert!(Whitelist::open(Some(&path)).is_err());
        std::fs::write(
            &path,
            "<ProjectWhitelist><MemoryCheck><project projectid='1'/></MemoryCheck></ProjectWhitelist>",
        )
        .unwrap();
        let whitelist = Whitelist::open(Some(&path)).unwrap();
        std::fs::write(&path, "<ProjectWhitelist><MemoryCheck><project/></MemoryCheck></ProjectWhitelist>")
            .unwrap();
        let problem = whitelist.reload().unwrap_err().to_string();
        assert!(problem.contains("whitelist.xml:1: <project> has no number"), "{problem}");
        assert!(whitelist.frees_memory(ProjectId(1)) && !whitelist.frees_jobs(ProjectId(1)));
        std::fs::write(
            &path,
            "<ProjectWhitelist><NumJobPerFlow><project projectid='1'/></NumJobPerFlow></ProjectWhitelist>",
        )
        .unwrap();
        whitelist.reload().unwrap();
        assert!(!whitelist.frees_memory(ProjectId(1)) && whitelist.frees_jobs(ProjectId(1)));
        assert!(!Whitelist::open(None).unwrap().is_configured());
    }
}
