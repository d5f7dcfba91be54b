//! Projects: the list, one of them, and what belongs to it.

mod audit;
pub(super) mod files;
mod permissions;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_engine::Action;
use azkaban_engine::{
    CreateProjectError, DeleteProjectError, DescribeProjectError, ExecutionSummary, Project,
};
use http::StatusCode;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path, Query, Signed};
use super::list::{Page, Paging};
use super::problem::{Answer, Problem};
use super::schema::{PermissionName, StatusName, millis, permission_names};
use super::session::{reply, reply_with};
use crate::app::App;

/// The largest compiled pattern of a search, in bytes.
pub(super) const MAX_PATTERN: usize = 1 << 20;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .merge(permissions::resources())
        .merge(audit::resources())
        .merge(versions::resources())
        .merge(files::resources())
}

/// A project as the caller sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectView {
    id: i64,
    name: String,
    /// Null for a caller without READ.
    description: Option<String>,
    active: bool,
    /// The current version; 0 before the first upload.
    version: i32,
    created_at: i64,
    modified_at: i64,
    modified_by: String,
    /// What the caller may do, by whatever grants it.
    permissions: Vec<PermissionName>,
    upload_locked: bool,
    /// Flows of the current version; null for a caller without READ.
    flow_count: Option<u64>,
    /// The newest execution; null if there is none, and for a caller without READ.
    last_run: Option<ExecutionRef>,
}

/// An execution in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct ExecutionRef {
    id: i64,
    flow: String,
    status: StatusName,
    submitted_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
}

impl From<ExecutionSummary> for ExecutionRef {
    fn from(summary: ExecutionSummary) -> Self {
        Self {
            id: summary.id.0,
            flow: summary.flow_id,
            status: StatusName(summary.status),
            submitted_at: summary.submitted_at.0,
            started_at: millis(summary.started_at),
            ended_at: millis(summary.ended_at),
        }
    }
}

/// What the caller may do with a project.
pub(in crate::api) fn own_permissions(signed: &Signed, project: &Project) -> Vec<PermissionName> {
    let general =
        [Permission::Read, Permission::Write, Permission::Execute, Permission::Schedule, Permission::Admin];
    general.into_iter().filter(|permission| signed.may(project, *permission)).map(PermissionName).collect()
}

fn view(
    signed: &Signed,
    project: &Project,
    overview: Option<(u64, Option<ExecutionSummary>)>,
) -> ProjectView {
    let (flow_count, last_run) = match overview {
        Some((flows, last)) => (Some(flows), last.map(ExecutionRef::from)),
        None => (None, None),
    };
    let readable = flow_count.is_some();
    ProjectView {
        id: project.id.0,
        name: project.name.clone(),
        description: readable.then(|| project.description.clone()),
        active: project.active,
        version: project.version.0,
        created_at: project.created_at.0,
        modified_at: project.modified_at.0,
        modified_by: project.modified_by.clone(),
        permissions: own_permissions(signed, project),
        upload_locked: project.upload_locked,
        flow_count,
        last_run,
    }
}

/// Projects with what the caller may see of them.
async fn views(signed: &Signed, projects: &[Arc<Project>]) -> Answer<Vec<ProjectView>> {
    let readable: Vec<_> =
        projects.iter().filter(|project| signed.may(project, Permission::Read)).map(Arc::clone).collect();
    let overviews = signed.engine().projects_overview(&readable).await?;
    let mut overviews: BTreeMap<_, _> = readable.iter().map(|project| project.id).zip(overviews).collect();
    Ok(projects.iter().map(|project| view(signed, project, overviews.remove(&project.id))).collect())
}

async fn one(signed: &Signed, project: Arc<Project>) -> Answer<ProjectView> {
    let mut views = views(signed, std::slice::from_ref(&project)).await?;
    views.pop().ok_or_else(|| Problem::not_found("project"))
}

