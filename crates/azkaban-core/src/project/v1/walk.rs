//! Reading the files, directory by directory (projects-and-jobs §2.2, §2.3).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::super::checks::is_loader_key;
use super::super::tree::{Directory, FileKind, SourceFile, SourceTree, Step};
use super::super::{JobNode, LoadError, LoadLimits, NodeKind, PropertyFile, Report};
use crate::props::{Props, parse_with};

/// A `.job` file.
#[derive(Debug)]
pub(super) struct LoadedJob {
    /// Its dependencies are still to be resolved.
    pub(super) node: JobNode,
    inherited: Rc<Props>,
}

impl LoadedJob {
    /// The value of a key that loaders look at, own or inherited.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.node.props.get(key).or_else(|| self.inherited.get(key)).map(String::as_str)
    }
}

/// What a directory hands down to the files and directories in it.
#[derive(Clone, Default)]
struct Scope {
    /// The last `.properties` file in force.
    source: Option<String>,
    /// The keys that loaders look at.
    keys: Rc<Props>,
}

/// Collects the jobs and property files of a tree.
pub(super) struct Walk<'a> {
    limits: &'a LoadLimits,
    report: &'a mut Report,
    jobs: Vec<Option<LoadedJob>>,
    places: HashMap<String, usize>,
    dropped: BTreeSet<String>,
    property_files: BTreeMap<String, PropertyFile>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(limits: &'a LoadLimits, report: &'a mut Report) -> Self {
        Self {
            limits,
            report,
            jobs: Vec::new(),
            places: HashMap::new(),
            dropped: BTreeSet::new(),
            property_files: BTreeMap::new(),
        }
    }

    /// Reads all files of the tree.
    pub(super) fn run(&mut self, tree: &SourceTree) -> Result<(), LoadError> {
        tree.walk(Scope::default(), |directory, scope| {
            let scope = self.read_properties(directory, scope)?;
            for (_, id, file) in directory.of_kind(FileKind::Job) {
                self.read_job(id, file, &scope)?;
            }
            Ok(Step::Enter(scope))
        })
    }

    /// The jobs in the order of their ids; the ids that several files claimed; the property files.
    pub(super) fn into_parts(self) -> (Vec<LoadedJob>, BTreeSet<String>, BTreeMap<String, PropertyFile>) {
        let mut jobs: Vec<LoadedJob> = self.jobs.into_iter().flatten().collect();
        jobs.sort_by(|a, b| a.node.id.cmp(&b.node.id));
        (jobs, self.dropped, self.property_files)
    }

    fn parse(&self, file: &SourceFile) -> Result<Props, LoadError> {
        parse_with(&file.bytes, self.limits.decoding)
            .map_err(|error| LoadError::MalformedEscape { path: file.path.clone(), line: error.line })
    }

    /// Each file inherits from the one before it, the first from the directory around.
    fn read_properties(&mut self, directory: &Directory, mut scope: Scope) -> Result<Scope, LoadError> {
        for (_, _, file) in directory.of_kind(FileKind::Properties) {
            let props = self.parse(file)?;
            let mut known = props.iter().filter(|(key, _)| is_loader_key(key, self.limits)).peekable();
            if known.peek().is_some() {
                Rc::make_mut(&mut scope.keys).extend(known.map(|(k, v)| (k.clone(), v.clone())));
            }
            let inherits = scope.source.replace(file.path.clone());
            self.property_files.insert(file.path.clone(), PropertyFile { inherits, props });
        }
        Ok(scope)
    }

    fn read_job(&mut self, id: &str, file: &SourceFile, scope: &Scope) -> Result<(), LoadError> {
        if self.dropped.contains(id) {
            return Ok(());
        }
        if let Some(first) = self.places.remove(id) {
            self.jobs[first] = None;
            self.dropped.insert(id.to_owned());
            self.report.error(format!("Duplicate job names found '{id}'."));
            return Ok(());
        }
        let mut job = LoadedJob {
            node: JobNode {
                id: id.to_owned(),
                kind: NodeKind::Job(String::new()),
                depends_on: Vec::new(),
                condition: None,
                source: file.path.clone(),
                props_source: scope.source.clone(),
                props: self.parse(file)?,
                null_keys: BTreeSet::new(),
            },
            inherited: Rc::clone(&scope.keys),
        };
        job.node.condition = job.get("condition").filter(|text| !text.is_empty()).map(str::to_owned);
        job.node.kind = match job.get("type") {
            // As Azkaban names a flow that is not named.
            Some("flow") => NodeKind::Flow(job.get("flow.name").unwrap_or("null").to_owned()),
            Some(job_type) => NodeKind::Job(job_type.to_owned()),
            None => {
                self.report.error(format!("Job doesn't have type set '{id}'."));
                NodeKind::Job(String::new())
            }
        };
        self.places.insert(id.to_owned(), self.jobs.len());
        self.jobs.push(Some(job));
        Ok(())
    }
}
