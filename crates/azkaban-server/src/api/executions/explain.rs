//! Why an execution, or one of its nodes, stands as it does.

use std::collections::HashMap;
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::execution::{Reason, Why, explain, explain_node};
use azkaban_core::ids::{NodeIndex, NodePath};
use azkaban_core::status::Status;
use azkaban_engine::ExecutionView;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::readable;
use crate::api::extract::{Path, Query, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::session::reply;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Why it stands as it does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explanation {
    /// The most important first.
    reasons: Vec<ReasonView>,
}

/// A reason.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonView {
    /// A word for programs.
    code: &'static str,
    /// The node that it is about; null for the execution as a whole.
    path: Option<String>,
    /// Values that belong to the code.
    #[schema(value_type = BTreeMap<String, Value>)]
    params: Value,
    /// A sentence in English.
    message: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExplainQuery {
    /// Only about this node: its path.
    job: Option<String>,
}

/// What a reason is told from.
struct Teller<'a> {
    signed: &'a Signed,
    view: &'a ExecutionView,
    /// Reasons of the last attempts, by node.
    ends: HashMap<NodeIndex, (u32, Option<String>)>,
}

impl Teller<'_> {
    fn paths(&self, nodes: &[NodeIndex]) -> Vec<&str> {
        nodes.iter().map(|node| self.view.graph.node(*node).path.as_str()).collect()
    }

    fn tell(&self, reason: &Reason) -> ReasonView {
        let node = self.view.graph.node(reason.node);
        let is_root = reason.node == NodeIndex::ROOT;
        let name = if is_root { "The execution" } else { node.path.as_str() };
        let (code, params, message) = match &reason.why {
            Why::NotStarted => self.not_started(),
            Why::Paused => {
                ("paused", json!({}), "It is paused; no new jobs start until it is resumed.".to_owned())
            }
            Why::Killing => ("killing", json!({}), format!("{name} is being killed.")),
            Why::Killed if is_root => ("killed", json!({}), "The execution was killed.".to_owned()),
            Why::Killed => ("jobKilled", json!({}), format!("{name} was killed.")),
            Why::ServerLost => {
                ("serverLost", json!({}), "The machine that ran the execution was lost.".to_owned())
            }
            Why::Failed { attempt } => {
                let (last, why) = self.ends.get(&reason.node).cloned().unwrap_or((*attempt, None));
                let params = json!({"attempt": attempt, "attempts": last + 1, "reason": why});
                let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                ("jobFailed", params, format!("{name} failed in attempt {}{why}", attempt + 1))
            }
            Why::FailedSucceeded => {
                ("failedSucceeded", json!({}), format!("{name} failed, which counts as success."))
            }
            Why::Cancelled { because } => {
                let because = self.paths(because);
                let message = match because.first() {
                    Some(first) => format!("{name} did not start because of {first}."),
                    None => format!("{name} did not start because the flow was ending."),
                };
                ("jobCancelled", json!({"because": because}), message)
            }
            Why::ParentsUnmet { because } => (
                "parentsUnmet",
                json!({"because": self.paths(because)}),
                format!("The condition of {name} on the statuses of its dependencies is not met."),
            ),
            Why::ConditionFalse => {
                ("conditionFalse", json!({}), format!("The condition of {name} is false."))
            }
            Why::ConditionUnresolved => (
                "conditionUnresolved",
                json!({}),
                format!("The condition of {name} names a job that is not there."),
            ),
            Why::Disabled => ("disabled", json!({}), format!("{name} is disabled.")),
            Why::BackOff { until, attempt } => (
                "backOff",
                json!({"until": until.0, "attempt": attempt}),
                format!("{name} waits before attempt {}.", attempt + 1),
            ),
            Why::Pipeline => {
                let on = self.view.options.pipeline_execution.map(|id| id.0);
                let message = format!("{name} waits for jobs of an older execution.");
                ("pipeline", json!({"on": on}), message)
            }
            Why::Slot => {
                let limit = self.signed.engine().config().max_jobs_per_flow;
                let message = format!("{name} waits until fewer jobs of the flow run.");
                ("slots", json!({"limit": limit}), message)
            }
            Why::WaitsFor { nodes } => {
                let nodes = self.paths(nodes);
                let message = match nodes.first() {
                    Some(first) => format!("{name} waits for {first}."),
                    None => format!("The turn of {name} comes with the flow around it."),
                };
                ("dependency", json!({"waitsFor": nodes}), message)
            }
            Why::Running => ("running", json!({}), format!("{name} runs.")),
            Why::Succeeded => ("succeeded", json!({}), format!("{name} ended well.")),
        };
        ReasonView { code, path: (!is_root).then(|| node.path.as_str().to_owned()), params, message }
    }

    fn not_started(&self) -> (&'static str, Value, String) {
        let (used, limit) = self.signed.engine().execution_slots();
        match self.signed.engine().execution_position(self.view.summary.id) {
            Some(position) => (
                "queued",
                json!({"position": position, "used": used, "limit": limit}),
                format!("{used} of {limit} slots are taken; it is at position {position} of the queue."),
            ),
            None => ("starting", json!({}), "It is about to start.".to_owned()),
        }
    }
}

/// Why an execution, or one of its nodes, stands as it does.
#[utoipa::path(get, path = "/executions/{id}/explain", tag = "executions", operation_id = "explainExecution",
    params(("id" = i64, Path, description = "Its id."), ExplainQuery),
    responses((status = 200, description = "The reasons.", body = Explanation)))]
async fn get(signed: Signed, Path(id): Path<i64>, Query(query): Query<ExplainQuery>) -> Answer<Response> {
    let (view, _) = readable(&signed, id).await?;
    let now = signed.engine().now();
    let reasons = match &query.job {
        Some(path) => {
            let node =
                view.graph.find(&NodePath::from(path.as_str())).ok_or_else(|| Problem::not_found("job"))?;
            vec![Reason { node, why: explain_node(&view.graph, &view.nodes, node, now) }]
        }
        None => explain(&view.graph, &view.nodes, now),
    };
    let mut ends = HashMap::new();
    if reasons.iter().any(|reason| view.nodes[reason.node.get()].status == Status::Failed) {
        for row in signed.engine().execution_attempts(view.summary.id).await? {
            if let Some(node) = view.graph.find(&row.key.node) {
                // They come by number: the last one stays.
                ends.insert(node, (row.key.attempt, row.reason));
            }
        }
    }
    let teller = Teller { signed: &signed, view: &view, ends };
    Ok(reply(&Explanation { reasons: reasons.iter().map(|reason| teller.tell(reason)).collect() }))
}
