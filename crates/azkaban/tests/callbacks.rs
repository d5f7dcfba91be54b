//! HTTP callbacks of jobs, as another server gets them (projects-and-jobs §9).

mod common;

use std::fs;
use std::net::TcpListener;

use azkaban_testkit::{Client, Options, ReceivedRequest, RequestSink, TestServer, wait_for, zip_of};
use common::{LIMIT, server, wait_for_status, wait_until_ended};

/// A server with one project `p`, in whose jobs `SINK` is the address of another server and `GATE` a file to wait for.
fn start(sink: &str, jobs: &[(&str, &str)], properties: &str) -> (TestServer, Client) {
    let text = format!("jetty.hostname=flows.example.com\njetty.port=8099\n{properties}");
    let mut server = server(Options::with_properties(&text));
    let client = server.client();
    let gate = server.folder().join("gate");
    let filled = |text: &str| text.replace("SINK", sink).replace("GATE", &gate.to_string_lossy());
    let jobs: Vec<(&str, String)> = jobs.iter().map(|(name, text)| (*name, filled(text))).collect();
    client.create_project("p");
    client.upload("p", &zip_of(jobs.iter().map(|(name, text)| (*name, text.as_str()))));
    (server, client)
}

/// Waits for so many requests and returns them, ordered by target.
fn requests(sink: &RequestSink, number: usize) -> Vec<ReceivedRequest> {
    let mut found = wait_for(&format!("{number} requests"), LIMIT, || {
        let found = sink.requests();
        if found.len() == number { Ok(found) } else { Err(format!("{found:?}")) }
    });
    found.sort_by(|a, b| a.target.cmp(&b.target));
    found
}

fn targets(found: &[ReceivedRequest]) -> Vec<String> {
    found.iter().map(|request| request.target.clone()).collect()
}

#[test]
fn starts_and_ends_are_told_with_their_tokens_and_the_logs_say_so() {
    let sink = RequestSink::start();
    let (_server, client) = start(
        &sink.address().to_string(),
        &[(
            "a.job",
            "type=command\ncommand=true\nwhere=http://SINK\n\
             job.notification.started.1.url=${where}/started?e=?{executionId}&s=?{status}&at=?{server}\n\
             job.notification.success.1.url=http://SINK/success/?{project}/?{flow}/?{job}\n\
             job.notification.success.1.method=POST\n\
             job.notification.success.1.body={\"status\": \"?{status}\"}\n\
             job.notification.success.1.headers=Content-Type: application/json\\r\\nX-Mine: a:b\n\
             job.notification.failure.1.url=http://SINK/failure\n\
             job.notification.completed.1.url=http://SINK/completed\n\
             job.notification.completed.2.url=ftp://SINK/never\n",
        )],
        "",
    );
    let id = client.execute("p", "a", &[]);
    wait_until_ended(&client, id, LIMIT);
    let found = requests(&sink, 3);
    let server = "flows.example.com%3A8099";
    assert_eq!(
        targets(&found),
        [
            "/completed".to_owned(),
            format!("/started?e={id}&s=queued&at={server}"),
            "/success/p/a/a".to_owned()
        ]
    );
    let post = &found[2];
    assert_eq!((post.method.as_str(), post.body.as_str()), ("POST", "{\"status\": \"succeeded\"}"));
    assert_eq!((post.header("content-type"), post.header("x-mine")), (Some("application/json"), Some("a:b")));
    assert!(post.header("date").unwrap().ends_with(" GMT"), "{post:?}");
    wait_for("the words in the job's log", LIMIT, || {
        let log = client.job_log(id, "a", 0);
        let words = [
            "/success/p/a/a of job a: answered with 200 OK",
            "/completed of job a: answered with 200",
            "/never of job a cannot be made",
        ];
        if words.iter().all(|word| log.contains(word)) { Ok(()) } else { Err(log) }
    });
    wait_for("the words in the flow's log", LIMIT, || {
        let id = id.to_string();
        let query = [("ajax", "fetchExecFlowLogs"), ("execid", &*id), ("offset", "0"), ("length", "100000")];
        let log = client.get("/executor", &query).text();
        if log.contains("of job a: answered with 200 OK") { Ok(()) } else { Err(log) }
    });
}

