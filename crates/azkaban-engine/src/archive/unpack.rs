//! Unpacking a checked archive into a new folder, with what its files say counted on the way.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use azkaban_core::project::SourceTree;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::directory::{Directory, Entry};
use super::error::{ArchiveError, Broken, EntryRule, Refusal};
use super::{KeptContent, UnpackedFile};
use crate::config::ArchiveLimits;

/// The job, flow and property files of an archive are loaded from memory; more bytes of them than this are refused.
const MAX_SOURCE_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes that are read and written at once.
const CHUNK: usize = 64 * 1024;

/// What came out of an archive.
pub(crate) struct Extracted {
    /// What the loader reads, if asked for.
    pub(crate) sources: SourceTree,
    /// All files, by path.
    pub(crate) files: Vec<UnpackedFile>,
    /// Folders without files in them, by path.
    pub(crate) empty_folders: Vec<String>,
}

/// What is wanted from unpacking besides the files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sources {
    /// The files that the loader reads.
    Collect,
    /// Nothing.
    Ignore,
}

/// Checks `archive` and unpacks it into the existing, empty folder `target`.
pub(crate) fn unpack(
    archive: &File,
    target: &Path,
    limits: &ArchiveLimits,
    sources: Sources,
) -> Result<Extracted, ArchiveError> {
    let directory = Directory::read(archive, archive.metadata()?.len(), limits)?;
    if sources == Sources::Collect {
        check_source_size(&directory)?;
    }
    let mut out = Extracted { sources: SourceTree::new(), files: Vec::new(), empty_folders: Vec::new() };
    let mut kept = KeptContent::new();
    let mut folders = HashSet::new();
    let mut named_folders = Vec::new();
    for entry in &directory.entries {
        if entry.folder {
            make_folder(target, &entry.path, &mut folders)?;
            named_folders.push(entry.path.as_str());
            continue;
        }
        if let Some((folder, _)) = entry.path.rsplit_once('/') {
            make_folder(target, folder, &mut folders)?;
        }
        let mode = if entry.executable { 0o755 } else { 0o644 };
        let file =
            OpenOptions::new().write(true).create_new(true).mode(mode).open(target.join(&entry.path))?;
        let is_source = sources == Sources::Collect && SourceTree::wants(&entry.path);
        let mut content = None;
        if is_source || kept.takes(entry.unpacked) {
            let bytes = read_whole(archive, entry)?;
            (&file).write_all(&bytes)?;
            if kept.takes(entry.unpacked) {
                content = Some(kept.keep(&bytes));
            }
            if is_source {
                let inserted = out.sources.insert(&entry.path, bytes);
                inserted.map_err(|_| Refusal::entry(&entry.path, EntryRule::NameTooLong))?;
            }
        } else {
            copy(archive, entry, &file)?;
        }
        out.files.push(UnpackedFile { path: entry.path.clone(), mode, size: entry.unpacked, content });
    }
    out.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    out.empty_folders = without_files(named_folders, &out.files);
    Ok(out)
}

fn check_source_size(directory: &Directory) -> Result<(), Refusal> {
    let sources = directory.entries.iter().filter(|entry| !entry.folder && SourceTree::wants(&entry.path));
    if sources.fold(0u64, |sum, entry| sum.saturating_add(entry.unpacked)) > MAX_SOURCE_BYTES {
        return Err(Refusal::SourcesTooLarge { limit: MAX_SOURCE_BYTES });
    }
    Ok(())
}

/// The folders below which no file is. `files` are sorted by path.
fn without_files(mut folders: Vec<&str>, files: &[UnpackedFile]) -> Vec<String> {
    folders.sort_unstable();
    folders.dedup();
    folders.retain(|folder| {
        let inside = format!("{folder}/");
        let at = files.partition_point(|file| file.path.as_str() < inside.as_str());
        !files.get(at).is_some_and(|file| file.path.starts_with(&inside))
    });
    folders.into_iter().map(str::to_owned).collect()
}

fn make_folder(target: &Path, folder: &str, made: &mut HashSet<String>) -> io::Result<()> {
    if !made.contains(folder) {
        std::fs::create_dir_all(target.join(folder))?;
        made.insert(folder.to_owned());
    }
    Ok(())
}

fn read_whole(archive: &File, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
    // The declared size is no reason to allocate: memory follows what is really there.
    let mut bytes = Vec::with_capacity(entry.unpacked.min(CHUNK as u64) as usize);
    let mut checked = Checked::new(entry);
    with_content(archive, entry, |content| {
        content
            .take(entry.unpacked.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|e| checked.classify(e))?;
        checked.add(&bytes)?;
        checked.finish()
    })?;
    Ok(bytes)
}

fn copy(archive: &File, entry: &Entry, mut to: &File) -> Result<(), ArchiveError> {
    let mut checked = Checked::new(entry);
    let mut chunk = vec![0; CHUNK];
    with_content(archive, entry, |content| {
        loop {
            let read = match content.read(&mut chunk) {
                Ok(0) => return checked.finish(),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(checked.classify(error)),
            };
            checked.add(&chunk[..read])?;
            to.write_all(&chunk[..read])?;
        }
    })
}

fn with_content(
    archive: &File,
    entry: &Entry,
    read: impl FnOnce(&mut dyn Read) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut packed = Window { file: archive, at: entry.data_start, left: entry.packed };
    if entry.deflated {
        let capacity = entry.packed.clamp(1, CHUNK as u64) as usize;
        read(&mut DeflateDecoder::new(BufReader::with_capacity(capacity, packed)))
    } else {
        read(&mut packed)
    }
}

/// A part of a file, read by offset.
struct Window<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read_at(&mut buffer[..want], self.at)?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Holds an entry to its declared size and checksum.
struct Checked<'a> {
    entry: &'a Entry,
    crc: Crc,
    size: u64,
}

impl<'a> Checked<'a> {
    fn new(entry: &'a Entry) -> Self {
        Self { entry, crc: Crc::new(), size: 0 }
    }

    fn broken(&self, reason: &'static str) -> ArchiveError {
        Broken::in_entry(reason, &self.entry.path).into()
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.size += bytes.len() as u64;
        if self.size > self.entry.unpacked {
            return Err(self.broken("more bytes than it says"));
        }
        self.crc.update(bytes);
        Ok(())
    }

    fn finish(&self) -> Result<(), ArchiveError> {
        if self.size != self.entry.unpacked {
            return Err(self.broken("fewer bytes than it says"));
        }
        if self.crc.sum() != self.entry.crc {
            return Err(self.broken("a wrong checksum"));
        }
        Ok(())
    }

    /// What the decoder says about the data is the archive's fault; anything else is the disk's.
    fn classify(&self, error: io::Error) -> ArchiveError {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                self.broken("damaged compressed data")
            }
            _ => error.into(),
        }
    }
}

/// Whether the archive is a thin one (projects-and-jobs §1.6), which needs a storage that fetches dependencies.
pub(crate) fn is_thin(files: &[UnpackedFile]) -> bool {
    files.binary_search_by(|file| file.path.as_str().cmp("app-meta/startup-dependencies.json")).is_ok()
}

impl KeptContent {
    fn keep(&mut self, bytes: &[u8]) -> Arc<[u8]> {
        self.note(bytes.len() as u64);
        Arc::from(bytes)
    }
}
