//! Trees from texts, and models as short texts.

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

/// Number of dependencies.
pub(crate) fn edges(flow: &Flow) -> usize {
    flow.nodes.values().map(|node| node.depends_on.len()).sum()
}
