//! An orderly stop is quick, leaves the jobs running, and the next start goes on.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use azkaban_testkit::{Options, kill, wait_for, zip_of};
use common::{LIMIT, server, wait_for_status, wait_until_ended};

#[test]
fn jobs_go_on_while_the_server_is_stopped() {
    let mut server = server(Options::default());
    let client = server.client();
    client.create_project("p");
    let gate = server.folder().join("gate");
    let job = format!(
        "type=command\ncommand=sh -c 'echo begun; while [ ! -e {} ]; do sleep 0.05; done; echo ended'\n",
        gate.display()
    );
    let after = "type=noop\ndependencies=waits\n";
    client.upload("p", &zip_of([("waits.job", &*job), ("after.job", after)]));
    let execution = client.execute("p", "after", &[]);
    wait_for_status(&client, execution, "waits", "RUNNING");

    let begin = Instant::now();
    let status = server.terminate(LIMIT);
    assert!(status.success(), "{status}");
    assert!(begin.elapsed() < Duration::from_secs(2), "the stop took {:?}", begin.elapsed());
    assert!(!server.data().join("listen.addr").exists(), "the address is taken back");
    assert!(!server.supervisors().is_empty(), "who supervises the job is still there");

    std::fs::write(&gate, "").unwrap();
    server.start_again();
    let client = server.client();
    assert_eq!(wait_until_ended(&client, execution, LIMIT)["status"], "SUCCEEDED");
    let log = client.job_log(execution, "waits", 0);
    assert_eq!(log.matches(" - begun").count() + log.matches(" - ended").count(), 2, "{log}");
}

#[test]
fn supervisors_end_when_nobody_needs_them() {
    let mut server = server(Options::default());
    let client = server.client();
    client.create_project("p");
    client.upload("p", &zip_of([("a.job", "type=command\ncommand=true\n")]));
    let execution = client.execute("p", "a", &[]);
    wait_until_ended(&client, execution, LIMIT);
    server.terminate(LIMIT);
    wait_for("the supervisors to end", LIMIT, || {
        let left = server.supervisors();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
}

#[test]
fn an_idle_connection_does_not_hold_up_the_stop() {
    let mut server = server(Options::default());
    let mut idle = TcpStream::connect(server.address()).unwrap();
    idle.write_all(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).unwrap();
    let mut half = TcpStream::connect(server.address()).unwrap();
    half.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf").unwrap();
    let begin = Instant::now();
    assert!(server.terminate(LIMIT).success());
    assert!(begin.elapsed() < Duration::from_secs(2), "the stop took {:?}", begin.elapsed());
}

#[test]
fn ctrl_c_stops_like_sigterm() {
    let mut server = server(Options::default());
    kill("INT", server.pid());
    // A second signal during the stop changes nothing.
    assert!(server.terminate(LIMIT).success());
}
