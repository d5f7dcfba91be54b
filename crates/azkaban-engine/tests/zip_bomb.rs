//! What a zip bomb costs, in a process of its own so that its memory can be told.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use azkaban_engine::fuzzing::unpack_untrusted;
use flate2::Compression;
use flate2::read::DeflateEncoder;

/// One deflated entry of a zip, whose table of contents says that it unpacks to `declared` bytes.
fn zip_of(name: &str, packed: &[u8], declared: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let sizes = [0u32, packed.len() as u32, declared];
    out.extend(0x0403_4b50u32.to_le_bytes());
    [20u16, 0x800, 8, 0, 0].iter().for_each(|field| out.extend(field.to_le_bytes()));
    sizes.iter().for_each(|field| out.extend(field.to_le_bytes()));
    [name.len() as u16, 0].iter().for_each(|field| out.extend(field.to_le_bytes()));
    out.extend(name.as_bytes());
    out.extend(packed);
    let table = out.len() as u32;
    out.extend(0x0201_4b50u32.to_le_bytes());
    [20u16, 20, 0x800, 8, 0, 0].iter().for_each(|field| out.extend(field.to_le_bytes()));
    sizes.iter().for_each(|field| out.extend(field.to_le_bytes()));
    [name.len() as u16, 0, 0, 0, 0].iter().for_each(|field| out.extend(field.to_le_bytes()));
    [0u32, 0].iter().for_each(|field| out.extend(field.to_le_bytes()));
    out.extend(name.as_bytes());
    let table_len = out.len() as u32 - table;
    out.extend(0x0605_4b50u32.to_le_bytes());
    [0u16, 0, 1, 1].iter().for_each(|field| out.extend(field.to_le_bytes()));
    [table_len, table].iter().for_each(|field| out.extend(field.to_le_bytes()));
    out.extend(0u16.to_le_bytes());
    out
}

/// The most memory that this process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_bomb_that_lies_about_its_size_takes_next_to_no_memory_or_time() {
    let mut packed = Vec::new();
    let zeros = io::repeat(0).take(512 << 20);
    DeflateEncoder::new(zeros, Compression::fast()).read_to_end(&mut packed).unwrap();
    // Small enough to be kept in memory, to be loaded from memory, to be copied, and honest.
    let archives: Vec<(Vec<u8>, &str)> =
        [("a.txt", 100), ("a.job", 100), ("a.job", 1 << 20), ("a.bin", 1 << 20)]
            .into_iter()
            .map(|(name, declared)| (zip_of(name, &packed, declared), "Error unzipping file."))
            .chain([(zip_of("a.bin", &packed, 512 << 20), "when unpacked")])
            .collect();
    let before = peak_kib();
    let start = Instant::now();
    for (archive, expected) in &archives {
        let error = unpack_untrusted(archive, 10 << 20).unwrap().unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let grown = peak_kib() - before;
    assert!(grown < 16 * 1024, "{grown} KiB");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
