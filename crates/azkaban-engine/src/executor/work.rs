//! From a job's resolved properties to what the supervisor runs: commands, environment, files (projects-and-jobs §6).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use azkaban_core::execution::RetryPolicy;
use azkaban_core::ids::{AttemptKey, NodeIndex};
use azkaban_core::job_type::{self, JobType, Machine, Plan, RunAs};
use azkaban_core::props::{self, Props, typed};
use azkaban_core::status::Status;
use azkaban_runner::{AttemptSpec, Command, Level, LogLine, LogSpec, MemoryGate, Outcome};
use rustix::fs::Mode;

use super::job_files::JobFolder;
use super::job_log::{self, JobLog};
use super::{access, workspace};
use crate::Inner;

/// Environment variables that hold file names for the job (projects-and-jobs §6.2).
const PROP_FILE: &str = "JOB_PROP_FILE";
const OUTPUT_PROP_FILE: &str = "JOB_OUTPUT_PROP_FILE";
const PRIVATE_PROP_FILE: &str = "JOBTYPE_PRIVATE_PROP_FILE";
/// Variables that tell of the user whom a process belongs to.
const OF_A_USER: [&str; 5] = ["HOME", "LOGNAME", "MAIL", "SHELL", "USER"];

/// How often a job without enough memory is looked at again, and for how long (§7.4).
const MEMORY_WAIT: Duration = Duration::from_secs(60);
const MEMORY_TRIES: u32 = 720;

/// What the job's log says before anything runs, and what its last line will name.
pub(super) struct Draft {
    pub(super) log: LogSpec,
    pub(super) lines: Vec<LogLine>,
    pub(super) job_type: String,
    pub(super) job: String,
    pub(super) attempt: u32,
}

/// An attempt that is ready for the supervisor once its files are written.
pub(super) struct Prepared {
    pub(super) node: NodeIndex,
    pub(super) attempt: u32,
    pub(super) retry: RetryPolicy,
    /// Where the job may leave output properties.
    pub(super) output_file: PathBuf,
    pub(super) work: Work,
}

/// What an attempt runs.
pub(super) enum Work {
    /// It is known.
    Made(Box<Made>),
    /// It is known once the job's folder is there to be looked at.
    Open(Box<Job>),
}

/// All that an attempt needs.
pub(super) struct Made {
    spec: AttemptSpec,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// As whom it runs, if not as the server.
    run_as: Option<RunAs>,
    /// What the job may read besides its own files.
    private_file: PathBuf,
}

/// An attempt as far as its properties tell it.
pub(super) struct Job {
    pub(super) key: AttemptKey,
    pub(super) job_type: Arc<JobType>,
    pub(super) props: Props,
    pub(super) cwd: PathBuf,
    pub(super) effective_user: String,
    pub(super) ticket_cache: String,
    pub(super) draft: Draft,
}

/// An attempt that has failed before there was a process.
pub(super) struct Unstarted {
    pub(super) log: JobLog,
    pub(super) reason: String,
    /// `job.succeed.on.failure` is set.
    pub(super) counts: bool,
}

impl Prepared {
    /// Makes everything ready in the job's folder, which is there.
    pub(super) fn get_ready(self, engine: &Inner) -> Result<AttemptSpec, Box<Unstarted>> {
        let mut made = match self.work {
            Work::Made(made) => made,
            Work::Open(job) => job.make(engine)?,
        };
        if let Some(run_as) = made.run_as.take()
            && let Err(reason) = made.become_user(run_as)
        {
            return Err(refused(made.spec, reason));
        }
        match made.write_files(engine) {
            Ok(()) => Ok(made.spec),
            Err(error) => Err(unwritten(made.spec.log, made.spec.succeed_on_failure, &error)),
        }
    }

    /// Whether making it ready may take a while: users may have to be asked for over the network.
    pub(super) fn is_slow(&self) -> bool {
        match &self.work {
            Work::Made(made) => made.run_as.is_some(),
            Work::Open(job) => job.job_type.as_other_user,
        }
    }

    /// The job's folder could not be made.
    pub(super) fn without_folder(self, error: &io::Error) -> Box<Unstarted> {
        match self.work {
            Work::Made(made) => unwritten(made.spec.log, made.spec.succeed_on_failure, error),
            Work::Open(job) => unwritten(job.draft.log, succeeds_on_failure(&job.props), error),
        }
    }
}

fn unwritten(log: LogSpec, counts: bool, error: &io::Error) -> Box<Unstarted> {
    let reason = format!("the job's files could not be written: {error}");
    Box::new(Unstarted { log: JobLog::failure(log, &reason), reason, counts })
}

