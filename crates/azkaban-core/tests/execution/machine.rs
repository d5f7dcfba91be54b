//! What Azkaban leaves open or gets wrong: slots, stale events, pauses, retries in odd moments, crashes.

use azkaban_core::execution::{Effect, Event, Outcome, Policy, RetryPolicy};
use azkaban_core::ids::NodeIndex;
use azkaban_core::time::UnixMillis;

use crate::support::{CANCEL, FINISH_CURRENT, FINISH_POSSIBLE, Sim, graph, outputs};

#[test]
fn no_more_jobs_run_than_there_are_slots_and_the_others_wait_their_turn() {
    let mut sim =
        Sim::start("[f]\n a\n b\n c\n d\n e < a", Policy { max_parallel_jobs: 2, ..FINISH_CURRENT });
    sim.check("a,b=RUNNING c,d=Q e=R");
    sim.ok("a");
    // First come, first served: `e` came after `c` and `d`.
    sim.check("b,c=RUNNING d,e=Q");
    sim.ok("b c");
    sim.check("d,e=RUNNING");
    sim.ok("d e");
    sim.check("flow=S");
}

#[test]
fn a_limit_of_zero_is_one() {
    let sim = Sim::start("[f]\n a\n b", Policy { max_parallel_jobs: 0, ..FINISH_CURRENT });
    sim.check("a=RUNNING b=Q");
}

#[test]
fn back_off_and_pipeline_waits_hold_no_slot() {
    let mut sim = Sim::start("[f]\n a\n b", Policy { max_parallel_jobs: 1, ..FINISH_CURRENT });
    sim.fail_retrying("a", 1, 1000);
    sim.check("a=Q b=RUNNING");
    let node = sim.index("a");
    sim.timers.remove(&node);
    sim.event(Event::RetryDue { node, attempt: 1 });
    sim.check("a=Q b=RUNNING");
    sim.ok("b");
    sim.check("a=RUNNING");

    let mut sim =
        Sim::start("[f]\n a\n b", Policy { max_parallel_jobs: 1, pipelined: true, ..FINISH_CURRENT });
    sim.check("a,b=Q");
    let node = sim.index("b");
    sim.awaiting.remove(&node);
    sim.event(Event::PipelineReleased { node });
    sim.check("a=Q b=RUNNING");
}

#[test]
fn waiting_jobs_still_run_when_the_flow_only_finishes_what_is_current() {
    // QUEUED counts as running (§1): those jobs had their turn before the failure.
    let mut sim = Sim::start("[f]\n a\n b\n c < b", Policy { max_parallel_jobs: 1, ..FINISH_CURRENT });
    sim.fail("a");
    sim.check("flow=FF a=F b=RUNNING c=R");
    sim.ok("b");
    sim.check("flow=F b=S c=C");
}

#[test]
fn waiting_jobs_are_killed_without_having_run() {
    let policy = Policy { max_parallel_jobs: 1, ..FINISH_CURRENT };
    let mut sim = Sim::start("[f]\n a\n b\n c < b", policy);
    sim.kill();
    sim.check("flow=KILLING a=KILLING b=K c=C");
    sim.stop_killed();
    sim.check("flow=K");
    let mut sim = Sim::start("[f]\n a\n b\n c < b", policy);
    sim.kill_job("b", true);
    sim.check("flow=FF b=K c=C a=RUNNING");
    sim.ok("a");
    sim.check("flow=K");
}

#[test]
fn a_kill_ends_waits_for_an_older_execution() {
    let mut sim = Sim::start("[f]\n a\n b", Policy { pipelined: true, ..FINISH_CURRENT });
    assert_eq!(sim.awaiting.len(), 2);
    sim.kill();
    assert!(sim.awaiting.is_empty());
    sim.check("flow=K a,b=K");
}

