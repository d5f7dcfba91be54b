//! The life of executions, as any database behind the store must tell it.

mod common;

use std::collections::BTreeMap;

use azkaban_core::ids::{ExecutionId, NodePath, ProjectId, ProjectVersion};
use azkaban_core::options::{Concurrency, Disabled, ExecutionOptions, FailureAction};
use azkaban_core::status::Status;
use azkaban_store::{Change, Error, ExecutionRow, HistoryFilter, RunningFacts};
use common::{TestStore, at, attempt, node, project, state, submission, submit};
use tokio::task::JoinSet;

const P: ProjectId = ProjectId(7);

#[tokio::test]
async fn an_execution_from_submission_to_its_end() {
    let test = TestStore::new();
    let mut new = submission("ann", 1_500);
    new.options = ExecutionOptions {
        failure_action: Some(FailureAction::CancelAll),
        concurrency: Concurrency::Pipeline { level: 2 },
        pipeline_execution: Some(ExecutionId(3)),
        flow_parameters: BTreeMap::from([("key".to_owned(), "välue\n\"".to_owned())]),
        disabled: vec![Disabled::Inside {
            id: "sub".to_owned(),
            children: vec![Disabled::Node("a".to_owned())],
        }],
        ..ExecutionOptions::default()
    };
    new.nodes = vec![node("sub:a", Status::Disabled, 0)];
    let expected_options = new.options.clone();
    let decide = move |_: &RunningFacts| Ok::<_, ()>(new);
    let id = test.store.execution_submit(P, "flow", decide).await.unwrap().unwrap();

    let submitted = ExecutionRow {
        id,
        project: P,
        project_version: ProjectVersion(1),
        flow: "flow".to_owned(),
        status: Status::Preparing,
        submit_user: "ann".to_owned(),
        submitted_at: at(1_500),
        started_at: None,
        ended_at: None,
        updated_at: at(1_500),
        source: "adhoc".to_owned(),
        priority: 5,
        uuid: "uuid-ann-1500".to_owned(),
        flags: "{}".to_owned(),
    };
    assert_eq!(test.store.execution_get(id).await.unwrap(), Some(submitted.clone()));
    assert_eq!(test.store.execution_options_get(id).await.unwrap(), Some(expected_options.clone()));

    let mut running = state(id, Status::Running, 2_100);
    running.flags = r#"{"paused":false}"#.to_owned();
    let mut first = attempt(id, "a", 0, Status::Running);
    let mut waiting = node("b", Status::Queued, 1);
    waiting.not_before = Some(at(9_000));
    waiting.marks = Some("[1]".to_owned());
    let changes = vec![
        Change::ExecutionUpdate(running),
        Change::NodeUpsert { execution: id, node: node("a", Status::Running, 0) },
        Change::NodeUpsert { execution: id, node: waiting.clone() },
        Change::AttemptInsert(first.clone()),
    ];
    test.store.commit(changes).await.unwrap();
    assert_eq!(test.store.executions_running_by_flow(P, "flow").await.unwrap(), [id]);

    first.status = Status::Failed;
    first.ended_at = Some(at(2_500));
    first.supervisor = Some("sup-1".to_owned());
    first.reason = Some("exit code 3".to_owned());
    first.outputs = Some(BTreeMap::from([("out".to_owned(), "1".to_owned())]));
    let second = attempt(id, "a", 1, Status::Running);
    let changes = vec![
        Change::AttemptUpdate(first.clone()),
        Change::AttemptInsert(second.clone()),
        Change::NodeUpsert { execution: id, node: node("a", Status::Running, 1) },
    ];
    test.store.commit(changes).await.unwrap();
    let only_a = test.store.execution_attempts_list_by_node(id, &NodePath::from("a")).await.unwrap();
    assert_eq!(only_a, [first.clone(), second.clone()]);

    test.store.commit(vec![Change::ExecutionUpdate(state(id, Status::Succeeded, 3_000))]).await.unwrap();
    assert_eq!(test.store.executions_running_by_flow(P, "flow").await.unwrap(), []);
    assert_eq!(test.store.executions_unfinished_list().await.unwrap(), []);

    let test = test.reopen().await;
    let record = test.store.execution_record_get(id).await.unwrap().unwrap();
    let ended = ExecutionRow {
        status: Status::Succeeded,
        started_at: Some(at(2_000)),
        ended_at: Some(at(3_000)),
        updated_at: at(3_000),
        ..submitted
    };
    assert_eq!(record.row, ended);
    assert_eq!(record.options, expected_options);
    assert_eq!(
        record.nodes,
        [node("a", Status::Running, 1), waiting, node("sub:a", Status::Disabled, 0)],
        "by path"
    );
    assert_eq!(record.attempts, [first, second]);
    assert_eq!(test.store.execution_nodes_list(id).await.unwrap(), record.nodes);
    assert_eq!(test.store.execution_attempts_list(id).await.unwrap(), record.attempts);
    assert_eq!(test.store.execution_record_get(ExecutionId(99)).await.unwrap(), None);
}