/// Ends the log of an attempt whose user it cannot run as.
fn refused(spec: AttemptSpec, reason: String) -> Box<Unstarted> {
    let counts = spec.succeed_on_failure;
    let status = if counts { Status::FailedSucceeded } else { Status::Failed };
    let log = JobLog::new(spec.log, spec.opening_lines, Some(&reason));
    let log = log.closed(&spec.job_type, &spec.job_id, spec.key.attempt, status);
    Box::new(Unstarted { log, reason, counts })
}

impl Made {
    /// Finds the user whom the attempt runs as.
    fn become_user(&mut self, run_as: RunAs) -> Result<(), String> {
        let name = &run_as.user;
        let user = azkaban_runner::user(name)
            .map_err(|error| format!("The user {name} could not be looked up on this machine: {error}"))?
            .ok_or_else(|| format!("The user {name} is not known on this machine"))?;
        if user.uid == 0 || user.uid < run_as.lowest_uid {
            return Err(format!(
                "Not permitted to proxy as '{name}' through Azkaban: the user's number {} is below {} (execute.as.user.min.uid)",
                user.uid,
                run_as.lowest_uid.max(1)
            ));
        }
        let env = &mut self.spec.env;
        for (key, value) in [("HOME", user.home), ("LOGNAME", name.clone()), ("USER", name.clone())] {
            if !env.iter().any(|(known, _)| known == key) {
                env.push((key.to_owned(), value));
            }
        }
        self.spec.run_as = Some(azkaban_runner::RunAs { uid: user.uid, switch: run_as.switch });
        Ok(())
    }

    fn write_files(&self, engine: &Inner) -> io::Result<()> {
        let execution_dir = &engine.config.execution_dir;
        let root = workspace::path(execution_dir, self.spec.key.execution);
        let folder = JobFolder::open(&root, &self.spec.cwd)?;
        let uid = self.spec.run_as.as_ref().map(|run_as| run_as.uid);
        if let Some(uid) = uid {
            access::let_in(uid, execution_dir, &root)?;
            access::let_work(uid, folder.descriptor())?;
            access::permit_path(&self.private_file, uid, access::READ)?;
        }
        // Properties may be secret: where others have access at all, each sees their own.
        let mode = Mode::from_raw_mode(if uid.is_some() { 0o600 } else { 0o644 });
        for (path, content) in &self.files {
            let file = folder.write(path, content, mode)?;
            uid.map_or(Ok(()), |uid| access::permit_file(uid, &file, access::READ))?;
        }
        Ok(())
    }
}

/// Ends the log of an attempt that cannot be run.
pub(super) fn unstarted(draft: Draft, reason: String, props: &Props) -> Box<Unstarted> {
    let counts = succeeds_on_failure(props);
    let status = if counts { Status::FailedSucceeded } else { Status::Failed };
    let log = JobLog::new(draft.log, draft.lines, Some(&reason));
    let log = log.closed(&draft.job_type, &draft.job, draft.attempt, status);
    Box::new(Unstarted { log, reason, counts })
}

fn succeeds_on_failure(props: &Props) -> bool {
    typed::boolean(props, "job.succeed.on.failure", false)
}

impl Unstarted {
    /// How the attempt ended.
    pub(super) fn outcome(self) -> Outcome {
        match self.counts {
            true => Outcome::FailedButCounts { reason: self.reason },
            false => Outcome::Failed { reason: self.reason },
        }
    }
}

impl Job {
    /// Told apart from other jobs and attempts in the same folder.
    fn file_tag(&self) -> String {
        match self.key.attempt {
            0 => self.key.execution.to_string(),
            attempt => format!("{}.{attempt}", self.key.execution),
        }
    }

    /// A file of the job's (§6.1).
    fn file(&self, kind: &str) -> PathBuf {
        self.cwd.join(format!("{}_{kind}_{}_tmp", job_log::file_name(&self.key.node), self.file_tag()))
    }

    /// Where it may leave output properties.
    pub(super) fn output_file(&self) -> PathBuf {
        self.file("output")
    }

