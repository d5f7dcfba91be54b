//! Whenever the server is killed with SIGKILL: every fire of a schedule runs once, none early, none twice.
//!
//! `AZKABAN_TEST_KILLS` is how often (6 unless set).

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azkaban_core::ids::{ExecutionId, ScheduleId};
use azkaban_core::status::Status;
use azkaban_store::Store;
use azkaban_testkit::{Client, Options, Random, wait_for, zip_of};
use common::{LIMIT, server};

/// Flows, each with a schedule.
const FLOWS: usize = 20;
/// Seconds between two fires.
const EVERY: i64 = 1;
/// How far the last fire may lie before the end on a loaded machine, in milliseconds.
const SLACK: i64 = 20_000;

/// A random moment: there is no condition to wait for, any instant must do.
fn pause(random: &mut Random, most: u64) {
    std::thread::sleep(Duration::from_millis(random.below(most)));
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Schedules a flow and returns the schedule's id. Every second one makes up for what it misses.
fn schedule(client: &Client, number: usize) -> i64 {
    let answer = client.post(
        "/schedule",
        &[
            ("ajax", "scheduleCronFlow"),
            ("projectName", "p"),
            ("flow", &format!("f{number}")),
            ("cronExpression", &format!("0/{EVERY} * * * * ?")),
            ("concurrentOption", "ignore"),
            ("missedFires", if makes_up(number) { "all" } else { "skip" }),
        ],
    );
    answer.json()["scheduleId"].as_i64().unwrap_or_else(|| panic!("{}", answer.text()))
}

fn makes_up(number: usize) -> bool {
    number.is_multiple_of(2)
}

/// Waits until nothing of a flow runs.
fn wait_until_idle(client: &Client, number: usize) {
    let flow = format!("f{number}");
    wait_for(&format!("{flow} to end"), LIMIT, || {
        let answer = client.get("/executor", &[("ajax", "getRunning"), ("project", "p"), ("flow", &flow)]);
        if answer.json()["execIds"].is_null() { Ok(()) } else { Err(answer.text()) }
    });
}

#[test]
fn every_fire_runs_once() {
    let kills = std::env::var("AZKABAN_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let mut random = Random::from_environment();
    // One execution of a flow may meet many others that wait for their turn.
    let mut server =
        server(Options::with_properties("jetty.use.ssl=false\nazkaban.max.concurrent.runs.oneflow=10000\n"));
    let client = server.client();
    client.create_project("p");
    let jobs: Vec<String> = (0..FLOWS).map(|number| format!("f{number}.job")).collect();
    let uploaded = client.upload("p", &zip_of(jobs.iter().map(|job| (job.as_str(), "type=noop\n"))));
    assert!(uploaded["error"].is_null(), "{uploaded}");
    let begin = now();
    let schedules: Vec<i64> = (0..FLOWS).map(|number| schedule(&client, number)).collect();
    let scheduled = now();
    for _ in 0..kills {
        pause(&mut random, 3_000);
        server.kill();
        pause(&mut random, 1_500);
        server.start_again();
    }
    pause(&mut random, 3_000);
    let client = server.client();
    let end = now();
    for id in &schedules {
        let answer = client.post("/schedule", &[("action", "removeSched"), ("scheduleId", &id.to_string())]);
        assert_eq!(answer.json()["status"], "success", "{}", answer.text());
    }
    (0..FLOWS).for_each(|number| wait_until_idle(&client, number));
    assert!(server.terminate(LIMIT).success());

    let store = Store::open(&server.data().join("azkaban.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut submitted: BTreeSet<ExecutionId> = BTreeSet::new();
    for (number, id) in schedules.iter().enumerate() {
        let mut fires = runtime.block_on(store.schedule_fires_list(ScheduleId(*id), 1_000_000)).unwrap();
        fires.reverse();
        let times: Vec<i64> = fires.iter().map(|fire| fire.fire_at.0).collect();
        let (first, last) = (times[0], times[times.len() - 1]);
        assert!(first > begin, "f{number}: {first} {begin}");
        // Of fires that are missed while the server is down and not made up for, only the last is noted.
        assert!(!makes_up(number) || first <= scheduled + EVERY * 1_000, "f{number}: {first} {scheduled}");
        assert!(last > end - SLACK && last <= now(), "{last} {end}");
        for fire in &fires {
            assert!(fire.handled_at >= fire.fire_at, "f{number} fired early: {fire:?}");
            assert!(fire.execution.is_some() || !makes_up(number), "f{number} missed a fire: {fire:?}");
        }
        let step = |pair: &[i64]| (pair[1] - pair[0], pair[0]);
        for (gap, at) in times.windows(2).map(step) {
            let expected = if makes_up(number) { gap == EVERY * 1_000 } else { gap % (EVERY * 1_000) == 0 };
            assert!(expected && gap > 0, "f{number}: {gap} ms after the fire at {at}");
        }
        let executions: Vec<ExecutionId> = fires.iter().filter_map(|fire| fire.execution).collect();
        let count = executions.len();
        submitted.extend(executions);
        let project = azkaban_core::ids::ProjectId(1);
        let page = runtime
            .block_on(store.executions_list_by_flow(project, &format!("f{number}"), 0, 1_000_000))
            .unwrap();
        let statuses: BTreeMap<Status, usize> = page.rows.iter().fold(BTreeMap::new(), |mut all, row| {
            *all.entry(row.status).or_default() += 1;
            all
        });
        assert_eq!(
            statuses,
            BTreeMap::from([(Status::Succeeded, count)]),
            "f{number}: one execution per fire"
        );
    }
    println!("{} fires over {kills} kills", submitted.len());
    runtime.block_on(store.close());
}
