//! A server in a temporary folder with an administrator and a user without rights.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use azkaban_engine::{ArchiveLimits, Engine};
use azkaban_runner::RunnerConfig;
use azkaban_server::Config;
use azkaban_store::{AuditFilter, Store};
use azkaban_testkit::{Client, Response, zip_of};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const USERS: &str = r#"<azkaban-users>
  <user username="azkaban" password="azkaban" roles="admin"/>
  <user username="alice" password="alice-pw"/>
  <role name="admin" permissions="ADMIN"/>
</azkaban-users>"#;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// What the server stores in.
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    folder: TempDir,
}

/// How to start a server.
pub(crate) struct Setup<'a> {
    /// The users file.
    pub(crate) users: &'a str,
    /// Changes the settings of the HTTP faces.
    pub(crate) server: fn(&mut Config),
    /// Changes the settings of the engine.
    pub(crate) engine: fn(&mut azkaban_engine::Config),
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(server: fn(&mut Config)) -> Self {
        Self::of(Setup { users: USERS, server, engine: |_| {} })
    }

    pub(crate) fn of(setup: Setup<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("users.xml"), setup.users).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut config = Config { form_limit: 100_000, multipart_limit: 500_000, ..Config::default() };
        (setup.server)(&mut config);
        let mut engine = engine_config(folder.path());
        (setup.engine)(&mut engine);
        let store = Store::open(&folder.path().join("azkaban.db")).unwrap();
        let (engine, listener) = runtime.block_on(async {
            let engine = Engine::start(engine, store.clone(), runner_config(folder.path())).await.unwrap();
            (engine, TcpListener::bind("127.0.0.1:0").await.unwrap())
        });
        let address = listener.local_addr().unwrap();
        runtime.spawn(azkaban_server::serve(engine, config, listener, std::future::pending()));
        Self { address, store, runtime, folder }
    }

    /// Replaces the users file by another, as an editor does.
    pub(crate) fn replace_users(&self, text: &str) {
        let (new, path) = (self.folder.path().join("users.new"), self.folder.path().join("users.xml"));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    /// The audit trail from the oldest entry on, as `USER ACTION OUTCOME`.
    pub(crate) fn audit(&self) -> Vec<String> {
        let read = self.store.audit_list(AuditFilter::default(), None, 10_000);
        let rows = self.runtime.block_on(read).unwrap();
        let told = rows.into_iter().rev().map(|row| row.entry);
        told.map(|entry| format!("{} {} {}", entry.user, entry.action, entry.outcome.name())).collect()
    }

    /// A client without a session.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// A client with a session by cookie.
    pub(crate) fn login(&self, user: &str, password: &str) -> Client {
        let mut client = self.anonymous();
        client.login(user, password);
        client
    }

    pub(crate) fn admin(&self) -> Client {
        self.login("azkaban", "azkaban")
    }

    /// Project `p` with flow `f`.
    pub(crate) fn project(&self, admin: &Client) {
        assert_eq!(admin.create_project("p")["status"], "success");
        let uploaded = admin.upload("p", &zip_of([("f.job", "type=noop\n")]));
        assert_eq!(uploaded["version"], "1", "{uploaded}");
    }
}

fn engine_config(folder: &Path) -> azkaban_engine::Config {
    azkaban_engine::Config {
        users_file: folder.join("users.xml"),
        max_sessions: 100,
        max_running_flows: 2,
        max_jobs_per_flow: 2,
        log_chunk_size: 1 << 20,
        log_backups: 1,
        kill_grace: Duration::from_secs(1),
        archive_limits: ArchiveLimits {
            max_archive_bytes: 400_000,
            max_unpacked_bytes: 1 << 20,
            max_entries: 100,
            max_ratio: 100,
            load: Default::default(),
        },
        ..azkaban_engine::Config::for_tests(folder)
    }
}

fn runner_config(folder: &Path) -> RunnerConfig {
    RunnerConfig::new(folder.join("run"))
}

/// A multipart body of fields and a file.
pub(crate) fn multipart(disposition: &str, fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--XX\r\nContent-Disposition: {disposition}; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!("--XX\r\nContent-Disposition: {disposition}; name=\"file\"; filename=\"p.zip\"\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(b"Content-Type: application/zip\r\n\r\n");
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--XX--\r\n");
    body
}

/// All values of a header.
pub(crate) fn headers<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
    response.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}
