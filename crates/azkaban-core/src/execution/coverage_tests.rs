//! Random lives go through every row of the table of transitions: no row is there for nothing.

#[path = "../../tests/execution/random.rs"]
#[allow(dead_code, reason = "the parts that other tests use")]
mod random;
#[path = "../../tests/execution/support.rs"]
#[allow(dead_code, reason = "the parts that other tests use")]
mod support;

use super::transition::tests::{ROLES, STEPS};
use super::transition::{coverage, next};
use crate::status::Status;

/// Reproducible bytes (xorshift).
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..count).map(|_| byte()).collect()
}

#[test]
fn every_legal_transition_happens() {
    coverage::take();
    for seed in 1..2_000 {
        random::live(&bytes(seed, 300));
    }
    let seen = coverage::take();
    let mut missed = Vec::new();
    for role in ROLES {
        for from in Status::ALL {
            for step in STEPS {
                if !seen.contains(&(role, from, step)) && next(role, from, step).is_some() {
                    missed.push((role, from, step));
                }
            }
        }
    }
    assert!(missed.is_empty(), "never happened: {missed:#?}");
}
