//! What users keep for themselves: API tokens, bookmarks, saved views.

mod common;

use azkaban_core::ids::ProjectId;
use azkaban_store::{
    AuditEntry, AuditFilter, AuditOutcome, BookmarkRow, Change, NewApiToken, SavedViewRow, SavedViewWrite,
    TokenDigest, TokenScope,
};
use common::{TestStore, at};

fn token(number: u8, user: &str, expires_at: Option<i64>) -> NewApiToken {
    NewApiToken {
        digest: TokenDigest([number; 32]),
        user: user.to_owned(),
        name: format!("token {number}"),
        scope: TokenScope::ALL[usize::from(number) % 3],
        created_at: at(1_000),
        expires_at: expires_at.map(at),
    }
}

fn entry(user: &str) -> AuditEntry {
    AuditEntry {
        at: at(1_000),
        user: user.to_owned(),
        ip: "ip".to_owned(),
        action: "token.create".to_owned(),
        outcome: AuditOutcome::Done,
        project: None,
        flow: None,
        execution: None,
        details: None,
    }
}

#[tokio::test]
async fn tokens_are_made_up_to_a_limit_used_and_revoked() {
    let test = TestStore::new();
    let make = |new: NewApiToken| {
        let entry = entry(&new.user);
        test.store.api_token_create(new, 2, at(500), entry)
    };
    let first = make(token(1, "ann", None)).await.unwrap().unwrap();
    let second = make(token(2, "ann", Some(400))).await.unwrap().unwrap();
    let other = make(token(3, "bob", Some(2_000))).await.unwrap().unwrap();
    assert!(first < second && second < other);
    assert!(make(token(4, "ann", None)).await.unwrap().is_some(), "one that has ended makes room");
    assert_eq!(make(token(5, "ann", None)).await.unwrap(), None);
    assert_eq!(test.store.audit_list(AuditFilter::default(), None, 10).await.unwrap().len(), 4);

    let used = Change::ApiTokenUse { id: other, at: at(1_500), ip: "10.0.0.1".to_owned() };
    test.store.commit(vec![used, Change::ApiTokenDelete(first), Change::ApiTokenDelete(99)]).await.unwrap();
    let test = test.reopen().await;
    let left = test.store.api_tokens_list().await.unwrap();
    let names: Vec<&str> = left.iter().map(|row| row.token.name.as_str()).collect();
    assert_eq!(names, ["token 3", "token 4"]);
    assert_eq!(left[0].token, token(3, "bob", Some(2_000)));
    assert_eq!(left[0].used, Some((at(1_500), "10.0.0.1".to_owned())));
    assert_eq!(left[1].used, None);
    assert_ne!(left[1].id, second, "ids are not reused");
}

#[tokio::test]
async fn bookmarks_are_kept_per_user() {
    let test = TestStore::new();
    let mark = |project: i64, flow: Option<&str>, time: i64| BookmarkRow {
        project: ProjectId(project),
        flow: flow.map(str::to_owned),
        created_at: at(time),
    };
    for (user, row, kept) in [
        ("ann", mark(1, None, 10), true),
        ("ann", mark(1, Some("f"), 20), true),
        ("ann", mark(2, None, 30), false),
        ("ann", mark(1, Some("f"), 40), true),
        ("bob", mark(2, None, 50), true),
    ] {
        assert_eq!(test.store.bookmark_put(user, row.clone(), 2).await.unwrap(), kept, "{user} {row:?}");
    }
    let test = test.reopen().await;
    assert_eq!(
        test.store.bookmarks_list("ann").await.unwrap(),
        [mark(1, Some("f"), 40), mark(1, None, 10)],
        "the newest first"
    );
    let delete = |flow: Option<&str>| Change::BookmarkDelete {
        user: "ann".to_owned(),
        project: ProjectId(1),
        flow: flow.map(str::to_owned),
    };
    test.store.commit(vec![delete(None), delete(Some("none"))]).await.unwrap();
    assert_eq!(test.store.bookmarks_list("ann").await.unwrap(), [mark(1, Some("f"), 40)]);
    assert_eq!(test.store.bookmarks_list("bob").await.unwrap().len(), 1);
}

#[tokio::test]
async fn bookmarks_of_deleted_projects_make_room() {
    let test = TestStore::new();
    let gone = test.store.project_create(common::project("gone")).await.unwrap();
    let mark = |project| BookmarkRow { project, flow: None, created_at: at(1) };
    let put = async |project| test.store.bookmark_put("ann", mark(project), 1).await.unwrap();
    assert!(put(gone).await);
    assert!(!put(ProjectId(99)).await);
    test.store.project_delete(gone, at(2), "ann", Vec::new()).await.unwrap();
    assert!(put(ProjectId(99)).await);
}

#[tokio::test]
async fn views_are_named_once_shared_and_changed_by_their_owner() {
    let test = TestStore::new();
    let view = |id: i64, user: &str, name: &str, shared: bool| SavedViewRow {
        id,
        user: user.to_owned(),
        name: name.to_owned(),
        query: "status=FAILED".to_owned(),
        shared,
        created_at: at(1),
        updated_at: at(1),
    };
    let make = |row: SavedViewRow| test.store.saved_view_create(row, 2);
    let SavedViewWrite::Stored(red) = make(view(0, "ann", "red", false)).await.unwrap() else { panic!() };
    assert_eq!(make(view(0, "ann", "red", true)).await.unwrap(), SavedViewWrite::NameTaken);
    let SavedViewWrite::Stored(mine) = make(view(0, "ann", "mine", true)).await.unwrap() else { panic!() };
    assert_eq!(make(view(0, "ann", "third", true)).await.unwrap(), SavedViewWrite::TooMany);
    let SavedViewWrite::Stored(bobs) = make(view(0, "bob", "red", true)).await.unwrap() else { panic!() };

    let names = async |user: &str| {
        let rows = test.store.saved_views_list(user).await.unwrap();
        rows.iter().map(|row| format!("{} {}", row.user, row.name)).collect::<Vec<_>>()
    };
    assert_eq!(names("ann").await, ["ann mine", "ann red", "bob red"]);
    assert_eq!(names("bob").await, ["bob red", "ann mine"], "only shared ones of others");

    let change = |id, user: &str, name: &str| test.store.saved_view_update(view(id, user, name, true));
    assert_eq!(change(red, "bob", "x").await.unwrap(), SavedViewWrite::NotFound);
    assert_eq!(change(red, "ann", "mine").await.unwrap(), SavedViewWrite::NameTaken);
    assert_eq!(change(red, "ann", "crimson").await.unwrap(), SavedViewWrite::Stored(red));
    assert_eq!(test.store.saved_view_get(red).await.unwrap(), Some(view(red, "ann", "crimson", true)));
    test.store.commit(vec![Change::SavedViewDelete(mine), Change::SavedViewDelete(bobs)]).await.unwrap();
    assert_eq!(names("bob").await, ["ann crimson"]);
}
