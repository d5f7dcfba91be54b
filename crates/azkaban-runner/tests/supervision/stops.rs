//! Stopping attempts in every phase.

use std::time::{Duration, Instant};

use azkaban_runner::{Exit, Outcome};

use super::Test;
use super::scene::{PATIENCE, Scene, block_on, eventually, kill};

pub(crate) const TESTS: &[Test] = &[
    ("a_job_that_ignores_term_is_killed", a_job_that_ignores_term_is_killed),
    ("a_stop_reaches_the_whole_group", a_stop_reaches_the_whole_group),
    ("a_stop_gives_the_program_behind_a_shell_its_time", a_stop_gives_the_program_behind_a_shell_its_time),
    ("a_stop_kills_what_is_left_of_a_group", a_stop_kills_what_is_left_of_a_group),
    ("a_stop_at_any_moment_ends_an_attempt", a_stop_at_any_moment_ends_an_attempt),
    ("a_stop_between_commands_starts_no_other", a_stop_between_commands_starts_no_other),
    ("a_stop_while_only_output_is_waited_for", a_stop_while_only_output_is_waited_for),
    ("a_stop_before_any_supervisor_has_the_attempt", a_stop_before_any_supervisor_has_the_attempt),
    ("a_stop_survives_a_takeover", a_stop_survives_a_takeover),
    ("stops_of_unknown_and_ended_attempts_do_nothing", stops_of_unknown_and_ended_attempts_do_nothing),
];

fn a_job_that_ignores_term_is_killed() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut spec = scene.script("trap '' TERM; touch ready; while :; do sleep 0.05; done");
        spec.stop_grace = Duration::from_millis(300);
        scene.runner.spawn(spec.clone());
        let ready = scene.folder.join("ready");
        eventually("the job ignores TERM", || ready.exists()).await;
        let begun = Instant::now();
        scene.runner.stop(&spec.key);
        let end = scene.end_of(&spec.key).await;
        assert_eq!((end.outcome, end.exit), (Outcome::Killed, Some(Exit::Signal(9))));
        assert!((300..10_000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
        let lines = scene.lines(&spec);
        let last = &lines[lines.len() - 4..];
        assert_eq!(last[0], "Kill has been called.");
        assert_eq!(last[1], "Kill with signal TERM failed. Killing with KILL signal.");
        assert!(last[3].ends_with("with status KILLED."), "{last:?}");
    });
}

fn a_stop_reaches_the_whole_group() {
    block_on(async {
        let mut scene = Scene::with_linger(PATIENCE).await;
        // The grandchild would hold the pipe for longer than is waited.
        let spec = scene.script("sleep 600 & touch ready; wait");
        scene.runner.spawn(spec.clone());
        let ready = scene.folder.join("ready");
        eventually("the grandchild runs", || ready.exists()).await;
        scene.runner.stop(&spec.key);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
    });
}

fn a_stop_gives_the_program_behind_a_shell_its_time() {
    block_on(async {
        let mut scene = Scene::new().await;
        // The outer shell dies of TERM at once; the inner one cleans up.
        let inner = "trap 'sleep 0.5; touch cleaned; exit' TERM; touch ready; while :; do sleep 0.02; done";
        let mut spec = scene.script(&format!("sh -c \"{inner}\"; touch never"));
        spec.stop_grace = Duration::from_secs(20);
        scene.runner.spawn(spec.clone());
        let ready = scene.folder.join("ready");
        eventually("the inner shell listens", || ready.exists()).await;
        scene.runner.stop(&spec.key);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
        assert!(scene.folder.join("cleaned").exists() && !scene.folder.join("never").exists());
    });
}

fn a_stop_kills_what_is_left_of_a_group() {
    block_on(async {
        let mut scene = Scene::new().await;
        let inner = "trap '' TERM; touch ready; while :; do echo $$ > pid; sleep 0.02; done";
        let mut spec = scene.script(&format!("sh -c \"{}\"; true", inner.replace('$', "\\$")));
        spec.stop_grace = Duration::from_millis(400);
        scene.runner.spawn(spec.clone());
        let pid = scene.folder.join("pid");
        eventually("the inner shell runs", || pid.metadata().is_ok_and(|file| file.len() > 0)).await;
        let inner: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        let begun = Instant::now();
        scene.runner.stop(&spec.key);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
        assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
        eventually("the inner shell is gone", || !std::path::Path::new(&format!("/proc/{inner}")).exists())
            .await;
    });
}

