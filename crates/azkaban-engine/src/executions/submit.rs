//! Submitting an execution (http-api §4.9, execution-and-scheduling §2.15).

use std::sync::{Arc, OnceLock};

use azkaban_core::execution::Graph;
use azkaban_core::ids::{ExecutionId, ProjectVersion};
use azkaban_core::options::{Concurrency, ExecutionOptions};
use azkaban_core::project::{Flow, ProjectModel};
use azkaban_core::props::Props;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, RunningFacts, Submission};

use crate::audit::Action;
use crate::error::{Internal, Kind};
use crate::executor::NewExecution;
use crate::projects::{Overrides, Project};
use crate::{Caller, Engine, random};

/// Keys of a flow's properties that become flow parameters, without this prefix (projects-and-jobs §3.5).
const PARAM_OVERRIDE: &str = "param.override.";

/// What starts an execution that a user asks for (config-and-security §10.2).
const ADHOC: &str = "adhoc";
/// What starts the executions of schedules.
const SCHEDULE: &str = "schedule";
/// Azkaban's default of `flowPriority`.
const DEFAULT_PRIORITY: i32 = 5;

/// What to execute.
#[derive(Debug, Clone)]
pub struct ExecuteFlow {
    /// The project.
    pub project: Arc<Project>,
    /// The flow, also an embedded one.
    pub flow_id: String,
    /// What was asked for.
    pub options: ExecutionOptions,
}

/// An execution that has been stored and will run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: ExecutionId,
    /// What else of the flow runs.
    pub beside: Beside,
}

/// What else of a flow runs when an execution is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Alone,
    /// These, ascending.
    Concurrent {
        /// Unfinished executions.
        running: Vec<ExecutionId>,
    },
    /// One that the new one waits for, job by job.
    Pipelined {
        /// The latest unfinished execution.
        on: ExecutionId,
        /// How far jobs wait.
        level: i32,
    },
}

