//! Arbitrary trees, and job graphs against the simplest reading of the rules.

use std::collections::{BTreeMap, BTreeSet};

use azkaban_core::project::{LoadLimits, ProjectModel, SourceTree, load};
use proptest::prelude::*;

use crate::common::{loaded, tree};

/// Jobs by number: on whom they depend, and whether they ask to be a flow.
type Jobs = Vec<(Vec<usize>, bool)>;

fn jobs(acyclic: bool) -> impl Strategy<Value = Jobs> {
    (1..14_usize).prop_flat_map(move |count| {
        let job = move |place: usize| {
            let others = if acyclic { place } else { count };
            (proptest::collection::vec(0..others.max(1), 0..4), any::<bool>()).prop_map(
                move |(mut on, root)| {
                    on.retain(|&other| other < others);
                    (on, root)
                },
            )
        };
        (0..count).map(job).collect::<Vec<_>>()
    })
}

fn id(place: usize) -> String {
    format!("j{place}")
}

fn v1_files(jobs: &Jobs) -> Vec<(String, String)> {
    let file = |(place, (on, root)): (usize, &(Vec<usize>, bool))| {
        let on: Vec<String> = on.iter().map(|&d| id(d)).collect();
        let text = format!("type=noop\nroot.node={root}\ndependencies={}\n", on.join(","));
        (format!("{}{}.job", "d/".repeat(place % 3), id(place)), text)
    };
    jobs.iter().enumerate().map(file).collect()
}

fn v2_files(jobs: &Jobs) -> Vec<(String, String)> {
    let mut flow = "nodes:\n".to_owned();
    for (place, (on, _)) in jobs.iter().enumerate().rev() {
        let on: Vec<String> = on.iter().map(|&d| id(d)).collect();
        flow += &format!("- {{name: {}, type: noop, dependsOn: [{}]}}\n", id(place), on.join(", "));
    }
    vec![("p.project".to_owned(), "azkaban-flow-version: 2.0".to_owned()), ("f.flow".to_owned(), flow)]
}

/// All that `start` needs, itself included, by going around until nothing is added.
fn needed(jobs: &Jobs, start: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([start]);
    loop {
        let more: BTreeSet<usize> = found.iter().flat_map(|&j| jobs[j].0.iter().copied()).collect();
        if more.is_subset(&found) {
            return found;
        }
        found.extend(more);
    }
}

fn naive_flows(jobs: &Jobs) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let depended_on: BTreeSet<usize> = jobs.iter().flat_map(|(on, _)| on.iter().copied()).collect();
    let roots = (0..jobs.len()).filter(|j| jobs[*j].1 || !depended_on.contains(j));
    let node = |j: usize| (id(j), jobs[j].0.iter().map(|&d| id(d)).collect());
    roots.map(|root| (id(root), needed(jobs, root).into_iter().map(node).collect())).collect()
}

fn naive_level(jobs: &Jobs, job: usize) -> usize {
    jobs[job].0.iter().map(|&d| naive_level(jobs, d) + 1).max().unwrap_or(0)
}

/// Whether some job needs itself through others.
fn has_cycle(jobs: &Jobs) -> bool {
    (0..jobs.len()).any(|j| jobs[j].0.iter().any(|&d| d != j && needed(jobs, d).contains(&j)))
}

fn found_flows(model: &ProjectModel) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let flow = |nodes: &BTreeMap<_, std::sync::Arc<azkaban_core::project::JobNode>>| {
        nodes.values().map(|n| (n.id.clone(), n.depends_on.iter().cloned().collect())).collect()
    };
    model.flows.values().map(|f| (f.id.clone(), flow(&f.nodes))).collect()
}