#[tokio::test]
async fn a_terminal_status_is_final() {
    let test = TestStore::new();
    for status in Status::ALL.into_iter().filter(|s| s.is_terminal_for_execution()) {
        let id = submit(&test.store, P, "flow", "ann", 1).await;
        test.store.commit(vec![Change::ExecutionUpdate(state(id, status, 3_000))]).await.unwrap();
        let before = test.store.execution_record_get(id).await.unwrap();
        for later in [Status::Running, Status::Failed, status] {
            let changes = vec![
                Change::NodeUpsert { execution: id, node: node("a", Status::Running, 0) },
                Change::ExecutionUpdate(state(id, later, 4_000)),
            ];
            assert_eq!(
                test.store.commit(changes).await,
                Err(Error::ExecutionEnded(id)),
                "{status} to {later}"
            );
        }
        assert_eq!(test.store.execution_record_get(id).await.unwrap(), before, "{status}");
    }
}

#[tokio::test]
async fn a_batch_is_done_whole_or_not_at_all() {
    let test = TestStore::new();
    let id = submit(&test.store, P, "flow", "ann", 1).await;
    test.store.commit(vec![Change::AttemptInsert(attempt(id, "a", 0, Status::Running))]).await.unwrap();
    let before = test.store.execution_record_get(id).await.unwrap();

    let check = async |last: Change, expected: Error| {
        let changes = vec![
            Change::NodeUpsert { execution: id, node: node("a", Status::Running, 0) },
            Change::AttemptInsert(attempt(id, "b", 0, Status::Running)),
            last,
        ];
        assert_eq!(test.store.commit(changes).await, Err(expected));
        assert_eq!(test.store.execution_record_get(id).await.unwrap(), before);
    };
    let double = attempt(id, "a", 0, Status::Running);
    check(Change::AttemptInsert(double.clone()), Error::AttemptExists(double.key)).await;
    let unknown = attempt(id, "c", 4, Status::Running);
    check(Change::AttemptUpdate(unknown.clone()), Error::AttemptNotFound(unknown.key)).await;
    let nobody = ExecutionId(99);
    check(Change::ExecutionUpdate(state(nobody, Status::Running, 1)), Error::ExecutionNotFound(nobody)).await;
    let mut broken = node("b", Status::Running, 0);
    broken.marks = Some("not JSON".to_owned());
    let result = test.store.commit(vec![Change::NodeUpsert { execution: id, node: broken }]).await;
    assert!(matches!(result, Err(Error::Unwritable { what: "execution_node.marks", .. })), "{result:?}");
}

