//! Who a request is from (http-api §2).

use std::time::Duration;

use azkaban_testkit::{Client, wait_for, zip_of};

use crate::common::{Server, Setup, headers, multipart};

const LIMIT: Duration = Duration::from_secs(60);

const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn each_way_of_asking_without_a_session_has_its_answer() {
    let server = Server::start();
    let client = server.anonymous();
    let check = |method: &str,
                 target: &str,
                 content_type: &str,
                 body: &[u8],
                 status: u16,
                 kind: Option<&str>,
                 text: &str| {
        let answer = client.request(method, target, content_type, body);
        let what = format!(
            "{method} {target}: {} {:?} {}",
            answer.status,
            answer.header("content-type"),
            answer.text()
        );
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.header("content-type"), kind, "{what}");
        assert!(answer.text().contains(text), "{what}");
    };
    let (html, json) = (Some("text/html; charset=utf-8"), Some("application/json"));
    let page = "<!-- /.login -->";
    check("GET", "/index", "", b"", 200, html, page);
    check("GET", "/nowhere/at/all", "", b"", 200, html, page);
    check("GET", "/manager?project=p&delete=true", "", b"", 200, html, page);
    check("GET", "/index?ajax=fetchallprojects", "", b"", 200, json, "{\n  \"error\" : \"session\"\n}");
    check("DELETE", "/index?ajax", "", b"", 200, json, "\"error\" : \"session\"");
    check("POST", "/executor", FORM, b"ajax=executeFlow", 200, html, "Enter username and password");
    check(
        "POST",
        "/?action=login&password=x",
        FORM,
        b"",
        200,
        None,
        "Must pass username and password in request body",
    );
    check(
        "POST",
        "/index",
        FORM,
        b"username=azkaban&password=no",
        200,
        None,
        "Login error: Username/Password not found.",
    );
    check("POST", "/index", FORM, b"username=&password=no", 200, None, "Login error: Username is empty.");
    let upload = multipart("form-data", &[("ajax", "upload"), ("project", "p")], b"");
    let mixed = "multipart/form-data; boundary=XX";
    check("POST", "/manager", mixed, &upload, 200, None, "Login error. Need username and password");
    let wrong = multipart("form-data", &[("username", "azkaban"), ("password", "no")], b"");
    check("POST", "/manager", mixed, &wrong, 200, None, "Login error: Username/Password not found.");
    check("GET", "/status", "", b"", 200, json, "\"isDatabaseUp\" : true");
    check("GET", "/css/azkaban.css", "", b"", 404, Some("text/html; charset=iso-8859-1"), "HTTP ERROR 404");
    check("OPTIONS", "/manager", "", b"", 200, None, "");
    check("PUT", "/manager", "", b"", 405, None, "");
    check("POST", "/status", FORM, b"", 405, None, "");
}

pub(crate) fn a_session_counts_by_cookie_query_form_and_part_and_a_stale_cookie_hides_none() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let (session, anonymous) = (admin.session().unwrap(), server.anonymous());
    let stale = anonymous.clone().with_session(Some("no-such-session".to_owned()));
    let known = |answer: azkaban_testkit::Response| {
        assert!(answer.text().contains("\"projects\" : ["), "{}", answer.text())
    };
    for client in [&anonymous, &stale] {
        known(client.get("/index", &[("ajax", "fetchallprojects"), ("session.id", session)]));
        let form = [("session.id", session), ("ajax", "getProjectId"), ("project", "p")];
        assert_eq!(client.post("/manager", &form).json()["projectId"], 1);
        let archive = zip_of([("f.job", "type=noop\n")]);
        let in_parts = multipart(
            "attachment",
            &[("ajax", "upload"), ("project", "p"), ("session.id", session)],
            &archive,
        );
        let answer = client.request("POST", "/manager", "multipart/mixed; boundary=XX", &in_parts);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let bare = multipart("form-data", &[("ajax", "upload"), ("project", "p")], &archive);
        let target = format!("/manager?session.id={session}");
        let answer = client.request("POST", &target, "multipart/form-data; boundary=XX", &bare);
        assert_eq!(answer.json()["projectId"], "1");
    }
    known(admin.get("/index", &[("ajax", "fetchallprojects")]));
    // Name and password in the request count for that one request.
    let one_shot = anonymous.post(
        "/manager",
        &[("ajax", "getProjectId"), ("project", "p"), ("username", "azkaban"), ("password", "azkaban")],
    );
    assert_eq!(one_shot.json()["projectId"], 1);
    assert!(headers(&one_shot, "set-cookie").is_empty());
}

