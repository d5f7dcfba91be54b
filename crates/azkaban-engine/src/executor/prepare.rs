//! From "start this attempt" to a job with its properties, user and folder (projects-and-jobs §5.2, §6). What it runs is worked
//! out in [`super::work`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use azkaban_core::execution::{FlowExecution, GraphNode, RetryPolicy};
use azkaban_core::ids::{AttemptKey, NodeIndex};
use azkaban_core::job_type::{Class, JobType, JobTypes};
use azkaban_core::project::{FlowFormat, JobNode};
use azkaban_core::props::{
    self, FlowFacts, InputLayers, JobFacts, LayeredProps, NodeLayers, Precedence, Props, typed,
};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_runner::{Level, LogLine};

use super::job_log::{self, JobLog};
use super::work::{self, Draft, Prepared, Unstarted, Work};
use super::{NewExecution, workspace};
use crate::Inner;
use crate::projects::Overrides;

mod notify;

use notify::Notified;

/// Options for every Java job, among the private properties of its type.
const JAVA_OPTIONS: &str = "azkaban.jobs.java.opts";

/// Prepares the attempts of one execution.
pub(super) struct Preparer {
    engine: Arc<Inner>,
    flow: NewExecution,
    /// Common flow properties, made when the first job starts.
    common: Option<Props>,
    /// The execution's folder may be there; it is made for the first job that needs it.
    has_workspace: bool,
    /// Properties of callbacks and of the log of attempts that run; of those that ran before a restart there are none.
    notified: HashMap<(NodeIndex, u32), Notified>,
}

/// What an attempt turned out to be.
pub(super) enum Preparation {
    /// Commands for the supervisor.
    Process(Box<Prepared>),
    /// Nothing to run: it has succeeded.
    Nothing {
        /// Its log.
        log: JobLog,
        /// Its retries.
        retry: RetryPolicy,
    },
    /// It cannot be run.
    Failed {
        /// Its log, with the reason.
        log: JobLog,
        /// Why.
        reason: String,
        /// `job.succeed.on.failure` is set.
        counts: bool,
        /// Its retries.
        retry: RetryPolicy,
    },
}

impl Preparation {
    /// The job's resolved retries.
    pub(super) fn retry(&self) -> RetryPolicy {
        match self {
            Self::Process(prepared) => prepared.retry,
            Self::Nothing { retry, .. } | Self::Failed { retry, .. } => *retry,
        }
    }
}

impl Preparer {
    pub(super) fn new(engine: &Arc<Inner>, flow: NewExecution) -> Self {
        Self {
            engine: Arc::clone(engine),
            flow,
            common: None,
            has_workspace: false,
            notified: HashMap::new(),
        }
    }

    /// The execution whose attempts these are.
    pub(super) fn flow(&self) -> &NewExecution {
        &self.flow
    }

    /// Whether there may be a folder to remove at the end.
    pub(super) fn has_workspace(&self) -> bool {
        self.has_workspace
    }

    /// After a restart: the folder may be there.
    pub(super) fn assume_workspace(&mut self) {
        self.has_workspace = true;
    }

