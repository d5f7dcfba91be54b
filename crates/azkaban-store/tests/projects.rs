//! The life of projects, as any database behind the store must tell it.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::project::{LoadLimits, ProjectModel, SourceTree, load};
use azkaban_store::{
    Change, Error, FlowLock, FlowRow, Grantee, NewVersion, ProjectEvent, ProjectEventKind, ProjectRow,
};
use common::{TestStore, at, project, submit};
use tokio::task::JoinSet;

fn event(kind: ProjectEventKind, when: i64, message: Option<&str>) -> ProjectEvent {
    ProjectEvent { kind, user: "ann".to_owned(), at: at(when), message: message.map(str::to_owned) }
}

fn set(permissions: &[Permission]) -> PermissionSet {
    permissions.iter().copied().collect()
}

const MAIN_FLOW: &str = "
config:
  greeting: grüße
nodes:
  - name: inner
    type: flow
    nodes:
      - name: job
        type: command
        config:
          command: echo ${greeting}
";

/// A project of a flow `main` and, embedded in it, `main:inner`.
fn model() -> Arc<ProjectModel> {
    let mut tree = SourceTree::new();
    tree.insert("p.project", b"azkaban-flow-version: 2.0".to_vec()).unwrap();
    tree.insert("main.flow", MAIN_FLOW.as_bytes().to_vec()).unwrap();
    Arc::new(load(&tree, &LoadLimits::default()).unwrap().model)
}

fn version(project: ProjectId, digest: &str) -> NewVersion {
    NewVersion {
        project,
        uploaded_at: at(5_000),
        uploader: "bob".to_owned(),
        uploader_ip: "10.0.0.1".to_owned(),
        file_name: "p.zip".to_owned(),
        blob_sha256: digest.to_owned(),
        blob_size: 123,
        model: model(),
        events: vec![event(ProjectEventKind::Uploaded, 5_000, Some("Uploaded project files zip p.zip"))],
        upload_locked: None,
        audit: None,
    }
}

#[tokio::test]
async fn a_project_is_created_found_changed_and_deleted() {
    let test = TestStore::new();
    let mut new = project("Sales");
    new.permissions = vec![
        (Grantee::Group("etl".to_owned()), set(&[Permission::Read, Permission::Execute])),
        (Grantee::User("ann".to_owned()), PermissionSet::admin()),
    ];
    new.proxy_users = vec!["ann".to_owned()];
    new.events = vec![event(ProjectEventKind::Created, 1_000, None)];
    let id = test.store.project_create(new).await.unwrap();

    let mut expected = ProjectRow {
        id,
        name: "Sales".to_owned(),
        description: "about Sales".to_owned(),
        active: true,
        version: ProjectVersion(0),
        created_at: at(1_000),
        created_by: "ann".to_owned(),
        modified_at: at(1_000),
        modified_by: "ann".to_owned(),
        upload_locked: false,
        adhoc_upload: false,
        permissions: vec![
            (Grantee::User("ann".to_owned()), PermissionSet::admin()),
            (Grantee::Group("etl".to_owned()), set(&[Permission::Read, Permission::Execute])),
        ],
        proxy_users: vec!["ann".to_owned()],
        flow_locks: Vec::new(),
        overrides: Vec::new(),
    };
    for name in ["Sales", "sales", "SALES"] {
        assert_eq!(test.store.project_get_by_name(name).await.unwrap(), Some(expected.clone()), "{name}");
    }
    assert_eq!(test.store.project_get_by_name("sale").await.unwrap(), None);

    let both = Grantee::User("etl".to_owned());
    let changes = vec![
        Change::ProjectDescriptionSet {
            project: id,
            description: "new".to_owned(),
            at: at(2_000),
            by: "bob".to_owned(),
        },
        Change::PermissionSet { project: id, grantee: both.clone(), permissions: set(&[Permission::Write]) },
        Change::PermissionSet {
            project: id,
            grantee: Grantee::Group("etl".to_owned()),
            permissions: set(&[Permission::Schedule]),
        },
        Change::ProxyUserInsert { project: id, name: "ann".to_owned() },
        Change::ProxyUserInsert { project: id, name: "zoe".to_owned() },
        Change::ProjectEventInsert {
            project: id,
            event: event(ProjectEventKind::Description, 2_000, Some("Description changed to new")),
        },
    ];
    test.store.commit(changes).await.unwrap();
    expected.description = "new".to_owned();
    expected.modified_at = at(2_000);
    expected.modified_by = "bob".to_owned();
    expected.permissions = vec![
        (Grantee::User("ann".to_owned()), PermissionSet::admin()),
        (both.clone(), set(&[Permission::Write])),
        (Grantee::Group("etl".to_owned()), set(&[Permission::Schedule])),
    ];
    expected.proxy_users = vec!["ann".to_owned(), "zoe".to_owned()];
    assert_eq!(test.store.project_get(id).await.unwrap(), Some(expected.clone()));
    assert_eq!(test.store.projects_list().await.unwrap(), [expected.clone()], "lists say the same");

    let changes = vec![
        Change::PermissionSet { project: id, grantee: both, permissions: PermissionSet::default() },
        Change::ProxyUserDelete { project: id, name: "zoe".to_owned() },
        Change::ProxyUserDelete { project: id, name: "nobody".to_owned() },
        Change::ProjectUploadSettingsSet { project: id, upload_locked: true, adhoc_upload: true },
    ];
    test.store.commit(changes).await.unwrap();
    let row = test.store.project_get(id).await.unwrap().unwrap();
    assert_eq!((row.permissions.len(), row.proxy_users.len()), (2, 1));
    assert_eq!((row.upload_locked, row.adhoc_upload, row.modified_by.as_str()), (true, true, "bob"));

    let deleted =
        Change::ProjectEventInsert { project: id, event: event(ProjectEventKind::Deleted, 4_000, None) };
    test.store.project_delete(id, at(4_000), "ann", vec![deleted]).await.unwrap();
    assert_eq!(test.store.project_get_by_name("Sales").await.unwrap(), None);
    assert_eq!(test.store.projects_list().await.unwrap(), []);
    let row = test.store.project_get_latest_by_name("sales").await.unwrap().unwrap();
    assert_eq!((row.id, row.active, row.modified_at), (id, false, at(4_000)));

    let check =
        async |result: azkaban_store::Result<()>| assert_eq!(result, Err(Error::ProjectNotActive(id)));
    check(test.store.project_delete(id, at(5_000), "ann", Vec::new()).await).await;
    check(test.store.project_version_create(version(id, "aa")).await.map(drop)).await;
    let again = Change::ProjectDescriptionSet {
        project: id,
        description: String::new(),
        at: at(5_000),
        by: "ann".to_owned(),
    };
    check(test.store.commit(vec![again]).await).await;

    let kinds: Vec<_> = test
        .store
        .project_events_list(id, 0, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|e| (e.kind, e.at, e.message))
        .collect();
    assert_eq!(
        kinds,
        [
            (ProjectEventKind::Deleted, at(4_000), None),
            (ProjectEventKind::Description, at(2_000), Some("Description changed to new".to_owned())),
            (ProjectEventKind::Created, at(1_000), None),
        ],
        "from the newest on"
    );
    assert_eq!(
        test.store.project_events_list(id, 1, 1).await.unwrap()[0].kind,
        ProjectEventKind::Description
    );
}

