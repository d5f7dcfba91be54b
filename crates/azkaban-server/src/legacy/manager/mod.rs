//! `/manager`: projects, their flows, versions and rights (http-api §4.2–§4.7, §6).

mod archive;
mod create;
mod events;
mod executions;
mod flows;
mod jobs;
mod locks;
mod permissions;
mod upload;

pub(crate) use archive::{disposition as archive_name, open as open_archive};

use std::sync::Arc;

use azkaban_core::ids::ProjectId;
use azkaban_core::permission::Permission;
use azkaban_core::project::ProjectModel;
use azkaban_engine::{Action, Project, WhitelistError};
use serde::Serialize;

use super::reply::{self, Reply};
use super::{Call, Failure, Params};
use crate::pages;

/// Of the parameters that choose a page the first of these wins (§13.2); only pages that exist are told apart.
pub(super) async fn get(call: &Call<'_>) -> Reply {
    let Some(name) = call.params.get("project") else {
        return if call.params.has("reloadProjectWhitelist") {
            reload_whitelist(call).await
        } else {
            pages::message(call, "No project set.")
        };
    };
    if let Some(ajax) = call.ajax() {
        return answer(call, name, ajax).await;
    }
    if ["logs", "permissions", "prop", "history", "job", "flow"].iter().any(|page| call.params.has(page)) {
        return pages::project::get(call, name).await;
    }
    if call.params.has("delete") {
        return create::delete(call, name).await;
    }
    if call.params.has("purge") {
        return archive::purge(call, name).await;
    }
    if call.params.has("download") {
        return archive::download(call, name).await;
    }
    pages::project::get(call, name).await
}

pub(super) async fn post(call: Call<'_>) -> Reply {
    if call.multipart {
        return upload::post(call).await;
    }
    if let Some(ajax) = call.ajax() {
        return answer(&call, call.params.required("project")?, ajax).await;
    }
    match call.params.get("action") {
        Some("create") => create::create(&call).await,
        _ => Ok(reply::empty()),
    }
}

async fn reload_whitelist(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct Done {
        success: &'static str,
    }
    match call.app.engine.whitelist_reload(&call.caller).await {
        Ok(()) => reply::pretty(&Done { success: "Project whitelist re-loaded!" }),
        Err(WhitelistError::NotAdmin) => reply::error("Provided session doesn't have admin privilege."),
        Err(WhitelistError::NotConfigured) => {
            reply::error("azkaban.properties doesn't contain property project.whitelist.xml.file")
        }
        Err(WhitelistError::Unusable(problem)) => {
            reply::error(format!("Exception occurred while trying to re-load project whitelist: {problem}"))
        }
        Err(WhitelistError::Internal(error)) => Err(error.into()),
    }
}

/// A call on a project.
struct Manager<'a> {
    call: &'a Call<'a>,
    /// The name as the request has it.
    name: &'a str,
    project: Arc<Project>,
}

/// What a call that changes something is called in the audit trail.
fn action(ajax: &str, params: &Params) -> Option<Action> {
    Some(match ajax {
        "setJobOverrideProperty" => Action::PropertiesOverride,
        "changeDescription" => Action::ProjectDescribe,
        "addPermission" => Action::PermissionAdd,
        "changePermission" => Action::PermissionChange,
        "addProxyUser" => Action::ProxyUserAdd,
        "removeProxyUser" => Action::ProxyUserRemove,
        "setFlowLock" if params.boolean("isLocked", false) => Action::FlowLock,
        "setFlowLock" => Action::FlowUnlock,
        _ => return None,
    })
}

/// What each call needs; `None` for those that everybody may make.
fn permission(ajax: &str) -> Option<Permission> {
    match ajax {
        "fetchProjectLogs"
        | "fetchflowjobs"
        | "fetchflowdetails"
        | "fetchflowgraph"
        | "fetchflownodedata"
        | "fetchprojectflows"
        | "fetchFlowExecutions"
        | "fetchLastSuccessfulFlowExecution"
        | "fetchJobInfo"
        | "getPermissions"
        | "getGroupPermissions"
        | "getProxyUsers"
        | "getUploadSetting"
        | "isFlowLocked" => Some(Permission::Read),
        "setJobOverrideProperty" | "changeDescription" => Some(Permission::Write),
        "addPermission" | "changePermission" | "addProxyUser" | "removeProxyUser" | "setFlowLock" => {
            Some(Permission::Admin)
        }
        _ => None,
    }
}

