//! One flow of a project, checked and with numbers for names: what each place that embeds it is stamped from.

use std::collections::HashMap;
use std::sync::Arc;

use super::graph::GraphError;
use crate::condition::Condition;
use crate::project::{Flow, JobNode, NodeKind};

/// A flow's nodes in the order of ids; numbers are places in that order.
pub(super) struct Template<'a> {
    pub(super) flow_id: Arc<str>,
    pub(super) nodes: Vec<TemplateNode<'a>>,
    pub(super) edges: usize,
}

/// A node of a [`Template`].
pub(super) struct TemplateNode<'a> {
    pub(super) id: Arc<str>,
    pub(super) kind: &'a NodeKind,
    pub(super) ins: Vec<u32>,
    pub(super) outs: Vec<u32>,
    pub(super) condition: Option<Arc<Condition>>,
    pub(super) condition_unresolved: bool,
}

impl<'a> Template<'a> {
    /// Checks and numbers a flow that the project knows as `flow_id`.
    pub(super) fn new(flow_id: &str, flow: &'a Flow) -> Result<Self, GraphError> {
        let places: HashMap<&str, u32> = flow.nodes.keys().map(String::as_str).zip(0..).collect();
        let mut nodes = Vec::with_capacity(flow.nodes.len());
        let mut edges = 0;
        for (id, node) in &flow.nodes {
            let ins = dependencies(flow_id, id, node, &places)?;
            edges += ins.len();
            let condition = condition(flow_id, id, node)?;
            let condition_unresolved =
                condition.as_ref().is_some_and(|c| c.variables().any(|v| !places.contains_key(&*v.job)));
            nodes.push(TemplateNode {
                id: Arc::from(id.as_str()),
                kind: &node.kind,
                ins,
                outs: Vec::new(),
                condition,
                condition_unresolved,
            });
        }
        for place in 0..nodes.len() {
            for position in 0..nodes[place].ins.len() {
                let dependency = nodes[place].ins[position] as usize;
                nodes[dependency].outs.push(place as u32);
            }
        }
        refuse_cycles(flow_id, &nodes)?;
        Ok(Self { flow_id: Arc::from(flow_id), nodes, edges })
    }
}

fn dependencies(
    flow_id: &str,
    id: &str,
    node: &JobNode,
    places: &HashMap<&str, u32>,
) -> Result<Vec<u32>, GraphError> {
    let place = |dependency: &String| {
        places.get(&**dependency).copied().ok_or_else(|| GraphError::UnknownDependency {
            flow: flow_id.to_owned(),
            node: id.to_owned(),
            dependency: dependency.clone(),
        })
    };
    node.depends_on.iter().map(place).collect()
}

fn condition(flow_id: &str, id: &str, node: &JobNode) -> Result<Option<Arc<Condition>>, GraphError> {
    let Some(text) = &node.condition else { return Ok(None) };
    let parsed = Condition::parse(text).map_err(|source| GraphError::Condition {
        flow: flow_id.to_owned(),
        node: id.to_owned(),
        source,
    })?;
    Ok(Some(Arc::new(parsed)))
}

/// Takes away what depends on nothing, again and again; a rest is a cycle.
fn refuse_cycles(flow_id: &str, nodes: &[TemplateNode<'_>]) -> Result<(), GraphError> {
    let mut waiting: Vec<usize> = nodes.iter().map(|n| n.ins.len()).collect();
    let mut free: Vec<usize> = (0..nodes.len()).filter(|&n| waiting[n] == 0).collect();
    let mut taken = 0;
    while let Some(node) = free.pop() {
        taken += 1;
        for &out in &nodes[node].outs {
            waiting[out as usize] -= 1;
            if waiting[out as usize] == 0 {
                free.push(out as usize);
            }
        }
    }
    if taken == nodes.len() { Ok(()) } else { Err(GraphError::Cycle { flow: flow_id.to_owned() }) }
}
