//! Executions: lists with what there is to choose from, one of them, steering it, what runs and waits.

mod compare;
mod explain;
mod logs;
mod options;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::command::exit_code_of;
use azkaban_core::execution::NodeState;
use azkaban_core::ids::{ExecutionId, NodeIndex, ProjectId};
use azkaban_core::permission::Permission;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_engine::{
    Action, ControlError, ExecutionQuery, ExecutionSummary, ExecutionView as View, Project,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Path, Query, Signed};
use super::list::{Page, Paging};
use super::problem::{Answer, Problem};
use super::projects::own_permissions;
use super::schema::{PermissionName, Several, StatusName, millis};
use super::session::reply;
use crate::app::App;
use options::OptionsView;
pub(super) use options::paths;

/// Hits that are counted, and looked at for what there is to choose from.
const MAX_COUNTED: u64 = 10_000;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(kill))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(retry))
        .routes(routes!(running))
        .merge(explain::resources())
        .merge(compare::resources())
        .merge(logs::resources())
}

/// An execution.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionItem {
    id: i64,
    project_id: i64,
    /// The project's name.
    project: String,
    flow: String,
    version: i32,
    status: StatusName,
    /// Who submitted it.
    user: String,
    submitted_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    updated_at: Option<i64>,
}

/// An execution as the API shows it.
pub(super) fn item(summary: &ExecutionSummary, project: &str) -> ExecutionItem {
    ExecutionItem {
        id: summary.id.0,
        project_id: summary.project_id.0,
        project: project.to_owned(),
        flow: summary.flow_id.clone(),
        version: summary.version.0,
        status: StatusName(summary.status),
        user: summary.submit_user.clone(),
        submitted_at: summary.submitted_at.0,
        started_at: millis(summary.started_at),
        ended_at: millis(summary.ended_at),
        updated_at: millis(summary.updated_at),
    }
}

/// Names of projects, alive or deleted, each looked up once.
struct Names<'a> {
    signed: &'a Signed,
    known: HashMap<ProjectId, String>,
}

impl<'a> Names<'a> {
    fn new(signed: &'a Signed) -> Self {
        Self { signed, known: HashMap::new() }
    }

    async fn of(&mut self, id: ProjectId) -> Answer<String> {
        if let Some(name) = self.known.get(&id) {
            return Ok(name.clone());
        }
        let project = self.signed.engine().project_by_id(id).await?;
        let name = project.map_or_else(String::new, |project| project.name.clone());
        self.known.insert(id, name.clone());
        Ok(name)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionFilter {
    /// Statuses, separated by commas.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    status: Several<StatusName>,
    /// Users, separated by commas.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    user: Several<String>,
    /// A part of the user's name.
    user_contains: Option<String>,
    /// Names of projects, separated by commas.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    project: Several<String>,
    /// A part of the project's name.
    project_contains: Option<String>,
    /// Ids of flows, separated by commas.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    flow: Several<String>,
    /// A part of the flow's id.
    flow_contains: Option<String>,
    /// What submitted it, separated by commas: `adhoc`, `schedule`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    source: Several<String>,
    /// Started at this time or later.
    started_after: Option<i64>,
    /// Started before this time.
    started_before: Option<i64>,
    /// `-id` for the newest first, which is the default, or `id`.
    #[param(inline)]
    sort: Option<ExecutionSort>,
    /// Count what there is to choose from.
    facets: Option<bool>,
}

/// The order of a list of executions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
enum ExecutionSort {
    #[default]
    #[serde(rename = "-id")]
    Newest,
    #[serde(rename = "id")]
    Oldest,
}

/// Executions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionList {
    items: Vec<ExecutionItem>,
    /// For the next page, if there is one.
    next_cursor: Option<String>,
    /// Only if `facets` were asked for.
    total: Option<Total>,
    /// Only if asked for.
    facets: Option<Facets>,
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Total {
    count: u64,
    /// There are no more than `count`.
    exact: bool,
}

/// How many executions there are of each value, among the newest 10,000 that match.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Facets {
    status: BTreeMap<String, u64>,
    user: BTreeMap<String, u64>,
    flow: BTreeMap<String, u64>,
    project: BTreeMap<String, u64>,
    /// How many started when; null if none has started.
    timeline: Option<Timeline>,
}

/// Counts of executions over time, in steps of the same length.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Timeline {
    /// When the first step begins.
    from: i64,
    step_ms: i64,
    /// Executions that started in each step.
    started: Vec<u32>,
    /// Those of them that failed or were killed.
    bad: Vec<u32>,
}

/// Steps of a timeline.
const STEPS: i64 = 60;

