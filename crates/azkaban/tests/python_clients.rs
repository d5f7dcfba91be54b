//! The published Python clients, as the Python package index has them, against the real program.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use azkaban_testkit::{Options, PASSWORD, TestServer, zip_of};
use common::server;

/// The folder of a client's own Python, made anew if it is not whole. `None` where it cannot be made, which is said.
fn client(name: &str, version: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{version}"));
    let whole = folder.join("whole");
    if !whole.exists() {
        // What an earlier run has left half done.
        let _ = fs::remove_dir_all(&folder);
        let made = [
            Command::new("python3").args(["-m", "venv"]).arg(&folder).output(),
            Command::new(folder.join("bin/pip"))
                // Some of them count on setuptools being there, as it was when they were written.
                .args(["install", "--quiet", "--disable-pip-version-check", "setuptools<81"])
                .arg(format!("{name}=={version}"))
                .output(),
        ];
        for step in made {
            let why = match step {
                Ok(output) if output.status.success() => continue,
                Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                Err(error) => error.to_string(),
            };
            eprintln!("skipped: the client {name} {version} cannot be installed here: {why}");
            return None;
        }
        fs::write(&whole, "").expect("a file in a new folder");
    }
    Some(folder)
}

fn drive(server: &TestServer, command: &mut Command) {
    let client_home = server.folder().join("client");
    fs::create_dir_all(&client_home).expect("a folder");
    let output: Output =
        command.env("HOME", &client_home).env_remove("PYTHONPATH").output().expect("the client starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, error) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && said.trim_end().ends_with("done"), "{said}\n{error}");
}

fn url(server: &TestServer) -> String {
    format!("http://{}", server.address())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_clients").join(name)
}

fn with_python(name: &str, version: &str, drives: &str) {
    let Some(folder) = client(name, version) else { return };
    let server = server(Options::default());
    let own = server.folder().join("work");
    fs::create_dir(&own).expect("a folder");
    let mut python = Command::new(folder.join("bin/python"));
    python.arg(script(drives)).args([&*url(&server), "azkaban", PASSWORD]).arg(&own);
    drive(&server, &mut python);
}

#[test]
fn azkaban() {
    with_python("azkaban", "0.9.14", "drive_azkaban.py");
}

#[test]
fn azkaban_cli() {
    with_python("azkaban-cli", "0.9.2", "drive_azkaban_cli.py");
}

#[test]
fn eboshi() {
    let Some(folder) = client("eboshi", "0.0.17") else { return };
    let mut server = server(Options::default());
    let ours = server.client();
    ours.create_project("shrine");
    let answer = ours.upload("shrine", &zip_of([("hello.job", "type=command\ncommand=echo hello\n")]));
    assert!(answer["error"].is_null(), "{answer}");
    let mut shell = Command::new("sh");
    shell.arg(script("drive_eboshi.sh")).arg(folder.join("bin/eboshi"));
    drive(&server, shell.args([&*url(&server), "azkaban", PASSWORD]));
}
