//! One search over projects, flows, jobs and executions.

mod fit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::Response;
use azkaban_core::ids::ExecutionId;
use azkaban_core::permission::Permission;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Query, Signed};
use super::list::limit;
use super::problem::{Answer, Problem};
use super::schema::StatusName;
use super::session::reply;
use crate::app::App;

/// Hits at most.
const MAX_HITS: usize = 100;
/// Characters of a search at most.
const MAX_QUERY: usize = 200;
/// After this long what has been found is told.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(search))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// A part of a name in whatever case, with a typing error or two in longer words, or the number of an execution, with or without `#`.
    q: String,
    /// Hits at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<usize>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Hits {
    /// The best first.
    items: Vec<Hit>,
    /// Everything was looked at.
    complete: bool,
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum HitKind {
    Project,
    Flow,
    Job,
    Execution,
}

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
struct Hit {
    kind: HitKind,
    project: String,
    flow: Option<String>,
    /// Of a job: its id in the flow.
    path: Option<String>,
    execution: Option<i64>,
    /// Of an execution.
    status: Option<StatusName>,
    /// Higher is better.
    score: u32,
}

/// Projects, flows, jobs and executions by name or number, as far as the caller may read them.
#[utoipa::path(get, path = "/search", tag = "search", operation_id = "search", params(SearchQuery),
    responses((status = 200, description = "What was found.", body = Hits)))]
async fn search(signed: Signed, Query(query): Query<SearchQuery>) -> Answer<Response> {
    let most = limit(query.limit, 20, MAX_HITS)?;
    let wanted = query.q.trim().to_lowercase();
    let fit = fit::Wanted::new(&wanted);
    if wanted.is_empty() || wanted.chars().count() > MAX_QUERY {
        let message = format!("A search has 1 to {MAX_QUERY} characters.");
        return Err(Problem::bad_parameter("q", "length", message));
    }
    let (began, mut items, mut complete) = (Instant::now(), Vec::new(), true);
    if let Ok(id) = wanted.trim_start_matches('#').parse() {
        items.extend(execution(&signed, id).await?);
    }
    for project in signed.engine().projects_active() {
        let hit = |kind: HitKind, flow: Option<&str>, path: Option<&str>, score: u32| Hit {
            kind,
            project: project.name.clone(),
            flow: flow.map(str::to_owned),
            path: path.map(str::to_owned),
            execution: None,
            status: None,
            score,
        };
        let score = fit.score(&project.name);
        if score > 0 {
            items.push(hit(HitKind::Project, None, None, score + 3));
        }
        if began.elapsed() > PATIENCE {
            complete = false;
            continue;
        }
        if !signed.may(&project, Permission::Read) {
            continue;
        }
        let model = signed.engine().project_model(project.id, project.version).await?;
        for flow in model.listed_flows() {
            let score = fit.score(&flow.id);
            if score > 0 {
                items.push(hit(HitKind::Flow, Some(&flow.id), None, score + 2));
            }
            for job in flow.nodes.keys().filter(|job| **job != flow.id) {
                let score = fit.score(job);
                if score > 0 {
                    items.push(hit(HitKind::Job, Some(&flow.id), Some(job), score + 1));
                }
            }
        }
        if items.len() > 50 * MAX_HITS {
            items.sort_by_key(|hit| std::cmp::Reverse(hit.score));
            items.truncate(MAX_HITS);
        }
    }
    items.sort_by_key(|hit| std::cmp::Reverse(hit.score));
    items.truncate(most);
    Ok(reply(&Hits { items, complete }))
}

async fn execution(signed: &Signed, id: i64) -> Answer<Option<Hit>> {
    let Some(summary) = signed.engine().execution_summary(ExecutionId(id)).await? else { return Ok(None) };
    let project = signed.engine().project_by_id(summary.project_id).await?;
    let project = project.filter(|project| signed.may(project, Permission::Read));
    Ok(project.map(|project| Hit {
        kind: HitKind::Execution,
        project: project.name.clone(),
        flow: Some(summary.flow_id.clone()),
        path: None,
        execution: Some(id),
        status: Some(StatusName(summary.status)),
        score: 100,
    }))
}
