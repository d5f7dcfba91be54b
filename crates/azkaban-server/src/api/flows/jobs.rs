//! One job of a flow: its properties with where they come from, their override, how it has run.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::ids::{NodeIndex, NodePath};
use azkaban_core::permission::Permission;
use azkaban_core::project::{JobNode, NodeKind, ProjectModel};
use azkaban_core::props::{self, MASKED, Props, is_secret};
use azkaban_engine::{Action, OverrideError, Project};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::graph::{NodeKindName, text};
use super::summary::duration;
use super::{quantile, readable};
use crate::api::extract::{Json, Path, Query, Signed};
use crate::api::list::limit;
use crate::api::problem::{Answer, Problem};
use crate::api::projects::files::VersionQuery;
use crate::api::schema::{StatusName, millis};
use crate::api::session::reply;
use crate::app::App;

/// Runs of a history at most.
const MAX_RUNS: usize = 200;
/// Property files that inherit from each other at most.
const MAX_FILES: usize = 200;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get)).routes(routes!(put_override)).routes(routes!(history))
}

/// A job of a flow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobView {
    project: String,
    version: i32,
    flow: String,
    path: String,
    id: String,
    kind: NodeKindName,
    #[serde(rename = "type")]
    job_type: String,
    condition: Option<String>,
    /// Paths of its dependencies.
    depends_on: Vec<String>,
    /// Paths of what depends on it.
    dependents: Vec<String>,
    /// The file that defines it.
    source: String,
    /// By key. Secret values are masked.
    properties: Vec<PropertyView>,
    /// The properties that replace its own, if somebody has overridden them. Secret values are masked.
    #[serde(rename = "override")]
    overridden: Option<BTreeMap<String, String>>,
}

/// Where a property comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum OriginKind {
    /// The job's own definition.
    Job,
    /// A properties file that it inherits.
    File,
    /// The flow's configuration.
    Flow,
    /// Somebody's override.
    Override,
}

/// Where a property comes from.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Origin {
    kind: OriginKind,
    /// The file, if it comes from one.
    file: Option<String>,
}

/// A property of a job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PropertyView {
    key: String,
    value: String,
    /// Its value without the override, if that differs.
    original: Option<String>,
    origin: Origin,
}

/// The keys of a job without overrides, the later layers on top of the earlier ones.
fn layers(model: &ProjectModel, flow: &str, job: &JobNode) -> BTreeMap<String, (String, Origin)> {
    let mut values = BTreeMap::new();
    let mut put = |props: &Props, kind: OriginKind, file: Option<&str>| {
        for (key, value) in props {
            let origin = Origin { kind, file: file.map(str::to_owned) };
            values.insert(key.clone(), (value.clone(), origin));
        }
    };
    let mut files = Vec::new();
    let mut next = job.props_source.as_deref();
    while let Some(path) = next.filter(|_| files.len() < MAX_FILES) {
        let Some(file) = model.property_files.get(path) else { break };
        files.push((path, file));
        next = file.inherits.as_deref();
    }
    for (path, file) in files.into_iter().rev() {
        put(&file.props, OriginKind::File, Some(path));
    }
    if let Some(flow) = model.flows.get(flow) {
        put(&flow.config, OriginKind::Flow, Some(flow.source.as_str()).filter(|source| !source.is_empty()));
    }
    put(&job.props, OriginKind::Job, Some(&job.source));
    values
}

fn properties(
    model: &ProjectModel,
    flow: &str,
    job: &JobNode,
    overridden: Option<&Props>,
) -> Vec<PropertyView> {
    let shown = |key: &str, value: String| if is_secret(key) { MASKED.to_owned() } else { value };
    let originals = layers(model, flow, job);
    let mut values = originals.clone();
    if let Some(overridden) = overridden {
        // An override stands in for the job's own keys.
        values.retain(|_, (_, origin)| origin.kind != OriginKind::Job);
        for (key, value) in overridden {
            let origin = Origin { kind: OriginKind::Override, file: None };
            values.insert(key.clone(), (value.clone(), origin));
        }
    }
    let view = |(key, (value, origin)): (String, (String, Origin))| {
        let original = originals.get(&key).filter(|(before, _)| *before != value && !is_secret(&key));
        let original = original.map(|(before, _)| before.clone());
        PropertyView { value: shown(&key, value), original, origin, key }
    };
    values.into_iter().map(view).collect()
}

