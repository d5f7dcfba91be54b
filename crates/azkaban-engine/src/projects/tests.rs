use std::io::Write;
use std::path::Path;

use azkaban_core::props::Props;
use azkaban_store::Error;

use super::*;
use crate::users::Caller;

const USERS: &str = r#"<azkaban-users>
  <user username="root" password="p" roles="admin"/>
  <user username="ann" password="p" proxy="etl"/>
  <user username="bob" password="p" groups="team"/>
  <user username="maker" password="p" roles="maker"/>
  <role name="admin" permissions="ADMIN"/>
  <role name="maker" permissions="CREATEPROJECTS"/>
</azkaban-users>"#;
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

struct Rig {
    folder: tempfile::TempDir,
    projects: Projects,
}

impl Rig {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("azkaban-users.xml"), USERS).unwrap();
        let mut config = Config::for_tests(folder.path());
        change(&mut config);
        let projects = open(&config).await;
        Self { folder, projects }
    }

    /// What a restart of the server finds.
    async fn restart(self) -> Self {
        self.projects.shared.store.close().await;
        drop(self.projects);
        let projects = open(&Config::for_tests(self.folder.path())).await;
        Self { folder: self.folder, projects }
    }

    fn caller(&self, name: &str) -> Caller {
        Caller { user: self.projects.shared.users.user(name).unwrap(), ip: "10.0.0.1".to_owned() }
    }

    async fn create(&self, who: &str, name: &str) -> Result<Arc<Project>, CreateProjectError> {
        self.projects.create(&self.caller(who), name, "d", NOW).await
    }

    async fn upload(&self, project: &Project, files: &[(&str, &str)]) -> Result<ProjectVersion, UploadError> {
        self.upload_bytes(project, &zip_of(files)).await
    }

    async fn upload_bytes(&self, project: &Project, bytes: &[u8]) -> Result<ProjectVersion, UploadError> {
        let upload =
            Upload { file_name: "p.zip".to_owned(), archive: archive(self.folder.path(), bytes), fix: true };
        self.projects
            .upload(&self.caller("root"), project, upload, || NOW)
            .await
            .map(|uploaded| uploaded.version)
    }

    async fn events(&self, id: ProjectId) -> Vec<String> {
        let events = self.projects.events(id, 0, 100).await.unwrap();
        events
            .into_iter()
            .map(|e| format!("{} {:?} {}", e.user, e.kind, e.message.unwrap_or_default()))
            .collect()
    }

    /// Archives in the content store.
    fn archives(&self) -> usize {
        let folders = std::fs::read_dir(self.folder.path().join("archives")).unwrap();
        folders.map(|sub| std::fs::read_dir(sub.unwrap().path()).unwrap().count()).sum()
    }

    fn unpacked_folders(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("projects")).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != ".boot");
        names.sort();
        names
    }
}

async fn open(config: &Config) -> Projects {
    let store = Store::open(&config.users_file.with_file_name("azkaban.db")).unwrap();
    let users = Arc::new(Users::open(&config.users_file).unwrap());
    std::fs::create_dir_all(&config.execution_dir).unwrap();
    let job_types = JobTypeFolder::open(config).unwrap();
    Projects::open(config, store.clone(), users, Arc::new(Audit::new(store, 10)), job_types).await.unwrap()
}

