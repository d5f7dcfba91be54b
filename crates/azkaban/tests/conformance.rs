//! The recorded answers of Azkaban 4, when the folder that holds them lies beside the repository.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use azkaban_testkit::{Options, TestServer};
use common::program;

/// The scenarios that this version answers in full.
const SCENARIOS: &[&str] = &[
    "01-login",
    "02-projects",
    "03-upload",
    "04-graphs",
    "05-execute",
    "06-failures",
    "07-control",
    "08-embedded",
    "09-conditions",
    "10-properties",
    "11-schedules",
    "12-permissions",
    "13-pages",
    "14-sla",
    "15-retries",
    "16-logs",
    "17-updates",
    "18-jobs",
    "19-download",
    "20-schedule-fire",
    "21-lock",
    "22-admin",
    "25-sla-fires",
];

#[test]
fn every_step_of_the_scenarios_agrees() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("../shared/conformance");
    let runner = folder.join("run");
    if !runner.is_file() {
        println!("skipped: {} is not there, nothing is compared", runner.display());
        return;
    }
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no python3 on this machine (scripts/setup.sh installs it)");
        return;
    }
    let users = fs::read_to_string(folder.join("users.xml")).expect("the users of the recordings");
    let files =
        [("azkaban.properties", "default.timezone.id=America/Los_Angeles\n"), ("azkaban-users.xml", &*users)];
    let conf = files.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let server = TestServer::start(Options { binary: Some(program()), conf, ..Options::default() });
    let output = Command::new("python3")
        .arg("-B")
        .arg(&runner)
        .args(["--base", &format!("http://{}", server.address()), "--jobs", "4", "--deviations"])
        .arg(root.join("docs/decisions/deviations.json"))
        .args(SCENARIOS)
        .output()
        .expect("python3 starts");
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}
