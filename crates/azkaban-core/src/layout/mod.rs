//! Where the nodes of a flow stand on a page, and the lines between them.
//!
//! Nodes stand in rows by their level, ordered so that few lines cross. An expanded flow is a frame around its nodes; frames
//! are laid out from the inside out. Lengths are CSS pixels.

mod frame;
mod rows;

use std::collections::HashMap;

use crate::execution::Graph;
use crate::ids::NodeIndex;

/// A node's height.
const NODE_HEIGHT: f64 = 36.0;
/// Width of a character, an icon and the margins, and the bounds of a node's width.
const CHARACTER: f64 = 7.5;
const MARGINS: f64 = 48.0;
const WIDTHS: (f64, f64) = (96.0, 280.0);
/// Around the nodes in a frame, and the room for its title.
const PADDING: f64 = 16.0;
const TITLE: f64 = 32.0;

/// Which way dependencies point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From above downwards.
    #[default]
    Down,
    /// From left to right.
    Right,
}

/// A node on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedNode {
    /// Which.
    pub node: NodeIndex,
    /// The upper left corner.
    pub x: f64,
    /// The upper left corner.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
    /// It is a flow whose nodes are shown inside it.
    pub expanded: bool,
}

/// A line from a dependency to what depends on it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedEdge {
    /// The dependency.
    pub from: NodeIndex,
    /// What depends on it.
    pub to: NodeIndex,
    /// From border to border, with the bends between.
    pub points: Vec<(f64, f64)>,
}

/// Nodes and lines of a flow on the page. Everything is inside (0, 0)–(width, height).
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Of the whole.
    pub width: f64,
    /// Of the whole.
    pub height: f64,
    /// Nodes that are shown, flows before what is inside them.
    pub nodes: Vec<PlacedNode>,
    /// Lines between nodes that are shown.
    pub edges: Vec<PlacedEdge>,
    /// Some frame was too large for anything but rows in the order of ids.
    pub simple: bool,
}

/// Lays out the executed flow of `graph` with the flows inside it for which `is_expanded` says so.
///
/// It recurses up to some thousand times: give it a thread with [`STACK`] bytes.
pub fn lay_out(graph: &Graph, is_expanded: &dyn Fn(NodeIndex) -> bool, direction: Direction) -> Layout {
    let flows = shown_flows(graph, is_expanded);
    let mut frames: HashMap<NodeIndex, frame::Frame> = HashMap::with_capacity(flows.len());
    // From the inside out: a frame's size is that of a node in the one around it.
    for &flow in flows.iter().rev() {
        let children: Vec<NodeIndex> = graph.node(flow).children().collect();
        let size = |node: &NodeIndex| match frames.get(node) {
            Some(inner) => framed(inner.size, direction),
            None => turned(plain(&graph.node(*node).id), direction),
        };
        let sizes: Vec<(f64, f64)> = children.iter().map(size).collect();
        let first = children.first().map_or(0, |node| node.get());
        let dependencies: Vec<Vec<usize>> = children
            .iter()
            .map(|node| graph.node(*node).ins.iter().map(|dependency| dependency.get() - first).collect())
            .collect();
        frames.insert(flow, frame::place(&sizes, &dependencies));
    }
    let mut page = Page { graph, frames: &frames, direction, nodes: Vec::new(), edges: Vec::new() };
    page.put(&flows);
    let (nodes, edges) = (page.nodes, page.edges);
    let size = frames.get(&NodeIndex::ROOT).map_or((0.0, 0.0), |frame| turned(frame.size, direction));
    let simple = frames.values().any(|frame| frame.simple);
    Layout { width: size.0, height: size.1, nodes, edges, simple }
}

/// Stack that [`lay_out`] may need, in bytes.
pub const STACK: usize = 64 << 20;

/// The root and every expanded flow that is not inside a folded one, parents first.
fn shown_flows(graph: &Graph, is_expanded: &dyn Fn(NodeIndex) -> bool) -> Vec<NodeIndex> {
    let mut flows = vec![NodeIndex::ROOT];
    let mut next = 0;
    while let Some(&flow) = flows.get(next) {
        next += 1;
        flows.extend(
            graph.node(flow).children().filter(|&node| !graph.node(node).is_job() && is_expanded(node)),
        );
    }
    flows
}

/// Of a node that is not expanded.
fn plain(id: &str) -> (f64, f64) {
    let width = id.chars().count() as f64 * CHARACTER + MARGINS;
    (width.clamp(WIDTHS.0, WIDTHS.1).round(), NODE_HEIGHT)
}

/// Of a frame around something, in the frames' own axes.
fn framed(inner: (f64, f64), direction: Direction) -> (f64, f64) {
    let (width, height) = turned(inner, direction);
    turned(((width + 2.0 * PADDING).max(WIDTHS.1), height + TITLE + PADDING), direction)
}

/// Frames are laid out downwards; to the right, both axes change places.
fn turned((a, b): (f64, f64), direction: Direction) -> (f64, f64) {
    match direction {
        Direction::Down => (a, b),
        Direction::Right => (b, a),
    }
}

/// What is put on the page.
struct Page<'a> {
    graph: &'a Graph,
    frames: &'a HashMap<NodeIndex, frame::Frame>,
    direction: Direction,
    nodes: Vec<PlacedNode>,
    edges: Vec<PlacedEdge>,
}

impl Page<'_> {
    /// Puts the contents of frames, each after the one around it.
    fn put(&mut self, flows: &[NodeIndex]) {
        let mut corners: HashMap<NodeIndex, (f64, f64)> = HashMap::from([(NodeIndex::ROOT, (0.0, 0.0))]);
        for flow in flows {
            let (Some(frame), Some(&(left, top))) = (self.frames.get(flow), corners.get(flow)) else {
                continue;
            };
            let children: Vec<NodeIndex> = self.graph.node(*flow).children().collect();
            for (node, spot) in children.iter().zip(&frame.spots) {
                let (x, y) = turned((spot.x, spot.y), self.direction);
                let (width, height) = turned((spot.width, spot.height), self.direction);
                let (x, y) = (left + x, top + y);
                let expanded = self.frames.contains_key(node);
                if expanded {
                    corners.insert(*node, (x + PADDING, y + TITLE));
                }
                self.nodes.push(PlacedNode { node: *node, x, y, width, height, expanded });
            }
            for line in &frame.lines {
                let point = |&point: &(f64, f64)| {
                    let (x, y) = turned(point, self.direction);
                    (left + x, top + y)
                };
                self.edges.push(PlacedEdge {
                    from: children[line.from],
                    to: children[line.to],
                    points: line.points.iter().map(point).collect(),
                });
            }
        }
    }
}
