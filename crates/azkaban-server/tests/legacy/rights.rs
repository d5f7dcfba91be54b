//! Requests that other sites forge (http-api §2.6).

use azkaban_testkit::Client;
use serde_json::json;

use crate::common::Server;

const PERMISSION: &str = "name=alice&group=false&permissions[admin]=false&permissions[read]=true&permissions[write]=false\
    &permissions[execute]=false&permissions[schedule]=false";

/// A client whose session travels as a parameter, as that of scripts does.
fn by_parameter(server: &Server, client: &Client) -> (Client, String) {
    (server.anonymous(), format!("session.id={}", client.session().unwrap()))
}

pub(crate) fn a_cookie_alone_changes_no_permissions() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let change = format!("/manager?ajax=addPermission&project=p&{PERMISSION}");
    assert_eq!(admin.request("GET", &change, "", b"").json(), json!({"error": "CSRF validation failed."}));
    for ajax in ["changePermission", "addProxyUser", "removeProxyUser"] {
        let target = format!("/manager?ajax={ajax}&project=p&{PERMISSION}");
        assert_eq!(
            admin.request("GET", &target, "", b"").json(),
            json!({"error": "CSRF validation failed."}),
            "{ajax}"
        );
    }
    // Our own page holds the token; a request with it is good.
    let page = admin.get("/manager", &[("project", "p"), ("permissions", "")]).text();
    let token = page.split("id=\"csrfToken\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let session = admin.session().unwrap();
    let request = format!(
        "GET {change} HTTP/1.1\r\nHost: x\r\nCookie: azkaban.browser.session.id={session}\r\nX-CSRF-TOKEN: {token}\r\nConnection: close\r\n\r\n"
    );
    let answer = send(&server, &request);
    assert!(answer.contains("\"projectId\" : 1") && !answer.contains("error"), "{answer}");
    // Without a cookie no other site can be behind it.
    let (script, session) = by_parameter(&server, &admin);
    let removed = script.request("GET", &format!("{}&{session}", change.replace("add", "change")), "", b"");
    assert_eq!(removed.json(), json!({"project": "p", "projectId": 1}));
}

fn send(server: &Server, request: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
