//! Trees from texts, and what is expected of them.

use azkaban_core::project::{Flow, LoadLimits, Loaded, SourceTree, load};

/// A tree of these files.
pub(crate) fn tree<P: AsRef<str>, T: AsRef<str>>(files: impl IntoIterator<Item = (P, T)>) -> SourceTree {
    let mut tree = SourceTree::new();
    for (path, text) in files {
        tree.insert(path.as_ref(), text.as_ref().as_bytes().to_vec()).unwrap();
    }
    tree
}

/// Loads a tree that has nothing wrong as a whole.
pub(crate) fn loaded(tree: &SourceTree) -> Loaded {
    load(tree, &LoadLimits::default()).unwrap()
}

/// Loads files and compares the errors.
pub(crate) fn check_errors(files: &[(&str, &str)], expected: &[&str]) -> Loaded {
    let loaded = loaded(&tree(files.iter().copied()));
    assert_eq!(loaded.report.errors.iter().collect::<Vec<_>>(), expected, "{files:?}");
    loaded
}

/// Number of dependencies.
pub(crate) fn edges(flow: &Flow) -> usize {
    flow.nodes.values().map(|node| node.depends_on.len()).sum()
}

/// The flows as `id: node(dependency, …) …`.
pub(crate) fn shape(loaded: &Loaded) -> Vec<String> {
    let node = |id: &str, depends_on: &[String]| format!(" {id}({})", depends_on.join(", "));
    let flow = |flow: &Flow| flow.nodes.values().map(|n| node(&n.id, &n.depends_on)).collect::<String>();
    loaded.model.flows.values().map(|f| format!("{}:{}", f.id, flow(f))).collect()
}
