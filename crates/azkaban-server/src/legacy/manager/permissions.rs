//! Who may do what with a project (http-api §2.6, §3, §6).

use std::collections::{BTreeMap, BTreeSet};

use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_engine::{Grantee, PermissionError, ProxyUserError};
use serde::Serialize;

use super::Manager;
use crate::legacy::errors::Failure;
use crate::legacy::reply::Reply;

/// `getPermissions`.
pub(super) fn of_users(manager: &Manager<'_>) -> Reply {
    list(manager, &manager.project.user_permissions)
}

/// `getGroupPermissions`; a group's name is under `username` too.
pub(super) fn of_groups(manager: &Manager<'_>) -> Reply {
    list(manager, &manager.project.group_permissions)
}

fn list(manager: &Manager<'_>, of: &BTreeMap<String, PermissionSet>) -> Reply {
    #[derive(Serialize)]
    struct List<'a> {
        permissions: Vec<Item<'a>>,
    }
    #[derive(Serialize)]
    struct Item<'a> {
        username: &'a str,
        permission: Vec<&'static str>,
    }
    let permissions = of
        .iter()
        .map(|(name, set)| Item { username: name, permission: set.iter().map(Permission::name).collect() });
    manager.answer(List { permissions: permissions.collect() })
}

/// `getProxyUsers`.
pub(super) fn proxy_users(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct List<'a> {
        proxy_users: &'a BTreeSet<String>,
    }
    manager.answer(List { proxy_users: &manager.project.proxy_users })
}

/// `checkForWritePermission`.
pub(super) fn may_write(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        has_write_permission: bool,
    }
    manager.answer(Answer { has_write_permission: manager.may(Permission::Write) })
}

/// What both calls on permissions send; all of it is required.
struct Entry {
    grantee: Grantee,
    name: String,
    permissions: PermissionSet,
}

impl Entry {
    fn of(manager: &Manager<'_>) -> Result<Self, Failure> {
        const KINDS: [(&str, Permission); 5] = [
            ("permissions[admin]", Permission::Admin),
            ("permissions[read]", Permission::Read),
            ("permissions[write]", Permission::Write),
            ("permissions[execute]", Permission::Execute),
            ("permissions[schedule]", Permission::Schedule),
        ];
        let params = &manager.call.params;
        let name = params.required("name")?.to_owned();
        let group = params.required_boolean("group")?;
        let grantee = if group { Grantee::Group(name.clone()) } else { Grantee::User(name.clone()) };
        let mut permissions = PermissionSet::default();
        for (parameter, permission) in KINDS {
            if params.required_boolean(parameter)? {
                permissions.insert(permission);
            }
        }
        Ok(Self { grantee, name, permissions })
    }

    fn word(&self) -> &'static str {
        match self.grantee {
            Grantee::User(_) => "User",
            Grantee::Group(_) => "Group",
        }
    }
}

/// A request whose session came by cookie must carry the token that only our own pages know (§2.6). The answer names no project.
fn is_forged(manager: &Manager<'_>) -> bool {
    let sent = manager.call.headers.get("x-csrf-token").map_or(&[][..], |value| value.as_bytes());
    manager.call.cookie_session.as_ref().is_some_and(|session| !manager.call.app.csrf.verify(session, sent))
}

fn forged() -> Reply {
    crate::legacy::reply::error("CSRF validation failed.")
}

/// `addPermission`.
pub(super) async fn add(manager: &Manager<'_>) -> Reply {
    if is_forged(manager) {
        return forged();
    }
    let entry = Entry::of(manager)?;
    let call = manager.call;
    let added = call
        .app
        .engine
        .permission_add(&call.caller, &manager.project, entry.grantee.clone(), entry.permissions.clone())
        .await;
    outcome(manager, &entry, added)
}

/// `changePermission`: no permission at all removes the entry.
pub(super) async fn change(manager: &Manager<'_>) -> Reply {
    if is_forged(manager) {
        return forged();
    }
    let entry = Entry::of(manager)?;
    let call = manager.call;
    let changed = call
        .app
        .engine
        .permission_change(&call.caller, &manager.project, entry.grantee.clone(), entry.permissions.clone())
        .await;
    outcome(manager, &entry, changed)
}

fn outcome(manager: &Manager<'_>, entry: &Entry, result: Result<(), PermissionError>) -> Reply {
    match result {
        Ok(()) => manager.done(),
        Err(PermissionError::Exists) => manager.error(format!("{} permission already exists.", entry.word())),
        Err(PermissionError::NotFound) => {
            manager.error(format!("Permissions for {} cannot be found.", entry.name))
        }
        Err(PermissionError::GranteeInvalid) => manager.error(format!("{} is invalid.", entry.word())),
        Err(PermissionError::ProjectGone) => manager.gone(),
        Err(PermissionError::Internal(error)) => Err(Failure::Internal(error)),
    }
}

/// `addProxyUser`.
pub(super) async fn add_proxy_user(manager: &Manager<'_>) -> Reply {
    if is_forged(manager) {
        return forged();
    }
    let (call, name) = (manager.call, manager.call.params.required("name")?);
    let added = call.app.engine.proxy_user_add(&call.caller, &manager.project, name).await;
    proxy_outcome(manager, name, added)
}

/// `removeProxyUser`: one that is not there is no error.
pub(super) async fn remove_proxy_user(manager: &Manager<'_>) -> Reply {
    if is_forged(manager) {
        return forged();
    }
    let (call, name) = (manager.call, manager.call.params.required("name")?);
    let removed = call.app.engine.proxy_user_remove(&call.caller, &manager.project, name).await;
    proxy_outcome(manager, name, removed)
}

fn proxy_outcome(manager: &Manager<'_>, name: &str, result: Result<(), ProxyUserError>) -> Reply {
    match result {
        Ok(()) => manager.done(),
        Err(ProxyUserError::NotAllowed) => {
            let user = manager.call.user();
            manager.error(format!("User {user} has no permission to add {name} as proxy user."))
        }
        Err(ProxyUserError::ProjectGone) => manager.gone(),
        Err(ProxyUserError::Internal(error)) => Err(Failure::Internal(error)),
    }
}
