//! Pages made from the code.

use std::fs;
use std::path::Path;

/// The generated pages: path and text.
fn pages() -> [(&'static str, String); 1] {
    [("docs/configuration.md", azkaban_core::settings::reference_page())]
}

/// Writes every page.
pub(crate) fn write(root: &Path) -> Result<(), Vec<String>> {
    for (path, text) in pages() {
        fs::write(root.join(path), text).map_err(|error| vec![format!("{path}: {error}")])?;
        println!("wrote {path}");
    }
    Ok(())
}

/// Pages that differ from what the code says.
pub(crate) fn stale(root: &Path) -> Vec<String> {
    pages()
        .into_iter()
        .filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| format!("{path}: out of date, run `cargo xtask docs`"))
        .collect()
}
