//! One step of a flow: everything that follows from some messages, gathered so that it is stored in one commit and done
//! only then. Persist first, act after the commit, publish last.

use std::collections::{BTreeMap, BTreeSet};

use azkaban_core::execution::{FlowExecution, FlowFlags, Marks, Refusal};
use azkaban_core::ids::{AttemptKey, ExecutionId, NodeIndex};
use azkaban_core::sla::SlaChecked;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AttemptRow, AuditEntry, Change, ExecutionState, NewOutboxItem, NodeState, SlaMissRow};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::work::Prepared;

/// Who asked for a command, and what to answer.
type Reply = (oneshot::Sender<Result<(), Refusal>>, Result<(), Refusal>);

/// What a step has to store, to do and to tell.
#[derive(Default)]
pub(super) struct Step {
    /// Nodes whose state is to be stored and published.
    pub(super) changed: BTreeSet<NodeIndex>,
    /// Nodes whose cancellation or skip the flow's log tells already.
    pub(super) passed_over: BTreeSet<NodeIndex>,
    /// Attempts to store, with whether they are new.
    pub(super) attempts: BTreeMap<(NodeIndex, u32), (AttemptRow, bool)>,
    /// What users asked for in this step.
    pub(super) audit: Vec<AuditEntry>,
    /// Attempts to start.
    pub(super) starts: Vec<Prepared>,
    /// Attempts to stop.
    pub(super) kills: Vec<AttemptKey>,
    /// Attempts whose end the supervisor may forget.
    pub(super) acknowledge: Vec<AttemptKey>,
    /// Whose command this answers, and with what.
    pub(super) replies: Vec<Reply>,
    /// Logs to write of jobs that had no process.
    pub(super) job_logs: Vec<super::job_log::JobLog>,
    /// Lines for the flow's log.
    pub(super) flow_log: Vec<String>,
    /// Rules that are missed.
    pub(super) sla_misses: Vec<SlaMissRow>,
    /// What is to be sent because of this step.
    pub(super) outbox: Vec<NewOutboxItem>,
    /// The execution ends with this step.
    pub(super) finished: Option<Status>,
}

/// What an execution's row holds for the state machine: JSON that only this crate reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredFlags {
    /// The flow's flags.
    pub(super) flags: FlowFlags,
    /// The root's marks.
    pub(super) marks: Marks,
    /// Which SLA rules have been judged.
    #[serde(skip_serializing_if = "SlaChecked::is_empty")]
    pub(super) sla: SlaChecked,
}

impl StoredFlags {
    fn to_json(&self) -> String {
        // Two plain structs always serialise; should that ever change, the flags start anew rather than be lost silently.
        serde_json::to_string(self).unwrap_or_else(|error| {
            tracing::error!(%error, "could not serialise the flags of an execution");
            "{}".to_owned()
        })
    }
}

impl Step {
    /// The rows that this step changes.
    pub(super) fn changes(
        &self,
        id: ExecutionId,
        run: &FlowExecution,
        sla: &SlaChecked,
        now: UnixMillis,
    ) -> Vec<Change> {
        let mut changes = Vec::with_capacity(self.changed.len() + self.attempts.len());
        for &index in self.changed.iter().filter(|&&index| index != NodeIndex::ROOT) {
            let state = run.node(index);
            changes.push(Change::NodeUpsert {
                execution: id,
                node: NodeState {
                    path: run.graph().node(index).path.clone(),
                    status: state.status,
                    attempt: state.attempt,
                    started_at: state.started_at,
                    ended_at: state.ended_at,
                    updated_at: state.updated_at,
                    not_before: state.not_before,
                    marks: (state.marks != Marks::NONE).then(|| state.marks.0.to_string()),
                },
            });
        }
        for (row, is_new) in self.attempts.values() {
            let row = row.clone();
            changes.push(if *is_new { Change::AttemptInsert(row) } else { Change::AttemptUpdate(row) });
        }
        if self.changed.contains(&NodeIndex::ROOT) {
            let root = run.node(NodeIndex::ROOT);
            changes.push(Change::ExecutionUpdate(ExecutionState {
                id,
                status: root.status,
                started_at: root.started_at,
                ended_at: root.ended_at,
                updated_at: root.updated_at.unwrap_or(now),
                flags: StoredFlags { flags: run.flags().clone(), marks: root.marks, sla: sla.clone() }
                    .to_json(),
            }));
        }
        changes.extend(self.audit.iter().cloned().map(Change::AuditInsert));
        changes.extend(self.sla_misses.iter().cloned().map(Change::SlaMissSet));
        changes.extend(self.outbox.iter().cloned().map(Change::OutboxInsert));
        changes
    }
}
