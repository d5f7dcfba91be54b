//! The life of schedules: one per flow, and each fire once.

mod common;

use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ScheduleId};
use azkaban_core::options::{ExecutionOptions, FailureAction};
use azkaban_core::schedule::MissedFires;
use azkaban_store::{
    Change, Error, FireOutcome, NewSchedule, ProjectEvent, ProjectEventKind, RestoreOutcome, RunningFacts,
    ScheduleDefinition, ScheduleFire, ScheduleRow, Store,
};
use common::{TestStore, at, project, submission};
use tokio::task::JoinSet;

fn schedule(project: ProjectId, flow: &str, next_at: i64) -> NewSchedule {
    NewSchedule {
        project,
        flow: flow.to_owned(),
        next_at: at(next_at),
        definition: ScheduleDefinition {
            project_name: "p".to_owned(),
            cron: Some("0 0 9 ? * *".to_owned()),
            period: None,
            zone: Some("Europe/Berlin".to_owned()),
            first_at: at(1),
            end_at: at(i64::MAX),
            missed: MissedFires::Once,
            submit_user: "ann".to_owned(),
            submitted_at: at(1),
        },
        options: Arc::new(ExecutionOptions {
            failure_action: Some(FailureAction::CancelAll),
            ..ExecutionOptions::default()
        }),
    }
}

async fn put(store: &Store, new: NewSchedule) -> ScheduleRow {
    store.schedule_put(new, |_| Vec::new()).await.unwrap()
}

fn due(row: &ScheduleRow, fire_at: i64, next_at: Option<i64>) -> ScheduleFire {
    let next_at = next_at.map(at);
    ScheduleFire {
        schedule: row.id,
        revision: row.revision,
        fire_at: at(fire_at),
        next_at,
        handled_at: at(fire_at + 1),
        changes: Vec::new(),
    }
}

async fn fire(store: &Store, fire: ScheduleFire) -> FireOutcome<&'static str> {
    let decide = |facts: &RunningFacts| {
        if facts.running.is_empty() { Ok(submission("ann", 5_000)) } else { Err("running") }
    };
    store.schedule_fire(fire, decide).await.unwrap()
}

#[tokio::test]
async fn a_flow_has_one_schedule_whose_id_stays() {
    let test = TestStore::new();
    let p = test.store.project_create(project("p")).await.unwrap();
    let first = put(&test.store, schedule(p, "f", 100)).await;
    let other = put(&test.store, schedule(p, "g", 100)).await;
    test.store.schedule_pause_set(first.id, None, Vec::new()).await.unwrap();
    let event = move |id: ScheduleId| {
        let message = Some(format!("schedule {id}"));
        let event =
            ProjectEvent { kind: ProjectEventKind::Schedule, user: "ann".to_owned(), at: at(2), message };
        vec![Change::ProjectEventInsert { project: p, event }]
    };
    let again = test.store.schedule_put(schedule(p, "f", 200), event).await.unwrap();
    assert_eq!((again.id, again.paused), (first.id, false));
    assert!(again.revision > first.revision);
    let events = test.store.project_events_list(p, 0, 10).await.unwrap();
    assert_eq!(events[0].message, Some(format!("schedule {}", first.id)));

    let test = test.reopen().await;
    assert_eq!(test.store.schedules_list().await.unwrap(), [again.clone(), other.clone()]);
    assert_eq!(test.store.schedule_get(again.id).await.unwrap(), Some(again));
    test.store.commit(vec![Change::ScheduleDelete(other.id)]).await.unwrap();
    let new = put(&test.store, schedule(p, "g", 100)).await;
    assert!(new.id > other.id, "an id is not used again");
    test.store.project_delete(p, at(9), "ann", vec![Change::SchedulesDelete { project: p }]).await.unwrap();
    assert_eq!(test.store.schedules_list().await.unwrap(), []);
    let refused = test.store.schedule_put(schedule(p, "f", 1), |_| Vec::new()).await;
    assert_eq!(refused, Err(Error::ProjectNotActive(p)));
}

#[tokio::test]
async fn a_fire_submits_once_and_moves_the_next() {
    let test = TestStore::new();
    let p = test.store.project_create(project("p")).await.unwrap();
    let row = put(&test.store, schedule(p, "f", 100)).await;
    // Many at once, as after a clock that jumps: one wins.
    let mut fires = JoinSet::new();
    for _ in 0..8 {
        let (store, due) = (test.store.clone(), due(&row, 100, Some(200)));
        fires.spawn(async move { fire(&store, due).await });
    }
    let outcomes = fires.join_all().await;
    let submitted = outcomes.iter().filter(|o| matches!(o, FireOutcome::Submitted(_))).count();
    let stale = outcomes.iter().filter(|o| **o == FireOutcome::Stale).count();
    assert_eq!((submitted, stale), (1, 7), "{outcomes:?}");

    let test = test.reopen().await;
    assert_eq!(fire(&test.store, due(&row, 100, Some(200))).await, FireOutcome::Stale);
    assert_eq!(test.store.schedules_list().await.unwrap()[0].schedule.next_at, at(200));
    // The flow runs: the fire has passed all the same.
    assert_eq!(fire(&test.store, due(&row, 200, Some(300))).await, FireOutcome::Refused("running"));
    assert_eq!(fire(&test.store, due(&row, 200, Some(300))).await, FireOutcome::Stale);
    // Even if the schedule comes back to an earlier time, a fire that was dealt with stays so, and the next one comes.
    let row = put(&test.store, schedule(p, "f", 100)).await;
    assert_eq!(fire(&test.store, due(&row, 100, Some(200))).await, FireOutcome::Repeated);
    assert_eq!(test.store.schedules_list().await.unwrap()[0].schedule.next_at, at(200));
    // The last one ends the schedule.
    assert_eq!(fire(&test.store, due(&row, 400, None)).await, FireOutcome::Refused("running"));
    assert_eq!(test.store.schedules_list().await.unwrap(), []);
    assert_eq!(test.store.executions_running_by_flow(p, "f").await.unwrap().len(), 1);

    let fires = test.store.schedule_fires_list(row.id, 2).await.unwrap();
    let shown: Vec<_> =
        fires.iter().map(|f| (f.fire_at.0, f.execution.is_some(), f.reason.as_deref())).collect();
    assert_eq!(shown, [(400, false, Some("running")), (200, false, Some("running"))]);
    // 100, 200 and 400 were dealt with one millisecond later.
    for (before, limit, expected) in [(101, 9, 0), (402, 2, 2), (402, 2, 1), (402, 2, 0)] {
        assert_eq!(test.store.schedule_fires_prune(at(before), limit).await.unwrap(), expected, "{before}");
    }
}

