//! Which crate may depend on which: the floors.

use std::fs;
use std::path::Path;

/// A crate, the crates of ours that it may use, and crates of others that it must not.
struct Floor {
    name: &'static str,
    uses: &'static [&'static str],
    never: &'static [&'static str],
}

/// Crates that do input or output, or wait.
const SHELL: &[&str] =
    &["tokio", "rusqlite", "axum", "hyper", "libc", "tempfile", "getrandom", "tracing", "clap"];

const FLOORS: &[Floor] = &[
    Floor { name: "azkaban-core", uses: &[], never: SHELL },
    Floor { name: "azkaban-store", uses: &["azkaban-core"], never: &["axum", "hyper", "libc", "clap"] },
    Floor { name: "azkaban-runner", uses: &["azkaban-core"], never: &["axum", "hyper", "rusqlite", "clap"] },
    Floor {
        name: "azkaban-engine",
        uses: &["azkaban-core", "azkaban-store", "azkaban-runner"],
        never: &["axum", "hyper", "rusqlite", "libc", "clap"],
    },
    Floor {
        name: "azkaban-server",
        uses: &["azkaban-core", "azkaban-engine"],
        never: &["rusqlite", "libc", "clap"],
    },
    Floor {
        name: "azkaban",
        uses: &["azkaban-core", "azkaban-store", "azkaban-runner", "azkaban-engine", "azkaban-server"],
        never: &["rusqlite", "axum", "hyper"],
    },
    Floor {
        name: "azkaban-testkit",
        uses: &["azkaban-core", "azkaban-engine", "azkaban-server"],
        never: &["rusqlite", "axum", "hyper"],
    },
];

/// Dependencies that break a floor, and crates without one.
pub(crate) fn check(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    let Ok(crates) = fs::read_dir(root.join("crates")) else {
        return vec!["crates: cannot be read".to_owned()];
    };
    for entry in crates.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(floor) = FLOORS.iter().find(|floor| floor.name == name) else {
            problems.push(format!("crates/{name}: has no floor in xtask/src/tidy/floors.rs"));
            continue;
        };
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap_or_default();
        problems.extend(broken(floor, &manifest));
        if !entry.path().join("clippy.toml").is_file() {
            problems.push(format!("crates/{name}: has no clippy.toml"));
        }
    }
    problems
}

fn broken(floor: &Floor, manifest: &str) -> Vec<String> {
    dependencies(manifest)
        .filter(|dependency| {
            let ours = dependency.starts_with("azkaban");
            (ours && !floor.uses.contains(dependency)) || floor.never.contains(dependency)
        })
        .map(|dependency| format!("crates/{}: must not depend on {dependency}", floor.name))
        .collect()
}

/// Names in the `[dependencies]` and `[build-dependencies]` of a manifest; tests may use what they like.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    manifest.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            inside = section.ends_with("dependencies]") && !section.contains("dev-");
            return None;
        }
        let end = line.find(['=', '.', ' '])?;
        (inside && !line.starts_with('#')).then(|| &line[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_that_breaks_a_floor_is_found_and_others_are_not() {
        let manifest = "[package]\nname = \"azkaban-core\"\n[dependencies]\nserde = \"1\"\ntokio.workspace = true\n\
                        azkaban-store = { workspace = true }\n# axum = \"1\"\n[dev-dependencies]\ntempfile = \"3\"\n\
                        [target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n";
        let core = &FLOORS[0];
        let found = broken(core, manifest);
        let names: Vec<&str> = found.iter().filter_map(|text| text.rsplit(' ').next()).collect();
        assert_eq!(names, ["tokio", "azkaban-store", "libc"]);
    }
}
