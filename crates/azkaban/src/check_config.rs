//! `azkaban check-config`: the configuration as `solo` would read it.

use crate::cli;
use crate::config::{self, Place};
use crate::exit::Failure;
use crate::folders::DataFolder;
use crate::solo::{load_settings, say, working_directory, wrong_configuration};

/// Reads everything and says what it found.
///
/// # Errors
/// Values that would stop a start.
pub(crate) fn run(options: &cli::CheckConfig) -> Result<(), Failure> {
    let base = working_directory()?;
    let data = DataFolder::at(&base, &options.data);
    let settings = load_settings(Some(&options.conf))?;
    let place = Place { working_directory: &base, conf: Some(&options.conf), data: &data, listen: None };
    let config = config::resolve(&settings, &place).map_err(|problems| wrong_configuration(&problems))?;
    let notes = config::notes(&settings);
    for text in &notes.unknown {
        say(text);
    }
    for key in &notes.without_effect {
        say(&format!("without effect in this version: {key}"));
    }
    let speaks = match &config.server.tls {
        Some(tls) => {
            if let Some(warning) = tls.validity_warning(jiff::Timestamp::now()) {
                say(&warning);
            }
            "TLS"
        }
        None => "plain HTTP",
    };
    say(&format!(
        "The configuration can be used: it listens on {} with {speaks}, users are in {}.",
        config.server.listen,
        config.engine.users_file.display()
    ));
    Ok(())
}
