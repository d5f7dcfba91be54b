//! An entry for fuzz targets and for tests that watch a whole process: the archive reader with nothing around it.

use std::io::{self, Write};

use azkaban_core::project::LoadLimits;

use super::{Sources, unpack};
use crate::config::ArchiveLimits;

/// Unpacks whatever `bytes` are into a temporary folder, which is removed again. At most `max_unpacked` bytes and 1000
/// files come out. Says why an archive was not taken.
///
/// # Errors
/// If there is no temporary file to be had.
pub fn unpack_untrusted(bytes: &[u8], max_unpacked: u64) -> io::Result<Result<(), String>> {
    let limits = ArchiveLimits {
        max_archive_bytes: bytes.len() as u64,
        max_unpacked_bytes: max_unpacked,
        max_entries: 1000,
        max_ratio: u64::MAX,
        load: LoadLimits::default(),
    };
    let target = tempfile::tempdir()?;
    let mut archive = tempfile::tempfile()?;
    archive.write_all(bytes)?;
    Ok(match unpack(&archive, target.path(), &limits, Sources::Collect) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    })
}
