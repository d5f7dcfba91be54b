//! `/restli`: logging in, and deploying a project from an address.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use azkaban_testkit::{Client, Response, zip_of};
use serde_json::{Value, json};

use crate::common::Server;

fn call(client: &Client, target: &str, body: &Value) -> Response {
    client.request("POST", target, "application/json", body.to_string().as_bytes())
}

fn login(client: &Client, user: &str, password: &str) -> String {
    let body = json!({"username": user, "password": password});
    let answer = call(client, "/restli/user?action=login", &body);
    answer.json()["value"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

/// A server of files: an archive, a redirect to it, an endless file, one that breaks off, and nothing else.
fn files(archive: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), archive) = (stream, archive.clone()) else { return };
            thread::spawn(move || {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                // Whoever asked may go away in the middle.
                let _ = match path {
                    "/good.zip" => {
                        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", archive.len());
                        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&archive))
                    }
                    "/moved.zip" => stream
                        .write_all(b"HTTP/1.1 302 Found\r\nLocation: /good.zip\r\nContent-Length: 0\r\n\r\n"),
                    "/circle.zip" => stream.write_all(
                        b"HTTP/1.1 302 Found\r\nLocation: /circle.zip\r\nContent-Length: 0\r\n\r\n",
                    ),
                    "/endless.zip" => stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").and_then(|()| {
                        loop {
                            stream.write_all(&[0; 65_536])?;
                        }
                    }),
                    "/broken.zip" => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nPK"),
                    _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
                };
            });
        }
    });
    address
}

pub(crate) fn a_session_is_made_and_told_about() {
    let server = Server::start();
    let client = server.anonymous();
    let session = login(&client, "alice", "alice-pw");
    let user = call(&client, "/restli/user?action=getUserFromSessionId", &json!({"sessionId": session}));
    assert_eq!((user.status, user.json()), (200, json!({"value": {"userId": "alice"}})));
    assert_eq!(user.header("x-restli-protocol-version"), Some("1.0.0"));
    let check = |target: &str, body: Value, status: u16, message: &str| {
        let answer = call(&client, target, &body);
        assert_eq!((answer.status, &answer.json()["message"]), (status, &json!(message)), "{target} {body}");
        assert_eq!(answer.header("x-restli-error-response"), Some("true"));
    };
    let wrong = json!({"username": "alice", "password": "no"});
    check("/restli/user?action=login", wrong, 401, "Username/Password not found.");
    check(
        "/restli/user?action=getUserFromSessionId",
        json!({"sessionId": "x"}),
        401,
        "Invalid session. Login required",
    );
    check("/restli/user?action=zz", json!({}), 400, "POST operation named zz not supported on resource");
    check("/restli/nothing", json!({}), 404, "No root resource defined for path '/restli/nothing'");
    assert_eq!(call(&client, "/restli/user?action=login", &json!({"username": "alice"})).status, 400);
    assert_eq!(client.request("POST", "/restli/user?action=login", "application/json", b"[[").status, 400);
}

pub(crate) fn a_project_is_deployed_from_an_address() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let files = files(zip_of([("new.job", "type=noop\n")]));
    let client = server.anonymous();
    let (session, other) = (login(&client, "azkaban", "azkaban"), login(&client, "alice", "alice-pw"));
    let deploy = |session: &str, project: &str, url: &str| {
        let body = json!({"sessionId": session, "projectName": project, "packageUrl": url});
        call(&client, "/restli/project?action=deploy", &body)
    };
    let at = |path: &str| format!("http://{files}{path}");
    for (path, version) in [("/good.zip", "2"), ("/moved.zip", "3")] {
        let answer = deploy(&session, "p", &at(path));
        assert_eq!((answer.status, answer.json()), (200, json!({"value": version})), "{path}");
    }
    let flows = admin.get("/manager", &[("ajax", "fetchprojectflows"), ("project", "p")]).json();
    assert_eq!(flows["flows"], json!([{"flowId": "new"}]));
    let check = |session: &str, project: &str, url: &str, status: u16, message: &str| {
        let answer = deploy(session, project, url);
        assert_eq!((answer.status, &answer.json()["message"]), (status, &json!(message)), "{url}");
    };
    check("x", "p", &at("/good.zip"), 401, "Invalid session. Login required");
    check(&session, "no", &at("/good.zip"), 400, "Project 'no' not found.");
    check(&other, "p", &at("/good.zip"), 400, "User alice has no permission to write to project p");
    for url in ["file:///etc/passwd", "ftp://x/y.zip", "nonsense", ""] {
        check(&session, "p", url, 400, &format!("URL {url} is malformed."));
    }
    for file in ["none.zip", "circle.zip", "endless.zip", "broken.zip"] {
        let url = at(&format!("/{file}"));
        check(&session, "p", &url, 400, &format!("Download of URL {url} to {file} failed"));
    }
    let version = admin.get("/manager", &[("download", "true"), ("project", "p")]);
    assert_eq!(version.header("version"), Some("3"), "nothing but the two was stored");
}
