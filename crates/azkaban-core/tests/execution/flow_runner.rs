//! The cases of Azkaban's own flow runner tests (execution-and-scheduling §10.2).

use azkaban_core::execution::{Command, Event, Outcome, Refusal, RetryPolicy};
use azkaban_core::ids::NodeIndex;
use azkaban_core::status::Status;

use crate::support::flows::{EXEC1, EXEC2, EXEC3, EXEC4, jobf};
use crate::support::{CANCEL, FINISH_CURRENT, FINISH_POSSIBLE, Sim, disabled, graph};

#[test]
fn exec1_normal() {
    let mut sim = Sim::start(EXEC1, FINISH_CURRENT);
    sim.check("flow=RUNNING job1=RUNNING *=R");
    sim.ok("job1 job2 job3 job4 job5 job6 job7 job8");
    sim.check("flow=RUNNING job10=RUNNING *=S");
    sim.ok("job10");
    sim.check("flow=S *=S");
    assert_eq!(sim.finished, Some(Status::Succeeded));
}

#[test]
fn exec1_disabled() {
    let mut sim = Sim::start_disabled(EXEC1, FINISH_CURRENT, "job1 job5 job6 job10");
    sim.ok("job2 job3 job4 job7 job8");
    sim.check("flow=S job1,job5,job6,job10=SK *=S");
    let skipped = sim.run.node(sim.index("job1"));
    assert!(skipped.started_at.is_some() && skipped.started_at == skipped.ended_at);
}

#[test]
fn exec1_failed() {
    let mut sim = Sim::start(EXEC2, FINISH_CURRENT);
    sim.ok("job1");
    sim.fail("job2d");
    sim.check("flow=FF job1=S job2d=F job6=RUNNING job3,job4,job5=C *=R");
    assert_eq!(sim.first_failures, 1);
    sim.ok("job6");
    sim.check("flow=F job1,job6=S job2d=F *=C");
    assert_eq!(sim.run.flags().failed_node.as_ref().map(|n| n.as_str()), Some("job2d"));
}

#[test]
fn exec1_failed_kill_all() {
    let mut sim = Sim::start(EXEC2, CANCEL);
    sim.ok("job1");
    sim.fail("job2d");
    sim.check("flow=KILLING job6=KILLING job2d=F job3,job4,job5=C");
    assert_eq!(sim.first_failures, 1);
    sim.stop_killed();
    sim.check("flow=K job1=S job2d=F job6=K *=C");
    assert_eq!(sim.run.flags().killed_by, None);
}

#[test]
fn exec1_failed_finish_rest() {
    let mut sim = Sim::start(EXEC3, FINISH_POSSIBLE);
    sim.ok("job1");
    sim.fail("job2d");
    sim.ok("job3 job7 job8 job9");
    sim.check("flow=F job1,job3,job7,job8,job9=S job2d=F *=C");
}

#[test]
fn exec_and_cancel() {
    let mut sim = Sim::start(EXEC1, FINISH_CURRENT);
    sim.ok("job1 job2");
    sim.kill();
    sim.check("flow=KILLING job3,job4,job6=KILLING job1,job2=S *=R");
    assert_eq!(sim.command(Command::Kill { by: "you".to_owned() }), Err(Refusal::Killed));
    // One does not care and fails later.
    sim.fail_retrying("job3", 5, 0);
    sim.stop_killed();
    sim.check("flow=K job3,job4,job6=K job1,job2=S *=C");
    assert_eq!(sim.run.flags().modified_by.as_deref(), Some("me"));
    assert_eq!(sim.run.flags().killed_by.as_deref(), Some("me"));
}

#[test]
fn a_killed_execution_cannot_be_paused_or_retried() {
    let mut sim = Sim::start(EXEC1, FINISH_CURRENT);
    sim.kill();
    let pause = Command::Pause { by: "me".to_owned() };
    let retry = Command::RetryFailed { by: "me".to_owned() };
    assert_eq!(sim.command(pause.clone()), Err(Refusal::Killed));
    assert_eq!(sim.command(retry.clone()), Err(Refusal::Killed));
    sim.stop_killed();
    let over = Err(Refusal::Finished { status: Status::Killed });
    assert_eq!(sim.command(pause), over);
    assert_eq!(sim.command(retry), over);
    assert_eq!(sim.command(Command::Kill { by: "me".to_owned() }), over);
    assert_eq!(sim.command(Command::Resume { by: "me".to_owned() }), over);
}

