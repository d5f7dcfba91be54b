//! Embeds the web UI: writes a table of the files that `npm run build` left in `web/dist`. Without them the table is empty
//! and the server shows its plain pages, so that working on the server needs no npm.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../web/dist");
    // The folder is in the repository with a hidden file: a path that does not exist would make every build a full one.
    println!("cargo::rerun-if-changed={}", dist.display());
    let head = dist.join("head.html");
    let mut table = String::from("pub(super) const HEAD: Option<&str> = ");
    if head.is_file() {
        let _ = writeln!(table, "Some(include_str!({:?}));", head.canonicalize()?);
    } else {
        table.push_str("None;\n");
    }
    table.push_str("pub(super) static ASSETS: &[Asset] = &[\n");
    let mut files: Vec<_> = match fs::read_dir(dist.join("assets")) {
        Ok(entries) if head.is_file() => entries.collect::<io::Result<Vec<_>>>()?,
        _ => Vec::new(),
    };
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let path = file.path().canonicalize()?;
        let name = file.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?}")))?;
        if name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let packed = |ending: &str| {
            let path = format!("{}.{ending}", path.display());
            if Path::new(&path).is_file() { format!("Some(include_bytes!({path:?}))") } else { "None".to_owned() }
        };
        let (brotli, gzip) = (packed("br"), packed("gz"));
        let _ = writeln!(
            table,
            "Asset {{ name: {name:?}, plain: include_bytes!({path:?}), brotli: {brotli}, gzip: {gzip} }},"
        );
    }
    table.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("ui_assets.rs"), table)
}
