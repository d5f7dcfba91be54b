//! Locked flows and the upload setting (http-api §6).

use azkaban_engine::{FlowLockError, UploadSettingError};
use serde::Serialize;

use super::Manager;
use crate::legacy::errors::Failure;
use crate::legacy::reply::Reply;

/// `setFlowLock`.
pub(super) async fn set(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        flow_id: &'a str,
        is_locked: bool,
        flow_lock_error_message: Option<&'a str>,
    }
    let call = manager.call;
    let flow = call.params.required("flowName")?;
    let locked = call.params.required_boolean("isLocked")?;
    let message = call.params.get("flowLockErrorMessage").filter(|_| locked);
    let (engine, project) = (&call.app.engine, &manager.project);
    let done = if locked {
        engine.flow_lock(&call.caller, project, flow, message.map(str::to_owned)).await
    } else {
        engine.flow_unlock(&call.caller, project, flow).await
    };
    match done {
        Ok(()) => {
            manager.answer(Answer { flow_id: flow, is_locked: locked, flow_lock_error_message: message })
        }
        Err(FlowLockError::FlowNotFound) => manager.flow_not_found(flow),
        Err(FlowLockError::ProjectGone) => manager.gone(),
        Err(FlowLockError::Internal(error)) => Err(Failure::Internal(error)),
    }
}

/// `isFlowLocked`.
pub(super) async fn get(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        flow_id: &'a str,
        is_locked: bool,
    }
    let flow = manager.call.params.required("flowName")?;
    if !manager.model().await?.flows.contains_key(flow) {
        return manager.flow_not_found(flow);
    }
    let lock = manager.call.app.engine.flow_lock_get(manager.project.id, flow);
    manager.answer(Answer { flow_id: flow, is_locked: lock.is_some() })
}

/// `getUploadSetting`.
pub(super) fn upload_setting(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Setting {
        is_upload_locked: bool,
        adhoc_upload: bool,
    }
    let project = &manager.project;
    manager.answer(Setting { is_upload_locked: project.upload_locked, adhoc_upload: project.adhoc_upload })
}

/// `changeUploadSetting`: needs a role with ADMIN, whatever the project's own entries say.
pub(super) async fn change_upload_setting(manager: &Manager<'_>) -> Reply {
    let call = manager.call;
    if !call.params.has("adhocUpload") {
        return manager.error("adhocUpload parameter is not set");
    }
    let adhoc = call.params.boolean("adhocUpload", false);
    match call.app.engine.upload_setting_change(&call.caller, &manager.project, adhoc).await {
        Ok(()) => manager.done(),
        Err(UploadSettingError::NotAdmin) => manager
            .error(format!("User {} doesn't have permission to change upload lock settings.", call.user())),
        Err(UploadSettingError::ProjectGone) => manager.gone(),
        Err(UploadSettingError::Internal(error)) => Err(Failure::Internal(error)),
    }
}