fn archive(folder: &Path, bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new_in(folder).unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn names_and_descriptions_are_checked_in_azkabans_order() {
    let rig = Rig::new().await;
    rig.create("ann", "taken").await.unwrap();
    for (name, description, expected) in [
        ("", "", "NameEmpty"),
        (" ", "d", "NameEmpty"),
        ("1x", " ", "DescriptionEmpty"),
        ("1x", "d", "NameInvalid"),
        ("a.b", "d", "NameInvalid"),
        ("TAKEN", "d", "Exists"),
        (&"n".repeat(65), "d", "TooLong { what: \"name\", limit: 64 }"),
        ("fine", &"d".repeat(2049), "TooLong { what: \"description\", limit: 2048 }"),
    ] {
        let error = rig.projects.create(&rig.caller("ann"), name, description, NOW).await.unwrap_err();
        assert_eq!(format!("{error:?}"), expected, "{name:?}");
    }
    let locked = Rig::with(|config| config.lockdown_create_projects = true).await;
    assert!(matches!(locked.create("ann", "").await, Err(CreateProjectError::NotAllowed)));
    assert!(locked.create("maker", "a").await.is_ok());
    assert!(locked.create("root", "b").await.is_ok());
}

#[tokio::test]
async fn the_creator_is_admin_unless_configured_otherwise() {
    let rig = Rig::new().await;
    let project = rig.create("ann", "p").await.unwrap();
    assert_eq!(project.version, ProjectVersion(0));
    assert_eq!(project.user_permissions, BTreeMap::from([("ann".to_owned(), PermissionSet::admin())]));
    assert_eq!(project.proxy_users, BTreeSet::from(["ann".to_owned()]));
    assert_eq!(rig.events(project.id).await, ["ann Created "]);
    let strict = Rig::with(|config| config.creator_default_proxy = false).await;
    let project = strict.create("ann", "p").await.unwrap();
    assert!(project.user_permissions.is_empty() && project.proxy_users.is_empty());
}

#[tokio::test]
async fn a_deleted_projects_name_is_free_again_and_its_past_stays() {
    let rig = Rig::new().await;
    let first = rig.create("ann", "Proj").await.unwrap();
    rig.upload(&first, &[("a.job", "type=noop\n")]).await.unwrap();
    assert!(matches!(
        rig.projects.delete(&rig.caller("bob"), "proj", NOW, Vec::new()).await,
        Err(DeleteProjectError::NotAdmin)
    ));
    rig.projects.delete(&rig.caller("ann"), "PROJ", NOW, Vec::new()).await.unwrap();
    assert!(rig.projects.by_name("Proj").is_none() && rig.projects.active().is_empty());
    assert!(matches!(
        rig.projects.delete(&rig.caller("ann"), "proj", NOW, Vec::new()).await,
        Err(DeleteProjectError::NotFound)
    ));
    assert!(matches!(rig.upload(&first, &[("a.job", "type=noop\n")]).await, Err(UploadError::ProjectGone)));

    let second = rig.create("bob", "proj").await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(rig.upload(&second, &[("a.job", "type=noop\n")]).await.unwrap(), ProjectVersion(1));
    let past = rig.projects.by_id(first.id).await.unwrap().unwrap();
    assert!(!past.active && past.version == ProjectVersion(1));
    assert_eq!(rig.events(first.id).await[0], "ann Deleted ");

    let rig = rig.restart().await;
    let found = rig.projects.by_name("PROJ").unwrap();
    assert_eq!((found.id, found.version), (second.id, ProjectVersion(1)));
    assert!(rig.projects.by_id(ProjectId(999)).await.unwrap().is_none());
}

#[tokio::test]
async fn permissions_come_from_entries_groups_and_roles() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    let can = |who: &str, permission| {
        let project = rig.projects.by_name("p").unwrap();
        rig.projects.grants(&rig.caller(who).user, &project, permission)
    };
    assert!(
        can("ann", Permission::Execute) && can("root", Permission::Read) && !can("bob", Permission::Read)
    );
    let ann = rig.caller("ann");
    let set = |permissions: &[Permission]| permissions.iter().copied().collect::<PermissionSet>();
    let team = || Grantee::Group("team".to_owned());
    let bob = || Grantee::User("bob".to_owned());

    rig.projects.permission_add(&ann, p.id, team(), set(&[Permission::Read]), NOW).await.unwrap();
    assert!(can("bob", Permission::Read) && !can("bob", Permission::Write));
    rig.projects.permission_change(&ann, p.id, team(), set(&[]), NOW).await.unwrap();
    assert!(!can("bob", Permission::Read));
    let all = set(&[Permission::Write, Permission::Schedule, Permission::Execute, Permission::Read]);
    rig.projects.permission_add(&ann, p.id, bob(), all, NOW).await.unwrap();
    assert!(can("bob", Permission::Write) && !can("bob", Permission::Admin));

    let add = |grantee| rig.projects.permission_add(&ann, p.id, grantee, set(&[Permission::Read]), NOW);
    assert!(matches!(add(bob()).await, Err(PermissionError::Exists)));
    assert!(matches!(add(Grantee::User("nobody".to_owned())).await, Err(PermissionError::GranteeInvalid)));
    let change = rig.projects.permission_change(&ann, p.id, team(), set(&[Permission::Read]), NOW).await;
    assert!(matches!(change, Err(PermissionError::NotFound)));
    assert_eq!(
        rig.events(p.id).await,
        [
            "ann UserPermission Permission for user bob set to EXECUTE,READ,SCHEDULE,WRITE",
            "ann GroupPermission Permission for group team removed.",
            "ann GroupPermission Permission for group team set to READ",
            "ann Created ",
        ]
    );
}

