//! What Azkaban was recorded to do with real processes: recordings 06, 07, 08 and 15.

use azkaban_core::execution::{Effect, Event, Outcome, Policy, RetryPolicy};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

use crate::support::{CANCEL, FINISH_CURRENT, FINISH_POSSIBLE, Sim};

const FAILURES: &str = "[end]\n start\n bad < start\n slow < start\n after-slow < slow\n after-bad < bad\n end < after-slow after-bad";

#[test]
fn failure_actions() {
    for policy in [FINISH_CURRENT, FINISH_POSSIBLE] {
        let mut sim = Sim::start(FAILURES, policy);
        sim.ok("start");
        sim.fail("bad");
        sim.check("flow=FF after-bad=C after-slow,end=R bad=F slow=RUNNING start=S");
        sim.ok("slow");
        if policy == FINISH_POSSIBLE {
            sim.ok("after-slow");
        }
        let after = if policy == FINISH_POSSIBLE { "S" } else { "C" };
        sim.check(&format!("flow=F after-slow={after} after-bad,end=C bad=F slow,start=S"));
    }
    let mut sim = Sim::start(FAILURES, CANCEL);
    sim.ok("start");
    sim.fail("bad");
    sim.stop_killed();
    sim.check("flow=K after-bad,after-slow,end=C bad=F slow=K start=S");
    let mut sim = Sim::start_disabled(FAILURES, FINISH_CURRENT, "bad");
    sim.ok("start slow after-slow after-bad end");
    sim.check("flow=S bad=SK *=S");
}

#[test]
fn retries() {
    let mut sim = Sim::start("[both]\n again\n never < again\n both < never", FINISH_CURRENT);
    for attempt in 0..2 {
        sim.fail_retrying("again", 3, 100);
        sim.check("flow=RUNNING again=Q never,both=R");
        let node = sim.index("again");
        let (due, at) = sim.timers.remove(&node).unwrap();
        assert_eq!((due, at), (attempt + 1, UnixMillis(sim.now + 100)));
        sim.event(Event::RetryDue { node, attempt: due });
        sim.check("again=RUNNING");
    }
    sim.ok("again");
    for _ in 0..3 {
        sim.fail_retrying("never", 2, 0);
    }
    sim.check("flow=F again=S never=F both=C");
    let past = |name| sim.run.past_attempts(sim.index(name)).iter().map(|p| p.status).collect::<Vec<_>>();
    assert_eq!(past("again"), [Status::Failed; 2]);
    assert_eq!(past("never"), [Status::Failed; 2]);
}

#[test]
fn a_failure_that_counts_as_success() {
    let mut sim = Sim::start("[lenient2]\n lenient\n lenient2 < lenient", FINISH_CURRENT);
    sim.end(sim.index("lenient"), Outcome::FailedButCounts, RetryPolicy { retries: 3, backoff_ms: 0 });
    sim.ok("lenient2");
    sim.check("flow=S lenient=FS lenient2=S");
}

#[test]
fn cancelled_during_the_back_off() {
    let mut sim = Sim::start("[end]\n w\n x\n end < w x", FINISH_CURRENT);
    sim.fail_retrying("w", 5, 30_000);
    sim.check("flow=RUNNING w=Q x=RUNNING end=R");
    sim.kill();
    assert!(sim.timers.is_empty());
    let w = *sim.run.node(sim.index("w"));
    assert_eq!((w.status, w.attempt, w.started_at), (Status::Killed, 1, Some(UnixMillis(sim.now))));
    sim.stop_killed();
    sim.check("flow=K end=C w,x=K");
}

#[test]
fn control() {
    let three = "[three]\n one\n two < one\n three < two";
    let mut sim = Sim::start(three, FINISH_CURRENT);
    sim.kill();
    sim.stop_killed();
    sim.check("flow=K one=K two,three=C");

    let mut sim = Sim::start(three, FINISH_CURRENT);
    sim.pause();
    sim.ok("one");
    sim.check("flow=PAUSED two,three=R");
    sim.resume();
    sim.ok("two three");
    sim.check("flow=S *=S");

    let mut sim = Sim::start(three, FINISH_CURRENT);
    sim.pause();
    sim.kill();
    sim.stop_killed();
    sim.check("flow=K one=K two,three=C");

    let mut sim = Sim::start(three, Policy { pipelined: true, ..FINISH_CURRENT });
    for job in ["one", "two", "three"] {
        sim.check(&format!("flow=RUNNING {job}=Q"));
        let node = sim.index(job);
        assert!(sim.awaiting.remove(&node));
        assert!(sim.event(Event::PipelineReleased { node }).contains(&Effect::StartJob { node, attempt: 0 }));
        sim.ok(job);
    }
    sim.check("flow=S *=S");
}

const EMBEDDED: &str = "[outer]\n first\n left=inner < first\n right=inner < first\n outer < left right\n \
    [inner]\n inner-a\n inner-b < inner-a\n inner < inner-b";

