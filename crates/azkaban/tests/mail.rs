//! Mails about executions, as a mail server gets them.

mod common;

use std::fs;
use std::net::TcpListener;

use azkaban_testkit::{Client, Options, ReceivedMail, SmtpOptions, SmtpServer, TestServer, wait_for, zip_of};
use common::{LIMIT, server, wait_for_status, wait_until_ended};

/// A flow that succeeds, one that fails while another job runs on, and one that waits to be killed.
const JOBS: &[(&str, &str)] = &[
    ("good.job", "type=command\ncommand=true\n"),
    ("bad.job", "type=command\ncommand=false\n"),
    ("other.job", "type=command\ncommand=sh -c 'while [ ! -e GATE ]; do sleep 0.05; done'\n"),
    ("mixed.job", "type=noop\ndependencies=bad,other\nfailure.emails=owner@example.com\n"),
    ("slow.job", "type=command\ncommand=sleep 600\nfailure.emails=owner@example.com\n"),
];

/// A server that mails through `mail`, with the project `p`.
fn start(host: &str, port: u16, more: &str, env: &[(&str, String)]) -> (TestServer, Client) {
    let text = format!(
        "azkaban.name=Test\nmail.host={host}\nmail.port={port}\nmail.sender=Azkaban <azkaban@example.com>\n\
         azkaban.webserver.external_hostname=flows.example.com\nazkaban.webserver.external_port=80\n\
         default.timezone.id=UTC\n{more}"
    );
    let env = env.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let mut server = server(Options { env, ..Options::with_properties(&text) });
    let client = server.client();
    let gate = server.folder().join("gate");
    let with_gate = |text: &str| text.replace("GATE", &gate.to_string_lossy());
    let jobs: Vec<(&str, String)> = JOBS.iter().map(|(name, text)| (*name, with_gate(text))).collect();
    client.create_project("p");
    client.upload("p", &zip_of(jobs.iter().map(|(name, text)| (*name, text.as_str()))));
    (server, client)
}

fn plain(mail: &SmtpServer) -> (TestServer, Client) {
    start("127.0.0.1", mail.address().port(), "", &[])
}

fn open_gate(server: &TestServer) {
    fs::write(server.folder().join("gate"), "").unwrap();
}

/// Waits for so many mails and returns them, ordered by their subjects.
fn mails(mail: &SmtpServer, number: usize) -> Vec<ReceivedMail> {
    let mut found = wait_for(&format!("{number} mails"), LIMIT, || {
        let found = mail.mails();
        let subjects = || found.iter().map(ReceivedMail::subject).collect::<Vec<_>>();
        if found.len() == number { Ok(found) } else { Err(format!("{:?}", subjects())) }
    });
    found.sort_by_key(ReceivedMail::subject);
    found
}

#[test]
fn a_success_is_told_to_whom_the_request_names() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (_server, client) = plain(&mail);
    let options = [
        ("successEmails", "a@example.com, b@example.com"),
        ("successEmailsOverride", "true"),
        ("failureEmails", "c@example.com"),
        ("failureEmailsOverride", "true"),
    ];
    let id = client.execute("p", "good", &options);
    let found = &mails(&mail, 1)[0];
    assert_eq!(found.subject(), "Flow 'good' has succeeded on Test");
    assert_eq!(found.from, "azkaban@example.com");
    assert_eq!(found.to, ["a@example.com", "b@example.com"]);
    assert_eq!(found.header("From").as_deref(), Some("Azkaban <azkaban@example.com>"));
    assert!(found.header("Content-Type").unwrap().starts_with("text/html"), "{}", found.raw);
    let body = found.body();
    for part in [
        format!("Execution '{id}' of flow 'good' of project 'p' has succeeded on Test"),
        format!("<a href=\"http://flows.example.com:80/executor?execid={id}\">good Execution Link</a>"),
        "<td>SUCCEEDED</td>".to_owned(),
    ] {
        assert!(body.contains(&part), "{part}\n{body}");
    }
}