#[test]
fn what_is_killed_before_its_start_never_runs() {
    let mut sim = Sim::new(graph(EXEC1), FINISH_POSSIBLE, disabled("job2"));
    sim.kill();
    sim.check("flow=K job2=D *=R");
    assert_eq!(sim.run.node(NodeIndex::ROOT).started_at, None);
    assert_eq!(sim.event(Event::Start), []);
}

#[test]
fn exec_retries() {
    let mut sim = Sim::start(EXEC4, FINISH_CURRENT);
    for _ in 0..3 {
        sim.fail_retrying("job-retry", 3, 0);
        sim.check("flow=RUNNING job-retry=RUNNING *=R");
    }
    sim.ok("job-retry job-pass");
    for _ in 0..3 {
        sim.fail_retrying("job-retry-fail", 2, 0);
    }
    sim.check("flow=F job-retry,job-pass=S job-retry-fail=F");
    let attempt = |name| sim.run.node(sim.index(name)).attempt;
    assert_eq!((attempt("job-retry"), attempt("job-pass"), attempt("job-retry-fail")), (3, 0, 2));
    let past = sim.run.past_attempts(sim.index("job-retry"));
    assert_eq!(
        past.iter().map(|p| (p.attempt, p.status)).collect::<Vec<_>>(),
        [0, 1, 2].map(|a| (a, Status::Failed))
    );
}

#[test]
fn pause_and_resume() {
    let mut sim = Sim::start(EXEC1, FINISH_CURRENT);
    sim.pause();
    sim.pause();
    assert_eq!(sim.run.flags().modified_by.as_deref(), Some("pauser"));
    sim.ok("job1");
    sim.check("flow=PAUSED job1=S *=R");
    sim.resume();
    sim.resume();
    assert_eq!(sim.run.flags().modified_by.as_deref(), Some("resumer"));
    sim.check("flow=RUNNING job1=S job2,job6=RUNNING *=R");
}

#[test]
fn a_pause_before_the_start_holds() {
    let mut sim = Sim::new(graph(EXEC1), FINISH_CURRENT, vec![]);
    sim.pause();
    sim.event(Event::Start);
    sim.check("flow=PAUSED *=R");
    sim.resume();
    sim.check("flow=RUNNING job1=RUNNING *=R");

    let mut sim = Sim::new(graph(EXEC1), FINISH_CURRENT, vec![]);
    sim.pause();
    sim.resume();
    sim.check("flow=PREPARING");
    sim.pause();
    sim.kill();
    sim.check("flow=K *=R");

    let mut sim = Sim::new(graph(EXEC1), FINISH_CURRENT, vec![]);
    sim.pause();
    sim.event(Event::Start);
    sim.kill();
    sim.check("flow=K *=C");
}

#[test]
fn embedded_basic_run() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.check("flow=RUNNING joba,joba1=RUNNING *=R");
    sim.ok("joba joba1");
    sim.check("jobb,jobc,jobd,jobb:innerJobA,jobd:innerJobA=RUNNING joba,joba1=S *=R");
    sim.ok("jobb:innerJobA jobb:innerJobB jobb:innerJobC jobd:innerJobA jobc");
    sim.check("jobb,jobd=RUNNING");
    sim.ok("jobb:innerFlow jobd:innerFlow2");
    sim.check("jobb,jobd=S jobe=RUNNING");
    sim.ok("jobe jobf");
    sim.check("flow=S *=S");
}

#[test]
fn embedded_disabled() {
    let mut sim = Sim::start_disabled(&jobf(), FINISH_CURRENT, "jobb jobd:innerJobA nosuch jobd:nosuch");
    sim.ok("joba joba1 jobc jobd:innerFlow2 jobe jobf");
    sim.check("flow=S jobb,jobd:innerJobA=SK jobb:*=R *=S");
}

#[test]
fn normal_failure_1() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.fail("joba");
    sim.check("flow=FF joba=F joba1=RUNNING jobb,jobc,jobd,jobe=C *=R");
    sim.ok("joba1");
    sim.check("flow=F joba=F joba1=S jobb,jobc,jobd,jobe,jobf=C *=R");
}

#[test]
fn normal_failure_2() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.ok("joba");
    sim.fail("joba1");
    sim.ok("jobb:innerJobA jobd:innerJobA jobc");
    sim.check("flow=F joba,jobc,jobb:innerJobA,jobd:innerJobA=S joba1=F jobb,jobd=K *=C");
}

