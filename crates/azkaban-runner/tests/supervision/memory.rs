//! Attempts that wait for memory, on machines of the tests' making.

use std::fs;
use std::time::Duration;

use azkaban_core::job_type::MemoryNeed;
use azkaban_runner::{AttemptSpec, MemoryGate, Outcome};

use super::Test;
use super::scene::{Scene, block_on, eventually, kill};

pub(crate) const TESTS: &[Test] = &[
    ("an_attempt_waits_until_there_is_memory", an_attempt_waits_until_there_is_memory),
    ("an_attempt_without_memory_fails_in_the_end", an_attempt_without_memory_fails_in_the_end),
    ("a_wait_for_memory_outlives_the_worker_and_is_stopped", a_wait_for_memory_outlives_the_worker),
];

const REFUSAL: &str = "Cannot request memory (Xms 1 kb, Xmx 2 kb) from system for job job";

async fn machine_with(kilobytes: u64) -> Scene {
    let scene = Scene::with(|config| config.meminfo = config.run_dir.with_file_name("meminfo")).await;
    has(&scene, kilobytes);
    scene
}

fn has(scene: &Scene, kilobytes: u64) {
    let text = format!("MemFree: {kilobytes} kB\nBuffers: 1 kB\nCached: 1 kB\nSwapFree: 1 kB\n");
    fs::write(scene.folder.join("meminfo.new"), text).unwrap();
    fs::rename(scene.folder.join("meminfo.new"), scene.folder.join("meminfo")).unwrap();
}

fn wanting(scene: &mut Scene, every: u64, tries: u32) -> AttemptSpec {
    let mut spec = scene.script("touch ran");
    let need = MemoryNeed { initial_kb: 1, largest_kb: 2, reserve_kb: 1000 };
    spec.memory = Some(MemoryGate { need, every: Duration::from_millis(every), tries });
    spec
}

fn an_attempt_waits_until_there_is_memory() {
    block_on(async {
        let mut scene = machine_with(10).await;
        let spec = wanting(&mut scene, 100, 100_000);
        scene.runner.spawn(spec.clone());
        let log = spec.log.path.clone();
        eventually("the log to tell of the wait", || {
            fs::read_to_string(&log).is_ok_and(|text| text.contains("attempt 2 of 100000"))
        })
        .await;
        assert!(!scene.folder.join("ran").exists());
        has(&scene, 100_000);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Succeeded);
        let lines = scene.lines(&spec);
        assert_eq!(lines[0], "opening");
        assert_eq!(lines[1], format!("{REFUSAL}, sleep for 0 secs and retry, attempt 1 of 100000"));
        let granted = lines.iter().position(|line| line == "Memory granted for job job").unwrap();
        assert_eq!(lines[granted + 1], "1 commands to execute.");
        assert_eq!(lines.iter().filter(|line| *line == "opening").count(), 1);
        // Once there is enough, nothing is waited for.
        let next = wanting(&mut scene, 3_600_000, 1);
        assert_eq!(scene.run(next.clone()).await.outcome, Outcome::Succeeded);
        assert_eq!(scene.lines(&next)[..2], ["opening", "Memory granted for job job"]);
    });
}

fn an_attempt_without_memory_fails_in_the_end() {
    block_on(async {
        let mut scene = machine_with(10).await;
        let spec = wanting(&mut scene, 20, 2);
        let end = scene.run(spec.clone()).await;
        assert_eq!((end.outcome, end.exit), (Outcome::Failed { reason: REFUSAL.to_owned() }, None));
        let lines = scene.lines(&spec);
        assert_eq!(lines.len(), 5, "{lines:#?}");
        assert_eq!(lines[3], REFUSAL);
        assert!(lines[4].ends_with("with status FAILED."), "{lines:#?}");
    });
}

fn a_wait_for_memory_outlives_the_worker() {
    block_on(async {
        let mut scene = machine_with(10).await;
        let spec = wanting(&mut scene, 3_600_000, 1);
        scene.runner.spawn(spec.clone());
        let log = spec.log.path.clone();
        eventually("the wait to begin", || log.exists()).await;
        kill(scene.pair().worker);
        scene.runner.stop(&spec.key);
        let end = scene.end_of(&spec.key).await;
        assert_eq!((end.outcome, end.exit), (Outcome::Killed, None));
        assert!(!scene.folder.join("ran").exists());
    });
}
