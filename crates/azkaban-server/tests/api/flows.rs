//! Flows: what they consist of, where their nodes stand, how they ran.

use serde_json::{Value, json};

use crate::common::Server;
use crate::scene::Api;

/// A flow in the format 2.0 with a flow in it.
const NESTED: &str = "nodes:
  - name: a
    type: noop
  - name: sub
    type: flow
    dependsOn: [a]
    nodes:
      - name: x
        type: noop
      - name: y
        type: command
        dependsOn: [x]
        config:
          command: sh -c 'echo password; exit 1'
          db.password: secret
config:
  flow-level: 1
";

pub(crate) fn nested(admin: &Api) {
    admin.project("p", [("p.project", "azkaban-flow-version: 2.0\n"), ("f.flow", NESTED)]);
}

pub(crate) fn a_flow_is_told_with_levels_and_a_layout() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    let list = admin.get("/projects/p/flows");
    assert_eq!((&list["items"][0]["id"], &list["items"][0]["jobCount"]), (&json!("f"), &json!(2)), "{list}");
    let flow = admin.get("/projects/p/flows/f");
    let nodes: Vec<_> = flow["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            (node["path"].as_str().unwrap(), node["kind"].as_str().unwrap(), node["level"].as_i64().unwrap())
        })
        .collect();
    assert_eq!(
        nodes,
        [("", "flow", 0), ("a", "job", 0), ("sub", "flow", 1), ("sub:x", "job", 0), ("sub:y", "job", 1)]
    );
    assert_eq!(flow["nodes"][2]["in"], json!(["a"]));
    let folded = admin.get("/projects/p/flows/f/layout");
    assert_eq!(folded["nodes"].as_array().unwrap().len(), 2, "{folded}");
    let open = admin.get("/projects/p/flows/f/layout?expand=sub&direction=right");
    assert_eq!((open["nodes"].as_array().unwrap().len(), &open["simple"]), (4, &json!(false)), "{open}");
    assert_eq!(open["edges"].as_array().unwrap().len(), 2);
    assert_eq!(admin.get("/projects/p/flows/f/layout?expand=*")["nodes"].as_array().unwrap().len(), 4);
    let tagged = admin.call("GET", "/projects/p/flows/f", Value::Null);
    let again = admin.client.clone().with_header("If-None-Match", tagged.header("etag").unwrap());
    assert_eq!(again.get("/api/v1/projects/p/flows/f", &[]).status, 304);
    for path in [
        "/projects/p/flows/g",
        "/projects/p/flows/g/layout",
        "/projects/p/flows/g/grid",
        "/projects/p/flows/f?version=9",
    ] {
        assert_eq!(admin.refused("GET", path, Value::Null).0, 404, "{path}");
    }
    assert_eq!(admin.refused("GET", "/projects/p/flows/f/layout?direction=up", Value::Null).0, 400);
}

pub(crate) fn a_job_tells_where_its_properties_come_from() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    let job = admin.get("/projects/p/flows/f/jobs/sub:y");
    assert_eq!(
        (&job["type"], &job["dependsOn"], &job["override"]),
        (&json!("command"), &json!(["sub:x"]), &Value::Null)
    );
    let secret = job["properties"].as_array().unwrap().iter().find(|p| p["key"] == "db.password").unwrap();
    assert_eq!(secret["value"], "[MASKED]", "{job}");
    let changed = admin.call(
        "PUT",
        "/projects/p/flows/f/jobs/sub:y/override",
        json!({"properties": {"command": "true", "extra": "1"}}),
    );
    assert_eq!(changed.status, 200, "{}", changed.text());
    let job = admin.get("/projects/p/flows/f/jobs/sub:y");
    let command = job["properties"].as_array().unwrap().iter().find(|p| p["key"] == "command").unwrap();
    assert_eq!(
        (&command["value"], &command["origin"]["kind"]),
        (&json!("true"), &json!("override")),
        "{job}"
    );
    assert_eq!(admin.refused("GET", "/projects/p/flows/f/jobs/none", Value::Null).0, 404);
}

pub(crate) fn a_locked_flow_is_not_executed() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    let lock = admin.call("PUT", "/projects/p/flows/f/lock", json!({"message": "closed"})).json();
    assert_eq!(
        (&lock["locked"], &lock["message"], &lock["lockedBy"]),
        (&json!(true), &json!("closed"), &json!("azkaban"))
    );
    assert!(lock["lockedAt"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(admin.get("/projects/p/flows/f")["lock"], lock);
    let long = json!({"message": "x".repeat(2_001)});
    assert_eq!(admin.refused("PUT", "/projects/p/flows/f/lock", long).0, 422);
    let alice = Api::login(&server, "alice", "alice-pw");
    for method in ["PUT", "DELETE"] {
        assert_eq!(alice.refused(method, "/projects/p/flows/f/lock", json!({})).0, 403);
    }
    let refused = admin.call("POST", "/projects/p/flows/f/executions", json!({})).json();
    assert_eq!(
        (&refused["params"]["reason"], &refused["params"]["message"]),
        (&json!("locked"), &json!("closed"))
    );
    let preview = admin.call("POST", "/projects/p/flows/f/executions/preview", json!({})).json();
    assert_eq!((&preview["canSubmit"], &preview["warnings"][0]["code"]), (&json!(false), &json!("locked")));
    assert_eq!(admin.call("DELETE", "/projects/p/flows/f/lock", Value::Null).json()["locked"], false);
    assert_eq!(admin.get("/projects/p/flows/f")["lock"], Value::Null);
    assert_eq!(admin.call("POST", "/projects/p/flows/f/executions", json!({})).status, 201);
}