#[test]
fn normal_failure_3() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.ok("joba joba1 jobb:innerJobA");
    sim.fail("jobb:innerJobB");
    sim.check("flow,jobb=FF jobb:innerJobB=F jobb:innerJobC=RUNNING jobd=RUNNING");
    sim.ok("jobb:innerJobC");
    sim.check("jobb=F jobb:innerFlow=C flow=FF");
    assert_eq!(sim.run.flags().failed_node.as_ref().map(|n| n.as_str()), Some("jobb"));
    sim.ok("jobd:innerJobA jobc");
    sim.check("flow=F joba,joba1,jobb:innerJobA,jobb:innerJobC,jobc,jobd:innerJobA=S jobb,jobb:innerJobB=F jobd=K *=C");
    assert_eq!(sim.first_failures, 1);
}

#[test]
fn failed_finishing_failure_3() {
    let mut sim = Sim::start(&jobf(), FINISH_POSSIBLE);
    sim.ok("joba joba1 jobb:innerJobA");
    sim.fail("jobb:innerJobB");
    sim.ok("jobb:innerJobC jobd:innerJobA jobd:innerFlow2 jobc");
    sim.check("flow=F jobb,jobb:innerJobB=F jobb:innerFlow,jobe,jobf=C *=S");
}

#[test]
fn cancel_on_failure() {
    let mut sim = Sim::start(&jobf(), CANCEL);
    sim.ok("joba joba1 jobb:innerJobA");
    sim.fail("jobb:innerJobB");
    sim.stop_killed();
    sim.check(
        "flow=K joba,joba1,jobb:innerJobA=S jobb,jobb:innerJobB=F jobb:innerJobC,jobc,jobd,jobd:innerJobA=K *=C",
    );
}

#[test]
fn retry_on_failure() {
    let mut sim = Sim::start_disabled(&jobf(), FINISH_CURRENT, "joba jobb:innerFlow");
    sim.ok("joba1 jobb:innerJobA");
    sim.fail("jobb:innerJobB jobb:innerJobC");
    sim.ok("jobd:innerJobA");
    sim.check("flow=FF jobb=F jobb:innerFlow=SK jobd:innerFlow2=C jobd=K jobc=RUNNING");
    sim.retry_failed();
    sim.check(
        "flow,jobb,jobd,jobb:innerJobB,jobb:innerJobC,jobd:innerFlow2,jobc=RUNNING jobb:innerFlow=D jobe,jobf=R",
    );
    assert_eq!(sim.run.node(sim.index("jobb:innerJobB")).attempt, 1);
    assert_eq!(sim.run.node(sim.index("jobd:innerFlow2")).attempt, 0);
    sim.ok("jobb:innerJobB jobb:innerJobC jobd:innerFlow2 jobc jobe jobf");
    sim.check("flow=S joba,jobb:innerFlow=SK *=S");
}

#[test]
fn cancel() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.ok("joba joba1 jobb:innerJobA");
    sim.kill();
    sim.check("flow=KILLING jobb,jobd=RUNNING jobb:innerJobB,jobb:innerJobC,jobc,jobd:innerJobA=KILLING");
    sim.stop_killed();
    sim.check(
        "flow=K joba,joba1,jobb:innerJobA=S jobb:innerJobB,jobb:innerJobC,jobc,jobd:innerJobA,jobb,jobd=K *=C",
    );
}

#[test]
fn manual_cancel_on_failure() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.ok("joba joba1 jobb:innerJobA");
    sim.fail("jobb:innerJobB");
    sim.kill();
    sim.stop_killed();
    sim.check(
        "flow=K joba,joba1,jobb:innerJobA=S jobb,jobb:innerJobB=F jobb:innerJobC,jobc,jobd,jobd:innerJobA=K *=C",
    );
}

#[test]
fn pause() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.pause();
    sim.ok("joba");
    sim.check("flow=PAUSED joba=S joba1=RUNNING *=R");
    sim.resume();
    sim.ok("joba1 jobc jobb:innerJobA jobb:innerJobB jobb:innerJobC jobb:innerFlow jobd:innerJobA jobd:innerFlow2");
    sim.ok("jobe jobf");
    sim.check("flow=S *=S");
}

#[test]
fn pause_kill() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.ok("joba");
    sim.pause();
    sim.ok("jobb:innerJobA jobd:innerJobA");
    sim.kill();
    sim.stop_killed();
    sim.check("flow=K joba,jobb:innerJobA,jobd:innerJobA=S joba1,jobc,jobb,jobd=K *=C");
}

#[test]
fn pause_fail() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.ok("joba");
    sim.pause();
    // The order in the pause does not matter: both ends are known when it is over.
    sim.ok("jobb:innerJobA");
    sim.fail("jobd:innerJobA");
    sim.check("flow=PAUSED jobd:innerJobA=F jobd=RUNNING");
    sim.resume();
    sim.check("flow=FF jobb=K jobd=F");
    sim.ok("jobc joba1");
    sim.check("flow=F joba,joba1,jobc,jobb:innerJobA=S jobd,jobd:innerJobA=F jobb=K *=C");
}

