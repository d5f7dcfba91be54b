//! What the tests of the whole share.
#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use azkaban_testkit::{Client, Options, TestServer, wait_for};
use serde_json::Value;

/// Longest time that a test waits for anything on a loaded machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The program under test.
pub(crate) fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_azkaban"))
}

/// A server of the program under test.
pub(crate) fn server(options: Options) -> TestServer {
    TestServer::start(Options { binary: Some(program()), ..options })
}

/// Whether there is a curl; says so if there is none.
pub(crate) fn has_curl() -> bool {
    let there = Command::new("curl").arg("--version").output().is_ok();
    if !there {
        println!("skipped: there is no curl on this machine (scripts/setup.sh installs it)");
    }
    there
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).stdin(Stdio::null()).output().expect("the program starts")
}

/// Waits until an execution has ended and returns its `fetchexecflow`.
pub(crate) fn wait_until_ended(client: &Client, execution: i64, limit: Duration) -> Value {
    wait_for(&format!("execution {execution} to end"), limit, || {
        let answer = client.execution(execution);
        match answer["status"].as_str() {
            Some("SUCCEEDED" | "FAILED" | "KILLED") => Ok(answer),
            _ => Err(statuses(&answer)),
        }
    })
}

/// Waits until a job of an execution has a status.
pub(crate) fn wait_for_status(client: &Client, execution: i64, job: &str, status: &str) {
    wait_for(&format!("{job} of execution {execution} to be {status}"), LIMIT, || {
        let answer = client.execution(execution);
        let found = answer["nodes"].as_array().and_then(|nodes| nodes.iter().find(|node| node["id"] == job));
        if found.is_some_and(|node| node["status"] == status) { Ok(()) } else { Err(statuses(&answer)) }
    });
}

/// The statuses of an execution and its jobs, for messages.
pub(crate) fn statuses(answer: &Value) -> String {
    let nodes = answer["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let nodes: Vec<String> = nodes.iter().map(|node| format!("{}={}", node["id"], node["status"])).collect();
    format!("{} {} {}", answer["status"], nodes.join(" "), answer["error"].as_str().unwrap_or_default())
}