/// Texts that look like what the files hold, and any others.
fn text() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&str; 34] = [
        "nodes:",
        "\n",
        "\n",
        " ",
        "  ",
        "- ",
        "name: a",
        "type: flow",
        "type: noop",
        "config:",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "&x ",
        "*x",
        "<<: ",
        "!!str ",
        "? ",
        "|",
        ">",
        "\"",
        "'",
        "# ",
        "~",
        "dependsOn: [a]",
        "condition: all_done",
        "trigger: {schedule: {type: cron, value: 0 0 1 ? * *}}",
        "---\n",
        "\t",
        "dependencies=a,b\n",
        "type=flow\nflow.name=a\n",
    ];
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        any::<String>().prop_map(String::into_bytes),
        proptest::collection::vec(proptest::sample::select(&PARTS[..]), 0..40)
            .prop_map(|parts| parts.concat().into_bytes()),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        "(d/|e/|\\.h/){0,3}[ab:]{1,2}\\.(job|flow|properties|project)",
        "[a./]{0,8}\\.(job|flow)",
        any::<String>()
    ]
}

proptest! {
    #[test]
    fn no_tree_panics_and_the_outcome_does_not_depend_on_the_order_of_files(
        files in proptest::collection::vec((path(), text()), 0..8),
        is_2_0 in any::<bool>(),
    ) {
        let mut files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
        if is_2_0 {
            files.retain(|path, _| !path.ends_with(".project"));
            files.insert("p.project".to_owned(), b"azkaban-flow-version: 2.0".to_vec());
        }
        let (mut forth, mut back) = (SourceTree::new(), SourceTree::new());
        // Paths that differ as texts may be one path; such archives have an order.
        let distinct = files.keys().all(|path| !path.contains("//") && !path.starts_with(['.', '/']) && !path.contains("/."));
        for (path, bytes) in &files {
            let _ = forth.insert(path, bytes.clone());
        }
        for (path, bytes) in files.iter().rev() {
            let _ = back.insert(path, bytes.clone());
        }
        let limits = LoadLimits { max_alias_bytes: 10_000, max_nodes: 500, ..LoadLimits::default() };
        let first = load(&forth, &limits);
        if distinct {
            prop_assert_eq!(&first, &load(&back, &limits));
        }
        if let Ok(loaded) = first {
            for flow in loaded.model.flows.values() {
                prop_assert_eq!(flow.nodes_with_levels().len(), flow.nodes.len());
            }
            let stored = serde_json::to_string(&loaded.model).unwrap();
            prop_assert_eq!(serde_json::from_str::<ProjectModel>(&stored).unwrap(), loaded.model);
        }
    }

    #[test]
    fn job_files_load_to_the_flows_of_the_naive_reading(jobs in jobs(true)) {
        let loaded = loaded(&tree(v1_files(&jobs)));
        prop_assert!(loaded.report.errors.is_empty(), "{:?}", loaded.report.errors);
        prop_assert_eq!(found_flows(&loaded.model), naive_flows(&jobs));
        for flow in loaded.model.flows.values() {
            for view in flow.nodes_with_levels() {
                let place = view.node.id[1..].parse().unwrap();
                prop_assert_eq!(view.level, naive_level(&jobs, place));
            }
        }
    }

    #[test]
    fn a_flow_file_loads_to_the_flow_of_the_naive_reading(jobs in jobs(true)) {
        let loaded = loaded(&tree(v2_files(&jobs)));
        prop_assert!(loaded.report.errors.is_empty(), "{:?}", loaded.report.errors);
        let found = found_flows(&loaded.model).remove("f").unwrap();
        let expected = (0..jobs.len()).map(|j| (id(j), jobs[j].0.iter().map(|&d| id(d)).collect()));
        prop_assert_eq!(found, expected.collect());
    }

    #[test]
    fn every_cycle_is_an_error_and_nothing_else_is(jobs in jobs(false)) {
        let selves = (0..jobs.len()).filter(|&j| jobs[j].0.contains(&j)).count();
        let errors = loaded(&tree(v1_files(&jobs))).report.errors;
        let count = |part: &str| errors.iter().filter(|e| e.contains(part)).count();
        prop_assert_eq!(count("has a self cycle"), selves);
        prop_assert_eq!(count("Cyclical dependency found at ") > 0, has_cycle(&jobs));
        prop_assert_eq!(count("cycl"), errors.len() - count("Cycl"));
        let errors = loaded(&tree(v2_files(&jobs))).report.errors;
        prop_assert_eq!(!errors.is_empty(), selves > 0 || has_cycle(&jobs));
        prop_assert!(errors.iter().all(|e| e.starts_with("Cycles found at ")), "{:?}", errors);
    }
}
