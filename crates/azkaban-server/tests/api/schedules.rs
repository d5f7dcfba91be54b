//! Schedules, and the search over everything.

use serde_json::{Value, json};

use crate::common::Server;
use crate::flows::nested;
use crate::scene::Api;

pub(crate) fn a_flow_is_scheduled_paused_and_removed() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    nested(&admin);
    let path = "/projects/p/flows/f/schedule";
    for (body, field) in [
        (json!({"cron": "every day"}), "cron"),
        (json!({"cron": "0 0 2 * * ?", "timeZone": "Mars/Base"}), "timeZone"),
        (json!({"cron": "0 0 2 * * ? 2001"}), "cron"),
        (json!({"cron": "0 0 2 * * ?", "options": {"disabled": ["none"]}}), "disabled[0]"),
        (json!({"cron": "0 0 2 * * ?", "missed": "never"}), "missed"),
    ] {
        let problem = admin.call("PUT", path, body.clone()).json();
        assert_eq!(
            (&problem["status"], &problem["errors"][0]["field"]),
            (&json!(422), &json!(field)),
            "{body}: {problem}"
        );
    }
    let body = json!({"cron": "0 0 2 * * ?", "timeZone": "Asia/Shanghai", "missed": "once", "options": {"disabled": ["a"]}});
    assert_eq!(alice.refused("PUT", path, body.clone()).0, 403);
    let schedule = admin.call("PUT", path, body).json();
    assert_eq!(
        (&schedule["timeZone"], &schedule["missed"]),
        (&json!("Asia/Shanghai"), &json!("once")),
        "{schedule}"
    );
    let next = schedule["nextAt"].as_i64().unwrap();
    let week = 7 * 24 * 3_600_000;
    let list = admin.get(&format!("/schedules?project=P&from={next}&to={}", next + week));
    assert_eq!(list["items"][0]["fires"].as_array().unwrap().len(), 7, "{list}");
    assert_eq!(alice.get("/schedules")["items"], json!([]));
    let id = schedule["id"].as_i64().unwrap();
    assert_eq!(alice.refused("POST", &format!("/schedules/{id}/pause"), Value::Null).0, 404);
    let paused = admin.call("POST", &format!("/schedules/{id}/pause"), Value::Null).json();
    assert_eq!((&paused["paused"], &paused["nextAt"]), (&json!(true), &Value::Null));
    assert_eq!(admin.call("POST", &format!("/schedules/{id}/resume"), Value::Null).json()["nextAt"], next);
    assert_eq!(admin.get(&format!("/schedules/{id}"))["flow"], "f");
    let preview = admin.call(
        "POST",
        "/schedules/preview",
        json!({"cron": "0 0 2 * * ?", "timeZone": "Asia/Shanghai", "count": 3}),
    );
    assert_eq!(preview.json()["fires"], json!([next, next + week / 7, next + 2 * week / 7]));
    assert_eq!(admin.call("DELETE", path, Value::Null).status, 204);
    assert_eq!(admin.refused("DELETE", path, Value::Null).0, 404);
}

pub(crate) fn one_search_finds_projects_flows_jobs_and_executions() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    admin.project(
        "orders",
        [("load_orders.job", "type=noop\n"), ("report.job", "type=noop\ndependencies=load_orders\n")],
    );
    let id = admin.call("POST", "/projects/orders/flows/report/executions", json!({})).json()["id"].clone();
    let kinds = |api: &Api, q: &str| -> Vec<String> {
        let hits = api.get(&format!("/search?q={q}"));
        let items = hits["items"].as_array().unwrap();
        items.iter().map(|hit| hit["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&admin, "ORDERS"), ["project", "job"]);
    assert_eq!(kinds(&admin, "report"), ["flow"]);
    assert_eq!(kinds(&admin, &format!("%23{id}")), ["execution"]);
    assert_eq!(kinds(&alice, "orders"), ["project"]);
    assert!(kinds(&alice, &id.to_string()).is_empty());
    assert_eq!(admin.refused("GET", "/search?q=", Value::Null).0, 400);
}
