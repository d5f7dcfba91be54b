//! Jobs that misbehave.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, Instant};

use azkaban_runner::{Exit, Outcome};

use super::Test;
use super::scene::{Scene, block_on, eventually, failed, resident, stat, ticks};

pub(crate) const TESTS: &[Test] = &[
    ("output_without_an_end_costs_no_memory", output_without_an_end_costs_no_memory),
    ("a_flood_does_not_keep_others_waiting", a_flood_does_not_keep_others_waiting),
    ("a_program_that_cannot_be_run", a_program_that_cannot_be_run),
    ("a_grandchild_that_keeps_the_pipe", a_grandchild_that_keeps_the_pipe),
    ("a_grandchild_that_floods_the_pipe", a_grandchild_that_floods_the_pipe),
    ("a_daemon_that_closes_its_output_holds_nothing", a_daemon_that_closes_its_output_holds_nothing),
    ("output_closed_early_is_not_the_end", output_closed_early_is_not_the_end),
    ("input_and_descriptors_of_a_job", input_and_descriptors_of_a_job),
    ("commands_run_until_the_first_that_fails", commands_run_until_the_first_that_fails),
    ("a_log_folder_that_disappears", a_log_folder_that_disappears),
    ("signals_have_their_defaults", signals_have_their_defaults),
];

fn output_without_an_end_costs_no_memory() {
    block_on(async {
        let mut scene = Scene::new().await;
        // 100 MB without a line end.
        let spec = scene.script("head -c 100000000 /dev/zero | tr '\\0' x");
        let key = spec.key.clone();
        scene.runner.spawn(spec.clone());
        let pair = scene.pair();
        let (mut most, mut most_in_files) = (0, 0);
        while !scene.ends.contains_key(&key) {
            let _ = tokio::time::timeout(Duration::from_millis(20), scene.end_of(&key)).await;
            most = most.max(resident(pair.worker));
            most_in_files = most_in_files.max(memory_files(pair.worker));
        }
        assert_eq!(scene.ends[&key].outcome, Outcome::Succeeded);
        assert!(most < 24 << 10, "{most} KiB");
        assert!(0 < most_in_files && most_in_files < 8 << 20, "{most_in_files} bytes");
        let kept: u64 = scene.lines(&spec).iter().map(|line| line.len() as u64 + 1).sum();
        assert!((20 << 20..27 << 20).contains(&kept), "{kept} bytes are kept of 100 MB: 5 segments of 5 MB");
        assert!(scene.lines(&spec).iter().all(|line| line.len() <= 64 << 10));
    });
}

/// What the memory files of a process take, in bytes.
fn memory_files(pid: i32) -> u64 {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let is_memory = |path: &std::path::Path| {
        path.read_link().is_ok_and(|link| link.to_string_lossy().starts_with("/memfd:"))
    };
    entries
        .map(|entry| entry.path())
        .filter(|path| is_memory(path))
        .filter_map(|path| Some(path.metadata().ok()?.blocks() * 512))
        .sum()
}

fn a_flood_does_not_keep_others_waiting() {
    block_on(async {
        let mut scene = Scene::new().await;
        let flood = scene.script("exec yes flood");
        scene.runner.spawn(flood.clone());
        scene.until(|scene| scene.started.contains_key(&flood.key)).await;
        for _ in 0..20 {
            let begun = Instant::now();
            let other = scene.script("echo other");
            assert_eq!(scene.run(other).await.outcome, Outcome::Succeeded);
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        }
        scene.runner.stop(&flood.key);
        assert_eq!(scene.end_of(&flood.key).await.outcome, Outcome::Killed);
    });
}

