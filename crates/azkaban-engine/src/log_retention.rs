//! Deleting old logs (execution-and-scheduling §8), in small steps and only when the configuration says so.
//!
//! Steps go from the execution that ended first to those that ended later. How far they have come is stored after the files
//! of a step are gone, so that a step that a crash cut short is done again.

use std::path::PathBuf;
use std::time::Duration;

use azkaban_core::ids::ExecutionId;
use azkaban_core::time::UnixMillis;
use azkaban_store::{Change, Error, Store};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::error::Internal;
use crate::{clock, executor};

/// The name under which it is stored how far the steps have come.
const PROGRESS: &str = "log_retention";

/// When logs are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRetention {
    /// `execution.logs.retention.ms`: logs of executions that ended longer ago are deleted; zero keeps all.
    pub age: Duration,
    /// `execution.logs.cleanup.interval.seconds`: how often they are looked for.
    pub interval: Duration,
    /// `execution.logs.cleanup.record.limit`: executions of one step.
    pub step: u32,
}

/// Between steps, as in Azkaban.
const PAUSE: Duration = Duration::from_secs(1);

/// The execution that was dealt with last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    ended_at: i64,
    id: i64,
}

/// Deletes old logs for as long as the store is open.
pub(crate) async fn run(store: Store, log_dir: PathBuf, retention: LogRetention) {
    if retention.age.is_zero() {
        return;
    }
    let age = i64::try_from(retention.age.as_millis()).unwrap_or(i64::MAX);
    loop {
        let before = UnixMillis(clock::now().0.saturating_sub(age));
        match clean(&store, &log_dir, before, retention.step, PAUSE).await {
            Ok(0) => {}
            Ok(executions) => tracing::info!(executions, "deleted old logs"),
            Err(CleanError::Store(Error::Closed)) => return,
            Err(error) => tracing::warn!(%error, "old logs could not be deleted; they are tried again"),
        }
        sleep(retention.interval).await;
    }
}

#[derive(Debug, thiserror::Error)]
enum CleanError {
    #[error(transparent)]
    Store(#[from] Error),
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Deletes the logs of every execution that ended before a time; how many there were.
async fn clean(
    store: &Store,
    log_dir: &std::path::Path,
    before: UnixMillis,
    step: u32,
    pause: Duration,
) -> Result<usize, CleanError> {
    let stored = store.server_state_get(PROGRESS).await?;
    let mut progress: Progress = stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let mut cleaned = 0;
    loop {
        let after = (UnixMillis(progress.ended_at), ExecutionId(progress.id));
        let ended = store.executions_ended_between(after, before, step.max(1)).await?;
        let Some(&(ended_at, id)) = ended.last() else { return Ok(cleaned) };
        cleaned += ended.len();
        let folder = log_dir.to_owned();
        let remove = move || executor::remove_logs(&folder, ended.iter().map(|&(_, id)| id).collect());
        tokio::task::spawn_blocking(remove).await.map_err(Internal::new)?.map_err(Internal::new)?;
        progress = Progress { ended_at: ended_at.0, id: id.0 };
        let value = Some(serde_json::to_string(&progress).map_err(Internal::new)?);
        store.commit(vec![Change::ServerStateSet { name: PROGRESS, value }]).await?;
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use azkaban_core::ids::{NodePath, ProjectId, ProjectVersion};
    use azkaban_core::options::ExecutionOptions;
    use azkaban_core::status::Status;
    use azkaban_store::{ExecutionState, RunningFacts, Submission};

    use super::*;

    /// An execution with logs; one without an end still runs.
    async fn execution(store: &Store, logs: &Path, ended_at: Option<i64>) -> ExecutionId {
        let submission = Submission {
            project_version: ProjectVersion(1),
            status: Status::Preparing,
            submit_user: "ann".to_owned(),
            submitted_at: UnixMillis(0),
            source: "adhoc".to_owned(),
            priority: 5,
            uuid: String::new(),
            options: ExecutionOptions::default(),
            flags: "{}".to_owned(),
            nodes: Vec::new(),
            audit: None,
        };
        let decide = move |_: &RunningFacts| Ok::<_, ()>(submission);
        let id = store.execution_submit(ProjectId(1), "f", decide).await.unwrap().unwrap();
        if let Some(at) = ended_at {
            let end = ExecutionState {
                id,
                status: Status::Succeeded,
                started_at: Some(UnixMillis(0)),
                ended_at: Some(UnixMillis(at)),
                updated_at: UnixMillis(at),
                flags: "{}".to_owned(),
            };
            store.commit(vec![Change::ExecutionUpdate(end)]).await.unwrap();
        }
        let log = executor::job_log_path(logs, id, &NodePath::from("a"), 0);
        std::fs::create_dir_all(log.parent().unwrap()).unwrap();
        for path in [
            log.clone(),
            log.with_extension("log.1"),
            executor::attachment_path(&log),
            executor::job_log_path(logs, id, &NodePath::from("a"), 3),
            executor::flow_log_path(logs, id, "f"),
        ] {
            std::fs::write(path, "text").unwrap();
        }
        id
    }

    fn left(logs: &Path) -> BTreeSet<i64> {
        let files = std::fs::read_dir(logs).unwrap().flatten().flat_map(|folder| {
            std::fs::read_dir(folder.path()).unwrap().flatten().map(|file| file.file_name())
        });
        files.map(|name| name.to_str().unwrap().split('.').nth(1).unwrap().parse().unwrap()).collect()
    }

    #[tokio::test]
    async fn logs_of_old_executions_go_step_by_step_and_all_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (store, logs) =
            (Store::open(&folder.path().join("azkaban.db")).unwrap(), folder.path().join("logs"));
        let mut ids = Vec::new();
        for ended_at in [Some(3_000), Some(1_000), None, Some(1_000), Some(1_000), Some(9_000)] {
            ids.push(execution(&store, &logs, ended_at).await);
        }
        let clean = async |before| clean(&store, &logs, UnixMillis(before), 2, Duration::ZERO).await.unwrap();
        assert_eq!(clean(1_000).await, 0);
        assert_eq!(left(&logs).len(), 6);
        assert_eq!(clean(5_000).await, 4);
        let stay: BTreeSet<i64> = [ids[2].0, ids[5].0].into();
        assert_eq!(left(&logs), stay);
        assert_eq!(clean(5_000).await, 0);
        assert_eq!(clean(9_001).await, 1);
        assert_eq!(left(&logs), [ids[2].0].into());
    }
}
