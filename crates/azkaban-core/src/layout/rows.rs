//! The rows of one component: its nodes, and a bend for each row that a line passes.

use super::frame::{Frame, Line, Spot, bend_width};

/// Between nodes of a row.
pub(super) const COLUMN_GAP: f64 = 24.0;
/// Between rows.
pub(super) const ROW_GAP: f64 = 40.0;

/// For each node the longest way from a node without dependencies.
pub(super) fn levels(dependencies: &[Vec<usize>]) -> Vec<usize> {
    let mut left: Vec<usize> = dependencies.iter().map(Vec::len).collect();
    let dependents = reversed(dependencies);
    let mut levels = vec![0; dependencies.len()];
    let mut free: Vec<usize> = (0..left.len()).filter(|&node| left[node] == 0).collect();
    while let Some(node) = free.pop() {
        for &next in &dependents[node] {
            levels[next] = levels[next].max(levels[node] + 1);
            left[next] -= 1;
            if left[next] == 0 {
                free.push(next);
            }
        }
    }
    levels
}

fn reversed(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        targets.iter().for_each(|&to| reversed[to].push(from));
    }
    reversed
}

/// Nodes that lines connect, each component in ascending order, by their first nodes.
pub(super) fn components(dependencies: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let dependents = reversed(dependencies);
    let mut seen = vec![false; dependencies.len()];
    let mut components = Vec::new();
    for start in 0..dependencies.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let (mut nodes, mut next) = (vec![start], 0);
        while let Some(&node) = nodes.get(next) {
            next += 1;
            for &other in dependencies[node].iter().chain(&dependents[node]) {
                if !seen[other] {
                    seen[other] = true;
                    nodes.push(other);
                }
            }
        }
        nodes.sort_unstable();
        components.push(nodes);
    }
    components
}

/// A component as rows of vertices: first its nodes, in their order, then the bends of its lines.
pub(super) struct Layers {
    nodes: Vec<usize>,
    /// Of each vertex.
    pub(super) widths: Vec<f64>,
    heights: Vec<f64>,
    rows: Vec<usize>,
    /// From row to next row.
    pub(super) edges: Vec<(u32, u32)>,
    /// Per line: its ends as vertices, and its bends.
    lines: Vec<(usize, usize, std::ops::Range<usize>)>,
    /// Left borders of vertices, once they stand.
    lefts: Vec<f64>,
    /// Tops and bottoms of rows, once they stand.
    bands: Vec<(f64, f64)>,
    pub(super) width: f64,
    pub(super) height: f64,
    /// There is too much of it for bends and an order with few crossings.
    pub(super) plain: bool,
}

impl Layers {
    /// Too much is more vertices, bends included, or more lines than these.
    pub(super) fn new(
        nodes: &[usize],
        sizes: &[(f64, f64)],
        dependencies: &[Vec<usize>],
        levels: &[usize],
        (max_vertices, max_lines): (usize, usize),
    ) -> Self {
        let lines = nodes.iter().flat_map(|&node| dependencies[node].iter().map(move |&from| (from, node)));
        let (mut count, mut vertices) = (0, nodes.len());
        for (from, to) in lines {
            count += 1;
            vertices += levels[to] - levels[from] - 1;
        }
        let mut layers = Self {
            nodes: nodes.to_vec(),
            widths: nodes.iter().map(|&node| sizes[node].0).collect(),
            heights: nodes.iter().map(|&node| sizes[node].1).collect(),
            rows: nodes.iter().map(|&node| levels[node]).collect(),
            edges: Vec::new(),
            lines: Vec::new(),
            lefts: Vec::new(),
            bands: Vec::new(),
            width: 0.0,
            height: 0.0,
            plain: vertices > max_vertices || count > max_lines,
        };
        for (to, &node) in nodes.iter().enumerate() {
            for dependency in &dependencies[node] {
                // Every dependency is of the same component.
                let Ok(from) = nodes.binary_search(dependency) else { continue };
                layers.add_line(from, to);
            }
        }
        layers
    }