#[tokio::test]
async fn what_was_changed_paused_or_removed_does_not_fire() {
    let test = TestStore::new();
    let p = test.store.project_create(project("p")).await.unwrap();
    let row = put(&test.store, schedule(p, "f", 100)).await;
    assert_eq!(fire(&test.store, due(&row, 50, Some(100))).await, FireOutcome::Stale, "too early");
    let replaced = put(&test.store, schedule(p, "f", 100)).await;
    assert_eq!(fire(&test.store, due(&row, 100, Some(200))).await, FireOutcome::Stale, "replaced");
    let revision = test.store.schedule_pause_set(replaced.id, None, Vec::new()).await.unwrap().unwrap();
    let paused = ScheduleRow { revision, ..replaced };
    assert_eq!(fire(&test.store, due(&paused, 100, Some(200))).await, FireOutcome::Stale, "paused");
    let options = ExecutionOptions { notify_failure_last: true, ..ExecutionOptions::default() };
    let definition = &paused.schedule.definition;
    let edit = test.store.schedule_edit(paused.id, definition, &options, None, Vec::new());
    let revision = edit.await.unwrap().unwrap();
    assert_eq!(revision, paused.revision + 1);
    assert_eq!(*test.store.schedules_list().await.unwrap()[0].schedule.options, options);
    let revision =
        test.store.schedule_pause_set(paused.id, Some(at(150)), Vec::new()).await.unwrap().unwrap();
    let resumed = ScheduleRow { revision, ..paused };
    assert_eq!(fire(&test.store, due(&resumed, 100, Some(150))).await, FireOutcome::Stale, "before the next");
    assert!(matches!(fire(&test.store, due(&resumed, 150, Some(200))).await, FireOutcome::Submitted(_)));
    test.store.commit(vec![Change::ScheduleDelete(resumed.id)]).await.unwrap();
    assert_eq!(fire(&test.store, due(&resumed, 200, Some(300))).await, FireOutcome::Stale, "removed");
    assert_eq!(test.store.schedule_pause_set(resumed.id, None, Vec::new()).await.unwrap(), None);
    let definition = &resumed.schedule.definition;
    let edit = test.store.schedule_edit(resumed.id, definition, &options, Some(at(9)), Vec::new());
    assert_eq!(edit.await.unwrap(), None);
}

#[tokio::test]
async fn what_was_removed_comes_back_under_its_id_with_its_fires() {
    let test = TestStore::new();
    let p = test.store.project_create(project("p")).await.unwrap();
    let row = put(&test.store, schedule(p, "f", 100)).await;
    fire(&test.store, due(&row, 100, Some(200))).await;
    let remove = |id, when, forget_before| {
        vec![Change::ScheduleRemove { id, at: at(when), forget_before: at(forget_before) }]
    };
    test.store.commit(remove(row.id, 150, 0)).await.unwrap();
    assert_eq!(test.store.schedules_list().await.unwrap(), []);

    let test = test.reopen().await;
    let removed = test.store.schedule_removed_get(row.id).await.unwrap().unwrap();
    assert_eq!((removed.schedule.next_at, &removed.schedule.definition), (at(150), &row.schedule.definition));
    assert_eq!(test.store.schedule_restore(row.id, at(300), Vec::new()).await, Ok(RestoreOutcome::Restored));
    let back = test.store.schedule_get(row.id).await.unwrap().unwrap();
    assert!(back.revision > row.revision);
    assert_eq!(back.schedule, NewSchedule { next_at: at(300), ..row.schedule });
    let past = test.store.schedules_past_fires(vec![row.id], at(0), at(200), 9).await.unwrap();
    assert_eq!((past[0].len(), past[0][0].fire.fire_at), (1, at(100)));
    assert!(past[0][0].run.is_some(), "the execution's status is told");
    assert_eq!(test.store.schedule_restore(row.id, at(300), Vec::new()).await, Ok(RestoreOutcome::NotFound));

    // Not where there is another one by now, nor in a project that is deleted, nor for ever.
    test.store.commit(remove(row.id, 400, 0)).await.unwrap();
    let other = put(&test.store, schedule(p, "f", 500)).await;
    assert_eq!(test.store.schedule_restore(row.id, at(500), Vec::new()).await, Ok(RestoreOutcome::Replaced));
    test.store.commit(remove(other.id, 600, 500)).await.unwrap();
    assert_eq!(test.store.schedule_removed_get(row.id).await.unwrap(), None, "forgotten");
    test.store.project_delete(p, at(700), "ann", Vec::new()).await.unwrap();
    assert_eq!(
        test.store.schedule_restore(other.id, at(800), Vec::new()).await,
        Err(Error::ProjectNotActive(p))
    );
}
