//! Many attempts, and few descriptors.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use azkaban_runner::Outcome;

use super::Test;
use super::scene::{PATIENCE, Scene, block_on, config, eventually, supervisors};

pub(crate) const TESTS: &[Test] = &[
    ("ten_thousand_short_attempts", ten_thousand_short_attempts),
    ("a_thousand_at_once", a_thousand_at_once),
    ("more_attempts_than_descriptors", more_attempts_than_descriptors),
    ("supervisors_end_when_nothing_is_left", supervisors_end_when_nothing_is_left),
    ("a_supervisor_that_was_never_used", a_supervisor_that_was_never_used),
    ("long_and_private_paths", long_and_private_paths),
    ("a_program_that_is_no_supervisor", a_program_that_is_no_supervisor),
    ("a_request_that_is_too_large", a_request_that_is_too_large),
];

fn ten_thousand_short_attempts() {
    block_on(async {
        let mut scene = Scene::new().await;
        let (mut sent, count) = (0, 10_000);
        while scene.ends.len() < count {
            while sent < count && sent - scene.ends.len() < 200 {
                let spec = scene.program(&["/bin/true"]);
                scene.runner.spawn(spec);
                sent += 1;
            }
            let ended = scene.ends.len();
            scene.until(|scene| scene.ends.len() > ended).await;
        }
        assert!(scene.ends.values().all(|end| end.outcome == Outcome::Succeeded));
        eventually("its descriptors are closed", || scene.descriptors() < 20).await;
    });
}

fn a_thousand_at_once() {
    block_on(async {
        let mut scene = Scene::new().await;
        let keys: HashSet<_> = (0..1000)
            .map(|_| {
                let spec = scene.program(&["/bin/sleep", "600"]);
                scene.runner.spawn(spec.clone());
                spec.key
            })
            .collect();
        scene.until(|scene| scene.started.len() == 1000).await;
        assert!(scene.ends.is_empty());
        keys.iter().for_each(|key| scene.runner.stop(key));
        scene.until(|scene| scene.ends.len() == 1000).await;
        assert!(scene.ends.values().all(|end| end.outcome == Outcome::Killed));
    });
}

fn more_attempts_than_descriptors() {
    block_on(async {
        let mut scene = Scene::with(|config| {
            // Room for ten attempts.
            let program = config.run_dir.with_file_name("few");
            let script = format!("#!/bin/sh\nulimit -n 104\nexec {} \"$@\"\n", config.program.display());
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            config.program = program;
        })
        .await;
        let keys: Vec<_> = (0..35)
            .map(|_| {
                let spec = scene.script("echo output; while [ ! -e go ]; do sleep 0.1; done");
                scene.runner.spawn(spec.clone());
                spec.key
            })
            .collect();
        scene.until(|scene| scene.started.len() == 35).await;
        assert_eq!(scene.pairs().len(), 4);
        std::fs::write(scene.folder.join("go"), "").unwrap();
        scene.until(|scene| scene.ends.len() == 35).await;
        assert!(keys.iter().all(|key| scene.ends[key].outcome == Outcome::Succeeded));
        eventually("the full ones end", || scene.pairs().len() == 1).await;
    });
}

fn supervisors_end_when_nothing_is_left() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.script("while [ ! -e go ]; do sleep 0.02; done");
        scene.runner.spawn(spec.clone());
        scene.until(|scene| scene.started.len() == 1).await;
        let pair = scene.pair();
        scene.runner.shutdown().await;
        std::fs::write(scene.folder.join("go"), "").unwrap();
        eventually("the job ends", || {
            super::scene::log_lines(&spec.log.path).last().unwrap().contains("SUCCEEDED")
        })
        .await;
        assert_eq!(scene.pair(), pair, "it stays as long as its attempt is not acknowledged");

        let again = azkaban_runner::Runner::start(config(&scene.folder)).await.unwrap();
        assert!(
            again.lost.names().next().is_none() && again.found.len() == 1 && again.found[0].key == spec.key
        );
        assert!(
            matches!(&again.found[0].state, azkaban_runner::FoundState::Ended(end) if end.outcome == Outcome::Succeeded)
        );
        again.runner.acknowledge(&spec.key);
        again.runner.shutdown().await;
        eventually("no supervisor is left", || supervisors(&scene.folder).is_empty()).await;
        assert_eq!(std::fs::read_dir(scene.folder.join("run")).unwrap().count(), 0);
    });
}

/// A server that is killed while it starts a supervisor leaves its folder; that is no supervisor that was lost with attempts. One
/// that bears no mark of that may have had some.
fn a_supervisor_that_was_never_used() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let run = |name: &str| folder.path().join("run").join(name);
        for name in ["1-1-0", "2-1-0", ".3-1-0"] {
            std::fs::create_dir_all(run(name)).unwrap();
        }
        std::fs::write(run("1-1-0").join("unused"), "").unwrap();
        let started = azkaban_runner::Runner::start(config(folder.path())).await.unwrap();
        assert_eq!(started.lost.names().collect::<Vec<_>>(), ["2-1-0"]);
        assert!(!run("1-1-0").exists() && !run(".3-1-0").exists());
        started.runner.shutdown().await;
        eventually("no supervisor is left", || supervisors(folder.path()).is_empty()).await;
    });
}

fn long_and_private_paths() {
    block_on(async {
        let mut run = PathBuf::new();
        let mut scene = Scene::with(|config| {
            config.run_dir = config.run_dir.join("long".repeat(30)).join("longer".repeat(30));
            run = config.run_dir.clone();
        })
        .await;
        let spec = scene.script("true");
        assert_eq!(scene.run(spec).await.outcome, Outcome::Succeeded);
        let supervisor = std::fs::read_dir(&run).unwrap().next().unwrap().unwrap().path();
        for folder in [run, supervisor] {
            assert_eq!(
                folder.metadata().unwrap().permissions().mode() & 0o777,
                0o700,
                "{}",
                folder.display()
            );
        }
    });
}

fn a_program_that_is_no_supervisor() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        for (program, message) in
            [("/bin/echo", "cannot start a supervisor"), ("/no/such/program", "No such file")]
        {
            let mut config = config(folder.path());
            config.program = program.into();
            let started =
                tokio::time::timeout(PATIENCE, azkaban_runner::Runner::start(config)).await.unwrap();
            let error = started.err().unwrap().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert_eq!(
            std::fs::read_dir(folder.path().join("run")).unwrap().count(),
            0,
            "nothing is left behind"
        );
    });
}

fn a_request_that_is_too_large() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut spec = scene.script("true");
        spec.env.push(("LARGE".into(), "x".repeat(17 << 20)));
        let reason = "the job's environment and commands are too large".to_owned();
        assert_eq!(scene.run(spec).await.outcome, Outcome::SpawnFailed { reason });
        // What the system takes less of than the supervisor.
        let mut spec = scene.script("true");
        spec.env.push(("LARGE".into(), "x".repeat(1 << 20)));
        let end = scene.run(spec).await;
        assert!(
            matches!(&end.outcome, Outcome::SpawnFailed { reason } if reason.contains("Argument list too long"))
        );
        let spec = scene.script("true");
        assert_eq!(scene.run(spec).await.outcome, Outcome::Succeeded);
    });
}