fn a_program_that_cannot_be_run() {
    block_on(async {
        let mut scene = Scene::new().await;
        let script = scene.folder.join("script");
        std::fs::write(&script, "echo without an interpreter line, argument $1").unwrap();
        let path = script.to_str().unwrap().to_owned();
        let start = |program: &str, error: &str| Outcome::SpawnFailed {
            reason: format!("Cannot run program \"{program}\": {error}"),
        };
        let missing = "No such file or directory (os error 2)";
        let denied = "Permission denied (os error 13)";
        for (program, outcome) in [
            ("no-such-program", start("no-such-program", missing)),
            ("/no/such/program", start("/no/such/program", missing)),
            ("", start("", missing)),
            ("/", start("/", denied)),
            (&path, start(&path, denied)),
        ] {
            let mut spec = scene.program(&[program]);
            spec.failure_cleanup = vec![scene.folder.join("props")];
            std::fs::write(&spec.failure_cleanup[0], "").unwrap();
            let end = scene.run(spec.clone()).await;
            assert_eq!((&end.outcome, end.exit), (&outcome, None), "{program}");
            let Outcome::SpawnFailed { reason } = outcome else { unreachable!() };
            let lines = scene.lines(&spec);
            assert!(
                lines.contains(&reason) && lines.last().unwrap().ends_with("with status FAILED."),
                "{lines:?}"
            );
            assert!(!spec.failure_cleanup[0].exists());
        }
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let spec = scene.program(&[&path, "one"]);
        assert_eq!(scene.run(spec.clone()).await.outcome, Outcome::Succeeded);
        assert!(scene.lines(&spec).contains(&"without an interpreter line, argument one".to_owned()));

        let mut spec = scene.script("echo never");
        spec.cwd = "/no/such/folder".into();
        let reason = format!("Cannot change to the working directory /no/such/folder: {missing}");
        assert_eq!(scene.run(spec.clone()).await.outcome, Outcome::SpawnFailed { reason });

        let spec = scene.scripts(&[]);
        failed(&scene.run(spec.clone()).await, "the job has no command", None);
        let mut spec = scene.scripts(&[]);
        spec.succeed_on_failure = true;
        let reason = "the job has no command".into();
        assert_eq!(scene.run(spec.clone()).await.outcome, Outcome::FailedButCounts { reason });

        let spec = scene.program(&["/bin/echo", "a\0b"]);
        assert!(matches!(scene.run(spec).await.outcome, Outcome::SpawnFailed { .. }));
        assert!(scene.started.len() == 1, "only one of these ran: {:?}", scene.started);
    });
}

fn a_grandchild_that_keeps_the_pipe() {
    block_on(async {
        let mut scene = Scene::with_linger(Duration::from_millis(300)).await;
        let spec = scene.script("echo before; setsid sleep 20 & echo $! > left; exit 4");
        let begun = Instant::now();
        failed(&scene.run(spec.clone()).await, "Process exited with code 4", Some(Exit::Code(4)));
        assert!((300..10_000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
        assert!(scene.lines(&spec).contains(&"before".to_owned()));
        // What has left is not the supervisor's to end.
        let left: i32 = std::fs::read_to_string(scene.folder.join("left")).unwrap().trim().parse().unwrap();
        assert!(stat(left).is_some());
        super::scene::kill(left);
    });
}

fn a_grandchild_that_floods_the_pipe() {
    block_on(async {
        let mut scene = Scene::with_linger(Duration::from_millis(500)).await;
        let spec = scene.script("for i in 1 2 3 4 5 6; do setsid yes flood & done; exit 0");
        scene.runner.spawn(spec.clone());
        let other = scene.script("true");
        assert_eq!(scene.run(other).await.outcome, Outcome::Succeeded);
        let begun = Instant::now();
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Succeeded);
        assert!(begun.elapsed() < Duration::from_secs(10));
    });
}

fn a_daemon_that_closes_its_output_holds_nothing() {
    block_on(async {
        let mut scene = Scene::with_linger(Duration::from_secs(60)).await;
        let spec = scene.script("setsid sleep 20 >/dev/null 2>&1 & echo $! > left");
        assert_eq!(scene.run(spec).await.outcome, Outcome::Succeeded);
        let left = std::fs::read_to_string(scene.folder.join("left")).unwrap();
        super::scene::kill(left.trim().parse().unwrap());
    });
}

fn output_closed_early_is_not_the_end() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.script("printf 'no line end'; exec >&- 2>&-; touch closed; while [ ! -e go ]; do sleep 0.05; done; exit 3");
        scene.runner.spawn(spec.clone());
        let closed = scene.folder.join("closed");
        eventually("the job closes its output", || closed.exists()).await;
        let worker = scene.pair().worker;
        let before = ticks(worker);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(ticks(worker) - before < 10, "the worker does not spin");
        std::fs::write(scene.folder.join("go"), "").unwrap();
        failed(&scene.end_of(&spec.key).await, "Process exited with code 3", Some(Exit::Code(3)));
        assert!(scene.lines(&spec).contains(&"no line end".to_owned()));
    });
}