#[tokio::test]
async fn a_name_is_taken_once_at_a_time() {
    let test = TestStore::new();
    let mut tasks = JoinSet::new();
    for name in ["nightly", "Nightly", "NIGHTLY", "nightLY"].repeat(8) {
        let store = test.store.clone();
        tasks.spawn(async move { store.project_create(project(name)).await });
    }
    let results = tasks.join_all().await;
    let created: Vec<&ProjectId> = results.iter().flatten().collect();
    assert_eq!(created.len(), 1);
    assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(Error::ProjectExists(_)))), "{results:?}");
    assert_eq!(test.store.projects_list().await.unwrap().len(), 1);

    let first = *created[0];
    test.store.project_delete(first, at(2_000), "ann", Vec::new()).await.unwrap();
    let second = test.store.project_create(project("nightly")).await.unwrap();
    assert!(second > first, "ids are never reused");
    test.store.project_delete(second, at(2_000), "ann", Vec::new()).await.unwrap();
    let third = test.store.project_create(project("Nightly")).await.unwrap();
    assert_eq!(test.store.project_get_latest_by_name("nightly").await.unwrap().unwrap().id, third);
    assert!(!test.store.project_get(first).await.unwrap().unwrap().active);
}

#[tokio::test]
async fn versions_count_up_also_when_uploaded_at_once() {
    let test = TestStore::new();
    let id = test.store.project_create(project("p")).await.unwrap();
    let mut tasks = JoinSet::new();
    for i in 0..16 {
        let store = test.store.clone();
        tasks.spawn(
            async move { store.project_version_create(version(id, &format!("{i:02x}"))).await.unwrap() },
        );
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort();
    assert_eq!(numbers, (1..=16).map(ProjectVersion).collect::<Vec<_>>());
    let row = test.store.project_get(id).await.unwrap().unwrap();
    assert_eq!((row.version, row.modified_by.as_str()), (ProjectVersion(16), "bob"));

    let rows = test.store.project_versions_list(id).await.unwrap();
    assert_eq!(rows.len(), 16);
    assert_eq!(rows[0].version, ProjectVersion(16));
    assert_eq!(
        test.store.project_version_get(id, ProjectVersion(16)).await.unwrap().as_ref(),
        Some(&rows[0])
    );
    assert_eq!(test.store.project_version_get(id, ProjectVersion(17)).await.unwrap(), None);
    assert_eq!(test.store.project_model_get(id, ProjectVersion(3)).await.unwrap().as_ref(), Some(&*model()));
    let flows = test.store.project_flows_list(id, ProjectVersion(3)).await.unwrap();
    let expected =
        [("main", false), ("main:inner", true)].map(|(id, embedded)| FlowRow { id: id.to_owned(), embedded });
    assert_eq!(flows, expected);
}

#[tokio::test]
async fn a_purge_keeps_what_executions_and_other_projects_need() {
    let test = TestStore::new();
    let id = test.store.project_create(project("p")).await.unwrap();
    let other = test.store.project_create(project("q")).await.unwrap();
    for digest in ["aa", "bb", "aa", "cc"] {
        test.store.project_version_create(version(id, digest)).await.unwrap();
    }
    test.store.project_version_create(version(other, "bb")).await.unwrap();
    submit(&test.store, id, "main", "ann", 1).await; // of version 1

    let purged = event(ProjectEventKind::Purge, 9_000, Some("Purged versions before 4"));
    let purged = Change::ProjectEventInsert { project: id, event: purged };
    let unused = test.store.project_versions_purge(id, ProjectVersion(4), vec![purged]).await.unwrap();
    assert_eq!(unused, ["aa"], "bb is in the other project, cc is kept");
    let digests: Vec<_> =
        test.store.project_versions_list(id).await.unwrap().into_iter().map(|v| v.blob_sha256).collect();
    assert_eq!(digests, [Some("cc".to_owned()), None, None, None]);
    for (number, kept) in [(1, true), (2, false), (3, false), (4, true)] {
        let model = test.store.project_model_get(id, ProjectVersion(number)).await.unwrap();
        assert_eq!(model.is_some(), kept, "model of version {number}");
    }
    assert_eq!(test.store.project_events_list(id, 0, 1).await.unwrap()[0].kind, ProjectEventKind::Purge);
    assert_eq!(test.store.project_version_create(version(id, "dd")).await.unwrap(), ProjectVersion(5));
}

#[tokio::test]
async fn overrides_belong_to_a_version_and_locks_do_not() {
    let test = TestStore::new();
    let id = test.store.project_create(project("p")).await.unwrap();
    let props = |value: &str| BTreeMap::from([("type".to_owned(), value.to_owned())]);
    let change = |version: i32, node: &str, value: &str| Change::PropertyOverrideSet {
        project: id,
        version: ProjectVersion(version),
        flow: "f".to_owned(),
        node: node.to_owned(),
        props: props(value),
    };
    test.store.commit(vec![change(1, "b", "x"), change(1, "a", "y"), change(1, "b", "z")]).await.unwrap();
    let get = async |version, node: &str| {
        test.store.property_override_get(id, ProjectVersion(version), "f", node).await.unwrap()
    };
    assert_eq!(get(1, "b").await, Some(props("z")), "the last one replaces");
    assert_eq!(get(2, "b").await, None);
    let all = test.store.property_overrides_list(id, ProjectVersion(1)).await.unwrap();
    let entry = |node: &str, value: &str| ("f".to_owned(), node.to_owned(), props(value));
    assert_eq!(all, [entry("a", "y"), entry("b", "z")]);
    let current = async || test.store.project_get(id).await.unwrap().unwrap().overrides;
    assert_eq!(current().await, [], "its version is 0");

    let lock = |message: Option<&str>| Change::FlowLockSet {
        project: id,
        flow: "f".to_owned(),
        message: message.map(str::to_owned),
        by: "ann".to_owned(),
        at: at(7),
    };
    let locks = async || test.store.project_get(id).await.unwrap().unwrap().flow_locks;
    assert_eq!(locks().await, []);
    test.store.commit(vec![lock(Some("why"))]).await.unwrap();
    test.store.project_version_create(version(id, "aa")).await.unwrap();
    let expected = FlowLock {
        flow: "f".to_owned(),
        message: Some("why".to_owned()),
        by: Some("ann".to_owned()),
        at: Some(at(7)),
    };
    assert_eq!(locks().await, [expected]);
    assert_eq!(current().await, all, "its version is 1");
    assert_eq!(test.store.projects_list().await.unwrap()[0].overrides, all);
    test.store.commit(vec![lock(None)]).await.unwrap();
    assert_eq!(locks().await[0].message, None);
    let unlock = Change::FlowLockDelete { project: id, flow: "f".to_owned() };
    test.store.commit(vec![unlock.clone(), unlock]).await.unwrap();
    assert_eq!(locks().await, []);
}
