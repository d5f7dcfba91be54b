//! Chores of the code base: `cargo xtask tidy`, `cargo xtask docs`, `cargo xtask bench`, `cargo xtask seed`.
#![forbid(unsafe_code)]

mod bench;
mod docs;
mod seed;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  tidy           check the rules that no compiler checks
  docs           write the generated pages of docs/
  bench [CRATE]  run the benchmarks inside the crates, release build
  seed --data D  fill a data folder as after weeks of work, with very large things in it";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy::run(&root),
        ["docs"] => docs::write(&root),
        ["bench"] => bench::run(&root, None),
        ["seed", "--data", folder] => seed::run(Path::new(folder)),
        ["bench", package] => bench::run(&root, Some(package)),
        _ => Err(vec![USAGE.to_owned()]),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
