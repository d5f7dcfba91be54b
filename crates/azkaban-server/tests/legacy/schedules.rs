//! `/schedule` where no recorded answer reaches: what is ours, and what is wrong.

use azkaban_testkit::Client;
use serde_json::{Value, json};

use crate::common::Server;

/// Far enough for nothing to fire during a test.
const CRON: &str = "0 30 9 1 1 ? 2040-2090";

fn cron(client: &Client, more: &[(&str, &str)]) -> Value {
    let mut query = vec![("ajax", "scheduleCronFlow"), ("projectName", "p"), ("flow", "f")];
    if !more.iter().any(|(name, _)| *name == "cronExpression") {
        query.push(("cronExpression", CRON));
    }
    query.extend_from_slice(more);
    client.post("/schedule", &query).json()
}

fn next_fires(client: &Client, query: &[(&str, &str)]) -> Value {
    client.get("/schedule", &[&[("ajax", "fetchNextFires")], query].concat()).json()
}

pub(crate) fn zones_policies_and_pauses_are_kept_and_told() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let put = cron(&admin, &[("timezone", "Europe/Berlin"), ("missedFires", "all")]);
    let id = put["scheduleId"].to_string();
    assert_eq!(put["message"], "p.f scheduled.");
    let expected = json!({"scheduleId": put["scheduleId"], "paused": false, "missedFires": "all", "timezone": "Europe/Berlin",
        "fires": [2_209_019_400_000_i64, 2_240_641_800_000_i64], "times": ["2040-01-01 09:30:00", "2041-01-01 09:30:00"]});
    assert_eq!(next_fires(&admin, &[("scheduleId", &id), ("count", "2")]), expected);
    // The end cuts them off.
    let ended = cron(&admin, &[("endSchedTime", "2209019400000"), ("timezone", "Europe/Berlin")]);
    assert_eq!(ended["scheduleId"], put["scheduleId"], "one schedule per flow");
    assert_eq!(next_fires(&admin, &[("scheduleId", &id)])["fires"], json!([2_209_019_400_000_i64]));

    let pause = |ajax: &str| admin.get("/schedule", &[("ajax", ajax), ("scheduleId", &id)]).json();
    let message = |verb: &str| json!({"status": "success", "scheduleId": put["scheduleId"], "message": format!("Schedule of flow f {verb}.")});
    assert_eq!(pause("pauseSchedule"), message("paused"));
    assert_eq!(next_fires(&admin, &[("scheduleId", &id)])["paused"], true);
    assert!(admin.get("/schedule", &[]).text().contains("<td>yes</td>"));
    assert_eq!(pause("resumeSchedule"), message("resumed"));
    assert_eq!(next_fires(&admin, &[("scheduleId", &id)])["paused"], false);

    // Whoever names no end gets runs beyond the year 2050, where Azkaban's own end lies.
    let fires =
        |put: &Value| next_fires(&admin, &[("scheduleId", &put["scheduleId"].to_string())])["fires"].clone();
    assert_eq!(
        fires(&cron(&admin, &[("cronExpression", "0 0 0 1 1 ? 2060"), ("timezone", "UTC")])),
        json!([2_840_140_800_000_i64])
    );
    let query = [("ajax", "scheduleFlow"), ("projectName", "p"), ("projectId", "1"), ("flow", "f")];
    let at = [("scheduleTime", "12,00,am,UTC"), ("scheduleDate", "01/01/2060")];
    let every = [("is_recurring", "on"), ("period", "1y")];
    for more in [&[][..], &every] {
        let put = admin.post("/schedule", &[&query[..], &at, more].concat()).json();
        assert_eq!(fires(&put)[0], 2_840_140_800_000_i64, "{put}");
    }

    let once = cron(&admin, &[("backExecuteOnce", "TRUE")]);
    assert_eq!(once["status"], "success");
    let shown = admin.get("/schedule", &[("ajax", "fetchSchedule"), ("projectId", "1"), ("flowId", "f")]);
    assert_eq!(shown.json()["schedule"]["backExecuteOnce"], true);
    let info = admin.get("/executor", &[("ajax", "flowInfo"), ("project", "p"), ("flow", "f")]).json();
    assert_eq!(info["scheduled"], 2_209_023_000_000_i64, "in the zone of the server again: {info}");
}