    /// Works out what an attempt runs. Touches no file but, for Java jobs without a class path, the job's folder.
    pub(super) fn prepare(
        &mut self,
        run: &FlowExecution,
        node: NodeIndex,
        attempt: u32,
        now: UnixMillis,
    ) -> Preparation {
        let graph = Arc::clone(run.graph());
        let graph_node = graph.node(node);
        let model = Arc::clone(&self.flow.model);
        let Some(job) = definition(&model, graph_node) else {
            let draft = self.draft(graph_node, "unknown", attempt, now, &Props::new());
            return failed(draft, "the project has no such job".to_owned(), &Props::new());
        };
        let mut input = self.input(run, node, job, now);
        let type_name = input.values.get("type").cloned().unwrap_or_default();
        let types = self.engine.services.job_types.current();
        let job_type = types.get(&type_name);
        if let Some(defaults) = job_type.map(|job_type| &job_type.defaults) {
            input.fill_absent(defaults);
        }
        input.fill_absent(&self.engine.config.global_props);
        let directory = self.job_directory(job);
        let log_path = job_log::path(&self.engine.config.log_dir, self.flow.id, &graph_node.path, attempt);
        let attachment = job_log::attachment(&log_path);
        let asked = self.asked_user(job_type, &input);
        let facts = JobFacts {
            execution: self.flow.id,
            project_name: &self.flow.project.name,
            parent_flow: &graph_node.flow_id,
            path: &graph_node.path,
            job: &graph_node.id,
            attempt,
            in_nodes: &graph_node.ins.iter().map(|&n| &*graph.node(n).id).collect::<Vec<_>>(),
            out_nodes: &graph_node.outs.iter().map(|&n| &*graph.node(n).id).collect::<Vec<_>>(),
            log_file: &log_path.to_string_lossy(),
            attachment_file: &attachment.to_string_lossy(),
            web_url: self.engine.config.webserver_url.as_deref(),
            effective_user: asked.as_deref().unwrap_or(&self.flow.submit_user),
            job_directory: &directory.to_string_lossy(),
            java_options: job_type.and_then(|job_type| Some(job_type.private.get(JAVA_OPTIONS)?.as_str())),
        };
        facts.inject(&mut input);
        let resolved = props::resolve_layered(&input);
        let layout_props = resolved.as_ref().unwrap_or(&input.values);
        if self.engine.config.callbacks.is_some() {
            self.notified.insert((node, attempt), Notified::of(resolved.as_ref().map_err(|_| &input.values)));
        }
        let mut draft = self.draft(graph_node, &type_name, attempt, now, layout_props);
        let props = match resolved {
            Ok(props) => props,
            Err(error) => {
                let reason = format!("Failed to build job executor for job {}{error}", graph_node.id);
                return failed(draft, reason, &input.values);
            }
        };
        if asked.is_none() {
            let user = &self.flow.submit_user;
            let text = format!("user.to.proxy property was not set, defaulting to submit user {user}");
            draft.lines.push(LogLine::info(text));
        }
        let cwd = match working_directory(&props, &directory) {
            Ok(cwd) => cwd,
            Err(reason) => return failed(draft, reason, &props),
        };
        let retry = retry_policy(&props, &mut draft.lines);
        let Some(job_type) = job_type.cloned() else {
            return failed(draft, unknown_type(&graph_node.id, &type_name, &types), &props);
        };
        let effective_user = props.get("user.to.proxy").cloned().unwrap_or_default();
        if let Some(reason) = self.denied(&job_type, &effective_user, &graph_node.id) {
            return failed(draft, reason, &props);
        }
        if job_type.class == Ok(Class::Noop) {
            let log = JobLog::new(draft.log, draft.lines, None);
            let log = log.closed(&type_name, &graph_node.id, attempt, Status::Succeeded);
            return Preparation::Nothing { log, retry };
        }
        let looks_at_files = job_type.class.as_ref().is_ok_and(|class| class.looks_at_files());
        let job = work::Job {
            key: AttemptKey { execution: self.flow.id, node: graph_node.path.clone(), attempt },
            ticket_cache: self.ticket_cache(graph_node, &effective_user),
            job_type,
            props,
            cwd,
            effective_user,
            draft,
        };
        let output_file = job.output_file();
        let work = if looks_at_files {
            Work::Open(Box::new(job))
        } else {
            match job.make(&self.engine) {
                Ok(made) => Work::Made(made),
                Err(unstarted) => {
                    let Unstarted { log, reason, counts } = *unstarted;
                    return Preparation::Failed { log, reason, counts, retry };
                }
            }
        };
        Preparation::Process(Box::new(Prepared { node, attempt, retry, output_file, work }))
    }

