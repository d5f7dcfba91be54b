//! `/index`: the list of projects (http-api §9).

use std::collections::BTreeMap;
use std::sync::Arc;

use azkaban_core::ids::ProjectId;
use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::time::UnixMillis;
use azkaban_engine::Project;
use serde::Serialize;

use super::Call;
use super::reply::{self, Reply};
use crate::pages;

pub(super) async fn get(call: &Call<'_>) -> Reply {
    match call.ajax() {
        Some("fetchallprojects") => list(&call.app.engine.projects_active()),
        Some("fetchuserprojects") => {
            let user = call.params.get("user").filter(|user| !user.is_empty()).unwrap_or(call.user());
            let mut projects = call.app.engine.projects_active();
            projects.retain(|project| is_own(project, user));
            list(&projects)
        }
        Some(_) => reply::nothing(),
        None => pages::index::get(call),
    }
}

/// Groups and roles do not count here.
fn is_own(project: &Project, user: &str) -> bool {
    let own = project.user_permissions.get(user);
    own.is_some_and(|set| set.contains(Permission::Read) || set.contains(Permission::Admin))
}

fn list(projects: &[Arc<Project>]) -> Reply {
    #[derive(Serialize)]
    struct List<'a> {
        projects: Vec<Item<'a>>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Item<'a> {
        project_id: ProjectId,
        project_name: &'a str,
        /// Who changed it last, whatever the key says.
        created_by: &'a str,
        created_time: UnixMillis,
        user_permissions: Vec<Entry<'a>>,
        group_permissions: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        first: &'a str,
        second: Types,
    }
    #[derive(Serialize)]
    struct Types {
        types: Vec<&'static str>,
    }
    fn entries(of: &BTreeMap<String, PermissionSet>) -> Vec<Entry<'_>> {
        let types = |set: &PermissionSet| Types { types: set.iter().map(Permission::name).collect() };
        of.iter().map(|(name, set)| Entry { first: name, second: types(set) }).collect()
    }
    let projects = projects.iter().map(|project| Item {
        project_id: project.id,
        project_name: &project.name,
        created_by: &project.modified_by,
        created_time: project.created_at,
        user_permissions: entries(&project.user_permissions),
        group_permissions: entries(&project.group_permissions),
    });
    reply::pretty(&List { projects: projects.collect() })
}
