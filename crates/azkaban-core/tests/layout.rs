//! Layouts of flows: nothing overlaps, lines go the right way, the same comes out every time.

#[path = "execution/support.rs"]
#[allow(dead_code, reason = "only graphs from text are used")]
mod support;

use azkaban_core::execution::Graph;
use azkaban_core::ids::NodeIndex;
use azkaban_core::layout::{Direction, Layout, PlacedNode, STACK, lay_out};
use support::graph;

/// Lays out on a stack that is large enough.
fn laid_out(graph: &Graph, expanded: bool, direction: Direction) -> Layout {
    std::thread::scope(|scope| {
        let work = || lay_out(graph, &|_| expanded, direction);
        std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

fn overlap(a: &PlacedNode, b: &PlacedNode) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/// The rules that hold for every layout.
fn check(graph: &Graph, layout: &Layout, direction: Direction) {
    let place = |index: NodeIndex| layout.nodes.iter().find(|node| node.node == index);
    for (at, node) in layout.nodes.iter().enumerate() {
        assert!(node.x >= 0.0 && node.y >= 0.0, "{node:?}");
        assert!(
            node.x + node.width <= layout.width + 0.5 && node.y + node.height <= layout.height + 0.5,
            "{node:?}"
        );
        let parent = graph.node(node.node).parent;
        if parent != NodeIndex::ROOT {
            let around = place(parent).unwrap();
            assert!(around.expanded && overlap(around, node), "{node:?}");
            assert!(node.y >= around.y && node.y + node.height <= around.y + around.height + 0.5);
        }
        for other in &layout.nodes[at + 1..] {
            if graph.node(other.node).parent == parent {
                assert!(!overlap(node, other), "{node:?} {other:?}");
            }
        }
    }
    for edge in &layout.edges {
        let (from, to) = (place(edge.from).unwrap(), place(edge.to).unwrap());
        let (first, last) = (edge.points[0], edge.points[edge.points.len() - 1]);
        match direction {
            Direction::Down => {
                assert_eq!((first.1, last.1), (from.y + from.height, to.y));
                assert!(edge.points.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{edge:?}");
            }
            Direction::Right => {
                assert_eq!((first.0, last.0), (from.x + from.width, to.x));
                assert!(edge.points.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{edge:?}");
            }
        }
        assert!(graph.node(edge.to).ins.contains(&edge.from));
    }
    let shown: usize = layout.nodes.iter().map(|node| graph.node(node.node).ins.len()).sum();
    assert_eq!(layout.edges.len(), shown, "every line of a shown node is there");
}

#[test]
fn small_flows() {
    for text in [
        "[f]\na",
        "[f]\na\nb\nc",
        "[f]\na\nb < a\nc < a\nd < b c",
        "[f]\na\nb < a\nc < b\nd < a c",
        "[f]\na\ns=inner < a\nb < s\n[inner]\nx\ny < x\nz < x",
        "[f]\ns=inner\nt=inner < s\n[inner]\nu=deep\nv < u\n[deep]\np\nq < p",
    ] {
        let graph = graph(text);
        for (expanded, direction) in
            [(false, Direction::Down), (true, Direction::Down), (true, Direction::Right)]
        {
            let layout = laid_out(&graph, expanded, direction);
            assert!(!layout.simple, "{text}");
            check(&graph, &layout, direction);
            assert_eq!(layout, laid_out(&graph, expanded, direction), "{text}");
            if expanded {
                assert_eq!(layout.nodes.len(), graph.len() - 1, "{text}");
            }
        }
    }
}

/// A flow of `nodes` jobs, each with up to `most` dependencies among those up to `reach` before it.
fn random(nodes: usize, most: usize, reach: usize, seed: u64) -> std::sync::Arc<Graph> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut text = String::from("[f]\n");
    for node in 0..nodes {
        let count = if node == 0 { 0 } else { next(most + 1) };
        let mut dependencies: Vec<usize> = (0..count).map(|_| node - 1 - next(node.min(reach))).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        let names: Vec<String> = dependencies.iter().map(|n| format!("job{n:05}")).collect();
        text += &format!("job{node:05} < {}\n", names.join(" "));
    }
    graph(&text)
}

#[test]
fn random_flows() {
    for seed in 0..60 {
        let size = 1 + (seed as usize * 7) % 90;
        let graph = random(size, 1 + seed as usize % 4, 1 + seed as usize % 40, seed + 1);
        let direction = if seed % 2 == 0 { Direction::Down } else { Direction::Right };
        check(&graph, &laid_out(&graph, true, direction), direction);
    }
}

#[test]
fn large_flows_come_out_and_what_is_too_large_stands_in_plain_rows() {
    let graph = random(1_000, 3, 300, 7);
    let layout = laid_out(&graph, true, Direction::Down);
    assert!(!layout.simple);
    check(&graph, &layout, Direction::Down);
    let chain = random(3_000, 1, 1, 3);
    check(&chain, &laid_out(&chain, true, Direction::Down), Direction::Down);
    let huge = random(30_000, 9, 1_000, 9);
    let layout = laid_out(&huge, true, Direction::Down);
    assert!(layout.simple);
    assert_eq!(layout.nodes.len(), 30_000);
}