    /// Layers 4 to 11 of the job's properties, unresolved.
    fn input(
        &mut self,
        run: &FlowExecution,
        node: NodeIndex,
        job: &JobNode,
        now: UnixMillis,
    ) -> LayeredProps {
        let graph = run.graph();
        let model = Arc::clone(&self.flow.model);
        let started_at = run.node(NodeIndex::ROOT).started_at.unwrap_or(now);
        let common = self.common.get_or_insert_with(|| {
            let (project, config) = (&self.flow.project, &self.engine.config);
            FlowFacts {
                flow: &self.flow.flow_id,
                execution: self.flow.id,
                project: project.id,
                project_version: self.flow.version,
                project_name: &project.name,
                project_last_changed_by: &project.modified_by,
                project_last_changed_at: project.modified_at,
                submit_user: &self.flow.submit_user,
                execution_source: &self.flow.source,
                uuid: &self.flow.uuid,
                started_at,
                zone: &config.time_zone,
            }
            .props()
        });
        let options = &self.flow.options;
        // Outermost first; the root itself is no layer.
        let mut around: Vec<NodeIndex> = graph.ancestors(node).filter(|&n| n != NodeIndex::ROOT).collect();
        around.reverse();
        let around: Vec<(NodeIndex, Props)> =
            around.into_iter().map(|n| (n, run.upstream_outputs(n))).collect();
        let overrides = |n: NodeIndex| overridden(&self.flow.overrides, model.format, graph.node(n));
        let runtime = |n: NodeIndex| options.runtime_properties.get(graph.node(n).path.as_str());
        let enclosing: Vec<NodeLayers<'_>> = around
            .iter()
            .filter_map(|(n, upstream_outputs)| {
                Some(NodeLayers {
                    job: definition(&model, graph.node(*n))?,
                    override_props: overrides(*n),
                    upstream_outputs,
                    runtime: runtime(*n),
                })
            })
            .collect();
        let upstream_outputs = run.upstream_outputs(node);
        InputLayers {
            model: &model,
            flow: &self.flow.flow_id,
            common,
            flow_parameters: &options.flow_parameters,
            enclosing: &enclosing,
            node: NodeLayers {
                job,
                override_props: overrides(node),
                upstream_outputs: &upstream_outputs,
                runtime: runtime(node),
            },
            memory_check: !self.engine.services.projects.whitelist().frees_memory(self.flow.project.id),
            precedence: if self.engine.config.runtime_props_eager {
                Precedence::RuntimeOverJob
            } else {
                Precedence::JobOverFlowParameters
            },
        }
        .build()
    }

    /// The folder of the job's file; of Flow 2.0 jobs the root (§6.1).
    fn job_directory(&self, job: &JobNode) -> PathBuf {
        let root = workspace::path(&self.engine.config.execution_dir, self.flow.id);
        match (self.flow.model.format, Path::new(&job.source).parent()) {
            (FlowFormat::V1, Some(folder)) if !folder.as_os_str().is_empty() => root.join(folder),
            _ => root,
        }
    }

    /// Whom the type or the job wants it to act for (§7.6), if anybody.
    fn asked_user(&self, job_type: Option<&Arc<JobType>>, input: &LayeredProps) -> Option<String> {
        let by_type = job_type.and_then(|job_type| job_type.default_user.as_deref());
        let by_job = input.values.get("user.to.proxy").map(|user| user.trim());
        by_type.or(by_job).filter(|user| !user.is_empty()).map(str::to_owned)
    }

    /// Why the job may not act for a user, if it may not (`proxy.user.lock.down`, §7.6).
    fn denied(&self, job_type: &JobType, user: &str, job: &str) -> Option<String> {
        let allowed = !self.engine.config.proxy_user_lock_down
            || user == self.flow.submit_user
            || job_type.default_user.as_deref() == Some(user)
            || self.flow.project.proxy_users.contains(user);
        if !allowed {
            let project = &self.flow.project.name;
            let url = self.engine.config.webserver_url.as_deref().unwrap_or_default();
            return Some(format!(
                "User {user} has no permission to execute this job {job}! If you want to execute this flow as {user}, \
                 please add it to Proxy Users under project permissions page: {url}/manager?project={project}&permissions"
            ));
        }
        None
    }

    fn draft(&self, node: &GraphNode, job_type: &str, attempt: u32, now: UnixMillis, props: &Props) -> Draft {
        let log = job_log::spec(
            &self.engine.config,
            self.flow.id,
            &node.path,
            attempt,
            props.get("azkaban.job.log.layout"),
        );
        let retry = match attempt {
            0 => String::new(),
            attempt => format!("retry {attempt} of "),
        };
        let mut lines = vec![LogLine::info(format!("Starting {retry}{job_type} job {} at {now}.", node.id))];
        if typed::boolean(props, "job.dump.properties", false) {
            let shown = props::mask(props);
            lines.extend(shown.iter().map(|(key, value)| LogLine::info(format!("{key}={value}"))));
        }
        Draft { log, lines, job_type: job_type.to_owned(), job: node.id.to_string(), attempt }
    }

