//! Graph algorithms on plain indices, without recursion: a chain of any length needs no stack.

/// The outcome of a depth-first search along dependencies.
pub(super) struct Search {
    /// Every node met, dependencies before what depends on them (except across `closing`).
    pub(super) order: Vec<usize>,
    /// The dependencies that close a cycle, as (dependency, node), in the order in which they were met.
    pub(super) closing: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    /// On the path from the start.
    OnPath,
    Done,
}

/// Searches from each of `starts` in turn; `dependencies[n]` are those of node `n`.
pub(super) fn search(dependencies: &[Vec<usize>], starts: impl IntoIterator<Item = usize>) -> Search {
    let mut marks = vec![Mark::New; dependencies.len()];
    let mut found = Search { order: Vec::with_capacity(dependencies.len()), closing: Vec::new() };
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in starts {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::OnPath;
        path.push((start, 0));
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            match dependencies[node].get(*next) {
                None => {
                    marks[node] = Mark::Done;
                    found.order.push(node);
                    path.pop();
                }
                Some(&dependency) => {
                    *next += 1;
                    match marks[dependency] {
                        Mark::New => {
                            marks[dependency] = Mark::OnPath;
                            path.push((dependency, 0));
                        }
                        Mark::OnPath => found.closing.push((dependency, node)),
                        Mark::Done => {}
                    }
                }
            }
        }
    }
    found
}

/// The edges the other way round.
pub(super) fn reversed(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for &to in targets {
            reversed[to].push(from);
        }
    }
    reversed
}

/// For each node a number that it shares with exactly the nodes it is on a cycle with (Kosaraju's algorithm).
pub(super) fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    let order = search(edges, 0..edges.len()).order;
    let reversed = reversed(edges);
    let mut component = vec![usize::MAX; edges.len()];
    let mut stack = Vec::new();
    for (number, &start) in order.iter().rev().enumerate() {
        if component[start] != usize::MAX {
            continue;
        }
        component[start] = number;
        stack.push(start);
        while let Some(node) = stack.pop() {
            for &next in &reversed[node] {
                if component[next] == usize::MAX {
                    component[next] = number;
                    stack.push(next);
                }
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_come_first_and_closing_edges_are_named() {
        let found = search(&[vec![1, 2], vec![3], vec![3], vec![]], 0..4);
        assert_eq!(found.order, [3, 1, 2, 0]);
        assert!(found.closing.is_empty());
        let found = search(&[vec![1], vec![2], vec![0, 2]], [0]);
        assert_eq!(found.closing, [(0, 2), (2, 2)]);
    }

    #[test]
    fn nodes_on_a_common_cycle_share_a_component() {
        let component = components(&[vec![1], vec![0, 2], vec![3], vec![2], vec![0]]);
        assert_eq!(component[0], component[1]);
        assert_eq!(component[2], component[3]);
        assert_ne!(component[0], component[2]);
        assert!(component[4] != component[0] && component[4] != component[2]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let chain: Vec<Vec<usize>> =
            (0..200_000).map(|n| if n == 199_999 { vec![0] } else { vec![n + 1] }).collect();
        assert_eq!(search(&chain, [0]).closing, [(0, 199_999)]);
        assert!(components(&chain).iter().all(|&c| c == 0));
    }
}
