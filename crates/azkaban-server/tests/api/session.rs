//! Who may talk to the REST face at all.

use serde_json::{Value, json};

use crate::common::{Server, headers};
use crate::scene::Api;

pub(crate) fn logging_in_and_out() {
    let server = Server::start();
    let anonymous = server.anonymous();
    assert_eq!(anonymous.get("/api/v1/session", &[]).status, 401);
    let info = anonymous.get("/api/v1/server", &[]).json();
    assert!(
        info["buildId"].as_str().is_some_and(|id| id.len() == 12) && info["now"].as_i64() > Some(0),
        "{info}"
    );
    for (body, status) in [
        (json!({"username": "alice", "password": "wrong"}), 401),
        (json!({"username": "", "password": "x"}), 422),
        (json!({"username": "alice"}), 422),
        (json!({"username": "alice", "password": "alice-pw", "more": 1}), 422),
        (json!([]), 422),
    ] {
        assert_eq!(anonymous.json("POST", "/api/v1/session", &body).status, status, "{body}");
    }
    let answer =
        anonymous.json("POST", "/api/v1/session", &json!({"username": "alice", "password": "alice-pw"}));
    let cookie = headers(&answer, "set-cookie").join("\n");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let alice = Api::login(&server, "alice", "alice-pw");
    let session = alice.get("/session");
    assert_eq!(
        (&session["user"]["name"], &session["sessionId"]),
        (&json!("alice"), &Value::Null),
        "{session}"
    );
    assert_eq!(session["permissions"], json!([]));
    assert!(Api::admin(&server).get("/session")["permissions"].as_array().unwrap().contains(&json!("ADMIN")));
    assert_eq!(alice.call("DELETE", "/session", Value::Null).status, 204);
    assert_eq!(alice.refused("GET", "/session", Value::Null), (401, "unauthenticated".to_owned()));
}

pub(crate) fn a_cookie_alone_changes_nothing() {
    let server = Server::start();
    let browser = server.admin();
    let token = browser.get("/api/v1/session", &[]).json()["csrfToken"].as_str().unwrap().to_owned();
    let make = |client: &azkaban_testkit::Client, name: &str| {
        let answer = client.json("POST", "/api/v1/projects", &json!({"name": name, "description": "d"}));
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = (403, "csrf".to_owned());
    assert_eq!(make(&browser, "a"), refused);
    assert_eq!(make(&browser.clone().with_header("X-CSRF-TOKEN", "AAAA"), "a"), refused);
    let trusted = browser.with_header("X-CSRF-TOKEN", &token);
    assert_eq!(make(&trusted.clone().with_header("Origin", "http://evil.example"), "a"), refused);
    assert_eq!(trusted.get("/api/v1/projects", &[]).json()["items"], json!([]));
    assert_eq!(make(&trusted, "a").0, 201);
    let own = format!("http://{}", server.address);
    assert_eq!(make(&trusted.with_header("Origin", &own), "b").0, 201);
}

pub(crate) fn errors_are_problems_with_the_name_of_the_request() {
    let server = Server::start();
    let admin = Api::admin(&server);
    for (method, path, body, status, code) in [
        ("GET", "/nothing", Value::Null, 404, "notFound"),
        ("GET", "", Value::Null, 404, "notFound"),
        ("PUT", "/projects", Value::Null, 405, "methodNotAllowed"),
        ("GET", "/projects/none", Value::Null, 404, "notFound"),
        ("GET", "/projects?limit=0", Value::Null, 400, "invalid"),
        ("GET", "/projects?limit=x", Value::Null, 400, "invalid"),
        ("GET", "/projects?cursor=%3F", Value::Null, 400, "invalid"),
        ("GET", "/projects?q=/(/", Value::Null, 400, "invalid"),
        ("GET", "/projects/%ff", Value::Null, 400, "invalid"),
        ("GET", "/projects/none/versions/x", Value::Null, 400, "invalid"),
        ("POST", "/projects", json!({"name": "1", "description": "d"}), 422, "invalid"),
        ("POST", "/projects", json!({"name": 1, "description": "d"}), 422, "invalid"),
        ("POST", "/projects", json!({"name": "a"}), 422, "invalid"),
    ] {
        assert_eq!(admin.refused(method, path, body), (status, code.to_owned()), "{method} {path}");
    }
    let answer = admin.call("POST", "/projects", json!({"name": "1", "description": "d"}));
    let problem = answer.json();
    assert_eq!(problem["errors"][0]["field"], "name", "{problem}");
    assert_eq!(problem["type"], "urn:azkaban:problem:invalid");
    assert_eq!(answer.header("x-request-id"), problem["requestId"].as_str());
    let broken = admin.client.request("POST", "/api/v1/projects", "application/json", b"{");
    assert_eq!((broken.status, &broken.json()["errors"][0]["code"]), (400, &json!("json")));
    let form = admin.client.request("POST", "/api/v1/projects", "text/plain", b"{}");
    assert_eq!(form.status, 415);
    let large = vec![b' '; 2 << 20];
    let answer = admin.client.try_request("POST", "/api/v1/projects", "application/json", &large);
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 413));
}
