//! Executing a flow, and what that would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::execution::Graph;
use azkaban_core::ids::{NodeIndex, NodePath};
use azkaban_core::options::{Concurrency, Disabled, ExecutionOptions};
use azkaban_core::permission::Permission;
use azkaban_core::props;
use azkaban_core::text::hex;
use azkaban_engine::{
    Action, Beside, ExecuteFlow, PreviewWarning, Project, SubmitError, SubmitKey, SubmitOnceError, Submitted,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::graph::FailureActionName;
use crate::api::executions::paths;
use crate::api::extract::{Json, Path, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::session::{reply, reply_with};
use crate::app::App;
use crate::legacy::{Rules, check_parameters};

/// Paths or addresses in one list at most.
const MAX_ITEMS: usize = 100_000;
const MAX_ADDRESSES: usize = 500;
/// Characters of an idempotency key at most.
const MAX_KEY: usize = 200;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(execute)).routes(routes!(preview))
}

/// How to execute a flow; every key may be absent.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(in crate::api) struct ExecuteRequest {
    /// What a failure does; the flow's own rule if absent.
    pub(in crate::api) failure_action: Option<FailureActionName>,
    /// What to do while the flow runs already; `ignore` if absent.
    pub(in crate::api) concurrency: Option<ConcurrencyRequest>,
    /// Paths of jobs and flows to skip.
    pub(in crate::api) disabled: Vec<String>,
    /// Paths of the only jobs and flows to run.
    pub(in crate::api) only: Option<Vec<String>>,
    /// Flow parameters.
    pub(in crate::api) properties: BTreeMap<String, String>,
    /// Properties of single jobs, by path.
    pub(in crate::api) job_properties: BTreeMap<String, BTreeMap<String, String>>,
    /// Whom to tell.
    pub(in crate::api) notify: NotifyRequest,
}

/// What to do while the flow runs already.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub(in crate::api) enum ConcurrencyRequest {
    /// Run beside it.
    Ignore,
    /// Refuse.
    Skip,
    /// Run beside it, each job waiting for jobs of the older execution.
    Pipeline {
        /// 1: for the same job; 2: for it and its children; 3: for the whole flow.
        #[schema(minimum = 1, maximum = 3)]
        level: i32,
    },
}

/// Whom to tell.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(in crate::api) struct NotifyRequest {
    /// At the first failure.
    pub(in crate::api) first_failure: bool,
    /// At the end of a failed execution.
    pub(in crate::api) last_failure: bool,
    /// Addresses for failures; the flow's own if absent.
    pub(in crate::api) failure_emails: Option<Vec<String>>,
    /// Addresses for success; the flow's own if absent.
    pub(in crate::api) success_emails: Option<Vec<String>>,
}

impl Default for NotifyRequest {
    fn default() -> Self {
        Self { first_failure: true, last_failure: false, failure_emails: None, success_emails: None }
    }
}

/// The node of a path in a request.
fn find(graph: &Graph, field: &str, path: &str) -> Answer<NodeIndex> {
    let node = graph.find(&NodePath::from(path)).filter(|node| *node != NodeIndex::ROOT);
    node.ok_or_else(|| Problem::invalid(field, "unknownJob", format!("The flow has no job {path}.")))
}

/// A node as an entry of the disabled list.
fn disabled_entry(graph: &Graph, node: NodeIndex) -> Disabled {
    let mut entry = Disabled::Node(graph.node(node).id.to_string());
    let mut around = graph.node(node).parent;
    while around != NodeIndex::ROOT {
        entry = Disabled::Inside { id: graph.node(around).id.to_string(), children: vec![entry] };
        around = graph.node(around).parent;
    }
    entry
}

