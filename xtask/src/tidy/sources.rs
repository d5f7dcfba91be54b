//! What a source file must and must not hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of a file, its tests not counted.
const CEILING: usize = 800;

/// Words that do not belong into finished code. Split here, so that this file passes.
const UNFINISHED: &[&str] =
    &[concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!("), concat!("#[ig", "nore")];

/// Every problem of every source file.
pub(crate) fn check(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "fuzz"] {
        collect(&root.join(folder), "rs", &mut files);
    }
    let mut problems = Vec::new();
    for path in &files {
        let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => problems
                .extend(problems_of(&shown, &text).into_iter().map(|problem| format!("{shown}: {problem}"))),
            Err(error) => problems.push(format!("{shown}: {error}")),
        }
    }
    problems.extend(migrations(root));
    problems
}

fn problems_of(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let tests_only = path.contains("/tests/") || path.ends_with("/tests.rs");
    let code = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    if !tests_only && code > CEILING {
        problems.push(format!("{code} lines without tests; split it along ideas (ceiling {CEILING})"));
    }
    if !tests_only && !text.starts_with("//!") {
        problems.push("begins without a module doc (`//! …`)".to_owned());
    }
    for (number, line) in text.lines().enumerate() {
        for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
            problems.push(format!("line {}: {word}", number + 1));
        }
        let mark = concat!("TO", "DO");
        if let Some((_, rest)) = line.split_once(mark)
            && !rest.starts_with('(')
        {
            problems.push(format!("line {}: {mark} without a reason in parentheses", number + 1));
        }
    }
    problems
}

/// Numbers of migrations are 1, 2, 3, …, each once per folder.
fn migrations(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(&root.join("crates/azkaban-store/migrations"), "sql", &mut files);
    let mut folders: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        let folder = file.parent().unwrap_or(file).to_owned();
        folders.entry(folder).or_default().push(digits.parse().unwrap_or_default());
    }
    let broken = folders.into_iter().filter(|(_, numbers)| {
        let mut numbers = numbers.clone();
        numbers.sort_unstable();
        numbers.iter().enumerate().any(|(index, number)| *number != index + 1)
    });
    broken
        .map(|(folder, numbers)| format!("{}: migrations are numbered {numbers:?}", folder.display()))
        .collect()
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_its_offence() {
        let long = format!("//! Doc.\n{}", "x\n".repeat(CEILING));
        let tested = format!("//! Doc.\n#[cfg(test)]\n{}", "x\n".repeat(CEILING));
        let todo = concat!("//! Doc.\n// TO", "DO later\n// TO", "DO(#12): with its reason\n");
        let ignored = concat!("//! Doc.\n#[ig", "nore]\n");
        for (text, problems) in
            [("//! Doc.\n", 0), ("fn f() {}\n", 1), (&long, 1), (&tested, 0), (todo, 1), (ignored, 1)]
        {
            let found = problems_of("crates/x/src/a.rs", text);
            assert_eq!(found.len(), problems, "{found:?}");
        }
        assert_eq!(problems_of("crates/x/tests/a.rs", "fn f() {}\n"), Vec::<String>::new());
    }
}
