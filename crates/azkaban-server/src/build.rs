//! Which build of the program this is, so that a page that is older than the server can tell.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::UNIX_EPOCH;

/// A name for the running program: the same after each start, another one for another build.
pub(crate) fn id() -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    if let Ok(meta) = std::env::current_exe().and_then(std::fs::metadata) {
        meta.len().hash(&mut hasher);
        let modified = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        modified.map(|time| time.as_nanos()).hash(&mut hasher);
    }
    format!("{:012x}", hasher.finish() & 0xffff_ffff_ffff)
}
