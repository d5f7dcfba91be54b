//! Downloading and purging versions (http-api §6).

use axum::body::Body;
use axum::response::Response;
use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::Permission;
use azkaban_engine::{Internal, PurgeProjectError};
use http::{HeaderValue, header};
use serde::Serialize;

use crate::file_body::file_body;
use crate::legacy::Call;
use crate::legacy::errors::Failure;
use crate::legacy::reply::{self, Flash, Reply};

/// `GET ?download`: the zip as it was uploaded.
pub(super) async fn download(call: &Call<'_>, name: &str) -> Reply {
    let refuse =
        |message: String| Ok(reply::with_flash(reply::redirect(call.headers, "/"), Flash::Failure, &message));
    let asked: i32 = if call.params.has("version") { call.params.required_number("version")? } else { -1 };
    let engine = &call.app.engine;
    let Some(project) = engine.project_by_name(name) else {
        return refuse(format!("Project {name} doesn't exist."));
    };
    if !engine.project_grants(&call.caller.user, &project, Permission::Read) {
        return refuse(format!("No permission to download project {name}."));
    }
    let version = (asked != -1).then_some(ProjectVersion(asked));
    let Some(archive) = engine.project_archive(&project, version).await? else {
        return refuse(format!("Project {name} with version {asked} doesn't exist"));
    };
    let (file, length) = open(archive.path).await.map_err(|error| Failure::Internal(Internal::new(error)))?;
    let mut response = Response::new(Body::new(file_body(file, length)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_DISPOSITION, disposition(&archive.file_name));
    headers.insert("version", HeaderValue::from(archive.version.0));
    headers.insert("projectId", HeaderValue::from(project.id.0));
    Ok(response)
}

/// A file with its length.
pub(crate) async fn open(path: std::path::PathBuf) -> std::io::Result<(std::fs::File, u64)> {
    let opened = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    });
    opened.await.map_err(std::io::Error::other)?
}

/// How a browser names the download. A name that does not fit into a header becomes one that does.
pub(crate) fn disposition(file_name: &str) -> HeaderValue {
    let name: String = file_name
        .chars()
        .map(|c| if c == '"' || c == '\\' || !(' '..='~').contains(&c) { '_' } else { c })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment; filename=\"project.zip\""))
}

/// `GET ?purge`: a name, or the id of a deleted project.
pub(super) async fn purge(call: &Call<'_>, name: &str) -> Reply {
    #[derive(Serialize)]
    struct Answer {
        success: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    }
    let engine = &call.app.engine;
    let project = match name.parse() {
        Ok(id) if name.bytes().all(|b| b.is_ascii_digit()) => engine.project_by_id(ProjectId(id)).await?,
        _ => engine.project_by_name(name),
    };
    let error = match project {
        None => "invalid project".to_owned(),
        Some(project) => match engine.project_purge(&call.caller, &project).await {
            Ok(()) => return reply::pretty(&Answer { success: true, error: None }),
            Err(PurgeProjectError::StillActive) => {
                format!("Project {} should be deleted before purging", project.name)
            }
            Err(PurgeProjectError::NotAdmin) => {
                format!("Cannot purge. User '{}' is not an ADMIN.", call.user())
            }
            Err(PurgeProjectError::Internal(error)) => return Err(Failure::Internal(error)),
        },
    };
    reply::pretty(&Answer { success: false, error: Some(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_made_fit_for_a_header() {
        assert_eq!(disposition("v1.zip"), "attachment; filename=\"v1.zip\"");
        assert_eq!(disposition("a\"\r\né.zip"), "attachment; filename=\"a____.zip\"");
    }
}
