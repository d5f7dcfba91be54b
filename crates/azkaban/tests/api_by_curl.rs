//! Every line of `docs/api-by-curl.md`, run in its order against a server that speaks TLS, with what the page says it answers.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use azkaban_testkit::{Options, tls, wait_for, zip_of};
use common::{LIMIT, has_curl, server};
use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/api-by-curl.md");

/// A line to run, and the answer shown below it.
struct Step {
    line: String,
    answer: Value,
}

/// The steps of each operation.
fn operations() -> Vec<Vec<Step>> {
    let mut operations = Vec::new();
    let mut block = None;
    let mut line = None;
    for text in PAGE.lines() {
        match (block, text) {
            (None, text)
                if text
                    .strip_prefix("## ")
                    .is_some_and(|title| title.starts_with(|c: char| c.is_ascii_digit())) =>
            {
                operations.push(Vec::new());
            }
            (None, text) => block = text.strip_prefix("```").filter(|kind| !kind.is_empty()),
            (Some(_), "```") => block = None,
            (Some("sh"), text) => {
                assert!(line.replace(text.to_owned()).is_none(), "no answer is shown before {text}")
            }
            (Some(_), text) => {
                let answer = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
                let line = line.take().unwrap_or_else(|| panic!("no line before {text}"));
                operations.last_mut().expect("a heading before the first line").push(Step { line, answer });
            }
        }
    }
    operations
}

/// Whether `got` holds all that is `shown`, `…` standing for anything.
fn holds(shown: &Value, got: &Value) -> bool {
    match (shown, got) {
        (Value::String(text), _) if text == "…" => !got.is_null(),
        (Value::Object(shown), Value::Object(got)) => {
            shown.iter().all(|(key, value)| got.get(key).is_some_and(|got| holds(value, got)))
        }
        (Value::Array(shown), Value::Array(got)) => {
            shown.len() == got.len() && shown.iter().zip(got).all(|(shown, got)| holds(shown, got))
        }
        _ => shown == got,
    }
}

/// Runs a line in a shell; an answer that is shown with its headers is its status.
fn run(folder: &Path, line: &str, variables: &[(&'static str, String)]) -> Value {
    let quiet = line.replacen("curl ", "curl -sS --max-time 60 ", 1);
    let output =
        Command::new("sh").arg("-c").arg(&quiet).current_dir(folder).envs(variables.iter().cloned()).output();
    let output = output.expect("a shell");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{line}\n{out}\n{err}");
    if line.contains(" -i ") {
        let status = out.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        return Value::from(status);
    }
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line}\n{error}\n{out}"))
}

#[test]
fn the_page_has_the_manuals_operations() {
    let operations = operations();
    assert_eq!(operations.len(), 21);
    assert!(operations.iter().all(|steps| !steps.is_empty()));
}

#[test]
fn every_line_of_the_page_answers_as_it_says() {
    if !has_curl() {
        return;
    }
    let keys = tempfile::tempdir().unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| keys.path().join(name));
    fs::write(&certificate, tls::CERT_PEM).unwrap();
    fs::write(&key, tls::KEY_PEM).unwrap();
    let users = "<azkaban-users><user username=\"azkaban\" password=\"azkaban\" roles=\"admin\"/>\
                 <role name=\"admin\" permissions=\"ADMIN\"/></azkaban-users>";
    let mut options = Options::with_properties(&format!(
        "azkaban.tls.certificate={}\nazkaban.tls.key={}\n",
        certificate.display(),
        key.display()
    ));
    options.conf.push(("azkaban-users.xml".to_owned(), users.to_owned()));
    let server = server(options);
    let archive = zip_of([
        ("job-a.job", "type=command\ncommand=echo hello\n"),
        ("test.job", "type=command\ncommand=echo done\ndependencies=job-a\n"),
        ("slow.job", "type=command\ncommand=sleep 600\n"),
    ]);
    fs::write(server.folder().join("myproject.zip"), archive).unwrap();
    let base = format!("https://{}", server.address());

    let mut variables: Vec<(&'static str, String)> = Vec::new();
    for Step { line, answer } in operations().into_iter().flatten() {
        let command = line.replace("https://localhost:8443", &base);
        assert_ne!(command, line, "every line is for the server of the page");
        let reads = line.contains("ajax=fetch");
        let got = wait_for(&line, LIMIT, || {
            let got = run(server.folder(), &command, &variables);
            match holds(&answer, &got) {
                true => Ok(got),
                false if reads => Err(got.to_string()),
                false => panic!("{line}\nanswers {got}\nnot {answer}"),
            }
        });
        for (key, name) in [("session.id", "SESSION"), ("execid", "EXECUTION"), ("scheduleId", "SCHEDULE")] {
            if let Some(value) = got.get(key) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                variables.retain(|(known, _)| *known != name);
                variables.push((name, text));
            }
        }
    }
}
