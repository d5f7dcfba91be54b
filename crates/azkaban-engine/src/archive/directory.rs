//! The table of contents of a zip, read from an untrusted file and checked before anything is unpacked.
//!
//! We read the format ourselves rather than through a zip library: a library's map of entries hides what must be seen
//! here (names that are there twice, entries that share bytes, local headers that say something else than the table of
//! contents), and allocates for as many entries as the file claims to have. Sources: PKWARE's APPNOTE 4.3 and 4.4.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::error::{ArchiveError, Broken, EntryRule, Refusal};
use super::names::{self, NameTree};
use crate::config::ArchiveLimits;

const END: u32 = 0x0605_4b50;
const END_LEN: usize = 22;
const LONGEST_COMMENT: usize = 0xffff;
const END64_LOCATOR: u32 = 0x0706_4b50;
const END64_LOCATOR_LEN: usize = 20;
const END64: u32 = 0x0606_4b50;
const END64_LEN: usize = 56;
const CENTRAL: u32 = 0x0201_4b50;
const CENTRAL_LEN: usize = 46;
const LOCAL: u32 = 0x0403_4b50;
const LOCAL_LEN: usize = 30;
const EXTRA_ZIP64: u16 = 1;
const FLAG_ENCRYPTED: u16 = 1;
const FLAG_STRONGLY_ENCRYPTED: u16 = 1 << 6;
const FLAG_MASKED_HEADERS: u16 = 1 << 13;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The largest table of contents that is read, in bytes; with the limit on entries this bounds the memory it takes.
const MAX_TABLE: u64 = 64 * 1024 * 1024;
/// The ratio of sizes does not matter below this many unpacked bytes: a few files of zeros harm nobody.
const RATIO_FREE: u64 = 16 * 1024 * 1024;

/// A checked table of contents.
#[derive(Debug)]
pub(super) struct Directory {
    /// Entries in the order of the table.
    pub(super) entries: Vec<Entry>,
}

/// A file or folder of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    /// The name, parts joined by `/`; not empty.
    pub(super) path: String,
    pub(super) folder: bool,
    /// Some execute bit is set in the archive.
    pub(super) executable: bool,
    pub(super) deflated: bool,
    pub(super) crc: u32,
    /// Bytes in the archive.
    pub(super) packed: u64,
    /// Bytes that it is said to unpack to. Unpacking holds it to that.
    pub(super) unpacked: u64,
    /// Where its local header starts in the archive.
    header_start: u64,
    /// Where its bytes start.
    pub(super) data_start: u64,
}

/// Where the table of contents is.
struct Table {
    start: u64,
    len: u64,
    entries: u64,
    /// What is before the zip in the file (self-extracting archives): to be added to every offset.
    base: u64,
}

impl Directory {
    /// Reads and checks the table of contents of `file`, which is `len` bytes long.
    pub(super) fn read(file: &File, len: u64, limits: &ArchiveLimits) -> Result<Self, ArchiveError> {
        if len > limits.max_archive_bytes {
            return Err(Refusal::ArchiveTooLarge { limit: limits.max_archive_bytes }.into());
        }
        let table = find_table(file, len)?;
        if table.entries > limits.max_entries as u64 {
            return Err(Refusal::TooManyEntries { limit: limits.max_entries }.into());
        }
        if table.len > MAX_TABLE {
            return Err(Broken::new("a table of contents that is too large").into());
        }
        let bytes = read_at(file, table.start, table.len as usize, "the table of contents")?;
        let entries = read_entries(file, &bytes, &table, limits)?;
        check_sizes(&entries, len, limits)?;
        check_overlaps(&entries, table.start)?;
        Ok(Self { entries })
    }
}

fn find_table(file: &File, len: u64) -> Result<Table, ArchiveError> {
    const NO_END: &str = "no end of a zip";
    let tail_len = len.min((END_LEN + LONGEST_COMMENT + END64_LOCATOR_LEN) as u64) as usize;
    let tail_start = len - tail_len as u64;
    let tail = read_at(file, tail_start, tail_len, NO_END)?;
    let end = (0..=tail_len.saturating_sub(END_LEN))
        .rev()
        .find(|&at| {
            let fields = Fields(&tail[at..]);
            fields.0.len() >= END_LEN
                && fields.u32(0) == END
                && END_LEN + usize::from(fields.u16(20)) == fields.0.len()
        })
        .ok_or(Broken::new(NO_END))?;
    let end_at = tail_start + end as u64;
    let fields = Fields(&tail[end..]);
    let (disk, table_disk) = (fields.u16(4), fields.u16(6));
    let (entries, len, offset) = (fields.u16(10), fields.u32(12), fields.u32(16));
    let large = entries == u16::MAX || len == u32::MAX || offset == u32::MAX;
    if large && end >= END64_LOCATOR_LEN && Fields(&tail[end - END64_LOCATOR_LEN..]).u32(0) == END64_LOCATOR {
        return find_table64(file, Fields(&tail[end - END64_LOCATOR_LEN..]).u64(8));
    }
    if disk != 0 || table_disk != 0 {
        return Err(Broken::new("an archive of several disks").into());
    }
    place_table(end_at, entries.into(), len.into(), offset.into())
}