impl Timeline {
    fn new(starts: &[(UnixMillis, Status)]) -> Option<Self> {
        let from = starts.iter().map(|(at, _)| at.0).min()?;
        let until = starts.iter().map(|(at, _)| at.0).max()?;
        let step_ms = until.saturating_sub(from).div_euclid(STEPS).saturating_add(1).max(1_000);
        let (mut started, mut bad) = (vec![0; STEPS as usize], vec![0; STEPS as usize]);
        for (at, status) in starts {
            let step = usize::try_from((at.0 - from) / step_ms).unwrap_or(0).min(STEPS as usize - 1);
            started[step] += 1;
            let is_bad = matches!(status, Status::Failed | Status::Killed | Status::ExecutionStopped);
            bad[step] += u32::from(is_bad);
        }
        Some(Self { from, step_ms, started, bad })
    }
}

/// The projects whose executions count: those that the filter means and the caller may read. `None` for all.
fn projects(signed: &Signed, filter: &ExecutionFilter) -> Option<Vec<ProjectId>> {
    let everywhere = signed.engine().role_grants(&signed.caller.user, Permission::Read);
    let any = filter.project.0.is_empty() && filter.project_contains.is_none();
    if everywhere && any {
        return None;
    }
    let part = filter.project_contains.as_ref().map(|part| part.to_lowercase());
    let is_meant = |project: &&Arc<Project>| {
        let name = project.name.to_lowercase();
        let named = filter.project.0.is_empty()
            || filter.project.0.iter().any(|wanted| wanted.to_lowercase() == name);
        named
            && part.as_ref().is_none_or(|part| name.contains(part.as_str()))
            && signed.may(project, Permission::Read)
    };
    Some(signed.engine().projects_active().iter().filter(is_meant).map(|project| project.id).collect())
}

/// Executions of the projects that the caller may read.
#[utoipa::path(get, path = "/executions", tag = "executions", operation_id = "listExecutions", params(ExecutionFilter, Paging),
    responses((status = 200, description = "A page of executions.", body = ExecutionList)))]
async fn list(
    signed: Signed,
    Query(filter): Query<ExecutionFilter>,
    Query(paging): Query<Paging>,
) -> Answer<Response> {
    let limit = paging.limit()?;
    let beyond = paging.position()?.map(|position| ExecutionId(position.cast_signed()));
    let query = ExecutionQuery {
        projects: projects(&signed, &filter),
        statuses: filter.status.0.iter().map(|status| status.0).collect(),
        flows: filter.flow.0,
        flow_contains: filter.flow_contains,
        users: filter.user.0,
        user_contains: filter.user_contains,
        sources: filter.source.0,
        started_from: filter.started_after.map(UnixMillis),
        started_before: filter.started_before.map(UnixMillis),
        beyond,
        ascending: filter.sort == Some(ExecutionSort::Oldest),
    };
    let mut names = Names::new(&signed);
    let facets = match filter.facets {
        Some(true) => {
            let query = ExecutionQuery { beyond: None, ..query.clone() };
            Some(signed.engine().executions_facets(query, MAX_COUNTED + 1).await?)
        }
        _ => None,
    };
    let rows = signed.engine().executions_search(query, limit as u64 + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.0.cast_unsigned());
    let mut items = Vec::with_capacity(page.items.len());
    for summary in &page.items {
        items.push(item(summary, &names.of(summary.project_id).await?));
    }
    let (mut total, mut counted) = (None, None);
    if let Some(facets) = facets {
        let mut project = BTreeMap::new();
        for (id, count) in facets.projects {
            *project.entry(names.of(id).await?).or_default() += count;
        }
        let exact = facets.looked_at <= MAX_COUNTED;
        total = Some(Total { count: facets.looked_at.min(MAX_COUNTED), exact });
        let timeline = Timeline::new(&facets.started);
        let status = facets.statuses.into_iter().map(|(status, count)| (status.name().to_owned(), count));
        let (status, user, flow) = (status.collect(), facets.users, facets.flows);
        counted = Some(Facets { status, user, flow, project, timeline });
    }
    Ok(reply(&ExecutionList { items, next_cursor: page.next_cursor, total, facets: counted }))
}

/// The state of a node.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeStateView {
    path: String,
    status: StatusName,
    /// The latest attempt; 0 for the first.
    attempt: u32,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    updated_at: Option<i64>,
    /// The attempt may not start before this.
    not_before: Option<i64>,
}

/// The state of a node as the API shows it.
pub(super) fn node_state(path: &str, state: &NodeState) -> NodeStateView {
    NodeStateView {
        path: path.to_owned(),
        status: StatusName(state.status),
        attempt: state.attempt,
        started_at: millis(state.started_at),
        ended_at: millis(state.ended_at),
        updated_at: millis(state.updated_at),
        not_before: millis(state.not_before),
    }
}

/// A node with its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NodeDetail {
    #[serde(flatten)]
    state: NodeStateView,
    attempts: Vec<AttemptView>,
}

