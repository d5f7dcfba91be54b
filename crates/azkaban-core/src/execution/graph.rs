//! The nodes of one execution: a flow with the flows inside it expanded (execution-and-scheduling §2.9).

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

use super::template::Template;
use super::transition::Role;
use crate::condition::{Condition, ConditionError, StatusRule};
use crate::ids::{NodeIndex, NodePath};
use crate::project::{NodeKind, ProjectModel};

/// Nodes of one execution, embedded flows expanded.
pub const MAX_NODES: usize = 200_000;
/// Dependencies of one execution, embedded flows expanded.
pub const MAX_EDGES: usize = 4_000_000;
/// Flows inside each other.
pub const MAX_DEPTH: usize = 200;
/// Bytes of all nested ids together.
pub const MAX_PATH_BYTES: usize = 64 << 20;

/// Why a flow cannot be executed at all. A loaded project has been checked for most of these.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GraphError {
    /// The project has no such flow.
    #[error("no flow {flow}")]
    UnknownFlow {
        /// The id that was asked for.
        flow: String,
    },
    /// A node depends on what is not in its flow.
    #[error("node {node} of flow {flow} depends on {dependency}, which does not exist")]
    UnknownDependency {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
        /// What it names.
        dependency: String,
    },
    /// Nodes depend on each other in a circle.
    #[error("the dependencies of flow {flow} form a cycle")]
    Cycle {
        /// The flow.
        flow: String,
    },
    /// A flow contains itself.
    #[error("flow {flow} contains itself")]
    Recursion {
        /// The flow.
        flow: String,
    },
    /// A condition that no upload lets through.
    #[error("the condition of node {node} of flow {flow} is not usable")]
    Condition {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
        /// What is wrong with it.
        source: ConditionError,
    },
    /// Two nodes have the same nested id, for there are colons or nothing at all in ids of the project.
    #[error("two nodes are both called {path}")]
    AmbiguousPath {
        /// Their nested id.
        path: NodePath,
    },
    /// A limit of this module is exceeded.
    #[error("flow {flow} has more than {limit} {what} when the flows in it are expanded")]
    TooLarge {
        /// The executed flow.
        flow: String,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// A node of the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphNode {
    /// The nested id.
    pub path: NodePath,
    /// The id in its flow; of the root the flow's id.
    pub id: Arc<str>,
    /// Job or flow.
    pub kind: NodeKind,
    /// Its role in the life cycle.
    pub role: Role,
    /// The flow node around it; the root is its own parent.
    pub parent: NodeIndex,
    /// The id of the flow that it is defined in; of the root its own.
    pub flow_id: Arc<str>,
    /// What it depends on, in the order of declaration.
    pub ins: Box<[NodeIndex]>,
    /// What depends on it, in the order of ids.
    pub outs: Box<[NodeIndex]>,
    /// Its condition.
    pub condition: Option<Arc<Condition>>,
    /// The condition names a job that its flow does not have.
    pub condition_unresolved: bool,
    children: Range<u32>,
}

impl GraphNode {
    /// Whether it is a job.
    pub fn is_job(&self) -> bool {
        self.role == Role::Job
    }

    /// Nodes directly inside it, in the order of ids; none for a job.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = NodeIndex> + ExactSizeIterator + use<> {
        self.children.clone().map(NodeIndex)
    }

    /// How the statuses of its dependencies decide about it.
    pub fn rule(&self) -> StatusRule {
        self.condition.as_ref().map(|c| c.rule()).unwrap_or_default()
    }
}

/// The nodes of an execution. The root is at [`NodeIndex::ROOT`]; parents come before their children, and siblings
/// follow each other in the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    nodes: Vec<GraphNode>,
    by_path: HashMap<NodePath, NodeIndex>,
}

