//! Flows and their nodes as the project defines them (http-api §4.5, §4.6, §6).

use std::collections::BTreeSet;

use azkaban_core::execution::Graph;
use azkaban_core::ids::NodeIndex;
use azkaban_core::project::{NodeKind, ProjectModel};
use azkaban_core::props::Props;
use azkaban_engine::Internal;
use serde::Serialize;

use super::Manager;
use crate::legacy::errors::Failure;
use crate::legacy::reply::Reply;
use crate::legacy::views::Definition;

/// `fetchprojectflows`: those that are not defined inside another.
pub(super) async fn list(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    struct Flows<'a> {
        flows: Vec<Item<'a>>,
    }
    #[derive(Serialize)]
    struct Item<'a> {
        #[serde(rename = "flowId")]
        id: &'a str,
    }
    let model = manager.model().await?;
    manager.answer(Flows { flows: model.listed_flows().map(|flow| Item { id: &flow.id }).collect() })
}

fn build(model: &ProjectModel, flow: &str) -> Result<Graph, Failure> {
    Graph::build(model, flow).map_err(|error| Failure::Internal(Internal::new(error)))
}

/// `fetchflowgraph`.
pub(super) async fn graph(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    struct Shown<'a> {
        flow: &'a str,
        nodes: Definition<'a>,
    }
    let flow = manager.call.params.required("flow")?;
    let model = manager.model().await?;
    if !model.flows.contains_key(flow) {
        return manager.flow_not_found(flow);
    }
    let graph = build(&model, flow)?;
    manager.answer(Shown { flow, nodes: Definition(&graph, NodeIndex::ROOT) })
}

/// `fetchflowjobs`: in the order of their levels.
pub(super) async fn jobs(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Jobs<'a> {
        flow_id: &'a str,
        is_locked: bool,
        nodes: Vec<Job<'a>>,
    }
    #[derive(Serialize)]
    struct Job<'a> {
        id: &'a str,
        dependencies: Vec<&'a str>,
        dependents: Vec<&'a str>,
        level: usize,
    }
    let name = manager.call.params.required("flow")?;
    let model = manager.model().await?;
    let flow = model.flows.get(name).ok_or_else(|| unknown_flow(name))?;
    let lock = manager.call.app.engine.flow_lock_get(manager.project.id, name);
    let mut nodes = flow.nodes_with_levels();
    nodes.sort_by_key(|node| node.level);
    let nodes = nodes.into_iter().map(|view| Job {
        id: &view.node.id,
        dependencies: view.dependencies,
        dependents: view.dependents,
        level: view.level,
    });
    manager.answer(Jobs { flow_id: name, is_locked: lock.is_some(), nodes: nodes.collect() })
}

/// The two calls that know no message for it answer with status 500 (recorded).
fn unknown_flow(name: &str) -> Failure {
    Failure::Message(format!("Flow {name} not found."))
}

/// `fetchflowdetails`.
pub(super) async fn details(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    struct Details<'a> {
        #[serde(rename = "jobTypes")]
        job_types: BTreeSet<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        condition: Option<&'a str>,
    }
    let name = manager.call.params.required("flow")?;
    let model = manager.model().await?;
    match model.flows.get(name) {
        Some(flow) => {
            manager.answer(Details { job_types: flow.job_types(), condition: flow.condition.as_deref() })
        }
        None => manager.error(format!("Flow {name} not found.")),
    }
}

/// `fetchflownodedata`: a node's own keys, as uploaded.
pub(super) async fn node(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    struct Node<'a> {
        id: &'a str,
        flow: &'a str,
        r#type: &'a str,
        props: &'a Props,
        #[serde(skip_serializing_if = "Option::is_none")]
        nodes: Option<Definition<'a>>,
    }
    let (name, id) = (manager.call.params.required("flow")?, manager.call.params.required("node")?);
    let model = manager.model().await?;
    let flow = model.flows.get(name).ok_or_else(|| unknown_flow(name))?;
    let Some(node) = flow.nodes.get(id) else { return manager.error(format!("Job {id} doesn't exist.")) };
    let inner = match &node.kind {
        NodeKind::Job(_) => None,
        NodeKind::Flow(inner) => Some((inner, build(&model, inner)?)),
    };
    manager.answer(Node {
        id,
        // Of an embedded flow the id of that flow.
        flow: inner.as_ref().map_or(name, |(inner, _)| inner),
        r#type: node.job_type(),
        props: &node.props,
        nodes: inner.as_ref().map(|(_, graph)| Definition(graph, NodeIndex::ROOT)),
    })
}
