//! Flow triggers: flows that wait for data. Their definitions are read from the projects' files and shown; nothing waits for
//! their dependencies, since those are a matter of Azkaban's plugins (execution-and-scheduling §5.2).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::Response;
use azkaban_core::permission::Permission;
use azkaban_core::project::FlowTrigger;
use azkaban_core::props;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Query, Signed};
use super::problem::Answer;
use super::session::reply;
use crate::app::App;

/// Triggers that are told at most.
const MAX_TRIGGERS: usize = 500;
/// How long projects are looked through.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TriggersQuery {
    /// Only of this project.
    project: Option<String>,
    /// Only of this flow.
    flow: Option<String>,
}

/// Flow triggers as the projects define them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FlowTriggers {
    items: Vec<FlowTriggerView>,
    /// Everything was looked at; else there may be more.
    complete: bool,
}

/// What starts a flow once its data are there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FlowTriggerView {
    project: String,
    flow: String,
    /// A Quartz expression, in the server's zone.
    cron: String,
    /// How long it would wait for its dependencies.
    max_wait_ms: Option<i64>,
    dependencies: Vec<DependencyView>,
}

/// Something that a flow trigger waits for.
#[derive(Debug, Serialize, ToSchema)]
struct DependencyView {
    name: String,
    /// The kind of plugin that looks for it.
    #[serde(rename = "type")]
    kind: String,
    /// Secret values are masked.
    params: BTreeMap<String, String>,
}

fn view(project: &str, flow: &str, trigger: &FlowTrigger) -> FlowTriggerView {
    FlowTriggerView {
        project: project.to_owned(),
        flow: flow.to_owned(),
        cron: trigger.cron.clone(),
        max_wait_ms: trigger.max_wait_minutes.map(|minutes| i64::from(minutes) * 60_000),
        dependencies: trigger
            .dependencies
            .iter()
            .map(|dependency| DependencyView {
                name: dependency.name.clone(),
                kind: dependency.kind.clone(),
                params: props::mask(&dependency.params),
            })
            .collect(),
    }
}

/// Flow triggers that the current versions of projects define, as far as the caller may read them. They are shown; nothing
/// waits for their dependencies.
#[utoipa::path(get, path = "/flow-triggers", tag = "schedules", operation_id = "listFlowTriggers", params(TriggersQuery),
    responses((status = 200, description = "The triggers.", body = FlowTriggers)))]
async fn list(signed: Signed, Query(query): Query<TriggersQuery>) -> Answer<Response> {
    let projects = match &query.project {
        Some(name) => vec![signed.project(name, Permission::Read)?],
        None => signed.engine().projects_active(),
    };
    let (began, mut items, mut complete) = (Instant::now(), Vec::new(), true);
    for project in projects.iter().filter(|project| signed.may(project, Permission::Read)) {
        if began.elapsed() > PATIENCE || items.len() >= MAX_TRIGGERS {
            complete = false;
            break;
        }
        let model = signed.engine().project_model(project.id, project.version).await?;
        let wanted = |id: &str| query.flow.as_deref().is_none_or(|flow| flow == id);
        let triggers = model.listed_flows().filter(|flow| wanted(&flow.id));
        items.extend(triggers.filter_map(|flow| Some(view(&project.name, &flow.id, flow.trigger.as_ref()?))));
    }
    items.truncate(MAX_TRIGGERS);
    Ok(reply(&FlowTriggers { items, complete }))
}