#[test]
fn a_failure_is_told_at_the_first_failed_job_and_at_the_end() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (server, client) = plain(&mail);
    // Without the override flag the addresses of the request do not count, those of the flow do.
    let id = client.execute("p", "mixed", &[("failureEmails", "nobody@example.com")]);
    let first = &mails(&mail, 1)[0];
    assert_eq!(first.subject(), "Flow 'mixed' has encountered a failure on Test");
    assert_eq!(first.to, ["owner@example.com"]);
    let body = first.body();
    assert!(
        body.contains("This flow is set to complete all currently running jobs before stopping."),
        "{body}"
    );
    assert!(body.contains(&format!("execid={id}&amp;job=bad\">Failed job 'bad' Link</a>")), "{body}");
    open_gate(&server);
    wait_until_ended(&client, id, LIMIT);
    let last = &mails(&mail, 2)[0];
    assert_eq!(last.subject(), "Flow 'mixed' has FAILED on Test");
    let body = last.body();
    for part in ["Failed job 'bad' Link", "Flow finished", "Executions from past 72 hours (1 out 1) failed"] {
        assert!(body.contains(part), "{part}\n{body}");
    }
}

#[test]
fn the_mail_about_the_first_failure_can_be_done_without() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (server, client) = plain(&mail);
    open_gate(&server);
    let id = client.execute("p", "mixed", &[("notifyFailureFirst", "false")]);
    wait_until_ended(&client, id, LIMIT);
    assert_eq!(mails(&mail, 1)[0].subject(), "Flow 'mixed' has FAILED on Test");
}

#[test]
fn a_kill_is_told_too() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (_server, client) = plain(&mail);
    let id = client.execute("p", "slow", &[]);
    wait_for_status(&client, id, "slow", "RUNNING");
    client.get("/executor", &[("ajax", "cancelFlow"), ("execid", &id.to_string())]);
    wait_until_ended(&client, id, LIMIT);
    let found = &mails(&mail, 1)[0];
    assert_eq!(found.subject(), "Flow 'slow' was KILLED on Test");
    assert!(found.body().contains("Killed job 'slow' Link"), "{}", found.body());
}

#[test]
fn mails_wait_for_a_mail_server_that_is_away_also_through_a_kill_and_come_once() {
    // A port that nobody listens on for now.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (mut server, client) = start("127.0.0.1", address.port(), "", &[]);
    let options = [("successEmails", "a@example.com"), ("successEmailsOverride", "true")];
    let ids: Vec<i64> = (0..5)
        .map(|_| {
            let mut options = options.to_vec();
            options.push(("concurrentOption", "ignore"));
            client.execute("p", "good", &options)
        })
        .collect();
    for id in &ids {
        wait_until_ended(&client, *id, LIMIT);
    }
    wait_for("a try", LIMIT, || {
        let log = server.log();
        if log.contains("not sent, trying again") { Ok(()) } else { Err(log) }
    });
    server.kill();
    let mail = SmtpServer::start_at(address, SmtpOptions::default());
    server.start_again();
    let found = mails(&mail, 5);
    let mut names: Vec<String> = found.iter().filter_map(|mail| mail.header("Message-ID")).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5, "{names:?}");
    for id in ids {
        let named = found.iter().filter(|mail| mail.body().contains(&format!("Execution '{id}' "))).count();
        assert_eq!(named, 1, "execution {id}");
    }
    // A start finds nothing left to send.
    server.kill();
    server.start_again();
    let id = server.client().execute("p", "good", &options);
    wait_until_ended(&server.client(), id, LIMIT);
    mails(&mail, 6);
}

#[test]
fn without_a_mail_server_the_flow_and_its_log_say_so_once() {
    let mut server = server(Options::default());
    let client = server.client();
    client.create_project("p");
    client.upload("p", &zip_of([("good.job", "type=noop\nsuccess.emails=a@example.com\n")]));
    for _ in 0..2 {
        let id = client.execute("p", "good", &[]);
        wait_until_ended(&client, id, LIMIT);
        let id = id.to_string();
        let query = [("ajax", "fetchExecFlowLogs"), ("execid", &*id), ("offset", "0"), ("length", "100000")];
        wait_for("the line of the flow's log", LIMIT, || {
            let log = client.get("/executor", &query).text();
            if log.contains("No mail to a@example.com: mail.host is not set") { Ok(()) } else { Err(log) }
        });
    }
    let log = server.log();
    assert_eq!(log.matches("mail.host is not set").count(), 1, "{log}");
}

