//! Flows of a project: the list, what they consist of, how they run.

mod execute;
mod graph;
mod grid;
mod jobs;
mod lock;
mod summary;

use std::sync::Arc;

use axum::response::Response;
use azkaban_core::permission::Permission;
use azkaban_engine::Project;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Path, Query, Signed};
use super::list::limit;
use super::problem::Answer;
use super::projects::ExecutionRef;
use super::session::reply;
use crate::app::App;
pub(super) use execute::{ConcurrencyRequest, ExecuteRequest, addresses};
pub(super) use graph::FailureActionName;

/// Recent executions per flow at most.
const MAX_RECENT: usize = 100;
/// Flows of a list at most.
const MAX_FLOWS: usize = 2_000;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .merge(graph::resources())
        .merge(grid::resources())
        .merge(summary::resources())
        .merge(lock::resources())
        .merge(jobs::resources())
        .merge(execute::resources())
}

/// Flows of a version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Flows {
    version: i32,
    /// By id; those that are defined inside another are left out.
    items: Vec<FlowItem>,
    /// There are more than are listed.
    truncated: bool,
}

/// A flow of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowItem {
    id: String,
    job_count: usize,
    /// Types of its jobs; `flow` if there are flows in it.
    job_types: Vec<String>,
    locked: bool,
    lock_message: Option<String>,
    /// Its newest executions, newest first.
    recent: Vec<ExecutionRef>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FlowsQuery {
    /// The version; the current one if absent.
    version: Option<i32>,
    /// Executions per flow.
    #[param(minimum = 1, maximum = 100, default = 30)]
    recent: Option<usize>,
}

/// Flows of a project.
#[utoipa::path(get, path = "/projects/{project}/flows", tag = "flows", operation_id = "listFlows",
    params(("project" = String, Path, description = "Its name."), FlowsQuery),
    responses((status = 200, description = "The flows.", body = Flows)))]
async fn list(signed: Signed, Path(name): Path<String>, Query(query): Query<FlowsQuery>) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let recent = limit(query.recent, 30, MAX_RECENT)?;
    let (version, model) = signed.model(&project, query.version).await?;
    let flows: Vec<_> = model.listed_flows().take(MAX_FLOWS + 1).collect();
    let truncated = flows.len() > MAX_FLOWS;
    let flows = &flows[..flows.len().min(MAX_FLOWS)];
    let ids = flows.iter().map(|flow| flow.id.clone()).collect();
    let runs = signed.engine().executions_newest(project.id, ids, recent as u64).await?;
    let mut items = Vec::with_capacity(flows.len());
    for (flow, runs) in flows.iter().zip(runs) {
        let lock = signed.engine().flow_lock_get(project.id, &flow.id);
        items.push(FlowItem {
            id: flow.id.clone(),
            job_count: flow.nodes.len(),
            job_types: flow.job_types().into_iter().map(str::to_owned).collect(),
            locked: lock.is_some(),
            lock_message: lock.and_then(|lock| lock.message),
            recent: runs.into_iter().map(ExecutionRef::from).collect(),
        });
    }
    Ok(reply(&Flows { version: version.0, items, truncated }))
}

/// A project that the caller may read.
fn readable(signed: &Signed, name: &str) -> Answer<Arc<Project>> {
    signed.project(name, Permission::Read)
}

/// The value below which this share of sorted values lies; `None` without values.
pub(super) fn quantile(sorted: &[i64], share: f64) -> Option<i64> {
    let last = sorted.len().checked_sub(1)?;
    // An index into memory fits.
    sorted.get((last as f64 * share).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_are_values_that_are_there() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[7], 0.95), Some(7));
        assert_eq!(quantile(&[1, 2, 3], 0.5), Some(2));
        assert_eq!(quantile(&(1..=100).collect::<Vec<_>>(), 0.95), Some(95));
    }
}
