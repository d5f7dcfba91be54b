//! Making files outlive a power cut.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in a folder durable: what was created in, renamed into or removed from it.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
