//! Projects and their versions.

use serde_json::{Value, json};

use crate::common::Server;
use crate::scene::Api;

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

pub(crate) fn a_project_is_made_changed_listed_and_deleted() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    let made = admin.call("POST", "/projects", json!({"name": "p", "description": "first"}));
    assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/projects/p")));
    assert_eq!(admin.refused("POST", "/projects", json!({"name": "P", "description": "d"})).0, 409);
    admin.upload("p", [("a.job", "type=noop\n"), ("b.job", "type=noop\ndependencies=a\n")]);
    let project = admin.get("/projects/p");
    assert_eq!(
        (&project["flowCount"], &project["version"], &project["lastRun"]),
        (&json!(1), &json!(1), &Value::Null)
    );
    // Others see that it is there, and nothing of what is in it.
    let seen = alice.get("/projects/p");
    assert_eq!(
        (&seen["description"], &seen["flowCount"], &seen["permissions"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
    for (method, path) in [("PATCH", "/projects/p"), ("DELETE", "/projects/p"), ("GET", "/projects/p/events")]
    {
        assert_eq!(alice.refused(method, path, json!({"description": "x"})).0, 403, "{method} {path}");
    }
    let problem = alice.call("DELETE", "/projects/p", Value::Null).json();
    assert_eq!(
        (&problem["params"]["permission"], &problem["params"]["admins"]),
        (&json!("ADMIN"), &json!(["azkaban"]))
    );
    let changed = admin.call("PATCH", "/projects/p", json!({"description": "second"})).json();
    assert_eq!(changed["description"], "second");
    let too_long = json!({"description": "x".repeat(2049)});
    assert_eq!(admin.refused("PATCH", "/projects/p", too_long).0, 422);
    let events = admin.get("/projects/p/events?limit=2");
    let kinds: Vec<_> = events["items"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["DESCRIPTION", "UPLOADED"]);
    let rest = admin.get(&format!("/projects/p/events?cursor={}", events["nextCursor"].as_str().unwrap()));
    assert_eq!((&rest["items"][0]["kind"], &rest["nextCursor"]), (&json!("CREATED"), &Value::Null));
    assert_eq!(admin.call("DELETE", "/projects/p", Value::Null).status, 204);
    assert_eq!(admin.refused("GET", "/projects/p", Value::Null).0, 404);
}

pub(crate) fn names_are_searched_by_part_and_by_expression() {
    let server = Server::start();
    let admin = Api::admin(&server);
    for name in ["etl", "Etl-two", "reports", "x9"] {
        admin.call("POST", "/projects", json!({"name": name, "description": "d"}));
    }
    for (query, expected) in [
        ("", &["etl", "Etl-two", "reports", "x9"][..]),
        ("?q=ETL", &["etl", "Etl-two"]),
        ("?q=/%5Ee.*l$/", &["etl"]),
        ("?q=/%5B0-9%5D/", &["x9"]),
        ("?sort=-name&limit=2", &["x9", "reports"]),
        ("?scope=mine", &["etl", "Etl-two", "reports", "x9"]),
        ("?scope=group", &[]),
        ("?q=none", &[]),
    ] {
        assert_eq!(names(&admin.get(&format!("/projects{query}"))), expected, "{query}");
    }
    let first = admin.get("/projects?limit=3");
    let next = admin.get(&format!("/projects?limit=3&cursor={}", first["nextCursor"].as_str().unwrap()));
    assert_eq!((names(&next), &next["nextCursor"]), (vec!["x9"], &Value::Null));
}

pub(crate) fn permissions_are_a_matrix_whose_last_administrator_stays() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    admin.project("p", [("a.job", "type=noop\n")]);
    let path = "/projects/p/permissions";
    let read = json!({"permissions": ["READ"]});
    assert_eq!(alice.refused("PUT", &format!("{path}/users/alice"), read.clone()).0, 403);
    let matrix = admin.call("PUT", &format!("{path}/users/alice"), read.clone()).json();
    assert_eq!(matrix["users"][0], json!({"name": "alice", "permissions": ["READ"]}), "{matrix}");
    assert_eq!(alice.get(path)["users"].as_array().unwrap().len(), 2);
    for bad in [json!([]), json!(["METRICS"]), json!(["read"])] {
        let body = json!({"permissions": bad});
        assert_eq!(admin.refused("PUT", &format!("{path}/users/alice"), body.clone()).0, 422, "{body}");
    }
    assert_eq!(admin.refused("PUT", &format!("{path}/users/nobody"), read.clone()).0, 404);
    assert_eq!(admin.call("PUT", &format!("{path}/groups/anyone"), read.clone()).status, 200);
    assert_eq!(
        admin.call("DELETE", &format!("{path}/groups/anyone"), Value::Null).json()["groups"],
        json!([])
    );
    for (method, body) in [("DELETE", Value::Null), ("PUT", read)] {
        let answer = admin.call(method, &format!("{path}/users/azkaban"), body).json();
        assert_eq!(answer["params"]["reason"], "lastAdmin", "{answer}");
    }
    let both = json!({"permissions": ["ADMIN"]});
    assert_eq!(admin.call("PUT", &format!("{path}/users/alice"), both).status, 200);
    assert_eq!(admin.call("DELETE", &format!("{path}/users/azkaban"), Value::Null).status, 200);
}

pub(crate) fn versions_are_uploaded_compared_and_rolled_back() {
    let server = Server::start();
    let admin = Api::admin(&server);
    admin.project(
        "p",
        [("a.job", "type=noop\n"), ("x.properties", "k=v\npassword=p\n"), ("old.bin", "\0\u{1}")],
    );
    let version = admin.upload(
        "p",
        [("a.job", "type=noop\nk=1\n"), ("x.properties", "k=v\npassword=p\n"), ("é.txt", "new")],
    );
    assert_eq!(version, 2);
    let diff = admin.get("/projects/p/diff?from=1&to=2");
    let files: Vec<_> = diff["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["path"].as_str().unwrap(), f["change"].as_str().unwrap(), f["binary"].as_bool().unwrap()))
        .collect();
    assert_eq!(
        files,
        [("a.job", "modified", false), ("old.bin", "removed", true), ("é.txt", "added", false)]
    );
    assert_eq!(diff["flows"], json!({"added": [], "removed": [], "modified": ["a"]}));
    let text = admin.call("GET", "/projects/p/versions/2/files/%C3%A9.txt", Value::Null);
    assert_eq!(
        (text.text().as_str(), text.header("content-type")),
        ("new", Some("text/plain; charset=utf-8"))
    );
    assert_eq!(admin.refused("GET", "/projects/p/versions/2/files/..%2Fx", Value::Null).0, 404);
    assert_eq!(admin.refused("GET", "/projects/p/versions/9/files", Value::Null).0, 404);
    let properties = admin.get("/projects/p/properties");
    assert_eq!(
        properties["files"][0]["properties"],
        json!({"k": "v", "password": "[MASKED]"}),
        "{properties}"
    );
    let back = admin.call("POST", "/projects/p/versions/1/rollback", Value::Null);
    assert_eq!((back.status, &back.json()["version"]), (201, &json!(3)));
    assert_eq!(admin.get("/projects/p/diff?from=1&to=3")["files"], json!([]));
    let versions = admin.get("/projects/p/versions");
    let current: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|v| v["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false, false]);
    let zip = admin.call("GET", "/projects/p/versions/1/archive", Value::Null);
    assert_eq!((zip.status, &zip.body[..2]), (200, &b"PK"[..]));
    let listed = admin.call("GET", "/projects/p/versions/2/files", Value::Null);
    let tag = listed.header("etag").unwrap().to_owned();
    let again = admin.client.clone().with_header("If-None-Match", &tag);
    assert_eq!(again.get("/api/v1/projects/p/versions/2/files", &[]).status, 304);
}

pub(crate) fn what_an_archive_has_wrong_is_told_finding_by_finding() {
    let server = Server::start();
    let admin = Api::admin(&server);
    admin.project("p", [("a.job", "type=noop\n")]);
    let zip = azkaban_testkit::zip_of([
        ("b.job", "type=noop\ndependencies=x\n"),
        ("c.job", "type=noop\ndependencies=y\n"),
    ]);
    let answer = admin.try_upload("p", &zip);
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (422, &json!("rejected")), "{problem}");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    assert_eq!(admin.try_upload("p", b"no zip").json()["code"], "rejected");
    let path = "/api/v1/projects/p/versions";
    let wrong_name = admin.client.request("POST", &format!("{path}?fileName=a.tar"), "application/zip", &zip);
    assert_eq!(wrong_name.status, 400);
    let wrong_type = admin.client.request("POST", &format!("{path}?fileName=a.zip"), "text/plain", &zip);
    assert_eq!(wrong_type.status, 415);
    assert_eq!(admin.client.request("POST", path, "application/zip", &zip).status, 400);
    assert_eq!(admin.get("/projects/p")["version"], 1);
}
