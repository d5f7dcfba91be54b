//! Versions of a project: list, upload, download, going back.

use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use azkaban_core::ids::ProjectVersion;
use azkaban_core::permission::Permission;
use azkaban_engine::{
    Internal, Project, RollbackError, Upload, UploadDenied, UploadError, Uploaded, VersionRow,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Path, Query, Signed, lacking};
use crate::api::list::{Page, Paging};
use crate::api::problem::{Answer, Problem};
use crate::api::session::{reply, reply_with};
use crate::api::tag::tagged;
use crate::app::App;
use crate::body::Frames;
use crate::legacy::{archive_name, open_archive};

/// Bytes gathered before they are written.
const WRITE_CHUNK: usize = 256 * 1024;
/// Findings of a refused upload that are told.
const MAX_FINDINGS: usize = 500;
const TYPES: [&str; 3] = ["application/zip", "application/x-zip-compressed", "application/octet-stream"];

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, upload))
        .routes(routes!(get))
        .routes(routes!(archive))
        .routes(routes!(rollback))
}

/// An uploaded version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionView {
    version: i32,
    uploaded_at: i64,
    uploader: String,
    file_name: String,
    /// Of the archive, in bytes.
    size: u64,
    /// Of the archive, in hexadecimal; null once purged.
    sha256: Option<String>,
    /// Its files are gone.
    purged: bool,
    /// It is the one that runs.
    current: bool,
}

fn view(project: &Project, row: VersionRow) -> VersionView {
    VersionView {
        version: row.version.0,
        uploaded_at: row.uploaded_at.0,
        uploader: row.uploader,
        file_name: row.file_name,
        size: row.blob_size,
        purged: row.blob_sha256.is_none(),
        sha256: row.blob_sha256,
        current: row.version == project.version,
    }
}

/// Versions of a project, newest first.
#[utoipa::path(get, path = "/projects/{project}/versions", tag = "versions", operation_id = "listVersions",
    params(("project" = String, Path, description = "Its name."), Paging),
    responses((status = 200, description = "A page of versions.", body = Page<VersionView>)))]
async fn list(signed: Signed, Path(name): Path<String>, Query(paging): Query<Paging>) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let rows = signed.engine().project_versions(project.id).await?;
    Ok(reply(&Page::of(rows.into_iter().map(|row| view(&project, row)), &paging)?))
}

/// A version.
#[utoipa::path(get, path = "/projects/{project}/versions/{version}", tag = "versions", operation_id = "getVersion",
    params(("project" = String, Path, description = "The project."), ("version" = i32, Path, description = "Its number.")),
    responses((status = 200, description = "The version.", body = VersionView), (status = 304, description = "Unchanged.")))]
async fn get(
    signed: Signed,
    Path((name, version)): Path<(String, i32)>,
    headers: HeaderMap,
) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let row = signed.engine().project_version(project.id, ProjectVersion(version)).await?;
    tagged(&headers, &view(&project, row.ok_or_else(|| Problem::not_found("version"))?))
}

/// The archive of a version, as it was uploaded.
#[utoipa::path(get, path = "/projects/{project}/versions/{version}/archive", tag = "versions", operation_id = "getArchive",
    params(("project" = String, Path, description = "The project."), ("version" = i32, Path, description = "Its number.")),
    responses((status = 200, description = "The zip.", content_type = "application/zip", body = Vec<u8>)))]
async fn archive(signed: Signed, Path((name, version)): Path<(String, i32)>) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let archive = signed.engine().project_archive(&project, Some(ProjectVersion(version))).await?;
    let archive = archive.ok_or_else(|| Problem::not_found("version"))?;
    let (file, length) = open_archive(archive.path).await.map_err(Internal::new)?;
    let mut response = Response::new(Body::new(crate::file_body::file_body(file, length)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_DISPOSITION, archive_name(&archive.file_name));
    Ok(response)
}

/// A version that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UploadedView {
    /// Its number.
    version: i32,
    /// What deserves attention.
    warnings: Vec<String>,
}

