//! Project archives made in memory.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip of these files, in the given order. Paths use `/`; files that end in `.sh` or `.py` are executable.
///
/// # Panics
/// If a path is given twice.
pub fn zip_of<'a, T: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'a str, T)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        let mode = if path.ends_with(".sh") || path.ends_with(".py") { 0o755 } else { 0o644 };
        zip.start_file(path, SimpleFileOptions::default().unix_permissions(mode)).expect("each path once");
        zip.write_all(content.as_ref()).expect("writing to memory");
    }
    zip.finish().expect("writing to memory").into_inner()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn files_come_out_as_they_went_in() {
        let bytes = zip_of([("a.job", "type=noop\n"), ("sub/b.sh", "exit 0\n")]);
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        zip.by_name("sub/b.sh").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "exit 0\n");
        assert_eq!(zip.by_name("sub/b.sh").unwrap().unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(zip.len(), 2);
    }
}
