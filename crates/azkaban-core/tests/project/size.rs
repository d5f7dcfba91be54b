//! Large projects: nothing recurses by the length of a chain, and nothing takes more than about linear time.
//! `cargo test --release -p azkaban-core --test project size -- --nocapture` shows the times.

use std::fmt::Write as _;
use std::time::Instant;

use azkaban_core::project::{Loaded, SourceTree};

use crate::common::{loaded, tree};

const PROJECT: (&str, &str) = ("p.project", "azkaban-flow-version: 2.0");

fn timed(what: &str, tree: &SourceTree) -> Loaded {
    let start = Instant::now();
    let loaded = loaded(tree);
    println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    loaded
}

#[test]
fn a_flow_file_of_5000_nodes() {
    let mut text = "config:\n  flow-level-parameter: value\n\nnodes:\n".to_owned();
    for n in 0..5000 {
        write!(text, "  - name: job{n}\n    type: command\n    config:\n      command: echo \"number {n}\"\n      retries: 3\n      retry.backoff: 1000\n")
            .unwrap();
        if n > 0 {
            write!(text, "    condition: one_success && ${{job{}:x}} == 1\n    dependsOn:\n      - job{}\n      - job{}\n", n / 2, n / 2, n / 3)
                .unwrap();
        }
    }
    let loaded =
        timed(&format!("5,000 nodes, {} KB of YAML", text.len() >> 10), &tree([PROJECT, ("f.flow", &text)]));
    assert!(loaded.report.errors.is_empty());
    assert_eq!(loaded.model.flows["f"].nodes.len(), 5000);
    let start = Instant::now();
    let stored = serde_json::to_string(&loaded.model).unwrap();
    println!("  stored as {} KB in {:.1} ms", stored.len() >> 10, start.elapsed().as_secs_f64() * 1000.0);
}

#[test]
fn a_thousand_job_files() {
    let job = |n: usize| {
        let dependencies =
            if n == 0 { String::new() } else { format!("dependencies=job{},job{}\n", n / 2, n / 3) };
        let text = format!("# a job\ntype=command\ncommand=echo number {n}\nretries=3\n{dependencies}");
        (format!("dir{}/job{n}.job", n % 10), text)
    };
    let shared = ("shared.properties".to_owned(), "a=1\nb=2\nfailure.emails=x@example.com\n".to_owned());
    let loaded = timed("1,000 job files", &tree((0..1000).map(job).chain([shared])));
    assert!(loaded.report.errors.is_empty(), "{:?}", loaded.report.errors.first());
    assert_eq!(loaded.model.flows.len(), 500);
}

#[test]
fn chains_of_100000_jobs() {
    let on = |n: usize| if n == 0 { String::new() } else { format!("j{}", n - 1) };
    let job = |n: usize| (format!("j{n}.job"), format!("type=noop\ndependencies={}", on(n)));
    let v1 = timed("a chain of 100,000 job files", &tree((0..100_000).map(job)));
    assert!(v1.report.errors.is_empty());
    let views = v1.model.flows["j99999"].nodes_with_levels();
    assert_eq!(views.iter().map(|v| v.level).max(), Some(99_999));

    let mut text = "nodes:\n".to_owned();
    for n in 0..100_000 {
        writeln!(text, "- {{name: j{n}, type: noop, dependsOn: [{}], condition: '${{j0:x}} == 1'}}", on(n))
            .unwrap();
    }
    let v2 = timed("a chain of 100,000 nodes in YAML", &tree([PROJECT, ("f.flow", &text)]));
    assert!(v2.report.errors.is_empty(), "{:?}", v2.report.errors.first());

    let cycle = |n: usize| (format!("j{n}.job"), format!("type=noop\ndependencies=j{}", (n + 1) % 100_000));
    let errors = timed("a cycle of 100,000 job files", &tree((0..100_000).map(cycle))).report.errors;
    assert_eq!(errors.len(), 1);
}

#[test]
fn conditions_that_are_costly_to_check_are_refused_in_bounded_time() {
    let mut text = "nodes:\n".to_owned();
    for n in 0..30_000 {
        let on = if n == 0 { String::new() } else { format!("j{:05}", n - 1) };
        writeln!(text, "- {{name: j{n:05}, type: noop, dependsOn: [{on}], condition: '${{j29999:x}} == 1'}}")
            .unwrap();
    }
    let errors =
        timed("30,000 conditions on a descendant", &tree([PROJECT, ("f.flow", &text)])).report.errors;
    assert!(errors.iter().any(|e| e.ends_with("should not define condition on its descendant node j29999.")));
}
