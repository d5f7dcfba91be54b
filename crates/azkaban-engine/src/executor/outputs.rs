//! The properties that a job hands on, from the file it wrote them to (projects-and-jobs §5.6).

use std::fs::File;
use std::io::{ErrorKind, Read};

use azkaban_core::props::{Props, outputs};

/// Output files beyond this are not read.
const MAX_BYTES: u64 = 16 << 20;

/// What a job that succeeded wrote, and what is wrong with it: then the good keys are kept, and the job stays succeeded.
pub(super) fn read(path: Option<&str>) -> (Props, Option<String>) {
    let Some(path) = path else { return (Props::new(), None) };
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > MAX_BYTES => (
            Props::new(),
            Some(format!("the output properties are larger than {MAX_BYTES} bytes and were not read")),
        ),
        Ok(_) => outputs::parse(&bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => (Props::new(), None),
        Err(error) => (Props::new(), Some(format!("the output properties could not be read: {error}"))),
    }
}
