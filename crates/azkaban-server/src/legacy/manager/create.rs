//! Creating, deleting and describing projects (http-api §4.2, §4.3, §6).

use azkaban_engine::{CreateProjectError, DeleteProjectError, DescribeProjectError};
use serde::Serialize;

use super::Manager;
use crate::legacy::errors::Failure;
use crate::legacy::reply::{self, Flash, Reply};
use crate::legacy::{Call, query_text};

/// `action=create`.
pub(super) async fn create(call: &Call<'_>) -> Reply {
    #[derive(Default, Serialize)]
    struct Answer {
        status: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        action: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    }
    let name = call.params.get("name").unwrap_or_default();
    let description = call.params.get("description").unwrap_or_default();
    let message = match call.app.engine.project_create(&call.caller, name, description).await {
        Ok(project) => {
            let path = Some(format!("manager?project={}", project.name));
            return reply::compact(&Answer {
                status: "success",
                action: Some("redirect"),
                path,
                message: None,
            });
        }
        Err(CreateProjectError::NotAllowed) => {
            format!("User {} doesn't have permission to create projects.", call.user())
        }
        Err(CreateProjectError::NameEmpty) => "Project name cannot be empty.".to_owned(),
        Err(CreateProjectError::DescriptionEmpty) => "Description cannot be empty.".to_owned(),
        Err(CreateProjectError::NameInvalid) => {
            "Project names must start with a letter, followed by any number of letters, digits, '-' or '_'."
                .to_owned()
        }
        Err(CreateProjectError::TooLong { what, limit }) => {
            format!("The project's {what} is longer than {limit} characters.")
        }
        Err(CreateProjectError::Exists) => "Project already exists.".to_owned(),
        Err(CreateProjectError::Internal(error)) => return Err(Failure::Internal(error)),
    };
    reply::compact(&Answer { status: "error", message: Some(message), ..Answer::default() })
}

/// `GET ?delete`: always a redirect.
pub(super) async fn delete(call: &Call<'_>, name: &str) -> Reply {
    let (path, kind, message) = match call.app.engine.project_delete(&call.caller, name).await {
        Ok(()) => {
            let message =
                format!("Project '{name}' was successfully deleted and associated schedules are removed.");
            ("/".to_owned(), Flash::Success, message)
        }
        Err(DeleteProjectError::NotFound) => {
            ("/".to_owned(), Flash::Failure, format!("Project {name} doesn't exist."))
        }
        Err(DeleteProjectError::NotAdmin) => {
            let message = format!("Cannot delete. User '{}' is not an ADMIN.", call.user());
            (format!("/manager?project={}", query_text(name)), Flash::Failure, message)
        }
        Err(DeleteProjectError::Internal(error)) => return Err(Failure::Internal(error)),
    };
    Ok(reply::with_flash(reply::redirect(call.headers, &path), kind, &message))
}

/// `changeDescription`.
pub(super) async fn describe(manager: &Manager<'_>) -> Reply {
    let call = manager.call;
    let text = call.params.required("description")?;
    match call.app.engine.project_describe(&call.caller, &manager.project, text).await {
        Ok(()) => manager.done(),
        Err(DescribeProjectError::ProjectGone) => manager.gone(),
        Err(error) => {
            if let DescribeProjectError::Internal(error) = &error {
                tracing::error!(error = %crate::legacy::errors::chain(error), "a description could not be stored");
            }
            manager.error(format!("Error update Description, project {}", manager.name))
        }
    }
}