/// Whose projects.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum Scope {
    /// Those in which the caller's own name has an entry.
    Mine,
    /// Those in which a group of the caller has an entry.
    Group,
    /// Every project.
    #[default]
    All,
}

/// The order of a list of projects.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
enum ProjectSort {
    #[default]
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDown,
    #[serde(rename = "modifiedAt")]
    ModifiedAt,
    #[serde(rename = "-modifiedAt")]
    ModifiedAtDown,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ProjectFilter {
    /// A part of the name in whatever case, or a regular expression between slashes.
    q: Option<String>,
    /// Whose projects.
    #[param(inline)]
    scope: Option<Scope>,
    /// The order; by name unless something else is asked for.
    #[param(inline)]
    sort: Option<ProjectSort>,
}

/// A search for names: a part in whatever case, or `/a regular expression/`.
pub(super) enum NamePattern {
    Part(String),
    Expression(Regex),
}

impl NamePattern {
    pub(super) fn of(text: &str) -> Answer<Self> {
        let expression = text.strip_prefix('/').and_then(|text| text.strip_suffix('/'));
        let Some(expression) = expression.filter(|expression| !expression.is_empty()) else {
            return Ok(Self::Part(text.to_lowercase()));
        };
        let built = RegexBuilder::new(expression).case_insensitive(true).size_limit(MAX_PATTERN).build();
        built.map(Self::Expression).map_err(|error| Problem::bad_parameter("q", "pattern", error.to_string()))
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Part(part) => name.to_lowercase().contains(part.as_str()),
            Self::Expression(expression) => expression.is_match(name),
        }
    }
}

/// Projects, with what the caller may do with each.
#[utoipa::path(get, path = "/projects", tag = "projects", operation_id = "listProjects", params(ProjectFilter, Paging),
    responses((status = 200, description = "A page of projects.", body = Page<ProjectView>)))]
async fn list(
    signed: Signed,
    Query(filter): Query<ProjectFilter>,
    Query(paging): Query<Paging>,
) -> Answer<Response> {
    let mut projects = signed.engine().projects_active();
    let user = &signed.caller.user;
    match filter.scope.unwrap_or_default() {
        Scope::All => {}
        Scope::Mine => projects.retain(|project| project.user_permissions.contains_key(&user.name)),
        Scope::Group => projects
            .retain(|project| user.groups.iter().any(|group| project.group_permissions.contains_key(group))),
    }
    if let Some(text) = filter.q.as_deref().filter(|text| !text.is_empty()) {
        let pattern = NamePattern::of(text)?;
        projects.retain(|project| pattern.matches(&project.name));
    }
    // They come by name.
    match filter.sort.unwrap_or_default() {
        ProjectSort::Name => {}
        ProjectSort::NameDown => projects.reverse(),
        ProjectSort::ModifiedAt => projects.sort_by_key(|project| project.modified_at),
        ProjectSort::ModifiedAtDown => projects.sort_by_key(|project| std::cmp::Reverse(project.modified_at)),
    }
    let page = Page::of(projects.into_iter(), &paging)?;
    let items = views(&signed, &page.items).await?;
    Ok(reply(&Page { items, next_cursor: page.next_cursor }))
}

/// A project to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateProjectRequest {
    /// A letter, then letters, digits, `_` and `-`; at most 64 characters.
    #[schema(max_length = 64)]
    name: String,
    /// What it is for; at most 2048 characters.
    #[schema(max_length = 2048)]
    description: String,
}

/// Creates a project; the caller gets ADMIN on it.
#[utoipa::path(post, path = "/projects", tag = "projects", operation_id = "createProject", request_body = CreateProjectRequest,
    responses((status = 201, description = "Created.", body = ProjectView)))]
