//! The program `azkaban`: command line, configuration, wiring, exit codes.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_types))]

mod audit;
mod check_config;
mod cli;
mod conf_files;
mod config;
mod exit;
mod first_password;
mod folders;
mod hash_password;
mod logging;
mod solo;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::Failure;

fn main() -> ExitCode {
    // The processes that supervise jobs are this program started again; they must not pay for anything below.
    if let Some(code) = azkaban_runner::supervisor_main(std::env::args_os()) {
        return code;
    }
    let cli = Cli::parse_from(cli::accept_azkaban_spelling(std::env::args_os()));
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    logging::start(cli.log_level.as_deref())?;
    match &cli.command {
        Command::Solo(options) => solo::run(options),
        Command::CheckConfig(options) => check_config::run(options),
        Command::Audit(options) => audit::run(options),
        Command::HashPassword => hash_password::run(),
        Command::Version => {
            solo::say(concat!("azkaban ", env!("CARGO_PKG_VERSION")));
            Ok(())
        }
    }
}
