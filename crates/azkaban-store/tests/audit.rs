//! The audit trail: written with what it tells of, read by pages, and bounded.

mod common;

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_store::{
    AuditEntry, AuditFilter, AuditOutcome, AuditReader, AuditRow, Change, Error, RunningFacts,
};
use common::{TestStore, at, project, submission};

fn entry(when: i64, user: &str, action: &str, outcome: AuditOutcome) -> AuditEntry {
    AuditEntry {
        at: at(when),
        user: user.to_owned(),
        ip: "10.0.0.1".to_owned(),
        action: action.to_owned(),
        outcome,
        project: None,
        flow: None,
        execution: None,
        details: None,
    }
}

async fn all(test: &TestStore) -> Vec<AuditRow> {
    test.store.audit_list(AuditFilter::default(), None, 1_000).await.unwrap()
}

/// Entries at 1, 2, … as (user, action, outcome).
async fn with(entries: &[(&str, &str, AuditOutcome)]) -> TestStore {
    let test = TestStore::new();
    let changes = (1..)
        .zip(entries)
        .map(|(when, (user, action, outcome))| Change::AuditInsert(entry(when, user, action, *outcome)));
    test.store.commit(changes.collect()).await.unwrap();
    test
}

#[tokio::test]
async fn entries_are_made_with_the_change_they_tell_of_or_not_at_all() {
    let test = TestStore::new();
    let mut new = project("Sales");
    new.audit = Some(AuditEntry {
        details: Some("first".to_owned()),
        ..entry(1, "ann", "project.create", AuditOutcome::Done)
    });
    let id = test.store.project_create(new.clone()).await.unwrap();
    assert_eq!(test.store.project_create(new).await, Err(Error::ProjectExists("Sales".to_owned())));

    let mut submitted = submission("ann", 2);
    submitted.audit = Some(AuditEntry {
        flow: Some("f".to_owned()),
        project: Some(id),
        ..entry(2, "ann", "execution.submit", AuditOutcome::Done)
    });
    let taken = submitted.clone();
    let execution = test
        .store
        .execution_submit(id, "f", move |_: &RunningFacts| Ok::<_, ()>(taken))
        .await
        .unwrap()
        .unwrap();
    let refused = test.store.execution_submit(id, "f", |_: &RunningFacts| Err("no")).await.unwrap();
    assert_eq!(refused, Err("no"));

    let lost = vec![
        Change::AuditInsert(entry(3, "ann", "project.describe", AuditOutcome::Done)),
        Change::ProjectUploadSettingsSet { project: ProjectId(99), upload_locked: true, adhoc_upload: true },
    ];
    assert_eq!(test.store.commit(lost).await, Err(Error::ProjectNotActive(ProjectId(99))));

    let rows = all(&test).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (row.id, &*row.entry.action, row.entry.project, row.project_name.as_deref(), row.entry.execution)
        })
        .collect();
    let sales = Some("Sales");
    assert_eq!(
        told,
        [
            (2, "execution.submit", Some(id), sales, Some(execution)),
            (1, "project.create", Some(id), sales, None)
        ]
    );
    assert_eq!((rows[1].entry.details.as_deref(), rows[0].entry.flow.as_deref()), (Some("first"), Some("f")));
    assert_eq!(rows[0].entry.execution, Some(ExecutionId(1)));
}

#[tokio::test]
async fn a_filter_narrows_and_a_cursor_goes_on_where_a_page_ended() {
    use AuditOutcome::{Done, Refused};
    let test = with(&[
        ("ann", "project.create", Done),
        ("bob", "project.delete", Refused),
        ("ann", "projects", Done),
        ("ann", "login", Refused),
        ("bob", "pro_ect.x", Done),
    ])
    .await;
    let check = async |filter: AuditFilter, before: Option<i64>, limit: usize, expected: &[i64]| {
        let rows = test.store.audit_list(filter.clone(), before, limit).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{filter:?} {before:?}");
    };
    let any = AuditFilter::default;
    check(any(), None, 2, &[5, 4]).await;
    check(any(), Some(4), 2, &[3, 2]).await;
    check(any(), Some(2), 9, &[1]).await;
    check(any(), Some(1), 9, &[]).await;
    check(AuditFilter { user: Some("ann".to_owned()), ..any() }, None, 9, &[4, 3, 1]).await;
    check(AuditFilter { action: Some("project".to_owned()), ..any() }, None, 9, &[2, 1]).await;
    check(AuditFilter { action: Some("project.delete".to_owned()), ..any() }, None, 9, &[2]).await;
    check(AuditFilter { action: Some("pro_ect".to_owned()), ..any() }, None, 9, &[5]).await;
    check(AuditFilter { outcome: Some(Refused), ..any() }, None, 9, &[4, 2]).await;
    check(AuditFilter { since: Some(at(2)), until: Some(at(4)), ..any() }, None, 9, &[3, 2]).await;
    check(AuditFilter { project: Some(ProjectId(1)), ..any() }, None, 9, &[]).await;
    let id = test.store.project_create(project("Sales")).await.unwrap();
    let about = AuditEntry { project: Some(id), ..entry(6, "ann", "flow.lock", Done) };
    test.store.commit(vec![Change::AuditInsert(about)]).await.unwrap();
    check(AuditFilter { project: Some(id), ..any() }, None, 9, &[6]).await;
    check(AuditFilter { project_name: Some("SALES".to_owned()), ..any() }, None, 9, &[6]).await;
    check(AuditFilter { project_name: Some("sale".to_owned()), ..any() }, None, 9, &[]).await;
    let narrow = AuditFilter { user: Some("ann".to_owned()), outcome: Some(Done), ..any() };
    check(narrow, Some(3), 9, &[1]).await;
}

#[tokio::test]
async fn others_read_while_a_server_has_the_database_and_when_none_has() {
    let test = with(&[("ann", "login", AuditOutcome::Done); 3]).await;
    let read = || AuditReader::open(&test.path()).unwrap().list(&AuditFilter::default(), None, 2).unwrap();
    assert_eq!(read().iter().map(|row| row.id).collect::<Vec<_>>(), [3, 2]);
    test.store.close().await;
    assert_eq!(read().len(), 2);
    let missing = test.folder.path().join("none.db");
    assert!(matches!(AuditReader::open(&missing), Err(Error::Path { .. })));
    assert!(!missing.exists());
}

#[tokio::test]
async fn old_entries_go_in_small_steps_and_the_newest_stays() {
    let test = with(&[("ann", "login", AuditOutcome::Done); 10]).await;
    let prune = async |time: i64, step: u32| test.store.audit_prune(at(time), step).await.unwrap();
    assert_eq!(prune(1, 4).await, 0);
    assert_eq!(prune(8, 4).await, 4);
    assert_eq!(prune(8, 4).await, 3);
    assert_eq!(prune(8, 4).await, 0);
    assert_eq!(all(&test).await.iter().map(|row| row.id).collect::<Vec<_>>(), [10, 9, 8]);
    assert_eq!(prune(1_000, 100).await, 2);
    test.store
        .commit(vec![Change::AuditInsert(entry(11, "ann", "logout", AuditOutcome::Done))])
        .await
        .unwrap();
    assert_eq!(
        all(&test).await.iter().map(|row| row.id).collect::<Vec<_>>(),
        [11, 10],
        "no id is used twice"
    );
    assert_eq!(TestStore::new().store.audit_prune(at(9), 5).await, Ok(0));
}
