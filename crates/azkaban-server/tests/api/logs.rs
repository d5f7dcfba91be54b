//! Logs by pages, places and searches.

use std::time::{Duration, Instant};

use azkaban_testkit::wait_for;
use serde_json::{Value, json};

use crate::common::Server;
use crate::events::Stream;
use crate::scene::Api;

const LIMIT: Duration = Duration::from_secs(60);

/// An ended execution whose job has written 1,300 numbered lines, one of which is an error.
fn written(api: &Api) -> i64 {
    let command = "for i in $(seq 1 1300); do if [ $i = 700 ]; then echo 'ORA-00054: resource é busy'; else echo line $i; fi; done";
    let script = format!("{command}\n");
    api.project("p", [("f.job", "type=command\ncommand=sh ./f.sh\n"), ("f.sh", script.as_str())]);
    let id = api.call("POST", "/projects/p/flows/f/executions", json!({})).json()["id"].as_i64().unwrap();
    wait_for("the execution to end", LIMIT, || {
        let execution = api.get(&format!("/executions/{id}"));
        if execution["status"] == "SUCCEEDED" { Ok(()) } else { Err(execution.to_string()) }
    });
    id
}

pub(crate) fn a_log_is_read_by_pages_from_any_side() {
    let server = Server::start();
    let admin = Api::admin(&server);
    let id = written(&admin);
    let page = |number: i64| admin.get(&format!("/executions/{id}/logs/page?job=f&page={number}"));
    let (first, last) = (page(0), page(-1));
    let total = first["totalLines"].as_i64().unwrap();
    assert!(total >= 1_300, "{total}");
    assert_eq!((first["lines"].as_array().unwrap().len(), &first["complete"]), (500, &json!(true)));
    assert_eq!((&last["page"], last["lines"].as_array().unwrap().len() as i64), (&json!(2), total - 1_000));
    let mut all = Vec::new();
    for number in 0..3 {
        let page = page(number);
        assert_eq!(page["firstLine"], number * 500);
        all.extend(page["lines"].as_array().unwrap().clone());
    }
    let raw = admin.call("GET", &format!("/executions/{id}/logs/raw?job=f"), Value::Null).text();
    assert_eq!(
        raw.lines().collect::<Vec<_>>(),
        all.iter().map(|line| line.as_str().unwrap()).collect::<Vec<_>>()
    );
    assert_eq!(page(99)["lines"], json!([]));
    assert!(admin.get(&format!("/executions/{id}/logs/page"))["totalLines"].as_i64() > Some(2));
    for path in ["page?job=none", "page?job=f&attempt=7", "tail?job=none"] {
        assert_eq!(
            admin.refused("GET", &format!("/executions/{id}/logs/{path}"), Value::Null).0,
            404,
            "{path}"
        );
    }
    assert_eq!(admin.refused("GET", &format!("/executions/{id}/logs/page?page=-2"), Value::Null).0, 400);
}

pub(crate) fn a_log_is_searched_and_followed() {
    let server = Server::start();
    let admin = Api::admin(&server);
    let id = written(&admin);
    let search = |query: &str| -> Vec<Value> {
        let answer = admin.call("GET", &format!("/executions/{id}/logs/search?job=f&{query}"), Value::Null);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")));
        answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let found = search("q=LINE%2070");
    assert_eq!(found.len(), 1 + 10, "{found:?}");
    assert_eq!(found.last().unwrap()["hits"], 10);
    let exact = search("q=line%20(1|2)$&regex=true&case=true");
    assert_eq!(exact.last().unwrap()["hits"], 2, "{exact:?}");
    let cut = search("q=line&limit=5");
    assert_eq!((cut.len(), &cut[5]["truncated"]), (6, &json!(true)));
    for bad in ["q=", "q=(&regex=true", "q=a&limit=0"] {
        let path = format!("/executions/{id}/logs/search?job=f&{bad}");
        assert_eq!(admin.refused("GET", &path, Value::Null).0, 400, "{bad}");
    }
    let error = admin.get(&format!("/executions/{id}/logs/first-error?job=f"))["error"].clone();
    assert!(error["text"].as_str().unwrap().contains("ORA-00054"), "{error}");
    let page = admin
        .get(&format!("/executions/{id}/logs/page?job=f&page={}", error["line"].as_i64().unwrap() / 500));
    assert_eq!(page["lines"][error["line"].as_i64().unwrap() as usize % 500], error["text"]);
    let tail = admin.get(&format!("/executions/{id}/logs/tail?job=f&limit=100"));
    assert!(tail["complete"] == true && tail["text"].as_str().unwrap().len() <= 100, "{tail}");
    let (mut from, mut text) = ("0.0".to_owned(), String::new());
    loop {
        let part = admin.get(&format!("/executions/{id}/logs/tail?job=f&limit=777&from={from}"));
        text.push_str(part["text"].as_str().unwrap());
        from = part["next"].as_str().unwrap().to_owned();
        if part["complete"] == true {
            break;
        }
    }
    let raw = admin.call("GET", &format!("/executions/{id}/logs/raw?job=f"), Value::Null).text();
    assert_eq!(text, raw);
    assert_eq!(admin.refused("GET", &format!("/executions/{id}/logs/tail?job=f&from=x"), Value::Null).0, 400);
    // A log that is complete ends its stream by itself.
    let stream = admin.call("GET", &format!("/executions/{id}/logs/stream?job=f&from=0.0"), Value::Null);
    let events = stream.text();
    assert!(
        events.starts_with("event: log\nid: 0.") && events.ends_with("event: end\ndata: {}\n\n"),
        "{events}"
    );
    // Whoever reads pages is only told that there is more.
    let events =
        admin.call("GET", &format!("/executions/{id}/logs/stream?job=f&text=false"), Value::Null).text();
    assert!(events.starts_with("event: log\n") && events.contains("\"text\":\"\""), "{events}");
    assert!(events.ends_with("event: end\ndata: {}\n\n") && events.len() < 400, "{events}");
}

pub(crate) fn a_stream_ends_with_its_session_however_much_is_written() {
    let server = Server::start();
    let admin = Api::admin(&server);
    let script = ("f.sh", "while true; do echo more; sleep 0.02; done\n");
    admin.project("p", [("f.job", "type=command\ncommand=sh ./f.sh\n"), script]);
    let read = json!({"permissions": ["READ"]});
    assert_eq!(admin.call("PUT", "/projects/p/permissions/users/alice", read).status, 200);
    let id = admin.call("POST", "/projects/p/flows/f/executions", json!({})).json()["id"].as_i64().unwrap();
    wait_for("the job to run", LIMIT, || {
        let counts = admin.get("/running")["running"][0]["counts"].clone();
        if counts["RUNNING"] == 1 { Ok(()) } else { Err(counts.to_string()) }
    });
    let path = format!("/executions/{id}/logs/stream?job=f&from=0.0");
    let mut stream = Stream::at(&server, ("alice", "alice-pw"), &path, "");
    assert_eq!(stream.next().name, "log");
    assert_eq!(admin.call("DELETE", "/users/alice/sessions", Value::Null).status, 204);
    let ended = Instant::now();
    let mut last = stream.next();
    while last.name == "log" {
        assert!(ended.elapsed() < LIMIT, "the stream goes on");
        last = stream.next();
    }
    assert_eq!((last.name.as_str(), &last.data), ("bye", &json!({"reason": "session"})));
    assert_eq!(admin.call("POST", &format!("/executions/{id}/kill"), Value::Null).status, 200);
}