async fn view(
    signed: &Signed,
    project: &Project,
    flow: String,
    path: &str,
    version: Option<i32>,
) -> Answer<JobView> {
    let (version, model) = signed.model(project, version).await?;
    let graph = signed.engine().flow_graph(project.id, version, &flow).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let node = graph.find(&NodePath::from(path)).filter(|node| *node != NodeIndex::ROOT);
    let node = node.ok_or_else(|| Problem::not_found("job"))?;
    let placed = graph.node(node);
    let job = model.flows.get(&*placed.flow_id).and_then(|flow| flow.nodes.get(&*placed.id));
    let job = job.ok_or_else(|| Problem::not_found("job"))?;
    let engine = signed.engine();
    let overridden = engine.override_get(project.id, version, &placed.flow_id, &placed.id).await?;
    let paths = |nodes: &[NodeIndex]| nodes.iter().map(|node| text(&graph, *node)).collect();
    Ok(JobView {
        project: project.name.clone(),
        version: version.0,
        path: path.to_owned(),
        id: job.id.clone(),
        kind: match job.kind {
            NodeKind::Job(_) => NodeKindName::Job,
            NodeKind::Flow(_) => NodeKindName::Flow,
        },
        job_type: job.job_type().to_owned(),
        condition: job.condition.clone(),
        depends_on: paths(&placed.ins),
        dependents: paths(&placed.outs),
        source: job.source.clone(),
        properties: properties(&model, &placed.flow_id, job, overridden.as_ref()),
        overridden: overridden.as_ref().map(props::mask),
        flow,
    })
}

/// A job of a flow.
#[utoipa::path(get, path = "/projects/{project}/flows/{flow}/jobs/{path}", tag = "flows", operation_id = "getJob",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."),
        ("path" = String, Path, description = "The job's path, ids joined by `:`."), VersionQuery),
    responses((status = 200, description = "The job.", body = JobView)))]
async fn get(
    signed: Signed,
    Path((name, flow, path)): Path<(String, String, String)>,
    Query(query): Query<VersionQuery>,
) -> Answer<Response> {
    let project = readable(&signed, &name)?;
    Ok(reply(&view(&signed, &project, flow, &path, query.version).await?))
}

/// Properties that replace a job's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideRequest {
    /// All of them.
    properties: BTreeMap<String, String>,
}

/// Replaces all properties of a job in the current version, from its next start on.
#[utoipa::path(put, path = "/projects/{project}/flows/{flow}/jobs/{path}/override", tag = "flows", operation_id = "overrideJob",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."),
        ("path" = String, Path, description = "The job's path, ids joined by `:`.")),
    request_body = OverrideRequest,
    responses((status = 200, description = "The job as it is now.", body = JobView)))]
async fn put_override(
    signed: Signed,
    Path((name, flow, path)): Path<(String, String, String)>,
    Json(request): Json<OverrideRequest>,
) -> Answer<Response> {
    let project = signed.project_to(Action::PropertiesOverride, &name, Permission::Write).await?;
    let graph = signed.engine().flow_graph(project.id, project.version, &flow).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let node = graph.find(&NodePath::from(path.as_str())).filter(|node| *node != NodeIndex::ROOT);
    let job = graph.node(node.ok_or_else(|| Problem::not_found("job"))?);
    let set = signed
        .engine()
        .override_set(&signed.caller, &project, &job.flow_id, &job.id, request.properties)
        .await;
    set.map_err(|error| match error {
        OverrideError::FlowNotFound => Problem::not_found("flow"),
        OverrideError::JobNotFound => Problem::not_found("job"),
        OverrideError::ProjectGone => Problem::not_found("project"),
        OverrideError::UploadLocked => {
            Problem::conflict("uploadLocked", "Changes by hand are locked for this project.")
        }
        OverrideError::Internal(error) => error.into(),
    })?;
    Ok(reply(&view(&signed, &project, flow, &path, None).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// How many of the flow's newest runs.
    #[param(minimum = 1, maximum = 200, default = 50)]
    runs: Option<usize>,
}

/// How a job has run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobHistory {
    /// Newest first.
    items: Vec<JobRunView>,
    /// Median of successful runs.
    p50_ms: Option<i64>,
    p95_ms: Option<i64>,
}

/// A job in one execution.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobRunView {
    execution: i64,
    status: StatusName,
    /// The latest; 0 for the first.
    attempt: u32,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    duration_ms: Option<i64>,
}

/// How a job has run.
#[utoipa::path(get, path = "/projects/{project}/flows/{flow}/jobs/{path}/history", tag = "flows", operation_id = "getJobHistory",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."),
        ("path" = String, Path, description = "The job's path, ids joined by `:`."), HistoryQuery),
    responses((status = 200, description = "The runs.", body = JobHistory)))]
async fn history(
    signed: Signed,
    Path((name, flow, path)): Path<(String, String, String)>,
    Query(query): Query<HistoryQuery>,
) -> Answer<Response> {
    let project = readable(&signed, &name)?;
    let count = limit(query.runs, 50, MAX_RUNS)?;
    let path = NodePath::from(path.as_str());
    let runs = signed.engine().node_runs(project.id, &flow, &path, count as u64).await?;
    let succeeded = runs.iter().filter(|run| run.status.is_succeeded());
    let mut lengths: Vec<i64> = succeeded.filter_map(|run| duration(run.started_at, run.ended_at)).collect();
    lengths.sort_unstable();
    let items = runs.iter().map(|run| JobRunView {
        execution: run.execution.0,
        status: StatusName(run.status),
        attempt: run.attempt,
        started_at: millis(run.started_at),
        ended_at: millis(run.ended_at),
        duration_ms: duration(run.started_at, run.ended_at),
    });
    Ok(reply(&JobHistory {
        items: items.collect(),
        p50_ms: quantile(&lengths, 0.5),
        p95_ms: quantile(&lengths, 0.95),
    }))
}
