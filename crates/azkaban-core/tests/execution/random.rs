//! Random flows and random lives of them, drawn from a string of bytes so that a failing case can be made smaller.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use azkaban_core::execution::{Command, Event, Graph, Outcome, Policy, RetryPolicy};
use azkaban_core::ids::NodeIndex;
use azkaban_core::options::{Disabled, FailureAction};
use azkaban_core::status::Status;

use super::support::{Sim, outputs, project};

/// Draws numbers from bytes; zeros once they are used up, so that every life ends.
pub(crate) struct Dice<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Dice<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// A number below `sides`.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        self.bytes.next().map_or(0, |b| usize::from(*b)) % sides
    }

    /// True once in `times`; never when the bytes are used up.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }
}

/// What conditions a random flow may have.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Conditions {
    /// Any, with variables of any job of the flow and of jobs that it does not have.
    Any,
    /// Those whose value does not depend on the order in which jobs end: variables of direct dependencies only.
    OfParents,
}

/// The text of a random project, whose first flow may contain the others.
pub(crate) fn flow_text(dice: &mut Dice<'_>, conditions: Conditions) -> String {
    let flows = 1 + dice.below(3);
    let mut text = String::new();
    for flow in 0..flows {
        writeln!(text, "[f{flow}]").unwrap();
        let mut names: Vec<String> = Vec::new();
        for number in 0..=dice.below(6) {
            // Not in the order of ids.
            let name = format!("{}{number}", ['m', 'a', 'z', 'k'][dice.below(4)]);
            let parents: Vec<&String> =
                names.iter().filter(|_| dice.below(5) < 2 || (number > 3 && dice.below(2) == 0)).collect();
            text.push_str(&name);
            if flow + 1 < flows && dice.below(3) == 0 {
                write!(text, "=f{}", flow + 1 + dice.below(flows - flow - 1)).unwrap();
            }
            if !parents.is_empty() {
                let list: Vec<&str> = parents.iter().map(|p| p.as_str()).collect();
                write!(text, " < {}", list.join(" ")).unwrap();
            }
            if dice.below(3) == 0 {
                write!(text, " ? {}", condition(dice, conditions, &names, &parents)).unwrap();
            }
            text.push('\n');
            names.push(name);
        }
    }
    text
}

fn condition(dice: &mut Dice<'_>, conditions: Conditions, names: &[String], parents: &[&String]) -> String {
    let rule = ["all_done", "all_success", "all_failed", "one_success", "one_failed"][dice.below(5)];
    let job = match (conditions, dice.below(8)) {
        (_, 0..=3) => return rule.to_owned(),
        (Conditions::Any, 6..) => "nowhere",
        (Conditions::Any, 5) if !names.is_empty() => &names[dice.below(names.len())],
        _ if !parents.is_empty() => parents[dice.below(parents.len())].as_str(),
        _ => return rule.to_owned(),
    };
    format!("{rule} && ${{{job}:k}} == {}", 1 + dice.below(2))
}

/// Random nodes of a graph as a request's list.
pub(crate) fn random_disabled(dice: &mut Dice<'_>, graph: &Graph) -> Vec<Disabled> {
    let mut list = Vec::new();
    for (index, node) in graph.iter().skip(1) {
        if dice.once_in(10) {
            let around: Vec<NodeIndex> = graph.ancestors(index).filter(|a| *a != NodeIndex::ROOT).collect();
            let mut entry = Disabled::Node(node.id.to_string());
            for flow in around {
                entry = Disabled::Inside { id: graph.node(flow).id.to_string(), children: vec![entry] };
            }
            list.push(entry);
        }
    }
    list
}

pub(crate) fn random_policy(dice: &mut Dice<'_>) -> Policy {
    let failure_action =
        [FailureAction::FinishCurrentlyRunning, FailureAction::FinishAllPossible, FailureAction::CancelAll]
            [dice.below(3)];
    Policy { failure_action, max_parallel_jobs: [10, 1, 2, 3][dice.below(4)], pipelined: dice.once_in(4) }
}

/// How an attempt ends: the same whenever it is asked, so that the order of events does not matter.
pub(crate) fn fate(seed: u8, node: &str, attempt: u32) -> (Outcome, RetryPolicy) {
    let mut hasher = DefaultHasher::new();
    (seed, node).hash(&mut hasher);
    let of_job = hasher.finish();
    attempt.hash(&mut hasher);
    let of_attempt = hasher.finish();
    let retry = RetryPolicy { retries: (of_job % 3) as u32, backoff_ms: of_job / 3 % 2 * 20 };
    let outcome = match of_attempt % 16 {
        0..10 => Outcome::Succeeded {
            outputs: outputs(["k=1", "k=2", "k=1 other=x", ""][of_attempt as usize / 16 % 4]),
        },
        10..14 => Outcome::Failed,
        14 => Outcome::FailedButCounts,
        _ => Outcome::Killed,
    };
    (outcome, retry)
}

