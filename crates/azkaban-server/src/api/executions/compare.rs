//! What differs between two executions: the project's files, what was asked for, how long jobs took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::ids::{NodeIndex, NodePath};
use azkaban_core::status::Status;
use azkaban_engine::{ExecutionQuery, ExecutionView, FileError, Project};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::options::OptionsView;
use super::{ExecutionItem, item, readable};
use crate::api::extract::{Path, Query, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::projects::files::DiffView;
use crate::api::schema::StatusName;
use crate::api::session::reply;
use crate::app::App;

/// Nodes that are told.
const MAX_NODES: usize = 5_000;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(changes)).routes(routes!(compare))
}

/// What differs between two executions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Comparison {
    a: ExecutionItem,
    b: ExecutionItem,
    #[serde(flatten)]
    differences: Differences,
}

/// What differs since the last success.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changes {
    /// The last execution of the flow before this one that succeeded; null if there is none.
    since: Option<i64>,
    #[serde(flatten)]
    differences: Differences,
}

/// What differs between an execution and another one.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Differences {
    /// Null if both ran the same version, and if one of the versions was purged.
    version: Option<DiffView>,
    /// Keys of the options with other values.
    options: Vec<OptionChange>,
    /// Nodes with another status, or that took another time.
    nodes: Vec<NodeChange>,
}

/// An option with another value.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OptionChange {
    key: String,
    before: Option<String>,
    after: Option<String>,
}

/// A node in both executions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NodeChange {
    path: String,
    /// Null where it is not there.
    before: Option<NodeOutcome>,
    after: Option<NodeOutcome>,
}

/// How a node ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeOutcome {
    status: StatusName,
    duration_ms: Option<i64>,
}

fn outcome(view: &ExecutionView, path: &NodePath) -> Option<NodeOutcome> {
    let state = view.nodes.get(view.graph.find(path)?.get())?;
    let length = |(start, end): (i64, i64)| (end - start).max(0);
    let duration_ms = state.started_at.zip(state.ended_at).map(|(start, end)| length((start.0, end.0)));
    Some(NodeOutcome { status: StatusName(state.status), duration_ms })
}

async fn differences(
    signed: &Signed,
    project: &Project,
    before: &ExecutionView,
    after: &ExecutionView,
) -> Answer<Differences> {
    let (from, to) = (before.summary.version, after.summary.version);
    let same_project = before.summary.project_id == after.summary.project_id;
    let version = if from == to || !same_project {
        None
    } else {
        match signed.engine().project_diff(project.id, from, to).await {
            Ok(diff) => Some(DiffView::new(from.0, to.0, diff)),
            Err(FileError::VersionNotFound) => None,
            Err(error) => return Err(error.into()),
        }
    };
    let (old, new) = (OptionsView::new(before).flat(), OptionsView::new(after).flat());
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let options = keys.into_iter().filter(|key| old.get(*key) != new.get(*key)).map(|key| OptionChange {
        key: key.clone(),
        before: old.get(key).cloned(),
        after: new.get(key).cloned(),
    });
    let mut paths: BTreeMap<&str, &NodePath> = BTreeMap::new();
    for view in [before, after] {
        let nodes = view.graph.iter().filter(|(index, _)| *index != NodeIndex::ROOT);
        paths.extend(nodes.map(|(_, node)| (node.path.as_str(), &node.path)));
    }
    let nodes = paths.into_values().filter_map(|path| {
        let (before, after) = (outcome(before, path), outcome(after, path));
        (before != after).then(|| NodeChange { path: path.as_str().to_owned(), before, after })
    });
    Ok(Differences { version, options: options.collect(), nodes: nodes.take(MAX_NODES).collect() })
}

/// What has changed since the last success of the flow.
#[utoipa::path(get, path = "/executions/{id}/changes", tag = "executions", operation_id = "getChanges",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "What differs.", body = Changes)))]
async fn changes(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    let (view, project) = readable(&signed, id).await?;
    let query = ExecutionQuery {
        projects: Some(vec![view.summary.project_id]),
        flows: vec![view.summary.flow_id.clone()],
        statuses: vec![Status::Succeeded],
        beyond: Some(view.summary.id),
        ..ExecutionQuery::default()
    };
    let last = signed.engine().executions_search(query, 1).await?.pop();
    let before = match last {
        Some(last) => signed.engine().execution_get(last.id).await?,
        None => None,
    };
    let Some(before) = before else {
        return Ok(reply(&Changes { since: None, differences: Differences::default() }));
    };
    let differences = differences(&signed, &project, &before, &view).await?;
    Ok(reply(&Changes { since: Some(before.summary.id.0), differences }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CompareQuery {
    /// An execution.
    a: i64,
    /// Another one.
    b: i64,
}

/// What differs between two executions.
#[utoipa::path(get, path = "/compare", tag = "executions", operation_id = "compareExecutions", params(CompareQuery),
    responses((status = 200, description = "What differs.", body = Comparison)))]
async fn compare(signed: Signed, Query(query): Query<CompareQuery>) -> Answer<Response> {
    let (a, project_a) = readable(&signed, query.a).await?;
    let (b, project_b) = readable(&signed, query.b).await?;
    if a.graph.len() + b.graph.len() > 400_000 {
        return Err(Problem::bad_parameter("a", "tooLarge", "These executions are too large to compare."));
    }
    let differences = differences(&signed, &project_a, &a, &b).await?;
    Ok(reply(&Comparison {
        a: item(&a.summary, &project_a.name),
        b: item(&b.summary, &project_b.name),
        differences,
    }))
}
