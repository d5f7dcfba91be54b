//! The fuzz target `properties`; its body is in `azkaban_testkit::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| azkaban_testkit::fuzz::run("properties", bytes));
