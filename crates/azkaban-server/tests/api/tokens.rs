//! API tokens: what they are good for in both faces, and who may make and revoke them.

use azkaban_testkit::Client;
use serde_json::{Value, json};

use crate::common::Server;
use crate::scene::Api;

fn make(api: &Api, name: &str, scope: &str) -> (i64, String) {
    let made = api.call("POST", "/tokens", json!({"name": name, "scope": scope}));
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    (made["token"]["id"].as_i64().unwrap(), made["secret"].as_str().unwrap().to_owned())
}

fn with(server: &Server, secret: &str) -> Api {
    Api { client: server.anonymous().with_header("Authorization", &format!("Bearer {secret}")) }
}

pub(crate) fn a_token_is_good_for_its_scope_and_no_more_than_its_owner() {
    let server = Server::start();
    let admin = Api::admin(&server);
    admin.project("p", [("f.job", "type=noop\n")]);
    let (read, execute, all) =
        (make(&admin, "r", "read").1, make(&admin, "e", "execute").1, make(&admin, "a", "all").1);
    let run = |api: &Api| api.call("POST", "/projects/p/flows/f/executions", json!({})).status;
    let describe = |api: &Api| api.call("PATCH", "/projects/p", json!({"description": "d"})).status;
    let audit = |api: &Api| api.call("GET", "/audit", Value::Null).status;
    for (secret, expected) in [(&read, [403, 403, 403]), (&execute, [201, 403, 403]), (&all, [201, 200, 200])]
    {
        let api = with(&server, secret);
        assert_eq!(api.get("/projects/p")["name"], "p");
        assert_eq!([run(&api), describe(&api), audit(&api)], expected);
    }
    assert_eq!(
        with(&server, &read).refused("POST", "/projects/p/flows/f/executions", json!({})),
        (403, "tokenScope".to_owned())
    );
    assert_eq!(with(&server, &read).get("/session")["permissions"], json!(["READ"]));

    let alice = Api::login(&server, "alice", "alice-pw");
    let hers = with(&server, &make(&alice, "hers", "all").1);
    assert_eq!(
        (run(&hers), hers.refused("GET", "/audit", Value::Null).0),
        (403, 403),
        "never more than she may"
    );
}

pub(crate) fn a_token_stands_for_a_session_in_the_old_face_too() {
    let server = Server::start();
    let admin = Api::admin(&server);
    admin.project("p", [("f.job", "type=noop\n")]);
    let (read, execute) = (make(&admin, "r", "read").1, make(&admin, "e", "execute").1);
    let ask = |secret: &str, path: &str| -> Value {
        let by_parameter = server.anonymous().get(&format!("{path}&session.id={secret}"), &[]).json();
        let by_header: Client = server.anonymous().with_header("Authorization", &format!("Bearer {secret}"));
        assert_eq!(by_header.get(path, &[]).json(), by_parameter, "both ways are one");
        by_parameter
    };
    assert_eq!(ask(&read, "/manager?ajax=fetchprojectflows&project=p")["flows"], json!([{"flowId": "f"}]));
    assert!(ask(&read, "/executor?ajax=executeFlow&project=p&flow=f")["error"].is_string());
    let lock = "/manager?ajax=setFlowLock&project=p&flowId=f&isLocked=true";
    assert!(ask(&execute, lock)["error"].is_string());
    let create = server.anonymous().post(
        "/manager",
        &[("action", "create"), ("name", "q"), ("description", "d"), ("session.id", read.as_str())],
    );
    assert!(!create.text().contains("success"), "{}", create.text());
    let run = format!("/executor?ajax=executeFlow&project=p&flow=f&session.id={execute}");
    assert!(server.anonymous().get(&run, &[]).json()["execid"].is_number());
    let wrong = format!("azk_{}", "0".repeat(64));
    assert_eq!(
        server
            .anonymous()
            .get(&format!("/manager?ajax=fetchprojectflows&project=p&session.id={wrong}"), &[])
            .json(),
        json!({"error": "session"})
    );
}

pub(crate) fn tokens_are_listed_without_secrets_and_revoked() {
    let server = Server::start();
    let admin = Api::admin(&server);
    let alice = Api::login(&server, "alice", "alice-pw");
    for (body, field) in [
        (json!({"name": "", "scope": "read"}), "name"),
        (json!({"name": "x", "scope": "some"}), "scope"),
        (json!({"name": "x", "scope": "read", "expiresAt": 1}), "expiresAt"),
        (json!({"name": "x", "scope": "read", "more": 1}), "more"),
    ] {
        let answer = alice.call("POST", "/tokens", body.clone()).json();
        assert_eq!(
            (&answer["status"], &answer["errors"][0]["field"]),
            (&json!(422), &json!(field)),
            "{body}"
        );
    }
    let (first, secret) = make(&alice, "ci", "all");
    let (second, _) = make(&admin, "own", "read");
    let by_token = with(&server, &secret);
    for (method, path) in [("POST", "/tokens".to_owned()), ("DELETE", format!("/tokens/{first}"))] {
        let refused = by_token.refused(method, &path, json!({"name": "more", "scope": "all"}));
        assert_eq!(refused, (403, "tokenScope".to_owned()), "a token manages none");
    }
    let listed = by_token.get("/tokens");
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["name"], &items[0]["scope"], &items[0]["usedIp"]),
        (&json!("ci"), &json!("all"), &json!("127.0.0.1"))
    );
    let everybodys = admin.get("/tokens?all=true");
    assert_eq!(everybodys["items"].as_array().unwrap().len(), 2);
    assert!(!everybodys.to_string().contains(&secret[4..20]), "no secret and no part of one");

    let revoke = |api: &Api, id: i64| api.call("DELETE", &format!("/tokens/{id}"), Value::Null).status;
    assert_eq!(revoke(&alice, second), 404, "not hers");
    assert_eq!(revoke(&admin, first), 204, "an administrator may");
    assert_eq!(by_token.refused("GET", "/session", Value::Null), (401, "unauthenticated".to_owned()));
    assert_eq!(revoke(&admin, first), 404);
    let told: Vec<_> = server.audit().into_iter().filter(|line| line.contains("token.")).collect();
    assert_eq!(
        told,
        [
            "alice token.create done",
            "azkaban token.create done",
            "alice token.create refused",
            "alice token.revoke refused",
            "azkaban token.revoke done"
        ]
    );
}

pub(crate) fn a_token_of_a_user_who_is_gone_is_good_for_nothing() {
    let server = Server::start();
    let alice = Api::login(&server, "alice", "alice-pw");
    let by_token = with(&server, &make(&alice, "ci", "all").1);
    assert_eq!(by_token.get("/session")["user"]["name"], "alice");
    server.replace_users(r#"<u><user username="azkaban" password="azkaban"/></u>"#);
    azkaban_testkit::wait_for("the token to be good for nothing", std::time::Duration::from_secs(30), || {
        let status = by_token.call("GET", "/session", Value::Null).status;
        if status == 401 { Ok(()) } else { Err(format!("it is answered {status}")) }
    });
}
