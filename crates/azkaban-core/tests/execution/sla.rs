//! SLA rules (execution-and-scheduling §6): when they are judged, and which are missed.

use azkaban_core::sla::{SlaChecked, SlaGoal, SlaMiss, SlaOptions, SlaRule, SlaWatch};
use azkaban_core::time::UnixMillis;

use crate::support::{CANCEL, FINISH_CURRENT, Sim};

const FLOW: &str = "[flow]\na\nb < a\n";
const NESTED: &str = "[flow]\nsub=inner\nlast < sub\n[inner]\nx\n";
const MINUTE: i64 = 60_000;

/// Rules from words such as `flow:finish:5` or `sub:x:succeed:1`: the node, the goal, minutes.
fn rules(text: &str) -> SlaOptions {
    let rule = |word: &str| {
        let parts: Vec<&str> = word.rsplitn(3, ':').collect();
        SlaRule {
            job: Some(parts[2].to_owned()).filter(|job| job != "flow"),
            goal: if parts[1] == "finish" { SlaGoal::Finish } else { SlaGoal::Succeed },
            within_minutes: parts[0].parse().unwrap(),
            alert: true,
            kill: true,
        }
    };
    SlaOptions { rules: text.split_whitespace().map(rule).collect(), ..SlaOptions::default() }
}

/// What was missed, as `node@minute:STATUS`, with the minutes of the deadline.
fn shown(sim: &Sim, misses: &[SlaMiss]) -> String {
    let one = |miss: &SlaMiss| {
        let path = &sim.run.graph().node(miss.node).path;
        let name = if path.as_str().is_empty() { "flow" } else { path.as_str() };
        format!("{name}@{}:{}", miss.due.0 / MINUTE, miss.status)
    };
    misses.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Does some steps, and says what is missed at each look at the clock. Steps: `ok:a`, `fail:a`, `retry:a` (fails with a
/// retry left), `kill` (by a user, complete), `@5` (it is minute 5: judge), `end` (judge what is left), `restart`.
fn missed(flow: &str, policy: azkaban_core::execution::Policy, asked: &str, steps: &str) -> String {
    let mut sim = Sim::start(flow, policy);
    let options = rules(asked);
    let mut watch = SlaWatch::new(&options, &sim.run, SlaChecked::default());
    let mut seen = Vec::new();
    for step in steps.split_whitespace() {
        let (word, node) = step.split_once(':').unwrap_or((step, ""));
        match word {
            "ok" => sim.ok(node),
            "fail" => sim.fail(node),
            "retry" => sim.fail_retrying(node, 9, 0),
            "kill" => {
                sim.kill();
                sim.stop_killed();
            }
            "restart" => {
                let stored = serde_json::to_string(watch.checked()).unwrap();
                sim.restart();
                watch = SlaWatch::new(&options, &sim.run, serde_json::from_str(&stored).unwrap());
            }
            "end" => seen.extend(Some(shown(&sim, &watch.judge_rest(&sim.run)))),
            minute => {
                let minute: i64 = minute.strip_prefix('@').unwrap().parse().unwrap();
                // The few milliseconds that the steps took come on top.
                sim.now = sim.now.max(minute * MINUTE);
                seen.push(shown(&sim, &watch.judge_due(&sim.run, UnixMillis(sim.now + 100))));
            }
        }
    }
    seen.retain(|text| !text.is_empty());
    seen.join(" | ")
}

#[test]
fn which_rules_are_missed_and_when() {
    let check = |asked: &str, steps: &str, expected: &str| {
        assert_eq!(missed(FLOW, FINISH_CURRENT, asked, steps), expected, "{asked} after {steps}");
    };
    // Nothing before the deadline; once at it.
    check("flow:finish:5", "@4 @5 @6 @60", "flow@5:RUNNING");
    check("flow:succeed:5", "@4 @5", "flow@5:RUNNING");
    check("a:finish:5 flow:finish:9", "@5 @9", "a@5:RUNNING | flow@9:RUNNING");
    // In time.
    check("flow:finish:5 flow:succeed:5 a:finish:2 b:succeed:2", "ok:a @1 ok:b @2 end", "");
    // Ended, but not well: only `succeed` is missed, at its deadline even when the flow ended long before.
    check("flow:finish:5 flow:succeed:7", "fail:a end", "flow@7:FAILED");
    check("a:finish:5 a:succeed:5", "fail:a end", "a@5:FAILED");
    check("flow:finish:5 flow:succeed:7", "kill end", "flow@7:KILLED");
    // The time of a job begins with the job.
    check("b:finish:5", "@3 ok:a @7 @8 @9", "b@8:RUNNING");
    // A job that never starts, and one that does not exist, have no deadline.
    check("b:finish:5 b:succeed:5 zz:succeed:5", "@5 fail:a end", "");
    // Each attempt has its own time; the one before is forgotten.
    check("a:finish:5", "@4 retry:a @6 @9", "a@9:RUNNING");
    check("a:finish:5", "@5 retry:a @9 @10", "a@5:RUNNING | a@10:RUNNING");
    check("a:succeed:5", "@1 retry:a ok:a @6 ok:b end", "");
    // At once.
    check("flow:finish:0", "@0 @1", "flow@0:RUNNING");
}

#[test]
fn a_restart_neither_forgets_nor_repeats() {
    let check = |steps: &str, expected: &str| {
        assert_eq!(missed(FLOW, FINISH_CURRENT, "flow:finish:5 a:finish:5 a:succeed:9", steps), expected);
    };
    check("restart @5 restart @6", "flow@5:RUNNING a@5:RUNNING");
    // The deadline passed while nobody looked.
    check("@1 restart @7 restart @9 @10", "flow@5:RUNNING a@5:RUNNING | a@9:RUNNING");
    // An attempt after the restart is a new one.
    check("@5 restart retry:a restart @10", "flow@5:RUNNING a@5:RUNNING | a@10:RUNNING");
}

#[test]
fn nested_jobs_and_embedded_flows_count_too() {
    let check = |asked: &str, steps: &str, expected: &str| {
        assert_eq!(missed(NESTED, CANCEL, asked, steps), expected, "{asked} after {steps}");
    };
    check("sub:x:finish:2", "@2", "sub:x@2:RUNNING");
    check("sub:finish:2 x:finish:1", "@2", "sub@2:RUNNING");
    check("sub:finish:2", "ok:sub:x @2", "");
}

#[test]
fn the_next_deadline_is_the_earliest_that_is_left() {
    let mut sim = Sim::start(FLOW, FINISH_CURRENT);
    let options = rules("flow:finish:9 a:finish:5 b:finish:1");
    let mut watch = SlaWatch::new(&options, &sim.run, SlaChecked::default());
    let due = |watch: &SlaWatch, sim: &Sim| watch.next_due(&sim.run).map(|at| at.0 / MINUTE);
    assert_eq!(due(&watch, &sim), Some(5));
    watch.judge_due(&sim.run, UnixMillis(5 * MINUTE + 100));
    assert_eq!(due(&watch, &sim), Some(9));
    sim.now = 6 * MINUTE;
    sim.ok("a");
    assert_eq!(due(&watch, &sim), Some(7));
    let never = SlaOptions { rules: vec![], ..rules("") };
    assert_eq!(SlaWatch::new(&never, &sim.run, SlaChecked::default()).next_due(&sim.run), None);
    // Beyond what a clock can say.
    let forever = rules("flow:finish:18446744073709551615");
    let watch = SlaWatch::new(&forever, &sim.run, SlaChecked::default());
    assert_eq!(watch.next_due(&sim.run), Some(UnixMillis(i64::MAX)));
}