/// An attempt of a job.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptView {
    /// 0 for the first.
    attempt: u32,
    status: StatusName,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    /// Why it ended as it did, in words.
    reason: Option<String>,
    /// With what its process ended, where that is known to be another number than 0.
    exit_code: Option<i32>,
}

/// An execution with its nodes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionDetail {
    #[serde(flatten)]
    execution: ExecutionItem,
    /// What submitted it: `adhoc`, `schedule`.
    source: String,
    /// What the caller may do with its project.
    permissions: Vec<PermissionName>,
    /// How it was asked for.
    options: OptionsView,
    /// Nodes that are not READY, the flow itself left out.
    nodes: Vec<NodeDetail>,
    /// Jobs by status.
    counts: BTreeMap<String, usize>,
    /// Its place in the queue, from 1 on; null if it does not wait.
    position: Option<usize>,
    /// Median of the flow's successful runs; null once it has ended.
    expected_ms: Option<i64>,
}

/// An execution of a project that the caller may read, and the project, perhaps deleted.
pub(super) async fn readable(signed: &Signed, id: i64) -> Answer<(Arc<View>, Arc<Project>)> {
    let not_found = || Problem::not_found("execution");
    let view = signed.engine().execution_get(ExecutionId(id)).await?.ok_or_else(not_found)?;
    let project = signed.engine().project_by_id(view.summary.project_id).await?.ok_or_else(not_found)?;
    if !signed.may(&project, Permission::Read) {
        return Err(not_found());
    }
    Ok((view, project))
}

/// Jobs by status.
fn counts(view: &View) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (index, _) in view.graph.iter().filter(|(_, node)| node.is_job()) {
        *counts.entry(view.nodes[index.get()].status.name().to_owned()).or_default() += 1;
    }
    counts
}

/// Median of the last successful runs of the execution's flow.
async fn expected(signed: &Signed, view: &View) -> Answer<Option<i64>> {
    const RUNS: u64 = 20;
    if view.summary.status.is_terminal_for_execution() {
        return Ok(None);
    }
    let query = ExecutionQuery {
        projects: Some(vec![view.summary.project_id]),
        flows: vec![view.summary.flow_id.clone()],
        statuses: vec![Status::Succeeded],
        ..ExecutionQuery::default()
    };
    let runs = signed.engine().executions_search(query, RUNS).await?;
    let mut lengths: Vec<i64> =
        runs.iter().filter_map(|run| Some((run.ended_at?.0 - run.started_at?.0).max(0))).collect();
    lengths.sort_unstable();
    Ok(lengths.get(lengths.len() / 2).copied())
}

/// An execution with its nodes.
#[utoipa::path(get, path = "/executions/{id}", tag = "executions", operation_id = "getExecution",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The execution.", body = ExecutionDetail)))]
async fn get(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    let (view, project) = readable(&signed, id).await?;
    let mut attempts: HashMap<NodeIndex, Vec<AttemptView>> = HashMap::new();
    for row in signed.engine().execution_attempts(view.summary.id).await? {
        let Some(node) = view.graph.find(&row.key.node) else { continue };
        attempts.entry(node).or_default().push(AttemptView {
            attempt: row.key.attempt,
            status: StatusName(row.status),
            started_at: millis(row.started_at),
            ended_at: millis(row.ended_at),
            exit_code: row.reason.as_deref().and_then(exit_code_of),
            reason: row.reason,
        });
    }
    let shown = view
        .graph
        .iter()
        .filter(|(index, _)| *index != NodeIndex::ROOT && view.nodes[index.get()].status != Status::Ready);
    let nodes = shown.map(|(index, node)| NodeDetail {
        state: node_state(node.path.as_str(), &view.nodes[index.get()]),
        attempts: attempts.remove(&index).unwrap_or_default(),
    });
    let nodes = nodes.collect();
    Ok(reply(&ExecutionDetail {
        execution: item(&view.summary, &project.name),
        source: view.source.to_string(),
        permissions: own_permissions(&signed, &project),
        options: OptionsView::new(&view),
        nodes,
        counts: counts(&view),
        position: signed.engine().execution_position(view.summary.id),
        expected_ms: expected(&signed, &view).await?,
    }))
}

fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::NotFound(_) => Problem::not_found("execution"),
        ControlError::Ended(summary) => Problem::conflict("ended", "The execution has ended.")
            .param("status", summary.status.name())
            .param("endedAt", millis(summary.ended_at)),
        ControlError::Refused(status) => {
            Problem::conflict("status", "What the execution does now forbids this.")
                .param("status", status.name())
        }
        ControlError::Internal(error) => error.into(),
    }
}

