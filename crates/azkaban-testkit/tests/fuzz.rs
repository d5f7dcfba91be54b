//! The fuzz targets on seeded inputs: no panic, no hang, bounded memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use azkaban_testkit::fuzz::{TARGETS, Target};
use azkaban_testkit::{Random, zip_of};

/// Most time that one input may take, in a build without optimisation on a loaded machine.
const LONGEST: Duration = Duration::from_secs(10);

/// Most memory that the process may ever have used, in kB.
const MOST_MEMORY: u64 = 1 << 20;

/// Longest input, in bytes.
const LONGEST_INPUT: usize = 32 << 10;

/// AZKABAN_FUZZ_INPUTS says how many for a longer search, with AZKABAN_TEST_SEED for other ones.
fn inputs_per_target() -> u64 {
    let given = std::env::var("AZKABAN_FUZZ_INPUTS").ok().and_then(|text| text.parse().ok());
    given.unwrap_or(if std::env::var_os("CI").is_some() { 20_000 } else { 2_000 })
}

/// An input made of the target's seeds and words by some random edits.
fn input(target: &Target, seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = random.pick(seeds).clone();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let end = (at + random.below(16) as usize).min(bytes.len());
        match random.below(8) {
            0 => bytes.insert(at, random.below(256) as u8),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => bytes.splice(at..at, random.pick(seeds).clone()).for_each(drop),
            // Deep nesting and long repetitions.
            5 if random.below(4) == 0 => {
                let times = random.below(3_000) as usize;
                bytes.splice(at..at, random.pick(target.words).repeat(times).into_bytes()).for_each(drop);
            }
            _ => bytes.splice(at..end, random.pick(target.words).bytes()).for_each(drop),
        }
    }
    bytes.truncate(LONGEST_INPUT);
    bytes
}

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    let mut seeds: Vec<Vec<u8>> = target.seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    if seeds.is_empty() {
        seeds.push(zip_of([("a.job", "type=noop\n"), ("sub/b.sh", &"exit 0\n".repeat(50))]));
    }
    let seed: u64 =
        std::env::var("AZKABAN_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_default();
    let mut random = Random::new(seed ^ (name.len() as u64) << 32);
    for number in 0..inputs_per_target() {
        let bytes = input(target, &seeds, &mut random);
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(&bytes)));
        let shown = || bytes.escape_ascii().to_string();
        assert!(outcome.is_ok(), "{name} panics on input {number}: {}", shown());
        assert!(
            begin.elapsed() < LONGEST,
            "{name} takes {:?} for input {number}: {}",
            begin.elapsed(),
            shown()
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|text| text.split_whitespace().next());
    let peak: u64 = peak.and_then(|text| text.parse().ok()).expect("a number of kB");
    assert!(peak < MOST_MEMORY, "the process has used {peak} kB");
}

#[test]
fn properties() {
    run("properties");
}

#[test]
fn yaml_flow() {
    run("yaml_flow");
}

#[test]
fn jobs() {
    run("jobs");
}

#[test]
fn zip() {
    run("zip");
}

#[test]
fn condition() {
    run("condition");
}

#[test]
fn expression() {
    run("expression");
}

#[test]
fn multipart() {
    run("multipart");
}

#[test]
fn query() {
    run("query");
}

#[test]
fn every_target_is_run_and_has_its_program() {
    let own = include_str!("fuzz.rs");
    let manifest = include_str!("../../../fuzz/Cargo.toml");
    for target in TARGETS {
        assert!(own.contains(&format!("run(\"{}\");", target.name)), "{}", target.name);
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}
