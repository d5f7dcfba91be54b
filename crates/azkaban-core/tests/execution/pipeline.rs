//! Pipelined executions (execution-and-scheduling §2.15, §10.4): the older one is `prev`, the newer one `pipe`.

use azkaban_core::execution::{Event, Policy, blockers, blocks};
use azkaban_core::ids::{NodeIndex, NodePath};

use crate::support::flows::{jobf, pipeline_flow, pipeline1_2};
use crate::support::{FINISH_CURRENT, Sim, graph};

#[track_caller]
fn check(flow: &str, level: i32, node: &str, expected: &str) {
    let found = blockers(&graph(flow), level, &NodePath::from(node));
    let found: Vec<&str> = found.iter().map(NodePath::as_str).collect();
    assert_eq!(found, expected.split_whitespace().collect::<Vec<_>>(), "level {level}, {node}");
}

#[test]
fn what_blocks_what() {
    let (jobf, long, short) = (jobf(), pipeline_flow(), pipeline1_2());
    check(&jobf, 1, "joba", "joba");
    check(&jobf, 1, "jobd:innerJobA", "jobd:innerJobA");
    check(&jobf, 1, "nosuch", "");
    check(&long, 2, "pipeline1", "pipeline1 pipeline2");
    check(&long, 2, "pipeline2", "pipeline2 pipelineEmbeddedFlow3:innerJobA pipelineEmbeddedFlow4:innerJobA");
    check(
        &long,
        2,
        "pipelineEmbeddedFlow3:innerJobA",
        "pipelineEmbeddedFlow3:innerJobA pipelineEmbeddedFlow3:innerJobB pipelineEmbeddedFlow3:innerJobC",
    );
    check(
        &long,
        2,
        "pipelineEmbeddedFlow3:innerJobB",
        "pipelineEmbeddedFlow3:innerFlow pipelineEmbeddedFlow3:innerJobB",
    );
    check(&long, 2, "pipelineEmbeddedFlow3:innerFlow", "pipeline4 pipelineEmbeddedFlow3:innerFlow");
    check(&long, 2, "pipelineFlow", "pipelineFlow");
    check(&short, 2, "pipeline1_1:innerFlow2", "pipeline1_1:innerFlow2 pipeline1_2:innerJobA");
    check(&short, 2, "pipeline1_2:innerJobA", "pipeline1_2:innerFlow2 pipeline1_2:innerJobA");
    check(&short, 2, "nosuch", "");
    check(&long, 3, "pipeline1", "pipelineFlow");
    check(&long, 3, "nosuch", "pipelineFlow");
    check(&short, 3, "pipeline1_1:innerJobA", "pipeline1_2:innerFlow2");
    for level in [-1, 0, 4] {
        check(&long, level, "pipeline1", "");
    }
}

/// Two executions of a flow, the newer one waiting for the older one.
struct Pair {
    prev: Sim,
    pipe: Sim,
    level: i32,
}

impl Pair {
    fn start(flow: &str, level: i32, prev_disabled: &str, pipe_disabled: &str) -> Self {
        let prev = Sim::start_disabled(flow, FINISH_CURRENT, prev_disabled);
        let pipelined = Policy { pipelined: true, ..FINISH_CURRENT };
        let mut pair = Self { prev, pipe: Sim::start_disabled(flow, pipelined, pipe_disabled), level };
        pair.release();
        pair
    }

    /// What the engine does whenever either execution has moved.
    fn release(&mut self) {
        let older = self.prev.run.graph().clone();
        let free = |node: &NodeIndex| {
            let path = &older.node(*node).path;
            let status_of = |n| self.prev.run.node(n).status;
            blockers(&older, self.level, path).iter().all(|b| !blocks(&older, &status_of, b))
        };
        for node in self.pipe.awaiting.iter().copied().filter(free).collect::<Vec<_>>() {
            self.pipe.awaiting.remove(&node);
            self.pipe.event(Event::PipelineReleased { node });
        }
    }

    fn prev_ok(&mut self, paths: &str) {
        self.prev.ok(paths);
        self.release();
    }

    fn pipe_ok(&mut self, paths: &str) {
        for path in paths.split_whitespace() {
            self.pipe.ok(path);
            self.release();
        }
    }
}

#[test]
fn level_1_waits_for_the_same_job() {
    let mut pair = Pair::start(&jobf(), 1, "", "");
    pair.pipe.check("joba,joba1=Q");
    pair.prev_ok("joba");
    pair.pipe.check("joba=RUNNING joba1=Q");
    pair.pipe_ok("joba");
    pair.pipe.check("jobc,jobd:innerJobA,jobb:innerJobA=Q jobb,jobd=RUNNING");
    pair.prev_ok("jobd:innerJobA jobc");
    pair.pipe.check("jobc,jobd:innerJobA=RUNNING jobb:innerJobA=Q");
    pair.prev_ok(
        "jobb:innerJobA jobb:innerJobB jobb:innerJobC jobb:innerFlow jobd:innerFlow2 jobe joba1 jobf",
    );
    pair.prev.check("flow=S");
    pair.pipe_ok("jobc jobd:innerJobA jobd:innerFlow2 jobb:innerJobA jobb:innerJobB jobb:innerJobC");
    pair.pipe_ok("jobb:innerFlow joba1 jobe jobf");
    pair.pipe.check("flow=S *=S");
}