    fn add_line(&mut self, from: usize, to: usize) {
        let first = self.widths.len();
        if self.plain {
            self.lines.push((from, to, first..first));
            return;
        }
        let mut before = from;
        for row in self.rows[from] + 1..self.rows[to] {
            let bend = self.widths.len();
            self.widths.push(bend_width());
            self.heights.push(0.0);
            self.rows.push(row);
            self.add_edge(before, bend);
            before = bend;
        }
        self.add_edge(before, to);
        self.lines.push((from, to, first..self.widths.len()));
    }

    fn add_edge(&mut self, from: usize, to: usize) {
        // A graph has fewer nodes and lines than u32 can count (`execution::MAX_EDGES`).
        self.edges.push((from as u32, to as u32));
    }

    /// Nodes and bends.
    pub(super) fn vertices(&self) -> usize {
        self.widths.len()
    }

    /// Gives every vertex its place: by the middles of all of them, else in the order of nodes. No two overlap.
    pub(super) fn stand(&mut self, centres: Option<Vec<f64>>) {
        let rows = self.rows.iter().max().map_or(0, |row| row + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); rows];
        (0..self.vertices()).for_each(|vertex| members[self.rows[vertex]].push(vertex));
        self.lefts = vec![0.0; self.vertices()];
        for row in &mut members {
            let middle = |vertex: usize| centres.as_ref().map_or(0.0, |centres| centres[vertex]);
            row.sort_by(|&a, &b| middle(a).total_cmp(&middle(b)));
            let mut free = f64::NEG_INFINITY;
            for &mut vertex in row {
                let wanted = middle(vertex) - self.widths[vertex] / 2.0;
                self.lefts[vertex] = wanted.max(free).round();
                free = self.lefts[vertex] + self.widths[vertex] + COLUMN_GAP / 2.0;
            }
        }
        if centres.is_none() {
            self.centre_rows(&members);
        }
        let leftmost = self.lefts.iter().copied().fold(f64::INFINITY, f64::min);
        self.lefts.iter_mut().for_each(|left| *left -= leftmost);
        self.width =
            self.lefts.iter().zip(&self.widths).map(|(left, width)| left + width).fold(0.0, f64::max);
        let mut top = 0.0;
        for row in &members {
            let height = row.iter().map(|&vertex| self.heights[vertex]).fold(0.0, f64::max);
            self.bands.push((top, top + height));
            self.height = top + height;
            top += height + ROW_GAP;
        }
    }

    fn centre_rows(&mut self, members: &[Vec<usize>]) {
        for row in members {
            let end = row.last().map_or(0.0, |&last| self.lefts[last] + self.widths[last]);
            let start = row.first().map_or(0.0, |&first| self.lefts[first]);
            let shift = ((start + end) / 2.0).round();
            row.iter().for_each(|&vertex| self.lefts[vertex] -= shift);
        }
    }

    /// Writes nodes and lines into a frame.
    pub(super) fn write(&self, left: f64, top: f64, frame: &mut Frame) {
        let middle = |vertex: usize| left + self.lefts[vertex] + self.widths[vertex] / 2.0;
        let y = |vertex: usize| {
            let (start, end) = self.bands[self.rows[vertex]];
            top + ((start + end - self.heights[vertex]) / 2.0).round()
        };
        for (vertex, &node) in self.nodes.iter().enumerate() {
            frame.spots[node] = Spot {
                x: left + self.lefts[vertex],
                y: y(vertex),
                width: self.widths[vertex],
                height: self.heights[vertex],
            };
        }
        for (from, to, bends) in &self.lines {
            let mut points = vec![(middle(*from), y(*from) + self.heights[*from])];
            for bend in bends.clone() {
                let (start, end) = self.bands[self.rows[bend]];
                points.extend([(middle(bend), top + start), (middle(bend), top + end)]);
            }
            points.push((middle(*to), y(*to)));
            frame.lines.push(Line { from: self.nodes[*from], to: self.nodes[*to], points });
        }
    }
}
