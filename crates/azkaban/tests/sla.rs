//! SLA rules of executions: who is told, what is killed, and that a restart changes nothing (execution-and-scheduling §6).

mod common;

use azkaban_testkit::{Client, Options, ReceivedMail, SmtpOptions, SmtpServer, TestServer, wait_for, zip_of};
use common::{LIMIT, server, wait_for_status, wait_until_ended};
use serde_json::Value;

const JOBS: &[(&str, &str)] = &[
    ("slow.job", "type=command\ncommand=sleep 600\n"),
    ("again.job", "type=command\ncommand=sleep 600\nretries=1\n"),
    ("quick.job", "type=noop\n"),
    ("both.job", "type=noop\ndependencies=slow,quick\n"),
    ("twice.job", "type=noop\ndependencies=again\n"),
    ("bad.job", "type=command\ncommand=false\n"),
];

const TO: (&str, &str) = ("slaEmails", "sla@example.com");

fn start(mail: &SmtpServer) -> (TestServer, Client) {
    let text = format!(
        "azkaban.name=Test\nmail.host=127.0.0.1\nmail.port={}\nmail.sender=azkaban@example.com\n",
        mail.address().port()
    );
    let mut server = server(Options::with_properties(&text));
    let client = server.client();
    client.create_project("p");
    client.upload("p", &zip_of(JOBS.iter().copied()));
    (server, client)
}

fn node(answer: &Value, id: &str) -> String {
    let nodes = answer["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["id"] == id).unwrap_or_else(|| panic!("no {id} in {answer}"));
    node["status"].as_str().unwrap().to_owned()
}

/// The mails about SLA rules that have come, once there are so many.
fn misses(mail: &SmtpServer, number: usize) -> Vec<ReceivedMail> {
    wait_for(&format!("{number} mails about rules"), LIMIT, || {
        let found: Vec<ReceivedMail> =
            mail.mails().into_iter().filter(|mail| mail.subject().starts_with("SLA violation")).collect();
        if found.len() == number { Ok(found) } else { Err(format!("{found:?}")) }
    })
}

fn flow_log(client: &Client, id: i64) -> String {
    let id = id.to_string();
    let query = [("ajax", "fetchExecFlowLogs"), ("execid", &*id), ("offset", "0"), ("length", "100000")];
    client.get("/executor", &query).json()["data"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_missed_rule_about_the_flow_tells_and_kills_once() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (_server, client) = start(&mail);
    let id = client.execute("p", "both", &[("slaSettings[0]", ",FINISH,0:00,true,true"), TO]);
    let ended = wait_until_ended(&client, id, LIMIT);
    assert_eq!((ended["status"].as_str(), &*node(&ended, "slow")), (Some("KILLED"), "KILLED"));
    let found = &misses(&mail, 1)[0];
    assert_eq!(found.subject(), "SLA violation for both on Test");
    assert_eq!(found.to, ["sla@example.com"]);
    let body = found.body();
    assert!(body.starts_with("SLA Alert: Your flow both failed to FINISH within 0m<br/>"), "{body}");
    assert!(body.trim_end().ends_with("Actual flow status is RUNNING"), "{body}");
    let log = flow_log(&client, id);
    assert!(log.contains("SLA missed: flow both was to FINISH within 0m and is RUNNING"), "{log}");
    assert!(log.contains("Kill asked for by azkaban_sla"), "{log}");
}

#[test]
fn a_missed_rule_about_a_job_kills_each_of_its_attempts_and_then_the_flow() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (_server, client) = start(&mail);
    let id = client.execute("p", "twice", &[("slaSettings[0]", "again,SUCCESS,0:00,true,true"), TO]);
    let ended = wait_until_ended(&client, id, LIMIT);
    assert_eq!(ended["status"], "KILLED");
    assert_eq!((&*node(&ended, "again"), &*node(&ended, "twice")), ("KILLED", "CANCELLED"));
    let again = ended["nodes"].as_array().unwrap().iter().find(|node| node["id"] == "again").unwrap();
    assert_eq!(again["attempt"], 1, "{again}");
    let found = misses(&mail, 2);
    assert!(found.iter().all(|mail| mail.subject() == "SLA violation for twice:again on Test"), "{found:?}");
}

#[test]
fn a_rule_without_kill_only_tells_and_one_that_is_met_does_nothing() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (_server, client) = start(&mail);
    let rules = [
        ("slaSettings[0]", "slow,FINISH,0:00,true,false"),
        ("slaSettings[1]", "quick,SUCCESS,5:00,true,true"),
        ("slaSettings[2]", "nobody,SUCCESS,0:00,true,true"),
        ("slaSettings[3]", ",FINISH,5:00,true,true"),
        TO,
    ];
    let id = client.execute("p", "both", &rules);
    misses(&mail, 1);
    wait_for_status(&client, id, "slow", "RUNNING");
    client.get("/executor", &[("ajax", "cancelFlow"), ("execid", &id.to_string())]);
    wait_until_ended(&client, id, LIMIT);
    // A rule about success that a failed flow can no longer meet is told at its deadline: here at once.
    client.execute("p", "bad", &[("slaSettings[0]", ",SUCCESS,0:00,true,false"), TO]);
    let found = misses(&mail, 2);
    assert_eq!(found[1].subject(), "SLA violation for bad on Test");
}

#[test]
fn a_deadline_survives_a_kill_of_the_server_and_a_judged_rule_is_not_judged_again() {
    let mail = SmtpServer::start(SmtpOptions::default());
    let (mut server, client) = start(&mail);
    let rules =
        [("slaSettings[0]", ",FINISH,0:00,true,false"), ("slaSettings[1]", ",FINISH,0:01,true,true"), TO];
    let id = client.execute("p", "both", &rules);
    wait_for_status(&client, id, "slow", "RUNNING");
    misses(&mail, 1);
    server.kill();
    server.start_again();
    let client = server.client();
    wait_for_status(&client, id, "slow", "RUNNING");
    let ended = wait_until_ended(&client, id, 2 * LIMIT);
    assert_eq!(ended["status"], "KILLED");
    let (start, end) = (ended["startTime"].as_i64().unwrap(), ended["endTime"].as_i64().unwrap());
    assert!(end - start >= 60_000, "not before the deadline: {} ms", end - start);
    let found = misses(&mail, 2);
    assert!(found[1].body().contains("within 1m"), "{}", found[1].body());
    // The mail about a flow that ended before its deadline waits for it, through a restart too.
    let rules = [("slaSettings[0]", ",SUCCESS,5:00,true,false"), TO];
    let id = client.execute("p", "bad", &rules);
    wait_until_ended(&client, id, LIMIT);
    server.kill();
    server.start_again();
    let id = server.client().execute("p", "bad", &[("slaSettings[0]", ",SUCCESS,0:00,true,false"), TO]);
    let found = misses(&mail, 3);
    assert!(found[2].body().contains(&format!("execid={id}\"")), "{}", found[2].body());
}
