//! What administrators look at and set, and that nobody else can.

use azkaban_server::Config;
use serde_json::{Value, json};

use crate::common::Server;
use crate::scene::Api;

fn alice(server: &Server) -> Api {
    Api::login(server, "alice", "alice-pw")
}

pub(crate) fn what_is_for_administrators_is_refused_to_others() {
    let server = Server::start();
    let alice = alice(&server);
    let note = json!({"kind": "Warning", "message": "m"});
    for (method, path, body) in [
        ("GET", "/audit", Value::Null),
        ("GET", "/audit/export", Value::Null),
        ("GET", "/users", Value::Null),
        ("GET", "/users/azkaban/sessions", Value::Null),
        ("DELETE", "/users/azkaban/sessions", Value::Null),
        ("DELETE", "/users/azkaban/sessions/0011", Value::Null),
        ("GET", "/settings", Value::Null),
        ("GET", "/tokens?all=true", Value::Null),
        ("PUT", "/note", note),
        ("DELETE", "/note", Value::Null),
        ("PUT", "/queue", json!({"open": false})),
    ] {
        let answer = alice.call(method, path, body).json();
        assert_eq!(
            (&answer["status"], &answer["code"]),
            (&json!(403), &json!("forbidden")),
            "{method} {path}"
        );
        assert_eq!(
            answer["params"],
            json!({"permission": "ADMIN", "admins": ["azkaban"]}),
            "{method} {path}"
        );
    }
    let refused: Vec<_> = server.audit().into_iter().filter(|line| line.ends_with("refused")).collect();
    assert_eq!(
        refused,
        [
            "alice session.end refused",
            "alice session.end refused",
            "alice server.control refused",
            "alice server.control refused",
            "alice server.control refused"
        ],
        "who tries to change something is told of"
    );
    assert!(server.anonymous().get("/api/v1/figures", &[]).status == 401);
    assert_eq!(alice.get("/note"), json!({"note": null}));
    assert!(alice.get("/figures")["items"].as_array().unwrap().len() >= 5);
    assert_eq!(alice.get("/figures/history")["items"].as_array().unwrap().len(), 5);
}

