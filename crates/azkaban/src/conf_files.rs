//! The files of a configuration folder (config-and-security §1).

use std::io::ErrorKind;
use std::path::Path;

use azkaban_core::settings::{Origin, Problem, Settings};

/// Read in this order; where both set a key, the second wins.
const FILES: [&str; 2] = ["azkaban.private.properties", "azkaban.properties"];

/// Largest property file that is read, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// The settings of a configuration folder; defaults alone without one.
///
/// # Errors
/// The folder or a file cannot be read, has neither of the files, or a file breaks the grammar.
pub(crate) fn load(folder: Option<&Path>) -> Result<Settings, Vec<Problem>> {
    let mut settings = Settings::new();
    let Some(folder) = folder else { return Ok(settings) };
    if !folder.is_dir() {
        return Err(vec![problem(folder, "no such folder")]);
    }
    let mut problems = Vec::new();
    let mut found = false;
    for name in FILES {
        let path = folder.join(name);
        match read(&path) {
            Ok(None) => {}
            Ok(Some(bytes)) => {
                found = true;
                problems.extend(settings.add_file(&path.to_string_lossy(), &bytes).err());
            }
            Err(problem) => {
                found = true;
                problems.push(problem);
            }
        }
    }
    if !found {
        problems.push(problem(folder, "the folder has no azkaban.properties"));
    }
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// A file's bytes; `None` if it is not there.
///
/// # Errors
/// It cannot be read, or is larger than any property file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    let size = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(path, &error.to_string())),
        Ok(metadata) if !metadata.is_file() => return Err(problem(path, "not a file")),
        Ok(metadata) => metadata.len(),
    };
    if size > LARGEST_FILE {
        return Err(problem(path, "larger than 16 MB"));
    }
    std::fs::read(path).map(Some).map_err(|error| problem(path, &error.to_string()))
}

fn problem(path: &Path, reason: &str) -> Problem {
    Problem::malformed(Origin { source: path.to_string_lossy().into(), line: None }, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], key: &str, expected: Result<Option<&str>, &str>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        match (load(Some(folder.path())), expected) {
            (Ok(settings), Ok(value)) => {
                assert_eq!(settings.get(key).map(|value| value.text.as_str()), value)
            }
            (Err(problems), Err(words)) => assert!(problems[0].to_string().ends_with(words), "{problems:?}"),
            (result, _) => panic!("{result:?}"),
        }
    }

    #[test]
    fn the_public_file_wins_over_the_private_one() {
        let private = ("azkaban.private.properties", "a=private\nb=private\n");
        let public = ("azkaban.properties", "a=public\n");
        check(&[private, public], "a", Ok(Some("public")));
        check(&[private, public], "b", Ok(Some("private")));
        check(&[private], "a", Ok(Some("private")));
        check(&[public], "b", Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        check(&[], "a", Err(": the folder has no azkaban.properties"));
        check(
            &[("azkaban.properties", "a=\\uXY\n")],
            "a",
            Err("azkaban.properties:1: Malformed \\uxxxx encoding."),
        );
        let problems = load(Some(Path::new("/no/such/folder"))).unwrap_err();
        assert_eq!(problems[0].to_string(), "/no/such/folder: no such folder");
    }
}