fn find_table64(file: &File, end_at: u64) -> Result<Table, ArchiveError> {
    let bytes = read_at(file, end_at, END64_LEN, "the zip64 end")?;
    let fields = Fields(&bytes);
    if fields.u32(0) != END64 || fields.u32(16) != 0 || fields.u32(20) != 0 {
        return Err(Broken::new("a damaged zip64 end").into());
    }
    place_table(end_at, fields.u64(32), fields.u64(40), fields.u64(48))
}

/// The table lies right before its end record; what the file says of its offset tells what was put before the zip.
fn place_table(end_at: u64, entries: u64, len: u64, offset: u64) -> Result<Table, ArchiveError> {
    let start = end_at.checked_sub(len).ok_or(Broken::new("a table of contents larger than the file"))?;
    let base = start.checked_sub(offset).ok_or(Broken::new("a table of contents beyond its place"))?;
    Ok(Table { start, len, entries, base })
}

fn read_entries(
    file: &File,
    bytes: &[u8],
    table: &Table,
    limits: &ArchiveLimits,
) -> Result<Vec<Entry>, ArchiveError> {
    let mut entries = Vec::new();
    let mut names = NameTree::new(limits.max_entries);
    let mut rest = bytes;
    for _ in 0..table.entries {
        let fields = Fields(rest);
        if rest.len() < CENTRAL_LEN || fields.u32(0) != CENTRAL {
            return Err(Broken::new("a damaged table of contents").into());
        }
        let name_end = CENTRAL_LEN + usize::from(fields.u16(28));
        let extra_end = name_end + usize::from(fields.u16(30));
        let end = extra_end + usize::from(fields.u16(32));
        if rest.len() < end {
            return Err(Broken::new("a table of contents that is cut off").into());
        }
        let (raw_name, extra) = (&rest[CENTRAL_LEN..name_end], &rest[name_end..extra_end]);
        if let Some(entry) = read_entry(file, fields, raw_name, extra, table, &mut names)? {
            entries.push(entry);
        }
        rest = &rest[end..];
    }
    // Whatever follows would be entries that the number of them denies.
    if rest.len() >= 4 && Fields(rest).u32(0) == CENTRAL {
        return Err(Broken::new("more entries than the number of them says").into());
    }
    Ok(entries)
}

fn read_entry(
    file: &File,
    fields: Fields,
    raw_name: &[u8],
    extra: &[u8],
    table: &Table,
    names: &mut NameTree,
) -> Result<Option<Entry>, ArchiveError> {
    let lossy = String::from_utf8_lossy(raw_name);
    let refuse = |rule| Err(ArchiveError::from(Refusal::entry(&lossy, rule)));
    let Ok(name) = std::str::from_utf8(raw_name) else { return refuse(EntryRule::NameEncoding) };
    let (flags, method) = (fields.u16(8), fields.u16(10));
    if flags & (FLAG_ENCRYPTED | FLAG_STRONGLY_ENCRYPTED | FLAG_MASKED_HEADERS) != 0 {
        return refuse(EntryRule::Encrypted);
    }
    if method != STORED && method != DEFLATED {
        return refuse(EntryRule::Method { method });
    }
    let sizes = sizes(&fields, extra, name)?;
    let mode = fields.u32(38) >> 16;
    let kind = mode & 0o170_000;
    let folder = name.ends_with(['/', '\\']) || kind == 0o040_000;
    match kind {
        0o120_000 => return refuse(EntryRule::SymbolicLink),
        0 | 0o040_000 | 0o100_000 => {}
        _ => return refuse(EntryRule::SpecialFile),
    }
    if folder && sizes.unpacked != 0 {
        return refuse(EntryRule::FolderWithContent);
    }
    if method == STORED && sizes.packed != sizes.unpacked {
        return Err(Broken::in_entry("two sizes of a stored file", name).into());
    }
    let parts = names::parts(name)?;
    if parts.is_empty() {
        return if folder { Ok(None) } else { refuse(EntryRule::NoName) };
    }
    names.add(name, &parts, folder)?;
    let header_at =
        table.base.checked_add(sizes.offset).ok_or(Broken::in_entry("an offset beyond the file", name))?;
    let data_start = read_local(file, header_at, raw_name, name, flags, method)?;
    Ok(Some(Entry {
        path: parts.join("/"),
        folder,
        executable: mode & 0o111 != 0,
        deflated: method == DEFLATED,
        crc: fields.u32(16),
        packed: sizes.packed,
        unpacked: sizes.unpacked,
        header_start: header_at,
        data_start,
    }))
}