impl Graph {
    /// Expands flow `flow_id` of a project.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub fn build(model: &ProjectModel, flow_id: &str) -> Result<Graph, GraphError> {
        let mut expansion =
            Expansion { model, root: flow_id, templates: HashMap::new(), edges: 0, path_bytes: 0 };
        let root_id: Arc<str> = Arc::from(flow_id);
        let mut nodes = vec![GraphNode {
            path: NodePath::root(),
            id: root_id.clone(),
            kind: NodeKind::Flow(flow_id.to_owned()),
            role: Role::Root,
            parent: NodeIndex::ROOT,
            flow_id: root_id,
            ins: Box::default(),
            outs: Box::default(),
            condition: None,
            condition_unresolved: false,
            children: 0..0,
        }];
        // Flow nodes to expand, with their depth. Breadth first: children are contiguous and after their parents.
        let mut open = VecDeque::from([(NodeIndex::ROOT, 0)]);
        while let Some((flow, depth)) = open.pop_front() {
            expansion.expand(&mut nodes, flow, depth, &mut open)?;
        }
        let mut by_path = HashMap::with_capacity(nodes.len());
        for (node, index) in nodes.iter().zip(0..) {
            if by_path.insert(node.path.clone(), NodeIndex(index)).is_some() {
                return Err(GraphError::AmbiguousPath { path: node.path.clone() });
            }
        }
        Ok(Graph { nodes, by_path })
    }

    /// The node at an index of this graph.
    ///
    /// # Panics
    /// If the index is not of this graph; see [`Graph::contains`].
    pub fn node(&self, index: NodeIndex) -> &GraphNode {
        &self.nodes[index.get()]
    }

    /// Whether the index is of this graph.
    pub fn contains(&self, index: NodeIndex) -> bool {
        index.get() < self.nodes.len()
    }

    /// The node of a nested id; the empty path is the root.
    pub fn find(&self, path: &NodePath) -> Option<NodeIndex> {
        self.by_path.get(path).copied()
    }

    /// The node `id` directly inside a flow node.
    pub fn child(&self, flow: NodeIndex, id: &str) -> Option<NodeIndex> {
        let range = self.node(flow).children.clone();
        let children = &self.nodes[range.start as usize..range.end as usize];
        let offset = children.binary_search_by(|n| (*n.id).cmp(id)).ok()?;
        Some(NodeIndex(range.start + offset as u32))
    }

    /// How many nodes there are, the root included.
    #[expect(clippy::len_without_is_empty, reason = "a graph has at least its root")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Every node with its index, parents before their children.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (NodeIndex, &GraphNode)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(i, n)| (NodeIndex(i as u32), n))
    }

    /// The nodes of a flow that depend on nothing.
    pub fn start_nodes(&self, flow: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        self.node(flow).children().filter(|&c| self.node(c).ins.is_empty())
    }

    /// The nodes of a flow that nothing depends on.
    pub fn end_nodes(&self, flow: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        self.node(flow).children().filter(|&c| self.node(c).outs.is_empty())
    }

    /// The flow nodes around a node, innermost first; none for the root.
    pub fn ancestors(&self, index: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let parent = move |i: NodeIndex| (i != NodeIndex::ROOT).then(|| self.node(i).parent);
        std::iter::successors(parent(index), move |&i| parent(i))
    }
}

/// The work of [`Graph::build`].
struct Expansion<'a> {
    model: &'a ProjectModel,
    root: &'a str,
    templates: HashMap<&'a str, Arc<Template<'a>>>,
    edges: usize,
    path_bytes: usize,
}

impl<'a> Expansion<'a> {
    /// Appends the nodes of the flow that node `flow` stands for.
    fn expand(
        &mut self,
        nodes: &mut Vec<GraphNode>,
        flow: NodeIndex,
        depth: usize,
        open: &mut VecDeque<(NodeIndex, usize)>,
    ) -> Result<(), GraphError> {
        let NodeKind::Flow(flow_id) = nodes[flow.get()].kind.clone() else { return Ok(()) };
        self.refuse_recursion(nodes, flow, &flow_id)?;
        self.check("levels", depth, MAX_DEPTH)?;
        let template = self.template(&flow_id)?;
        self.edges += template.edges;
        self.check("dependencies", self.edges, MAX_EDGES)?;
        self.check("nodes", nodes.len() + template.nodes.len(), MAX_NODES)?;
        // Cannot overflow: bounded by MAX_NODES.
        let base = nodes.len() as u32;
        let path = nodes[flow.get()].path.clone();
        for (node, place) in template.nodes.iter().zip(base..) {
            self.path_bytes += path.as_str().len() + 1 + node.id.len();
            self.check("bytes of ids", self.path_bytes, MAX_PATH_BYTES)?;
            let embedded = matches!(node.kind, NodeKind::Flow(_));
            let shift = |places: &[u32]| places.iter().map(|p| NodeIndex(base + p)).collect();
            nodes.push(GraphNode {
                path: path.child(&node.id),
                id: node.id.clone(),
                kind: node.kind.clone(),
                role: if embedded { Role::Embedded } else { Role::Job },
                parent: flow,
                flow_id: template.flow_id.clone(),
                ins: shift(&node.ins),
                outs: shift(&node.outs),
                condition: node.condition.clone(),
                condition_unresolved: node.condition_unresolved,
                children: 0..0,
            });
            if embedded {
                open.push_back((NodeIndex(place), depth + 1));
            }
        }
        nodes[flow.get()].children = base..nodes.len() as u32;
        Ok(())
    }

    fn template(&mut self, flow_id: &str) -> Result<Arc<Template<'a>>, GraphError> {
        if let Some(template) = self.templates.get(flow_id) {
            return Ok(template.clone());
        }
        let (key, flow) = (self.model.flows.get_key_value(flow_id))
            .ok_or_else(|| GraphError::UnknownFlow { flow: flow_id.to_owned() })?;
        let template = Arc::new(Template::new(key, flow)?);
        self.templates.insert(key, template.clone());
        Ok(template)
    }

    /// The flow must not be one of those around it. The walk is short: see [`MAX_DEPTH`].
    fn refuse_recursion(
        &self,
        nodes: &[GraphNode],
        flow: NodeIndex,
        flow_id: &str,
    ) -> Result<(), GraphError> {
        let mut around = flow;
        while around != NodeIndex::ROOT {
            around = nodes[around.get()].parent;
            if matches!(&nodes[around.get()].kind, NodeKind::Flow(id) if id == flow_id) {
                return Err(GraphError::Recursion { flow: flow_id.to_owned() });
            }
        }
        Ok(())
    }

    fn check(&self, what: &'static str, amount: usize, limit: usize) -> Result<(), GraphError> {
        if amount <= limit {
            return Ok(());
        }
        Err(GraphError::TooLarge { flow: self.root.to_owned(), what, limit })
    }
}