/// Everything that `only` leaves out: whole flows where nothing in them is chosen, else single jobs.
fn left_out(graph: &Graph, only: &BTreeSet<NodeIndex>) -> Vec<NodeIndex> {
    let mut chosen = vec![false; graph.len()];
    let mut reaches = vec![false; graph.len()];
    for (index, node) in graph.iter() {
        let around = index != NodeIndex::ROOT && chosen[node.parent.get()];
        chosen[index.get()] = around || only.contains(&index);
    }
    let nodes: Vec<NodeIndex> = graph.iter().map(|(index, _)| index).collect();
    for node in nodes.iter().rev() {
        if chosen[node.get()] || reaches[node.get()] {
            reaches[graph.node(*node).parent.get()] = true;
            reaches[node.get()] = true;
        }
    }
    let is_top = |node: &NodeIndex| {
        let parent = graph.node(*node).parent;
        *node != NodeIndex::ROOT
            && !reaches[node.get()]
            && (parent == NodeIndex::ROOT || reaches[parent.get()])
    };
    nodes.iter().copied().filter(is_top).collect()
}

/// Addresses of a request, and whether there was a list at all.
pub(in crate::api) fn addresses(field: &str, given: Option<Vec<String>>) -> Answer<(bool, Vec<String>)> {
    let given_at_all = given.is_some();
    let list = given.unwrap_or_default();
    let is_address =
        |text: &String| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || ",;".contains(c));
    if list.len() > MAX_ADDRESSES || !list.iter().all(is_address) {
        return Err(Problem::invalid(field, "address", "Each entry is one address, without spaces."));
    }
    Ok((given_at_all, list))
}

impl ExecuteRequest {
    /// The request that options come from. Secret values are masked.
    pub(in crate::api) fn shown(options: &ExecutionOptions) -> Self {
        let own = |given: bool, addresses: &Vec<String>| given.then(|| addresses.clone());
        Self {
            failure_action: options.failure_action.map(FailureActionName::from),
            concurrency: Some(match options.concurrency {
                Concurrency::Skip => ConcurrencyRequest::Skip,
                Concurrency::Ignore { .. } => ConcurrencyRequest::Ignore,
                Concurrency::Pipeline { level } => ConcurrencyRequest::Pipeline { level },
            }),
            disabled: paths(&options.disabled),
            only: None,
            properties: props::mask(&options.flow_parameters),
            job_properties: options
                .runtime_properties
                .iter()
                .map(|(path, props)| (path.clone(), props::mask(props)))
                .collect(),
            notify: NotifyRequest {
                first_failure: options.notify_failure_first,
                last_failure: options.notify_failure_last,
                failure_emails: own(options.failure_emails_override, &options.failure_emails),
                success_emails: own(options.success_emails_override, &options.success_emails),
            },
        }
    }

    /// As the options of an execution.
    pub(in crate::api) fn options(self, signed: &Signed, graph: &Graph) -> Answer<ExecutionOptions> {
        if self.disabled.len() > MAX_ITEMS || self.only.as_ref().is_some_and(|only| only.len() > MAX_ITEMS) {
            return Err(Problem::invalid("disabled", "tooLong", format!("At most {MAX_ITEMS} paths.")));
        }
        let mut disabled: Vec<Disabled> = Vec::new();
        for (place, path) in self.disabled.iter().enumerate() {
            disabled.push(disabled_entry(graph, find(graph, &format!("disabled[{place}]"), path)?));
        }
        if let Some(only) = &self.only {
            let paths = only.iter().enumerate();
            let chosen = paths.map(|(place, path)| find(graph, &format!("only[{place}]"), path));
            let chosen = chosen.collect::<Answer<BTreeSet<_>>>()?;
            disabled.extend(left_out(graph, &chosen).into_iter().map(|node| disabled_entry(graph, node)));
        }
        for path in self.job_properties.keys() {
            find(graph, &format!("jobProperties.{path}"), path)?;
        }
        let (failure_emails_override, failure_emails) =
            addresses("notify.failureEmails", self.notify.failure_emails)?;
        let (success_emails_override, success_emails) =
            addresses("notify.successEmails", self.notify.success_emails)?;
        let mut flow_parameters = self.properties;
        let admin = signed.engine().role_grants(&signed.caller.user, Permission::Admin);
        let rules = Rules { admin, retry_limit: signed.app.config.flow_retry_limit };
        check_parameters(&mut flow_parameters, rules)
            .map_err(|message| Problem::invalid("properties", "value", message))?;
        Ok(ExecutionOptions {
            failure_action: self.failure_action.map(Into::into),
            failure_action_override: self.failure_action.is_some(),
            notify_failure_first: self.notify.first_failure,
            notify_failure_last: self.notify.last_failure,
            failure_emails,
            failure_emails_override,
            success_emails,
            success_emails_override,
            concurrency: match self.concurrency.unwrap_or(ConcurrencyRequest::Ignore) {
                ConcurrencyRequest::Ignore => Concurrency::Ignore { name: "ignore".to_owned(), level: None },
                ConcurrencyRequest::Skip => Concurrency::Skip,
                ConcurrencyRequest::Pipeline { level } if (1..=3).contains(&level) => {
                    Concurrency::Pipeline { level }
                }
                ConcurrencyRequest::Pipeline { .. } => {
                    let message = "The level is 1, 2 or 3.";
                    return Err(Problem::invalid("concurrency.level", "range", message));
                }
            },
            flow_parameters,
            runtime_properties: self.job_properties,
            disabled,
            ..ExecutionOptions::default()
        })
    }
}