#[tokio::test]
async fn proxy_users_and_descriptions() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    let (ann, bob) = (rig.caller("ann"), rig.caller("bob"));
    rig.projects.proxy_user_add(&ann, p.id, "etl", NOW).await.unwrap();
    assert!(matches!(
        rig.projects.proxy_user_add(&bob, p.id, "etl", NOW).await,
        Err(ProxyUserError::NotAllowed)
    ));
    assert!(rig.projects.by_name("p").unwrap().proxy_users.contains("etl"));
    rig.projects.proxy_user_remove(&bob, p.id, "never-there", NOW).await.unwrap();
    rig.projects.proxy_user_remove(&bob, p.id, "etl", NOW).await.unwrap();
    assert!(!rig.projects.by_name("p").unwrap().proxy_users.contains("etl"));
    rig.projects.describe(&bob, p.id, "new words", NOW).await.unwrap();
    let now = rig.projects.by_name("p").unwrap();
    assert_eq!((now.description.as_str(), now.modified_by.as_str()), ("new words", "bob"));
    assert!(rig.projects.describe(&bob, p.id, &"x".repeat(2049), NOW).await.is_err());
    assert_eq!(
        rig.events(p.id).await[..4],
        [
            "bob Description Description changed to new words",
            "bob ProxyUser Proxy user etl has been removed form the project.",
            "bob ProxyUser Proxy user never-there has been removed form the project.",
            "ann ProxyUser Proxy user etl is added to project.",
        ]
    );
}

#[tokio::test]
async fn a_bad_archive_changes_nothing() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    rig.upload(&p, &[("a.job", "type=noop\n")]).await.unwrap();
    let before = (rig.archives(), rig.unpacked_folders(), rig.events(p.id).await);
    for (bytes, expected) in [
        (b"this is no zip".to_vec(), "Error unzipping file."),
        (zip_of(&[("../x.job", "type=noop\n")]), "Archive entry '../x.job' points outside of the archive."),
        (
            zip_of(&[("app-meta/startup-dependencies.json", "")]),
            "Thin archive support is not yet enabled on this cluster.",
        ),
        (
            zip_of(&[("a.project", "azkaban-flow-version: 2.0\n"), ("b.project", "")]),
            "Duplicate project YAML files found in the project directory. Only one is allowed.",
        ),
        (zip_of(&[("b.job", "type=noop\ndependencies=zzz\n")]), "The project has errors."),
    ] {
        let error = rig.upload_bytes(&p, &bytes).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        if let UploadError::Rejected(report) = &error {
            assert_eq!(report.errors.iter().collect::<Vec<_>>(), ["b cannot find dependency zzz"]);
        }
        assert_eq!((rig.archives(), rig.unpacked_folders(), rig.events(p.id).await), before, "{expected}");
        assert_eq!(rig.projects.by_name("p").unwrap().version, ProjectVersion(1));
    }
}

