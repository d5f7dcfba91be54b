//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use azkaban_core::time::UnixMillis;
use clap::{Args, Parser, Subcommand};

/// A batch workflow scheduler, compatible with Azkaban 4.
#[derive(Debug, Parser)]
#[command(
    name = "azkaban",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "\
To begin with, run `azkaban solo`: it makes a data folder, prints a first password and serves on 127.0.0.1:8081.

Exit codes: 0 well, 1 internal failure, 2 wrong command line, 3 wrong configuration, 4 data folder not usable, \
5 address not to be had."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// How much to log on standard error: error, warn, info, debug, trace, or a filter such as
    /// `info,azkaban_engine=debug`. The variable RUST_LOG does the same.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run web server, scheduler and executor in one process.
    Solo(Solo),
    /// Read the configuration as `solo` would, and say what is wrong with it.
    CheckConfig(CheckConfig),
    /// Show who did what, and what was refused: the audit trail of a data folder, also while its server runs.
    Audit(Audit),
    /// Make the hash of a password for `azkaban-users.xml`.
    ///
    /// Asks for the password, or reads it from the first line of standard input. Put the output into the `password` attribute
    /// of a user.
    HashPassword,
    /// Print the version.
    Version,
}

/// Options of `azkaban solo`.
#[derive(Debug, Args)]
pub(crate) struct Solo {
    /// Folder that holds everything the server keeps: database, projects, logs. Made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "azkaban-data")]
    pub(crate) data: PathBuf,

    /// Folder with Azkaban's own files: azkaban.properties, azkaban.private.properties, azkaban-users.xml,
    /// global.properties. None are needed. (`-conf DIR` works too.)
    #[arg(short, long, value_name = "DIR")]
    pub(crate) conf: Option<PathBuf>,

    /// Address and port to listen on; port 0 takes a free one, which is printed and written to `listen.addr` in the data
    /// folder. [default: 127.0.0.1:8081, or every interface and `jetty.port` with --conf]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,

    /// Password of the first user `azkaban`, made when the data folder has no users yet and the configuration names none.
    /// Without it a random one is made and printed once.
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) admin_password: Option<String>,
}

/// Options of `azkaban check-config`.
#[derive(Debug, Args)]
pub(crate) struct CheckConfig {
    /// Folder with Azkaban's own files.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) conf: PathBuf,

    /// The data folder that the server would use.
    #[arg(long, value_name = "DIR", default_value = "azkaban-data")]
    pub(crate) data: PathBuf,
}

/// Options of `azkaban audit`.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "azkaban-data")]
    pub(crate) data: PathBuf,

    /// Only what this user did or tried.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// Only this, such as project.create, or everything that begins so, such as project.
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,

    /// Only what was about projects of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,

    /// Only what was refused.
    #[arg(long)]
    pub(crate) refused: bool,

    /// Only from this time on: 2026-01-31, 2026-01-31T12:00, 2026-01-31T12:00:00Z, or a time ago such as 12h or 7d.
    #[arg(long, value_name = "TIME", value_parser = crate::audit::time)]
    pub(crate) since: Option<UnixMillis>,

    /// Only before this time.
    #[arg(long, value_name = "TIME", value_parser = crate::audit::time)]
    pub(crate) until: Option<UnixMillis>,

    /// The latest so many; 0 for all.
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 100)]
    pub(crate) limit: usize,

    /// One JSON object per line, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Azkaban's own option `-conf` in a spelling that clap knows.
pub(crate) fn accept_azkaban_spelling(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    args.into_iter()
        .map(|arg| match arg.to_str() {
            Some("-conf") => OsString::from("--conf"),
            Some(text) => match text.strip_prefix("-conf=") {
                Some(dir) => OsString::from(format!("--conf={dir}")),
                None => arg,
            },
            None => arg,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn solo(args: &[&str]) -> Solo {
        let args = ["azkaban", "solo"].iter().chain(args).map(OsString::from);
        match Cli::try_parse_from(accept_azkaban_spelling(args)).unwrap().command {
            Command::Solo(solo) => solo,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn azkabans_spellings_of_conf_are_accepted() {
        for args in
            [&["-conf", "etc"][..], &["-conf=etc"], &["--conf", "etc"], &["--conf=etc"], &["-c", "etc"]]
        {
            assert_eq!(solo(args).conf, Some(PathBuf::from("etc")), "{args:?}");
        }
    }

    #[test]
    fn no_arguments_are_fine() {
        let solo = solo(&[]);
        assert_eq!(solo.data, PathBuf::from("azkaban-data"));
        assert!(solo.conf.is_none() && solo.listen.is_none() && solo.admin_password.is_none());
    }

    #[test]
    fn a_listen_address_without_port_is_a_usage_error() {
        let error = Cli::try_parse_from(["azkaban", "solo", "--listen", "localhost"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
