//! Taking up what was unfinished when the server last stopped, however it stopped.
//!
//! The store says which attempts were started, the supervisors say which of them they hold. Gather, plan, carry out: the
//! plan is a pure function (`plan`), so that each combination can be tested.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use azkaban_core::execution::{FlowExecution, NodeSnapshot, NodeState, PastAttempt, Snapshot};
use azkaban_core::ids::{AttemptKey, ExecutionId, NodeIndex, NodePath};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_runner::{FoundAttempt, FoundState, LostSupervisors};
use azkaban_store::{AttemptRow, Change, ExecutionRecord, ExecutionRow, ExecutionState};
use tokio::sync::mpsc;

use super::actor::Seed;
use super::live::{Live, Message};
use super::prepare::Preparer;
use super::step::StoredFlags;
use super::{LOST, NewExecution, lock, notices, policy, workspace};
use crate::executions::{node_state, summary};
use crate::{Inner, Internal, clock};

/// What becomes of an attempt that the store knows as started.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// A supervisor holds it: its end comes, or came.
    Held,
    /// Its supervisor never got it: the server died before it could ask. It is started now.
    NeverStarted,
    /// Its supervisor is gone, and with it the knowledge.
    Lost,
}

/// What is to be done with an attempt. `lost` are supervisors of which nobody can say what they had; a supervisor that
/// ended in order never had an attempt that it did not tell of.
fn fate(held: bool, attempt: &AttemptRow, lost: &LostSupervisors) -> Fate {
    let since = attempt.started_at.unwrap_or(UnixMillis(0));
    if held {
        Fate::Held
    } else if lost.may_have_had(attempt.supervisor.as_deref(), since) {
        Fate::Lost
    } else {
        Fate::NeverStarted
    }
}

