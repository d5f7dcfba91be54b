//! What users keep for themselves.

use serde_json::{Value, json};

use crate::common::Server;
use crate::scene::Api;

pub(crate) fn bookmarks_are_each_users_own() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    admin.project("p", [("f.job", "type=noop\n")]);
    for path in ["/bookmarks/p", "/bookmarks/P/flows/f", "/bookmarks/p"] {
        assert_eq!(alice.call("PUT", path, Value::Null).status, 204, "{path}");
    }
    let marks = |api: &Api| {
        let mut all: Vec<String> = api.get("/bookmarks")["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mark| {
                format!("{} {}", mark["project"].as_str().unwrap(), mark["flow"].as_str().unwrap_or("-"))
            })
            .collect();
        all.sort();
        all
    };
    assert_eq!(marks(&alice), ["p -", "p f"]);
    assert!(marks(&admin).is_empty());
    assert_eq!(alice.refused("PUT", "/bookmarks/none", Value::Null), (404, "notFound".to_owned()));
    assert_eq!(alice.call("DELETE", "/bookmarks/p", Value::Null).status, 204);
    assert_eq!(marks(&alice), ["p f"]);
    assert_eq!(admin.call("DELETE", "/projects/p", Value::Null).status, 204);
    assert!(marks(&alice).is_empty(), "what is gone is not shown");
}

pub(crate) fn views_are_saved_shared_renamed_and_deleted() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    let view = |name: &str, shared: bool| json!({"name": name, "query": "status=FAILED", "shared": shared});
    let made = alice.call("POST", "/views", view("red", false));
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_i64().unwrap();
    let path = format!("/views/{id}");
    for (body, field) in [
        (view("red", true), "name"),
        (view("", true), "name"),
        (json!({"name": "long", "query": "x".repeat(4_001)}), "query"),
    ] {
        let answer = alice.call("POST", "/views", body).json();
        assert_eq!(
            (&answer["status"], &answer["errors"][0]["field"]),
            (&json!(422), &json!(field)),
            "{answer}"
        );
    }
    let names = |api: &Api| {
        let views = api.get("/views");
        let items = views["items"].as_array().unwrap().iter();
        items
            .map(|view| format!("{} {}", view["user"].as_str().unwrap(), view["name"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert!(names(&admin).is_empty());
    assert_eq!(admin.refused("DELETE", &path, Value::Null).0, 404, "what is not shared is secret");
    let changed = alice.call("PATCH", &path, json!({"name": "crimson", "shared": true})).json();
    assert_eq!(
        (&changed["name"], &changed["query"]),
        (&json!("crimson"), &json!("status=FAILED")),
        "the rest stays"
    );
    assert_eq!(
        (names(&admin), names(&alice)),
        (vec!["alice crimson".to_owned()], vec!["alice crimson".to_owned()])
    );
    assert_eq!(admin.refused("PATCH", &path, json!({"name": "mine"})).0, 404);
    assert_eq!(admin.call("DELETE", &path, Value::Null).status, 204, "administrators tidy up what is shared");
    assert!(names(&alice).is_empty());
}