/// A whole life: a random flow, random orders of ends, and every command at odd moments. [`Sim`] checks each step.
pub(crate) fn live(bytes: &[u8]) -> Sim {
    let mut dice = Dice::new(bytes);
    let seed = dice.below(256) as u8;
    let policy = random_policy(&mut dice);
    let text = flow_text(&mut dice, Conditions::Any);
    let graph = Arc::new(Graph::build(&project(&text), "f0").unwrap());
    let disabled = random_disabled(&mut dice, &graph);
    let mut sim = Sim::new(graph, policy, disabled);
    if dice.once_in(8) {
        sim.pause();
    }
    if dice.once_in(40) {
        sim.kill();
    }
    sim.event(Event::Start);
    while sim.finished.is_none() {
        if dice.once_in(6) {
            command(&mut dice, &mut sim);
        }
        if dice.once_in(10) {
            stale_event(&mut dice, &mut sim);
        }
        if dice.once_in(12) {
            sim.restart();
        }
        if sim.finished.is_none() && !something_happens(&mut dice, &mut sim, seed) {
            assert!(sim.run.flags().paused, "nothing can happen any more");
            sim.resume();
        }
    }
    sim
}

/// A job ends, a back-off is over or the older execution moves; false if none of these can be.
fn something_happens(dice: &mut Dice<'_>, sim: &mut Sim, seed: u8) -> bool {
    let running: Vec<NodeIndex> = sim.running.keys().copied().collect();
    let timers: Vec<NodeIndex> = sim.timers.keys().copied().collect();
    let awaiting: Vec<NodeIndex> = sim.awaiting.iter().copied().collect();
    let all = running.len() + timers.len() + awaiting.len();
    if all == 0 {
        return false;
    }
    let choice = dice.below(all);
    if let Some(&node) = running.get(choice) {
        let path = sim.run.graph().node(node).path.clone();
        let (outcome, retry) = fate(seed, path.as_str(), sim.running[&node]);
        let dies = sim.killing.contains(&node) && !dice.once_in(4);
        sim.end(node, if dies { Outcome::Killed } else { outcome }, retry);
    } else if let Some(&node) = timers.get(choice.wrapping_sub(running.len())) {
        let (attempt, _) = sim.timers.remove(&node).unwrap();
        sim.event(Event::RetryDue { node, attempt });
    } else {
        let node = awaiting[choice - running.len() - timers.len()];
        sim.awaiting.remove(&node);
        sim.event(Event::PipelineReleased { node });
    }
    true
}

fn command(dice: &mut Dice<'_>, sim: &mut Sim) {
    let by = "someone".to_owned();
    let command = match dice.below(12) {
        0..3 => Command::Pause { by },
        3..5 => Command::Resume { by },
        5..8 => Command::RetryFailed { by },
        8 => Command::Kill { by },
        roll => {
            let node = NodeIndex(dice.below(sim.run.graph().len()) as u32);
            Command::KillJob { node, by_sla: roll > 9 }
        }
    };
    let kills = matches!(command, Command::Kill { .. });
    if sim.command(command).is_ok() && kills {
        assert!(sim.run.flags().killed);
        assert!(matches!(sim.run.status(), Status::Killing | Status::Killed));
    }
}

fn stale_event(dice: &mut Dice<'_>, sim: &mut Sim) {
    let node = NodeIndex(dice.below(sim.run.graph().len() + 1) as u32);
    let current = sim.running.get(&node).copied();
    let attempt = [0, 1, 2, 7][dice.below(4)];
    let outcome = Outcome::Failed;
    let event = match dice.below(4) {
        0 => Event::Start,
        1 if current != Some(attempt) => {
            Event::JobFinished { node, attempt, outcome, retry: RetryPolicy { retries: 9, backoff_ms: 1 } }
        }
        2 if sim.timers.get(&node).map(|t| t.0) != Some(attempt) => Event::RetryDue { node, attempt },
        3 if !sim.awaiting.contains(&node) => Event::PipelineReleased { node },
        _ => return,
    };
    let before = sim.run.clone();
    assert_eq!(sim.event(event.clone()), [], "{event:?}");
    assert_eq!(sim.run, before, "{event:?}");
}