#[tokio::test]
async fn submissions_are_decided_one_after_the_other() {
    let test = TestStore::new();
    let mut tasks = JoinSet::new();
    for i in 0..64 {
        let store = test.store.clone();
        tasks.spawn(async move {
            let decide = move |facts: &RunningFacts| match facts.running.len() {
                0..10 => Ok(submission("ann", i)),
                _ => Err(facts.running.clone()),
            };
            store.execution_submit(P, "flow", decide).await.unwrap()
        });
    }
    let results = tasks.join_all().await;
    let mut accepted: Vec<ExecutionId> = results.iter().filter_map(|r| r.as_ref().ok()).copied().collect();
    accepted.sort();
    assert_eq!(accepted.len(), 10, "never more than the rule allows, however many ask at once");
    for refusal in results.into_iter().filter_map(Result::err) {
        assert_eq!(refusal, accepted, "who is refused sees what runs, ascending");
    }
    assert_eq!(test.store.executions_running_by_flow(P, "flow").await.unwrap(), accepted);
    assert_eq!(test.store.executions_running_by_flow(P, "other").await.unwrap(), []);
    assert_eq!(test.store.executions_running_by_flow(ProjectId(8), "flow").await.unwrap(), []);
}

#[tokio::test]
async fn lists_are_of_one_flow_from_the_newest_on() {
    let test = TestStore::new();
    let mut ids = Vec::new();
    for i in 0..5 {
        ids.push(submit(&test.store, P, "flow", "ann", i).await);
        submit(&test.store, P, "other", "ann", i).await;
        submit(&test.store, ProjectId(8), "flow", "ann", i).await;
    }
    ids.reverse();
    let check = async |start: u64, length: u64, expected: &[ExecutionId]| {
        let page = test.store.executions_list_by_flow(P, "flow", start, length).await.unwrap();
        assert_eq!(page.total, 5);
        assert_eq!(page.rows.iter().map(|r| r.id).collect::<Vec<_>>(), expected, "{start} {length}");
    };
    check(0, 3, &ids[..3]).await;
    check(3, 3, &ids[3..]).await;
    check(5, 3, &[]).await;
    check(0, 0, &[]).await;
    check(0, u64::MAX, &ids).await;
    check(u64::MAX, u64::MAX, &[]).await;
    let none = test.store.executions_list_by_flow(P, "none", 0, 10).await.unwrap();
    assert_eq!((none.total, none.rows.len()), (0, 0));

    let unfinished = test.store.executions_unfinished_list().await.unwrap();
    assert_eq!(unfinished.len(), 15);
    assert!(unfinished.is_sorted_by_key(|row| row.id));
}

#[tokio::test]
async fn the_last_success_is_the_newest_execution_that_succeeded() {
    let test = TestStore::new();
    assert_eq!(test.store.execution_last_succeeded(P, "flow").await.unwrap(), None);
    let mut ids = Vec::new();
    for status in [Status::Succeeded, Status::Succeeded, Status::Failed, Status::Running] {
        let id = submit(&test.store, P, "flow", "ann", 1).await;
        test.store.commit(vec![Change::ExecutionUpdate(state(id, status, 3_000))]).await.unwrap();
        ids.push(id);
    }
    assert_eq!(test.store.execution_last_succeeded(P, "flow").await.unwrap(), Some(ids[1]));
}

