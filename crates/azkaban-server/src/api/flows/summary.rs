//! How a flow has run lately: durations, failures, what takes longest.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{quantile, readable};
use crate::api::extract::{Path, Query, Signed};
use crate::api::list::limit;
use crate::api::problem::{Answer, Problem};
use crate::api::schema::{StatusName, millis};
use crate::api::session::reply;
use crate::app::App;

/// Runs that are looked at, at most.
const MAX_RUNS: usize = 200;
/// Jobs that are told, at most.
const MAX_JOBS: usize = 1_000;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SummaryQuery {
    /// How many of the newest runs.
    #[param(minimum = 1, maximum = 200, default = 100)]
    runs: Option<usize>,
    /// How many of the slowest jobs.
    #[param(minimum = 1, maximum = 1000, default = 20)]
    jobs: Option<usize>,
}

/// How a flow has run lately.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowSummary {
    /// Runs that were looked at.
    runs: usize,
    succeeded: usize,
    failed: usize,
    killed: usize,
    /// Median of successful runs.
    p50_ms: Option<i64>,
    p95_ms: Option<i64>,
    /// Newest first.
    trend: Vec<TrendPoint>,
    /// Jobs by their medians, the longest first.
    slowest: Vec<JobSummary>,
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrendPoint {
    id: i64,
    status: StatusName,
    started_at: Option<i64>,
    duration_ms: Option<i64>,
}

/// How a job has run lately.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobSummary {
    path: String,
    /// Runs that it ended in.
    runs: usize,
    failed: usize,
    p50_ms: Option<i64>,
    p95_ms: Option<i64>,
}

/// Milliseconds between two times that are there.
pub(in crate::api) fn duration(from: Option<UnixMillis>, to: Option<UnixMillis>) -> Option<i64> {
    Some((to?.0 - from?.0).max(0))
}

/// How a flow has run lately.
#[utoipa::path(get, path = "/projects/{project}/flows/{flow}/summary", tag = "flows", operation_id = "getFlowSummary",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."), SummaryQuery),
    responses((status = 200, description = "The summary.", body = FlowSummary)))]
async fn get(
    signed: Signed,
    Path((name, flow)): Path<(String, String)>,
    Query(query): Query<SummaryQuery>,
) -> Answer<Response> {
    let project = readable(&signed, &name)?;
    let count = limit(query.runs, 100, MAX_RUNS)?;
    let most = limit(query.jobs, 20, MAX_JOBS)?;
    let (version, _) = signed.model(&project, None).await?;
    let graph = signed.engine().flow_graph(project.id, version, &flow).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let runs = signed.engine().flow_runs(project.id, &flow, None, count as u64).await?;
    let is = |wanted: Status| runs.iter().filter(|run| run.summary.status == wanted).count();
    let (succeeded, failed, killed) = (is(Status::Succeeded), is(Status::Failed), is(Status::Killed));
    let mut lengths = Vec::new();
    let mut jobs: BTreeMap<&str, (Vec<i64>, usize)> = BTreeMap::new();
    for run in &runs {
        let length = duration(run.summary.started_at, run.summary.ended_at);
        lengths.extend(length.filter(|_| run.summary.status == Status::Succeeded));
        for (path, state) in &run.nodes {
            let is_job = graph.find(path).is_some_and(|node| graph.node(node).is_job());
            let Some(length) = duration(state.started_at, state.ended_at).filter(|_| is_job) else {
                continue;
            };
            let (lengths, failed) = jobs.entry(path.as_str()).or_default();
            lengths.push(length);
            *failed += usize::from(state.status == Status::Failed);
        }
    }
    lengths.sort_unstable();
    let mut slowest: Vec<JobSummary> = jobs
        .into_iter()
        .map(|(path, (mut lengths, failed))| {
            lengths.sort_unstable();
            JobSummary {
                path: path.to_owned(),
                runs: lengths.len(),
                failed,
                p50_ms: quantile(&lengths, 0.5),
                p95_ms: quantile(&lengths, 0.95),
            }
        })
        .collect();
    slowest.sort_by_key(|job| std::cmp::Reverse(job.p50_ms));
    slowest.truncate(most);
    let trend = runs.iter().map(|run| TrendPoint {
        id: run.summary.id.0,
        status: StatusName(run.summary.status),
        started_at: millis(run.summary.started_at),
        duration_ms: duration(run.summary.started_at, run.summary.ended_at),
    });
    Ok(reply(&FlowSummary {
        runs: runs.len(),
        succeeded,
        failed,
        killed,
        p50_ms: quantile(&lengths, 0.5),
        p95_ms: quantile(&lengths, 0.95),
        trend: trend.collect(),
        slowest,
    }))
}
