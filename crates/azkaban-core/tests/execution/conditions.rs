//! Conditions in running flows (execution-and-scheduling §2.7, §10.3; recording 09-conditions).

use azkaban_core::execution::Marks;

use crate::support::{FINISH_CURRENT, FINISH_POSSIBLE, Sim};

/// Runs jobs in the order given, `job` or `job!` (fails) or `job{key=value}`, then checks.
#[track_caller]
fn check(flow: &str, ends: &str, expected: &str) {
    let mut sim = Sim::start(flow, FINISH_CURRENT);
    for end in ends.split_whitespace() {
        match (end.strip_suffix('!'), end.split_once('{')) {
            (Some(job), _) => sim.fail(job),
            (None, Some((job, output))) => sim.ok_with(job, &output.trim_end_matches('}').replace(',', " ")),
            (None, None) => sim.ok(end),
        }
    }
    sim.check(expected);
}

#[test]
fn several_end_nodes_end_the_flow_together() {
    let flow = "[f]\n a\n b\n c";
    check(flow, "a b", "flow=RUNNING c=RUNNING *=S");
    check(flow, "a b c", "flow=S *=S");
    check("[f]\n a\n e=g\n d < e\n [g]\n b\n c < b", "a e:b e:c d", "flow=S *=S");
}

#[test]
fn the_first_failure_is_told_once() {
    let mut sim = Sim::start("[f]\n a\n b\n c\n d < a b c", FINISH_CURRENT);
    sim.fail("a b");
    sim.check("flow=FF");
    sim.ok("c");
    sim.check("flow=F d=C");
    assert_eq!(sim.first_failures, 1);
}

#[test]
fn expressions_over_outputs() {
    let flow = "[f]\n a\n b < a ? ${a:key1} == 'value1'\n c < a ? ${a:key3} == 'value3'\n d < b c ? ${a:key2} == 'value2'";
    check(flow, "a{key1=value1,key2=value2,key3=value4} b", "flow=K a,b=S c,d=C");
    check(flow, "a{key1=value1,key2=value2} b", "flow=K a,b=S c,d=C");
    check(flow, "a{key1=value1,key2=value2,key3=value3} b c d", "flow=S *=S");
}

#[test]
fn macros() {
    let flow = |rule: &str| format!("[f]\n a\n b\n c < a b ? {rule}");
    check(&flow("all_success"), "a b c", "flow=S *=S");
    check(&flow("all_failed"), "a!", "flow=RUNNING a=F b=RUNNING c=R");
    check(&flow("all_failed"), "a! b! c", "flow=S a,b=F c=S");
    check(&flow("one_success"), "a", "flow=RUNNING a=S c=R");
    check(&flow("one_success"), "a b! c", "flow=S a,c=S b=F");
    let flow6 = "[f]\n a\n b < a ? ${a:props} == 'foo'\n c < a ? ${a:props} == 'bar'\n \
                 d < b c ? one_success && ${a:props} == 'foo'";
    check(flow6, "a{props=foo} b d", "flow=S a,b,d=S c=C");
    let flow7 = "[f]\n a\n b < a ? ${a:p} == 'foo'\n c < a ? ${a:p} == 'bar'\n d < a b c ? one_success";
    check(flow7, "a d", "flow=S a,d=S b,c=C");
}

#[test]
fn the_recorded_outcomes() {
    let case = |condition: &str, a: &str, b: &str, rest: &str, expected: &str| {
        let mut sim = Sim::start(&format!("[f]\n a\n b\n c < a b ? {condition}\n d < c"), FINISH_POSSIBLE);
        for (name, end) in [("a", a), ("b", b)] {
            match end {
                "!" => sim.fail(name),
                output => sim.ok_with(name, output),
            }
        }
        sim.ok(rest);
        sim.check(expected);
    };
    let x = "x=1 n=7";
    case("${a:x} == 1", x, "", "c d", "flow=S *=S");
    case("${a:x} == 2", x, "", "", "flow=K a,b=S c,d=C");
    case("${a:n} > 5 && ${a:x} == 1", x, "", "c d", "flow=S *=S");
    case("${a:x} == 2 || ${a:n} == 7", x, "", "c d", "flow=S *=S");
    case("${a:x} == 'yes'", "x=yes", "", "c d", "flow=S *=S");
    case("!(${a:x} == 2)", x, "", "c d", "flow=S *=S");
    case("${a:nope} == 1", x, "", "", "flow=K a,b=S c,d=C");
    case("all_success", x, "", "c d", "flow=S *=S");
    case("all_success", x, "!", "", "flow=F a=S b=F c,d=C");
    case("all_done", x, "!", "c d", "flow=S b=F *=S");
    case("all_failed", "!", "!", "c d", "flow=S a,b=F *=S");
    case("all_failed", x, "!", "", "flow=K a=S b=F c,d=C");
    case("one_failed", x, "!", "c d", "flow=S b=F *=S");
    case("one_failed", x, "", "", "flow=K a,b=S c,d=C");
    case("one_success", x, "!", "c d", "flow=S b=F *=S");
    case("one_success && ${a:x} == 1", x, "!", "c d", "flow=S b=F *=S");
}

