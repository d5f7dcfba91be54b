//! Runs the benchmarks that lie inside the crates: everything in a `benches/` folder.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs all benchmarks, or those of one package.
pub(crate) fn run(root: &Path, only: Option<&str>) -> Result<(), Vec<String>> {
    let crates = fs::read_dir(root.join("crates")).map_err(|error| vec![format!("crates: {error}")])?;
    let mut packages: Vec<String> = crates
        .flatten()
        .filter(|entry| entry.path().join("benches").is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| only.is_none_or(|only| only == name))
        .collect();
    packages.sort();
    if packages.is_empty() {
        return Err(vec![format!("no benchmarks in {}", only.unwrap_or("the crates"))]);
    }
    for package in packages {
        println!("# {package}");
        let status = Command::new(env!("CARGO"))
            .args(["bench", "--quiet", "--benches", "--package", &package])
            .current_dir(root)
            .status()
            .map_err(|error| vec![format!("cargo bench: {error}")])?;
        if !status.success() {
            return Err(vec![format!("{package}: {status}")]);
        }
    }
    Ok(())
}
