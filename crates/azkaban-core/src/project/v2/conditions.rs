//! Conditions of a flow's nodes at upload (projects-and-jobs §4.3).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::super::graph::reversed;
use super::super::{FlowFormat, JobNode, Report};
use crate::condition::{ValidationScope, validate};

/// Steps along dependencies that the search for descendants may take in one flow. Conditions mostly name what runs
/// before, and that needs no search.
const MAX_STEPS: usize = 20_000_000;

/// Checks the conditions of a flow without cycles. `order` has dependencies before what depends on them.
pub(super) fn check(
    file: &str,
    nodes: &[Arc<JobNode>],
    places: &HashMap<&str, usize>,
    dependencies: &[Vec<usize>],
    order: &[usize],
    report: &mut Report,
) {
    if nodes.iter().all(|node| node.condition.is_none()) {
        return;
    }
    let descendants = RefCell::new(Descendants::new(dependencies, order));
    for (place, node) in nodes.iter().enumerate() {
        let Some(condition) = &node.condition else { continue };
        let scope = ValidationScope {
            format: FlowFormat::V2,
            node: &node.id,
            exists: &|name| places.contains_key(name),
            is_descendant: &|name| {
                places.get(name).is_some_and(|&other| descendants.borrow_mut().contains(place, other))
            },
        };
        validate(condition, &scope).into_iter().for_each(|problem| report.error(problem));
    }
    if descendants.borrow().steps == 0 {
        report.error(format!("Error loading flow yaml file {file}:the conditions are too many to check"));
    }
}

/// Answers whether a node depends on another, directly or not.
struct Descendants {
    dependents: Vec<Vec<usize>>,
    /// The place of each node in the order of dependencies.
    rank: Vec<usize>,
    /// The node from which each node was last reached.
    reached_from: Vec<usize>,
    steps: usize,
}

impl Descendants {
    fn new(dependencies: &[Vec<usize>], order: &[usize]) -> Self {
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &node)| rank[node] = at);
        Self {
            dependents: reversed(dependencies),
            rank,
            reached_from: vec![usize::MAX; order.len()],
            steps: MAX_STEPS,
        }
    }

    fn contains(&mut self, of: usize, node: usize) -> bool {
        if self.rank[node] <= self.rank[of] {
            return false;
        }
        if self.reached_from[of] != of {
            self.reach(of);
        }
        self.reached_from[node] == of
    }

    fn reach(&mut self, of: usize) {
        self.reached_from[of] = of;
        let mut stack = vec![of];
        while let Some(at) = stack.pop() {
            for &next in &self.dependents[at] {
                if self.steps == 0 {
                    return;
                }
                self.steps -= 1;
                if std::mem::replace(&mut self.reached_from[next], of) != of {
                    stack.push(next);
                }
            }
        }
    }
}
