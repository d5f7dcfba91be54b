//! A log of 1 GiB in 10 million lines, with one error in it.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use azkaban_core::ids::ExecutionId;

use super::Outcome;

/// Lines of the log.
const LINES: u32 = 10_000_000;
/// The line that tells of an error.
const ERROR_AT: u32 = 6_000_000;
/// Executions whose logs share a folder.
const PER_FOLDER: i64 = 1_000;

/// Writes the log of a job's first attempt, in one segment.
pub(super) fn write(logs: &Path, execution: ExecutionId, job: &str) -> Outcome<()> {
    let folder = logs.join((execution.0 / PER_FOLDER).to_string());
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join(format!("_job.{execution}.{job}.log")))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    // 108 bytes a line: a little more than 1 GiB.
    let template = format!(
        "24-11-2026 10:24:01 PST {job} INFO - row 00000000 of table orders is loaded, 17 columns, none is empty {:.>5}\n",
        ""
    );
    let digits = template.find("00000000").ok_or("the template has digits")?;
    let mut line = template.into_bytes();
    for number in 0..LINES {
        let mut rest = number;
        for place in (digits..digits + 8).rev() {
            line[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if number == ERROR_AT {
            writeln!(out, "24-11-2026 10:24:01 PST {job} ERROR - row {number}: ORA-00054: resource busy")?;
        } else {
            out.write_all(&line)?;
        }
    }
    out.flush()?;
    Ok(())
}