fn a_stop_at_any_moment_ends_an_attempt() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut keys = Vec::new();
        for round in 0..100u64 {
            let spec = scene.scripts(&["echo one", "sleep 600"]);
            scene.runner.spawn(spec.clone());
            // From before the supervisor has read of it to well within the second command.
            tokio::time::sleep(Duration::from_micros(round * 100)).await;
            scene.runner.stop(&spec.key);
            scene.runner.stop(&spec.key);
            keys.push(spec.key);
        }
        scene.until(|scene| keys.iter().all(|key| scene.ends.contains_key(key))).await;
        assert!(keys.iter().all(|key| scene.ends[key].outcome == Outcome::Killed));
    });
}

fn a_stop_between_commands_starts_no_other() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec =
            scene.scripts(&["trap 'exit 0' TERM; touch ready; while :; do sleep 0.02; done", "touch second"]);
        scene.runner.spawn(spec.clone());
        let ready = scene.folder.join("ready");
        eventually("the first command runs", || ready.exists()).await;
        scene.runner.stop(&spec.key);
        let end = scene.end_of(&spec.key).await;
        assert_eq!((end.outcome, end.exit), (Outcome::Killed, Some(Exit::Code(0))));
        assert!(!scene.folder.join("second").exists());
    });
}

fn a_stop_while_only_output_is_waited_for() {
    block_on(async {
        let mut scene = Scene::with_linger(Duration::from_secs(600)).await;
        let spec = scene.script("setsid sleep 600 & echo $! > left");
        scene.runner.spawn(spec.clone());
        scene.until(|scene| scene.started.contains_key(&spec.key)).await;
        let pid = scene.started[&spec.key];
        eventually("the job's process is reaped", || !std::path::Path::new(&format!("/proc/{pid}")).exists())
            .await;
        scene.runner.stop(&spec.key);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
        kill(std::fs::read_to_string(scene.folder.join("left")).unwrap().trim().parse().unwrap());
    });
}

fn a_stop_before_any_supervisor_has_the_attempt() {
    block_on(async {
        let mut scene = Scene::new().await;
        let pair = scene.pair();
        kill(pair.keeper);
        let runner = scene.runner.clone();
        eventually("the supervisor drains", || runner.supervisor().is_none()).await;
        let spec = scene.script("touch ran");
        // Nothing else happens between these two.
        scene.runner.spawn(spec.clone());
        scene.runner.stop(&spec.key);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
        assert!(!scene.folder.join("ran").exists());
        assert!(scene.lines(&spec).last().unwrap().ends_with("with status KILLED."));
        let spec = scene.script("touch ran");
        assert_eq!(scene.run(spec).await.outcome, Outcome::Succeeded);
    });
}

fn a_stop_survives_a_takeover() {
    block_on(async {
        let mut scene = Scene::new().await;
        for round in 0..10u64 {
            let ready = scene.folder.join(format!("ready{round}"));
            let mut spec =
                scene.script(&format!("trap '' TERM; touch ready{round}; while :; do sleep 0.05; done"));
            spec.stop_grace = Duration::from_millis(200);
            scene.runner.spawn(spec.clone());
            eventually("the job ignores TERM", || ready.exists()).await;
            let name = scene.runner.supervisor().unwrap();
            let pair = scene.pair_named(&name);
            if round % 2 == 0 {
                // The request may be lost with the worker, or taken over by the keeper.
                scene.runner.stop(&spec.key);
                tokio::time::sleep(Duration::from_micros(round * 50)).await;
                kill(pair.worker);
            } else {
                kill(pair.worker);
                scene.runner.stop(&spec.key);
            }
            assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
            let runner = scene.runner.clone();
            eventually("another supervisor", || runner.supervisor().is_none_or(|other| other != name)).await;
            let spec = scene.script("true");
            assert_eq!(scene.run(spec).await.outcome, Outcome::Succeeded);
        }
    });
}

fn stops_of_unknown_and_ended_attempts_do_nothing() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.script("true");
        scene.runner.stop(&spec.key);
        scene.runner.acknowledge(&spec.key);
        assert_eq!(scene.run(spec.clone()).await.outcome, Outcome::Succeeded);
        scene.runner.stop(&spec.key);
        scene.runner.acknowledge(&spec.key);
        let other = scene.script("true");
        assert_eq!(scene.run(other).await.outcome, Outcome::Succeeded);
        assert!(scene.started.len() == 2);
    });
}
