//! What administrators set for the server as a whole, and what the store tells of itself.

mod common;

use azkaban_store::{Change, Error};
use common::TestStore;

fn set(value: Option<&str>) -> Vec<Change> {
    vec![Change::ServerStateSet { name: "note", value: value.map(str::to_owned) }]
}

#[tokio::test]
async fn what_is_set_survives_a_restart_until_it_is_removed() {
    let test = TestStore::new();
    assert_eq!(test.store.server_state_get("note").await, Ok(None));
    test.store.commit(set(Some("1"))).await.unwrap();
    test.store.commit(set(Some("{\"a\":2}"))).await.unwrap();
    let test = test.reopen().await;
    assert_eq!(test.store.server_state_get("note").await, Ok(Some("{\"a\":2}".to_owned())));
    test.store.commit(set(None)).await.unwrap();
    test.store.commit(set(None)).await.unwrap();
    assert_eq!(test.store.server_state_get("note").await, Ok(None));
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let test = TestStore::new();
    let refused = test.store.commit(set(Some("{"))).await;
    assert!(matches!(refused, Err(Error::Unwritable { .. })), "{refused:?}");
}

#[tokio::test]
async fn writes_and_commits_are_counted() {
    let test = TestStore::new();
    let before = test.store.figures();
    for number in 0..5 {
        test.store.commit(set(Some(&number.to_string()))).await.unwrap();
    }
    let after = test.store.figures();
    assert_eq!(after.write.count() - before.write.count(), 5);
    assert!((1..=5).contains(&(after.commits - before.commits)), "{after:?}");
}
