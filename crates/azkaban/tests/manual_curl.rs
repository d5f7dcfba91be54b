//! The command lines of Azkaban's API manual, letter by letter but for host, port and session.

mod common;

use std::path::Path;
use std::process::Command;

use azkaban_testkit::{Options, PASSWORD, zip_of};
use common::{LIMIT, server, wait_until_ended};
use serde_json::Value;

/// Runs a line of the manual in a shell, in a folder that has `myproject.zip`.
fn curl(folder: &Path, line: &str) -> String {
    let output =
        Command::new("sh").arg("-c").arg(line.replacen("curl", "curl -sS", 1)).current_dir(folder).output();
    let output = output.expect("a shell");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{line}\n{out}\n{err}");
    out.into_owned()
}

#[test]
fn every_line_of_the_manual_works() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl on this machine (scripts/setup.sh installs it)");
        return;
    }
    let server = server(Options::default());
    let folder = server.folder().to_owned();
    let host = format!("http://{}", server.address());
    let archive = zip_of([
        ("job-a.job", "type=command\ncommand=echo hello\n"),
        ("test.job", "type=command\ncommand=sleep 0.2\ndependencies=job-a\n"),
        ("slow.job", "type=command\ncommand=sleep 600\n"),
    ]);
    std::fs::write(folder.join("myproject.zip"), archive).unwrap();
    let json = |line: &str| -> Value {
        let text = curl(&folder, line);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}\n{error}\n{text}"))
    };

    let text = curl(
        &folder,
        &format!("curl -k -X POST --data \"action=login&username=azkaban&password={PASSWORD}\" {host}"),
    );
    assert!(text.contains("\"status\" : \"success\""), "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    let session = answer["session.id"].as_str().unwrap().to_owned();

    let answer = json(&format!(
        "curl -k -X POST --data \"session.id={session}&name=MyProject&description=11\" {host}/manager?action=create"
    ));
    assert_eq!(answer["status"], "success", "{answer}");
    assert_eq!(answer["path"], "manager?project=MyProject");

    let text = curl(
        &folder,
        &format!(
            "curl -k -i -H \"Content-Type: multipart/mixed\" -X POST --form 'session.id={session}' --form 'ajax=upload' \
             --form 'file=@myproject.zip;type=application/zip' --form 'project=MyProject;type/plain' {host}/manager"
        ),
    );
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("\"version\" : \"1\""), "{text}");

    let get = |servlet: &str, data: &str| {
        json(&format!("curl -k --get --data \"session.id={session}&{data}\" {host}/{servlet}"))
    };
    let post = |data: &str| json(&format!("curl -k --data \"session.id={session}&{data}\" {host}/executor"));

    let answer = get("manager", "ajax=fetchprojectflows&project=MyProject");
    let flows: Vec<&str> =
        answer["flows"].as_array().unwrap().iter().filter_map(|flow| flow["flowId"].as_str()).collect();
    assert!(flows.contains(&"test") && flows.contains(&"slow"), "{answer}");
    let answer = get("manager", "ajax=fetchflowgraph&project=MyProject&flow=test");
    assert_eq!(answer["nodes"].as_array().unwrap().len(), 2, "{answer}");

    let answer = json(&format!(
        "curl -k --get --data 'session.id={session}' --data 'ajax=executeFlow' --data 'project=MyProject' --data 'flow=test' {host}/executor"
    ));
    let execution = answer["execid"].as_i64().unwrap_or_else(|| panic!("{answer}"));
    wait_until_ended(&server.anonymous().with_session(Some(session.clone())), execution, LIMIT);

    let answer = get("manager", "ajax=fetchFlowExecutions&project=MyProject&flow=test&start=0&length=3");
    assert_eq!(answer["total"], 1, "{answer}");
    let answer = post(&format!("ajax=fetchexecflow&execid={execution}"));
    assert_eq!(answer["status"], "SUCCEEDED", "{answer}");
    let answer = post(&format!("ajax=fetchExecJobLogs&execid={execution}&jobId=job-a&offset=0&length=100"));
    assert_eq!(answer["length"], 100, "{answer}");
    let answer = json(&format!(
        "curl -k --data \"execid={execution}&lastUpdateTime=-1&session.id={session}&ajax=fetchexecflowupdate\" {host}/executor"
    ));
    assert_eq!(answer["nodes"].as_array().unwrap().len(), 2, "{answer}");

    let answer = json(&format!(
        "curl -k --get --data 'session.id={session}' --data 'ajax=executeFlow' --data 'project=MyProject' --data 'flow=slow' \
         --data 'failureAction=finishCurrent' --data-urlencode 'disabled=[]' --data 'concurrentOption=ignore' {host}/executor"
    ));
    let slow = answer["execid"].as_i64().unwrap_or_else(|| panic!("{answer}"));
    let answer = get("executor", "ajax=getRunning&project=MyProject&flow=slow");
    assert_eq!(answer["execIds"][0], slow, "{answer}");
    for action in ["pauseFlow", "resumeFlow", "cancelFlow"] {
        let answer = post(&format!("ajax={action}&execid={slow}"));
        assert!(answer["error"].is_null(), "{action}: {answer}");
    }
    let client = server.anonymous().with_session(Some(session.clone()));
    assert_eq!(wait_until_ended(&client, slow, LIMIT)["status"], "KILLED");

    curl(
        &folder,
        &format!(
            "curl -k --get --data \"session.id={session}&delete=true&project=MyProject\" {host}/manager"
        ),
    );
    let answer = get("manager", "ajax=fetchprojectflows&project=MyProject");
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("doesn't exist")), "{answer}");
}