/// Why the executions of an earlier run cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] azkaban_store::Error),
    /// A folder cannot be used.
    #[error("cannot use the folder {}: {source}", .folder.display())]
    Folder {
        /// Which.
        folder: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Takes up every unfinished execution. `found` is what the supervisors hold.
pub(crate) async fn recover(
    engine: &Arc<Inner>,
    found: Vec<FoundAttempt>,
    lost: &LostSupervisors,
) -> Result<(), RecoverError> {
    let rows = engine.store.executions_unfinished_list().await?;
    let unfinished: BTreeSet<ExecutionId> = rows.iter().map(|row| row.id).collect();
    let mut held: HashMap<AttemptKey, FoundState> = found.into_iter().map(|f| (f.key, f.state)).collect();
    let folder = &engine.config.execution_dir;
    workspace::sweep(folder, &unfinished)
        .map_err(|source| RecoverError::Folder { folder: folder.clone(), source })?;
    if !rows.is_empty() {
        tracing::info!(executions = rows.len(), jobs = held.len(), "taking up what was unfinished");
    }
    for row in rows {
        let Some(record) = engine.store.execution_record_get(row.id).await? else { continue };
        let (id, flow) = (row.id, row.flow.clone());
        if let Err(error) = take_up(engine, record, &mut held, lost).await {
            tracing::error!(execution = %id, flow, %error, "cannot go on with an execution; it counts as failed");
            give_up(engine, &row, &error).await?;
        }
    }
    for (key, state) in held {
        // Its end is stored, and only the acknowledgement was lost; or its execution could not be taken up.
        if matches!(state, FoundState::Running { .. }) {
            tracing::warn!(attempt = %key, "stopping a job that belongs to no unfinished execution");
            engine.executor.runner().stop(&key);
        }
        engine.executor.runner().acknowledge(&key);
    }
    engine.executor.dispatch();
    Ok(())
}

async fn take_up(
    engine: &Arc<Inner>,
    record: ExecutionRecord,
    held: &mut HashMap<AttemptKey, FoundState>,
    lost: &LostSupervisors,
) -> Result<(), Internal> {
    let projects = &engine.services.projects;
    let row = &record.row;
    let project =
        projects.by_id(row.project).await?.ok_or_else(|| Internal::new("its project is not stored"))?;
    let model = projects.model(row.project, row.project_version).await?;
    let executor = &engine.executor;
    let graph = executor.graph(row.project, row.project_version, &model, &row.flow).map_err(Internal::new)?;
    let options = Arc::new(record.options.clone());
    let stored: StoredFlags = serde_json::from_str(&row.flags).map_err(Internal::new)?;
    let sla = stored.sla.clone();
    let snapshot = snapshot(&record, stored);
    let started = row.status != Status::Preparing;
    let policy = policy(engine, row.project, &options);
    let mut run = FlowExecution::restore(Arc::clone(&graph), policy, &options.disabled, snapshot)
        .map_err(Internal::new)?;
    let overrides = engine
        .store
        .property_overrides_list(row.project, row.project_version)
        .await
        .map_err(Internal::new)?;
    let new = NewExecution {
        id: row.id,
        project,
        model,
        graph: Arc::clone(&graph),
        flow_id: row.flow.clone(),
        version: row.project_version,
        options: Arc::clone(&options),
        source: Arc::from(row.source.as_str()),
        priority: row.priority,
        submit_user: row.submit_user.clone(),
        submitted_at: row.submitted_at,
        uuid: row.uuid.clone(),
        overrides: Arc::new(crate::projects::overrides(overrides)),
    };
    let (sender, mailbox) = mpsc::unbounded_channel();
    let summary = summary(record.row.clone());
    let active: Vec<(NodeIndex, u32)> = run.active_attempts().collect();
    let rows: HashMap<AttemptKey, AttemptRow> =
        record.attempts.into_iter().map(|a| (a.key.clone(), a)).collect();
    let (mut attempts, mut restart, mut messages) = (HashMap::new(), Vec::new(), Vec::new());
    for (node, attempt) in active {
        let key = AttemptKey { execution: record.row.id, node: graph.node(node).path.clone(), attempt };
        let Some(attempt_row) = rows.get(&key) else {
            return Err(Internal::new(format!("attempt {key} runs but is not stored")));
        };
        attempts.insert((node, attempt), attempt_row.clone());
        let state = held.remove(&key);
        match fate(state.is_some(), attempt_row, lost) {
            Fate::Held => {
                if let Some(FoundState::Ended(end)) = state {
                    messages.push(Message::Ended { node, attempt, end });
                }
            }
            Fate::NeverStarted => restart.push((node, attempt)),
            Fate::Lost => messages.push(Message::Lost { node, attempt, reason: LOST.to_owned() }),
        }
    }
    let effects = if started { run.resume_effects(clock::now()) } else { Vec::new() };
    let live = Arc::new(Live::new(summary, options, Arc::clone(&new.source), &run, sender));
    for message in messages {
        live.send(message);
    }
    let pipeline = executor.pipeline(&new.options);
    let priority = new.priority;
    let mut preparer = Preparer::new(engine, new);
    if started {
        preparer.assume_workspace();
    }
    let seed = Seed {
        engine: Arc::clone(engine),
        live: Arc::clone(&live),
        run,
        mailbox,
        preparer,
        pipeline,
        attempts,
        effects,
        restart,
        sla,
    };
    if started {
        lock(&executor.slots).adopt(live.id);
    } else {
        lock(&executor.slots).wait(live.id, priority);
    }
    executor.add(live, seed);
    Ok(())
}

/// The stored rows as the state machine's snapshot.
fn snapshot(record: &ExecutionRecord, stored: StoredFlags) -> Snapshot {
    let row = &record.row;
    let flags = stored.flags;
    let root = NodeState {
        status: row.status,
        attempt: 0,
        started_at: row.started_at,
        ended_at: row.ended_at,
        updated_at: Some(row.updated_at),
        not_before: None,
        marks: stored.marks,
    };
    let mut nodes =
        vec![NodeSnapshot { path: NodePath::root(), state: root, past_attempts: Vec::new(), outputs: None }];
    let mut by_node: HashMap<&NodePath, Vec<&AttemptRow>> = HashMap::new();
    for attempt in &record.attempts {
        by_node.entry(&attempt.key.node).or_default().push(attempt);
    }
    for stored in &record.nodes {
        let state = node_state(stored);
        let attempts = by_node.get(&stored.path).map(Vec::as_slice).unwrap_or_default();
        let past = |a: &&&AttemptRow| a.key.attempt < state.attempt;
        let past_attempts = attempts
            .iter()
            .filter(past)
            .map(|a| PastAttempt {
                attempt: a.key.attempt,
                started_at: a.started_at,
                ended_at: a.ended_at,
                status: a.status,
            })
            .collect();
        let latest = attempts.iter().find(|a| a.key.attempt == state.attempt);
        let outputs = latest.and_then(|a| a.outputs.clone()).map(Arc::new);
        nodes.push(NodeSnapshot { path: stored.path.clone(), state, past_attempts, outputs });
    }
    Snapshot { flags, nodes }
}

/// Ends an execution that cannot be gone on with, so that it does not count as running for ever.
async fn give_up(engine: &Arc<Inner>, row: &ExecutionRow, why: &Internal) -> Result<(), RecoverError> {
    let now = clock::now();
    let state = ExecutionState {
        id: row.id,
        status: Status::Failed,
        started_at: row.started_at,
        ended_at: Some(now),
        updated_at: now,
        flags: row.flags.clone(),
    };
    let mut changes = vec![Change::ExecutionUpdate(state)];
    if engine.config.mail.is_some() {
        let options = engine.store.execution_options_get(row.id).await?.unwrap_or_default();
        let project = engine.services.projects.by_id(row.project).await.ok().flatten();
        let project = project.map_or_else(|| row.project.to_string(), |project| project.name.clone());
        let mail = notices::given_up(row, project, &options, now, why.to_string());
        changes.extend(mail.and_then(|mail| mail.item(now, now)).map(Change::OutboxInsert));
    }
    engine.store.commit(changes).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_an_attempt_depends_on_who_knows_of_it() {
        let attempt = |supervisor: Option<&str>| AttemptRow {
            key: AttemptKey { execution: ExecutionId(1), node: NodePath::from("a"), attempt: 0 },
            status: Status::Running,
            started_at: Some(UnixMillis(0x150)),
            ended_at: None,
            retries: 0,
            backoff_ms: 0,
            supervisor: supervisor.map(str::to_owned),
            outputs: None,
            output_file: None,
            reason: None,
        };
        let lost: LostSupervisors = ["200-1-0".to_owned()].into_iter().collect();
        assert_eq!(fate(true, &attempt(Some("200-1-0")), &lost), Fate::Held);
        assert_eq!(fate(false, &attempt(Some("200-1-0")), &lost), Fate::Lost);
        // The one that it was meant for may have refused it.
        assert_eq!(fate(false, &attempt(Some("100-1-0")), &lost), Fate::Lost);
        assert_eq!(fate(false, &attempt(None), &lost), Fate::Lost);
        assert_eq!(fate(false, &attempt(Some("300-1-0")), &lost), Fate::NeverStarted);
        assert_eq!(fate(false, &attempt(Some("100-1-0")), &LostSupervisors::default()), Fate::NeverStarted);
    }
}