pub(crate) fn what_is_wrong_with_a_schedule_is_told_and_nothing_is_stored() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    let zone = "There is no time zone 'Mars/Base'; expected a name such as Europe/Berlin or UTC.";
    let policy = "Invalid missedFires 'most'; expected skip, once or all.";
    let never = "Flow f is not scheduled: it would never run before the end.";
    let retries = "ExecutionOptions is invalid, error reasons: [flow.max.retries should be an integer]";
    let both = |text: &str| json!({"status": "error", "message": text, "error": text});
    for (query, expected) in [
        (&[("timezone", "Mars/Base")][..], both(zone)),
        (&[("missedFires", "most")], both(policy)),
        (&[("endSchedTime", "1000")], json!({"status": "error", "message": never})),
        (&[("flowOverride[flow.max.retries]", "x")], both(retries)),
        (
            &[("cronExpression", "0 0 0 30 2 ?")],
            json!({"error": "This expression <0 0 0 30 2 ?> can not be parsed to quartz cron."}),
        ),
    ] {
        assert_eq!(cron(&admin, query), expected, "{query:?}");
    }
    let once = |more: &[(&str, &str)]| {
        let query = [("ajax", "scheduleFlow"), ("projectName", "p"), ("projectId", "1"), ("flow", "f")];
        let time = [("scheduleTime", "10,30,am,UTC")];
        admin.post("/schedule", &[&query[..], &time, more].concat()).json()
    };
    let early_end = once(&[("scheduleDate", "07/22/2040"), ("endSchedTime", "1000")]);
    assert_eq!(early_end, json!({"status": "error", "message": never}));
    assert_eq!(once(&[("scheduleDate", "07/22/2010")])["scheduleId"], -1, "in the past");
    assert_eq!(admin.post("/schedule", &[("ajax", "fetchSchedules")]).json(), json!({}));

    for (path, query, expected) in [
        (
            "/schedule",
            "ajax=pauseSchedule&scheduleId=77",
            json!({"status": "error", "message": "Schedule with ID 77 does not exist"}),
        ),
        (
            "/schedule",
            "ajax=fetchNextFires&scheduleId=77",
            json!({"status": "error", "message": "Schedule with ID 77 does not exist"}),
        ),
        ("/schedule", "ajax=fetchNextFires&cronExpression=0 0 9 ? * *&timezone=Mars/Base", both(zone)),
        (
            "/triggers",
            "ajax=expireTrigger&triggerId=77",
            json!({"status": "error", "message": "Trigger with ID 77 does not exist"}),
        ),
        ("/triggers", "ajax=expireTrigger&triggerId=x", json!({"error": "For input string: \"x\""})),
        ("/triggers", "ajax=expireTrigger", json!({"error": "Missing required parameter 'triggerId'."})),
        ("/flowtrigger", "ajax=fetchTrigger&projectId=1&flowId=f", json!({})),
        ("/flowtrigger", "ajax=pauseTrigger&projectId=1&flowId=f", json!({"status": "success"})),
        (
            "/flowtrigger",
            "ajax=pauseTrigger&projectId=99&flowId=f",
            json!({"error": "please specify a valid project id"}),
        ),
        ("/flowtriggerinstance", "ajax=fetchRunningTriggers", json!({"items": []})),
        (
            "/flowtriggerinstance",
            "ajax=fetchTriggerStatus",
            json!({"error": "please specify a valid trigger instance id or flow execution id"}),
        ),
        (
            "/flowtriggerinstance",
            "ajax=killRunningTrigger&id=x",
            json!({"error": "the trigger doesn't exist, might already finished or cancelled"}),
        ),
        (
            "/flowtriggerinstance",
            "ajax=fetchTriggerInstances&project=p&flow=f&start=0&length=9",
            json!({"flow": "f", "total": 0, "from": 0, "length": 9, "executions": []}),
        ),
    ] {
        let target = format!("{path}?{}", query.replace(' ', "%20").replace('?', "%3F"));
        assert_eq!(admin.request("GET", &target, "", b"").json(), expected, "{target}");
    }
    // Malformed numbers are the container's error page.
    for query in
        ["ajax=pauseSchedule&scheduleId=x", "ajax=fetchSchedule&projectId=x&flowId=f", "ajax=fetchNextFires"]
    {
        assert_eq!(admin.request("GET", &format!("/schedule?{query}"), "", b"").status, 500, "{query}");
    }
}

pub(crate) fn the_graph_of_a_scheduled_flow_shows_what_its_schedule_disables() {
    let server = Server::start();
    let admin = server.admin();
    server.project(&admin);
    assert_eq!(cron(&admin, &[("disabled", "[\"f\", \"unknown\"]")])["status"], "success");
    let query = [("ajax", "fetchscheduledflowgraph"), ("project", "p"), ("flow", "f")];
    let graph = admin.get("/executor", &query).json();
    assert_eq!(graph["nodes"][0]["status"], "DISABLED", "{graph}");
}
