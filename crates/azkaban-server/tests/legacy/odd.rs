//! Requests that no client of Azkaban should send, and options that few do: what the specification says of them.

use azkaban_testkit::Client;
use serde_json::{Value, json};

use crate::common::Server;

/// The status of an answer, and its JSON if it has any.
fn ask(client: &Client, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let response = client.get(path, query);
    (response.status, serde_json::from_str(&response.text()).unwrap_or_default())
}

pub(crate) fn what_is_missing_or_malformed_is_told_before_anything_is_looked_at() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let check = |path: &str, query: &[(&str, &str)], status: u16, answer: Value| {
        assert_eq!(ask(&admin, path, query), (status, answer), "{path} {query:?}");
    };
    // A flow is required whether or not there is such a project.
    for ajax in ["executeFlow", "getRunning", "flowInfo", "fetchscheduledflowgraph"] {
        check("/executor", &[("ajax", ajax), ("project", "none")], 500, Value::Null);
        check("/executor", &[("ajax", ajax), ("project", "p")], 500, Value::Null);
    }
    // An execution has an int.
    let unknown = json!({"error": "Cannot find execution '2147483647'"});
    check("/executor", &[("ajax", "fetchexecflow"), ("execid", "2147483647")], 200, unknown);
    for id in ["2147483648", "1.0", " 1", ""] {
        check("/executor", &[("ajax", "fetchexecflow"), ("execid", id)], 500, Value::Null);
        check("/executor", &[("execid", id)], 500, Value::Null);
    }
    // An unknown action asks no executor, but needs a number.
    check("/stats", &[("action", "none"), ("executorId", "99")], 200, json!({}));
    check("/stats", &[("action", "none"), ("executorId", "x")], 500, Value::Null);
    check("/stats", &[("action", "getAllMetricNames"), ("executorId", "99")], 500, Value::Null);
    for ajax in ["fetchTrigger", "pauseTrigger", "resumeTrigger"] {
        check("/flowtrigger", &[("ajax", ajax), ("projectId", "x"), ("flowId", "f")], 500, Value::Null);
        check("/flowtrigger", &[("ajax", ajax), ("projectId", "1")], 200, json!({}));
    }
    let exception = ask(&admin, "/schedule", &[("ajax", "slaInfo")]).1["error"].clone();
    assert_eq!(exception["message"], "Missing required parameter 'scheduleId'.");
    assert_eq!(exception.get("rootCause"), Some(&Value::Null), "{exception}");
    assert!(admin.get("/status", &[]).text().ends_with("}\r\n"));
}

pub(crate) fn a_flow_to_be_restarted_tells_how_and_a_queue_tells_its_level() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let retries = |options: &[(&str, &str)]| {
        let options = [&[("concurrentOption", "ignore")], options].concat();
        admin.execution(admin.execute("p", "f", &options)).get("retries").cloned()
    };
    let shown = |statuses: &str, max: u32, strategy: &str| {
        Some(
            json!({"allowedStatuses": statuses, "userDefinedMax": max, "strategy": strategy, "userDefinedCount": 0,
            "systemDefinedMax": 1, "systemDefinedCount": 0, "rootExecutionID": -1, "parentExecutionID": -1, "childExecutionID": -1}),
        )
    };
    const STATUSES: (&str, &str) = ("flowOverride[flow.retry.statuses]", "FAILED");
    assert_eq!(retries(&[]), None);
    assert_eq!(retries(&[("flowOverride[flow.max.retries]", "2")]), None);
    assert_eq!(retries(&[STATUSES]), shown("FAILED", 1, "retryAsNew"));
    let all = [
        STATUSES,
        ("flowOverride[flow.max.retries]", "2"),
        ("flowOverride[flow.retry.strategy]", "disableSucceededNodes"),
        ("flowOverride[allow.restart.on.execution.stopped]", "true"),
    ];
    assert_eq!(retries(&all), shown("EXECUTION_STOPPED,FAILED", 2, "disableSucceededNodes"));

    for (level, told) in [(None, 1), (Some("7"), 7), (Some("x"), 1)] {
        let mut options = vec![("concurrentOption", "queue")];
        options.extend(level.map(|level| ("queueLevel", level)));
        let id = admin.execute("p", "f", &options).to_string();
        let info = ask(&admin, "/executor", &[("ajax", "flowInfo"), ("execid", &id)]).1;
        assert_eq!(
            (&info["concurrentOptions"], &info["pipelineLevel"]),
            (&json!("queue"), &json!(told)),
            "{info}"
        );
        assert_eq!((&info["queueLevel"], &info["pipelineExecution"]), (&json!(0), &Value::Null), "{info}");
    }
}
