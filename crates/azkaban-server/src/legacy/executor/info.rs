//! `flowInfo` (http-api §7): what a flow or an execution was set to.

use std::collections::BTreeMap;

use azkaban_core::ids::{ExecutionId, NodeIndex};
use azkaban_core::options::{Concurrency, Disabled, FailureAction};
use azkaban_core::props::Props;
use azkaban_engine::{ExecutionView, Project};
use serde::Serialize;

use crate::legacy::Call;
use crate::legacy::reply::{self, Reply};

/// Of a flow.
pub(super) async fn of_flow(call: &Call<'_>, name: &str, project: &Project, flow: &str) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Info<'a> {
        success_emails: &'a [String],
        failure_emails: &'a [String],
        /// The next fire of the flow's schedule.
        #[serde(skip_serializing_if = "Option::is_none")]
        scheduled: Option<i64>,
    }
    let model = call.app.engine.project_model(project.id, project.version).await?;
    match model.flows.get(flow) {
        Some(flow) => {
            let (success_emails, failure_emails) = (&flow.success_emails, &flow.failure_emails);
            let schedule = call.app.engine.schedule_of_flow(project.id, &flow.id);
            let scheduled = schedule.map(|schedule| schedule.next_at.0);
            reply::pretty(&Info { success_emails, failure_emails, scheduled })
        }
        None => reply::error(format!("Error loading flow. Flow {flow} doesn't exist in {name}")),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    success_emails: &'a [String],
    failure_emails: &'a [String],
    runtime_properties: BTreeMap<&'a str, &'a Props>,
    flow_param: &'a Props,
    failure_action: &'static str,
    notify_failure_first: bool,
    notify_failure_last: bool,
    failure_emails_override: bool,
    success_emails_override: bool,
    concurrent_options: &'a str,
    pipeline_level: Option<i32>,
    pipeline_execution: Option<ExecutionId>,
    queue_level: i32,
    node_status: BTreeMap<&'a str, &'static str>,
    disabled: Vec<DisabledNode<'a>>,
}

/// Not the format of the request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::legacy) struct DisabledNode<'a> {
    name: &'a str,
    children: Option<Vec<DisabledNode<'a>>>,
    embedded_flow: bool,
}

impl<'a> DisabledNode<'a> {
    /// As deep as the request's JSON, which its parser bounds.
    pub(in crate::legacy) fn of(disabled: &'a Disabled) -> Self {
        match disabled {
            Disabled::Node(name) => Self { name, children: None, embedded_flow: false },
            Disabled::Inside { id, children } => {
                let children = children.iter().map(DisabledNode::of).collect();
                Self { name: id, children: Some(children), embedded_flow: true }
            }
        }
    }
}

/// Of an execution. The flow must still be in the project's current version.
pub(super) async fn of_execution(call: &Call<'_>, view: &ExecutionView, project: &Project) -> Reply {
    let (options, flow) = (&view.options, &view.summary.flow_id);
    let model = call.app.engine.project_model(project.id, project.version).await?;
    if !model.flows.contains_key(flow) {
        return reply::error(format!("Error loading flow. Flow {flow} doesn't exist in {}", project.id));
    }
    let mut runtime_properties: BTreeMap<&str, &Props> =
        options.runtime_properties.iter().map(|(node, props)| (node.as_str(), props)).collect();
    if !options.flow_parameters.is_empty() {
        runtime_properties.insert("ROOT", &options.flow_parameters);
    }
    let (concurrent_options, pipeline_level) = match &options.concurrency {
        Concurrency::Skip => ("skip", None),
        Concurrency::Ignore { name, level } => (name.as_str(), *level),
        Concurrency::Pipeline { level } => ("pipeline", Some(*level)),
    };
    let top_level = view.graph.node(NodeIndex::ROOT).children();
    reply::pretty(&Info {
        success_emails: &options.success_emails,
        failure_emails: &options.failure_emails,
        runtime_properties,
        flow_param: &options.flow_parameters,
        failure_action: match options.failure_action.unwrap_or_default() {
            FailureAction::FinishCurrentlyRunning => "finishCurrent",
            FailureAction::CancelAll => "cancelImmediately",
            FailureAction::FinishAllPossible => "finishPossible",
        },
        notify_failure_first: options.notify_failure_first,
        notify_failure_last: options.notify_failure_last,
        failure_emails_override: options.failure_emails_override,
        success_emails_override: options.success_emails_override,
        concurrent_options,
        pipeline_level,
        pipeline_execution: options.pipeline_execution,
        queue_level: 0,
        node_status: top_level
            .map(|child| {
                (
                    &*view.graph.node(child).id,
                    view.nodes.get(child.get()).map_or("READY", |n| n.status.name()),
                )
            })
            .collect(),
        disabled: options.disabled.iter().map(DisabledNode::of).collect(),
    })
}
