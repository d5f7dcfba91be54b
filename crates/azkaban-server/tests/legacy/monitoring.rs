//! What monitoring reads: `/metrics`, `/jmx`, `/stats`, `/status`.

use std::time::Duration;

use azkaban_testkit::{wait_for, zip_of};
use serde_json::json;

use crate::common::Server;

pub(crate) fn figures_follow_what_happens() {
    let server = Server::start();
    let (admin, anonymous) = (server.admin(), server.anonymous());
    let figure = |name: &str| -> Option<f64> {
        let page = anonymous.get("/metrics", &[]);
        assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        page.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    };
    admin.create_project("p");
    admin.upload("p", &zip_of([("good.job", "type=noop\n"), ("bad.job", "type=command\ncommand=false\n")]));
    let writes = figure("azkaban_database_write_seconds_count").unwrap();
    for (flow, status) in [("good", "SUCCEEDED"), ("bad", "FAILED")] {
        let id = admin.execute("p", flow, &[]);
        wait_for("the execution to end", Duration::from_secs(60), || {
            let answer = admin.execution(id);
            if answer["status"] == status { Ok(()) } else { Err(answer.to_string()) }
        });
        let finished = format!("azkaban_executions_finished_total{{status=\"{status}\"}}");
        wait_for("the figure", Duration::from_secs(60), || {
            if figure(&finished) == Some(1.0) { Ok(()) } else { Err(format!("{:?}", figure(&finished))) }
        });
    }
    assert_eq!(figure("azkaban_executions_submitted_total"), Some(2.0));
    assert_eq!(figure("azkaban_executions_queued"), Some(0.0));
    assert_eq!(figure("azkaban_jobs_finished_total{type=\"noop\",outcome=\"succeeded\"}"), Some(1.0));
    assert_eq!(figure("azkaban_jobs_finished_total{type=\"command\",outcome=\"failed\"}"), Some(1.0));
    assert_eq!(figure("azkaban_schedules"), Some(0.0));
    assert!(figure("azkaban_database_write_seconds_count").unwrap() > writes);
    admin.get("/executor", &[("ajax", "disableQueueProcessor")]);
    assert_eq!(figure("azkaban_queue_enabled"), Some(0.0));
}

pub(crate) fn beans_are_listed_described_and_read() {
    let server = Server::start();
    let admin = server.admin();
    let get = |query: &[(&str, &str)]| admin.get("/jmx", query).json();
    let list = get(&[("ajax", "getMBeans")]);
    let names: Vec<&str> = list["mbeans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bean| bean["canonicalName"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"azkaban.jmx.JmxTriggerManager:name=triggerManager"), "{names:?}");
    let executor = format!("localhost:{}", server.address.port());
    for name in &names {
        let info = get(&[("ajax", "getMBeanInfo"), ("mBean", name)]);
        let all = get(&[("ajax", "getAllMBeanAttributes"), ("mBean", name)]);
        let remote = get(&[("ajax", "getAllExecutorAttributes"), ("mBean", name), ("hostPort", &executor)]);
        let attributes = info["attributes"].as_array().unwrap();
        assert!(!attributes.is_empty());
        for attribute in attributes {
            let attribute = attribute["name"].as_str().unwrap();
            let one = get(&[("ajax", "getAttribute"), ("mBean", name), ("attribute", attribute)]);
            assert_eq!(one.as_object().unwrap().keys().collect::<Vec<_>>(), ["value"]);
            assert!(
                all["attributes"].get(attribute).is_some() && remote["attributes"].get(attribute).is_some()
            );
        }
    }
    let elsewhere = [("ajax", "getAllExecutorAttributes"), ("mBean", names[0]), ("hostPort", "other:1")];
    assert_eq!(get(&elsewhere), json!({"error": "There is no executor other:1"}));
}

pub(crate) fn metrics_over_time_are_for_all_and_their_settings_for_administrators() {
    let server = Server::start();
    let (admin, alice) = (server.admin(), server.login("alice", "alice-pw"));
    let names = alice.get("/stats", &[("action", "getAllMetricNames"), ("executorId", "1")]).json();
    assert_eq!(names["metricList"].as_array().unwrap().len(), 5);
    let set = [
        ("action", "changeMetricInterval"),
        ("executorId", "1"),
        ("metricName", "NumRunningFlowMetric"),
        ("interval", "1"),
    ];
    assert_eq!(
        alice.get("/stats", &set).json(),
        json!({"error": "Only Admins are allowed to change metrics"})
    );
    assert_eq!(admin.get("/stats", &set).json(), json!({"status": "success"}));
    let history = [
        ("action", "getMetricHistory"),
        ("executorId", "1"),
        ("metricName", "NumRunningFlowMetric"),
        ("from", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("to", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ("useStats", "false"),
    ];
    // The shortest interval is a second.
    wait_for("a sample", Duration::from_secs(60), || {
        let data = alice.get("/stats", &history).json()["data"].clone();
        if data[0]["value"] == 0 && data[0]["timestamp"].is_i64() { Ok(()) } else { Err(data.to_string()) }
    });
    for broken in [
        &[("action", "getAllMetricNames")][..],
        &[("action", "getAllMetricNames"), ("executorId", "2")],
        &[
            ("action", "getMetricHistory"),
            ("executorId", "1"),
            ("metricName", "no"),
            ("from", ""),
            ("to", ""),
        ],
    ] {
        assert_eq!(admin.get("/stats", broken).status, 500, "{broken:?}");
    }
}