#[test]
fn pause_fail_finish_all() {
    let mut sim = Sim::start(&jobf(), FINISH_POSSIBLE);
    sim.ok("joba");
    sim.pause();
    sim.fail("jobd:innerJobA");
    sim.ok("jobb:innerJobA");
    sim.resume();
    sim.ok("jobb:innerJobB jobb:innerJobC jobb:innerFlow jobc joba1");
    sim.check("flow=F jobd,jobd:innerJobA=F jobd:innerFlow2,jobe,jobf=C *=S");
}

#[test]
fn pause_fail_kill() {
    let mut sim = Sim::start(&jobf(), CANCEL);
    sim.ok("joba");
    sim.pause();
    sim.fail("jobd:innerJobA");
    sim.check("flow=KILLING");
    sim.stop_killed();
    sim.check("flow=K joba=S jobb:innerJobA,jobc,joba1,jobb=K jobd,jobd:innerJobA=F *=C");
}

#[test]
fn in_a_pause_a_failure_that_is_retried_kills_nothing() {
    let mut sim = Sim::start(&jobf(), CANCEL);
    sim.ok("joba");
    sim.pause();
    sim.fail_retrying("jobd:innerJobA", 1, 0);
    sim.check("flow=PAUSED jobd:innerJobA=F");
    sim.resume();
    sim.check("flow=RUNNING jobd:innerJobA=RUNNING");
}

#[test]
fn flow_killed_by_job_level_sla() {
    let mut sim = Sim::start(&jobf(), CANCEL);
    sim.kill_job("joba", true);
    sim.check("flow=RUNNING joba=KILLING joba1=RUNNING");
    sim.stop_killed();
    sim.check("flow=K joba,joba1=K jobb,jobc,jobd,jobe,jobf=C *=R");
}

#[test]
fn a_job_killed_by_an_sla_rule_is_retried_then_ends_its_flows_killed() {
    let mut sim = Sim::start(&jobf(), FINISH_POSSIBLE);
    sim.ok("joba joba1");
    for attempt in 0..2 {
        assert_eq!(sim.run.node(sim.index("jobd:innerJobA")).attempt, attempt);
        sim.kill_job("jobd:innerJobA", true);
        let retry = RetryPolicy { retries: 1, backoff_ms: 0 };
        sim.end(sim.index("jobd:innerJobA"), Outcome::Killed, retry);
    }
    // Not over yet, so not KILLED yet (§9 #10); and no first-failure mail.
    sim.check("flow=FF jobd=K jobd:innerJobA=K jobd:innerFlow2=C jobc=RUNNING jobb=RUNNING");
    assert_eq!(sim.first_failures, 0);
    sim.ok("jobc jobb:innerJobA jobb:innerJobB jobb:innerJobC jobb:innerFlow");
    sim.check("flow=K jobd=K jobb=S jobe,jobf=C");
}

#[test]
fn a_job_killed_by_hand_is_no_failure_and_is_not_retried() {
    let mut sim = Sim::start(EXEC3, FINISH_CURRENT);
    sim.ok("job1");
    sim.kill_job("job2d", false);
    sim.end(sim.index("job2d"), Outcome::Killed, RetryPolicy { retries: 3, backoff_ms: 0 });
    sim.check("flow=RUNNING job2d=K job4,job5,job6=C job3=RUNNING");
    sim.ok("job3 job7 job8 job9");
    sim.check("flow=K job10=C");
    let late = Command::KillJob { node: sim.index("job9"), by_sla: true };
    assert_eq!(sim.command(late), Err(Refusal::Finished { status: Status::Killed }));
}

#[test]
fn only_jobs_that_wait_or_run_can_be_killed() {
    let mut sim = Sim::start(&jobf(), FINISH_CURRENT);
    sim.ok("joba");
    for node in [sim.index("joba"), sim.index("jobb"), sim.index("jobe"), NodeIndex::ROOT, NodeIndex(9999)] {
        assert_eq!(sim.command(Command::KillJob { node, by_sla: false }), Err(Refusal::NotActive));
    }
}

#[test]
fn kill_before_start_leaves_the_nodes_alone() {
    let mut sim = Sim::new(graph(&jobf()), FINISH_POSSIBLE, vec![]);
    sim.kill();
    sim.check("flow=K *=R");
    assert_eq!(sim.finished, Some(Status::Killed));
}
