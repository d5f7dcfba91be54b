//! What one job runs.

use super::class::Class;
use super::command_line::CommandLine;
use super::plugins::JobType;
use super::{hadoop, hadoop_shell, hive, java, java_class, memory, pig, spark};
use crate::command;
use crate::project::MemoryLimit;
use crate::props::Props;
use crate::props::typed::{self, PropError};

/// What the plan of a job may ask of the machine that it will run on.
pub trait Machine {
    /// A variable of the server's environment.
    fn variable(&self, name: &str) -> Option<String>;
    /// Names of the files in a folder, in order; none if it cannot be read.
    fn files(&self, folder: &str) -> Vec<String>;
    /// Names of the folders in a folder, in order; none if it cannot be read.
    fn folders(&self, folder: &str) -> Vec<String>;
    /// Whether a program of this name would be found.
    fn has_program(&self, name: &str) -> bool;
}

/// A job about to run.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its resolved properties, the injected ones included.
    pub props: &'a Props,
    /// Its working directory.
    pub cwd: &'a str,
    /// Tells its files from those of other jobs and attempts in the same folder.
    pub file_tag: &'a str,
    /// Jars of Azkaban itself, for classes that Azkaban's own `main` starts.
    pub azkaban_jars: &'a [String],
    /// `job.max.Xms` and `job.max.Xmx`.
    pub max_heap: (Option<&'a MemoryLimit>, Option<&'a MemoryLimit>),
}

/// What to run, and what must be there before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Run one after another until one fails; none is a success.
    pub commands: Vec<CommandLine>,
    /// Properties to set for the job; those that begin with `env.` are variables of its environment.
    pub props: Props,
    /// Files to write before it starts.
    pub files: Vec<PlannedFile>,
    /// What its log should say.
    pub warnings: Vec<String>,
}

/// A file for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its absolute path; missing folders are made.
    pub path: String,
    /// What is in it.
    pub content: String,
}

/// Why a job cannot be run; the text goes into its log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A type that is there and cannot be used.
    #[error(
        "Failed to build job executor for job {job}: job type '{job_type}' cannot be used on this server. {reason}"
    )]
    Unusable {
        /// The job.
        job: String,
        /// Its type.
        job_type: String,
        /// What is wrong with the type.
        reason: String,
    },
    /// A key that the type needs is absent.
    #[error("Job set up failed: {0}")]
    Property(#[from] PropError),
    /// A command without a program.
    #[error("Job set up failed: '{0}' names no program")]
    EmptyCommand(String),
    /// A Java job without anything to run from.
    #[error("No classpath defined and no .jar files found in job directory. Can't run java command.")]
    NoClasspath,
    /// A class that Azkaban's `main` has to start, which is not there.
    #[error(
        "Job set up failed: job {job} of type '{job_type}' needs Azkaban's own jars (az-core and az-hadoop-jobtype-plugin) to \
         start its class. Put them into the type's folder, or name their folder by azkaban.jobtype.jars.dir"
    )]
    NoAzkabanJars {
        /// The job.
        job: String,
        /// Its type.
        job_type: String,
    },
    /// Something about this job.
    #[error("Job set up failed: {0}")]
    Other(String),
    /// Something about Spark, in Azkaban's words.
    #[error("{0}")]
    Spark(String),
    /// An amount of memory beyond the limit, or none at all.
    #[error(transparent)]
    Heap(#[from] memory::HeapError),
}

/// What a job of a type runs.
///
/// # Errors
/// See [`PlanError`].
pub fn plan(job_type: &JobType, job: &Job<'_>, machine: &dyn Machine) -> Result<Plan, PlanError> {
    let class = job_type.class.clone().map_err(|reason| PlanError::Unusable {
        job: job.id.to_owned(),
        job_type: job_type.name.clone(),
        reason,
    })?;
    if class.is_hadoop() {
        hadoop::check_tokens(job_type, job)?;
    }
    match class {
        Class::Noop => Ok(Plan::default()),
        Class::Command => Ok(Plan { commands: commands(job.props)?, ..Plan::default() }),
        Class::JavaProcess => java::plan(job_type, job, machine),
        Class::HadoopShell => hadoop_shell::plan(job_type, job),
        Class::Java | Class::HadoopJava => java_class::plan(class, job_type, job, machine),
        Class::Hive => hive::plan(job_type, job),
        Class::Pig | Class::PigProcess => pig::plan(class, job_type, job),
        Class::Spark => spark::plan(job_type, job, machine),
    }
}

/// The commands of a `command` job, cut into words (§6.3).
pub(super) fn commands(props: &Props) -> Result<Vec<CommandLine>, PlanError> {
    let missing = || PropError::Missing { key: "command".to_owned() };
    let texts = command::commands(props).ok_or_else(missing)?;
    texts.into_iter().map(split).collect()
}

/// One command as the user wrote it.
pub(super) fn split(text: &str) -> Result<CommandLine, PlanError> {
    match command::split(text) {
        argv if argv.is_empty() => Err(PlanError::EmptyCommand(text.to_owned())),
        argv => Ok(CommandLine { text: text.to_owned(), argv }),
    }
}

/// A value that is not blank, without the blanks around it.
pub(super) fn filled<'a>(props: &'a Props, key: &str) -> Option<&'a str> {
    props.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// A value that the type needs.
pub(super) fn needed<'a>(props: &'a Props, key: &str) -> Result<&'a str, PlanError> {
    Ok(typed::required(props, key).map(str::trim)?)
}

/// The items of a comma list that are not empty.
pub(super) fn items(props: &Props, key: &str) -> Vec<String> {
    typed::list(props, key).into_iter().filter(|item| !item.is_empty()).collect()
}

/// The keys with a prefix, without it, in their order.
pub(super) fn with_prefix<'a>(props: &'a Props, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    props
        .range(prefix.to_owned()..)
        .map_while(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
        .filter(|(key, _)| !key.is_empty())
}

/// The program of a tool: in `bin` of the folder that a private property names, else the one that is found.
pub(super) fn tool(private: &Props, home_key: &str, program: &str) -> String {
    match filled(private, home_key) {
        Some(home) => format!("{}/bin/{program}", home.trim_end_matches('/')),
        None => program.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, built_in};

    #[test]
    fn commands_run_in_order_until_the_first_gap() {
        Case::of("command")
            .job("command", "echo 'a b'")
            .job("command.1", "two")
            .job("command.3", "never")
            .runs(&["echo|a b", "two"]);
        Case::of("command").fails("Job set up failed: Missing required property 'command'");
        Case::of("command").job("command", " '' ").fails("Job set up failed: ' '' ' names no program");
        Case::of("noop").job("command", "ignored").runs(&[]);
    }

    #[test]
    fn the_log_shows_a_command_as_it_was_written() {
        let plan = Case::of("command").job("command", "echo  'a b'").plan().unwrap();
        assert_eq!(plan.commands[0].text, "echo  'a b'");
    }

    #[test]
    fn a_type_that_cannot_be_used_says_why() {
        let mut broken = built_in("hive");
        broken.class = Err("/plugins/hive/private.properties:3: no.".to_owned());
        Case::with(broken).fails(
            "Failed to build job executor for job j: job type 'hive' cannot be used on this server. \
             /plugins/hive/private.properties:3: no.",
        );
    }
}
