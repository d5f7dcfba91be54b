//! Service levels of scheduled flows.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::Server;
use crate::flows::nested;
use crate::scene::Api;

const HOUR: i64 = 3_600_000;
const RULES: &str = "/projects/p/flows/f/sla";

/// Schedules the flow `f` of the project `p`.
fn schedule(admin: &Api) -> i64 {
    let body = json!({"cron": "0 0 2 * * ?"});
    admin.call("PUT", "/projects/p/flows/f/schedule", body).json()["id"].as_i64().unwrap()
}

fn rule(job: Option<&str>, within: i64) -> Value {
    json!({"job": job, "goal": "finish", "withinMs": within, "alert": true, "emails": ["ops@x"]})
}

pub(crate) fn rules_are_made_changed_and_removed() {
    let server = Server::start();
    let (admin, alice) = (Api::admin(&server), Api::login(&server, "alice", "alice-pw"));
    nested(&admin);
    let refused = admin.call("POST", RULES, rule(None, HOUR)).json();
    assert_eq!(refused["params"]["reason"], "notScheduled", "{refused}");
    let id = schedule(&admin);
    assert_eq!(alice.refused("POST", RULES, rule(None, HOUR)).0, 403);

    let made = admin.call("POST", RULES, rule(None, HOUR));
    assert_eq!(made.status, 201, "{}", made.text());
    let first = made.json();
    assert_eq!(
        (&first["schedule"], &first["job"], &first["withinMs"], &first["lastMiss"]),
        (&json!(id), &Value::Null, &json!(HOUR), &Value::Null)
    );
    let body = json!({"job": "sub:x", "goal": "succeed", "withinMs": 60_000, "kill": true});
    let second = admin.call("POST", RULES, body).json();
    assert_eq!((&second["job"], &second["emails"]), (&json!("sub:x"), &json!(["ops@x"])));
    let listed = |api: &Api, query: &str| -> Vec<Value> {
        let list = api.get(&format!("/sla{query}"));
        list["items"].as_array().unwrap().iter().map(|rule| rule["withinMs"].clone()).collect()
    };
    assert_eq!(listed(&admin, "?project=P&flow=f"), [HOUR, 60_000]);
    assert_eq!(listed(&admin, "?flow=g"), Vec::<Value>::new());
    assert_eq!(listed(&alice, ""), Vec::<Value>::new());
    assert_eq!(admin.get("/schedules")["items"][0]["slaRules"], 2);

    let path = |rule: &Value| format!("{RULES}/{}", rule["rule"].as_str().unwrap());
    let changed = admin.call("PUT", &path(&first), rule(None, 2 * HOUR)).json();
    assert_eq!(listed(&admin, ""), [2 * HOUR, 60_000], "it stays where it was");
    assert_eq!(admin.refused("PUT", &path(&first), rule(None, HOUR)).0, 404, "somebody was faster");
    assert_eq!(admin.refused("DELETE", &path(&first), Value::Null).0, 404);
    assert_eq!(alice.refused("DELETE", &path(&second), Value::Null).0, 403);
    assert_eq!(admin.call("DELETE", &path(&second), Value::Null).status, 204);
    assert_eq!(listed(&admin, ""), [2 * HOUR]);
    // A schedule that is replaced keeps its rules.
    assert_eq!(schedule(&admin), id);
    assert_eq!(listed(&admin, ""), [2 * HOUR]);
    assert_eq!(admin.call("DELETE", &path(&changed), Value::Null).status, 204, "the last one, too");
    assert_eq!(listed(&admin, ""), Vec::<Value>::new());
}

pub(crate) fn what_a_rule_lacks_is_said_at_its_fields() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    schedule(&admin);
    let fields = |body: Value| -> Vec<String> {
        let problem = admin.call("POST", RULES, body.clone()).json();
        assert_eq!(problem["status"], 422, "{body}: {problem}");
        let errors = problem["errors"].as_array().unwrap().iter();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    };
    let base = json!({"goal": "finish", "withinMs": HOUR, "alert": true, "emails": ["a@x"]});
    let with = |key: &str, value: Value| {
        let mut body = base.clone();
        body[key] = value;
        body
    };
    assert_eq!(fields(with("job", json!("none"))), ["job"]);
    assert_eq!(fields(with("job", json!("sub:z"))), ["job"]);
    for within in [0, -60_000, 59_999, 60_001, 367 * 24 * HOUR] {
        assert_eq!(fields(with("withinMs", json!(within))), ["withinMs"], "{within}");
    }
    assert_eq!(fields(with("goal", json!("SUCCESS"))), ["goal"]);
    assert_eq!(fields(with("alert", json!(false))), ["alert"]);
    assert_eq!(fields(with("emails", json!([]))), ["emails"]);
    assert_eq!(fields(with("emails", json!(["a b"]))), ["emails"]);
    assert_eq!(fields(with("extra", json!(1))), ["extra"]);
    let all = json!({"job": "none", "goal": "finish", "withinMs": 1});
    assert_eq!(fields(all), ["job", "withinMs", "alert"]);
    assert_eq!(admin.get("/sla")["items"], json!([]));
    assert_eq!(admin.refused("POST", "/projects/p/flows/g/sla", base.clone()).0, 404);
    assert_eq!(admin.refused("POST", "/projects/q/flows/f/sla", base).0, 404);
}

pub(crate) fn rules_of_azkabans_api_are_the_same_rules() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    let id = schedule(&admin).to_string();
    let azkaban = server.admin();
    let set = azkaban.post(
        "/schedule",
        &[
            ("ajax", "setSla"),
            ("scheduleId", &id),
            ("settings[0]", "a,SUCCESS,1:30,true,false"),
            ("settings[1]", "a,SUCCESS,1:30,true,false"),
            ("slaEmails", "a@x"),
        ],
    );
    assert_eq!(set.json(), json!({}));
    let rules = admin.get("/sla")["items"].clone();
    assert_eq!((rules.as_array().unwrap().len(), &rules[0]["goal"]), (2, &json!("succeed")), "{rules}");
    assert_eq!((&rules[0]["withinMs"], &rules[0]["emails"]), (&json!(90 * 60_000), &json!(["a@x"])));
    let second = rules[1]["rule"].as_str().unwrap();
    assert_eq!(admin.call("DELETE", &format!("{RULES}/{second}"), Value::Null).status, 204);
    let info = azkaban.get("/schedule", &[("ajax", "slaInfo"), ("scheduleId", &id)]).json();
    let expected = json!([{"id": "a", "duration": "90m", "rule": "SUCCEED", "actions": ["EMAIL"]}]);
    assert_eq!(info["settings"], expected, "{info}");
}

pub(crate) fn the_last_miss_of_a_rule_is_told() {
    let server = Server::start();
    let admin = Api::admin(&server);
    nested(&admin);
    schedule(&admin);
    let body = json!({"goal": "succeed", "withinMs": HOUR, "kill": true});
    assert_eq!(admin.call("POST", RULES, body).json()["lastMiss"], Value::Null);
    // The flow fails; a deadline of no minutes is one of Azkaban's API.
    let id = server.admin().execute("p", "f", &[("slaSettings[0]", ",SUCCESS,0:00,false,true")]);
    let miss = azkaban_testkit::wait_for("the miss", Duration::from_secs(60), || {
        let miss = admin.get("/sla")["items"][0]["lastMiss"].clone();
        if miss.is_null() { Err("none yet".to_owned()) } else { Ok(miss) }
    });
    assert_eq!(miss["execution"], id);
    assert!(miss["at"].as_i64().unwrap() > 1_700_000_000_000);
}