#[test]
fn an_address_that_is_refused_does_not_keep_the_mail_from_others() {
    let refuse = vec![("gone@example.com".to_owned(), 550), ("busy@example.com".to_owned(), 450)];
    let mail = SmtpServer::start(SmtpOptions { refuse, ..SmtpOptions::default() });
    let (server, client) = plain(&mail);
    let to = "gone@example.com,not-an-address,a@example.com,busy@example.com,a@example.com,é@example.com";
    client.execute("p", "good", &[("successEmails", to), ("successEmailsOverride", "true")]);
    assert_eq!(mails(&mail, 1)[0].to, ["a@example.com", "é@example.com"]);
    wait_for("the words about the others", LIMIT, || {
        let log = server.log();
        let told = ["gone@example.com", "not-an-address", "takes none of the addresses now"];
        if told.iter().all(|word| log.contains(word)) { Ok(()) } else { Err(log) }
    });
    assert_eq!(mail.mails().len(), 1);
}

#[test]
fn starttls_and_a_login_where_the_mail_server_wants_them() {
    let login = Some(("me".to_owned(), "secret".to_owned()));
    let mail = SmtpServer::start(SmtpOptions { tls: true, login, ..SmtpOptions::default() });
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    fs::write(&trusted, mail.certificate()).unwrap();
    let trust = [("SSL_CERT_FILE", trusted.to_string_lossy().into_owned())];
    let port = mail.address().port();
    let options = [("successEmails", "a@example.com"), ("successEmailsOverride", "true")];

    let more = "mail.tls=true\nmail.user=me\nmail.password=secret\n";
    let (_server, client) = start("localhost", port, more, &trust);
    client.execute("p", "good", &options);
    let found = &mails(&mail, 1)[0];
    assert!(found.encrypted);
    assert_eq!(found.user.as_deref(), Some("me"));

    // Nothing goes out where the server cannot be trusted, or the password is wrong; and the words say why.
    for (more, trust, words) in [
        (more, &[][..], "no encrypted connection"),
        ("mail.tls=true\nmail.user=me\nmail.password=wrong-4711\n", &trust[..], "login as me (mail.user)"),
    ] {
        let (server, client) = start("localhost", port, more, trust);
        let id = client.execute("p", "good", &options);
        wait_until_ended(&client, id, LIMIT);
        wait_for("the reason", LIMIT, || {
            let log = server.log();
            if log.contains(words) { Ok(()) } else { Err(log) }
        });
        assert!(!server.log().contains("wrong-4711"), "no password in the log");
    }
    assert_eq!(mail.mails().len(), 1);
}

#[test]
fn an_override_is_told_to_whom_the_flow_names() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (_server, client) = plain(&mail);
    client.create_project("q");
    let job = "type=noop\na=1\noverride.emails=watcher@example.com\n";
    client.upload("q", &zip_of([("watched.job", job), ("other.job", "type=noop\n")]));
    for name in ["watched", "other"] {
        let query = [
            ("ajax", "setJobOverrideProperty"),
            ("project", "q"),
            ("flowName", name),
            ("jobName", name),
            ("jobOverride[a]", "<2>"),
        ];
        client.get("/manager", &query);
    }
    let found = &mails(&mail, 1)[0];
    assert_eq!(found.subject(), "[Project Property Overridden Alert]");
    assert_eq!(found.to, ["watcher@example.com"]);
    let body = found.body();
    let told = "User azkaban has overridden following job properties in project q flow watched job watched: ";
    assert!(body.contains(told) && body.contains("[ a, &lt;2&gt;]"), "{body}");
}
