//! Names of entries: what a safe one is, and that no two of them mean the same place.

use std::collections::HashMap;

use super::error::{EntryRule, Refusal};

/// The longest part between two slashes in bytes: what file systems take.
const MAX_PART: usize = 255;
/// The longest name in bytes.
const MAX_NAME: usize = 1024;
/// The deepest nesting of folders.
const MAX_DEPTH: usize = 64;

/// The parts of an entry's name. `\` counts as a separator like `/`: tools on Windows write it, and a name that really
/// holds one is not worth a second reading of the same archive. Empty parts and `.` are skipped.
pub(super) fn parts(name: &str) -> Result<Vec<&str>, Refusal> {
    let refuse = |rule| Err(Refusal::entry(name, rule));
    if name.len() > MAX_NAME {
        return refuse(EntryRule::NameTooLong);
    }
    if name.chars().any(char::is_control) {
        return refuse(EntryRule::ControlCharacter);
    }
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if drive || name.starts_with(['/', '\\']) {
        return refuse(EntryRule::Absolute);
    }
    let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return refuse(EntryRule::Outside);
    }
    if parts.len() > MAX_DEPTH || parts.iter().any(|part| part.len() > MAX_PART) {
        return refuse(EntryRule::NameTooLong);
    }
    Ok(parts)
}

/// The tree of names met so far, in which names that differ only in case are the same. Folders that only appear in the
/// names of their files are nodes too and count against the limit, so that the tree's size is bounded by it.
pub(super) struct NameTree {
    nodes: HashMap<(u32, String), Node>,
    next: u32,
    limit: usize,
}

struct Node {
    id: u32,
    spelling: String,
    folder: bool,
}

const ROOT: u32 = 0;

impl NameTree {
    pub(super) fn new(limit: usize) -> Self {
        Self { nodes: HashMap::new(), next: ROOT + 1, limit }
    }

    /// Adds a file or folder with the folders around it. A folder may be named any number of times.
    pub(super) fn add(&mut self, name: &str, parts: &[&str], folder: bool) -> Result<(), Refusal> {
        let mut parent = ROOT;
        for (depth, part) in parts.iter().enumerate() {
            let last = depth + 1 == parts.len();
            let key = (parent, part.to_lowercase());
            if let Some(known) = self.nodes.get(&key) {
                let rule = if known.spelling != *part {
                    let other = parts[..depth]
                        .iter()
                        .chain([&known.spelling.as_str()])
                        .copied()
                        .collect::<Vec<_>>()
                        .join("/");
                    EntryRule::CaseClash { other }
                } else if known.folder != (folder || !last) {
                    EntryRule::FileAndFolder
                } else if last && !folder {
                    EntryRule::Duplicate
                } else {
                    parent = known.id;
                    continue;
                };
                return Err(Refusal::entry(name, rule));
            }
            if self.nodes.len() >= self.limit {
                return Err(Refusal::TooManyEntries { limit: self.limit });
            }
            self.nodes
                .insert(key, Node { id: self.next, spelling: (*part).to_owned(), folder: folder || !last });
            parent = self.next;
            self.next += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_or_are_refused() {
        fn check(name: &str, expected: Result<&[&str], EntryRule>) {
            let found = parts(name).map_err(|refusal| match refusal {
                Refusal::Entry { rule, .. } => rule,
                other => panic!("{other}"),
            });
            assert_eq!(found, expected.map(<[&str]>::to_vec), "{name:?}");
        }
        check("a.job", Ok(&["a.job"]));
        check("x/y/a.job", Ok(&["x", "y", "a.job"]));
        check("./x//a.job", Ok(&["x", "a.job"]));
        check("x\\y\\a.job", Ok(&["x", "y", "a.job"]));
        check("x/", Ok(&["x"]));
        check("..a/b..", Ok(&["..a", "b.."]));
        check("a:b/c", Err(EntryRule::Absolute));
        check("ab:c", Ok(&["ab:c"]));
        check("", Ok(&[]));
        check("./", Ok(&[]));
        check("../a", Err(EntryRule::Outside));
        check("x/../a", Err(EntryRule::Outside));
        check("x\\..\\..\\a", Err(EntryRule::Outside));
        check("x/..", Err(EntryRule::Outside));
        check("/etc/passwd", Err(EntryRule::Absolute));
        check("\\\\host\\share", Err(EntryRule::Absolute));
        check("C:\\x", Err(EntryRule::Absolute));
        check("c:x", Err(EntryRule::Absolute));
        check("a\0b", Err(EntryRule::ControlCharacter));
        check("a\nb", Err(EntryRule::ControlCharacter));
        check(&"a".repeat(255), Ok(&[&"a".repeat(255)]));
        check(&"a".repeat(256), Err(EntryRule::NameTooLong));
        check(&"a/".repeat(65), Err(EntryRule::NameTooLong));
        check(&"abcdefg/".repeat(200), Err(EntryRule::NameTooLong));
    }

    #[test]
    fn names_that_mean_one_place_clash() {
        fn check(names: &[&str], expected: Option<EntryRule>) {
            let mut tree = NameTree::new(100);
            let found = names.iter().find_map(|name| {
                match tree.add(name, &parts(name).unwrap(), name.ends_with('/')) {
                    Ok(()) => None,
                    Err(Refusal::Entry { entry, rule }) => {
                        assert_eq!(entry, *names.last().unwrap());
                        Some(rule)
                    }
                    Err(other) => panic!("{other}"),
                }
            });
            assert_eq!(found, expected, "{names:?}");
        }
        let clash = |other: &str| Some(EntryRule::CaseClash { other: other.to_owned() });
        check(&["a", "b", "x/a", "x/b", "x/"], None);
        check(&["x/", "x/", "x/a"], None);
        check(&["a", "a"], Some(EntryRule::Duplicate));
        check(&["x/a", "x\\a"], Some(EntryRule::Duplicate));
        check(&["a", "./a"], Some(EntryRule::Duplicate));
        check(&["a", "A"], clash("a"));
        check(&["x/é", "x/É"], clash("x/é"));
        check(&["Lib/a", "lib/b"], clash("Lib"));
        check(&["a", "a/b"], Some(EntryRule::FileAndFolder));
        check(&["a/b", "a"], Some(EntryRule::FileAndFolder));
        check(&["a", "a/"], Some(EntryRule::FileAndFolder));
    }

    #[test]
    fn folders_that_only_files_name_count_too() {
        let mut tree = NameTree::new(10);
        let name = "1/2/3/4/5/6/7/8/9/10/11";
        assert_eq!(tree.add(name, &parts(name).unwrap(), false), Err(Refusal::TooManyEntries { limit: 10 }));
    }
}