async fn answer(call: &Call<'_>, name: &str, ajax: &str) -> Reply {
    let Some(project) = call.app.engine.project_by_name(name) else {
        #[derive(Serialize)]
        struct Unknown<'a> {
            project: &'a str,
            error: String,
        }
        return reply::pretty(&Unknown { project: name, error: format!("Project {name} doesn't exist.") });
    };
    let manager = Manager { call, name, project };
    if let Some(needed) = permission(ajax)
        && !manager.permits(needed, ajax).await
    {
        return manager.error(format!("Permission denied. Need {} access.", needed.name()));
    }
    match ajax {
        "getProjectId" => manager.done(),
        "fetchProjectLogs" => events::list(&manager).await,
        "fetchprojectflows" => flows::list(&manager).await,
        "fetchflowgraph" => flows::graph(&manager).await,
        "fetchflowjobs" => flows::jobs(&manager).await,
        "fetchflowdetails" => flows::details(&manager).await,
        "fetchflownodedata" => flows::node(&manager).await,
        "fetchFlowExecutions" => executions::list(&manager).await,
        "fetchLastSuccessfulFlowExecution" => executions::last_succeeded(&manager).await,
        "fetchJobInfo" => jobs::info(&manager).await,
        "setJobOverrideProperty" => jobs::set_override(&manager).await,
        "changeDescription" => create::describe(&manager).await,
        "getPermissions" => permissions::of_users(&manager),
        "getGroupPermissions" => permissions::of_groups(&manager),
        "getProxyUsers" => permissions::proxy_users(&manager),
        "addPermission" => permissions::add(&manager).await,
        "changePermission" => permissions::change(&manager).await,
        "addProxyUser" => permissions::add_proxy_user(&manager).await,
        "removeProxyUser" => permissions::remove_proxy_user(&manager).await,
        "checkForWritePermission" => permissions::may_write(&manager),
        "setFlowLock" => locks::set(&manager).await,
        "isFlowLocked" => locks::get(&manager).await,
        "getUploadSetting" => locks::upload_setting(&manager),
        "changeUploadSetting" => locks::change_upload_setting(&manager).await,
        _ => manager.error(format!("Cannot execute command {ajax}")),
    }
}

impl Manager<'_> {
    /// A call that changes something and is refused is told in the audit trail.
    async fn permits(&self, needed: Permission, ajax: &str) -> bool {
        match action(ajax, &self.call.params) {
            Some(action) => {
                let engine = &self.call.app.engine;
                engine.project_permits(&self.call.caller, &self.project, needed, action).await
            }
            None => self.may(needed),
        }
    }

    fn may(&self, permission: Permission) -> bool {
        self.call.app.engine.project_grants(&self.call.caller.user, &self.project, permission)
    }

    /// The current version's flows.
    async fn model(&self) -> Result<Arc<ProjectModel>, Failure> {
        Ok(self.call.app.engine.project_model(self.project.id, self.project.version).await?)
    }

    /// An answer: `project`, `projectId` and what `rest` has.
    fn answer(&self, rest: impl Serialize) -> Reply {
        #[derive(Serialize)]
        struct Answer<'a, T> {
            project: &'a str,
            #[serde(rename = "projectId")]
            project_id: ProjectId,
            #[serde(flatten)]
            rest: T,
        }
        reply::pretty(&Answer { project: self.name, project_id: self.project.id, rest })
    }

    /// The project was deleted after the call had begun.
    fn gone(&self) -> Reply {
        self.error(format!("Project {} doesn't exist.", self.name))
    }

    /// The answer that only tells the project.
    fn done(&self) -> Reply {
        self.answer(reply::Nothing {})
    }

    fn error(&self, message: impl AsRef<str>) -> Reply {
        self.answer(reply::ErrorOnly { error: message.as_ref() })
    }

    fn flow_not_found(&self, flow: &str) -> Reply {
        self.error(format!("Flow {flow} not found in project {}", self.project.name))
    }
}
