//! The calls of administrators (http-api §7): executors, the queue, ramps, properties of the running server.

use serde::Serialize;
use serde_json::Value;

use crate::legacy::Call;
use crate::legacy::reply::{self, Reply};

#[derive(Serialize)]
struct Answer<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

fn answer(error: Option<&str>) -> Reply {
    reply::pretty(&Answer { status: if error.is_some() { "error" } else { "success" }, error })
}

/// `reloadExecutors`: there is one executor, this process, and it is always known.
pub(super) fn reload_executors(call: &Call<'_>) -> Reply {
    answer((!call.is_admin()).then_some("Only Admins are allowed to refresh the executors"))
}

/// `enableQueueProcessor`, `disableQueueProcessor`.
pub(super) async fn queue(call: &Call<'_>, open: bool) -> Reply {
    if !call.may_control_server().await {
        return answer(Some("Only Admins are allowed to update queue processor"));
    }
    call.app.engine.queue_set_open(&call.caller, open).await?;
    answer(None)
}

/// `ramp`: the body is read before the user's role is looked at (recorded). Ramps are a feature of Hadoop executors that
/// this server does not have, so every command is answered as failed.
pub(super) fn ramp(call: &Call<'_>) -> Reply {
    let Some(body) = &call.body else {
        return reply::error(
            "Error on update Ramp. Cannot invoke \"org.codehaus.jackson.JsonNode.isObject()\" because \"<parameter1>\" is null",
        );
    };
    let body: Value = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return reply::error(format!("Error on update Ramp. {error}")),
    };
    if !call.is_admin() {
        return reply::nothing();
    }
    let commands = match &body {
        Value::Object(_) => std::slice::from_ref(&body),
        Value::Array(commands) => commands,
        _ => return reply::error("Invalid Body Format"),
    };
    if !commands.iter().all(Value::is_object) {
        return reply::error("Invalid Body Format");
    }
    let outcomes = commands.iter().enumerate().map(|(number, command)| {
        let command = java_text(command);
        (number.to_string(), format!("[FAILURE] {{Reason = This server has no ramps, Command = {command}}}"))
    });
    reply::pretty(&outcomes.map(|(number, text)| (number, text.into())).collect::<serde_json::Map<_, _>>())
}

/// JSON as Java prints maps and lists. The depth is bounded by that of the parsed body.
fn java_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(java_text).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}={}", java_text(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Names of `subType` by `propType`.
const CONTAINER_DISPATCH: &[&str] = &[
    "updateAllowList",
    "appendAllowList",
    "removeFromAllowList",
    "updateRampUp",
    "appendDenyList",
    "removeFromDenyList",
    "reloadFlowFilter",
];
const CONTAINERIZED: &[&str] = &["updateVPARampUp", "updateVPAEnabled", "reloadVPAFlowFilter"];
const GENERAL: &[&str] = &["enableOfflineLogsLoader"];

/// `updateProp`: switches of containerized dispatch and of a second source of logs, neither of which is here.
pub(super) fn update_property(call: &Call<'_>) -> Reply {
    if !call.is_admin() {
        let groups: String = call.caller.user.groups.iter().map(|group| format!("{group},")).collect();
        let user = call.user();
        return reply::error(format!(
            "User {user}: [{groups}] doesn't have ADMIN permission for updating property"
        ));
    }
    let failed = |reason: &dyn std::fmt::Display| reply::error(format!("Error on update property. {reason}"));
    let kind = match call.params.required("propType") {
        Ok(kind) => kind,
        Err(missing) => return failed(&missing),
    };
    match kind {
        "containerDispatch" | "containerizedImpl" => {
            return reply::error(
                "ExecutorManagerAdapter is not of type: azkaban.executor.container.ContainerizedDispatchManager",
            );
        }
        "general" => {}
        _ => return reply::error(format!("Unsupported propType: {kind}")),
    }
    let name = match call.params.required("subType") {
        Ok(name) => name,
        Err(missing) => return failed(&missing),
    };
    if ![CONTAINER_DISPATCH, CONTAINERIZED, GENERAL].concat().contains(&name) {
        return failed(&format!("No PropUpdate corresponding to param value {name}"));
    }
    if GENERAL.contains(&name)
        && let Err(missing) = call.params.required("val")
    {
        return failed(&missing);
    }
    reply::nothing()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_back_as_java_prints_them() {
        let command =
            serde_json::json!({"action": "DELETE", "conditions": {"rampId": 7, "x": null}, "l": [1, "a"]});
        assert_eq!(java_text(&command), "{action=DELETE, conditions={rampId=7, x=null}, l=[1, a]}");
    }
}