fn uploaded(stored: Uploaded) -> Response {
    let view =
        UploadedView { version: stored.version.0, warnings: stored.report.warnings.into_iter().collect() };
    reply_with(StatusCode::CREATED, &view)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(super) struct UploadQuery {
    /// The archive's name; ends with `.zip`.
    file_name: String,
}

/// The project, if the caller may upload to it.
async fn writable(signed: &Signed, name: &str) -> Answer<Arc<Project>> {
    let project = signed.find_project(name)?;
    match signed.engine().upload_permit(&signed.caller, &project).await {
        Ok(()) => Ok(project),
        Err(UploadDenied::LockedDown) => Err(Problem::forbidden(Permission::UploadProjects, Vec::new())),
        Err(UploadDenied::NoWrite) => Err(lacking(&project, Permission::Write)),
        Err(UploadDenied::UploadLocked) => {
            Err(Problem::conflict("uploadLocked", "Uploads by hand are locked for this project."))
        }
    }
}

/// Stores the zip in the body as the next version. Refused, nothing changes, and `errors` has one entry per finding.
#[utoipa::path(post, path = "/projects/{project}/versions", tag = "versions", operation_id = "uploadVersion",
    params(("project" = String, Path, description = "Its name."), UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/zip", description = "The archive."),
    responses((status = 201, description = "Stored.", body = UploadedView)))]
async fn upload(
    signed: Signed,
    Path(name): Path<String>,
    Query(query): Query<UploadQuery>,
    request: Request,
) -> Answer<Response> {
    let project = writable(&signed, &name).await?;
    let is_zip = query.file_name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("zip"));
    if !is_zip {
        return Err(Problem::bad_parameter("fileName", "extension", "The archive must be a .zip file."));
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !TYPES.iter().any(|known| known.eq_ignore_ascii_case(media)) {
        let detail = "The body must be the zip itself, of type application/zip.";
        return Err(Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE).detail(detail));
    }
    let archive = receive(&signed.app, request.into_body()).await?;
    let upload = Upload { file_name: query.file_name, archive, fix: true };
    let stored = signed.engine().project_upload(&signed.caller, &project, upload).await.map_err(refused)?;
    Ok(uploaded(stored))
}

/// Writes a body to a file while it arrives.
async fn receive(app: &App, body: Body) -> Answer<NamedTempFile> {
    let mut frames = Frames::new(body, app.config.multipart_limit, app.config.body_idle_timeout);
    let mut file = NamedTempFile::new_in(&app.engine.config().temp_dir).map_err(Internal::new)?;
    let mut pending: Vec<u8> = Vec::new();
    loop {
        let data = frames.next().await?;
        let is_end = data.is_none();
        pending.extend_from_slice(&data.unwrap_or_default());
        if pending.len() < WRITE_CHUNK && !is_end {
            continue;
        }
        let write = tokio::task::spawn_blocking(move || file.write_all(&pending).map(|()| (file, pending)));
        (file, pending) = write.await.map_err(Internal::new)?.map_err(Internal::new)?;
        pending.clear();
        if is_end {
            return Ok(file);
        }
    }
}

/// An archive that is not taken.
fn refused(error: UploadError) -> Problem {
    match error {
        UploadError::Rejected(report) => {
            let problem = Problem::of(StatusCode::UNPROCESSABLE_ENTITY)
                .code("rejected")
                .detail("The project has errors; nothing was changed.")
                .param("warnings", report.warnings.into_iter().take(MAX_FINDINGS).collect::<Vec<_>>());
            let findings = report.errors.into_iter().take(MAX_FINDINGS);
            findings.fold(problem, |problem, finding| problem.field("archive", "finding", finding))
        }
        UploadError::ProjectGone => Problem::not_found("project"),
        UploadError::Internal(error) => error.into(),
        other => Problem::invalid("archive", "refused", other.to_string()).code("rejected"),
    }
}

/// Stores the content of an old version as the next one.
#[utoipa::path(post, path = "/projects/{project}/versions/{version}/rollback", tag = "versions", operation_id = "rollBack",
    params(("project" = String, Path, description = "The project."), ("version" = i32, Path, description = "Its number.")),
    responses((status = 201, description = "Stored.", body = UploadedView)))]
async fn rollback(signed: Signed, Path((name, version)): Path<(String, i32)>) -> Answer<Response> {
    let project = writable(&signed, &name).await?;
    match signed.engine().project_rollback(&signed.caller, &project, ProjectVersion(version)).await {
        Ok(stored) => Ok(uploaded(stored)),
        Err(RollbackError::VersionNotFound) => Err(Problem::not_found("version")),
        Err(RollbackError::Upload(error)) => Err(refused(error)),
    }
}