async fn create(signed: Signed, Json(request): Json<CreateProjectRequest>) -> Answer<Response> {
    let created = signed.engine().project_create(&signed.caller, &request.name, &request.description).await;
    let project = created.map_err(|error| match error {
        CreateProjectError::NotAllowed => Problem::forbidden(Permission::CreateProjects, Vec::new()),
        CreateProjectError::NameEmpty => Problem::invalid("name", "required", "The name is empty."),
        CreateProjectError::DescriptionEmpty => {
            Problem::invalid("description", "required", "The description is empty.")
        }
        CreateProjectError::NameInvalid => Problem::invalid(
            "name",
            "pattern",
            "A name begins with a letter; letters, digits, '_' and '-' may follow.",
        ),
        CreateProjectError::TooLong { what, limit } => {
            Problem::invalid(what, "tooLong", format!("At most {limit} characters are allowed."))
        }
        CreateProjectError::Exists => Problem::conflict("projectExists", "There is a project of this name.")
            .param("name", &*request.name),
        CreateProjectError::Internal(error) => error.into(),
    })?;
    let mut response = reply_with(StatusCode::CREATED, &one(&signed, Arc::clone(&project)).await?);
    let location = http::HeaderValue::from_str(&format!("{}/projects/{}", super::PREFIX, project.name));
    if let Ok(location) = location {
        response.headers_mut().insert(http::header::LOCATION, location);
    }
    Ok(response)
}

/// A project.
#[utoipa::path(get, path = "/projects/{project}", tag = "projects", operation_id = "getProject",
    params(("project" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The project.", body = ProjectView)))]
async fn get(signed: Signed, Path(name): Path<String>) -> Answer<Response> {
    let project = signed.find_project(&name)?;
    Ok(reply(&one(&signed, project).await?))
}

/// What to change of a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeProjectRequest {
    /// At most 2048 characters.
    #[schema(max_length = 2048)]
    description: String,
}

/// Changes a project's description.
#[utoipa::path(patch, path = "/projects/{project}", tag = "projects", operation_id = "changeProject",
    params(("project" = String, Path, description = "Its name.")), request_body = ChangeProjectRequest,
    responses((status = 200, description = "The project as it is now.", body = ProjectView)))]
async fn patch(
    signed: Signed,
    Path(name): Path<String>,
    Json(request): Json<ChangeProjectRequest>,
) -> Answer<Response> {
    let project = signed.project_to(Action::ProjectDescribe, &name, Permission::Write).await?;
    let described = signed.engine().project_describe(&signed.caller, &project, &request.description).await;
    described.map_err(|error| match error {
        DescribeProjectError::TooLong { limit } => {
            Problem::invalid("description", "tooLong", format!("At most {limit} characters are allowed."))
        }
        DescribeProjectError::ProjectGone => Problem::not_found("project"),
        DescribeProjectError::Internal(error) => error.into(),
    })?;
    Ok(reply(&one(&signed, signed.find_project(&name)?).await?))
}

/// Deletes a project. Its executions and its audit log stay.
#[utoipa::path(delete, path = "/projects/{project}", tag = "projects", operation_id = "deleteProject",
    params(("project" = String, Path, description = "Its name.")),
    responses((status = 204, description = "Deleted.")))]
async fn delete(signed: Signed, Path(name): Path<String>) -> Answer<Response> {
    let project = signed.project_to(Action::ProjectDelete, &name, Permission::Admin).await?;
    match signed.engine().project_delete(&signed.caller, &project.name).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(DeleteProjectError::NotFound) => Err(Problem::not_found("project")),
        Err(DeleteProjectError::NotAdmin) => Err(Problem::forbidden(Permission::Admin, Vec::new())),
        Err(DeleteProjectError::Internal(error)) => Err(error.into()),
    }
}

/// The set of some names.
pub(super) fn permission_set(names: &[PermissionName]) -> PermissionSet {
    names.iter().map(|name| name.0).collect()
}

/// Names of a set, for the matrix.
pub(super) fn set_names(set: &PermissionSet) -> Vec<PermissionName> {
    permission_names(set)
}
