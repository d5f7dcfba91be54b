//! Executions as they are (http-api §4.8, §4.19, §4.21, §7).

use std::collections::HashMap;

use azkaban_core::execution::{Graph, NodeState, disabled_nodes};
use azkaban_core::ids::ExecutionId;
use azkaban_core::permission::Permission;
use azkaban_core::status::Status;
use azkaban_engine::{ExecutionView, Internal, Project};
use serde::Serialize;

use crate::legacy::reply::{self, Reply};
use crate::legacy::views::{Execution, Tree, Update};
use crate::legacy::{Call, Failure, java_object};

fn tree(view: &ExecutionView) -> Tree<'_> {
    Tree { graph: &view.graph, nodes: &view.nodes, past: &view.past_attempts }
}

/// `fetchexecflow`.
pub(super) fn execution(view: &ExecutionView, project: &Project) -> Reply {
    reply::pretty(&Execution {
        tree: tree(view),
        id: Some(view.summary.id),
        submitted_at: Some(view.summary.submitted_at),
        submit_user: Some(&view.summary.submit_user),
        project: &project.name,
        project_id: project.id,
        options: Some(&view.options),
    })
}

/// `fetchexecflowupdate`.
pub(super) fn update(view: &ExecutionView, since: i64) -> Reply {
    reply::pretty(&Update::new(tree(view), since))
}

/// `getRunning`.
pub(super) async fn running(call: &Call<'_>, project: &Project, flow: &str) -> Reply {
    #[derive(Serialize)]
    struct Running {
        #[serde(rename = "execIds", skip_serializing_if = "Vec::is_empty")]
        ids: Vec<ExecutionId>,
    }
    reply::pretty(&Running { ids: call.app.engine.executions_running(project.id, flow).await? })
}

/// `fetchscheduledflowgraph`: the flow as it would be executed, with what its schedule disables.
pub(super) async fn unexecuted(call: &Call<'_>, name: &str) -> Reply {
    let flow = call.params.required("flow")?;
    let project = call.app.engine.project_by_name(name);
    let user = &call.caller.user;
    let Some(project) = project.filter(|p| call.app.engine.project_grants(user, p, Permission::Execute))
    else {
        return reply::error(format!("Project '{name}' doesn't exist."));
    };
    let model = call.app.engine.project_model(project.id, project.version).await?;
    if !model.flows.contains_key(flow) {
        return reply::error(format!("Flow '{flow}' cannot be found in project {}", java_object(&project)));
    }
    let graph = Graph::build(&model, flow).map_err(|error| Failure::Internal(Internal::new(error)))?;
    let mut nodes = vec![NodeState::initial(Status::Ready); graph.len()];
    if let Some(schedule) = call.app.engine.schedule_of_flow(project.id, flow) {
        for node in disabled_nodes(&graph, &schedule.flow.options.disabled) {
            nodes[node.get()].status = Status::Disabled;
        }
    }
    reply::pretty(&Execution {
        tree: Tree { graph: &graph, nodes: &nodes, past: &HashMap::new() },
        id: None,
        submitted_at: None,
        submit_user: None,
        project: &project.name,
        project_id: project.id,
        options: None,
    })
}
