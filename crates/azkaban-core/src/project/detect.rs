//! Flow 1.0 or 2.0? (projects-and-jobs §1.7)

use super::limits::Budget;
use super::tree::{Directory, FileKind, SourceFile, SourceTree, Step};
use super::yaml::{Document, Failure, Reader, Value, decode, float};
use super::{FlowFormat, LoadError};

const VERSION_KEY: &str = "azkaban-flow-version";

/// The format of a project: 2.0 if the first directory with a `.project` file says so, 1.0 if there is no such file.
pub(super) fn detect(tree: &SourceTree, budget: &mut Budget) -> Result<FlowFormat, LoadError> {
    let mut format = FlowFormat::V1;
    tree.walk((), |directory, ()| match project_file(directory)? {
        None => Ok(Step::Enter(())),
        Some(file) => {
            check_version(file, budget)?;
            format = FlowFormat::V2;
            Ok::<_, LoadError>(Step::Stop)
        }
    })?;
    Ok(format)
}

fn project_file(directory: &Directory) -> Result<Option<&SourceFile>, LoadError> {
    let mut files = directory.of_kind(FileKind::Project).map(|(_, _, file)| file);
    match (files.next(), files.next()) {
        (first, None) => Ok(first),
        _ => Err(LoadError::DuplicateProjectFiles),
    }
}

fn check_version(file: &SourceFile, budget: &mut Budget) -> Result<(), LoadError> {
    let unreadable = |reason: String| LoadError::ProjectFileUnreadable { reason };
    let text = decode(&file.bytes).map_err(|error| unreadable(error.to_string()))?;
    let document = Document::parse(&text).map_err(|error| unreadable(error.to_string()))?;
    let Some(root) = document.root() else { return Err(LoadError::FlowVersionMissing) };
    let entries =
        Reader::new(&document, budget).entries(root, "the project file").map_err(
            |failure| match failure {
                Failure::File(reason) => unreadable(reason),
                Failure::Project(error) => error,
            },
        )?;
    let version = entries.iter().rfind(|entry| entry.key == VERSION_KEY);
    match version.map(|entry| document.node(entry.value)) {
        None => Err(LoadError::FlowVersionMissing),
        Some(node) if node.is_null() => Err(LoadError::FlowVersionMissing),
        Some(node) => match &node.value {
            Value::Scalar { text, plain: true } if float(text) == Some(2.0) => Ok(()),
            _ => Err(LoadError::FlowVersionInvalid),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::LoadLimits;

    fn detected(files: &[(&str, &str)]) -> Result<FlowFormat, LoadError> {
        let mut tree = SourceTree::new();
        for (path, text) in files {
            tree.insert(path, text.as_bytes().to_vec()).unwrap();
        }
        detect(&tree, &mut Budget::new(&LoadLimits::default()))
    }

    fn check_text(text: &str, expected: Result<FlowFormat, LoadError>) {
        assert_eq!(detected(&[("p.project", text)]), expected, "{text}");
    }

    #[test]
    fn the_version_must_be_the_float_two() {
        for version in ["2.0", "2.00", "2.", "+2.0", "2e0", "0.2e1", "2.0 # the only one"] {
            check_text(&format!("{VERSION_KEY}: {version}\nother: key\n"), Ok(FlowFormat::V2));
        }
        for version in ["2", "'2.0'", "1.0", "two", "[2.0]", "!!str 2.0"] {
            check_text(&format!("{VERSION_KEY}: {version}"), Err(LoadError::FlowVersionInvalid));
        }
        for text in ["", "# nothing", "---", "other: key", "azkaban-flow-version:", "azkaban-flow-version: ~"]
        {
            check_text(text, Err(LoadError::FlowVersionMissing));
        }
        check_text("a: 1.0\nazkaban-flow-version: 1.0\nazkaban-flow-version: 2.0", Ok(FlowFormat::V2));
    }

    #[test]
    fn what_is_no_mapping_cannot_be_read() {
        for text in
            ["just text", "- a\n- b", "a: b: c", "{", "a: !!java.net.URL [x]\nb: \"", "a: 1\n---\nb: 2"]
        {
            let error = detected(&[("p.project", text)]).unwrap_err().to_string();
            assert!(error.starts_with("Error reading project YAML file. "), "{error}");
        }
    }

    #[test]
    fn the_first_directory_with_a_project_file_decides() {
        const GOOD: &str = "azkaban-flow-version: 2.0";
        let check = |files: &[(&str, &str)], expected| assert_eq!(detected(files), expected, "{files:?}");
        check(&[("a.job", "type=noop"), ("a.flow", "")], Ok(FlowFormat::V1));
        check(&[(".project", GOOD), ("__MACOSX/._p.project", GOOD)], Ok(FlowFormat::V1));
        check(&[("a/b/p.project", GOOD), ("a.job", "")], Ok(FlowFormat::V2));
        check(&[("a/p.project", GOOD), ("b/bad.project", ""), ("b/q.project", "")], Ok(FlowFormat::V2));
        check(&[("a/p.project", GOOD), ("p.project", "")], Err(LoadError::FlowVersionMissing));
        check(&[("p.project", GOOD), ("q.project", GOOD)], Err(LoadError::DuplicateProjectFiles));
        check(&[(".hidden/p.project", GOOD)], Ok(FlowFormat::V2));
    }
}
