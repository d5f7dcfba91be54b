//! From a job's resolved properties to what the supervisor runs: commands, environment, files (projects-and-jobs §6).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use azkaban_core::execution::RetryPolicy;
use azkaban_core::ids::{AttemptKey, NodeIndex};
use azkaban_core::job_type::{self, JobType, Machine, Plan};
use azkaban_core::props::{self, Props, typed};
use azkaban_core::status::Status;
use azkaban_runner::{AttemptSpec, Command, Level, LogLine, LogSpec, Outcome};

use super::job_log::{self, JobLog};
use crate::Inner;

/// Environment variables that hold file names for the job (projects-and-jobs §6.2).
const PROP_FILE: &str = "JOB_PROP_FILE";
const OUTPUT_PROP_FILE: &str = "JOB_OUTPUT_PROP_FILE";
const PRIVATE_PROP_FILE: &str = "JOBTYPE_PRIVATE_PROP_FILE";

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
        let made = match self.work {
            Work::Made(made) => made,
            Work::Open(job) => job.make(engine)?,
        };
        match write_files(&made.spec.cwd, &made.files) {
            Ok(()) => Ok(made.spec),
            Err(error) => Err(unwritten(made.spec.log, made.spec.succeed_on_failure, &error)),
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

fn write_files(cwd: &Path, files: &[(PathBuf, Vec<u8>)]) -> io::Result<()> {
    if !cwd.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("no folder {}", cwd.display())));
    }
    for (path, content) in files {
        match std::fs::write(path, content) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                std::fs::write(path, content)?;
            }
            written => written?,
        }
    }
    Ok(())
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
        match planned {
            Ok(plan) => {
                let spec = self.spec(plan, engine);
                Ok(Box::new(spec))
            }
            Err(error) => {
                let props = std::mem::take(&mut self.props);
                Err(unstarted(self.draft, error.to_string(), &props))
            }
        }
    }

    fn spec(mut self, plan: Plan, engine: &Inner) -> Made {
        let (prop_file, output_file) = (self.file("job_props"), self.output_file());
        let private_file = engine.services.job_types.private_file(&self.job_type);
        self.props.extend(plan.props);
        let own = self.environment([&prop_file, &output_file, &private_file]);
        let shown: Vec<String> =
            props::mask(&own).iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut env = engine.executor.environment().clone();
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
        };
        Made { spec, files }
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
