//! A flow's nodes as its pages and the API show them (projects-and-jobs §2.5).

use std::collections::{BTreeSet, HashMap};

use super::graph::{reversed, search};
use super::{Flow, JobNode, ProjectModel};

/// A node with its place in the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeView<'a> {
    /// The node.
    pub node: &'a JobNode,
    /// The longest distance from a node without dependencies, which is of level 0.
    pub level: usize,
    /// Ids of the direct dependencies, in their order.
    pub dependencies: Vec<&'a str>,
    /// Ids of the nodes that depend on this one directly, in their order.
    pub dependents: Vec<&'a str>,
}

impl Flow {
    /// All nodes in the order of their ids, with levels, dependencies and dependents.
    pub fn nodes_with_levels(&self) -> Vec<NodeView<'_>> {
        let ids: Vec<&str> = self.nodes.keys().map(String::as_str).collect();
        let places: HashMap<&str, usize> = ids.iter().enumerate().map(|(place, &id)| (id, place)).collect();
        let dependencies: Vec<Vec<usize>> = self
            .nodes
            .values()
            .map(|node| node.depends_on.iter().filter_map(|id| places.get(&**id).copied()).collect())
            .collect();
        let mut levels = vec![0; ids.len()];
        for node in search(&dependencies, 0..ids.len()).order {
            levels[node] = dependencies[node].iter().map(|&d| levels[d] + 1).max().unwrap_or(0);
        }
        let dependents = reversed(&dependencies);
        let sorted = |places: &[usize]| {
            let mut ids: Vec<&str> = places.iter().map(|&place| ids[place]).collect();
            ids.sort_unstable();
            ids
        };
        let views = self.nodes.values().enumerate().map(|(place, node)| NodeView {
            node,
            level: levels[place],
            dependencies: sorted(&dependencies[place]),
            dependents: sorted(&dependents[place]),
        });
        views.collect()
    }

    /// The distinct types of the flow's own nodes; `flow` if there are embedded flows.
    pub fn job_types(&self) -> BTreeSet<&str> {
        self.nodes.values().map(|node| node.job_type()).collect()
    }
}

impl ProjectModel {
    /// The flows that users see: those that are not defined inside another.
    pub fn listed_flows(&self) -> impl Iterator<Item = &Flow> {
        self.flows.values().filter(|flow| !flow.embedded)
    }
}
