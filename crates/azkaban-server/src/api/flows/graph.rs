//! What a flow consists of, and where its nodes stand on the page.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::execution::Graph;
use azkaban_core::ids::{NodeIndex, NodePath};
use azkaban_core::layout::Direction;
use azkaban_core::options::FailureAction;
use azkaban_core::project::{NodeKind, ProjectModel};
use azkaban_core::props;
use azkaban_engine::LayoutError;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lock::{self, LockView};
use super::readable;
use crate::api::extract::{Path, Query, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::projects::files::VersionQuery;
use crate::api::schema::Several;
use crate::api::tag::tagged;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get)).routes(routes!(layout))
}

/// What a flow consists of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowView {
    project: String,
    project_id: i64,
    version: i32,
    flow: String,
    /// It is defined inside another flow.
    embedded: bool,
    locked: bool,
    /// The lock; null if it is not locked.
    lock: Option<LockView>,
    /// What a failure does unless the request says otherwise.
    failure_action: Option<FailureActionName>,
    failure_emails: Vec<String>,
    success_emails: Vec<String>,
    /// Its own configuration; secret values are masked.
    properties: BTreeMap<String, String>,
    /// Its nodes with those of the flows inside it, the flow itself first, parents before their children.
    nodes: Vec<NodeView>,
}

/// What a failed job does to the rest of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) enum FailureActionName {
    /// Running jobs end, no others start.
    FinishCurrent,
    /// Running jobs are killed.
    CancelAll,
    /// Whatever the failure does not block runs.
    FinishPossible,
}

impl From<FailureAction> for FailureActionName {
    fn from(action: FailureAction) -> Self {
        match action {
            FailureAction::FinishCurrentlyRunning => Self::FinishCurrent,
            FailureAction::CancelAll => Self::CancelAll,
            FailureAction::FinishAllPossible => Self::FinishPossible,
        }
    }
}

impl From<FailureActionName> for FailureAction {
    fn from(action: FailureActionName) -> Self {
        match action {
            FailureActionName::FinishCurrent => Self::FinishCurrentlyRunning,
            FailureActionName::CancelAll => Self::CancelAll,
            FailureActionName::FinishPossible => Self::FinishAllPossible,
        }
    }
}

/// A job or a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) enum NodeKindName {
    Job,
    Flow,
}

/// A node of a flow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeView {
    /// Ids joined by `:`; empty for the flow itself.
    path: String,
    id: String,
    kind: NodeKindName,
    /// The job type; `flow` for a flow.
    #[serde(rename = "type")]
    job_type: String,
    /// Of an embedded flow its flow's id.
    flow: Option<String>,
    /// Path of the flow around it; null for the flow itself.
    parent: Option<String>,
    /// The longest way from a node without dependencies in the same flow.
    level: usize,
    /// Paths of its dependencies.
    #[serde(rename = "in")]
    ins: Vec<String>,
    /// Paths of what depends on it.
    #[serde(rename = "out")]
    outs: Vec<String>,
    condition: Option<String>,
}

/// Levels of nodes in their flows.
pub(super) struct Levels<'a> {
    model: &'a ProjectModel,
    known: HashMap<String, HashMap<&'a str, usize>>,
}

impl<'a> Levels<'a> {
    pub(super) fn new(model: &'a ProjectModel) -> Self {
        Self { model, known: HashMap::new() }
    }

    /// Of a node of a graph of this model.
    pub(super) fn of(&mut self, graph: &Graph, node: NodeIndex) -> usize {
        let definition = graph.node(node);
        if node == NodeIndex::ROOT {
            return 0;
        }
        let levels = self.known.entry(definition.flow_id.to_string()).or_insert_with(|| {
            let flow = self.model.flows.get(&*definition.flow_id);
            let views = flow.map(|flow| flow.nodes_with_levels()).unwrap_or_default();
            views.into_iter().map(|view| (view.node.id.as_str(), view.level)).collect()
        });
        levels.get(&*definition.id).copied().unwrap_or(0)
    }
}

/// The text of a path.
pub(in crate::api) fn text(graph: &Graph, node: NodeIndex) -> String {
    graph.node(node).path.as_str().to_owned()
}

fn nodes(graph: &Graph, model: &ProjectModel) -> Vec<NodeView> {
    let mut levels = Levels::new(model);
    let view = |(index, node): (NodeIndex, &azkaban_core::execution::GraphNode)| {
        let definition = model.flows.get(&*node.flow_id).and_then(|flow| flow.nodes.get(&*node.id));
        let (kind, flow) = match &node.kind {
            NodeKind::Job(_) => (NodeKindName::Job, None),
            NodeKind::Flow(id) => (NodeKindName::Flow, Some(id.clone())),
        };
        let is_root = index == NodeIndex::ROOT;
        NodeView {
            path: text(graph, index),
            id: node.id.to_string(),
            kind,
            job_type: match &node.kind {
                NodeKind::Job(job_type) => job_type.clone(),
                NodeKind::Flow(_) => "flow".to_owned(),
            },
            flow: flow.filter(|_| !is_root),
            parent: (!is_root).then(|| text(graph, node.parent)),
            level: levels.of(graph, index),
            ins: node.ins.iter().map(|index| text(graph, *index)).collect(),
            outs: node.outs.iter().map(|index| text(graph, *index)).collect(),
            condition: definition.filter(|_| !is_root).and_then(|node| node.condition.clone()),
        }
    };
    graph.iter().map(view).collect()
}

