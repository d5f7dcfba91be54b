//! Embeds the web UI: writes a table of the files that `npm run build` left in `web/dist`. Without them the table is empty
//! and the server shows its plain pages, so that working on the server needs no npm.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../web/dist");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    // The folder is in the repository with a hidden file: a path that does not exist would make every build a full one.
    println!("cargo::rerun-if-changed={}", dist.display());
    fs::write(out.join("ui_assets.rs"), table(&dist, &out.join("ui"))?)
}

/// The Rust source of the table. The files are copied into `copies` first, since a build of the UI may go on meanwhile.
fn table(dist: &Path, copies: &Path) -> io::Result<String> {
    let head = dist.join("head.html");
    if copies.exists() {
        fs::remove_dir_all(copies)?;
    }
    fs::create_dir_all(copies)?;
    let mut table = String::new();
    let mut names: Vec<String> = Vec::new();
    if head.is_file() {
        fs::copy(&head, copies.join("head.html"))?;
        table.push_str("pub(super) const HEAD: Option<&str> = Some(include_str!(\"ui/head.html\"));\n");
        for file in fs::read_dir(dist.join("assets"))? {
            let file = file?;
            fs::copy(file.path(), copies.join(file.file_name()))?;
            names.push(file.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?}")))?);
        }
    } else {
        table.push_str("pub(super) const HEAD: Option<&str> = None;\n");
    }
    names.sort();
    table.push_str("pub(super) static ASSETS: &[Asset] = &[\n");
    for name in names.iter().filter(|name| !name.ends_with(".br") && !name.ends_with(".gz")) {
        let packed = |ending: &str| {
            let name = format!("{name}.{ending}");
            if names.contains(&name) {
                format!("Some(include_bytes!(\"ui/{name}\"))")
            } else {
                "None".to_owned()
            }
        };
        let (brotli, gzip) = (packed("br"), packed("gz"));
        let _ = writeln!(
            table,
            "Asset {{ name: {name:?}, plain: include_bytes!(\"ui/{name}\"), brotli: {brotli}, gzip: {gzip} }},"
        );
    }
    table.push_str("];\n");
    Ok(table)
}
