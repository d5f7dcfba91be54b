//! What holds for every flow and every order of events.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use azkaban_core::execution::{Event, Graph, Policy};
use azkaban_core::ids::NodeIndex;
use azkaban_core::status::Status;

use crate::random::{Conditions, Dice, fate, flow_text, live, random_disabled, random_policy};
use crate::reference::Reference;
use crate::support::{Sim, project};

fn cases() -> ProptestConfig {
    let cases = if std::env::var_os("CI").is_some() { 10_000 } else { 500 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    /// The rules that [`Sim`] checks after every event, over whole lives with all commands, restarts and stale events:
    /// an attempt starts at most once and after its dependencies, no more run than there are slots, nothing starts in a
    /// pause or after a kill, what is stored is the whole state, the end is final and leaves nothing behind.
    #[test]
    fn every_life_keeps_the_rules_and_ends(bytes in vec(any::<u8>(), 0..400)) {
        let sim = live(&bytes);
        prop_assert!(sim.run.status().is_terminal_for_execution());
    }

    /// Going on after a crash at any moment gives what going on without one gives.
    #[test]
    fn a_crash_changes_nothing(bytes in vec(any::<u8>(), 0..200), crash_after in 0usize..30) {
        let (mut whole, mut crashed) = (SteadyLife::new(&bytes), SteadyLife::new(&bytes));
        for _ in 0..crash_after {
            crashed.go_on();
        }
        crashed.sim.restart();
        while whole.go_on() {}
        while crashed.go_on() {}
        prop_assert_eq!(whole.sim.run, crashed.sim.run);
    }

    /// The simplest possible reading of the rules comes to the same statuses.
    #[test]
    fn a_naive_reading_of_the_rules_agrees(bytes in vec(any::<u8>(), 0..200)) {
        let mut life = SteadyLife::new(&bytes);
        let graph = life.sim.run.graph().clone();
        let mut reference = Reference::start(&graph, life.sim.run.policy().failure_action, &life.disabled);
        loop {
            let killed = life.sim.run.flags().killed;
            for (index, node) in graph.iter() {
                let actual = match life.sim.run.node(index).status {
                    Status::Queued => Status::Running,
                    Status::Killing if node.is_job() => Status::Killed,
                    status => status,
                };
                // During a kill the reference is ahead: it does not wait for processes.
                if !killed || life.sim.finished.is_some() {
                    prop_assert_eq!(actual, reference.status[node.path.as_str()], "{:?}\n{}", node.path, life.text);
                }
            }
            let Some(node) = life.next() else { break };
            if let Some(&attempt) = life.sim.running.get(&node) {
                let (outcome, retry) = fate(life.seed, graph.node(node).path.as_str(), attempt);
                reference.job_ends(node, attempt, &outcome, retry);
            }
            life.go_on();
        }
    }
}

/// A life without commands, in which the next thing to happen depends on the state alone.
struct SteadyLife {
    sim: Sim,
    seed: u8,
    order: usize,
    text: String,
    disabled: Vec<azkaban_core::options::Disabled>,
}

impl SteadyLife {
    fn new(bytes: &[u8]) -> Self {
        let mut dice = Dice::new(bytes);
        let seed = dice.below(256) as u8;
        let policy = Policy { pipelined: false, ..random_policy(&mut dice) };
        let text = flow_text(&mut dice, Conditions::OfParents);
        let graph = Arc::new(Graph::build(&project(&text), "f0").unwrap());
        let disabled = random_disabled(&mut dice, &graph);
        let order = dice.below(7);
        let mut sim = Sim::new(graph, policy, disabled.clone());
        sim.event(Event::Start);
        Self { sim, seed, order, text, disabled }
    }

    /// The node to which something happens next.
    fn next(&self) -> Option<NodeIndex> {
        let nodes: Vec<NodeIndex> = self.sim.running.keys().chain(self.sim.timers.keys()).copied().collect();
        nodes.get((self.order * nodes.len()) / 7).copied()
    }

    fn go_on(&mut self) -> bool {
        let Some(node) = self.next() else { return false };
        if let Some(&attempt) = self.sim.running.get(&node) {
            let path = self.sim.run.graph().node(node).path.clone();
            let (outcome, retry) = fate(self.seed, path.as_str(), attempt);
            self.sim.end(node, outcome, retry);
        } else if let Some((attempt, _)) = self.sim.timers.remove(&node) {
            self.sim.event(Event::RetryDue { node, attempt });
        }
        true
    }
}
