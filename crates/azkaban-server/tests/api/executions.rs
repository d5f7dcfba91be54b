//! Executions from the request to the log.

use std::time::Duration;

use azkaban_testkit::wait_for;
use serde_json::{Value, json};

use crate::common::Server;
use crate::flows::nested;
use crate::scene::Api;

const LIMIT: Duration = Duration::from_secs(60);

fn execute(api: &Api, flow: &str, body: Value) -> i64 {
    let answer = api.call("POST", &format!("/projects/p/flows/{flow}/executions"), body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

fn ended(api: &Api, id: i64) -> Value {
    wait_for("the execution to end", LIMIT, || {
        let execution = api.get(&format!("/executions/{id}"));
        if execution["endedAt"].is_null() { Err(execution.to_string()) } else { Ok(execution) }
    })
}

pub(crate) fn an_execution_tells_why_it_failed_and_what_has_changed() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    let preview =
        admin.call("POST", "/projects/p/flows/f/executions/preview", json!({"disabled": ["sub:y"]}));
    let preview = preview.json();
    assert_eq!(
        (&preview["jobs"], &preview["willRun"], &preview["skipped"]),
        (&json!(3), &json!(2), &json!(1))
    );
    let good = execute(&admin, "f", json!({"disabled": ["sub:y"]}));
    let execution = ended(&admin, good);
    assert_eq!(
        (&execution["status"], &execution["counts"]["SKIPPED"]),
        (&json!("SUCCEEDED"), &json!(1)),
        "{execution}"
    );
    assert_eq!(execution["options"]["disabled"], json!(["sub:y"]));
    let bad = execute(&admin, "f", json!({"properties": {"ds": "1"}, "only": ["sub"]}));
    let execution = ended(&admin, bad);
    assert_eq!(
        (&execution["status"], &execution["options"]["disabled"]),
        (&json!("FAILED"), &json!(["a"])),
        "{execution}"
    );
    let node = execution["nodes"].as_array().unwrap().iter().find(|node| node["path"] == "sub:y").unwrap();
    assert_eq!(
        (&node["status"], node["attempts"].as_array().unwrap().len()),
        (&json!("FAILED"), 1),
        "{node}"
    );
    let why = admin.get(&format!("/executions/{bad}/explain"));
    assert_eq!(
        (&why["reasons"][0]["code"], &why["reasons"][0]["path"]),
        (&json!("jobFailed"), &json!("sub:y")),
        "{why}"
    );
    let disabled = admin.get(&format!("/executions/{bad}/explain?job=a"));
    assert_eq!(disabled["reasons"][0]["code"], "disabled");
    let changes = admin.get(&format!("/executions/{bad}/changes"));
    assert_eq!((&changes["since"], &changes["version"]), (&json!(good), &Value::Null), "{changes}");
    assert!(changes["options"].to_string().contains("properties.ds"), "{changes}");
    let compared = admin.get(&format!("/compare?a={good}&b={bad}"));
    assert!(compared["nodes"].as_array().unwrap().iter().any(|node| node["path"] == "sub:y"), "{compared}");
    let grid = admin.get("/projects/p/flows/f/grid?runs=2");
    assert_eq!(grid["jobs"], json!(["a", "sub", "sub:x", "sub:y"]));
    assert_eq!(
        (&grid["runs"][0]["cells"], &grid["runs"][1]["cells"]),
        (&json!("sFSF"), &json!("SSSs")),
        "{grid}"
    );
    let summary = admin.get("/projects/p/flows/f/summary");
    assert_eq!((&summary["runs"], &summary["failed"]), (&json!(2), &json!(1)), "{summary}");
    let history = admin.get("/projects/p/flows/f/jobs/sub:y/history");
    assert_eq!(history["items"].as_array().unwrap().len(), 2, "{history}");
}

pub(crate) fn executions_are_listed_by_what_the_caller_may_read() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    nested(&admin);
    let first = execute(&admin, "f", json!({"disabled": ["sub:y"]}));
    ended(&admin, first);
    let second = execute(&admin, "f", json!({}));
    ended(&admin, second);
    let ids = |api: &Api, query: &str| -> Vec<i64> {
        let list = api.get(&format!("/executions{query}"));
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    for (query, expected) in [
        ("", vec![second, first]),
        ("?sort=id", vec![first, second]),
        ("?status=FAILED,KILLED", vec![second]),
        ("?status=KILLED", vec![]),
        ("?project=P", vec![second, first]),
        ("?project=q", vec![]),
        ("?projectContains=p&flowContains=F&userContains=zka", vec![second, first]),
        ("?user=alice", vec![]),
        ("?source=schedule", vec![]),
        ("?startedAfter=9999999999999", vec![]),
    ] {
        assert_eq!(ids(&admin, query), expected, "{query}");
    }
    let page = admin.get("/executions?limit=1&facets=true");
    assert_eq!(page["total"], json!({"count": 2, "exact": true}));
    assert_eq!(page["facets"]["status"], json!({"FAILED": 1, "SUCCEEDED": 1}));
    let next = page["nextCursor"].as_str().unwrap();
    assert_eq!(ids(&admin, &format!("?limit=1&cursor={next}")), [first]);
    assert_eq!(ids(&alice, ""), Vec::<i64>::new());
    for (method, path) in [
        ("GET", format!("/executions/{first}")),
        ("GET", format!("/executions/{first}/logs/page")),
        ("POST", format!("/executions/{first}/kill")),
    ] {
        assert_eq!(alice.refused(method, &path, Value::Null).0, 404, "{path}");
    }
    let read = json!({"permissions": ["READ"]});
    assert_eq!(admin.call("PUT", "/projects/p/permissions/users/alice", read).status, 200);
    assert_eq!(ids(&alice, ""), [second, first]);
    assert_eq!(alice.refused("POST", &format!("/executions/{first}/kill"), Value::Null).0, 403);
    let problem = admin.call("POST", &format!("/executions/{first}/kill"), Value::Null).json();
    assert_eq!((&problem["status"], &problem["params"]["reason"]), (&json!(409), &json!("ended")));
}

pub(crate) fn a_running_execution_is_paused_resumed_and_killed() {
    let server = Server::start();
    let admin = Api::admin(&server);
    admin.project("p", [("f.job", "type=command\ncommand=sleep 600\n")]);
    let id = execute(&admin, "f", json!({}));
    wait_for("the job to run", LIMIT, || {
        let running = admin.get("/running");
        let counts = &running["running"][0]["counts"]["RUNNING"];
        if *counts == 1 { Ok(()) } else { Err(running.to_string()) }
    });
    let alice = Api::login(&server, "alice", "alice-pw");
    let read = json!({"permissions": ["READ"]});
    assert_eq!(admin.call("PUT", "/projects/p/permissions/users/alice", read).status, 200);
    let may_kill = |api: &Api| api.get("/running")["running"][0]["mayKill"].clone();
    assert_eq!((may_kill(&admin), may_kill(&alice)), (json!(true), json!(false)));
    let preview = admin.call(
        "POST",
        "/projects/p/flows/f/executions/preview",
        json!({"concurrency": {"kind": "skip"}}),
    );
    let preview = preview.json();
    assert_eq!(
        (&preview["canSubmit"], &preview["warnings"][0]["code"]),
        (&json!(false), &json!("alreadyRunning"))
    );
    for (act, status) in [("pause", "PAUSED"), ("resume", "RUNNING"), ("kill", "KILLING")] {
        let answer = admin.call("POST", &format!("/executions/{id}/{act}"), Value::Null);
        let now = answer.json();
        let killed = act == "kill" && now["status"] == "KILLED";
        assert!(answer.status == 200 && (now["status"] == status || killed), "{act}: {now}");
    }
    assert_eq!(ended(&admin, id)["status"], "KILLED");
    assert_eq!(admin.get(&format!("/executions/{id}/explain"))["reasons"][0]["code"], "killed");
}

pub(crate) fn what_cannot_be_executed_is_said_at_its_field() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    for (body, field) in [
        (json!({"disabled": ["a", "none"]}), "disabled[1]"),
        (json!({"only": ["none"]}), "only[0]"),
        (json!({"jobProperties": {"none": {}}}), "jobProperties.none"),
        (json!({"concurrency": {"kind": "pipeline", "level": 7}}), "concurrency.level"),
        (json!({"notify": {"failureEmails": ["a b"]}}), "notify.failureEmails"),
        (json!({"properties": {"flowPriority": "high"}}), "properties"),
        (json!({"failureAction": "explode"}), "failureAction"),
        (json!({"unknown": 1}), "unknown"),
    ] {
        let answer = admin.call("POST", "/projects/p/flows/f/executions", body.clone());
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["errors"][0]["field"]),
            (422, &json!(field)),
            "{body}: {problem}"
        );
    }
    assert_eq!(admin.get("/executions")["items"], json!([]));
}

pub(crate) fn the_same_key_executes_once() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    let keyed = |key: &str, body: Value| {
        let client = admin.client.clone().with_header("Idempotency-Key", key);
        let answer = client.json("POST", "/api/v1/projects/p/flows/f/executions", &body);
        (answer.status, answer.json())
    };
    let (status, first) = keyed("k1", json!({}));
    assert_eq!(status, 201, "{first}");
    let (status, again) = keyed("k1", json!({}));
    assert_eq!((status, &again["id"]), (201, &first["id"]));
    let (status, other) = keyed("k1", json!({"disabled": ["a"]}));
    assert_eq!((status, &other["params"]["reason"]), (409, &json!("keyReused")));
    assert_ne!(keyed("k2", json!({})).1["id"], first["id"]);
    assert_eq!(keyed(&"x".repeat(201), json!({})).0, 400);
    assert_eq!(admin.get("/executions")["items"].as_array().unwrap().len(), 2);
}