/// The local header must agree with the table of contents, or two readers would see two archives. Returns where the
/// entry's bytes start.
fn read_local(
    file: &File,
    at: u64,
    raw_name: &[u8],
    name: &str,
    flags: u16,
    method: u16,
) -> Result<u64, ArchiveError> {
    let bytes = read_at(file, at, LOCAL_LEN + raw_name.len(), "a local header")?;
    let fields = Fields(&bytes);
    let agrees = fields.u32(0) == LOCAL
        && usize::from(fields.u16(26)) == raw_name.len()
        && &bytes[LOCAL_LEN..] == raw_name
        && fields.u16(8) == method
        && fields.u16(6) & FLAG_ENCRYPTED == flags & FLAG_ENCRYPTED;
    if !agrees {
        return Err(Broken::in_entry("a local header that disagrees with the table of contents", name).into());
    }
    // `at` is within the file, whose length fits in an i64, so that this cannot overflow.
    Ok(at + (LOCAL_LEN + raw_name.len()) as u64 + u64::from(fields.u16(28)))
}

struct Sizes {
    packed: u64,
    unpacked: u64,
    offset: u64,
}

/// Sizes and offset, from the zip64 extra field where the plain fields are full (APPNOTE 4.5.3).
fn sizes(fields: &Fields, extra: &[u8], name: &str) -> Result<Sizes, Broken> {
    let broken = || Broken::in_entry("a damaged extra field", name);
    let mut large = find_extra(extra, EXTRA_ZIP64).unwrap_or_default();
    let mut value = |plain: u32| -> Result<u64, Broken> {
        if plain != u32::MAX {
            return Ok(plain.into());
        }
        let (head, tail) = large.split_at_checked(8).ok_or_else(broken)?;
        large = tail;
        Ok(Fields(head).u64(0))
    };
    let (unpacked, packed, offset) = (value(fields.u32(24))?, value(fields.u32(20))?, value(fields.u32(42))?);
    if fields.u16(34) != 0 && fields.u16(34) != u16::MAX {
        return Err(Broken::in_entry("another disk", name));
    }
    Ok(Sizes { packed, unpacked, offset })
}

fn find_extra(mut extra: &[u8], wanted: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let (id, len) = (Fields(extra).u16(0), usize::from(Fields(extra).u16(2)));
        let body = extra.get(4..4 + len)?;
        if id == wanted {
            return Some(body);
        }
        extra = &extra[4 + len..];
    }
    None
}

fn check_sizes(entries: &[Entry], archive_len: u64, limits: &ArchiveLimits) -> Result<(), Refusal> {
    let total = entries.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.unpacked));
    if total > limits.max_unpacked_bytes {
        return Err(Refusal::UnpackedTooLarge { limit: limits.max_unpacked_bytes });
    }
    if total > RATIO_FREE && total / archive_len.max(1) >= limits.max_ratio {
        return Err(Refusal::RatioTooHigh { limit: limits.max_ratio });
    }
    Ok(())
}

/// Entries lie before the table of contents and none shares bytes with another (as in quoted-overlap zip bombs).
fn check_overlaps(entries: &[Entry], table_start: u64) -> Result<(), ArchiveError> {
    let mut order: Vec<&Entry> = entries.iter().collect();
    order.sort_by_key(|entry| entry.header_start);
    let mut free_from = 0;
    for entry in order {
        if entry.header_start < free_from {
            return Err(Refusal::entry(&entry.path, EntryRule::Overlap).into());
        }
        free_from = entry.data_start.saturating_add(entry.packed);
        if free_from > table_start {
            return Err(Broken::in_entry("bytes beyond the table of contents", &entry.path).into());
        }
    }
    Ok(())
}

/// Reads exactly `len` bytes at `at`; a file that ends before is broken.
fn read_at(file: &File, at: u64, len: usize, what: &'static str) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = vec![0; len];
    if at > i64::MAX as u64 {
        return Err(Broken::new(what).into());
    }
    match file.read_exact_at(&mut bytes, at) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Broken::new(what).into()),
        Err(error) => Err(error.into()),
    }
}

/// Little-endian fields of a record whose length was checked.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from(self.u16(at)) | u32::from(self.u16(at + 2)) << 16
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from(self.u32(at)) | u64::from(self.u32(at + 4)) << 32
    }
}
