//! Lists of executions by any combination of conditions.

mod common;

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{Change, ExecutionQuery, ExecutionState, NodeState, Store};
use common::{TestStore, submission};

async fn submit(store: &Store, project: i64, flow: &str, user: &str, ended: Option<Status>) -> ExecutionId {
    let (user, flow_id) = (user.to_owned(), flow.to_owned());
    let made = store
        .execution_submit(ProjectId(project), &flow_id, move |_| Ok::<_, ()>(submission(&user, 500)))
        .await;
    let id = made.unwrap().unwrap();
    if let Some(status) = ended {
        let at = Some(UnixMillis(1_000 + id.0));
        let state = ExecutionState {
            id,
            status,
            started_at: at,
            ended_at: at,
            updated_at: UnixMillis(2_000),
            flags: "{}".to_owned(),
        };
        store.commit(vec![Change::ExecutionUpdate(state)]).await.unwrap();
    }
    id
}

#[tokio::test]
async fn conditions_combine_and_pages_follow_by_id() {
    let opened = TestStore::new();
    let store = &opened.store;
    let failed = Some(Status::Failed);
    for (project, flow, user, ended) in [
        (1, "daily", "amy", failed),
        (1, "daily", "bob", Some(Status::Succeeded)),
        (2, "Daily2", "amy", None),
        (2, "weekly", "cem", failed),
    ] {
        submit(store, project, flow, user, ended).await;
    }
    let all = ExecutionQuery::default;
    let text = |text: &str| text.to_owned();
    for (query, expected) in [
        (all(), &[4, 3, 2, 1][..]),
        (ExecutionQuery { ascending: true, beyond: Some(ExecutionId(2)), ..all() }, &[3, 4]),
        (ExecutionQuery { beyond: Some(ExecutionId(3)), ..all() }, &[2, 1]),
        (ExecutionQuery { statuses: vec![Status::Failed, Status::Preparing], ..all() }, &[4, 3, 1]),
        (ExecutionQuery { projects: Some(vec![ProjectId(2)]), ..all() }, &[4, 3]),
        (ExecutionQuery { projects: Some(Vec::new()), ..all() }, &[]),
        (ExecutionQuery { flow_contains: Some(text("DAILY")), ..all() }, &[3, 2, 1]),
        (ExecutionQuery { flow_contains: Some(text("%")), ..all() }, &[]),
        (ExecutionQuery { users: vec![text("amy")], statuses: vec![Status::Failed], ..all() }, &[1]),
        (ExecutionQuery { user_contains: Some(text("E")), ..all() }, &[4]),
        (ExecutionQuery { started_from: Some(UnixMillis(1_002)), ..all() }, &[4, 2]),
        (ExecutionQuery { started_before: Some(UnixMillis(1_002)), ..all() }, &[1]),
        (ExecutionQuery { sources: vec![text("schedule")], ..all() }, &[]),
    ] {
        let rows = store.executions_search(query.clone(), 10).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), expected, "{query:?}");
    }
    assert_eq!(store.executions_search(all(), 3).await.unwrap().len(), 3);
    let facets = store.executions_facets(all(), 3).await.unwrap();
    assert_eq!((facets.looked_at, facets.users.len(), facets.statuses[&Status::Failed]), (3, 3, 1));
}

#[tokio::test]
async fn runs_of_a_flow_and_of_a_node_stand_side_by_side() {
    let opened = TestStore::new();
    let store = &opened.store;
    for _ in 0..3 {
        let id = submit(store, 1, "f", "amy", None).await;
        submit(store, 1, "other", "amy", None).await;
        if id.0 == 1 {
            continue;
        }
        let node = NodeState {
            path: "a:b".into(),
            status: Status::Succeeded,
            attempt: 1,
            started_at: Some(UnixMillis(5)),
            ended_at: Some(UnixMillis(9)),
            updated_at: None,
            not_before: None,
            marks: None,
        };
        store.commit(vec![Change::NodeUpsert { execution: id, node }]).await.unwrap();
    }
    let runs = store.flow_runs(ProjectId(1), "f", None, 2).await.unwrap();
    assert_eq!(runs.iter().map(|(row, nodes)| (row.id.0, nodes.len())).collect::<Vec<_>>(), [(5, 1), (3, 1)]);
    let older = store.flow_runs(ProjectId(1), "f", Some(ExecutionId(3)), 2).await.unwrap();
    assert_eq!(older.iter().map(|(row, nodes)| (row.id.0, nodes.len())).collect::<Vec<_>>(), [(1, 0)]);
    let node = store.node_runs(ProjectId(1), "f", &"a:b".into(), 10).await.unwrap();
    assert_eq!(node.iter().map(|run| (run.execution.0, run.attempt)).collect::<Vec<_>>(), [(5, 1), (3, 1)]);
    assert_eq!(store.node_runs(ProjectId(1), "f", &"a:b".into(), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_submits_once_for_each_user_and_is_forgotten_in_time() {
    use azkaban_store::{KeyedSubmission, RequestKey};
    let opened = TestStore::new();
    let submit = async |user: &str, request: &str, at: i64, forget_before: i64| {
        let key = RequestKey {
            user: user.to_owned(),
            key: "k".to_owned(),
            request: request.to_owned(),
            forget_before: UnixMillis(forget_before),
        };
        let made = submission(user, at);
        let decided = opened.store.execution_submit_keyed(ProjectId(1), "f", key, move |_| Ok::<_, ()>(made));
        decided.await.unwrap().unwrap()
    };
    let known = |id: i64, same: bool| KeyedSubmission::Known { id: ExecutionId(id), same };
    assert_eq!(submit("amy", "a", 100, 0).await, KeyedSubmission::New(ExecutionId(1)));
    assert_eq!(submit("amy", "a", 101, 0).await, known(1, true));
    assert_eq!(submit("amy", "b", 102, 0).await, known(1, false));
    assert_eq!(submit("bob", "a", 103, 0).await, KeyedSubmission::New(ExecutionId(2)));
    assert_eq!(submit("amy", "a", 200, 101).await, KeyedSubmission::New(ExecutionId(3)));
    assert_eq!(submit("bob", "a", 201, 101).await, known(2, true));
}
