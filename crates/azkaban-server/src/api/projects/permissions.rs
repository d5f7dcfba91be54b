//! Who may do what with a project.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Response;
use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_engine::Action;
use azkaban_engine::{Grantee, PermissionError, Project, ProxyUserError};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{permission_set, set_names};
use crate::api::extract::{Json, Path, Signed};
use crate::api::problem::{Answer, Problem};
use crate::api::schema::PermissionName;
use crate::api::session::reply;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(get))
        .routes(routes!(names))
        .routes(routes!(put_user, delete_user))
        .routes(routes!(put_group, delete_group))
        .routes(routes!(put_proxy, delete_proxy))
}

/// Everybody with an entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Matrix {
    /// Users, by name.
    users: Vec<Entry>,
    /// Groups, by name.
    groups: Vec<Entry>,
    /// Users as which jobs may run, by name.
    proxy_users: Vec<String>,
}

/// A user or a group.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entry {
    name: String,
    permissions: Vec<PermissionName>,
}

/// What someone may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PermissionsRequest {
    /// ADMIN stands for all others. Of READ, WRITE, EXECUTE, SCHEDULE and ADMIN; at least one.
    permissions: Vec<PermissionName>,
}

fn matrix(project: &Project) -> Matrix {
    let entries = |of: &BTreeMap<String, PermissionSet>| {
        of.iter().map(|(name, set)| Entry { name: name.clone(), permissions: set_names(set) }).collect()
    };
    Matrix {
        users: entries(&project.user_permissions),
        groups: entries(&project.group_permissions),
        proxy_users: project.proxy_users.iter().cloned().collect(),
    }
}

/// Names for completion, each list by name.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KnownNames {
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
    proxy_users: BTreeSet<String>,
}

/// Whom the projects that the caller may read name in their permissions, for completion.
#[utoipa::path(get, path = "/names", tag = "permissions", operation_id = "listNames",
    responses((status = 200, description = "The names.", body = KnownNames)))]
async fn names(signed: Signed) -> Answer<Response> {
    let mut found = KnownNames::default();
    for project in signed.engine().projects_active() {
        if signed.may(&project, Permission::Read) {
            found.users.extend(project.user_permissions.keys().cloned());
            found.groups.extend(project.group_permissions.keys().cloned());
            found.proxy_users.extend(project.proxy_users.iter().cloned());
        }
    }
    found.users.insert(signed.caller.user.name.clone());
    Ok(reply(&found))
}

/// Everybody with an entry in a project.
#[utoipa::path(get, path = "/projects/{project}/permissions", tag = "permissions", operation_id = "getPermissions",
    params(("project" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The matrix.", body = Matrix)))]
async fn get(signed: Signed, Path(name): Path<String>) -> Answer<Response> {
    Ok(reply(&matrix(&*signed.project(&name, Permission::Read)?)))
}

/// Replaces an entry, and answers with the whole matrix.
async fn put(
    signed: &Signed,
    project: &str,
    grantee: Grantee,
    request: &PermissionsRequest,
) -> Answer<Response> {
    let current = signed.project_to(Action::PermissionChange, project, Permission::Admin).await?;
    let set = permission_set(&request.permissions);
    let general = [Permission::Metrics, Permission::UploadProjects, Permission::CreateProjects];
    if set.is_empty() || general.into_iter().any(|permission| set.contains(permission)) {
        let message = "At least one of READ, WRITE, EXECUTE, SCHEDULE and ADMIN, and no other.";
        return Err(Problem::invalid("permissions", "values", message));
    }
    let entries = match &grantee {
        Grantee::User(_) => &current.user_permissions,
        Grantee::Group(_) => &current.group_permissions,
    };
    let is_new = !entries.contains_key(grantee.name());
    if !is_new {
        keeps_an_admin(&current, &grantee, &set)?;
    }
    let engine = signed.engine();
    let changed = if is_new {
        engine.permission_add(&signed.caller, &current, grantee, set).await
    } else {
        engine.permission_change(&signed.caller, &current, grantee, set).await
    };
    changed.map_err(refused)?;
    Ok(reply(&matrix(&*signed.find_project(project)?)))
}

async fn delete(signed: &Signed, project: &str, grantee: Grantee) -> Answer<Response> {
    let current = signed.project_to(Action::PermissionChange, project, Permission::Admin).await?;
    let none = PermissionSet::default();
    keeps_an_admin(&current, &grantee, &none)?;
    signed.engine().permission_change(&signed.caller, &current, grantee, none).await.map_err(refused)?;
    Ok(reply(&matrix(&*signed.find_project(project)?)))
}

/// The last administrator of a project stays.
fn keeps_an_admin(project: &Project, changed: &Grantee, set: &PermissionSet) -> Answer<()> {
    let is_admin = |of: &PermissionSet| of.contains(Permission::Admin);
    let user = |name: &str| matches!(changed, Grantee::User(user) if user == name);
    let group = |name: &str| matches!(changed, Grantee::Group(group) if group == name);
    let users = project.user_permissions.iter().filter(|(name, of)| !user(name) && is_admin(of)).count();
    let groups = project.group_permissions.iter().filter(|(name, of)| !group(name) && is_admin(of)).count();
    let entry = match changed {
        Grantee::User(name) => project.user_permissions.get(name),
        Grantee::Group(name) => project.group_permissions.get(name),
    };
    if users + groups == 0 && entry.is_some_and(is_admin) && !is_admin(set) {
        return Err(Problem::conflict("lastAdmin", "The last administrator of a project stays."));
    }
    Ok(())
}

fn refused(error: PermissionError) -> Problem {
    match error {
        PermissionError::Exists => Problem::conflict("entryExists", "There is an entry of this name."),
        PermissionError::NotFound => Problem::not_found("entry"),
        PermissionError::GranteeInvalid => Problem::not_found("grantee"),
        PermissionError::ProjectGone => Problem::not_found("project"),
        PermissionError::Internal(error) => error.into(),
    }
}

/// Sets what a user may do.
#[utoipa::path(put, path = "/projects/{project}/permissions/users/{name}", tag = "permissions", operation_id = "putUserPermissions",
    params(("project" = String, Path, description = "The project."), ("name" = String, Path, description = "The user.")),
    request_body = PermissionsRequest,
    responses((status = 200, description = "The matrix as it is now.", body = Matrix)))]