#[test]
fn stale_events_change_nothing() {
    let mut sim = Sim::start("[f]\n a\n b < a\n c", FINISH_CURRENT);
    sim.fail_retrying("a", 1, 50);
    let (a, b) = (sim.index("a"), sim.index("b"));
    let finished = |node, attempt| Event::JobFinished {
        node,
        attempt,
        outcome: Outcome::Succeeded { outputs: outputs("k=v") },
        retry: RetryPolicy::default(),
    };
    let nowhere = NodeIndex(77);
    for event in [
        Event::Start,
        finished(a, 0),
        finished(a, 1),
        finished(b, 0),
        finished(NodeIndex::ROOT, 0),
        finished(nowhere, 0),
        Event::RetryDue { node: a, attempt: 0 },
        Event::RetryDue { node: b, attempt: 0 },
        Event::RetryDue { node: nowhere, attempt: 0 },
        Event::PipelineReleased { node: a },
        Event::PipelineReleased { node: nowhere },
    ] {
        let before = sim.run.clone();
        assert_eq!(sim.event(event.clone()), [], "{event:?}");
        assert_eq!(sim.run, before, "{event:?}");
    }
}

#[test]
fn the_effects_of_one_event_store_first_and_act_then() {
    let mut sim = Sim::start("[f]\n a\n b < a\n c < a", FINISH_CURRENT);
    let (a, b, c) = (sim.index("a"), sim.index("b"), sim.index("c"));
    let effects = sim.end(a, Outcome::Succeeded { outputs: outputs("") }, RetryPolicy::default());
    let changed = |node| Effect::NodeChanged { node };
    let start = |node| Effect::StartJob { node, attempt: 0 };
    assert_eq!(effects, [changed(a), changed(b), changed(c), start(b), start(c)]);
}

#[test]
fn nothing_starts_in_a_pause() {
    let mut sim = Sim::start("[f]\n a\n b\n c", Policy { max_parallel_jobs: 1, ..FINISH_CURRENT });
    sim.pause();
    sim.ok("a");
    sim.check("flow=PAUSED b,c=Q");
    sim.resume();
    sim.check("flow=RUNNING b=RUNNING c=Q");
    sim.fail_retrying("b", 1, 50);
    sim.ok("c");
    sim.pause();
    let node = sim.index("b");
    sim.timers.remove(&node);
    sim.event(Event::RetryDue { node, attempt: 1 });
    sim.check("flow=PAUSED b=Q");
    sim.resume();
    sim.check("flow=RUNNING b=RUNNING");
}

#[test]
fn the_back_off_of_a_job_that_failed_in_a_pause_counts_from_its_end() {
    let mut sim = Sim::start("[f]\n a\n b", FINISH_CURRENT);
    sim.pause();
    sim.fail_retrying("a", 1, 100);
    sim.fail_retrying("b", 1, 10);
    let failed_at = sim.now - 1;
    assert!(sim.timers.is_empty());
    sim.now += 50;
    sim.resume();
    sim.check("a=Q b=RUNNING");
    assert_eq!(sim.timers.values().copied().collect::<Vec<_>>(), [(1, UnixMillis(failed_at + 100))]);
}

#[test]
fn a_retry_that_comes_after_the_flow_has_failed_is_cancelled_but_counted() {
    let mut sim = Sim::start("[f]\n a\n b\n c < b", FINISH_CURRENT);
    sim.fail("a");
    sim.fail_retrying("b", 3, 10);
    sim.check("flow=F a=F b,c=C");
    assert_eq!(sim.run.node(sim.index("b")).attempt, 1);
    assert_eq!(sim.run.past_attempts(sim.index("b")).len(), 1);
    // When everything possible is finished, retries go on.
    let mut sim = Sim::start("[f]\n a\n b\n c < b", FINISH_POSSIBLE);
    sim.fail("a");
    sim.fail_retrying("b", 3, 0);
    sim.ok("b c");
    sim.check("flow=F a=F b,c=S");
}

#[test]
fn a_failure_that_is_retried_is_not_seen_by_dependents() {
    // In Azkaban the dependent may be cancelled in that moment (§2.3).
    let mut sim = Sim::start("[f]\n a\n b\n c < a b", FINISH_CURRENT);
    sim.fail_retrying("a", 1, 100);
    sim.ok("b");
    sim.check("flow=RUNNING a=Q b=S c=R");
}

#[test]
fn retry_failed_in_a_pause_waits_for_the_resume() {
    let mut sim = Sim::start("[f]\n a\n b < a\n c\n sub=g\n [g]\n x\n y < x", FINISH_CURRENT);
    sim.fail("a");
    sim.pause();
    sim.fail("sub:x");
    sim.ok("c");
    sim.retry_failed();
    sim.check("flow=PAUSED a,b,sub:x,sub:y=R sub=RUNNING c=S");
    sim.resume();
    sim.check("flow=RUNNING a,sub:x=RUNNING b,sub:y=R c=S");
    sim.ok("a b sub:x sub:y");
    sim.check("flow=S *=S");
}

