//! Who may do what, and requests that other sites forge (http-api §2.6, §3).

use azkaban_testkit::Client;
use serde_json::{Value, json};

use crate::common::Server;

/// Calls of `/manager`, the right that each needs, and what else it must be given.
const MANAGER: [(&str, &str, &str); 19] = [
    ("fetchProjectLogs", "READ", ""),
    ("fetchflowjobs", "READ", "flow=f"),
    ("fetchflowdetails", "READ", "flow=f"),
    ("fetchflowgraph", "READ", "flow=f"),
    ("fetchflownodedata", "READ", "flow=f&node=f"),
    ("fetchprojectflows", "READ", ""),
    ("fetchFlowExecutions", "READ", "flow=f&start=0&length=5"),
    ("fetchLastSuccessfulFlowExecution", "READ", "flow=f"),
    ("fetchJobInfo", "READ", "flowName=f&jobName=f"),
    ("getPermissions", "READ", ""),
    ("getGroupPermissions", "READ", ""),
    ("getProxyUsers", "READ", ""),
    ("isFlowLocked", "READ", "flowName=f"),
    ("setJobOverrideProperty", "WRITE", "flowName=f&jobName=f&jobOverride[type]=noop"),
    ("changeDescription", "WRITE", "description=x"),
    ("setFlowLock", "ADMIN", "flowName=f&isLocked=true"),
    ("addPermission", "ADMIN", PERMISSION),
    ("changePermission", "ADMIN", PERMISSION),
    ("addProxyUser", "ADMIN", "name=alice"),
];
const PERMISSION: &str = "name=alice&group=false&permissions[admin]=false&permissions[read]=true&permissions[write]=false\
    &permissions[execute]=false&permissions[schedule]=false";

fn events(admin: &Client) -> Value {
    admin.get("/manager", &[("ajax", "fetchProjectLogs"), ("project", "p")]).json()["logData"].clone()
}

/// A client whose session travels as a parameter, as that of scripts does.
fn by_parameter(server: &Server, client: &Client) -> (Client, String) {
    (server.anonymous(), format!("session.id={}", client.session().unwrap()))
}

pub(crate) fn what_is_refused_leaves_no_trace() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let before = events(&admin);
    let (alice, session) = by_parameter(&server, &server.login("alice", "alice-pw"));
    for (ajax, right, rest) in MANAGER {
        let target = format!("/manager?ajax={ajax}&project=p&{rest}&{session}");
        let expected = json!({"project": "p", "projectId": 1, "error": format!("Permission denied. Need {right} access.")});
        assert_eq!(alice.request("GET", &target, "", b"").json(), expected, "{ajax}");
        let form = format!("ajax={ajax}&project=p&{rest}&{session}");
        let posted = alice.request("POST", "/manager", "application/x-www-form-urlencoded", form.as_bytes());
        assert_eq!(posted.json(), expected, "{ajax}");
    }
    let get = |target: &str| alice.request("GET", &format!("{target}&{session}"), "", b"");
    let refused = |target: &str, error: &str| assert_eq!(get(target).json()["error"], error, "{target}");
    refused("/executor?ajax=executeFlow&project=p&flow=f", "Project 'p' doesn't exist.");
    refused(
        "/executor?ajax=getRunning&project=p&flow=f",
        "User 'alice' doesn't have EXECUTE permissions on p",
    );
    refused("/executor?ajax=flowInfo&project=p&flow=f", "User 'alice' doesn't have READ permissions on p");
    refused("/executor?ajax=fetchscheduledflowgraph&project=p&flow=f", "Project 'p' doesn't exist.");
    for page in [
        "/manager?project=p",
        "/manager?project=p&flow=f",
        "/manager?project=p&logs",
        "/manager?project=p&permissions",
    ] {
        assert!(get(page).text().contains("No permission to view project p."), "{page}");
    }
    assert!(!get("/index?x").text().contains("project=p"));
    assert_eq!(get("/manager?project=p&download=true").status, 302);
    assert_eq!(get("/manager?project=p&delete=true").status, 302);
    assert_eq!(events(&admin), before);
    let running = admin.get(
        "/manager",
        &[("ajax", "fetchFlowExecutions"), ("project", "p"), ("flow", "f"), ("start", "0"), ("length", "1")],
    );
    assert_eq!(running.json()["total"], 0);
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
