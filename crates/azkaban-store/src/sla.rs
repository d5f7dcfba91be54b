//! When the SLA rules of flows were missed last.

use std::sync::LazyLock;

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::sla::SlaGoal;
use azkaban_core::time::UnixMillis;
use rusqlite::Connection;

use crate::convert::read_time;
use crate::dialect;
use crate::error::Result;
use crate::query::list;
use crate::store::Store;

static UPSERT: LazyLock<String> = LazyLock::new(|| {
    dialect::upsert("sla_miss", &["project_id", "flow_id", "job", "goal"], &["execution_id", "missed_at"])
});

/// The last time that a rule was missed. A rule that is moved to another deadline stays the same rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlaMissRow {
    /// The project.
    pub project: ProjectId,
    /// The flow's id.
    pub flow: String,
    /// The job's nested id; `None` of a rule about the flow.
    pub job: Option<String>,
    /// What was to be reached.
    pub goal: SlaGoal,
    /// By which execution.
    pub execution: ExecutionId,
    /// The deadline.
    pub at: UnixMillis,
}

impl Store {
    /// What was missed of the rules of each flow, at whatever time last.
    pub async fn sla_misses_list(&self, flows: Vec<(ProjectId, String)>) -> Result<Vec<Vec<SlaMissRow>>> {
        self.read_list(move |connection| {
            flows.iter().map(|(project, flow)| misses(connection, *project, flow)).collect()
        })
        .await
    }
}

fn misses(connection: &Connection, project: ProjectId, flow: &str) -> Result<Vec<SlaMissRow>> {
    list(
        connection,
        "SELECT job, goal, execution_id, missed_at FROM sla_miss WHERE project_id = ? AND flow_id = ?",
        (project.0, flow),
        |row| {
            let goal: String = row.get(1)?;
            let succeed = goal == SlaGoal::Succeed.name();
            Ok(SlaMissRow {
                project,
                flow: flow.to_owned(),
                job: Some(row.get::<_, String>(0)?).filter(|job| !job.is_empty()),
                goal: if succeed { SlaGoal::Succeed } else { SlaGoal::Finish },
                execution: ExecutionId(row.get(2)?),
                at: read_time(row, 3)?,
            })
        },
    )
}

pub(crate) fn miss_set(connection: &Connection, miss: &SlaMissRow) -> Result<()> {
    let job = miss.job.as_deref().unwrap_or_default();
    connection.prepare_cached(&UPSERT)?.execute((
        miss.project.0,
        &miss.flow,
        job,
        miss.goal.name(),
        miss.execution.0,
        miss.at.0,
    ))?;
    Ok(())
}
