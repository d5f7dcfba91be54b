//! What the state machine costs: whole lives of large flows, in nanoseconds per event.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a measurement reads the clock and prints"
)]

use std::collections::{BTreeMap, VecDeque};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use azkaban_core::execution::{Effect, Event, FlowExecution, Graph, Outcome, Policy, RetryPolicy};
use azkaban_core::options::FailureAction;
use azkaban_core::project::{Flow, FlowFormat, JobNode, NodeKind, ProjectModel};
use azkaban_core::props::Props;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

fn main() {
    let layers = |width: usize, depth: usize| {
        let name = |layer: usize, place: usize| format!("n{layer:04}-{place:04}");
        let mut nodes = Vec::new();
        for layer in 0..depth {
            for place in 0..width {
                let parents =
                    (0..3).filter(|_| layer > 0).map(|k| name(layer - 1, (place * 7 + k * 11) % width));
                nodes.push((name(layer, place), parents.collect()));
            }
        }
        nodes
    };
    let fan = |width: usize| {
        let middle: Vec<String> = (0..width).map(|i| format!("m{i:05}")).collect();
        let mut nodes = vec![("start".to_owned(), vec![])];
        nodes.extend(middle.iter().map(|m| (m.clone(), vec!["start".to_owned()])));
        nodes.push(("zend".to_owned(), middle));
        nodes
    };
    measure("5,000 nodes: 50 layers of 100, 3 parents each", &layers(100, 50));
    measure("50,000 nodes: 500 layers of 100, 3 parents each", &layers(100, 500));
    measure("1 -> 1,000 -> 1", &fan(1_000));
    measure("1 -> 10,000 -> 1", &fan(10_000));
}

fn model(nodes: &[(String, Vec<String>)]) -> ProjectModel {
    let mut model = ProjectModel::empty(FlowFormat::V1);
    let node = |(id, parents): &(String, Vec<String>)| {
        let node = JobNode {
            id: id.clone(),
            kind: NodeKind::Job("noop".to_owned()),
            depends_on: parents.clone(),
            condition: None,
            source: String::new(),
            props_source: None,
            props: Props::new(),
            null_keys: Default::default(),
        };
        (id.clone(), Arc::new(node))
    };
    let flow = Flow {
        id: "f".to_owned(),
        embedded: false,
        nodes: nodes.iter().map(node).collect::<BTreeMap<_, _>>(),
        config: Props::new(),
        null_keys: Default::default(),
        source: String::new(),
        success_emails: Vec::new(),
        failure_emails: Vec::new(),
        override_emails: Vec::new(),
        failure_action: None,
        condition: None,
        trigger: None,
    };
    model.flows.insert("f".to_owned(), flow);
    model
}

fn measure(name: &str, nodes: &[(String, Vec<String>)]) {
    let model = model(nodes);
    let begin = Instant::now();
    let graph = Arc::new(Graph::build(&model, "f").expect("the flow is sound"));
    let build = begin.elapsed();
    let mut best = f64::INFINITY;
    let mut slowest_event = 0.0_f64;
    for _ in 0..10 {
        let begin = Instant::now();
        let (events, slowest) = live(graph.clone());
        best = best.min(begin.elapsed().as_secs_f64() * 1e9 / events as f64);
        slowest_event = slowest;
    }
    println!(
        "{name}: {best:.0} ns per event, slowest event {:.0} us, graph built in {:.2} ms",
        slowest_event / 1e3,
        build.as_secs_f64() * 1e3
    );
}

/// One life, from start to end; how many events it took, and the nanoseconds of the slowest.
fn live(graph: Arc<Graph>) -> (usize, f64) {
    let policy = Policy {
        failure_action: FailureAction::FinishCurrentlyRunning,
        max_parallel_jobs: 100,
        pipelined: false,
    };
    let mut run = FlowExecution::new(graph, policy, &[], UnixMillis(0));
    let outputs = Arc::new(Props::new());
    let mut events = VecDeque::from([Event::Start]);
    let (mut count, mut slowest) = (0, 0.0_f64);
    while let Some(event) = events.pop_front() {
        count += 1;
        let begin = Instant::now();
        let effects = run.handle(event, UnixMillis(count));
        slowest = slowest.max(begin.elapsed().as_secs_f64() * 1e9);
        for effect in black_box(effects) {
            if let Effect::StartJob { node, attempt } = effect {
                let outcome = Outcome::Succeeded { outputs: outputs.clone() };
                events.push_back(Event::JobFinished {
                    node,
                    attempt,
                    outcome,
                    retry: RetryPolicy::default(),
                });
            }
        }
    }
    assert_eq!(run.status(), Status::Succeeded);
    (count as usize, slowest)
}
