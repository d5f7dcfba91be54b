//! Project archives: untrusted zips in, folders of plain files out (projects-and-jobs §1.2).
//!
//! An archive is checked in two steps. First its table of contents as a whole: names, kinds, sizes, overlaps; nothing is
//! written before. Then each file is unpacked and held to the size and checksum that the table declares, so that what the
//! first step decided by cannot be a lie.

mod content;
mod directory;
mod error;
pub mod fuzzing;
mod names;
mod unpack;

use std::sync::Arc;

pub(crate) use content::{ArchiveDigest, ArchiveStore};
pub(crate) use error::ArchiveError;
pub use error::{Broken, EntryRule, Refusal};
pub(crate) use unpack::{Extracted, Sources, is_thin, unpack};

/// A file of an unpacked project version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackedFile {
    /// From the project's root, parts joined by `/`.
    pub path: String,
    /// 0644, or 0755 if the archive has it executable.
    pub mode: u32,
    /// In bytes.
    pub size: u64,
    /// The content of small files, as long as a version's share of memory lasts.
    pub content: Option<Arc<[u8]>>,
}

/// The rule which files' content stays in memory.
pub(crate) struct KeptContent {
    bytes: u64,
}

impl KeptContent {
    /// The largest file that is kept, in bytes.
    const LARGEST: u64 = 16 * 1024;
    /// All kept files of one version together, in bytes.
    const TOTAL: u64 = 1024 * 1024;

    pub(crate) fn new() -> Self {
        Self { bytes: 0 }
    }

    /// Whether a file of this size is to be kept.
    pub(crate) fn takes(&self, size: u64) -> bool {
        size <= Self::LARGEST && self.bytes + size <= Self::TOTAL
    }

    /// Counts a file that is kept.
    pub(crate) fn note(&mut self, size: u64) {
        self.bytes += size;
    }
}

#[cfg(test)]
mod tests;