async fn put_user(
    signed: Signed,
    Path((project, name)): Path<(String, String)>,
    Json(request): Json<PermissionsRequest>,
) -> Answer<Response> {
    put(&signed, &project, Grantee::User(name), &request).await
}

/// Removes a user's entry.
#[utoipa::path(delete, path = "/projects/{project}/permissions/users/{name}", tag = "permissions", operation_id = "deleteUserPermissions",
    params(("project" = String, Path, description = "The project."), ("name" = String, Path, description = "The user.")),
    responses((status = 200, description = "The matrix as it is now.", body = Matrix)))]
async fn delete_user(signed: Signed, Path((project, name)): Path<(String, String)>) -> Answer<Response> {
    delete(&signed, &project, Grantee::User(name)).await
}

/// Sets what the members of a group may do.
#[utoipa::path(put, path = "/projects/{project}/permissions/groups/{name}", tag = "permissions", operation_id = "putGroupPermissions",
    params(("project" = String, Path, description = "The project."), ("name" = String, Path, description = "The group.")),
    request_body = PermissionsRequest,
    responses((status = 200, description = "The matrix as it is now.", body = Matrix)))]
async fn put_group(
    signed: Signed,
    Path((project, name)): Path<(String, String)>,
    Json(request): Json<PermissionsRequest>,
) -> Answer<Response> {
    put(&signed, &project, Grantee::Group(name), &request).await
}

/// Removes a group's entry.
#[utoipa::path(delete, path = "/projects/{project}/permissions/groups/{name}", tag = "permissions", operation_id = "deleteGroupPermissions",
    params(("project" = String, Path, description = "The project."), ("name" = String, Path, description = "The group.")),
    responses((status = 200, description = "The matrix as it is now.", body = Matrix)))]
async fn delete_group(signed: Signed, Path((project, name)): Path<(String, String)>) -> Answer<Response> {
    delete(&signed, &project, Grantee::Group(name)).await
}

fn proxy_refused(error: ProxyUserError) -> Problem {
    match error {
        ProxyUserError::NotAllowed => Problem::of(StatusCode::FORBIDDEN)
            .detail("Your entry in the users file does not let you add this name.")
            .param("permission", "proxy"),
        ProxyUserError::ProjectGone => Problem::not_found("project"),
        ProxyUserError::Internal(error) => error.into(),
    }
}

/// Adds a user as which jobs may run.
#[utoipa::path(put, path = "/projects/{project}/proxy-users/{name}", tag = "permissions", operation_id = "putProxyUser",
    params(("project" = String, Path, description = "The project."), ("name" = String, Path, description = "The user.")),
    responses((status = 200, description = "The matrix as it is now.", body = Matrix)))]
async fn put_proxy(signed: Signed, Path((project, name)): Path<(String, String)>) -> Answer<Response> {
    let current = signed.project_to(Action::ProxyUserAdd, &project, Permission::Admin).await?;
    signed.engine().proxy_user_add(&signed.caller, &current, &name).await.map_err(proxy_refused)?;
    Ok(reply(&matrix(&*signed.find_project(&project)?)))
}

/// Removes such a user.
#[utoipa::path(delete, path = "/projects/{project}/proxy-users/{name}", tag = "permissions", operation_id = "deleteProxyUser",
    params(("project" = String, Path, description = "The project."), ("name" = String, Path, description = "The user.")),
    responses((status = 200, description = "The matrix as it is now.", body = Matrix)))]
async fn delete_proxy(signed: Signed, Path((project, name)): Path<(String, String)>) -> Answer<Response> {
    let current = signed.project_to(Action::ProxyUserRemove, &project, Permission::Admin).await?;
    signed.engine().proxy_user_remove(&signed.caller, &current, &name).await.map_err(proxy_refused)?;
    Ok(reply(&matrix(&*signed.find_project(&project)?)))
}
