//! What an administrator switches at run time is durable and takes effect.

mod common;

use azkaban_testkit::{Client, Options, zip_of};
use common::{LIMIT, server, wait_until_ended};
use serde_json::json;

fn bean(client: &Client, name: &str) -> serde_json::Value {
    client.get("/jmx", &[("ajax", "getAllMBeanAttributes"), ("mBean", name)]).json()["attributes"].clone()
}

const EXECUTORS: &str = "azkaban.jmx.JmxExecutorManager:name=executorManager";
const JOBS: &str = "azkaban.execapp.jmx.JmxJobMBeanManager:name=jobJMXMBean";

#[test]
fn a_queue_that_is_switched_off_starts_nothing_and_loses_nothing_over_a_kill() {
    let mut server = server(Options::default());
    let client = server.client();
    client.create_project("p");
    client.upload("p", &zip_of([("a.job", "type=command\ncommand=true\n")]));
    let switch = |client: &Client, ajax: &str| client.get("/executor", &[("ajax", ajax)]).json();
    assert_eq!(switch(&client, "disableQueueProcessor"), json!({"status": "success"}));
    let first = client.execute("p", "a", &[]);

    server.kill();
    server.start_again();
    let client = server.client();
    let second = client.execute("p", "a", &[("concurrentOption", "ignore")]);
    let waiting = bean(&client, EXECUTORS);
    assert_eq!(waiting["QueuedFlows"], format!("[{first}, {second}]"), "{waiting}");
    assert_eq!((&waiting["NumRunningFlows"], &waiting["QueueProcessorActive"]), (&json!(0), &json!(false)));
    assert_eq!(client.execution(first)["status"], "PREPARING");

    assert_eq!(switch(&client, "enableQueueProcessor"), json!({"status": "success"}));
    for execution in [first, second] {
        assert_eq!(wait_until_ended(&client, execution, LIMIT)["status"], "SUCCEEDED");
    }
    assert_eq!(bean(&client, EXECUTORS)["QueuedFlows"], "[]");
    assert_eq!(bean(&client, JOBS)["TotalSucceededJobsByJobType"], json!({"command": 2}));
}

#[test]
fn the_configuration_decides_about_the_queue_until_somebody_switches_it() {
    let mut server = server(Options::with_properties("azkaban.queueprocessing.enabled=false\n"));
    let client = server.client();
    assert_eq!(bean(&client, EXECUTORS)["QueueProcessorActive"], false);
    client.get("/executor", &[("ajax", "enableQueueProcessor")]);
    server.kill();
    server.start_again();
    assert_eq!(bean(&server.client(), EXECUTORS)["QueueProcessorActive"], true);
}

#[test]
fn the_note_of_the_administrators_is_on_every_page_also_after_a_kill() {
    let mut server = server(Options::default());
    let client = server.client();
    let note =
        [("ajax", "addNote"), ("type", "Warning"), ("message", "<i>down & out</i>"), ("url", "javascript:x")];
    assert_eq!(client.post("/notes", &note).json(), json!({"status": "success"}));
    server.kill();
    server.start_again();
    let client = server.client();
    for page in ["/index", "/executor", "/jmx", "/stats", "/notes"] {
        let text = client.get(page, &[]).text();
        assert!(text.contains("&lt;i&gt;down &amp; out&lt;/i&gt;"), "{page}: {text}");
        assert!(!text.contains("href=\"javascript:"), "{page}: {text}");
    }
    client.post("/notes", &[("ajax", "removeNote")]);
    assert!(!client.get("/index", &[]).text().contains("down &amp; out"));
}
