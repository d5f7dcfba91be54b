//! The properties that a job hands on, from the file it wrote them to (projects-and-jobs §5.6).

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;

use azkaban_core::props::{Props, outputs};
use rustix::fs::OFlags;

/// Output files beyond this are not read.
const MAX_BYTES: u64 = 16 << 20;

/// What a job that succeeded wrote, and what is wrong with it: then the good keys are kept, and the job stays succeeded.
pub(super) fn read(path: Option<&str>) -> (Props, Option<String>) {
    let Some(path) = path else { return (Props::new(), None) };
    let mut bytes = Vec::new();
    match open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > MAX_BYTES => (
            Props::new(),
            Some(format!("the output properties are larger than {MAX_BYTES} bytes and were not read")),
        ),
        Ok(_) => outputs::parse(&bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => (Props::new(), None),
        Err(error) => (Props::new(), Some(format!("the output properties could not be read: {error}"))),
    }
}

/// Opens the file itself, no other that a job may have put a link to, and nothing that would have to be waited for.
fn open(path: &str) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("not a file")),
    }
}