#[tokio::test]
async fn every_version_is_kept_and_each_content_once() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    let q = rig.create("ann", "q").await.unwrap();
    let zips: Vec<Vec<u8>> = (1..=5).map(|i| zip_of(&[(&format!("job{i}.job"), "type=noop\n")])).collect();
    assert!(rig.projects.archive(&p, None).await.unwrap().is_none());
    for (i, zip) in (1..).zip(&zips) {
        assert_eq!(rig.upload_bytes(&p, zip).await.unwrap(), ProjectVersion(i));
    }
    rig.upload_bytes(&p, &zips[0]).await.unwrap();
    rig.upload_bytes(&q, &zips[0]).await.unwrap();
    assert_eq!(rig.archives(), 5);
    let rig = rig.restart().await;
    let p = rig.projects.by_name("p").unwrap();
    for (version, zip) in [(None, 0), (Some(1), 0), (Some(2), 1), (Some(5), 4), (Some(6), 0)] {
        let found = rig.projects.archive(&p, version.map(ProjectVersion)).await.unwrap().unwrap();
        assert_eq!(std::fs::read(&found.path).unwrap(), zips[zip], "version {version:?}");
        assert_eq!((found.file_name.as_str(), found.version.0), ("p.zip", version.unwrap_or(6)));
    }
    assert!(rig.projects.archive(&p, Some(ProjectVersion(77))).await.unwrap().is_none());
    assert_eq!(rig.projects.flow_ids(p.id, ProjectVersion(3)).await.unwrap(), ["job3"]);
    assert!(rig.projects.flow_ids(p.id, ProjectVersion(0)).await.unwrap().is_empty());
    assert!(rig.projects.model(p.id, ProjectVersion(77)).await.is_err());
    assert_eq!(rig.events(p.id).await[0], "root Uploaded Uploaded project files zip p.zip");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_uploads_get_consecutive_versions() {
    let rig = Arc::new(Rig::new().await);
    let p = rig.create("ann", "p").await.unwrap();
    let uploads: Vec<_> = (0..20)
        .map(|i| {
            let (rig, p) = (Arc::clone(&rig), Arc::clone(&p));
            tokio::spawn(async move {
                let version = rig.upload(&p, &[(&format!("job{i}.job"), "type=noop\n")]).await.unwrap();
                (version.0, format!("job{i}"))
            })
        })
        .collect();
    let mut made = Vec::new();
    for upload in uploads {
        made.push(upload.await.unwrap());
    }
    made.sort();
    assert_eq!(made.iter().map(|(version, _)| *version).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    for (version, flow) in made {
        assert_eq!(rig.projects.flow_ids(p.id, ProjectVersion(version)).await.unwrap(), [flow]);
    }
    assert_eq!(rig.projects.by_name("p").unwrap().version, ProjectVersion(20));
}

#[tokio::test]
async fn an_upload_whose_client_goes_away_is_whole_or_not_there() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    for round in 0..40u64 {
        let wait = std::time::Duration::from_micros(round * 150);
        let _ = tokio::time::timeout(wait, rig.upload(&p, &[("a.job", "type=noop\n")])).await;
    }
    // What was under way when its client went away ends before this.
    let last = rig.upload(&p, &[("a.job", "type=noop\n")]).await.unwrap();
    let stored = rig.projects.shared.store.project_get(p.id).await.unwrap().unwrap();
    assert_eq!(rig.projects.by_name("p").unwrap().version, stored.version);
    assert_eq!(stored.version, last);
    for version in 1..=last.0 {
        assert!(rig.projects.unpacked(p.id, ProjectVersion(version)).await.is_ok());
    }
}

#[tokio::test]
async fn versions_are_unpacked_at_upload_and_again_on_demand() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    for i in 1..=5 {
        rig.upload(&p, &[("a.job", "type=noop\n"), ("bin/run.sh", &format!("echo {i}"))]).await.unwrap();
    }
    let folder = |version: i32| format!("{}.{version}", p.id);
    assert_eq!(rig.unpacked_folders(), [folder(3), folder(4), folder(5)]);
    let check = async |projects: &Projects, version: i32| {
        let unpacked = projects.unpacked(p.id, ProjectVersion(version)).await.unwrap();
        assert_eq!(unpacked.root.file_name().unwrap().to_str().unwrap(), folder(version));
        let files: Vec<(&str, u32)> = unpacked.files.iter().map(|f| (f.path.as_str(), f.mode)).collect();
        assert_eq!(files, [("a.job", 0o755), ("bin/run.sh", 0o755)]);
        let expected = format!("echo {version}");
        assert_eq!(unpacked.files[1].content.as_deref(), Some(expected.as_bytes()));
        assert_eq!(std::fs::read_to_string(unpacked.root.join("bin/run.sh")).unwrap(), expected);
        unpacked
    };
    let held = check(&rig.projects, 1).await;
    check(&rig.projects, 5).await;
    rig.upload(&p, &[("a.job", "type=noop\n")]).await.unwrap();
    assert_eq!(rig.unpacked_folders(), [folder(1), folder(4), folder(5), folder(6)], "version 1 is held");
    assert!(held.root.join("a.job").is_file());
    drop(held);
    rig.upload(&p, &[("a.job", "type=noop\n")]).await.unwrap();
    assert_eq!(rig.unpacked_folders(), [folder(5), folder(6), folder(7)]);

    let rig = rig.restart().await;
    std::fs::remove_dir_all(rig.folder.path().join("projects").join(folder(5))).unwrap();
    check(&rig.projects, 5).await;
    check(&rig.projects, 3).await;
    assert!(rig.projects.unpacked(p.id, ProjectVersion(99)).await.is_err());
    assert!(rig.projects.unpacked(p.id, ProjectVersion(0)).await.is_err());
}

