//! Reading the logs of jobs and flows by byte offset (http-api §4.20).

use std::io::Read;

use azkaban_core::ids::NodeIndex;
use azkaban_runner::LogFiles;

use super::ExecutionView;
use crate::error::Internal;
use crate::{Engine, executor};

/// The most bytes that one read returns.
const MAX_LENGTH: u64 = 16 << 20;

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWindow {
    /// The bytes, fewer than asked for at the end of the log.
    pub bytes: Vec<u8>,
    /// Where the first of them stands.
    pub offset: u64,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Nothing has been written to it yet, or nothing ever was.
    #[error("there is no log")]
    NotStarted,
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl Engine {
    /// Bytes of the log of one attempt, the latest unless another is meant. At most 16 MiB a call.
    ///
    /// # Errors
    /// [`LogError::NotStarted`] if the attempt has no log.
    pub async fn execution_job_log(
        &self,
        view: &ExecutionView,
        node: NodeIndex,
        attempt: u32,
        offset: u64,
        length: u64,
    ) -> Result<LogWindow, LogError> {
        let job = &view.graph.node(node);
        let path = executor::job_log_path(&self.inner.config.log_dir, view.summary.id, &job.path, attempt);
        read(path, offset, length).await
    }

    /// Bytes of the flow's own log. At most 16 MiB a call.
    ///
    /// # Errors
    /// [`LogError::NotStarted`] if the execution has not started.
    pub async fn execution_flow_log(
        &self,
        view: &ExecutionView,
        offset: u64,
        length: u64,
    ) -> Result<LogWindow, LogError> {
        let path =
            executor::flow_log_path(&self.inner.config.log_dir, view.summary.id, &view.summary.flow_id);
        read(path, offset, length).await
    }
}

impl Engine {
    /// The attachment that an attempt left: JSON, shown as it is. `None` if there is none, or none that is JSON.
    pub async fn execution_attachment(
        &self,
        view: &ExecutionView,
        node: NodeIndex,
        attempt: u32,
    ) -> Result<Option<serde_json::Value>, Internal> {
        let job = view.graph.node(node);
        let log = executor::job_log_path(&self.inner.config.log_dir, view.summary.id, &job.path, attempt);
        let path = executor::attachment_path(&log);
        let read = move || match std::fs::File::open(&path) {
            Ok(file) => {
                let mut bytes = Vec::new();
                file.take(MAX_LENGTH).read_to_end(&mut bytes)?;
                Ok(serde_json::from_slice(&bytes).ok())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let result: std::io::Result<_> = tokio::task::spawn_blocking(read).await.map_err(Internal::new)?;
        result.map_err(Internal::new)
    }
}

async fn read(path: std::path::PathBuf, offset: u64, length: u64) -> Result<LogWindow, LogError> {
    let read = move || {
        let Some(files) = LogFiles::open(&path)? else { return Ok(None) };
        let bytes = files.read(offset, usize::try_from(length.min(MAX_LENGTH)).unwrap_or(0))?;
        Ok(Some(LogWindow { bytes, offset }))
    };
    let result: std::io::Result<Option<LogWindow>> =
        tokio::task::spawn_blocking(read).await.map_err(Internal::new)?;
    result.map_err(Internal::new)?.ok_or(LogError::NotStarted)
}