fn input_and_descriptors_of_a_job() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.script(
            "read line; echo \"read: $line.\"; echo to stderr > /dev/stderr; echo to stdout > /dev/stdout; \
             for fd in 0 1 2 3 4 5; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; echo limit $(ulimit -n)",
        );
        assert_eq!(scene.run(spec.clone()).await.outcome, Outcome::Succeeded);
        let lines = scene.lines(&spec);
        let at = lines.iter().position(|line| line == "read: .").unwrap();
        let limit = std::process::Command::new("sh").args(["-c", "ulimit -n"]).output().unwrap().stdout;
        let limit = format!("limit {}", String::from_utf8(limit).unwrap().trim());
        assert_eq!(
            lines[at + 1..at + 7],
            ["to stderr", "to stdout", "0", "1", "2", limit.as_str()],
            "{lines:?}"
        );
    });
}

fn commands_run_until_the_first_that_fails() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.scripts(&["echo one", "echo two; exit 7", "echo three"]);
        failed(&scene.run(spec.clone()).await, "Process exited with code 7", Some(Exit::Code(7)));
        let lines = scene.lines(&spec);
        assert!(lines.contains(&"two".to_owned()) && !lines.contains(&"three".to_owned()), "{lines:?}");
        let spec = scene.script("kill -9 $$");
        failed(&scene.run(spec).await, "Process exited with code 137", Some(Exit::Signal(9)));
    });
}

fn a_log_folder_that_disappears() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut spec = scene
            .script("echo before; touch written; while [ ! -e go ]; do sleep 0.02; done; seq 2000; exit 5");
        spec.log.chunk_size = Some(1000);
        scene.runner.spawn(spec.clone());
        let (written, logs) = (scene.folder.join("written"), scene.folder.join("logs"));
        eventually("the job writes", || written.exists()).await;
        std::fs::remove_dir_all(logs).unwrap();
        std::fs::write(scene.folder.join("go"), "").unwrap();
        failed(&scene.end_of(&spec.key).await, "Process exited with code 5", Some(Exit::Code(5)));
        assert!(
            scene.lines(&spec).contains(&"2000".to_owned()),
            "the folder is made again when the log rolls"
        );

        let mut spec = scene.script("echo nowhere; exit 6");
        spec.log.path = "/proc/no/log".into();
        failed(&scene.run(spec).await, "Process exited with code 6", Some(Exit::Code(6)));
    });
}

fn signals_have_their_defaults() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.script("grep -E 'Sig(Blk|Ign)' /proc/self/status; yes | head -n 1");
        assert_eq!(scene.run(spec.clone()).await.outcome, Outcome::Succeeded);
        let lines = scene.lines(&spec);
        let signals: Vec<u64> = lines
            .iter()
            .filter_map(|line| u64::from_str_radix(line.strip_prefix("Sig")?.split('\t').nth(1)?, 16).ok())
            .collect();
        // Those of real time are as the server has them.
        assert!(signals.len() == 2 && signals.iter().all(|set| set & 0x7fff_ffff == 0), "{lines:?}");
        assert!(lines.contains(&"y".to_owned()));
        assert!(!lines.iter().any(|line| line.contains("roken pipe")), "{lines:?}");
    });
}
