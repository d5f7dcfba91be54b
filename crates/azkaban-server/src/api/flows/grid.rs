//! Jobs × runs of a flow: the structure once, one character per job and run.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::execution::Graph;
use azkaban_core::ids::{ExecutionId, NodeIndex};
use azkaban_core::project::ProjectModel;
use azkaban_core::status::Status;
use azkaban_engine::FlowRun;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::graph::{Levels, text};
use super::readable;
use crate::api::extract::{Path, Query, Signed};
use crate::api::list::limit;
use crate::api::problem::{Answer, Problem};
use crate::api::schema::{StatusName, millis};
use crate::api::session::reply;
use crate::app::App;

/// Runs at most.
const MAX_RUNS: usize = 100;
/// Rows at most.
const MAX_JOBS: usize = 20_000;
/// Where a run had no such job.
const NONE: u8 = b'-';

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get))
}

/// The character of a status in a grid.
fn code(status: Status) -> u8 {
    match status {
        Status::Ready => b'R',
        Status::Dispatching => b'D',
        Status::Preparing => b'E',
        Status::Running => b'N',
        Status::Paused => b'P',
        Status::Succeeded => b'S',
        Status::Killing => b'k',
        Status::Killed => b'K',
        Status::ExecutionStopped => b'X',
        Status::Failed => b'F',
        Status::FailedFinishing => b'f',
        Status::Skipped => b's',
        Status::Disabled => b'd',
        Status::Queued => b'Q',
        Status::FailedSucceeded => b'w',
        Status::Cancelled => b'C',
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GridQuery {
    /// How many runs.
    #[param(minimum = 1, maximum = 100, default = 30)]
    runs: Option<usize>,
    /// Only runs older than this execution.
    before: Option<i64>,
}

/// Jobs × runs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grid {
    /// The version that `jobs` are of.
    version: i32,
    /// Paths, a flow before what is in it, by level and id.
    jobs: Vec<String>,
    /// There are more jobs than are listed.
    truncated: bool,
    /// What the characters mean.
    codes: BTreeMap<String, StatusName>,
    /// Newest first.
    runs: Vec<GridRun>,
    /// `before` for older runs, if there are any.
    next_before: Option<i64>,
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GridRun {
    id: i64,
    status: StatusName,
    version: i32,
    user: String,
    submitted_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    /// One character per entry of `jobs`; `-` where the run had no such job.
    cells: String,
}

/// The nodes in the order of a grid, without the flow itself.
fn order(graph: &Graph, model: &ProjectModel) -> Vec<NodeIndex> {
    let mut levels = Levels::new(model);
    let mut order = Vec::with_capacity(graph.len());
    let mut open = vec![NodeIndex::ROOT];
    while let Some(node) = open.pop() {
        if node != NodeIndex::ROOT {
            order.push(node);
        }
        let mut children: Vec<NodeIndex> = graph.node(node).children().collect();
        // Children come by id; the last pushed is the first taken.
        children.sort_by_key(|child| levels.of(graph, *child));
        open.extend(children.into_iter().rev());
    }
    order
}

fn run(run: FlowRun, rows: &HashMap<&str, usize>, count: usize, version: i32) -> GridRun {
    let summary = run.summary;
    let is_over = summary.status.is_terminal_for_execution();
    let blank = if !is_over && summary.version.0 == version { code(Status::Ready) } else { NONE };
    let mut cells = vec![blank; count];
    for (path, state) in &run.nodes {
        if let Some(&row) = rows.get(path.as_str()) {
            cells[row] = code(state.status);
        }
    }
    GridRun {
        id: summary.id.0,
        status: StatusName(summary.status),
        version: summary.version.0,
        user: summary.submit_user,
        submitted_at: summary.submitted_at.0,
        started_at: millis(summary.started_at),
        ended_at: millis(summary.ended_at),
        cells: cells.into_iter().map(char::from).collect(),
    }
}

/// Jobs × runs of a flow.
#[utoipa::path(get, path = "/projects/{project}/flows/{flow}/grid", tag = "flows", operation_id = "getGrid",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."), GridQuery),
    responses((status = 200, description = "The grid.", body = Grid)))]
async fn get(
    signed: Signed,
    Path((name, flow)): Path<(String, String)>,
    Query(query): Query<GridQuery>,
) -> Answer<Response> {
    let project = readable(&signed, &name)?;
    let count = limit(query.runs, 30, MAX_RUNS)?;
    let (version, model) = signed.model(&project, None).await?;
    let graph = signed.engine().flow_graph(project.id, version, &flow).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let mut jobs: Vec<String> = order(&graph, &model).into_iter().map(|node| text(&graph, node)).collect();
    let truncated = jobs.len() > MAX_JOBS;
    jobs.truncate(MAX_JOBS);
    let rows: HashMap<&str, usize> =
        jobs.iter().enumerate().map(|(row, path)| (path.as_str(), row)).collect();
    let before = query.before.map(ExecutionId);
    let mut found = signed.engine().flow_runs(project.id, &flow, before, count as u64 + 1).await?;
    let more = found.len() > count;
    found.truncate(count);
    let next_before = found.last().filter(|_| more).map(|run| run.summary.id.0);
    let runs = found.into_iter().map(|found| run(found, &rows, rows.len(), version.0)).collect();
    let codes = Status::ALL.map(|status| (char::from(code(status)).to_string(), StatusName(status)));
    drop(rows);
    Ok(reply(&Grid { version: version.0, jobs, truncated, codes: codes.into(), runs, next_before }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_character_of_its_own() {
        let codes: std::collections::BTreeSet<u8> = Status::ALL.into_iter().map(code).collect();
        assert_eq!(codes.len(), Status::ALL.len());
        assert!(!codes.contains(&NONE));
    }
}