#[test]
fn a_disabled_node_is_skipped_whatever_its_condition() {
    let mut sim = Sim::start_disabled("[f]\n a\n b < a ? all_failed\n c < b", FINISH_POSSIBLE, "b");
    sim.ok("a c");
    sim.check("flow=S b=SK *=S");
}

#[test]
fn what_hides_a_failure_does_not_fail_the_flow() {
    let mut sim = Sim::start("[f]\n a\n b < a ? all_done\n c < a ? one_failed", FINISH_CURRENT);
    sim.fail("a");
    sim.check("flow=RUNNING a=F b,c=RUNNING");
    // One dependent that needs success is enough to fail it.
    let mut sim = Sim::start("[f]\n a\n b < a ? all_done\n c < a", FINISH_POSSIBLE);
    sim.fail("a");
    sim.check("flow=FF a=F b=RUNNING c=C");
}

#[test]
fn why_a_node_did_not_run_is_kept() {
    let mut sim = Sim::start(
        "[f]\n a\n b < a ? all_failed\n c < a ? ${a:x} == 2\n d < a ? ${z:x} == 2\n e < a ? ${a:x} == 1",
        FINISH_POSSIBLE,
    );
    assert_eq!(sim.run.resolved_condition(sim.index("e")).as_deref(), Some("'null' == 1"));
    sim.ok_with("a", "x=1");
    assert_eq!(sim.run.resolved_condition(sim.index("e")).as_deref(), Some("'1' == 1"));
    assert_eq!(sim.run.resolved_condition(sim.index("a")), None);
    let marks = |name| sim.run.node(sim.index(name)).marks;
    assert_eq!(marks("b"), Marks::PARENTS_UNMET);
    assert_eq!(marks("c"), Marks::CONDITION_FALSE);
    assert_eq!(marks("d"), Marks::CONDITION_UNRESOLVED);
    assert_eq!(marks("e"), Marks::NONE);
    sim.check("flow=FF a=S b,c=C d=F e=RUNNING");
}

#[test]
fn a_condition_that_names_an_unknown_job_fails_its_node_alone() {
    // §9 #7: the node fails, the failure action follows; nothing is left running unattended.
    let flow = "[f]\n a\n b < a ? ${nowhere:x} == 1\n c < b\n sub=g < a ? ${nowhere:x} == 1\n slow\n [g]\n i";
    let mut sim = Sim::start(flow, FINISH_POSSIBLE);
    sim.ok("a");
    sim.check("flow=FF a=S b,sub=F c=C slow=RUNNING sub:i=R");
    sim.retry_failed();
    sim.check("flow=FF b,sub=F sub:i=R");
    assert_eq!(sim.run.node(sim.index("b")).attempt, 1);
    sim.ok("slow");
    sim.check("flow=F");
    // Not if its parents keep it from running anyway.
    let mut sim = Sim::start("[f]\n a\n b < a ? ${nowhere:x} == 1", FINISH_POSSIBLE);
    sim.fail("a");
    sim.check("flow=F a=F b=C");
}

#[test]
fn an_embedded_flow_gives_its_outputs_to_conditions_and_dependents() {
    let mut sim = Sim::start(
        "[f]\n sub=g\n other\n b < sub other ? ${sub:k} == 'y'\n [g]\n m\n n\n o < n",
        FINISH_CURRENT,
    );
    sim.ok_with("sub:n", "hidden=1 k=n");
    sim.ok_with("sub:o", "k=y o=1");
    sim.ok_with("sub:m", "k=x m=1");
    sim.ok_with("other", "m=2");
    sim.check("b=RUNNING");
    let upstream = sim.run.upstream_outputs(sim.index("b"));
    let pairs: Vec<_> = upstream.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(pairs, ["k=y", "m=2", "o=1"]);
}
