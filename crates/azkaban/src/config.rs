//! Settings to the typed configuration of each component. The only place that knows the names of keys.

mod tls;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use azkaban_core::project::{LoadLimits, MemoryLimit};
use azkaban_core::props::{self, Props};
use azkaban_core::settings::{Effect, Origin, Problem, Reader, Settings, keys};
use azkaban_server::TrustedProxies;

use crate::conf_files;
use crate::folders::DataFolder;

/// Where the settings apply.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// Relative paths of the files count from here, as in Azkaban.
    pub(crate) working_directory: &'a Path,
    /// The configuration folder, if one was named.
    pub(crate) conf: Option<&'a Path>,
    /// The data folder.
    pub(crate) data: &'a DataFolder,
    /// `--listen`.
    pub(crate) listen: Option<SocketAddr>,
}

/// The configuration of every component.
#[derive(Debug)]
pub(crate) struct Config {
    /// Of the use cases and the executor.
    pub(crate) engine: azkaban_engine::Config,
    /// Of the HTTP faces.
    pub(crate) server: azkaban_server::Config,
    /// Of what supervises jobs.
    pub(crate) runner: azkaban_runner::RunnerConfig,
    /// `jetty.hostname`: the host that users type.
    pub(crate) host_name: String,
    /// Whether the users file is our own, to be made at the first start.
    pub(crate) users_file_is_ours: bool,
}

/// Reads every key.
///
/// # Errors
/// Everything that is wrong.
pub(crate) fn resolve(settings: &Settings, place: &Place<'_>) -> Result<Config, Vec<Problem>> {
    let mut reader = Reader::new(settings);
    let config = read(&mut reader, place);
    reader.finish().map(|()| config)
}

/// What to tell at start of keys that have no effect: unknown ones as warnings, known ones in one line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notes {
    /// One text per unknown key.
    pub(crate) unknown: Vec<String>,
    /// Keys of Azkaban that this version accepts without effect.
    pub(crate) without_effect: Vec<String>,
}

/// The notes on these settings.
pub(crate) fn notes(settings: &Settings) -> Notes {
    let unknown = settings.unknown().map(|(key, value, nearest)| match nearest {
        Some(nearest) => format!("{}: unknown key {key} (did you mean {nearest}?)", value.origin),
        None => format!("{}: unknown key {key}", value.origin),
    });
    let without_effect = settings.iter().filter(|(key, _)| {
        keys::find(key).is_some_and(|key| matches!(key.effect, Effect::Later | Effect::Ignored))
    });
    Notes {
        unknown: unknown.collect(),
        without_effect: without_effect.map(|(key, _)| key.to_owned()).collect(),
    }
}

