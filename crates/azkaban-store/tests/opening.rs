//! Opening and closing a database.

mod common;

use std::task::{Context, Waker};

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_store::{Error, Fault, Store};
use common::{TestStore, project, submit};

#[tokio::test]
async fn a_database_is_open_once() {
    let test = TestStore::new();
    let error = Store::open(&test.path()).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error:?}");
    let words = error.to_string();
    assert!(words.contains("azkaban.db is in use by another server"), "{words}");
    test.store.project_create(project("p")).await.unwrap();

    test.store.close().await;
    let second = Store::open(&test.path()).unwrap();
    assert_eq!(second.projects_list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let test = TestStore::new();
    let clone = test.store.clone();
    test.store.close().await;
    test.store.close().await;
    assert_eq!(clone.project_create(project("p")).await, Err(Error::Closed));
    assert_eq!(clone.execution_get(ExecutionId(1)).await, Err(Error::Closed));
    assert_eq!(clone.projects_list().await, Err(Error::Closed));
}

#[test]
fn dropping_writes_what_is_queued() {
    let TestStore { folder, store } = TestStore::new();
    for i in 0..200 {
        // The first poll queues the write; then nobody waits for it any more.
        let mut write = Box::pin(submit(&store, ProjectId(1), "flow", "ann", i));
        let _ = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    drop(store);
    let store = Store::open(&folder.path().join("azkaban.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let list = store.executions_list_by_flow(ProjectId(1), "flow", 0, 0);
    assert_eq!(runtime.block_on(list).unwrap().total, 200);
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azkaban.db");
    let text = "this is a letter, not a database. ".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, Error::Database { fault: Fault::Corrupt, .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none").join("azkaban.db");
    let error = Store::open(&path).unwrap_err();
    assert!(error.to_string().contains("none/azkaban.db"), "{error}");
}