pub(crate) fn a_login_sets_a_guarded_cookie_and_a_logout_ends_the_session() {
    let server = Server::start();
    let client = server.anonymous();
    let form = [("action", "login"), ("username", "azkaban"), ("password", "azkaban")];
    let answer = client.post("/any/path", &form);
    let session = answer.json()["session.id"].as_str().unwrap().to_owned();
    let cookie = format!("azkaban.browser.session.id={session}; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(headers(&answer, "set-cookie"), [cookie]);
    assert_eq!(answer.header("expires"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
    let client = client.with_session(Some(session));
    let root = client.get("/", &[]);
    let location = format!("http://{}/index", server.address);
    assert_eq!((root.status, root.header("location")), (302, Some(&*location)));
    let out = client.get("/manager", &[("logout", "")]);
    assert_eq!((out.status, out.header("location")), (302, Some(&*format!("http://{}/", server.address))));
    assert_eq!(client.get("/index", &[("ajax", "x")]).json()["error"], "session");
}

pub(crate) fn a_session_ends_with_its_users_password_and_with_its_user() {
    let file = |alice: &str| {
        format!(
            "<u><user username='azkaban' password='azkaban' roles='admin'/>{alice}<role name='admin' permissions='ADMIN'/></u>"
        )
    };
    let server = Server::of(Setup {
        users: &file("<user username='alice' password='one'/>"),
        server: |_| {},
        engine: |_| {},
    });
    let lives =
        |client: &Client| client.get("/index", &[("ajax", "fetchallprojects")]).json()["error"] != "session";
    let ends = |client: &Client| {
        wait_for("the session to end", LIMIT, || {
            if lives(client) { Err("it lives".to_owned()) } else { Ok(()) }
        });
    };
    let (alice, admin) = (server.login("alice", "one"), server.admin());
    assert!(lives(&alice) && lives(&admin));
    server.replace_users(&file("<user username='alice' password='two'/>"));
    ends(&alice);
    let again = server.login("alice", "two");
    server.replace_users(&file("<user username='alice' password='one'/>"));
    ends(&again);
    assert!(!lives(&alice), "what has ended does not come back with the old password");
    let third = server.login("alice", "one");
    server.replace_users(&file(""));
    ends(&third);
    assert!(lives(&admin), "others are left alone");
}

pub(crate) fn logins_and_logouts_are_told() {
    let server = Server::of(Setup {
        users: "<u><user username='ann' password='pw'/></u>",
        server: |_| {},
        engine: |config| config.max_sessions_per_ip_and_user = Some(1),
    });
    let anonymous = server.anonymous();
    let login = |name: &str, password: &str| {
        let form = [("action", "login"), ("username", name), ("password", password)];
        anonymous.post("/", &form).json()["error"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(login("ann", "wrong"), "Incorrect Login. Username/Password not found.");
    assert_eq!(login("no\nbody", "pw"), "Incorrect Login. Username/Password not found.");
    let ann = server.login("ann", "pw");
    assert!(login("ann", "pw").starts_with("Potential DDoS found"));
    anonymous.post("/index", &[("username", "ann"), ("password", "bad")]);
    anonymous.post("/index", &[("username", "ann"), ("password", "pw")]);
    ann.get("/", &[("logout", "")]);
    ann.get("/", &[("logout", "")]);
    assert_eq!(
        server.audit(),
        [
            "ann login refused",
            "no\nbody login refused",
            "ann login done",
            "ann login refused",
            "ann login refused",
            "ann logout done"
        ]
    );
}

pub(crate) fn messages_of_a_redirect_are_shown_once_and_as_text() {
    let server = Server::start();
    let admin = server.admin();
    let gone = admin.get("/manager", &[("project", "<b>; é"), ("delete", "")]);
    assert_eq!(gone.status, 302);
    let cookie = headers(&gone, "set-cookie")[0].split("; Path").next().unwrap().to_owned();
    let session = admin.session().unwrap();
    let request = format!(
        "GET /index HTTP/1.1\r\nHost: x\r\nCookie: azkaban.browser.session.id={session}; {cookie}\r\nConnection: close\r\n\r\n"
    );
    let page = raw(&server, request.as_bytes());
    assert!(page.contains("Project &lt;b&gt;; é doesn't exist."), "{page}");
    assert!(page.contains("set-cookie: azkaban.failure.message=; Path=/; Max-Age=0"), "{page}");
}

fn raw(server: &Server, request: &[u8]) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