fn read(reader: &mut Reader<'_>, place: &Place<'_>) -> Config {
    let (users_file, users_file_is_ours) = users_file(reader, place);
    let tls = tls::read(reader, place.working_directory);
    let port = |reader: &mut Reader<'_>, key| u16::try_from(count(reader, key)).unwrap_or_default();
    let (plain_port, tls_port) = (port(reader, "jetty.port"), port(reader, "jetty.ssl.port"));
    let port = if tls.is_some() { tls_port } else { plain_port };
    let given = place.listen.map(|address| address.port()).filter(|&port| port > 0);
    let own = mail::Listening { tls: tls.is_some(), port: given.unwrap_or(port) };
    let interface = if place.conf.is_some() { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
    let path = |reader: &mut Reader<'_>, key: &str, default: PathBuf| {
        reader.path(key, place.working_directory).unwrap_or(default)
    };
    let archive_limits = archive_limits(reader);
    let server = azkaban_server::Config {
        listen: place.listen.unwrap_or(SocketAddr::from((interface, port))),
        default_servlet_path: default_servlet_path(reader),
        form_limit: reader.size("azkaban.form.max.size"),
        multipart_limit: archive_limits
            .max_archive_bytes
            .saturating_add(reader.size("azkaban.form.max.size")),
        name: text(reader, "azkaban.name"),
        label: text(reader, "azkaban.label"),
        color: text(reader, "azkaban.color"),
        graph_depth: count(reader, "azkaban.depth"),
        password_placeholder: text(reader, "azkaban.password.placeholder"),
        locked_flow_message: text(reader, "azkaban.locked.flow.error.message"),
        external_links: pages::external_links(reader),
        page_size: count(reader, "azkaban.display.execution_page_size") as u64,
        trusted_proxies: trusted_proxies(reader),
        flow_retry_limit: u32::try_from(count(reader, "azkaban.flow.retry.limit")).unwrap_or(u32::MAX),
        max_connections: count(reader, "azkaban.http.max.connections"),
        max_connections_per_client: reader.count("azkaban.http.max.connections.per.client"),
        settings: Arc::new(reader.settings().clone()),
        tls,
        hsts_max_age_seconds: count(reader, "azkaban.hsts.max.age.seconds") as u64,
        raw_user_agent: reader.boolean("accesslog.raw.useragent"),
        ..azkaban_server::Config::default()
    };
    let engine = azkaban_engine::Config {
        time_zone: time_zone(reader),
        project_dir: path(reader, "azkaban.project.dir", place.data.projects()),
        execution_dir: path(reader, "azkaban.execution.dir", place.data.executions()),
        temp_dir: path(reader, "project.temp.dir", place.data.temp()),
        archive_dir: place.data.archives(),
        log_dir: place.data.logs(),
        users_file,
        session_ttl: reader.millis("session.time.to.live"),
        max_sessions: count(reader, "max.num.sessions"),
        max_sessions_per_ip_and_user: reader.count("azkaban.session.max_number_per_ip_per_user"),
        lockdown_create_projects: reader.boolean("lockdown.create.projects"),
        lockdown_upload_projects: reader.boolean("lockdown.upload.projects"),
        upload_privilege_user: reader.filled_text("azkaban.upload.privilege.user").map(str::to_owned),
        upload_lock_stops_uploads: reader.boolean("azkaban.disable.adhoc.upload.on.locked"),
        upload_lock_stops_overrides: reader.boolean("azkaban.disable.job.props.override.on.locked"),
        project_whitelist: reader.path("project.whitelist.xml.file", place.working_directory),
        creator_default_proxy: reader.boolean("creator.default.proxy"),
        proxy_user_lock_down: reader.boolean("proxy.user.lock.down"),
        max_running_flows: count(reader, "executor.flow.threads"),
        queue_open: reader.boolean("azkaban.queueprocessing.enabled"),
        max_jobs_per_flow: count(reader, "flow.num.job.threads"),
        max_runs_of_flow: count(reader, "azkaban.max.concurrent.runs.oneflow"),
        max_runs_exceptions: max_runs_exceptions(reader),
        missed_after: reader.millis("trigger.scan.interval"),
        make_up_missed: reader.boolean("azkaban.missed.schedule.manager.enabled"),
        runtime_props_eager: reader.boolean("azkaban.executor.runtimeProps.override.eager"),
        global_props: global_props(reader, place),
        job_type_dir: path(
            reader,
            "azkaban.jobtype.plugin.dir",
            place.working_directory.join("plugins").join("jobtypes"),
        ),
        azkaban_jars_dir: path(reader, "azkaban.jobtype.jars.dir", place.working_directory.join("lib")),
        log_chunk_size: reader.size("job.log.chunk.size"),
        log_backups: u32::try_from(count(reader, "job.log.backup.index")).unwrap_or(u32::MAX),
        name: Some(text(reader, "azkaban.name"))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "azkaban".to_owned()),
        link_base: mail::link_base(reader, own),
        mail: mail::mail(reader),
        callbacks: callbacks::callbacks(reader, own),
        max_flow_running: reader
            .integer("azkaban.server.flow.max.running.minutes")
            .and_then(|minutes| u64::try_from(minutes).ok())
            .filter(|&minutes| minutes > 0)
            .map(|minutes| Duration::from_secs(minutes.saturating_mul(60))),
        log_retention: azkaban_engine::LogRetention {
            age: reader.millis("execution.logs.retention.ms"),
            interval: Duration::from_secs(count(reader, "execution.logs.cleanup.interval.seconds") as u64),
            step: u32::try_from(count(reader, "execution.logs.cleanup.record.limit")).unwrap_or(u32::MAX),
        },
        webserver_url: reader.filled_text("azkaban.webserver.url").map(str::to_owned),
        kill_grace: reader.millis("azkaban.job.kill.grace.ms"),
        audit_refusal_burst: count(reader, "azkaban.audit.refused.burst") as u64,
        audit_retention: Duration::from_secs(
            count(reader, "azkaban.audit.retention.days") as u64 * 24 * 3600,
        ),
        archive_limits,
    };
    let runner = azkaban_runner::RunnerConfig::new(place.data.run());
    Config { engine, server, runner, host_name: text(reader, "jetty.hostname"), users_file_is_ours }
}

fn text(reader: &mut Reader<'_>, key: &str) -> String {
    reader.text(key).unwrap_or_default().to_owned()
}

/// A count of a key that has a default.
fn count(reader: &mut Reader<'_>, key: &str) -> usize {
    reader.count(key).unwrap_or_default()
}

/// The named file; else that of the configuration folder; else our own in the data folder.
fn users_file(reader: &mut Reader<'_>, place: &Place<'_>) -> (PathBuf, bool) {
    if let Some(path) = reader.path("user.manager.xml.file", place.working_directory) {
        if !path.is_file() {
            reader.reject("user.manager.xml.file", format!("there is no file {}", path.display()));
        }
        return (path, false);
    }
    match place.conf.map(|conf| place.working_directory.join(conf).join("azkaban-users.xml")) {
        Some(path) if path.is_file() => (path, false),
        _ => (place.data.users(), true),
    }
}

