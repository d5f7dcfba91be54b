//! The rules that no compiler checks. `ARCHITECTURE.md` tells why they are there.

mod floors;
mod sources;

use std::path::Path;

/// Checks everything and returns all that is wrong.
pub(crate) fn run(root: &Path) -> Result<(), Vec<String>> {
    let mut problems = floors::check(root);
    problems.extend(sources::check(root));
    problems.extend(crate::docs::stale(root));
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort();
    Err(problems)
}