pub(crate) fn the_audit_trail_is_filtered_paged_and_exported() {
    let server = Server::start();
    let admin = Api::admin(&server);
    for name in ["p1", "p2", "p3"] {
        let made = admin.call("POST", "/projects", json!({"name": name, "description": "=1+1, \"d\""}));
        assert_eq!(made.status, 201);
    }
    assert_eq!(alice(&server).refused("PUT", "/queue", json!({"open": false})).0, 403);
    let list = |query: &str| {
        let page = admin.get(&format!("/audit?{query}"));
        let items = page["items"].as_array().unwrap().iter().map(|item| {
            let text = |key: &str| item[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {} {}", text("user"), text("action"), text("project"), text("outcome"))
        });
        (items.collect::<Vec<_>>(), page["nextCursor"].as_str().map(str::to_owned))
    };
    assert_eq!(list("outcome=refused").0, ["alice server.control - refused"]);
    assert_eq!(list("user=alice").0.len(), 2);
    assert_eq!(list("project=P2").0, ["azkaban project.create p2 done"]);
    let (first, cursor) = list("action=project&limit=2");
    assert_eq!(first, ["azkaban project.create p3 done", "azkaban project.create p2 done"]);
    let (rest, end) = list(&format!("action=project&limit=2&cursor={}", cursor.unwrap()));
    assert_eq!((rest, end), (vec!["azkaban project.create p1 done".to_owned()], None));
    assert!(list("to=1").0.is_empty() && list("from=1").0.len() > 4);
    assert_eq!(admin.refused("GET", "/audit?outcome=maybe", Value::Null), (400, "invalid".to_owned()));

    let export = admin.call("GET", "/audit/export?action=project", Value::Null);
    assert_eq!(export.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = export.text();
    let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(lines[0], "id,time,user,address,action,outcome,project,flow,execution,details");
    assert!(lines[1].contains(",azkaban,127.0.0.1,project.create,done,p3,"), "{text}");
}

pub(crate) fn users_are_listed_without_passwords_and_signed_out() {
    let server = Server::start();
    let admin = Api::admin(&server);
    let (first, second) = (alice(&server), alice(&server));
    let page = admin.get("/users");
    let users = page["items"].as_array().unwrap();
    let names: Vec<_> = users.iter().map(|user| user["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["alice", "azkaban"]);
    assert_eq!((&users[0]["sessions"], &users[0]["passwordHashed"]), (&json!(2), &json!(false)));
    assert_eq!((&users[1]["permissions"], &users[1]["roles"]), (&json!(["ADMIN"]), &json!(["admin"])));
    assert!(!page.to_string().contains("alice-pw"), "{page}");
    assert_eq!(admin.get("/users?q=ADMIN")["items"].as_array().unwrap().len(), 1, "by role");

    let own = first.get("/users/alice/sessions");
    let items = own["items"].as_array().unwrap();
    assert_eq!(items.iter().filter(|item| item["current"] == true).count(), 1, "{own}");
    let other = items.iter().find(|item| item["current"] == false).unwrap()["id"].as_str().unwrap();
    assert_eq!(first.call("DELETE", &format!("/users/alice/sessions/{other}"), Value::Null).status, 204);
    assert_eq!(first.refused("DELETE", "/users/alice/sessions/none", Value::Null).0, 404);
    assert_eq!(second.refused("GET", "/session", Value::Null).0, 401);
    let _third = alice(&server);
    assert_eq!(first.call("DELETE", "/users/alice/sessions", Value::Null).status, 204, "all but this one");
    assert_eq!(first.get("/users/alice/sessions")["items"].as_array().unwrap().len(), 1);
    assert_eq!(admin.call("DELETE", "/users/alice/sessions", Value::Null).status, 204);
    assert_eq!(first.refused("GET", "/session", Value::Null).0, 401);
    assert_eq!(admin.get("/users")["items"][0]["sessions"], 0);
}

pub(crate) fn settings_are_told_with_their_places_and_without_secrets() {
    fn configure(config: &mut Config) {
        let mut settings = azkaban_core::settings::Settings::new();
        settings
            .add_file("conf/azkaban.properties", b"jetty.port=9000\nmail.password=hush\nown=1\n")
            .unwrap();
        config.settings = settings.into();
    }
    let server = Server::with(configure);
    let view = Api::admin(&server).get("/settings");
    let find =
        |key: &str| view["items"].as_array().unwrap().iter().find(|item| item["key"] == key).unwrap().clone();
    let port = find("jetty.port");
    assert_eq!((&port["value"], &port["default"]), (&json!("9000"), &json!("8081")));
    assert_eq!((&port["source"], &port["line"]), (&json!("conf/azkaban.properties"), &json!(1)));
    assert_eq!((&find("mail.password")["secret"], &find("own")["effect"]), (&json!(true), &json!("unknown")));
    assert_eq!(find("azkaban.label")["value"], Value::Null);
    assert!(!view.to_string().contains("hush"));
}

pub(crate) fn a_note_is_checked_shown_and_removed() {
    let server = Server::start();
    let admin = Api::admin(&server);
    for (note, field) in [
        (json!({"kind": "Warning", "message": " "}), "message"),
        (json!({"kind": "Warning", "message": "x".repeat(501)}), "message"),
        (json!({"kind": "x".repeat(41), "message": "m"}), "kind"),
        (json!({"kind": "Warning", "message": "m", "url": "javascript:alert(1)"}), "url"),
        (json!({"kind": "Warning", "message": "m", "url": "//other.host/x"}), "url"),
    ] {
        let answer = admin.call("PUT", "/note", note.clone()).json();
        assert_eq!(answer["errors"][0]["field"], field, "{note} {answer}");
    }
    let old = |message: &str| {
        let form = [("ajax", "addNote"), ("type", "t"), ("message", message), ("url", "")];
        server.admin().post("/notes", &form).json()
    };
    assert_eq!(old(&"x".repeat(501)), json!({"error": "The message of a note has at most 500 characters"}));
    assert_eq!(admin.get("/note"), json!({"note": null}));
    let note = json!({"kind": "Warning", "message": "Down at noon", "url": "/history"});
    assert_eq!(admin.call("PUT", "/note", note.clone()).json(), json!({"note": note}));
    assert_eq!(alice(&server).get("/note"), json!({"note": note}));
    assert_eq!(admin.call("DELETE", "/note", Value::Null).status, 204);
    assert_eq!(admin.get("/note"), json!({"note": null}));
}

pub(crate) fn the_executor_tells_its_load_and_is_drained() {
    let server = Server::start();
    let admin = Api::admin(&server);
    let executor = || alice(&server).get("/executors")["items"][0].clone();
    let one = executor();
    assert_eq!(
        (&one["slots"], &one["running"], &one["active"]),
        (&json!(2), &json!(0), &json!(true)),
        "{one}"
    );
    assert!(
        one["processors"].as_u64() >= Some(1) && one["seenAt"].as_i64() > one["startedAt"].as_i64(),
        "{one}"
    );
    assert_eq!(admin.call("PUT", "/queue", json!({"open": false})).json(), json!({"open": false}));
    assert_eq!(executor()["active"], false);
    assert_eq!(admin.call("PUT", "/queue", json!({"open": true})).json(), json!({"open": true}));
    assert_eq!(executor()["active"], true);
}
