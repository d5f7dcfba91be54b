//! A server that is killed and started again: this program, run a second time as a process of its own.
//!
//! Its store is two files to which keys are appended: those that were asked for (with the supervisor they went to), and those that
//! ended. What it does at a start is what the engine does.

use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath};
use azkaban_runner::{AttemptEnd, FoundState, Outcome, Runner, RunnerEvent};

use super::Test;
use super::kills::{chatty, check};
use super::scene::{PATIENCE, Random, config, kill, pairs, spec, supervisors};

pub(crate) const TESTS: &[Test] =
    &[("kills_of_servers", kills_of_servers), ("kills_of_servers_and_workers", kills_of_servers_and_workers)];

/// The word that makes this program a server.
pub(crate) const SUBCOMMAND: &str = "server";
/// Attempts that one server sees to, and at once.
const ATTEMPTS: i64 = 300;
const AT_ONCE: usize = 12;

fn kills_of_servers() {
    rounds(0xabcd, false);
}

fn kills_of_servers_and_workers() {
    rounds(0x1234, true);
}

fn rounds(seed: u64, workers_too: bool) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let mut random = Random::new(seed);
    let mut kills = 0;
    let last = loop {
        let mut server = Command::new(std::env::current_exe().unwrap())
            .arg(SUBCOMMAND)
            .arg(folder)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        if kills == 40 {
            break server.wait().unwrap();
        }
        std::thread::sleep(Duration::from_micros(random.below(120_000)));
        if workers_too && random.below(2) == 0 {
            // One of each pair at most: both would take with them what they hold.
            if let Some(pair) = pairs(folder).first() {
                kill(pair.worker);
            }
        }
        kill(server.id().cast_signed());
        server.wait().unwrap();
        kills += 1;
    };
    assert!(last.success(), "the last server sees all to its end");
    let ended = std::fs::read_to_string(folder.join("ended")).unwrap();
    for number in 1..=ATTEMPTS {
        let spec = attempt(folder, number);
        check(folder, &spec);
        let code = exit_code(number);
        let lines: Vec<&str> = ended.lines().filter(|line| line.starts_with(&format!("{number} "))).collect();
        assert_eq!(lines, [format!("{number} {code}")], "every end is right and stored once");
    }
    supervisors(folder).into_iter().for_each(|process| kill(process.pid));
}

fn exit_code(number: i64) -> i32 {
    i32::try_from(number % 3).unwrap()
}

fn attempt(folder: &Path, number: i64) -> azkaban_runner::AttemptSpec {
    chatty(spec(folder, number), exit_code(number), true)
}

/// Sees to all attempts, from where an earlier server was killed.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let folder = PathBuf::from(&arguments[0]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let watchdog = tokio::time::timeout(PATIENCE * 2, serve(&folder)).await;
        if watchdog.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    })
}

struct Store {
    asked: File,
    ended: File,
}

async fn serve(folder: &Path) {
    let (asked, ended) = (numbers(&folder.join("asked")), numbers(&folder.join("ended")));
    let mut store = Store { asked: append(&folder.join("asked")), ended: append(&folder.join("ended")) };
    let started = Runner::start(config(folder)).await.unwrap();
    let (runner, mut events) = (started.runner, started.events);
    let mut found: HashMap<AttemptKey, FoundState> =
        started.found.into_iter().map(|f| (f.key, f.state)).collect();
    let mut done: BTreeSet<i64> = ended.keys().copied().collect();
    let mut running = BTreeSet::new();
    for (number, supervisor) in &asked {
        let key = key(*number);
        match found.remove(&key) {
            _ if done.contains(number) => runner.acknowledge(&key),
            Some(FoundState::Running { .. }) => {
                running.insert(*number);
            }
            Some(FoundState::Ended(end)) => finish(&runner, &mut store, &mut done, *number, &end),
            None => {
                assert!(!started.lost.names().any(|name| name == supervisor), "no supervisor was lost");
                running.insert(*number);
                runner.spawn(attempt(folder, *number));
            }
        }
    }
    assert!(found.is_empty(), "supervisors have what was asked for");
    let mut next = asked.keys().max().map_or(1, |last| last + 1);
    while done.len() < usize::try_from(ATTEMPTS).unwrap() {
        while running.len() < AT_ONCE && next <= ATTEMPTS {
            // Stored before it is asked for.
            store_line(&mut store.asked, format_args!("{next} {}", runner.supervisor().unwrap_or_default()));
            runner.spawn(attempt(folder, next));
            running.insert(next);
            next += 1;
        }
        match events.recv().await.unwrap() {
            RunnerEvent::Started { .. } => {}
            RunnerEvent::Ended { key, end } => {
                let number = key.execution.0;
                assert!(running.remove(&number), "{number} ended once");
                finish(&runner, &mut store, &mut done, number, &end);
            }
            RunnerEvent::Lost { key } => panic!("{key} was lost"),
        }
    }
    runner.shutdown().await;
}

fn finish(runner: &Runner, store: &mut Store, done: &mut BTreeSet<i64>, number: i64, end: &AttemptEnd) {
    let code = match &end.outcome {
        Outcome::Succeeded => 0,
        _ => end.exit.unwrap().code(),
    };
    store_line(&mut store.ended, format_args!("{number} {code}"));
    done.insert(number);
    runner.acknowledge(&key(number));
}

/// In one write: a kill between two would leave half a line, to which the next server's first one would be joined.
fn store_line(file: &mut File, line: std::fmt::Arguments<'_>) {
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn key(number: i64) -> AttemptKey {
    AttemptKey { execution: ExecutionId(number), node: NodePath::from("job"), attempt: 0 }
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

/// Lines of a number and a word.
fn numbers(path: &Path) -> HashMap<i64, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(number, word)| (number.parse().unwrap(), word.to_owned()))
        .collect()
}
