//! The log of a flow: what was done and why, in Azkaban's line layout. It never rolls (execution-and-scheduling §2.12).

use std::path::{Path, PathBuf};

use azkaban_core::ids::{ExecutionId, NodePath};
use azkaban_core::log_layout::DEFAULT_LAYOUT;
use azkaban_core::time::UnixMillis;
use azkaban_runner::{LogLine, LogSpec, LogWriter};

use super::job_log;
use crate::Config;

/// Where the log of an execution's flow is.
pub(crate) fn path(log_dir: &Path, id: ExecutionId, flow: &str) -> PathBuf {
    let name = job_log::file_name(&NodePath::from(flow));
    job_log::folder(log_dir, id).join(format!("_flow.{id}.{name}.log"))
}

/// How the log of an execution's flow is written.
pub(crate) fn spec(config: &Config, id: ExecutionId, flow: &str) -> LogSpec {
    LogSpec {
        path: path(&config.log_dir, id, flow),
        layout: DEFAULT_LAYOUT.to_owned(),
        logger: flow.to_owned(),
        time_zone: config.time_zone_name(),
        chunk_size: None,
        backups: 0,
    }
}

/// Appends to one flow's log, once per step of the flow.
pub(super) struct FlowLog {
    spec: LogSpec,
    writer: Option<LogWriter>,
    broken: bool,
}

impl FlowLog {
    pub(super) fn new(config: &Config, id: ExecutionId, flow: &str) -> Self {
        let spec = spec(config, id, flow);
        Self { spec, writer: None, broken: false }
    }

    /// Writes lines. A log that cannot be written stops no flow: it is told once and then left.
    pub(super) fn write(&mut self, at: UnixMillis, lines: Vec<String>) {
        if lines.is_empty() || self.broken {
            return;
        }
        let lines: Vec<LogLine> = lines.into_iter().map(LogLine::info).collect();
        if let Err(error) = self.try_write(at, &lines) {
            tracing::warn!(log = %self.spec.path.display(), %error, "could not write a flow's log");
            self.broken = true;
        }
    }

    fn try_write(&mut self, at: UnixMillis, lines: &[LogLine]) -> std::io::Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(LogWriter::open(self.spec.clone())?),
        };
        writer.write(at, lines)
    }
}
