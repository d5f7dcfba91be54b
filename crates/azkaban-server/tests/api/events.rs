//! The stream of events.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::Server;
use crate::scene::Api;

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    id: String,
    pub(crate) data: Value,
}

/// A reader of a stream.
pub(crate) struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(server: &Server, user: (&str, &str), topics: &str, last: &str) -> Self {
        Self::at(server, user, &format!("/events?topics={topics}"), last)
    }

    /// A stream for a session of its own.
    pub(crate) fn at(server: &Server, user: (&str, &str), path: &str, last: &str) -> Self {
        let login = json!({"username": user.0, "password": user.1});
        let session = server.anonymous().json("POST", "/api/v1/session", &login).json();
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let last = if last.is_empty() { String::new() } else { format!("Last-Event-ID: {last}\r\n") };
        write!(
            stream,
            "GET /api/v1{path} HTTP/1.1\r\nHost: x\r\n{last}Authorization: Bearer {}\r\n\r\n",
            session["sessionId"].as_str().unwrap()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
        Self(reader)
    }

    /// The next event; lines of the chunked coding are passed over.
    pub(crate) fn next(&mut self) -> Event {
        let mut event = Event { name: String::new(), id: String::new(), data: Value::Null };
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream ended after {event:?}");
            match line.trim_end().split_once(": ") {
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("data", data)) => {
                    event.data = serde_json::from_str(data).unwrap();
                    return event;
                }
                _ => {}
            }
        }
    }

    /// The next event of a topic.
    fn of(&mut self, topic: &str) -> Event {
        loop {
            let event = self.next();
            if event.data["topic"] == topic {
                return event;
            }
        }
    }
}

const ADMIN: (&str, &str) = ("azkaban", "azkaban");

pub(crate) fn changes_are_told_to_those_who_may_read_them() {
    let server = Server::start();
    let admin = Api::admin(&server);
    admin.project("p", [("f.job", "type=noop\n")]);
    let mut stream = Stream::open(&server, ADMIN, "executions,running,projects", "");
    let mut other = Stream::open(&server, ("alice", "alice-pw"), "executions,projects", "");
    let hello = stream.next();
    assert_eq!((hello.name.as_str(), &hello.data["heartbeatMs"]), ("hello", &json!(15_000)));
    assert_eq!(other.next().name, "hello");
    let id = admin.call("POST", "/projects/p/flows/f/executions", json!({})).json()["id"].as_i64().unwrap();
    let first = stream.of("executions");
    assert_eq!((first.name.as_str(), &first.data["ids"]["execution"]), ("change", &json!(id)), "{first:?}");
    assert_eq!(
        (&first.data["patch"]["status"], &first.data["ids"]["project"]),
        (&json!("PREPARING"), &json!("p"))
    );
    let mut statuses = Vec::new();
    while statuses.last() != Some(&json!("SUCCEEDED")) {
        statuses.push(stream.of("executions").data["patch"]["status"].clone());
    }
    assert_eq!(stream.of("running").data["patch"], json!({"running": 0, "queued": 0}));
    admin.call("PATCH", "/projects/p", json!({"description": "new"}));
    assert_eq!(stream.of("projects").data["patch"]["change"], "description");
    // The first thing that the other user is told is what they may read.
    admin.call("PUT", "/projects/p/permissions/users/alice", json!({"permissions": ["READ"]}));
    let told = other.next();
    assert_eq!(told.data["patch"]["change"], "permissions", "{told:?}");
    for bad in ["", "?topics=", "?topics=nothing", "?topics=execution:x"] {
        assert_eq!(admin.refused("GET", &format!("/events{bad}"), Value::Null).0, 400, "{bad}");
    }
}

pub(crate) fn a_broken_stream_goes_on_where_it_was() {
    let server = Server::start();
    let admin = Api::admin(&server);
    admin.project("p", [("f.job", "type=noop\n")]);
    let describe = |text: &str| admin.call("PATCH", "/projects/p", json!({"description": text}));
    let mut stream = Stream::open(&server, ADMIN, "project:P", "");
    stream.next();
    describe("one");
    let one = stream.of("project:p");
    drop(stream);
    describe("two");
    let mut again = Stream::open(&server, ADMIN, "projects", &one.id);
    again.next();
    let two = again.of("projects");
    assert_eq!(two.data["seq"].as_u64(), one.data["seq"].as_u64().map(|seq| seq + 1));
    let mut lost = Stream::open(&server, ADMIN, "projects", "another-run.7");
    lost.next();
    assert_eq!(lost.next().name, "gap");
}