/// Steers an execution, and answers with it as it is then.
async fn steer(signed: &Signed, id: i64, action: Action) -> Answer<Response> {
    let (_, project) = readable(signed, id).await?;
    signed.require_to(action, &project, Permission::Execute).await?;
    let (engine, caller, id) = (signed.engine(), &signed.caller, ExecutionId(id));
    let steered = match action {
        Action::ExecutionPause => engine.execution_pause(caller, id).await,
        Action::ExecutionResume => engine.execution_resume(caller, id).await,
        Action::ExecutionRetry => engine.execution_retry_failed(caller, id).await,
        _ => engine.execution_cancel(caller, id).await,
    };
    steered.map_err(refused)?;
    let summary = engine.execution_summary(id).await?.ok_or_else(|| Problem::not_found("execution"))?;
    Ok(reply(&item(&summary, &project.name)))
}

/// Ends an execution: running jobs are stopped, others do not start.
#[utoipa::path(post, path = "/executions/{id}/kill", tag = "executions", operation_id = "killExecution",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The execution; what follows is stored.", body = ExecutionItem)))]
async fn kill(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    steer(&signed, id, Action::ExecutionCancel).await
}

/// Starts no new jobs of an execution until it is resumed.
#[utoipa::path(post, path = "/executions/{id}/pause", tag = "executions", operation_id = "pauseExecution",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The execution; what follows is stored.", body = ExecutionItem)))]
async fn pause(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    steer(&signed, id, Action::ExecutionPause).await
}

/// Ends a pause.
#[utoipa::path(post, path = "/executions/{id}/resume", tag = "executions", operation_id = "resumeExecution",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The execution; what follows is stored.", body = ExecutionItem)))]
async fn resume(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    steer(&signed, id, Action::ExecutionResume).await
}

/// Gives failed jobs another attempt while the execution still runs.
#[utoipa::path(post, path = "/executions/{id}/retry", tag = "executions", operation_id = "retryExecution",
    params(("id" = i64, Path, description = "Its id.")),
    responses((status = 200, description = "The execution; what follows is stored.", body = ExecutionItem)))]
async fn retry(signed: Signed, Path(id): Path<i64>) -> Answer<Response> {
    steer(&signed, id, Action::ExecutionRetry).await
}

/// What runs and what waits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Running {
    /// Executions that hold a slot, ascending.
    running: Vec<RunningItem>,
    /// Executions that wait for one, the next to start first.
    queue: Vec<RunningItem>,
    slots: Slots,
    /// Waiting ones start when a slot is free.
    queue_open: bool,
}

/// How many executions may run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Slots {
    used: usize,
    limit: usize,
}

/// An execution that has not ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunningItem {
    #[serde(flatten)]
    execution: ExecutionItem,
    /// Jobs by status.
    counts: BTreeMap<String, usize>,
    /// Its place in the queue, from 1 on; null once it runs.
    position: Option<usize>,
    /// Median of the flow's successful runs.
    expected_ms: Option<i64>,
    /// The caller may pause, resume and end it.
    may_kill: bool,
}

/// What runs and what waits, as far as the caller may read it.
#[utoipa::path(get, path = "/running", tag = "executions", operation_id = "listRunning",
    responses((status = 200, description = "What runs and waits.", body = Running)))]
async fn running(signed: Signed) -> Answer<Response> {
    let active = signed.engine().executions_active();
    let slots = Slots { used: active.running.len(), limit: active.limit };
    let mut lists = [Vec::new(), Vec::new()];
    for (list, (views, waits)) in lists.iter_mut().zip([(active.running, false), (active.queued, true)]) {
        for (place, view) in views.iter().enumerate() {
            let project = signed.engine().project_by_id(view.summary.project_id).await?;
            let Some(project) = project.filter(|project| signed.may(project, Permission::Read)) else {
                continue;
            };
            list.push(RunningItem {
                execution: item(&view.summary, &project.name),
                counts: counts(view),
                position: waits.then_some(place + 1),
                expected_ms: expected(&signed, view).await?,
                may_kill: signed.may(&project, Permission::Execute),
            });
        }
    }
    let [running, queue] = lists;
    Ok(reply(&Running { running, queue, slots, queue_open: active.queue_open }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_counts_every_start_in_its_step() {
        assert_eq!(Timeline::new(&[]), None);
        let at = |millis: i64, status| (UnixMillis(millis), status);
        let starts = [at(600_000, Status::Failed), at(60_000, Status::Running), at(0, Status::Succeeded)];
        let timeline = Timeline::new(&starts).unwrap();
        assert_eq!((timeline.from, timeline.step_ms), (0, 10_001));
        assert_eq!((timeline.started[0], timeline.started[5], timeline.started[59]), (1, 1, 1));
        assert_eq!((timeline.bad.iter().sum::<u32>(), timeline.bad[59]), (1, 1));
        let one = Timeline::new(&[at(5, Status::Succeeded)]).unwrap();
        assert_eq!((one.from, one.step_ms, one.started[0]), (5, 1_000, 1));
    }
}
