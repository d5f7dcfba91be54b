//! One frame: the nodes of one flow in rows, component by component.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};

use super::rows::{self, COLUMN_GAP, ROW_GAP};

/// Nodes and bends of one component beyond which it stands in plain rows: the layout's time and stack grow with both.
const MAX_VERTICES: usize = 12_000;
/// Lines of one component beyond which it stands in plain rows.
const MAX_LINES: usize = 40_000;
/// The room that a line takes where it passes a row.
const BEND_WIDTH: f64 = 10.0;
/// Width over height that components beside and below each other aim at.
const SHAPE: f64 = 1.8;

/// A node in its frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A line in its frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) points: Vec<(f64, f64)>,
}

/// Everything in a frame; nothing outside (0, 0)–`size`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) spots: Vec<Spot>,
    pub(super) lines: Vec<Line>,
    pub(super) size: (f64, f64),
    pub(super) simple: bool,
}

/// Places nodes of these sizes; `dependencies[n]` are those of node `n`. They must not form cycles.
pub(super) fn place(sizes: &[(f64, f64)], dependencies: &[Vec<usize>]) -> Frame {
    let levels = rows::levels(dependencies);
    let none = Spot { x: 0.0, y: 0.0, width: 0.0, height: 0.0 };
    let mut frame =
        Frame { spots: vec![none; sizes.len()], lines: Vec::new(), size: (0.0, 0.0), simple: false };
    let parts: Vec<Part> = rows::components(dependencies)
        .into_iter()
        .map(|nodes| {
            let mut layers =
                rows::Layers::new(&nodes, sizes, dependencies, &levels, (MAX_VERTICES, MAX_LINES));
            let centres = if layers.plain { None } else { few_crossings(&layers) };
            let simple = centres.is_none();
            layers.stand(centres);
            Part { layers, simple }
        })
        .collect();
    let area: f64 =
        parts.iter().map(|part| (part.layers.width + COLUMN_GAP) * (part.layers.height + ROW_GAP)).sum();
    let widest = parts.iter().map(|part| part.layers.width).fold(0.0, f64::max);
    let limit = (area * SHAPE).sqrt().max(widest);
    let (mut left, mut top, mut shelf) = (0.0, 0.0, 0.0_f64);
    for part in parts {
        let layers = &part.layers;
        if left > 0.0 && left + layers.width > limit {
            (left, top, shelf) = (0.0, top + shelf + ROW_GAP, 0.0);
        }
        layers.write(left, top, &mut frame);
        frame.size.0 = frame.size.0.max(left + layers.width);
        frame.size.1 = frame.size.1.max(top + layers.height);
        frame.simple |= part.simple;
        left += layers.width + COLUMN_GAP;
        shelf = shelf.max(layers.height);
    }
    frame
}

struct Part {
    layers: rows::Layers,
    simple: bool,
}

/// The middle of each vertex, so that few lines cross; `None` if the layout cannot be made.
fn few_crossings(layers: &rows::Layers) -> Option<Vec<f64>> {
    if layers.vertices() == 1 {
        return Some(vec![0.0]);
    }
    let config = Config {
        minimum_length: 1,
        vertex_spacing: COLUMN_GAP,
        dummy_vertices: false,
        dummy_size: 1.0,
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: false,
    };
    let vertices: Vec<(u32, (f64, f64))> =
        layers.widths.iter().zip(0..).map(|(&width, id)| (id, (width, 1.0))).collect();
    let made = || rust_sugiyama::from_vertices_and_edges(&vertices, &layers.edges, &config);
    let layout = catch_unwind(AssertUnwindSafe(made)).ok()?;
    let mut centres = vec![f64::NAN; layers.vertices()];
    for (vertex, (x, _)) in layout.into_iter().flat_map(|(places, ..)| places) {
        *centres.get_mut(vertex)? = x;
    }
    centres.iter().all(|x| x.is_finite()).then_some(centres)
}

/// The width of a bend.
pub(super) fn bend_width() -> f64 {
    BEND_WIDTH
}
