//! The runner with real supervisors and real processes.
//!
//! A test program with a `main` of its own, since it has to be the supervisors' program too: `main` first does what the product's
//! does. Arguments are parts of names of tests to run; without any, all are run but those that have to be named.

mod hostile;
mod kills;
mod logs;
mod many;
mod memory;
mod others;
mod scene;
mod server;
mod steps;
mod stops;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// A test: its name and what it does.
type Test = (&'static str, fn());

/// Tests run at the same time.
const THREADS: usize = 4;

fn main() -> ExitCode {
    if let Some(code) = azkaban_runner::supervisor_main(std::env::args_os()) {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == server::SUBCOMMAND) {
        return server::main(&arguments[1..]);
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let all: Vec<Test> = [
        kills::TESTS,
        server::TESTS,
        many::TESTS,
        hostile::TESTS,
        stops::TESTS,
        logs::TESTS,
        others::TESTS,
        memory::TESTS,
    ]
    .concat();
    if arguments.iter().any(|argument| argument == "--list") {
        all.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let named = steps::TESTS.iter().filter(|(name, _)| !wanted.is_empty() && is_wanted(name)).copied();
    run(&all.into_iter().filter(|(name, _)| is_wanted(name)).chain(named).collect::<Vec<_>>())
}

fn run(tests: &[Test]) -> ExitCode {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((name, test)) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    let passed = panic::catch_unwind(AssertUnwindSafe(test)).is_ok();
                    println!(
                        "test {name} ... {} ({:.1?})",
                        if passed { "ok" } else { "FAILED" },
                        begun.elapsed()
                    );
                    if !passed {
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("\n{} tests, {} failed: {failed:?}", tests.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
