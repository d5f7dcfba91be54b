//! KILL at random moments: of a worker, of a keeper.
//!
//! Every job notes that it ran and prints numbered lines, in two commands, so that what ran twice, what was lost and what was doubled
//! shows.

use std::path::Path;
use std::time::Duration;

use azkaban_runner::{AttemptSpec, Exit, Outcome};

use super::Test;
use super::scene::{Random, Scene, block_on, eventually, failed, kill, log_lines, shell, signal, ticks};

pub(crate) const TESTS: &[Test] = &[
    ("kills_of_workers", kills_of_workers),
    ("kills_of_keepers", kills_of_keepers),
    ("kills_of_workers_under_load", kills_of_workers_under_load),
    ("a_worker_without_its_keeper_sleeps", a_worker_without_its_keeper_sleeps),
    ("an_acknowledgement_that_is_lost_with_a_worker", an_acknowledgement_that_is_lost_with_a_worker),
    ("a_supervisor_that_is_gone_is_told_as_lost", a_supervisor_that_is_gone_is_told_as_lost),
];

/// Lines of each of the two commands.
const LINES: usize = 150;

/// A job that can be checked; it exits with `code`.
pub(crate) fn chatty(mut spec: AttemptSpec, code: i32, pause: bool) -> AttemptSpec {
    let number = spec.key.execution.0;
    let pause = if pause { "[ $((i % 50)) = 0 ] && sleep 0.01; " } else { "" };
    let script = |part: usize, last: &str| {
        let (from, to) = (part * LINES, (part + 1) * LINES);
        shell(&format!(
            "echo {part} >> \"$WHERE/ran{number}\"; i={from}; while [ $i -lt {to} ]; do {pause}echo line $i; i=$((i+1)); done; {last}"
        ))
    };
    spec.commands = vec![script(0, "exit 0"), script(1, &format!("exit {code}"))];
    // Rolls a few times.
    (spec.log.chunk_size, spec.log.backups) = (Some(1000), 100);
    spec
}

/// Whether a chatty job ran once, and its log holds each line once.
pub(crate) fn check(folder: &Path, spec: &AttemptSpec) {
    let key = &spec.key;
    let ran = std::fs::read_to_string(folder.join(format!("ran{}", key.execution.0))).unwrap_or_default();
    assert_eq!(ran, "0\n1\n", "{key} ran each of its commands once");
    let lines = log_lines(&spec.log.path);
    let printed: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("line ")).collect();
    let expected: Vec<String> = (0..2 * LINES).map(|i| i.to_string()).collect();
    assert_eq!(printed, expected, "{key}");
    let own: Vec<&String> =
        lines.iter().filter(|line| !line.starts_with("line ") && !line.starts_with("Command: ")).collect();
    let count = |part: &str| own.iter().filter(|line| line.starts_with(part)).count();
    assert_eq!(
        [
            count("opening"),
            count("Working"),
            count("Spawned"),
            count("Process with id"),
            count("Wrapping up")
        ],
        [1, 2, 2, 2, 1],
        "{key}: {own:?}"
    );
}

fn ended_with(scene: &Scene, spec: &AttemptSpec, code: i32) {
    let end = &scene.ends[&spec.key];
    if code == 0 {
        assert_eq!((&end.outcome, end.exit), (&Outcome::Succeeded, Some(Exit::Code(0))), "{}", spec.key);
    } else {
        failed(end, &format!("Process exited with code {code}"), Some(Exit::Code(code)));
    }
}

#[derive(Clone, Copy)]
enum Victim {
    Worker,
    Keeper,
}