async fn request(
    signed: &Signed,
    project: Arc<Project>,
    flow_id: String,
    body: ExecuteRequest,
) -> Answer<ExecuteFlow> {
    let graph = signed.engine().flow_graph(project.id, project.version, &flow_id).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let options = body.options(signed, &graph)?;
    Ok(ExecuteFlow { project, flow_id, options })
}

/// An execution that has been stored and will run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubmittedView {
    id: i64,
    /// Executions of the flow that run beside it.
    running: Vec<i64>,
    /// The execution whose jobs it waits for.
    pipelined_on: Option<i64>,
}

impl From<Submitted> for SubmittedView {
    fn from(submitted: Submitted) -> Self {
        let (running, pipelined_on) = match submitted.beside {
            Beside::Alone => (Vec::new(), None),
            Beside::Concurrent { running } => (running.into_iter().map(|id| id.0).collect(), None),
            Beside::Pipelined { on, .. } => (Vec::new(), Some(on.0)),
        };
        Self { id: submitted.id.0, running, pipelined_on }
    }
}

fn refused(error: SubmitError) -> Problem {
    match error {
        SubmitError::FlowNotFound => Problem::not_found("flow"),
        SubmitError::FlowLocked { message } => {
            Problem::conflict("locked", "The flow is locked.").param("message", message)
        }
        SubmitError::AlreadyRunning => Problem::conflict("alreadyRunning", "The flow is already running."),
        SubmitError::TooManyRuns { limit } => {
            Problem::conflict("tooManyRuns", "Too many executions of the flow run.").param("limit", limit)
        }
        SubmitError::Stopping => {
            Problem::of(StatusCode::SERVICE_UNAVAILABLE).detail("The server is stopping.")
        }
        SubmitError::Internal(error) => error.into(),
    }
}

/// The key of a request that may be sent again: the same key with the same request submits nothing more.
fn submit_key(
    headers: &HeaderMap,
    project: &str,
    flow: &str,
    body: &ExecuteRequest,
) -> Answer<Option<SubmitKey>> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=MAX_KEY).contains(&key.len()));
    let message = format!("A key has 1 to {MAX_KEY} visible ASCII characters.");
    let key = key.ok_or_else(|| Problem::bad_parameter("Idempotency-Key", "length", message))?;
    let request =
        serde_json::to_vec(&(project.to_lowercase(), flow, body)).map_err(azkaban_engine::Internal::new)?;
    let digest = Sha256::digest(&request);
    let request = hex(&digest);
    Ok(Some(SubmitKey { key: key.to_owned(), request }))
}

/// Executes a flow of the current version.
#[utoipa::path(post, path = "/projects/{project}/flows/{flow}/executions", tag = "executions", operation_id = "executeFlow",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same request again, within a week, gives the same execution.")),
    request_body = ExecuteRequest,
    responses((status = 201, description = "Stored; it will run.", body = SubmittedView)))]