#[test]
fn retry_failed_leaves_alone_what_hid_a_failure() {
    // `b` ran because `a` failed, and `c` was cancelled for it: only what leads to `c` is tried again, and `b`, which
    // runs, goes on.
    let mut sim = Sim::start("[f]\n a\n b < a ? all_done\n c < a\n d < b c", FINISH_POSSIBLE);
    sim.fail("a");
    sim.check("flow=FF a=F b=RUNNING c=C d=R");
    sim.retry_failed();
    sim.check("flow=RUNNING a,b=RUNNING c,d=R");
    sim.ok("b a c d");
    sim.check("flow=S *=S");
}

#[test]
fn a_flow_that_ended_well_in_spite_of_a_failure_is_judged_anew_by_a_retry() {
    // Nothing in `sub` is tried again, so it is over at once; Azkaban would leave it RUNNING for ever.
    let flow = "[f]\n sub=g\n after < sub\n slow\n [g]\n a\n b < a\n c < b ? all_failed";
    let mut sim = Sim::start(flow, FINISH_POSSIBLE);
    sim.fail("sub:a");
    sim.ok("sub:c");
    sim.check("flow=FF sub=F after=C sub:a=F sub:b=C sub:c=S slow=RUNNING");
    sim.retry_failed();
    sim.check("flow=RUNNING sub=S after=RUNNING sub:a=F");
}

#[test]
fn an_empty_flow_is_over_at_once() {
    let sim = Sim::start("[f]", FINISH_CURRENT);
    sim.check("flow=S");
    let mut sim = Sim::start("[f]\n a\n sub=g < a\n b < sub\n [g]", FINISH_CURRENT);
    sim.ok("a b");
    sim.check("flow=S *=S");
}

#[test]
fn a_restart_asks_again_for_what_is_waited_for_and_starts_nothing_twice() {
    let mut sim = Sim::start("[f]\n a\n b\n c\n d", Policy { max_parallel_jobs: 2, ..FINISH_CURRENT });
    sim.fail_retrying("a", 1, 500);
    sim.kill_job("b", false);
    sim.check("a=Q b=KILLING c=RUNNING d=Q");
    sim.restart();
    sim.check("a=Q b=KILLING c=RUNNING d=Q");
    sim.stop_killed();
    sim.pause();
    sim.ok("c");
    sim.fail_retrying("d", 0, 0);
    sim.restart();
    sim.check("flow=PAUSED c=S d=F");
    sim.resume();
    sim.check("flow=FF");
}

#[test]
fn a_restart_starts_what_has_a_slot_now() {
    let mut sim = Sim::start("[f]\n a\n b\n c", Policy { max_parallel_jobs: 1, ..FINISH_CURRENT });
    let mut run = azkaban_core::execution::FlowExecution::restore(
        sim.run.graph().clone(),
        FINISH_CURRENT,
        &[],
        sim.run.snapshot(),
    )
    .unwrap();
    let effects = run.resume_effects(UnixMillis(sim.now));
    let started: Vec<_> = effects.iter().filter(|e| matches!(e, Effect::StartJob { .. })).collect();
    assert_eq!(started.len(), 2);
    sim.ok("a");
}

#[test]
fn a_long_chain_costs_no_stack() {
    let mut text = String::from("[f]\n n0\n");
    for i in 1..60_000 {
        text.push_str(&format!("n{i} < n{}\n", i - 1));
    }
    let mut run = azkaban_core::execution::FlowExecution::new(graph(&text), CANCEL, &[], UnixMillis(0));
    run.handle(Event::Start, UnixMillis(1));
    let n0 = run.graph().child(NodeIndex::ROOT, "n0").unwrap();
    let effects = run.handle(
        Event::JobFinished { node: n0, attempt: 0, outcome: Outcome::Failed, retry: RetryPolicy::default() },
        UnixMillis(2),
    );
    assert_eq!(effects.len(), 60_001 + 2);
    assert!(run.status().is_finished());
}

