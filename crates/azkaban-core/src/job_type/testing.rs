//! Tables of cases for the types: properties in, command lines out.

use std::collections::BTreeMap;

use super::{Job, JobType, JobTypes, Machine, Plan, PlanError, plan};
use crate::project::MemoryLimit;
use crate::props::Props;

/// A type that needs no plugin.
pub(super) fn built_in(name: &str) -> JobType {
    JobType::clone(JobTypes::built_in().get(name).unwrap())
}

/// A machine of names alone.
#[derive(Default)]
pub(super) struct FakeMachine {
    pub(super) variables: BTreeMap<String, String>,
    /// Paths of files; what is in between are folders.
    pub(super) paths: Vec<String>,
}

impl Machine for FakeMachine {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn files(&self, folder: &str) -> Vec<String> {
        self.below(folder).filter(|rest| !rest.contains('/')).map(str::to_owned).collect()
    }

    fn folders(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .below(folder)
            .filter_map(|rest| rest.split_once('/'))
            .map(|(name, _)| name.to_owned())
            .collect();
        names.dedup();
        names
    }

    fn has_program(&self, name: &str) -> bool {
        self.paths.iter().any(|path| path == &format!("/usr/bin/{name}"))
    }
}

impl FakeMachine {
    fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.paths.iter().filter_map(move |path| path.strip_prefix(folder)?.strip_prefix('/'))
    }
}

/// A job `j` in `/exec/7`.
pub(super) struct Case {
    pub(super) job_type: JobType,
    props: Props,
    machine: FakeMachine,
    azkaban_jars: Vec<String>,
}

impl Case {
    pub(super) fn of(name: &str) -> Self {
        Self::with(built_in(name))
    }

    pub(super) fn with(job_type: JobType) -> Self {
        Self { job_type, props: Props::new(), machine: FakeMachine::default(), azkaban_jars: Vec::new() }
    }

    /// A property of the job.
    pub(super) fn job(mut self, key: &str, value: &str) -> Self {
        self.props.insert(key.to_owned(), value.to_owned());
        self
    }

    /// A property of the type that jobs do not see.
    pub(super) fn private(mut self, key: &str, value: &str) -> Self {
        self.job_type.private.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(super) fn folder(mut self, folder: &str) -> Self {
        self.job_type.folder = Some(folder.to_owned());
        self
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.machine.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn files(mut self, paths: &[&str]) -> Self {
        self.machine.paths = paths.iter().map(|&path| path.to_owned()).collect();
        self
    }

    pub(super) fn azkaban_jars(mut self, jars: &[&str]) -> Self {
        self.azkaban_jars = jars.iter().map(|&jar| jar.to_owned()).collect();
        self
    }

    pub(super) fn plan(&self) -> Result<Plan, PlanError> {
        let limit = |text| MemoryLimit::parse(text).unwrap();
        let (max_xms, max_xmx) = (limit("1G"), limit("2G"));
        let job = Job {
            id: "j",
            props: &self.props,
            cwd: "/exec/7",
            file_tag: "j_7",
            azkaban_jars: &self.azkaban_jars,
            max_heap: (Some(&max_xms), Some(&max_xmx)),
        };
        plan(&self.job_type, &job, &self.machine)
    }

    /// Checks the commands, arguments joined by `|`, and returns the plan.
    #[track_caller]
    pub(super) fn runs(&self, expected: &[&str]) -> Plan {
        let plan = self.plan().unwrap_or_else(|error| panic!("{error}"));
        let commands: Vec<String> = plan.commands.iter().map(|line| line.argv.join("|")).collect();
        assert_eq!(commands, expected);
        plan
    }

    #[track_caller]
    pub(super) fn fails(&self, expected: &str) {
        assert_eq!(self.plan().unwrap_err().to_string(), expected);
    }
}