async fn execute(
    signed: Signed,
    Path((name, flow)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<ExecuteRequest>,
) -> Answer<Response> {
    let key = submit_key(&headers, &name, &flow, &body)?;
    let project = signed.project_to(Action::ExecutionSubmit, &name, Permission::Execute).await?;
    let request = request(&signed, project, flow, body).await?;
    let (engine, caller) = (signed.engine(), &signed.caller);
    let submitted = match key {
        None => engine.execution_submit(caller, request).await.map_err(refused)?,
        Some(key) => match engine.execution_submit_once(caller, request, key).await {
            Ok((submitted, _)) => submitted,
            Err(SubmitOnceError::KeyReused) => {
                let detail = "This Idempotency-Key was sent with another request.";
                return Err(Problem::conflict("keyReused", detail));
            }
            Err(SubmitOnceError::Submit(error)) => return Err(refused(error)),
        },
    };
    let view = SubmittedView::from(submitted);
    let mut response = reply_with(StatusCode::CREATED, &view);
    let location = format!("{}/executions/{}", crate::api::PREFIX, view.id);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(http::header::LOCATION, location);
    }
    Ok(response)
}

/// What an execution would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewView {
    version: i32,
    /// Jobs of the flow, those in flows inside it included.
    jobs: usize,
    will_run: usize,
    skipped: usize,
    /// How long it may take: the longest way through the medians of its jobs.
    expected_ms: Option<i64>,
    /// How many successful runs say so.
    expected_from: usize,
    warnings: Vec<WarningView>,
    /// A submission would be accepted as things are.
    can_submit: bool,
}

/// What to know before an execution is submitted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WarningView {
    /// `running`, `pipelined`, `alreadyRunning`, `tooManyRuns`, `locked`, `queued` or `nothingToRun`.
    code: &'static str,
    /// Values that belong to the code.
    #[schema(value_type = BTreeMap<String, Value>)]
    params: Value,
    /// A sentence in English.
    message: String,
}

fn warning(warning: PreviewWarning) -> WarningView {
    let ids = |ids: Vec<azkaban_core::ids::ExecutionId>| ids.into_iter().map(|id| id.0).collect::<Vec<_>>();
    let (code, params, message) = match warning {
        PreviewWarning::Running(running) => (
            "running",
            json!({"executions": ids(running)}),
            "The flow runs; this would run beside it.".to_owned(),
        ),
        PreviewWarning::Pipelined(on) => (
            "pipelined",
            json!({"execution": on.0}),
            format!("Its jobs would wait for those of execution {on}."),
        ),
        PreviewWarning::AlreadyRunning(running) => (
            "alreadyRunning",
            json!({"executions": ids(running)}),
            "The flow runs, so this would not start.".to_owned(),
        ),
        PreviewWarning::TooManyRuns(limit) => (
            "tooManyRuns",
            json!({"limit": limit}),
            format!("More than {limit} executions of the flow run, so this would not start."),
        ),
        PreviewWarning::Locked(message) => {
            ("locked", json!({"message": message}), "The flow is locked.".to_owned())
        }
        PreviewWarning::Queued(ahead) => (
            "queued",
            json!({"position": ahead + 1}),
            format!("No slot is free; {ahead} executions wait already."),
        ),
        PreviewWarning::NothingToRun => ("nothingToRun", json!({}), "No job would run.".to_owned()),
    };
    WarningView { code, params, message }
}

/// What an execution would be, without submitting it.
#[utoipa::path(post, path = "/projects/{project}/flows/{flow}/executions/preview", tag = "executions", operation_id = "previewExecution",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    request_body = ExecuteRequest,
    responses((status = 200, description = "What it would be.", body = PreviewView)))]
async fn preview(
    signed: Signed,
    Path((name, flow)): Path<(String, String)>,
    Json(body): Json<ExecuteRequest>,
) -> Answer<Response> {
    let project = signed.project(&name, Permission::Execute)?;
    let request = request(&signed, project, flow, body).await?;
    let preview = signed.engine().execution_preview(&request).await?;
    let preview = preview.ok_or_else(|| Problem::not_found("flow"))?;
    Ok(reply(&PreviewView {
        version: preview.version.0,
        jobs: preview.jobs,
        will_run: preview.will_run,
        skipped: preview.jobs - preview.will_run,
        expected_ms: preview.expected_ms,
        expected_from: preview.expected_from,
        warnings: preview.warnings.into_iter().map(warning).collect(),
        can_submit: preview.can_submit,
    }))
}