#[test]
fn what_ended_in_a_pause_is_taken_up_in_the_order_of_the_ends() {
    let mut sim = Sim::start("[f]\n a\n b\n c\n d", FINISH_POSSIBLE);
    sim.pause();
    sim.fail("c a b");
    sim.resume();
    assert_eq!(sim.run.flags().failed_node.as_ref().map(|n| n.as_str()), Some("b"));
}

#[test]
fn a_retry_by_hand_does_not_wait_for_a_back_off() {
    let mut sim = Sim::start("[f]\n a\n b", FINISH_CURRENT);
    sim.pause();
    sim.fail_retrying("a", 1, 1000);
    sim.retry_failed();
    sim.resume();
    sim.check("flow,a=RUNNING");
    assert_eq!(sim.run.node(sim.index("a")).attempt, 1);
}

#[test]
fn in_a_pause_a_failure_that_is_hidden_kills_nothing() {
    let mut sim = Sim::start("[f]\n a\n b < a ? all_done\n c", CANCEL);
    sim.pause();
    sim.fail("a");
    sim.check("flow=PAUSED a=F");
    sim.resume();
    sim.check("flow,b,c=RUNNING");
}

#[test]
fn a_job_that_succeeds_although_it_is_being_killed_is_killed() {
    let mut sim = Sim::start("[f]\n a\n b < a ? all_done", FINISH_CURRENT);
    sim.kill_job("a", false);
    sim.ok_with("a", "k=v");
    sim.check("a=K b=RUNNING");
    assert_eq!(sim.run.outputs(sim.index("a")), None);
}

#[test]
fn snapshots_that_describe_no_execution_are_refused() {
    use azkaban_core::execution::{FlowExecution, Snapshot};
    use azkaban_core::ids::NodePath;
    use azkaban_core::status::Status;

    let mut sim = Sim::start("[f]\n a\n sub=g < a\n [g]\n x", FINISH_CURRENT);
    sim.ok("a");
    let good = sim.run.snapshot();
    let json = serde_json::to_string(&good).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), good);
    let refused = |change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = good.clone();
        change(&mut snapshot);
        let restored = FlowExecution::restore(sim.run.graph().clone(), FINISH_CURRENT, &[], snapshot);
        restored.err().map(|e| e.to_string()).unwrap_or_default()
    };
    let set = |snapshot: &mut Snapshot, path: &str, status| {
        let node = snapshot.nodes.iter_mut().find(|n| n.path.as_str() == path).unwrap();
        node.state.status = status;
    };
    assert_eq!(refused(&|_| {}), "");
    assert_eq!(refused(&|s| s.nodes[1].path = NodePath::from("nosuch")), "the flow has no node nosuch");
    assert_eq!(refused(&|s| set(s, "sub", Status::Queued)), "node sub cannot be QUEUED");
    assert_eq!(
        refused(&|s| set(s, "sub", Status::Ready)),
        "node sub:x cannot be RUNNING in a flow that is READY"
    );
    assert_eq!(
        refused(&|s| set(s, "sub", Status::Succeeded)),
        "node sub:x cannot be RUNNING in a flow that is SUCCEEDED"
    );
    assert_eq!(refused(&|s| s.flags.paused = true), "an execution that is RUNNING has the wrong flags");
    assert_eq!(refused(&|s| s.nodes.clear()), "");
}

#[test]
fn a_waiting_job_whose_parent_runs_again_waits_for_it() {
    let flow = "[f]\n a\n b < a ? all_done\n c < a\n d < b c\n x";
    let mut sim = Sim::start(flow, Policy { max_parallel_jobs: 2, ..FINISH_POSSIBLE });
    let x = sim.index("x");
    sim.fail("a");
    sim.fail_retrying("b", 2, 1000);
    sim.check("a=F b=Q c=C x=RUNNING");
    sim.retry_failed();
    assert!(sim.timers.is_empty());
    sim.check("a=RUNNING b,c,d=R x=RUNNING");
    sim.ok("a");
    // Its back-off is not over, and its place in the queue is a new one.
    sim.check("b=Q c=RUNNING");
    assert_eq!(sim.timers.len(), 1);
    sim.ok("c");
    assert_eq!(sim.running.keys().copied().collect::<Vec<_>>(), [x]);
}