#[tokio::test]
async fn purging_removes_what_nothing_else_refers_to() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    let q = rig.create("ann", "q").await.unwrap();
    let shared = [("a.job", "type=noop\n")];
    rig.upload(&p, &shared).await.unwrap();
    rig.upload(&p, &[("b.job", "type=noop\n")]).await.unwrap();
    rig.upload(&q, &shared).await.unwrap();
    execute(&rig.projects.shared.store, p.id, ProjectVersion(2)).await;
    let root = rig.caller("root");
    assert!(matches!(rig.projects.purge(&root, &p, NOW).await, Err(PurgeProjectError::StillActive)));
    rig.projects.delete(&root, "p", NOW, Vec::new()).await.unwrap();
    let gone = rig.projects.by_id(p.id).await.unwrap().unwrap();
    assert!(matches!(
        rig.projects.purge(&rig.caller("bob"), &gone, NOW).await,
        Err(PurgeProjectError::NotAdmin)
    ));
    rig.projects.purge(&root, &gone, NOW).await.unwrap();
    assert_eq!(rig.archives(), 1);
    assert_eq!(rig.unpacked_folders(), [format!("{}.1", q.id)]);
    assert!(rig.projects.archive(&gone, None).await.unwrap().is_none());
    assert!(rig.projects.archive(&q, None).await.unwrap().is_none_or(|archive| archive.path.is_file()));
    assert_eq!(rig.events(p.id).await[0], "root Purge Purged versions before 3");
    rig.projects.purge(&root, &gone, NOW).await.unwrap();

    let rig = rig.restart().await;
    assert!(rig.projects.model(p.id, ProjectVersion(1)).await.is_err());
    assert!(rig.projects.model(p.id, ProjectVersion(2)).await.is_ok(), "its execution can still be shown");
    assert!(rig.projects.model(q.id, ProjectVersion(1)).await.is_ok());
}

/// Stores an execution of a version.
async fn execute(store: &Store, project: ProjectId, version: ProjectVersion) {
    let submission = azkaban_store::Submission {
        project_version: version,
        status: azkaban_core::status::Status::Succeeded,
        submit_user: "ann".to_owned(),
        submitted_at: NOW,
        source: "adhoc".to_owned(),
        priority: 5,
        uuid: "u".to_owned(),
        options: Default::default(),
        flags: "{}".to_owned(),
        nodes: Vec::new(),
        audit: None,
    };
    store.execution_submit(project, "b", |_| Ok::<_, ()>(submission)).await.unwrap().unwrap();
}