#[test]
fn each_attempt_and_each_kind_of_end_is_told() {
    let sink = RequestSink::start();
    let told = "job.notification.failure.1.url=http://SINK/failure/?{job}/?{status}\n\
                job.notification.completed.1.url=http://SINK/completed/?{job}/?{status}\n";
    let (_server, client) = start(
        &sink.address().to_string(),
        &[
            ("bad.job", &format!("type=command\ncommand=false\nretries=1\n{told}")),
            ("slow.job", &format!("type=command\ncommand=sleep 600\n{told}")),
            ("odd.job", &format!("type=no such type\n{told}")),
        ],
        "",
    );
    let bad = client.execute("p", "bad", &[]);
    let slow = client.execute("p", "slow", &[]);
    let odd = client.execute("p", "odd", &[]);
    wait_for_status(&client, slow, "slow", "RUNNING");
    client.get("/executor", &[("ajax", "cancelFlow"), ("execid", &slow.to_string())]);
    for id in [bad, slow, odd] {
        wait_until_ended(&client, id, LIMIT);
    }
    let found = targets(&requests(&sink, 8));
    let expected = [
        "/completed/bad/failed",
        "/completed/bad/failed",
        "/completed/odd/failed",
        "/completed/slow/killed",
        "/failure/bad/failed",
        "/failure/bad/failed",
        "/failure/odd/failed",
        "/failure/slow/killed",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_server_that_does_not_answer_holds_up_nothing_and_is_asked_again() {
    let sink = RequestSink::start_silent();
    let (_server, client) = start(
        &sink.address().to_string(),
        &[
            ("a.job", "type=noop\njob.notification.started.1.url=http://SINK/started\n"),
            (
                "b.job",
                "type=command\ncommand=true\ndependencies=a\njob.notification.success.1.url=http://SINK/success\n",
            ),
        ],
        "jobcallback.response.wait.timeout=2000\n",
    );
    let id = client.execute("p", "b", &[]);
    wait_until_ended(&client, id, LIMIT);
    wait_for("a second try", LIMIT, || {
        let found = targets(&sink.requests());
        let tries = |target: &str| found.iter().filter(|found| *found == target).count();
        if tries("/started") >= 2 && tries("/success") >= 2 { Ok(()) } else { Err(format!("{found:?}")) }
    });
}

#[test]
fn a_kill_of_the_server_loses_no_callback() {
    // A port that nobody listens on for now.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (mut server, client) = start(
        &address.to_string(),
        &[(
            "a.job",
            "type=command\ncommand=sh -c 'while [ ! -e GATE ]; do sleep 0.05; done'\n\
             job.notification.started.1.url=http://SINK/started\n\
             job.notification.success.1.url=http://SINK/success/?{executionId}\n",
        )],
        "",
    );
    let id = client.execute("p", "a", &[]);
    wait_for_status(&client, id, "a", "RUNNING");
    server.kill();
    let sink = RequestSink::start_at(address, false);
    server.start_again();
    let client = server.client();
    assert_eq!(targets(&requests(&sink, 1)), ["/started"]);
    // The job was prepared before the kill; what it is to tell at its end is found again.
    fs::write(server.folder().join("gate"), "").unwrap();
    wait_until_ended(&client, id, LIMIT);
    assert_eq!(targets(&requests(&sink, 2)), ["/started".to_owned(), format!("/success/{id}")]);
}

#[test]
fn callbacks_can_be_switched_off() {
    let sink = RequestSink::start();
    let jobs = [("a.job", "type=noop\njob.notification.success.1.url=http://SINK/success\n")];
    let off = "azkaban.executor.jobcallback.enabled=false\n";
    let (_server, client) = start(&sink.address().to_string(), &jobs, off);
    let id = client.execute("p", "a", &[]);
    wait_until_ended(&client, id, LIMIT);
    let log = client.job_log(id, "a", 0);
    assert!(!log.contains("Callback"), "{log}");
    assert!(sink.requests().is_empty());
}