    /// Works out what it runs.
    pub(super) fn make(mut self, engine: &Inner) -> Result<Box<Made>, Box<Unstarted>> {
        let limits = &engine.config.archive_limits.load;
        let file_tag = format!("{}_{}", job_log::file_name(&self.key.node), self.file_tag());
        let job = job_type::Job {
            id: &self.draft.job,
            props: &self.props,
            cwd: &self.cwd.to_string_lossy(),
            file_tag: &file_tag,
            azkaban_jars: engine.services.job_types.azkaban_jars(),
            max_heap: (limits.max_xms.as_ref(), limits.max_xmx.as_ref()),
        };
        let environment = engine.executor.environment();
        let planned = job_type::plan(&self.job_type, &job, &ServerMachine { environment });
        let run_as = job_type::run_as(&self.job_type, &self.effective_user);
        let reason = match (planned, run_as) {
            (Ok(plan), Ok(run_as)) => return Ok(Box::new(self.spec(plan, run_as, engine))),
            (Err(error), _) => error.to_string(),
            (_, Err(error)) => error.to_string(),
        };
        let props = std::mem::take(&mut self.props);
        Err(unstarted(self.draft, reason, &props))
    }

    fn spec(mut self, plan: Plan, run_as: Option<RunAs>, engine: &Inner) -> Made {
        let (prop_file, output_file) = (self.file("job_props"), self.output_file());
        let private_file = engine.services.job_types.private_file(&self.job_type);
        let need = job_type::memory_need(&self.job_type, &self.props);
        self.props.extend(plan.props);
        let own = self.environment([&prop_file, &output_file, &private_file]);
        let shown: Vec<String> =
            props::mask(&own).iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut env = engine.executor.environment().clone();
        if run_as.is_some() {
            // Those of the server's user say something wrong of another.
            env.retain(|name, _| !OF_A_USER.contains(&name.as_str()));
        }
        env.extend(own);
        let mut opening_lines = self.draft.lines;
        opening_lines.extend(plan.warnings.into_iter().map(|text| LogLine { level: Level::Warn, text }));
        let mut files: Vec<(PathBuf, Vec<u8>)> = plan
            .files
            .into_iter()
            .map(|file| (PathBuf::from(file.path), file.content.into_bytes()))
            .collect();
        let comment = format!("{} of execution {}", self.key.node, self.key.execution);
        files.push((prop_file.clone(), props::write(&self.props, &comment)));
        let command = |line: job_type::CommandLine| Command { text: line.text, argv: line.argv };
        let spec = AttemptSpec {
            key: self.key,
            job_type: self.draft.job_type,
            job_id: self.draft.job,
            opening_lines,
            setup_lines: vec![
                LogLine::info(format!("cwd={}", self.cwd.display())),
                LogLine::info(format!("effective user is: {}", self.effective_user)),
            ],
            success_lines: vec![LogLine::info(format!("output properties file={}", output_file.display()))],
            commands: plan.commands.into_iter().map(command).collect(),
            env: env.into_iter().collect(),
            environment_text: Some(format!("{{{}}}", shown.join(", "))),
            cwd: self.cwd,
            log: self.draft.log,
            succeed_on_failure: succeeds_on_failure(&self.props),
            stop_grace: engine.config.kill_grace,
            failure_cleanup: vec![prop_file, output_file],
            run_as: None,
            memory: need.map(|need| MemoryGate { need, every: MEMORY_WAIT, tries: MEMORY_TRIES }),
        };
        Made { spec, files, run_as, private_file }
    }

    /// The variables that the job has besides those of the server (§6.2).
    fn environment(&self, [prop_file, output_file, private_file]: [&Path; 3]) -> BTreeMap<String, String> {
        let mut own: BTreeMap<String, String> = self
            .props
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("env.")?.to_owned(), value.clone())))
            .collect();
        for (name, file) in
            [(PROP_FILE, prop_file), (OUTPUT_PROP_FILE, output_file), (PRIVATE_PROP_FILE, private_file)]
        {
            own.insert(name.to_owned(), file.to_string_lossy().into_owned());
        }
        own.insert("JOB_NAME".to_owned(), self.draft.job.clone());
        own.insert("KRB5CCNAME".to_owned(), self.ticket_cache.clone());
        own
    }
}

/// This machine, as far as job types ask about it.
struct ServerMachine<'a> {
    environment: &'a BTreeMap<String, String>,
}

impl Machine for ServerMachine<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn files(&self, folder: &str) -> Vec<String> {
        names(folder, |path| path.is_file())
    }

    fn folders(&self, folder: &str) -> Vec<String> {
        names(folder, |path| path.is_dir())
    }

    fn has_program(&self, name: &str) -> bool {
        let path = self.environment.get("PATH").map(String::as_str).unwrap_or_default();
        path.split(':').any(|folder| Path::new(folder).join(name).is_file())
    }
}

fn names(folder: &str, is: impl Fn(&Path) -> bool) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let found = entries.flatten().filter(|entry| is(&entry.path()));
    let mut names: Vec<String> = found.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