#[tokio::test]
async fn history_is_filtered_and_paged() {
    let test = TestStore::new();
    let sales = test.store.project_create(project("Sales_Daily")).await.unwrap();
    let ops = test.store.project_create(project("ops")).await.unwrap();
    let mut ids = Vec::new();
    for (project, flow, user, status, ended) in [
        (sales, "Load_All", "ann", Status::Succeeded, 10_000),
        (sales, "loadXall", "bob", Status::Failed, 20_000),
        (ops, "backup", "Annabel", Status::Succeeded, 30_000),
        (ops, "backup", "ann", Status::Running, 40_000),
    ] {
        let id = submit(&test.store, project, flow, user, 1).await;
        let mut state = state(id, status, ended);
        state.started_at = Some(at(ended - 5_000));
        test.store.commit(vec![Change::ExecutionUpdate(state)]).await.unwrap();
        ids.push(id);
    }
    let queued = submit(&test.store, ops, "backup", "ann", 1).await;
    let [a, b, c, d] = ids[..] else { unreachable!() };

    let check = async |filter: HistoryFilter, expected: &[ExecutionId]| {
        let rows = test.store.executions_history(&filter, 0, 100).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.id).collect::<Vec<_>>(), expected, "{filter:?}");
    };
    let any = HistoryFilter::default;
    let text = |t: &str| Some(t.to_owned());
    check(any(), &[queued, d, c, b, a]).await;
    check(HistoryFilter { project: Some(sales), ..any() }, &[b, a]).await;
    check(HistoryFilter { flow: text("backup"), ..any() }, &[queued, d, c]).await;
    check(HistoryFilter { user: text("ann"), ..any() }, &[queued, d, a]).await;
    check(HistoryFilter { project_contains: text("LES_d"), ..any() }, &[b, a]).await;
    check(HistoryFilter { flow_contains: text("LOAD"), ..any() }, &[b, a]).await;
    check(HistoryFilter { flow_contains: text("load_a"), ..any() }, &[a]).await;
    check(HistoryFilter { flow_contains: text("%"), ..any() }, &[]).await;
    check(HistoryFilter { flow_contains: text("!"), ..any() }, &[]).await;
    check(HistoryFilter { user_contains: text("Ann"), ..any() }, &[queued, d, c, a]).await;
    check(HistoryFilter { status: Some(Status::Succeeded), ..any() }, &[c, a]).await;
    check(HistoryFilter { started_after: Some(at(15_000)), ..any() }, &[d, c]).await;
    check(HistoryFilter { ended_before: Some(at(20_000)), ..any() }, &[a]).await;
    let several = HistoryFilter {
        project_contains: text("ops"),
        user_contains: text("ann"),
        status: Some(Status::Succeeded),
        ..any()
    };
    check(several, &[c]).await;
    check(HistoryFilter { flow_contains: text("'; DROP TABLE execution --"), ..any() }, &[]).await;

    let page = test.store.executions_history(&any(), 1, 2).await.unwrap();
    assert_eq!(page.iter().map(|r| r.id).collect::<Vec<_>>(), [d, c]);
}

#[tokio::test]
async fn the_history_of_a_job_tells_every_attempt_newest_execution_first() {
    let test = TestStore::new();
    let mut ids = Vec::new();
    for (flow, path) in
        [("f", "job"), ("g", "sub:job"), ("f", "other"), ("h", "job"), ("f", "myjob"), ("f", "job")]
    {
        let id = submit(&test.store, P, flow, "ann", 1_000).await;
        test.store.commit(vec![Change::AttemptInsert(attempt(id, path, 0, Status::Failed))]).await.unwrap();
        ids.push(id);
    }
    let again = Change::AttemptInsert(attempt(ids[0], "job", 1, Status::Succeeded));
    test.store.commit(vec![again]).await.unwrap();
    let flows = || vec!["f".to_owned(), "g".to_owned()];
    let keys = async |start, length| {
        let runs = test.store.job_history(P, flows(), "job", start, length).await.unwrap();
        runs.into_iter().map(|run| (run.key.execution, run.key.attempt)).collect::<Vec<_>>()
    };
    let all = vec![(ids[5], 0), (ids[1], 0), (ids[0], 1), (ids[0], 0)];
    assert_eq!(keys(0, 10).await, all);
    assert_eq!(keys(1, 2).await, all[1..3]);
    assert_eq!(keys(4, 2).await, []);
}

#[tokio::test]
async fn what_ended_lately_comes_by_its_end() {
    let test = TestStore::new();
    let mut ids = Vec::new();
    for ended_at in [5_000, 3_000, 9_000] {
        let id = submit(&test.store, P, "f", "ann", 1_000).await;
        let mut end = state(id, Status::Succeeded, ended_at);
        end.ended_at = Some(at(ended_at));
        test.store.commit(vec![Change::ExecutionUpdate(end)]).await.unwrap();
        ids.push(id);
    }
    submit(&test.store, P, "f", "ann", 1_000).await;
    let ended = async |after, length| {
        let rows = test.store.executions_ended_after(at(after), length).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ended(3_000, 10).await, [ids[2], ids[0]]);
    assert_eq!(ended(0, 1).await, [ids[2]]);
}