/// Why nothing was submitted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The project has no such flow.
    #[error("the project has no such flow")]
    FlowNotFound,
    /// The flow is locked.
    #[error("the flow is locked")]
    FlowLocked {
        /// The lock's own text.
        message: Option<String>,
    },
    /// It runs, and the option says skip.
    #[error("the flow is already running")]
    AlreadyRunning,
    /// More executions than allowed are unfinished.
    #[error("the flow has more than {limit} concurrent runs")]
    TooManyRuns {
        /// The limit.
        limit: usize,
    },
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl SubmitError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::FlowNotFound => Kind::NotFound,
            Self::FlowLocked { .. } | Self::AlreadyRunning | Self::TooManyRuns { .. } => Kind::Conflict,
            Self::Stopping => Kind::Unavailable,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl Engine {
    /// Stores an execution of a flow of the project's current version and hands it to the executor. Whether the caller
    /// may is the face's question, since the answers differ between faces.
    ///
    /// # Errors
    /// See [`SubmitError`]; nothing is stored then.
    pub async fn execution_submit(
        &self,
        caller: &Caller,
        request: ExecuteFlow,
    ) -> Result<Submitted, SubmitError> {
        // A client that goes away must not leave behind an execution that is stored but never begun.
        let (engine, caller) = (self.clone(), caller.clone());
        tokio::spawn(async move { engine.submit(caller, request).await }).await.map_err(Internal::new)?
    }

    async fn submit(&self, caller: Caller, request: ExecuteFlow) -> Result<Submitted, SubmitError> {
        let (project, flow_id) = (request.project.id, request.flow_id.clone());
        let Prepared { plan, start } = self.prepare(Origin::User(caller), request).await?;
        let decided = Decided::default();
        let told = decided.clone();
        let stored = self
            .inner
            .store
            .execution_submit(project, &flow_id, move |facts| plan.decide(facts, &told))
            .await;
        let id = stored.map_err(Internal::new)??;
        let beside = self.begin(id, start, &decided)?;
        Ok(Submitted { id, beside })
    }

    /// Everything about a submission that does not depend on what runs. The caller stores it by [`Plan::decide`] and then
    /// calls [`Engine::begin`].
    pub(crate) async fn prepare(
        &self,
        origin: Origin,
        request: ExecuteFlow,
    ) -> Result<Prepared, SubmitError> {
        let inner = &self.inner;
        if inner.executor.is_stopping() {
            return Err(SubmitError::Stopping);
        }
        let ExecuteFlow { project, flow_id, options } = request;
        let version = project.version;
        let model = self.project_model(project.id, version).await?;
        let flow = model.flows.get(&flow_id).ok_or(SubmitError::FlowNotFound)?;
        if let Some(lock) = project.flow_locks.get(&flow_id) {
            return Err(SubmitError::FlowLocked { message: lock.message.clone() });
        }
        let graph = inner.executor.graph(project.id, version, &model, &flow_id).map_err(Internal::new)?;
        let options = merge(options, flow, &model.parameter_overrides);
        let priority = options.flow_parameters.get("flowPriority").and_then(|text| text.trim().parse().ok());
        let submitted_at = self.now();
        let (submit_user, source, audit) = match origin {
            Origin::User(caller) => {
                let entry = caller.does_with(Action::ExecutionSubmit, project.id, submitted_at);
                let entry = AuditEntry { flow: Some(flow_id.clone()), ..entry };
                (caller.user.name.clone(), ADHOC, Some(entry))
            }
            Origin::Schedule { owner } => (owner, SCHEDULE, None),
        };
        let plan = Plan {
            options,
            limit: self.max_runs(&project.name, &flow_id),
            version,
            submit_user,
            submitted_at,
            uuid: random::uuid().map_err(Internal::new)?,
            source,
            priority: priority.unwrap_or(DEFAULT_PRIORITY),
            audit,
        };
        let start = Start {
            submit_user: plan.submit_user.clone(),
            submitted_at: plan.submitted_at,
            uuid: plan.uuid.clone(),
            source,
            priority: plan.priority,
            version,
            overrides: Arc::clone(&project.overrides),
            project,
            flow_id,
            graph,
            model,
        };
        Ok(Prepared { plan, start })
    }

    /// Hands an execution that has just been stored to the executor.
    pub(crate) fn begin(&self, id: ExecutionId, start: Start, decided: &Decided) -> Result<Beside, Internal> {
        let Some((options, beside)) = decided.0.get().cloned() else {
            return Err(Internal::new("a submission was stored without a decision"));
        };
        let inner = &self.inner;
        inner.pages.submitted(start.project.id, &start.flow_id);
        inner.executor.begin(
            inner,
            NewExecution {
                id,
                project: start.project,
                model: start.model,
                graph: start.graph,
                flow_id: start.flow_id,
                version: start.version,
                options,
                source: Arc::from(start.source),
                priority: start.priority,
                submit_user: start.submit_user,
                submitted_at: start.submitted_at,
                uuid: start.uuid,
                overrides: start.overrides,
            },
        );
        Ok(beside)
    }

    /// Unfinished executions of a flow beyond which no more are taken; one more than this may be unfinished (§2.15).
    pub(super) fn max_runs(&self, project: &str, flow: &str) -> usize {
        let config = &self.inner.config;
        let exception = config.max_runs_exceptions.get(&(project.to_owned(), flow.to_owned()));
        exception.copied().unwrap_or(config.max_runs_of_flow)
    }
}

/// Who or what submits an execution.
pub(crate) enum Origin {
    /// A user asks for it, which the audit trail tells.
    User(Caller),
    /// A schedule fires.
    Schedule {
        /// In whose name.
        owner: String,
    },
}

/// A submission that is ready but for what runs.
pub(crate) struct Prepared {
    /// What is stored.
    pub(crate) plan: Plan,
    /// What the executor needs once it is.
    pub(crate) start: Start,
}

/// What the executor needs of an execution besides what is decided while it is stored.
pub(crate) struct Start {
    project: Arc<Project>,
    model: Arc<ProjectModel>,
    graph: Arc<Graph>,
    flow_id: String,
    version: ProjectVersion,
    source: &'static str,
    priority: i32,
    submit_user: String,
    submitted_at: UnixMillis,
    uuid: String,
    overrides: Arc<Overrides>,
}

