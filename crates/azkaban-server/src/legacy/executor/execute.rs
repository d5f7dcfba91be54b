//! `executeFlow` (http-api §4.9).

use azkaban_core::ids::ExecutionId;
use azkaban_core::permission::Permission;
use azkaban_engine::{Action, Beside, ExecuteFlow, SubmitError};
use serde::Serialize;

use crate::legacy::options::{self, OptionsError, Rules};
use crate::legacy::reply::{self, Reply};
use crate::legacy::{Call, java_object};

#[derive(Default, Serialize)]
struct Answer<'a> {
    project: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execid: Option<i64>,
}

pub(super) async fn execute(call: &Call<'_>, name: &str) -> Reply {
    let (app, flow) = (call.app, call.params.required("flow")?);
    let mut answer = Answer { project: name, ..Answer::default() };
    let project = match app.engine.project_by_name(name) {
        Some(project)
            if app
                .engine
                .project_permits(&call.caller, &project, Permission::Execute, Action::ExecutionSubmit)
                .await =>
        {
            project
        }
        _ => {
            answer.error = Some(format!("Project '{name}' doesn't exist."));
            return reply::pretty(&answer);
        }
    };
    answer.flow = Some(flow);
    let model = app.engine.project_model(project.id, project.version).await?;
    if !model.flows.contains_key(flow) {
        answer.error = Some(format!("Flow '{flow}' cannot be found in project {}", java_object(&project)));
        return reply::pretty(&answer);
    }
    let rules = Rules { admin: call.is_admin(), retry_limit: app.config.flow_retry_limit };
    let options = match options::parse(&call.params, rules) {
        Ok(options) => options,
        Err(OptionsError::Failure(failure)) => return Err(failure),
        Err(OptionsError::Parse(text)) => {
            answer.error = Some(format!("Error parsing flow options: {text}"));
            return reply::pretty(&answer);
        }
        Err(OptionsError::Submit(text)) => return refused(answer, flow, &text),
    };
    let request = ExecuteFlow { project: project.clone(), flow_id: flow.to_owned(), options };
    match app.engine.execution_submit(&call.caller, request).await {
        Ok(submitted) => {
            let beside = beside(flow, &submitted.beside);
            answer.message =
                Some(format!("{beside}Execution queued successfully with exec id {}", submitted.id));
            answer.execid = Some(submitted.id.0);
            reply::pretty(&answer)
        }
        Err(SubmitError::FlowLocked { .. }) => {
            answer.message = Some(format!("Flow {flow} for project {} is locked.", project.name));
            answer.execid = Some(-1);
            reply::pretty(&answer)
        }
        Err(SubmitError::AlreadyRunning) => {
            refused(answer, flow, &format!("Flow {flow} is already running. Skipping execution."))
        }
        Err(SubmitError::TooManyRuns { limit }) => {
            refused(answer, flow, &format!("Flow {flow} has more than {limit} concurrent runs. Skipping"))
        }
        Err(SubmitError::FlowNotFound) => {
            answer.error =
                Some(format!("Flow '{flow}' cannot be found in project {}", java_object(&project)));
            reply::pretty(&answer)
        }
        Err(SubmitError::Stopping) => refused(answer, flow, "The server is stopping."),
        Err(SubmitError::Internal(error)) => Err(error.into()),
    }
}

fn refused(mut answer: Answer<'_>, flow: &str, why: &str) -> Reply {
    answer.error = Some(format!("Error submitting flow {flow}. {why}"));
    answer.execid = Some(-1);
    reply::pretty(&answer)
}

/// What is said of other executions of the flow, before the message proper.
fn beside(flow: &str, beside: &Beside) -> String {
    match beside {
        Beside::Alone => String::new(),
        Beside::Concurrent { running } => {
            let ids: Vec<String> = running.iter().map(ExecutionId::to_string).collect();
            format!(
                "Flow {flow} is already running with exec id {}. Will execute concurrently. \n",
                ids.join(",")
            )
        }
        Beside::Pipelined { on, level } => {
            format!("Flow {flow} is already running with exec id {on}. Pipelining level {level}. \n")
        }
    }
}
