//! Submitting an execution (http-api §4.9, execution-and-scheduling §2.15).

use std::sync::{Arc, OnceLock};

use azkaban_core::ids::{ExecutionId, ProjectVersion};
use azkaban_core::options::{Concurrency, ExecutionOptions};
use azkaban_core::project::Flow;
use azkaban_core::props::Props;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, RunningFacts, Submission};

use crate::audit::Action;
use crate::error::{Internal, Kind};
use crate::executor::NewExecution;
use crate::projects::Project;
use crate::{Caller, Engine, clock, random};

/// Keys of a flow's properties that become flow parameters, without this prefix (projects-and-jobs §3.5).
const PARAM_OVERRIDE: &str = "param.override.";

/// What starts an execution that a user asks for (config-and-security §10.2).
const ADHOC: &str = "adhoc";
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
        let inner = &self.inner;
        if inner.executor.is_stopping() {
            return Err(SubmitError::Stopping);
        }
        let ExecuteFlow { project, flow_id, options } = request;
        let version = project.version;
        let model = self.project_model(project.id, version).await?;
        let flow = model.flows.get(&flow_id).ok_or(SubmitError::FlowNotFound)?;
        if let Some(lock) = self.flow_lock_get(project.id, &flow_id).await? {
            return Err(SubmitError::FlowLocked { message: lock.message });
        }
        let graph = inner.executor.graph(project.id, version, &model, &flow_id).map_err(Internal::new)?;
        let options = merge(options, flow, &model.parameter_overrides);
        let (submit_user, submitted_at) = (caller.user.name.clone(), clock::now());
        let audit = AuditEntry {
            flow: Some(flow_id.clone()),
            ..caller.does_with(Action::ExecutionSubmit, project.id, submitted_at)
        };
        let planned = Plan {
            options,
            limit: self.max_runs(&project.name, &flow_id),
            version,
            submit_user: submit_user.clone(),
            submitted_at,
            uuid: random::uuid().map_err(Internal::new)?,
            audit,
        };
        let overrides =
            inner.store.property_overrides_list(project.id, version).await.map_err(Internal::new)?;
        let decided = Arc::new(OnceLock::new());
        let decision = Arc::clone(&decided);
        let uuid = planned.uuid.clone();
        let id = inner
            .store
            .execution_submit(project.id, &flow_id, move |facts| {
                let (submission, beside) = planned.decide(facts)?;
                let options = Arc::new(submission.options.clone());
                // The cell is new, so it is empty.
                let _ = decision.set((options, beside));
                Ok::<_, SubmitError>(submission)
            })
            .await
            .map_err(Internal::new)??;
        inner.pages.submitted(project.id, &flow_id);
        let Some((options, beside)) = decided.get().cloned() else {
            return Err(Internal::new("a submission was stored without a decision").into());
        };
        inner.executor.begin(
            inner,
            NewExecution {
                id,
                project,
                model,
                graph,
                flow_id,
                version,
                options,
                source: Arc::from(ADHOC),
                priority: DEFAULT_PRIORITY,
                submit_user,
                submitted_at,
                uuid,
                overrides: Arc::new(
                    overrides.into_iter().map(|(flow, job, props)| ((flow, job), props)).collect(),
                ),
            },
        );
        Ok(Submitted { id, beside })
    }

    /// Unfinished executions of a flow beyond which no more are taken; one more than this may be unfinished (§2.15).
    fn max_runs(&self, project: &str, flow: &str) -> usize {
        let config = &self.inner.config;
        let exception = config.max_runs_exceptions.get(&(project.to_owned(), flow.to_owned()));
        exception.copied().unwrap_or(config.max_runs_of_flow)
    }
}

/// What is decided on while the store looks at what runs.
struct Plan {
    options: ExecutionOptions,
    limit: usize,
    version: ProjectVersion,
    submit_user: String,
    submitted_at: UnixMillis,
    uuid: String,
    audit: AuditEntry,
}

impl Plan {
    fn decide(self, facts: &RunningFacts) -> Result<(Submission, Beside), SubmitError> {
        let Plan { mut options, limit, version, submit_user, submitted_at, uuid, audit } = self;
        let beside = beside(&options.concurrency, &facts.running, limit)?;
        if let Beside::Pipelined { on, .. } = beside {
            options.pipeline_execution = Some(on);
        }
        let priority = options.flow_parameters.get("flowPriority").and_then(|text| text.trim().parse().ok());
        let submission = Submission {
            project_version: version,
            status: Status::Preparing,
            submit_user,
            submitted_at,
            source: ADHOC.to_owned(),
            priority: priority.unwrap_or(DEFAULT_PRIORITY),
            uuid,
            options,
            flags: "{}".to_owned(),
            nodes: Vec::new(),
            audit: Some(audit),
        };
        Ok((submission, beside))
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
        let ignore = Concurrency::Ignore { name: "ignore".to_owned() };
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
