//! A job's properties and their override (http-api §6).

use azkaban_core::props::Props;
use azkaban_engine::OverrideError;
use http::StatusCode;
use serde::Serialize;

use super::Manager;
use crate::legacy::errors::chain;
use crate::legacy::reply::{self, Reply};

/// `fetchJobInfo`.
pub(super) async fn info(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Info<'a> {
        job_name: &'a str,
        job_type: &'a str,
        general_params: &'a Props,
        override_params: &'a Props,
    }
    let params = &manager.call.params;
    let (name, job) = (params.required("flowName")?, params.required("jobName")?);
    let model = manager.model().await?;
    let Some(flow) = model.flows.get(name) else { return manager.flow_not_found(name) };
    let Some(node) = flow.nodes.get(job) else { return job_not_found(manager, name, job) };
    let project = &manager.project;
    let overridden = manager.call.app.engine.override_get(project.id, project.version, name, job).await?;
    manager.answer(Info {
        job_name: job,
        job_type: node.job_type(),
        general_params: &node.props,
        override_params: overridden.as_ref().unwrap_or(&node.props),
    })
}

fn job_not_found(manager: &Manager<'_>, flow: &str, job: &str) -> Reply {
    manager.error(format!("Job {job} not found in flow {flow}"))
}

/// `setJobOverrideProperty`: the whole set is replaced; without any `jobOverride[…]` by an empty one.
pub(super) async fn set_override(manager: &Manager<'_>) -> Reply {
    let call = manager.call;
    let (flow, job) = (call.params.required("flowName")?, call.params.required("jobName")?);
    let props = call.params.group("jobOverride")?;
    match call.app.engine.override_set(&call.caller, &manager.project, flow, job, props).await {
        Ok(()) => manager.done(),
        Err(OverrideError::FlowNotFound) => manager.flow_not_found(flow),
        Err(OverrideError::JobNotFound) => job_not_found(manager, flow, job),
        Err(OverrideError::ProjectGone) => manager.gone(),
        Err(OverrideError::UploadLocked) => {
            let mut forbidden = reply::empty();
            *forbidden.status_mut() = StatusCode::FORBIDDEN;
            Ok(forbidden)
        }
        Err(OverrideError::Internal(error)) => {
            tracing::error!(error = %chain(&error), "an override could not be stored");
            manager.error("Failed to upload job override property")
        }
    }
}