#[test]
fn embedded() {
    let mut sim = Sim::start(EMBEDDED, FINISH_CURRENT);
    sim.ok("first left:inner-a left:inner-b left:inner right:inner-a right:inner-b right:inner outer");
    sim.check("flow=S *=S");
    let mut sim = Sim::start_disabled(EMBEDDED, FINISH_CURRENT, "left");
    sim.ok("first right:inner-a right:inner-b right:inner outer");
    sim.check("flow=S left=SK left:*=R *=S");
    let mut sim = Sim::start_disabled(EMBEDDED, FINISH_CURRENT, "left:inner-b");
    sim.ok("first left:inner-a left:inner right:inner-a right:inner-b right:inner outer");
    sim.check("flow=S left:inner-b=SK *=S");
}

#[test]
fn embedded_failure() {
    let mut sim = Sim::start(EMBEDDED, FINISH_CURRENT);
    sim.ok("first left:inner-a right:inner-a");
    sim.fail("left:inner-b");
    sim.ok("right:inner-b");
    sim.check(
        "flow=F first,left:inner-a,right:inner-a,right:inner-b=S left,left:inner-b=F right=K \
         left:inner,right:inner,outer=C",
    );
    let mut sim = Sim::start(EMBEDDED, FINISH_POSSIBLE);
    sim.ok("first left:inner-a right:inner-a");
    sim.fail("left:inner-b");
    sim.ok("right:inner-b right:inner");
    sim.check("flow=F left,left:inner-b=F left:inner,outer=C *=S");

    // The second flow starts `e` before the failure in `sub`.
    let mut sim = Sim::start("[main]\n a\n sub=g < a\n d < sub\n e < a\n [g]\n b\n c < b", FINISH_CURRENT);
    sim.ok("a e sub:b");
    sim.fail("sub:c");
    sim.check("flow=F sub,sub:c=F d=C *=S");
}

const TWO: &str = "[end]\n left\n left2 < left\n right\n right2 < right\n end < left2 right2";

#[test]
fn failure_next_to_a_running_branch() {
    for (policy, right2) in [(FINISH_CURRENT, "C"), (FINISH_POSSIBLE, "S")] {
        let mut sim = Sim::start(TWO, policy);
        sim.fail("left");
        sim.check("flow=FF left=F left2=C right=RUNNING right2,end=R");
        sim.ok("right");
        if right2 == "S" {
            sim.ok("right2");
        }
        sim.check(&format!("flow=F left=F left2,end=C right=S right2={right2}"));
    }
    let mut sim = Sim::start(TWO, CANCEL);
    sim.fail("left");
    sim.stop_killed();
    sim.check("flow=K left=F right=K *=C");
}

#[test]
fn retry_failed_jobs() {
    for policy in [FINISH_CURRENT, FINISH_POSSIBLE] {
        let mut sim = Sim::start("[end]\n left\n left2 < left\n right\n end < left2 right", policy);
        sim.fail("left");
        sim.retry_failed();
        sim.check("flow,left,right=RUNNING left2,end=R");
        sim.ok("left left2 right end");
        sim.check("flow=S *=S");
        let attempts =
            |name| (sim.run.node(sim.index(name)).attempt, sim.run.past_attempts(sim.index(name)).len());
        assert_eq!(attempts("left"), (1, 1));
        assert_eq!(attempts("left2"), (0, 0));
    }
    // Without anything failed it changes nothing.
    let mut sim = Sim::start(TWO, FINISH_CURRENT);
    let before = sim.run.clone();
    sim.retry_failed();
    assert_eq!(sim.run, before);
    sim.fail("left");
    sim.ok("right");
    sim.check("flow=F left=F left2,right2,end=C right=S");
}

#[test]
fn failure_inside_an_embedded_flow_next_to_running_jobs() {
    let flow = "[end]\n sub=inner\n out-slow\n out-next < out-slow\n end < sub out-next\n \
        [inner]\n in-bad\n in-slow\n in-next < in-slow\n inner < in-bad in-next";
    for (policy, next) in [(FINISH_CURRENT, "C"), (FINISH_POSSIBLE, "S")] {
        let mut sim = Sim::start(flow, policy);
        sim.fail("sub:in-bad");
        sim.ok("sub:in-slow");
        if next == "S" {
            sim.ok("sub:in-next out-slow out-next");
        } else {
            sim.ok("out-slow");
        }
        sim.check(&format!(
            "flow=F end=C out-next={next} out-slow=S sub,sub:in-bad=F sub:in-next={next} sub:in-slow=S sub:inner=C"
        ));
    }
    let mut sim = Sim::start(flow, CANCEL);
    sim.fail("sub:in-bad");
    sim.stop_killed();
    sim.check("flow=K end,out-next=C out-slow=K sub,sub:in-bad=F sub:in-next=C sub:in-slow=K sub:inner=C");
}