async fn rounds(
    seed: u64,
    rounds: usize,
    jobs: usize,
    longest: Duration,
    pause: bool,
    victim: impl Fn(&mut Random) -> Victim,
) {
    let mut random = Random::new(seed);
    let mut scene = Scene::new().await;
    for round in 0..rounds {
        let name = scene.runner.supervisor().unwrap();
        let pair = scene.pair_named(&name);
        let specs: Vec<(AttemptSpec, i32)> = (0..jobs)
            .map(|job| {
                let code = i32::try_from((round + job) % 3).unwrap();
                (chatty(scene.script(""), code, pause), code)
            })
            .collect();
        let moment = Duration::from_micros(random.below(u64::try_from(longest.as_micros()).unwrap()));
        let victim = match victim(&mut random) {
            Victim::Worker => pair.worker,
            Victim::Keeper => pair.keeper,
        };
        // Apart from this thread, which is busy asking.
        let killer = std::thread::spawn(move || {
            std::thread::sleep(moment);
            kill(victim);
        });
        for (spec, _) in &specs {
            scene.runner.spawn(spec.clone());
            tokio::task::yield_now().await;
        }
        scene.until(|scene| specs.iter().all(|(spec, _)| scene.ends.contains_key(&spec.key))).await;
        killer.join().unwrap();
        for (spec, code) in &specs {
            ended_with(&scene, spec, *code);
            check(&scene.folder, spec);
        }
        assert!(scene.lost.is_empty());
        let runner = scene.runner.clone();
        eventually("the supervisor is replaced", || runner.supervisor().is_none_or(|other| other != name))
            .await;
        scene.run_one().await;
    }
    let folder = scene.folder.clone();
    eventually("those that lost a process end", || super::scene::supervisors(&folder).len() == 2).await;
}

fn kills_of_workers() {
    block_on(rounds(0x5eed, 40, 6, Duration::from_millis(60), true, |_| Victim::Worker));
}

fn kills_of_keepers() {
    block_on(rounds(0xbeef, 12, 6, Duration::from_millis(60), true, |_| Victim::Keeper));
}

/// Without pauses in the jobs the worker is busy all the time, so that it dies in the middle of something.
fn kills_of_workers_under_load() {
    block_on(rounds(0xcafe, 30, 30, Duration::from_millis(100), false, |_| Victim::Worker));
}

fn a_supervisor_that_is_gone_is_told_as_lost() {
    block_on(async {
        for keeper_first in [false, true] {
            let mut scene = Scene::new().await;
            let spec = scene.script("echo $$ > pid; exec sleep 600");
            scene.runner.spawn(spec.clone());
            scene.until(|scene| scene.started.len() == 1).await;
            let pid = scene.started[&spec.key];
            let pair = scene.pair();
            let [first, second] =
                if keeper_first { [pair.keeper, pair.worker] } else { [pair.worker, pair.keeper] };
            kill(first);
            scene.run_one().await;
            assert!(scene.lost.is_empty());
            kill(second);
            scene.until(|scene| scene.lost.contains(&spec.key)).await;
            assert!(super::scene::stat(pid).is_some(), "the job itself runs on");
            kill(pid);
            // A server that starts now is told which supervisor is gone.
            scene.runner.shutdown().await;
            let again = azkaban_runner::Runner::start(super::scene::config(&scene.folder)).await.unwrap();
            assert_eq!(again.lost.names().count(), 1);
        }
    });
}

fn a_worker_without_its_keeper_sleeps() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.script("exec sleep 600");
        scene.runner.spawn(spec.clone());
        scene.until(|scene| scene.started.len() == 1).await;
        let pair = scene.pair();
        kill(pair.keeper);
        scene.run_one().await;
        let before = ticks(pair.worker);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(ticks(pair.worker) - before < 10);
        scene.runner.stop(&spec.key);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
    });
}

fn an_acknowledgement_that_is_lost_with_a_worker() {
    block_on(async {
        let mut scene = Scene::new().await;
        scene.acknowledges = false;
        let spec = scene.script("true");
        scene.run(spec.clone()).await;
        let pair = scene.pair();
        signal(pair.worker, libc::SIGSTOP);
        // Nobody reads it, and who takes over has not heard it.
        scene.runner.acknowledge(&spec.key);
        kill(pair.worker);
        let folder = scene.folder.clone();
        eventually("the keeper is told again, and ends", || super::scene::stat(pair.keeper).is_none()).await;
        assert!(super::scene::pairs(&folder).iter().all(|other| *other != pair));
        scene.acknowledges = true;
        scene.run_one().await;
        assert_eq!(scene.ends.len(), 2, "no end was told twice");
    });
}
