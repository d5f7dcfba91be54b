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
    assert_eq!((&list["items"][0]["mayChange"], &list["items"][0]["past"]), (&json!(true), &json!([])));
    // No end is none, also of what first fires after the year 2050, where Azkaban's own end lies.
    let (late, at) = ("0 0 0 1 1 ? 2060", json!(2_840_140_800_000_i64));
    let far = admin.call("PUT", path, json!({"cron": late, "timeZone": "UTC"})).json();
    assert_eq!((&far["nextAt"], &far["endAt"]), (&at, &Value::Null), "{far}");
    let change = |body: Value| admin.call("PATCH", &format!("/schedules/{id}"), body).json();
    assert_eq!(change(json!({"cron": "0 0 2 * * ?"}))["endAt"], Value::Null);
    assert_eq!(change(json!({"cron": late}))["nextAt"], at);
    assert_eq!(
        change(json!({"cron": "0 0 2 * * ?", "endAt": 2_524_607_999_999_i64}))["endAt"],
        2_524_607_999_999_i64
    );
    assert_eq!(change(json!({"cron": late, "endAt": null}))["nextAt"], at);
    let preview = admin.call("POST", "/schedules/preview", json!({"cron": late, "timeZone": "UTC"}));
    assert_eq!(preview.json()["fires"], json!([at]));
    assert_eq!(admin.call("DELETE", path, Value::Null).status, 204);
    assert_eq!(admin.refused("DELETE", path, Value::Null).0, 404);
}

pub(crate) fn parts_of_a_schedule_are_changed_and_the_rest_stays() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    nested(&admin);
    let body = json!({"cron": "0 0 2 * * ?", "timeZone": "Asia/Shanghai", "missed": "once", "options": {
        "disabled": ["a"], "failureAction": "cancelAll", "properties": {"ds": "1", "db.password": "hidden"},
        "notify": {"firstFailure": false, "failureEmails": ["a@x"]}}});
    let made = admin.call("PUT", "/projects/p/flows/f/schedule", body).json();
    let path = format!("/schedules/{}", made["id"]);
    assert_eq!(made["options"], Value::Null);
    let shown = admin.get(&path);
    assert_eq!(
        shown["options"]["properties"],
        json!({"ds": "1", "db.password": "[MASKED]"}),
        "a secret is not shown"
    );

    assert_eq!(alice.refused("PATCH", &path, json!({"cron": "0 0 3 * * ?"})).0, 404);
    for (body, field) in [
        (json!({"cron": "at night"}), "cron"),
        (json!({"timeZone": "Mars/Base"}), "timeZone"),
        (json!({"missed": "never"}), "missed"),
        (json!({"endAt": 1}), "endAt"),
        (json!({"cron": "0 0 2 * * ? 2001"}), "cron"),
        (json!({"options": {"disabled": ["none"]}}), "options.disabled[0]"),
        (json!({"options": {"notify": {"failureEmails": ["a b"]}}}), "options.notify.failureEmails"),
        (json!({"options": {"concurrency": {"kind": "pipeline", "level": 9}}}), "options.concurrency.level"),
        (json!({"owner": "alice"}), "owner"),
    ] {
        let problem = admin.call("PATCH", &path, body.clone()).json();
        let told = (&problem["status"], &problem["errors"][0]["field"]);
        assert_eq!(told, (&json!(422), &json!(field)), "{body}: {problem}");
    }
    assert_eq!(admin.get(&path), shown, "what is refused changes nothing");

    let moved = admin.call("PATCH", &path, json!({"cron": "0 30 4 * * ?"})).json();
    assert_eq!((&moved["cron"], &moved["timeZone"]), (&json!("0 30 4 * * ?"), &json!("Asia/Shanghai")));
    assert_eq!((&moved["missed"], &moved["options"]), (&json!("once"), &shown["options"]));
    assert_ne!(moved["nextAt"], shown["nextAt"]);
    let body = json!({"missed": "all", "options": {"properties": {"ds": "2", "db.password": "[MASKED]"}, "failureAction": null}});
    let changed = admin.call("PATCH", &path, body).json();
    assert_eq!(changed["nextAt"], moved["nextAt"], "a fire to come stays");
    assert_eq!((&changed["missed"], &changed["options"]["failureAction"]), (&json!("all"), &Value::Null));
    assert_eq!(changed["options"]["properties"]["ds"], "2");
    for key in ["disabled", "notify", "concurrency"] {
        assert_eq!(changed["options"][key], shown["options"][key], "{key}");
    }
    // A pause stays.
    admin.call("POST", &format!("{path}/pause"), Value::Null);
    let paused = admin.call("PATCH", &path, json!({"timeZone": "UTC"})).json();
    assert_eq!((&paused["paused"], &paused["timeZone"]), (&json!(true), &json!("UTC")));
}

pub(crate) fn a_removed_schedule_comes_back_as_it_was() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    nested(&admin);
    let flow = "/projects/p/flows/f/schedule";
    let body = json!({"cron": "0 0 2 * * ?", "missed": "once", "options": {"disabled": ["a"]}});
    let id = admin.call("PUT", flow, body.clone()).json()["id"].clone();
    let (path, restore) = (format!("/schedules/{id}"), format!("/schedules/{id}/restore"));
    assert_eq!(admin.refused("POST", &restore, Value::Null).0, 404, "it is there");
    admin.call("POST", &format!("{path}/pause"), Value::Null);
    let before = admin.get(&path);
    assert_eq!(admin.call("DELETE", flow, Value::Null).status, 204);
    assert_eq!(admin.refused("GET", &path, Value::Null).0, 404);
    assert_eq!(alice.refused("POST", &restore, Value::Null).0, 404);
    let restored = admin.call("POST", &restore, Value::Null);
    assert_eq!(restored.status, 200, "{}", restored.text());
    assert_eq!(admin.get(&path), before);

    assert_eq!(admin.call("DELETE", flow, Value::Null).status, 204);
    assert_eq!(admin.call("PUT", flow, body).status, 200);
    let refused = admin.call("POST", &restore, Value::Null).json();
    assert_eq!((&refused["status"], &refused["params"]["reason"]), (&json!(409), &json!("scheduled")));
}

pub(crate) fn flow_triggers_are_shown_as_the_files_define_them() {
    const FLOW: &str = "trigger:
  maxWaitMins: 60
  schedule:
    type: cron
    value: 0 0 2 ? * *
  triggerDependencies:
    - name: orders
      type: kafka
      params:
        topic: orders
nodes:
  - name: a
    type: noop
";
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    admin.project("p", [("p.project", "azkaban-flow-version: 2.0\n"), ("f.flow", FLOW)]);
    let dependency = json!({"name": "orders", "type": "kafka", "params": {"topic": "orders"}});
    let expected = json!([{"project": "p", "flow": "f", "cron": "0 0 2 ? * *", "maxWaitMs": 3_600_000,
        "dependencies": [dependency]}]);
    for path in ["/flow-triggers", "/flow-triggers?project=p&flow=f"] {
        assert_eq!(admin.get(path), json!({"items": expected, "complete": true}), "{path}");
    }
    assert_eq!(admin.get("/flow-triggers?project=p&flow=g")["items"], json!([]));
    assert_eq!(alice.get("/flow-triggers")["items"], json!([]));
    assert_eq!(alice.refused("GET", "/flow-triggers?project=p", Value::Null).0, 403);
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