#[tokio::test]
async fn overrides_replace_a_jobs_properties_for_one_version() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    rig.upload(
        &p,
        &[
            ("a.job", "type=noop\n"),
            ("b.job", "type=noop\ndependencies=a\n"),
            ("c.job", "type=noop\ndependencies=a\n"),
        ],
    )
    .await
    .unwrap();
    let p = rig.projects.by_name("p").unwrap();
    let ann = rig.caller("ann");
    let props = |value: &str| Props::from([("k".to_owned(), value.to_owned())]);
    let set = |flow, job, props| rig.projects.override_set(&ann, &p, flow, job, props, NOW);
    let get = |flow, job| rig.projects.override_get(p.id, p.version, flow, job);
    assert!(matches!(set("nope", "a", props("1")).await, Err(OverrideError::FlowNotFound)));
    assert!(matches!(set("b", "c", props("1")).await, Err(OverrideError::JobNotFound)));
    assert_eq!(get("b", "a").await.unwrap(), None);
    set("b", "a", props("1")).await.unwrap();
    assert_eq!(
        get("c", "a").await.unwrap(),
        Some(props("1")),
        "in Flow 1.0 the job is the same in all flows"
    );
    set("c", "a", props("2")).await.unwrap();
    assert_eq!(get("b", "a").await.unwrap(), Some(props("2")));
    set("b", "b", Props::new()).await.unwrap();
    assert_eq!(get("b", "b").await.unwrap(), Some(Props::new()), "an empty override is one");
    assert_eq!(rig.events(p.id).await[1], "ann PropertyOverride Modified Properties: [ k, 1-->2], ");

    rig.upload(
        &p,
        &[
            ("x.project", "azkaban-flow-version: 2.0\n"),
            ("f.flow", "nodes:\n  - name: a\n    type: noop\n"),
            ("g.flow", "nodes:\n  - name: a\n    type: noop\n"),
        ],
    )
    .await
    .unwrap();
    let p = rig.projects.by_name("p").unwrap();
    assert_eq!(rig.projects.override_get(p.id, p.version, "f", "a").await.unwrap(), None);
    rig.projects.override_set(&ann, &p, "f", "a", props("3"), NOW).await.unwrap();
    assert_eq!(rig.projects.override_get(p.id, p.version, "f", "a").await.unwrap(), Some(props("3")));
    assert_eq!(rig.projects.override_get(p.id, p.version, "g", "a").await.unwrap(), None);
}

#[tokio::test]
async fn locks_on_flows_outlive_uploads() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    rig.upload(&p, &[("a.job", "type=noop\n")]).await.unwrap();
    let (p, ann) = (rig.projects.by_name("p").unwrap(), rig.caller("ann"));
    assert!(matches!(
        rig.projects.flow_lock_set(&ann, &p, "nope", Some(None), NOW).await,
        Err(FlowLockError::FlowNotFound)
    ));
    rig.projects.flow_lock_set(&ann, &p, "a", Some(Some("closed".to_owned())), NOW).await.unwrap();
    rig.upload(&p, &[("a.job", "type=noop\n")]).await.unwrap();
    let lock = rig.projects.flow_lock_get(p.id, "a").unwrap();
    assert_eq!(lock.message.as_deref(), Some("closed"));
    rig.projects.flow_lock_set(&ann, &p, "a", None, NOW).await.unwrap();
    assert!(rig.projects.flow_lock_get(p.id, "a").is_none());
}

#[tokio::test]
async fn a_store_that_fails_is_our_fault() {
    let rig = Rig::new().await;
    let p = rig.create("ann", "p").await.unwrap();
    rig.projects.shared.store.close().await;
    assert!(matches!(rig.create("ann", "q").await, Err(CreateProjectError::Internal(_))));
    assert!(matches!(rig.upload(&p, &[("a.job", "type=noop\n")]).await, Err(UploadError::Internal(_))));
    assert!(matches!(rig.projects.shared.store.project_get(p.id).await, Err(Error::Closed)));
}

#[tokio::test]
async fn projects_of_the_whitelist_may_ask_for_any_memory() {
    let rig = Rig::with(|config| {
        let path = config.users_file.with_file_name("whitelist.xml");
        let text = "<ProjectWhitelist><MemoryCheck><project projectid='2'/></MemoryCheck></ProjectWhitelist>";
        std::fs::write(&path, text).unwrap();
        config.project_whitelist = Some(path);
    })
    .await;
    let greedy = [("a.job", "type=javaprocess\njava.class=A\nXmx=64G\n")];
    let (first, second) = (rig.create("ann", "p").await.unwrap(), rig.create("ann", "q").await.unwrap());
    assert!(matches!(rig.upload(&first, &greedy).await, Err(UploadError::Rejected(_))));
    assert_eq!(rig.upload(&second, &greedy).await.unwrap(), ProjectVersion(1));
}
