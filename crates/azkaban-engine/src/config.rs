//! The engine's settings, resolved once at start. Keys and defaults: config-and-security §3.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use azkaban_core::props::Props;

use crate::callbacks::CallbackConfig;
use crate::mail::MailConfig;

/// Settings of the engine. Nothing reads a property map or the environment later.
#[derive(Debug, Clone)]
pub struct Config {
    /// `default.timezone.id`; else the machine's zone.
    pub time_zone: jiff::tz::TimeZone,
    /// Unpacked project versions (`azkaban.project.dir`).
    pub project_dir: PathBuf,
    /// Working directories of running executions (`azkaban.execution.dir`).
    pub execution_dir: PathBuf,
    /// Where uploads are received and unpacked (`project.temp.dir`).
    pub temp_dir: PathBuf,
    /// Uploaded archives, one file per content.
    pub archive_dir: PathBuf,
    /// Logs of jobs and flows.
    pub log_dir: PathBuf,
    /// `user.manager.xml.file`.
    pub users_file: PathBuf,
    /// `session.time.to.live`, sliding.
    pub session_ttl: Duration,
    /// `max.num.sessions`.
    pub max_sessions: usize,
    /// `azkaban.session.max_number_per_ip_per_user`; `None` is unlimited.
    pub max_sessions_per_ip_and_user: Option<usize>,
    /// `lockdown.create.projects`.
    pub lockdown_create_projects: bool,
    /// `lockdown.upload.projects`.
    pub lockdown_upload_projects: bool,
    /// `azkaban.upload.privilege.user`: uploads by this user lock a project against uploads by others.
    pub upload_privilege_user: Option<String>,
    /// `azkaban.disable.adhoc.upload.on.locked`: such a lock counts for uploads.
    pub upload_lock_stops_uploads: bool,
    /// `azkaban.disable.job.props.override.on.locked`: such a lock counts for overriding properties.
    pub upload_lock_stops_overrides: bool,
    /// `project.whitelist.xml.file`: projects that are exempt from limits.
    pub project_whitelist: Option<PathBuf>,
    /// `creator.default.proxy`: the creator of a project gets ADMIN on it.
    pub creator_default_proxy: bool,
    /// `proxy.user.lock.down`.
    pub proxy_user_lock_down: bool,
    /// `executor.flow.threads`: flows that run at once.
    pub max_running_flows: usize,
    /// `azkaban.queueprocessing.enabled`: waiting executions are started, until an administrator switches that at run time.
    pub queue_open: bool,
    /// `flow.num.job.threads`: jobs of one flow that run at once.
    pub max_jobs_per_flow: usize,
    /// `azkaban.max.concurrent.runs.oneflow`.
    pub max_runs_of_flow: usize,
    /// `azkaban.concurrent.runs.oneflow.whitelist`, by (project, flow).
    pub max_runs_exceptions: BTreeMap<(String, String), usize>,
    /// `trigger.scan.interval`: a fire of a schedule that is at most so late is not missed.
    pub missed_after: Duration,
    /// `azkaban.missed.schedule.manager.enabled`: missed fires are made up for where their schedule says so.
    pub make_up_missed: bool,
    /// `azkaban.executor.runtimeProps.override.eager`.
    pub runtime_props_eager: bool,
    /// The file named by `executor.global.properties`: the lowest layer of every job's properties.
    pub global_props: Props,
    /// `azkaban.jobtype.plugin.dir`: job types as plugins; need not be there.
    pub job_type_dir: PathBuf,
    /// `azkaban.jobtype.jars.dir` (ours): where Azkaban's own jars are, which some job types need; need not be there.
    pub azkaban_jars_dir: PathBuf,
    /// `job.log.chunk.size` in bytes.
    pub log_chunk_size: u64,
    /// When logs of executions are deleted.
    pub log_retention: crate::LogRetention,
    /// `job.log.backup.index`.
    pub log_backups: u32,
    /// `azkaban.webserver.url`, for links in job properties.
    pub webserver_url: Option<String>,
    /// `azkaban.name`, or Azkaban's word for a server without: what mails call this server.
    pub name: String,
    /// What the links in mails begin with, such as `https://flows.example.org:8443` (execution-and-scheduling §7.2).
    pub link_base: String,
    /// `mail.*`; `None` if there is no `mail.host`: then no mails are sent.
    pub mail: Option<MailConfig>,
    /// `jobcallback.*`; `None` if `azkaban.executor.jobcallback.enabled` is false.
    pub callbacks: Option<CallbackConfig>,
    /// `azkaban.server.flow.max.running.minutes`: flows that run for longer are killed; `None` if they may.
    pub max_flow_running: Option<Duration>,
    /// `azkaban.job.kill.grace.ms` (ours; Azkaban's is fixed at 30 s): time between TERM and KILL.
    pub kill_grace: Duration,
    /// `azkaban.audit.retention.days` (ours): how long entries of the audit trail are kept.
    pub audit_retention: Duration,
    /// `azkaban.audit.refused.burst` (ours): refusals that the audit trail tells one after the other; then one per second.
    pub audit_refusal_burst: u64,
    /// Limits of project archives and of what is in them.
    pub archive_limits: ArchiveLimits,
}

