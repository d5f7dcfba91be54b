//! Names of segments: the log's own path, then the same with `.1`, `.2`, … appended. A segment is never renamed, so a reader that has
//! it open is never surprised; the oldest are removed.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::sys::{self, Fd};

/// The file of segment `number`.
pub(crate) fn segment_path(base: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return base.to_owned();
    }
    let mut name = base.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Opens a segment for append, made together with its folder if it is not there. A `fresh` one is emptied.
pub(crate) fn open_segment(base: &Path, number: u32, fresh: bool) -> io::Result<Fd> {
    let path = segment_path(base, number);
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | if fresh { libc::O_TRUNC } else { 0 };
    match sys::file::open(&path, flags) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            sys::file::open(&path, flags)
        }
        result => result,
    }
}

/// Removes a segment that is no longer kept. That it may be gone already is no error.
pub(crate) fn remove_segment(base: &Path, number: u32) {
    let _ = std::fs::remove_file(segment_path(base, number));
}

/// The numbers of the segments that exist, ascending.
pub(crate) fn existing_segments(base: &Path) -> io::Result<Vec<u32>> {
    if base.try_exists()? {
        // The first one is still there: the others follow it without a gap.
        let mut numbers = vec![0];
        for number in 1.. {
            if !segment_path(base, number).try_exists()? {
                break;
            }
            numbers.push(number);
        }
        return Ok(numbers);
    }
    let (Some(folder), Some(name)) = (base.parent(), base.file_name()) else { return Ok(Vec::new()) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| segment_number(name, &entry.ok()?.file_name())).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn segment_number(base: &OsStr, name: &OsStr) -> Option<u32> {
    let suffix = name.as_bytes().strip_prefix(base.as_bytes())?.strip_prefix(b".")?;
    let digits = std::str::from_utf8(suffix).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}
