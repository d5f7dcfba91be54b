//! The files of a version, and what differs between two versions.

use std::sync::Arc;

use axum::response::Response;
use azkaban_core::ids::ProjectVersion;
use azkaban_core::permission::Permission;
use azkaban_core::props;
use azkaban_engine::{FileChange, FileError, VersionDiff};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Path, Query, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::tag::tagged;
use crate::app::App;

/// The largest file that is shown, in bytes.
const MAX_SHOWN: u64 = 4 << 20;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(diff))
        .routes(routes!(properties))
}

/// The files of a version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Files {
    version: i32,
    files: Vec<FileView>,
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileView {
    /// From the project's root, parts joined by `/`.
    path: String,
    /// In bytes.
    size: u64,
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        match error {
            FileError::VersionNotFound => Problem::not_found("version"),
            FileError::FileNotFound => Problem::not_found("file"),
            FileError::TooLarge { size } => Problem::of(StatusCode::UNPROCESSABLE_ENTITY)
                .code("fileTooLarge")
                .detail("The file is too large to be shown; download the archive.")
                .param("size", size)
                .param("limit", MAX_SHOWN),
            FileError::Internal(error) => error.into(),
        }
    }
}

/// The files of a version, by path.
#[utoipa::path(get, path = "/projects/{project}/versions/{version}/files", tag = "versions", operation_id = "listFiles",
    params(("project" = String, Path, description = "The project."), ("version" = i32, Path, description = "Its number.")),
    responses((status = 200, description = "The files.", body = Files), (status = 304, description = "Unchanged.")))]
async fn list(
    signed: Signed,
    Path((name, version)): Path<(String, i32)>,
    headers: HeaderMap,
) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let files = signed.engine().project_files(project.id, ProjectVersion(version)).await?;
    let files = files.into_iter().map(|file| FileView { path: file.path, size: file.size }).collect();
    tagged(&headers, &Files { version, files })
}

/// The content of a file of a version, at most 4 MiB.
#[utoipa::path(get, path = "/projects/{project}/versions/{version}/files/{path}", tag = "versions", operation_id = "getFile",
    params(("project" = String, Path, description = "The project."), ("version" = i32, Path, description = "Its number."),
        ("path" = String, Path, description = "The file's path, as one percent-encoded segment.")),
    responses((status = 200, description = "The content: text if it is UTF-8.", content_type = "application/octet-stream", body = Vec<u8>)))]
async fn get(signed: Signed, Path((name, version, path)): Path<(String, i32, String)>) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let content = signed.engine().project_file(project.id, ProjectVersion(version), &path, MAX_SHOWN).await?;
    let content_type = match std::str::from_utf8(&content) {
        Ok(text) if !text.contains('\0') => HeaderValue::from_static("text/plain; charset=utf-8"),
        _ => HeaderValue::from_static("application/octet-stream"),
    };
    let mut response = Response::new(content.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    // Whatever an upload holds, it never runs as a page of this server.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DiffQuery {
    /// The older version.
    from: i32,
    /// The newer version.
    to: i32,
}

/// What differs between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DiffView {
    from: i32,
    to: i32,
    /// By path.
    files: Vec<FileChangeView>,
    flows: FlowChangesView,
}

/// How a file differs.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum ChangeKind {
    Added,
    Removed,
    Modified,
}

/// A file that differs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FileChangeView {
    path: String,
    change: ChangeKind,
    size_before: Option<u64>,
    size_after: Option<u64>,
    /// It is not text.
    binary: bool,
}

/// Ids of flows that differ.
#[derive(Debug, Serialize, ToSchema)]
struct FlowChangesView {
    added: Vec<String>,
    removed: Vec<String>,
    modified: Vec<String>,
}

impl DiffView {
    /// Of two versions.
    pub(in crate::api) fn new(from: i32, to: i32, diff: VersionDiff) -> Self {
        let file = |file: FileChange| FileChangeView {
            path: file.path,
            change: match (file.before, file.after) {
                (None, _) => ChangeKind::Added,
                (_, None) => ChangeKind::Removed,
                _ => ChangeKind::Modified,
            },
            size_before: file.before,
            size_after: file.after,
            binary: file.binary,
        };
        let flows = diff.flows;
        Self {
            from,
            to,
            files: diff.files.into_iter().map(file).collect(),
            flows: FlowChangesView { added: flows.added, removed: flows.removed, modified: flows.modified },
        }
    }
}

/// What differs between two versions.
#[utoipa::path(get, path = "/projects/{project}/diff", tag = "versions", operation_id = "diffVersions",
    params(("project" = String, Path, description = "Its name."), DiffQuery),
    responses((status = 200, description = "The differences.", body = DiffView), (status = 304, description = "Unchanged.")))]
async fn diff(
    signed: Signed,
    Path(name): Path<String>,
    Query(query): Query<DiffQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let (from, to) = (ProjectVersion(query.from), ProjectVersion(query.to));
    let diff = signed.engine().project_diff(project.id, from, to).await?;
    tagged(&headers, &DiffView::new(query.from, query.to, diff))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct VersionQuery {
    /// The version; the current one if absent.
    pub(in crate::api) version: Option<i32>,
}

/// The property files of a version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Properties {
    version: i32,
    /// By path.
    files: Vec<PropertyFileView>,
}

/// A `.properties` file.
#[derive(Debug, Serialize, ToSchema)]
struct PropertyFileView {
    path: String,
    /// The file whose keys it inherits.
    inherits: Option<String>,
    /// Its own keys; secret values are masked.
    properties: std::collections::BTreeMap<String, String>,
}

/// The property files of a version.
#[utoipa::path(get, path = "/projects/{project}/properties", tag = "versions", operation_id = "getProperties",
    params(("project" = String, Path, description = "Its name."), VersionQuery),
    responses((status = 200, description = "The files.", body = Properties), (status = 304, description = "Unchanged.")))]
async fn properties(
    signed: Signed,
    Path(name): Path<String>,
    Query(query): Query<VersionQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let project = signed.project(&name, Permission::Read)?;
    let (version, model) = signed.model(&project, query.version).await?;
    let files = model.property_files.iter().map(|(path, file)| PropertyFileView {
        path: path.clone(),
        inherits: file.inherits.clone(),
        properties: props::mask(&file.props),
    });
    tagged(&headers, &Properties { version: version.0, files: files.collect() })
}
