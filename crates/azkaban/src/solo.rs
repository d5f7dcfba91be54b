//! `azkaban solo`: everything in one process.

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use azkaban_core::settings::{Problem, Settings};
use azkaban_engine::Engine;
use azkaban_store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use crate::cli;
use crate::conf_files;
use crate::config::{self, Config, Place};
use crate::exit::{Cause, Failure, chain};
use crate::first_password;
use crate::folders::DataFolder;

/// Name of the first user, as in Azkaban's shipped users file.
const FIRST_USER: &str = "azkaban";

/// Requests under way get so long once a stop is asked for …
const REQUEST_GRACE: Duration = Duration::from_millis(1_000);

/// … and the engine so long to put down its pen: together below the two seconds that the manual promises.
const ENGINE_GRACE: Duration = Duration::from_millis(600);

/// Runs the server until it is asked to stop.
///
/// # Errors
/// It cannot start, or a part of it failed for good.
pub(crate) fn run(options: &cli::Solo) -> Result<(), Failure> {
    let base = working_directory()?;
    let data = DataFolder::at(&base, &options.data);
    let settings = load_settings(options.conf.as_deref())?;
    let place = Place {
        working_directory: &base,
        conf: options.conf.as_deref(),
        data: &data,
        listen: options.listen,
    };
    let config = config::resolve(&settings, &place).map_err(|problems| wrong_configuration(&problems))?;
    warn_of_keys(&settings);
    data.prepare()?;
    let store = Store::open(&data.database()).map_err(|error| store_failure(&error))?;
    // One more than cores: one thread may be waiting for the disk (a commit is made by whoever asks for it).
    let threads = std::thread::available_parallelism().map_or(2, usize::from) + 1;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Cause::Internal, format!("cannot start threads: {error}")))?;
    runtime.block_on(serve(options, config, &data, store))
}

/// The settings of a configuration folder.
///
/// # Errors
/// All that is wrong with the files, as one failure.
pub(crate) fn load_settings(conf: Option<&Path>) -> Result<Settings, Failure> {
    conf_files::load(conf).map_err(|problems| wrong_configuration(&problems))
}

/// One failure of all these problems.
pub(crate) fn wrong_configuration(problems: &[Problem]) -> Failure {
    let mut text = match problems.len() {
        1 => "the configuration has a problem:".to_owned(),
        number => format!("the configuration has {number} problems:"),
    };
    for problem in problems {
        text.push_str("\n  ");
        text.push_str(&problem.to_string());
    }
    Failure::new(Cause::Configuration, text)
}

/// The directory that relative paths count from.
///
/// # Errors
/// It has been removed.
pub(crate) fn working_directory() -> Result<std::path::PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::new(Cause::Internal, format!("the working directory cannot be told: {error}"))
    })
}

fn warn_of_keys(settings: &Settings) {
    let notes = config::notes(settings);
    for text in &notes.unknown {
        tracing::warn!("{text}");
    }
    if !notes.without_effect.is_empty() {
        tracing::info!("keys of Azkaban without effect in this version: {}", notes.without_effect.join(", "));
    }
}

fn store_failure(error: &azkaban_store::Error) -> Failure {
    Failure::new(Cause::Data, chain(error))
}

async fn serve(options: &cli::Solo, config: Config, data: &DataFolder, store: Store) -> Result<(), Failure> {
    let listener = bind(config.server.listen).await?;
    let address = listener.local_addr().map_err(|error| internal("the listener has no address", &error))?;
    let stop = stop_signals().map_err(|error| internal("cannot listen for signals", &error))?;
    first_user(options, &config, data)?;

    let engine = Engine::start(config.engine, store.clone(), config.runner)
        .await
        .map_err(|error| Failure::new(Cause::Internal, chain(&error)))?;
    data.write_whole(&data.listen_address(), &format!("{address}\n")).map_err(|error| {
        Failure::new(Cause::Data, format!("cannot write {}: {error}", data.listen_address().display()))
    })?;
    let scheme = if config.server.tls.is_some() { "https" } else { "http" };
    say(&format!("Azkaban is at {}", url(scheme, &config.host_name, address)));
    tracing::info!(%address, data = %data.path().display(), "serving");

    let server = azkaban_server::Config { stop_grace: REQUEST_GRACE, ..config.server };
    let served = azkaban_server::serve(engine.clone(), server, listener, stop).await;
    if timeout(ENGINE_GRACE, engine.shutdown()).await.is_err() {
        tracing::warn!("the engine did not come to rest in time; the next start goes on from what is stored");
    }
    if timeout(ENGINE_GRACE, store.close()).await.is_err() {
        tracing::warn!("the database did not close in time");
    }
    let _ = std::fs::remove_file(data.listen_address());
    served.map_err(|error| internal("serving failed", &error))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "the port is in use by another program; choose another with --listen".to_owned()
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need more rights; choose another with --listen".to_owned()
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
            _ => error.to_string(),
        };
        Failure::new(Cause::Address, format!("cannot listen on {address}: {why}"))
    })
}

/// Completes at the first signal that asks for an end. Later ones change nothing: the end is near.
fn stop_signals() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    let [mut term, mut int, mut hup]: [Signal; 3] = match kinds.map(signal) {
        [Ok(term), Ok(int), Ok(hup)] => [term, int, hup],
        [term, int, hup] => {
            return Err(term.err().or(int.err()).or(hup.err()).unwrap_or_else(io::Error::last_os_error));
        }
    };
    Ok(async move {
        let name = tokio::select! {
            _ = term.recv() => "SIGTERM",
            _ = int.recv() => "SIGINT",
            _ = hup.recv() => "SIGHUP",
        };
        tracing::info!("{name}: stopping; running jobs go on");
    })
}

/// Makes the first user when the users file is ours to make and not there.
fn first_user(options: &cli::Solo, config: &Config, data: &DataFolder) -> Result<(), Failure> {
    let path = &config.engine.users_file;
    if !config.users_file_is_ours || path.exists() {
        if options.admin_password.is_some() {
            tracing::info!("--admin-password has no effect: {} is there", path.display());
        }
        return Ok(());
    }
    let password = match &options.admin_password {
        Some(password) => password.clone(),
        None => first_password::generate().map_err(|error| internal("no randomness", &error))?,
    };
    azkaban_engine::users::create_first_admin(path, FIRST_USER, &password)
        .map_err(|error| Failure::new(Cause::Data, chain(&error)))?;
    match options.admin_password {
        Some(_) => say(&format!("The first user is {FIRST_USER} with the given password.")),
        None => say(&format!(
            "The first user is {FIRST_USER} with the password {password}\n\
             It is shown only now; {} holds its hash.",
            data.users().display()
        )),
    }
    Ok(())
}

/// What a person types into a browser.
fn url(scheme: &str, host_name: &str, address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("{scheme}://{host_name}:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    }
}

/// Prints a line on standard output; that nobody reads it is no failure.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn internal(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::new(Cause::Internal, format!("{what}: {}", chain(error)))
}