    fn ticket_cache(&self, node: &GraphNode, user: &str) -> String {
        let (project, flow, id) = (&self.flow.project.name, &node.flow_id, self.flow.id);
        format!("/tmp/krb5cc__{project}__{flow}__{}__{id}__{user}", node.id).replace(' ', "_")
    }

    /// Makes the folder in which the execution's jobs run, unless it is there.
    pub(super) async fn make_workspace(&mut self) -> io::Result<()> {
        let (id, version) = (self.flow.project.id, self.flow.version);
        if self.has_workspace && workspace::path(&self.engine.config.execution_dir, self.flow.id).is_dir() {
            return Ok(());
        }
        let unpacked = self
            .engine
            .services
            .projects
            .unpacked(id, version)
            .await
            .map_err(|error| io::Error::other(error.to_string()))?;
        let (folder, execution) = (self.engine.config.execution_dir.clone(), self.flow.id);
        if workspace::is_small(&unpacked) {
            workspace::create(&folder, execution, &unpacked)?;
        } else {
            tokio::task::spawn_blocking(move || workspace::create(&folder, execution, &unpacked))
                .await
                .map_err(io::Error::other)??;
        }
        self.has_workspace = true;
        Ok(())
    }
}

/// The definition of a node in the project.
fn definition<'a>(model: &'a azkaban_core::project::ProjectModel, node: &GraphNode) -> Option<&'a JobNode> {
    model.flows.get(&*node.flow_id)?.nodes.get(&*node.id).map(|job| &**job)
}

/// What replaces a job's properties, if anything.
fn overridden<'a>(overrides: &'a Overrides, format: FlowFormat, node: &GraphNode) -> Option<&'a Props> {
    if overrides.is_empty() {
        return None;
    }
    let flow = if format == FlowFormat::V1 { String::new() } else { node.flow_id.to_string() };
    overrides.get(&(flow, node.id.to_string()))
}

/// The working directory: the job's folder or one inside it (§6.1).
fn working_directory(props: &Props, directory: &Path) -> Result<PathBuf, String> {
    let given = props.get("working.dir").map(|dir| dir.trim()).filter(|dir| !dir.is_empty());
    let Some(given) = given else { return Ok(directory.to_owned()) };
    let cwd = normal(Path::new(given));
    if cwd.is_absolute() && cwd.starts_with(directory) {
        return Ok(cwd);
    }
    Err(format!(
        "Specified working.dir is not valid: {given}. Must be a subdirectory of {}",
        directory.display()
    ))
}

/// The path without `.` and `..`, by its text alone.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// `retries` and `retry.backoff`, resolved; what is no number counts as 0 and is said in the log (§8.1, §11).
fn retry_policy(props: &Props, lines: &mut Vec<LogLine>) -> RetryPolicy {
    let mut read = |key: &str| match props.get(key).map(|text| (text, text.trim().parse::<i64>())) {
        None => 0,
        Some((_, Ok(number))) => u64::try_from(number).unwrap_or(0),
        Some((text, Err(_))) => {
            let text = format!("The property '{key}' is not a whole number: '{text}'. It counts as 0.");
            lines.push(LogLine { level: Level::Warn, text });
            0
        }
    };
    RetryPolicy {
        retries: u32::try_from(read("retries")).unwrap_or(u32::MAX),
        backoff_ms: read("retry.backoff"),
    }
}

fn failed(draft: Draft, reason: String, props: &Props) -> Preparation {
    let retry = retry_policy(props, &mut Vec::new());
    let Unstarted { log, reason, counts } = *work::unstarted(draft, reason, props);
    Preparation::Failed { log, reason, counts, retry }
}

/// What the log says of a type that is not there.
fn unknown_type(job: &str, name: &str, types: &JobTypes) -> String {
    let known: Vec<&str> = types.iter().map(|job_type| job_type.name.as_str()).collect();
    format!(
        "Failed to build job executor for job {job}: job type '{name}' is not known to this server, which knows {}",
        known.join(", ")
    )
}

/// Names of what a job never inherits from the server's own environment.
pub(super) fn environment() -> BTreeMap<String, String> {
    let ours: BTreeSet<&str> = ["LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET"].into();
    std::env::vars().filter(|(key, _)| !ours.contains(key.as_str())).collect()
}