impl Config {
    /// The IANA name of the time zone, for the processes that supervise jobs.
    pub(crate) fn time_zone_name(&self) -> String {
        self.time_zone.iana_name().unwrap_or("UTC").to_owned()
    }
}

/// What an uploaded archive may contain. Keys `azkaban.archive.*` (ours), `job.max.Xms`, `job.max.Xmx`, `max.flow.file.size.mb`.
#[derive(Debug, Clone)]
pub struct ArchiveLimits {
    /// `azkaban.archive.max.size.mb`: bytes of the zip itself.
    pub max_archive_bytes: u64,
    /// `azkaban.archive.max.unpacked.mb`: bytes of all files together.
    pub max_unpacked_bytes: u64,
    /// `azkaban.archive.max.files`: entries, folders included.
    pub max_entries: usize,
    /// `azkaban.archive.max.ratio`: unpacked size over packed size of the whole archive.
    pub max_ratio: u64,
    /// What the loader accepts.
    pub load: azkaban_core::project::LoadLimits,
}

impl Config {
    /// Azkaban's defaults, with everything that is kept below `folder`; for tests, also of other crates.
    pub fn for_tests(folder: &std::path::Path) -> Self {
        Self {
            time_zone: jiff::tz::TimeZone::UTC,
            project_dir: folder.join("projects"),
            execution_dir: folder.join("executions"),
            temp_dir: folder.join("temp"),
            archive_dir: folder.join("archives"),
            log_dir: folder.join("logs"),
            users_file: folder.join("azkaban-users.xml"),
            session_ttl: Duration::from_secs(36_000),
            max_sessions: 10_000,
            max_sessions_per_ip_and_user: None,
            lockdown_create_projects: false,
            lockdown_upload_projects: false,
            upload_privilege_user: None,
            project_whitelist: None,
            upload_lock_stops_uploads: false,
            upload_lock_stops_overrides: false,
            creator_default_proxy: true,
            proxy_user_lock_down: false,
            max_running_flows: 30,
            queue_open: true,
            max_jobs_per_flow: 10,
            max_runs_of_flow: 30,
            max_runs_exceptions: BTreeMap::new(),
            missed_after: Duration::from_secs(60),
            make_up_missed: true,
            runtime_props_eager: false,
            global_props: Props::new(),
            job_type_dir: folder.join("plugins").join("jobtypes"),
            azkaban_jars_dir: folder.join("lib"),
            log_chunk_size: 5 << 20,
            log_backups: 4,
            log_retention: crate::LogRetention {
                age: Duration::ZERO,
                interval: Duration::from_secs(3600),
                step: 1000,
            },
            webserver_url: None,
            name: "azkaban".to_owned(),
            link_base: "http://localhost:8081".to_owned(),
            mail: None,
            callbacks: None,
            max_flow_running: None,
            kill_grace: Duration::from_secs(30),
            audit_refusal_burst: 200,
            audit_retention: Duration::from_secs(365 * 24 * 3600),
            archive_limits: ArchiveLimits {
                max_archive_bytes: 1 << 30,
                max_unpacked_bytes: 4 << 30,
                max_entries: 100_000,
                max_ratio: 200,
                load: azkaban_core::project::LoadLimits::default(),
            },
        }
    }
}
