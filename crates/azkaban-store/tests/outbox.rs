//! The outbox: what is due comes in order, stays until it is removed, and survives a restart.

mod common;

use azkaban_store::{Change, NewOutboxItem, OutboxChannel, Store};
use common::{TestStore, at};

fn item(channel: OutboxChannel, name: &str, due_at: i64) -> Change {
    Change::OutboxInsert(NewOutboxItem {
        channel,
        payload: format!("\"{name}\""),
        created_at: at(100),
        due_at: at(due_at),
    })
}

/// What is due, with the number of tries.
async fn due(store: &Store, now: i64) -> Vec<(String, u32)> {
    let rows = store.outbox_due_list(OutboxChannel::Mail, at(now), 100).await.unwrap();
    rows.into_iter().map(|row| (row.payload, row.tries)).collect()
}

#[tokio::test]
async fn what_is_due_comes_in_order_and_per_channel() {
    let test = TestStore::new();
    let store = &test.store;
    store
        .commit(vec![
            item(OutboxChannel::Mail, "later", 300),
            item(OutboxChannel::Mail, "first", 200),
            item(OutboxChannel::Mail, "second", 200),
            item(OutboxChannel::Callback, "other", 100),
        ])
        .await
        .unwrap();
    assert_eq!(due(store, 199).await, []);
    assert_eq!(due(store, 200).await, [("\"first\"".to_owned(), 0), ("\"second\"".to_owned(), 0)]);
    assert_eq!(due(store, 300).await.len(), 3);
    assert_eq!(store.outbox_due_list(OutboxChannel::Mail, at(300), 1).await.unwrap().len(), 1);
    let next = |now| store.outbox_next_due(OutboxChannel::Mail, at(now));
    assert_eq!(next(100).await.unwrap(), Some(at(200)));
    assert_eq!(next(200).await.unwrap(), Some(at(300)));
    assert_eq!(next(300).await.unwrap(), None);
}

#[tokio::test]
async fn a_try_defers_and_a_removal_is_final_also_after_a_restart() {
    let mut test = TestStore::new();
    test.store
        .commit(vec![item(OutboxChannel::Mail, "a", 100), item(OutboxChannel::Mail, "b", 100)])
        .await
        .unwrap();
    let rows = test.store.outbox_due_list(OutboxChannel::Mail, at(100), 10).await.unwrap();
    let (a, b) = (rows[0].id, rows[1].id);
    test.store
        .commit(vec![Change::OutboxDefer { id: a, due_at: at(500) }, Change::OutboxDelete(b)])
        .await
        .unwrap();
    test = test.reopen().await;
    assert_eq!(due(&test.store, 499).await, []);
    assert_eq!(due(&test.store, 500).await, [("\"a\"".to_owned(), 1)]);
    // Ids are not used again, though the row with the greatest one is gone.
    test.store.commit(vec![item(OutboxChannel::Mail, "c", 600)]).await.unwrap();
    let rows = test.store.outbox_due_list(OutboxChannel::Mail, at(600), 10).await.unwrap();
    assert!(rows[1].id > b, "{rows:?}");
}

#[tokio::test]
async fn a_refused_change_takes_what_was_to_be_sent_with_it() {
    let test = TestStore::new();
    let ended = common::state(azkaban_core::ids::ExecutionId(99), azkaban_core::status::Status::Failed, 5);
    test.store
        .commit(vec![item(OutboxChannel::Mail, "a", 1), Change::ExecutionUpdate(ended)])
        .await
        .unwrap_err();
    assert_eq!(due(&test.store, 10).await, []);
}
