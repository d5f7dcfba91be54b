//! What is checked of a flow file before it becomes flows (projects-and-jobs §3.3).
//!
//! The reference checks the top level only, with one message for everything, and then fails on a null pointer or drops
//! nodes without a word; here the other problems have messages of their own.

use std::collections::HashSet;

use super::super::FlowTrigger;
use super::super::checks::is_allowed_name;
use super::bean::NodeBean;
use super::trigger::trigger;

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// On the top level: a name twice, an unknown dependency, or the name ROOT.
    TopLevel,
    /// Anything else, in words.
    Other(String),
}

/// Checks a flow file's root and all in it; returns the root's trigger.
pub(super) fn validate(root: &NodeBean) -> Result<Option<FlowTrigger>, Problem> {
    let Some(nodes) = &root.nodes else { return Err(Problem::Other("the flow has no nodes".to_owned())) };
    let names: Vec<&String> = nodes.iter().filter_map(|node| node.name.as_ref()).collect();
    let distinct: HashSet<&String> = names.iter().copied().collect();
    if distinct.len() < names.len()
        || distinct.iter().any(|name| *name == "ROOT")
        || nodes.iter().flat_map(|node| &node.depends_on).any(|name| !distinct.contains(name))
    {
        return Err(Problem::TopLevel);
    }
    let trigger = root.trigger.as_ref().map(trigger).transpose().map_err(Problem::Other)?;
    nodes.iter().try_for_each(|node| check_node(node, None)).map_err(Problem::Other)?;
    Ok(trigger)
}

/// Recurses into embedded flows; their depth is bounded where the file is read.
fn check_node(node: &NodeBean, flow: Option<&str>) -> Result<(), String> {
    let within = flow.map(|flow| format!(" of flow '{flow}'")).unwrap_or_default();
    let Some(name) = node.name.as_deref().filter(|name| !name.is_empty()) else {
        return Err(format!("a node{within} has no name"));
    };
    if !is_allowed_name(name) {
        let name = name.escape_debug();
        return Err(format!("node name '{name}'{within} must not contain '/', ':' or control characters"));
    }
    if let Some(bean) = &node.trigger {
        // Without effect, and checked all the same.
        trigger(bean)?;
    }
    match (node.node_type.as_deref(), &node.nodes) {
        (None, _) => Err(format!("node '{name}'{within} has no type")),
        (Some("flow"), None) => Err(format!("node '{name}'{within} is of type flow and has no nodes")),
        (Some("flow"), Some(nodes)) => check_embedded(name, nodes),
        _ => Ok(()),
    }
}

fn check_embedded(flow: &str, nodes: &[NodeBean]) -> Result<(), String> {
    let mut names = HashSet::new();
    for name in nodes.iter().filter_map(|node| node.name.as_ref()) {
        if !names.insert(name) {
            return Err(format!("flow '{flow}' has several nodes of the name '{name}'"));
        }
        if name == "ROOT" {
            return Err(format!("flow '{flow}' has a node of the name ROOT, which is not allowed"));
        }
    }
    for node in nodes {
        check_node(node, Some(flow))?;
        if let Some(unknown) = node.depends_on.iter().find(|&name| !names.contains(name)) {
            let name = node.name.as_deref().unwrap_or_default();
            return Err(format!(
                "node '{name}' of flow '{flow}' depends on '{unknown}', which is not in the flow"
            ));
        }
    }
    Ok(())
}
