//! Uploading a version (http-api §4.4): the only call whose errors have statuses of their own.

use azkaban_core::project::Report;
use azkaban_engine::{Project, Upload, UploadDenied, UploadError};
use http::StatusCode;
use serde::Serialize;

use crate::legacy::errors::{Failure, chain};
use crate::legacy::reply::{self, Flash, Reply};
use crate::legacy::{Call, query_text};
use crate::multipart::ReceivedFile;

/// Longest message of a failed installation, and longest report, in characters.
const MAX_FAILURE: usize = 512;
const MAX_REPORT: usize = 4000;
const TYPES: [&str; 3] = ["application/zip", "application/x-zip-compressed", "application/octet-stream"];

/// What became of an upload. All values of the answer are texts.
#[derive(Default, Serialize)]
struct Outcome {
    #[serde(skip)]
    status: StatusCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warn: Option<String>,
    #[serde(rename = "projectId", skip_serializing_if = "Option::is_none")]
    project_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

impl Outcome {
    fn refused(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: Some(error.into()), ..Self::default() }
    }

    fn failed(project: &Project, error: String, warn: Option<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error: Some(error), warn, ..Self::of(project) }
    }

    /// The version is the one before the upload.
    fn of(project: &Project) -> Self {
        let (project_id, version) = (Some(project.id.to_string()), Some(project.version.to_string()));
        Self { project_id, version, ..Self::default() }
    }
}

/// A multipart POST.
pub(super) async fn post(mut call: Call<'_>) -> Reply {
    let file = call.file.take();
    match (call.ajax(), call.params.get("action")) {
        (Some("upload"), _) => {
            let outcome = upload(&call, file).await?;
            reply::pretty_status(outcome.status, &outcome)
        }
        (Some(_), _) => reply::nothing(),
        (None, Some("upload")) => {
            let outcome = upload(&call, file).await?;
            let path =
                format!("/manager?project={}", query_text(call.params.get("project").unwrap_or_default()));
            let mut response = reply::redirect(call.headers, &path);
            for (kind, message) in [(Flash::Failure, &outcome.error), (Flash::Warning, &outcome.warn)] {
                if let Some(message) = message {
                    response = reply::with_flash(response, kind, message);
                }
            }
            Ok(response)
        }
        (None, _) => Ok(reply::empty()),
    }
}

async fn upload(call: &Call<'_>, file: Option<ReceivedFile>) -> Result<Outcome, Failure> {
    let (engine, user) = (&call.app.engine, &call.caller.user);
    let Some(name) = call.params.get("project").filter(|name| !name.is_empty()) else {
        return Ok(Outcome::refused(StatusCode::BAD_REQUEST, "No project name found."));
    };
    let Some(project) = engine.project_by_name(name) else {
        let error = format!("Installation Failed. Project '{name} doesn't exist.");
        return Ok(Outcome::refused(StatusCode::GONE, error));
    };
    if let Err(denied) = engine.upload_permit(&call.caller, &project).await {
        let (status, error) = match denied {
            UploadDenied::LockedDown => (
                StatusCode::FORBIDDEN,
                format!(
                    "Project uploading is locked out. Only admin users and users with special permissions can upload projects. \
                     User {} doesn't have permission to upload project.",
                    user.name
                ),
            ),
            UploadDenied::NoWrite => (
                StatusCode::BAD_REQUEST,
                format!("Installation Failed. User '{}' does not have write access.", user.name),
            ),
            UploadDenied::UploadLocked => (
                StatusCode::FORBIDDEN,
                format!(
                    "Installation Failed. Project '{name} has UPLOAD LOCK on. \nCreate a new project to use adhoc upload feature, \
                     as crt deployed project would be automatically locked.\nIf you really need enable adhoc upload on the current \
                     project, please contact oncall to remove this lock."
                ),
            ),
        };
        return Ok(Outcome::refused(status, error));
    }
    let file = file.ok_or_else(|| Failure::Message("No file was sent.".to_owned()))?;
    let file_name = file.head.file_name.unwrap_or_default();
    let content_type = file.head.content_type;
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    if extension != "zip" {
        return Ok(Outcome::refused(
            StatusCode::BAD_REQUEST,
            format!("File extension '{extension}' unrecognized."),
        ));
    }
    if !TYPES.iter().any(|known| content_type.starts_with(known)) {
        let error = format!("Content type '{content_type}' does not match extension 'zip'");
        return Ok(Outcome::refused(StatusCode::BAD_REQUEST, error));
    }
    let fix = call.params.get("fix") != Some("off");
    let upload = Upload { file_name, archive: file.file, fix };
    Ok(match engine.project_upload(&call.caller, &project, upload).await {
        Ok(uploaded) => {
            let version = Some(uploaded.version.to_string());
            Outcome { version, warn: warnings(&uploaded.report), ..Outcome::of(&project) }
        }
        Err(UploadError::Rejected(report)) => Outcome::failed(&project, errors(&report), warnings(&report)),
        Err(UploadError::ProjectGone) => {
            let error = format!("Installation Failed. Project '{name} was already removed.");
            Outcome::refused(StatusCode::GONE, error)
        }
        Err(error) => Outcome::failed(&project, installation_failed(error), None),
    })
}

fn installation_failed(error: UploadError) -> String {
    let message = match error {
        UploadError::Unzip(error) => {
            tracing::info!(%error, "an archive could not be read");
            "Error unzipping file.".to_owned()
        }
        UploadError::Internal(error) => {
            tracing::error!(error = %chain(&error), "an upload failed");
            "Internal error".to_owned()
        }
        other => other.to_string(),
    };
    let cut = cut(&message, MAX_FAILURE);
    let more = if cut.len() < message.len() { "<br>Too many errors to display.<br>" } else { "" };
    format!("Installation Failed.<br>{cut}{more}")
}

/// The first `longest` characters.
fn cut(text: &str, longest: usize) -> &str {
    text.char_indices().nth(longest).map_or(text, |(end, _)| &text[..end])
}

fn errors(report: &Report) -> String {
    let mut text = format!("Validator {} reports errors:<br><br>", Report::NAME);
    report.errors.iter().for_each(|message| text.extend([message, "<br>"]));
    cut(&text, MAX_REPORT).to_owned()
}

fn warnings(report: &Report) -> Option<String> {
    if report.warnings.is_empty() {
        return None;
    }
    let mut text = format!("Validator {} reports warnings:<br><br>", Report::NAME);
    report.warnings.iter().for_each(|message| text.extend([message, "<br>"]));
    Some(cut(&text, MAX_REPORT).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_said_in_azkabans_words_and_cut_at_characters() {
        let mut report = Report::default();
        assert_eq!(warnings(&report), None);
        report.errors.insert("b cannot find dependency zzz".to_owned());
        report.warnings.insert("w".to_owned());
        let expected = "Validator Directory Flow reports errors:<br><br>b cannot find dependency zzz<br>";
        assert_eq!(errors(&report), expected);
        assert_eq!(warnings(&report).unwrap(), "Validator Directory Flow reports warnings:<br><br>w<br>");
        report.errors.insert("é".repeat(5000));
        assert_eq!(errors(&report).chars().count(), MAX_REPORT);
        assert_eq!((cut("éé", 1), cut("éé", 2), cut("", 1)), ("é", "éé", ""));
    }
}