#[test]
fn level_1_does_not_wait_inside_a_skipped_flow() {
    let mut pair = Pair::start(&jobf(), 1, "jobb", "");
    pair.prev_ok("joba");
    pair.prev.check("jobb=SK jobb:*=R");
    pair.pipe_ok("joba");
    pair.pipe.check("jobb:innerJobA=RUNNING jobc=Q");
}

#[test]
fn nothing_waits_inside_a_flow_that_will_never_run() {
    let mut pair = Pair::start(&jobf(), 1, "", "");
    pair.prev.fail("joba");
    pair.release();
    pair.pipe_ok("joba");
    // Cancelled flows leave their nodes READY for ever; Azkaban waits for the end of the whole older flow.
    pair.prev.check("flow=FF jobb=C jobb:*=R");
    pair.pipe.check("jobb:innerJobA=RUNNING");
}

#[test]
fn the_end_of_the_older_execution_releases_everything() {
    let mut pair = Pair::start(&pipeline_flow(), 3, "", "");
    pair.pipe.check("pipeline1=Q");
    pair.prev.kill();
    pair.prev.stop_killed();
    pair.release();
    pair.pipe.check("pipeline1=RUNNING");
}

#[test]
fn level_2_waits_for_the_dependents_too() {
    let mut pair = Pair::start(&pipeline_flow(), 2, "", "");
    pair.prev_ok("pipeline1");
    pair.pipe.check("pipeline1=Q");
    pair.prev_ok("pipeline2");
    pair.pipe_ok("pipeline1");
    pair.prev_ok("pipelineEmbeddedFlow3:innerJobA");
    pair.pipe.check("pipeline2=Q");
    pair.prev_ok("pipelineEmbeddedFlow4:innerJobA");
    pair.pipe_ok("pipeline2");
    pair.prev_ok("pipelineEmbeddedFlow3:innerJobB");
    pair.pipe.check("pipelineEmbeddedFlow3:innerJobA=Q");
    pair.prev_ok("pipelineEmbeddedFlow3:innerJobC");
    pair.pipe_ok("pipelineEmbeddedFlow3:innerJobA");
    pair.pipe.check("pipelineEmbeddedFlow3:innerJobB,pipelineEmbeddedFlow3:innerJobC=Q");
    pair.prev_ok("pipelineEmbeddedFlow3:innerFlow");
    pair.pipe_ok("pipelineEmbeddedFlow3:innerJobB pipelineEmbeddedFlow3:innerJobC");
    pair.prev_ok("pipelineEmbeddedFlow4:innerFlow2");
    pair.pipe.check("pipelineEmbeddedFlow3:innerFlow=Q");
    pair.prev_ok("pipeline4");
    pair.pipe_ok("pipelineEmbeddedFlow3:innerFlow");
    pair.prev_ok("pipelineFlow");
    pair.prev.check("flow=S");
    pair.pipe_ok("pipelineEmbeddedFlow4:innerJobA pipelineEmbeddedFlow4:innerFlow2 pipeline4 pipelineFlow");
    pair.pipe.check("flow=S *=S");
}

#[test]
fn level_2_across_embedded_flows() {
    let mut pair = Pair::start(&pipeline1_2(), 2, "", "");
    pair.prev_ok("pipeline1_1:innerJobA pipeline1_1:innerFlow2");
    pair.pipe_ok("pipeline1_1:innerJobA");
    pair.pipe.check("pipeline1_1:innerFlow2=Q");
    pair.prev_ok("pipeline1_2:innerJobA");
    pair.pipe_ok("pipeline1_1:innerFlow2");
    pair.pipe.check("pipeline1_2:innerJobA=Q");
    pair.prev_ok("pipeline1_2:innerFlow2");
    pair.pipe_ok("pipeline1_2:innerJobA pipeline1_2:innerFlow2");
    pair.prev.check("flow=S");
    pair.pipe.check("flow=S *=S");
}

#[test]
fn level_3_waits_for_the_whole_flow() {
    let rest = "pipelineEmbeddedFlow3:innerJobA pipelineEmbeddedFlow3:innerJobB pipelineEmbeddedFlow3:innerJobC \
                pipelineEmbeddedFlow3:innerFlow";
    let mut pair = Pair::start(&pipeline_flow(), 3, "pipelineEmbeddedFlow4", "pipelineEmbeddedFlow3");
    for job in ["pipeline1", "pipeline2"].into_iter().chain(rest.split_whitespace()).chain(["pipeline4"]) {
        pair.prev_ok(job);
        pair.pipe.check("pipeline1=Q");
    }
    pair.prev_ok("pipelineFlow");
    pair.pipe.check("pipeline1=RUNNING");

    let off = "pipeline1 pipeline2";
    let mut pair = Pair::start(
        &pipeline_flow(),
        3,
        &format!("{off} pipelineEmbeddedFlow4 pipelineFlow"),
        &format!("{off} pipelineEmbeddedFlow3"),
    );
    for job in rest.split_whitespace().chain(["pipeline4"]) {
        pair.pipe.check("pipelineEmbeddedFlow4:innerJobA=Q");
        pair.prev_ok(job);
    }
    pair.prev.check("flow=S pipelineFlow=SK");
    pair.pipe.check("pipelineEmbeddedFlow4:innerJobA=RUNNING");
}
