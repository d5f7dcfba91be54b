//! A project's archive: kept where the server keeps archives, and read as the server reads them.

use std::io::{Cursor, Write as _};
use std::path::Path;

use azkaban_core::project::{self, LoadLimits, ProjectModel, SourceTree};
use azkaban_core::text::hex;
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Outcome;

/// Writes an archive of `files` and returns its digest and its size in bytes.
pub(super) fn put(folder: &Path, files: &[(String, String)]) -> Outcome<(String, u64)> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(name.as_str(), SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    let bytes = archive.finish()?.into_inner();
    let digest = hex(&Sha256::digest(&bytes));
    let folder = folder.join(&digest[..2]);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(format!("{digest}.zip")), &bytes)?;
    Ok((digest, bytes.len() as u64))
}

/// What the files mean.
pub(super) fn model(files: &[(String, String)]) -> Outcome<ProjectModel> {
    let mut tree = SourceTree::new();
    for (name, text) in files {
        tree.insert(name, text.as_bytes().to_vec())?;
    }
    let loaded = project::load(&tree, &LoadLimits::default())?;
    if loaded.report.errors.is_empty() {
        Ok(loaded.model)
    } else {
        Err(format!("{:?}", loaded.report).into())
    }
}