/// What a flow consists of.
#[utoipa::path(get, path = "/projects/{project}/flows/{flow}", tag = "flows", operation_id = "getFlow",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."), VersionQuery),
    responses((status = 200, description = "The flow.", body = FlowView), (status = 304, description = "Unchanged.")))]
async fn get(
    signed: Signed,
    Path((name, flow_id)): Path<(String, String)>,
    Query(query): Query<VersionQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let project = readable(&signed, &name)?;
    let (version, model) = signed.model(&project, query.version).await?;
    let flow = model.flows.get(&flow_id).ok_or_else(|| Problem::not_found("flow"))?;
    let graph = signed.engine().flow_graph(project.id, version, &flow_id).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let lock = signed.engine().flow_lock_get(project.id, &flow_id);
    let view = FlowView {
        project: project.name.clone(),
        project_id: project.id.0,
        version: version.0,
        embedded: flow.embedded,
        locked: lock.is_some(),
        lock: lock.map(|lock| lock::view(Some(lock))),
        failure_action: flow.failure_action.map(FailureActionName::from),
        failure_emails: flow.failure_emails.clone(),
        success_emails: flow.success_emails.clone(),
        properties: props::mask(&flow.config),
        nodes: nodes(&graph, &model),
        flow: flow_id,
    };
    tagged(&headers, &view)
}

/// Which way dependencies point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum DirectionName {
    #[default]
    Down,
    Right,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LayoutQuery {
    /// The version; the current one if absent.
    version: Option<i32>,
    /// Paths of the flows that show what is in them, separated by commas; `*` for all.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    expand: Several<String>,
    /// Which way dependencies point; down unless something else is asked for.
    #[param(inline)]
    direction: Option<DirectionName>,
}

/// Where the nodes of a flow stand. Lengths are CSS pixels.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LayoutView {
    version: i32,
    width: f64,
    height: f64,
    #[schema(inline)]
    direction: DirectionName,
    /// There was too much for anything but plain rows.
    simple: bool,
    nodes: Vec<PlacedNodeView>,
    edges: Vec<PlacedEdgeView>,
}

/// A node on the page; x and y are its upper left corner.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedNodeView {
    path: String,
    /// Path of the flow around it.
    parent: String,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// A flow that shows what is in it.
    expanded: bool,
}

/// A line on the page.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedEdgeView {
    from: String,
    to: String,
    /// From border to border, each as x and y.
    points: Vec<[f64; 2]>,
}

/// Where the nodes of a flow stand.
#[utoipa::path(get, path = "/projects/{project}/flows/{flow}/layout", tag = "flows", operation_id = "getLayout",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."), LayoutQuery),
    responses((status = 200, description = "The layout.", body = LayoutView), (status = 304, description = "Unchanged.")))]
async fn layout(
    signed: Signed,
    Path((name, flow)): Path<(String, String)>,
    Query(query): Query<LayoutQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let project = readable(&signed, &name)?;
    let (version, _) = signed.model(&project, query.version).await?;
    let all = query.expand.0.iter().any(|path| path == "*");
    let paths: std::collections::HashSet<NodePath> =
        query.expand.0.iter().map(|path| NodePath::from(path.as_str())).collect();
    let direction_name = query.direction.unwrap_or_default();
    let direction = match direction_name {
        DirectionName::Down => Direction::Down,
        DirectionName::Right => Direction::Right,
    };
    let expanded = |graph: &Graph, node| all || paths.contains(&graph.node(node).path);
    let made = signed.engine().flow_layout(project.id, version, &flow, expanded, direction).await;
    let (graph, layout) = made.map_err(|error| match error {
        LayoutError::FlowNotFound => Problem::not_found("flow"),
        LayoutError::TooLarge { limit } => {
            let message = format!("More than {limit} nodes would be shown; expand fewer flows.");
            Problem::bad_parameter("expand", "tooLarge", message).param("limit", limit)
        }
        LayoutError::Internal(error) => error.into(),
    })?;
    let node = |placed: &azkaban_core::layout::PlacedNode| PlacedNodeView {
        path: text(&graph, placed.node),
        parent: text(&graph, graph.node(placed.node).parent),
        x: placed.x,
        y: placed.y,
        width: placed.width,
        height: placed.height,
        expanded: placed.expanded,
    };
    let edge = |placed: &azkaban_core::layout::PlacedEdge| PlacedEdgeView {
        from: text(&graph, placed.from),
        to: text(&graph, placed.to),
        points: placed.points.iter().map(|&(x, y)| [x, y]).collect(),
    };
    let view = LayoutView {
        version: version.0,
        width: layout.width,
        height: layout.height,
        direction: direction_name,
        simple: layout.simple,
        nodes: layout.nodes.iter().map(node).collect(),
        edges: layout.edges.iter().map(edge).collect(),
    };
    tagged(&headers, &view)
}
