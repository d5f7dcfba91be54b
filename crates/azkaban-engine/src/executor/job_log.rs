//! Logs of jobs: where they are, and those of jobs that had no process. A job with a process has its log written by the
//! supervisor.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use azkaban_core::ids::{ExecutionId, NodePath};
use azkaban_core::log_layout::DEFAULT_LAYOUT;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_runner::{Level, LogLine, LogSpec, LogWriter};

use crate::{Config, clock};

/// Executions whose logs share a folder.
const PER_FOLDER: i64 = 1000;
/// A file name may have 255 bytes; this leaves room for the rest of it.
const LONGEST_NAME: usize = 180;

/// The folder of an execution's logs.
pub(super) fn folder(log_dir: &Path, id: ExecutionId) -> PathBuf {
    log_dir.join((id.0 / PER_FOLDER).to_string())
}

/// The log of one attempt: Azkaban's name, in a folder of its own that outlives the execution.
pub(crate) fn path(log_dir: &Path, id: ExecutionId, node: &NodePath, attempt: u32) -> PathBuf {
    let retry = if attempt > 0 { format!("{attempt}.") } else { String::new() };
    folder(log_dir, id).join(format!("_job.{id}.{retry}{}.log", file_name(node)))
}

/// Where a job may leave its attachment.
pub(crate) fn attachment(log: &Path) -> PathBuf {
    log.with_extension("attach")
}

/// A nested id as part of a file name (projects-and-jobs §6.5). One that is too long is cut, and told apart by its hash.
pub(super) fn file_name(node: &NodePath) -> String {
    let name = node.as_str().replace(':', "._.").replace('/', "_");
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let end = (0..=LONGEST_NAME).rev().find(|&i| name.is_char_boundary(i)).unwrap_or(0);
    format!("{}~{:016x}", &name[..end], fnv(node.as_str()))
}

/// FNV-1a: the same in every build, as file names must be.
fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Deletes all logs and attachments of these executions. Files that are gone already are fine.
pub(crate) fn remove_logs(log_dir: &Path, ids: BTreeSet<ExecutionId>) -> std::io::Result<()> {
    let folders: BTreeSet<PathBuf> = ids.iter().map(|id| folder(log_dir, *id)).collect();
    for folder in folders {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if owner(&entry.file_name()).is_some_and(|id| ids.contains(&id)) {
                match std::fs::remove_file(entry.path()) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// The execution that a file of the log folder belongs to.
fn owner(name: &OsStr) -> Option<ExecutionId> {
    let name = name.to_str()?;
    let rest = name.strip_prefix("_job.").or_else(|| name.strip_prefix("_flow."))?;
    rest.split_once('.')?.0.parse().ok().map(ExecutionId)
}

/// How a job's log is written.
pub(crate) fn spec(
    config: &Config,
    id: ExecutionId,
    node: &NodePath,
    attempt: u32,
    layout: Option<&String>,
) -> LogSpec {
    let logger = node.as_str().rsplit(':').next().unwrap_or_default();
    LogSpec {
        path: path(&config.log_dir, id, node, attempt),
        layout: layout.map_or(DEFAULT_LAYOUT, String::as_str).to_owned(),
        logger: logger.to_owned(),
        time_zone: config.time_zone_name(),
        chunk_size: Some(config.log_chunk_size),
        backups: config.log_backups,
    }
}

/// The whole log of a job that had no process.
pub(super) struct JobLog {
    spec: LogSpec,
    lines: Vec<LogLine>,
    at: UnixMillis,
}

impl JobLog {
    pub(super) fn new(spec: LogSpec, mut lines: Vec<LogLine>, error: Option<&str>) -> Self {
        lines.extend(error.map(|text| LogLine { level: Level::Error, text: text.to_owned() }));
        Self { spec, lines, at: clock::now() }
    }

    /// The log of a job that could not be handed to the supervisor.
    pub(super) fn failure(spec: LogSpec, reason: &str) -> Self {
        Self::new(spec, Vec::new(), Some(reason))
    }

    /// Ends the log as the supervisor would.
    pub(super) fn closed(mut self, job_type: &str, job: &str, attempt: u32, status: Status) -> Self {
        self.lines.push(LogLine::closing(job_type, job, attempt, self.at, status.name()));
        self
    }

    /// Writes it. A log that cannot be written does not change how the job ended.
    pub(super) fn write(&self) {
        let written =
            LogWriter::create(self.spec.clone()).and_then(|mut writer| writer.write(self.at, &self.lines));
        if let Err(error) = written {
            tracing::warn!(log = %self.spec.path.display(), %error, "could not write a job's log");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_azkabans() {
        let check = |node: &str, attempt: u32, expected: &str| {
            let path = path(Path::new("/logs"), ExecutionId(2345), &NodePath::from(node), attempt);
            assert_eq!(path, Path::new("/logs/2").join(expected));
        };
        check("a", 0, "_job.2345.a.log");
        check("a", 2, "_job.2345.2.a.log");
        check("jobb:innerJobA", 0, "_job.2345.jobb._.innerJobA.log");
    }

    #[test]
    fn a_long_name_is_cut_and_stays_unique() {
        let long = |last: &str| NodePath::from(format!("{}{last}", "ä".repeat(200)).as_str());
        let (one, two) = (file_name(&long("1")), file_name(&long("2")));
        assert!(one.len() < 220 && one != two, "{one}");
    }
}
