//! Flows inside flows: are they there, do they end, and are they not too many? (projects-and-jobs §2.4)

use super::graph;
use super::{LoadLimits, NodeKind, ProjectModel, Report};

/// Checks the embedding of the model's flows into each other.
pub(super) fn check(model: &ProjectModel, limits: &LoadLimits, report: &mut Report) {
    let ids: Vec<&str> = model.flows.keys().map(String::as_str).collect();
    let mut embedded = Vec::with_capacity(ids.len());
    for flow in model.flows.values() {
        let mut inside = Vec::new();
        for node in flow.nodes.values() {
            let NodeKind::Flow(name) = &node.kind else { continue };
            match ids.binary_search(&name.as_str()) {
                Ok(place) => inside.push(place),
                Err(_) => report.error(format!("Flow {} depends on {name} but can't be found.", flow.id)),
            }
        }
        embedded.push(inside);
    }
    if report_cycles(&ids, &embedded, report) == 0 {
        check_sizes(model, &ids, &embedded, limits, report);
    }
}

/// Reports each embedding that is part of a cycle; returns how many there are.
fn report_cycles(ids: &[&str], embedded: &[Vec<usize>], report: &mut Report) -> usize {
    let component = graph::components(embedded);
    let mut found = 0;
    for (outer, inside) in embedded.iter().enumerate() {
        for &inner in inside.iter().filter(|&&inner| component[inner] == component[outer]) {
            found += 1;
            report.error(format!("Embedded flow cycle found in {}->{}", ids[outer], ids[inner]));
        }
    }
    found
}

/// Each level of embedding can double the nodes of a flow, so their number is counted before anything expands them.
fn check_sizes(
    model: &ProjectModel,
    ids: &[&str],
    embedded: &[Vec<usize>],
    limits: &LoadLimits,
    report: &mut Report,
) {
    let mut nodes: Vec<usize> = model.flows.values().map(|flow| flow.nodes.len()).collect();
    let mut depth = vec![0; ids.len()];
    for flow in graph::search(embedded, 0..ids.len()).order {
        for &inner in &embedded[flow] {
            nodes[flow] = nodes[flow].saturating_add(nodes[inner]);
            depth[flow] = depth[flow].max(depth[inner] + 1);
        }
        let id = ids[flow];
        if nodes[flow] > limits.max_flow_nodes {
            let limit = limits.max_flow_nodes;
            report.error(format!("Flow {id} has more than {limit} nodes with its embedded flows."));
        }
        if depth[flow] > limits.max_flow_depth {
            let limit = limits.max_flow_depth;
            report.error(format!("Flow {id} has embedded flows more than {limit} deep."));
        }
    }
}
