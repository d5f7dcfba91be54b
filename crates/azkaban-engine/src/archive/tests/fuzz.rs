//! Damaged archives in numbers: whatever is in them, reading ends, stays in its folder and within its limits.

use super::bytes::{Zip, item};
use super::{bytes_in, limits, unpack_bytes};
use crate::config::ArchiveLimits;

/// xorshift64*: the same seed gives the same archives.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// Values that formats trip over.
    fn interesting(&mut self) -> u32 {
        const VALUES: [u32; 10] =
            [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x0201_4b50, 0x0605_4b50];
        VALUES[self.below(VALUES.len())]
    }
}

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let len = bytes.len();
        let at = random.below(len);
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => {
                let value = random.interesting().to_le_bytes();
                let width = [1, 2, 4][random.below(3)].min(len - at);
                bytes[at..at + width].copy_from_slice(&value[..width]);
            }
            3 => bytes.truncate(at.max(1)),
            4 => {
                let end = (at + random.below(64)).min(len);
                let copy = bytes[at..end].to_vec();
                let to = random.below(len);
                bytes.splice(to..to, copy);
            }
            _ => {
                let end = (at + random.below(16)).min(len);
                bytes.drain(at..end);
                if bytes.is_empty() {
                    bytes.push(0);
                }
            }
        }
    }
}

#[test]
fn damaged_archives_end_in_an_error_or_within_the_limits() {
    let tight = ArchiveLimits { max_unpacked_bytes: 100_000, max_entries: 20, ..limits() };
    let templates = [
        Zip::of([
            item("a.job", "type=noop\n"),
            item("x/b.sh", "echo").mode(0o100_755),
            item("d/", "").mode(0o040_755),
        ])
        .build(),
        Zip::of([item("big.txt", &"0123456789".repeat(3000)), item("s.txt", "stored").stored()]).build(),
        Zip::of([item("z.txt", "zip64").zip64(), item("y.flow", "nodes: []\n").zip64()]).zip64_end().build(),
    ];
    let rounds = if std::env::var_os("CI").is_some() { 20_000 } else { 3_000 };
    let mut taken = 0;
    for seed in 1..=rounds {
        let mut random = Random(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        let mut bytes = templates[random.below(templates.len())].clone();
        damage(&mut bytes, &mut random);
        let outcome = unpack_bytes(&bytes, &tight);
        let on_disk = bytes_in(&outcome.target());
        assert!(on_disk <= tight.max_unpacked_bytes, "seed {seed}: {on_disk} bytes");
        assert!(
            !matches!(outcome.result, Err(super::ArchiveError::Io(_))),
            "seed {seed}: {}",
            outcome.error()
        );
        taken += u64::from(outcome.result.is_ok());
    }
    assert!(taken > 0 && taken < rounds, "{taken} of {rounds} were taken");
}