/// What was decided while the store looked at what runs; filled by [`Plan::decide`].
#[derive(Clone, Default)]
pub(crate) struct Decided(Arc<OnceLock<(Arc<ExecutionOptions>, Beside)>>);

/// What is decided on while the store looks at what runs.
pub(crate) struct Plan {
    options: ExecutionOptions,
    limit: usize,
    version: ProjectVersion,
    submit_user: String,
    submitted_at: UnixMillis,
    uuid: String,
    source: &'static str,
    priority: i32,
    audit: Option<AuditEntry>,
}

impl Plan {
    /// Decides, and leaves the decision in `decided`, which is new.
    pub(crate) fn decide(self, facts: &RunningFacts, decided: &Decided) -> Result<Submission, SubmitError> {
        let mut options = self.options;
        let beside = beside(&options.concurrency, &facts.running, self.limit)?;
        if let Beside::Pipelined { on, .. } = beside {
            options.pipeline_execution = Some(on);
        }
        // The cell is new, so it is empty.
        let _ = decided.0.set((Arc::new(options.clone()), beside));
        Ok(Submission {
            project_version: self.version,
            status: Status::Preparing,
            submit_user: self.submit_user,
            submitted_at: self.submitted_at,
            source: self.source.to_owned(),
            priority: self.priority,
            uuid: self.uuid,
            options,
            flags: "{}".to_owned(),
            nodes: Vec::new(),
            audit: self.audit,
        })
    }
}

/// Whether a flow may run beside what runs of it (§2.15, in this order).
fn beside(concurrency: &Concurrency, running: &[ExecutionId], limit: usize) -> Result<Beside, SubmitError> {
    let Some(&latest) = running.last() else { return Ok(Beside::Alone) };
    if running.len() > limit {
        return Err(SubmitError::TooManyRuns { limit });
    }
    match *concurrency {
        Concurrency::Skip => Err(SubmitError::AlreadyRunning),
        Concurrency::Pipeline { level } => Ok(Beside::Pipelined { on: latest, level }),
        Concurrency::Ignore { .. } => Ok(Beside::Concurrent { running: running.to_vec() }),
    }
}

/// The request's options on top of the flow's own: its failure action unless the request overrides it (projects-and-jobs
/// §3.5), its addresses unless the request replaces them (http-api §17), and its `param.override.*` keys below the
/// request's flow parameters.
fn merge(mut options: ExecutionOptions, flow: &Flow, overrides: &Props) -> ExecutionOptions {
    if !options.failure_action_override && flow.failure_action.is_some() {
        options.failure_action = flow.failure_action;
    }
    if !options.failure_emails_override {
        options.failure_emails.clone_from(&flow.failure_emails);
    }
    if !options.success_emails_override {
        options.success_emails.clone_from(&flow.success_emails);
    }
    for (key, value) in overrides.iter().chain(&flow.config) {
        if let Some(key) = key.strip_prefix(PARAM_OVERRIDE) {
            options.flow_parameters.entry(key.to_owned()).or_insert_with(|| value.clone());
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[i64]) -> Vec<ExecutionId> {
        numbers.iter().copied().map(ExecutionId).collect()
    }

    #[test]
    fn what_runs_decides_in_azkabans_order() {
        let ignore = Concurrency::Ignore { name: "ignore".to_owned(), level: None };
        let pipeline = Concurrency::Pipeline { level: 2 };
        let check = |concurrency: &Concurrency, running: &[i64], expected: &str| {
            let got = beside(concurrency, &ids(running), 2);
            assert_eq!(got.map_or_else(|e| e.to_string(), |b| format!("{b:?}")), expected);
        };
        check(&Concurrency::Skip, &[], "Alone");
        check(&Concurrency::Skip, &[7], "the flow is already running");
        check(&ignore, &[7, 9], "Concurrent { running: [ExecutionId(7), ExecutionId(9)] }");
        check(&pipeline, &[7, 9], "Pipelined { on: ExecutionId(9), level: 2 }");
        // The limit is passed by one more, as in Azkaban, and comes before everything else.
        check(&Concurrency::Skip, &[7, 8, 9], "the flow has more than 2 concurrent runs");
    }
}