/// An empty path and `/` mean `/index` too (config-and-security §3.1).
fn default_servlet_path(reader: &mut Reader<'_>) -> String {
    match reader.text("azkaban.default.servlet.path").unwrap_or_default() {
        "" | "/" => "/index".to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        _ => {
            reader.reject("azkaban.default.servlet.path", "expected a path that begins with /");
            "/index".to_owned()
        }
    }
}

fn trusted_proxies(reader: &mut Reader<'_>) -> TrustedProxies {
    let mut networks = Vec::new();
    for item in reader.list("azkaban.trusted.proxies") {
        match item.parse() {
            Ok(network) => networks.push(network),
            Err(error) => reader.reject("azkaban.trusted.proxies", format!("{error}")),
        }
    }
    TrustedProxies(networks)
}

fn time_zone(reader: &mut Reader<'_>) -> jiff::tz::TimeZone {
    let Some(name) = reader.filled_text("default.timezone.id") else { return jiff::tz::TimeZone::system() };
    jiff::tz::TimeZone::get(name).unwrap_or_else(|_| {
        reader
            .reject("default.timezone.id", "no such time zone; expected a name such as Europe/Berlin or UTC");
        jiff::tz::TimeZone::UTC
    })
}

/// `project,flow,number;project,flow,number`; blanks are not dropped (config-and-security §3.6).
fn max_runs_exceptions(reader: &mut Reader<'_>) -> BTreeMap<(String, String), usize> {
    const KEY: &str = "azkaban.concurrent.runs.oneflow.whitelist";
    let mut exceptions = BTreeMap::new();
    let Some(text) = reader.filled_text(KEY) else { return exceptions };
    for entry in text.split(';').filter(|entry| !entry.is_empty()) {
        let parts: Vec<&str> = entry.split(',').collect();
        match parts[..] {
            [project, flow, number] if number.parse::<usize>().is_ok_and(|number| number > 0) => {
                let number = number.parse().unwrap_or(usize::MAX);
                exceptions.insert((project.to_owned(), flow.to_owned()), number);
            }
            _ => reader.reject(KEY, format!("'{entry}' is not of the form project,flow,number")),
        }
    }
    exceptions
}

fn global_props(reader: &mut Reader<'_>, place: &Place<'_>) -> Props {
    const KEY: &str = "executor.global.properties";
    let Some(path) = reader.path(KEY, place.working_directory) else { return Props::new() };
    match conf_files::read(&path) {
        Ok(Some(bytes)) => props::parse(&bytes).unwrap_or_else(|error| {
            let origin = Origin { source: path.to_string_lossy().into(), line: Some(error.line) };
            reader.add(Problem::malformed(origin, error.to_string()));
            Props::new()
        }),
        Ok(None) => {
            reader.reject(KEY, format!("there is no file {}", path.display()));
            Props::new()
        }
        Err(problem) => {
            reader.add(problem);
            Props::new()
        }
    }
}

fn archive_limits(reader: &mut Reader<'_>) -> azkaban_engine::ArchiveLimits {
    let megabytes = |reader: &mut Reader<'_>, key: &str| (count(reader, key) as u64) << 20;
    azkaban_engine::ArchiveLimits {
        max_archive_bytes: megabytes(reader, "azkaban.archive.max.size.mb"),
        max_unpacked_bytes: megabytes(reader, "azkaban.archive.max.unpacked.mb"),
        max_entries: count(reader, "azkaban.archive.max.files"),
        max_ratio: count(reader, "azkaban.archive.max.ratio") as u64,
        load: LoadLimits {
            max_flow_file_mb: count(reader, "max.flow.file.size.mb") as u64,
            max_xms: memory_limit(reader, "job.max.Xms"),
            max_xmx: memory_limit(reader, "job.max.Xmx"),
            max_callbacks: u32::try_from(count(reader, "jobcallback.max_count")).unwrap_or(u32::MAX),
            max_callback_body: count(reader, "jobcallback.max.body.length"),
            ..LoadLimits::default()
        },
    }
}

fn memory_limit(reader: &mut Reader<'_>, key: &str) -> Option<MemoryLimit> {
    let Some(text) = reader.filled_text(key) else {
        reader.reject(
            key,
            "must not have an empty value. Remove the property to use default or specify a valid value.",
        );
        return None;
    };
    match MemoryLimit::parse(text) {
        Ok(limit) => Some(limit),
        Err(_) => {
            reader.reject(key, "expected an amount of memory such as 512M or 2G");
            None
        }
    }
}

mod callbacks;
mod mail;
mod pages;
#[cfg(test)]
mod tests;
