//! The real binary, in a folder of its own, on a free port of 127.0.0.1.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::client::Client;
use crate::processes::{ProcessInfo, kill, processes_naming};
use crate::wait::wait_for;

/// The first user's password in a [`TestServer`] without a users file of its own.
pub const PASSWORD: &str = "test-password";

/// Longest time that a start may take on a loaded machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How to start a server.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The program; else [`binary`] finds it.
    pub binary: Option<PathBuf>,
    /// Files of a configuration folder by name, passed with `--conf` if there are any.
    pub conf: Vec<(String, String)>,
    /// Further arguments behind `azkaban solo`.
    pub args: Vec<String>,
    /// Variables of the environment.
    pub env: Vec<(String, String)>,
    /// Lets the server choose the first user's password and print it, instead of [`PASSWORD`].
    pub generated_password: bool,
}

impl Options {
    /// Options with an `azkaban.properties` of these lines.
    pub fn with_properties(text: &str) -> Self {
        Self { conf: vec![("azkaban.properties".to_owned(), text.to_owned())], ..Self::default() }
    }
}

/// A running server. Dropping it kills it and everything that it started.
#[derive(Debug)]
pub struct TestServer {
    folder: TempDir,
    options: Options,
    child: Option<Child>,
    address: SocketAddr,
    session: Option<String>,
}

impl TestServer {
    /// Starts a server and waits until it listens.
    ///
    /// # Panics
    /// With the server's log if it does not start.
    pub fn start(options: Options) -> Self {
        let folder = tempfile::Builder::new().prefix("azkaban-test-").tempdir().expect("a temporary folder");
        for (name, text) in &options.conf {
            let path = folder.path().join("conf").join(name);
            fs::create_dir_all(folder.path().join("conf"))
                .and_then(|()| fs::write(path, text))
                .expect("configuration files");
        }
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { folder, options, child: None, address, session: None };
        server.start_again();
        server
    }

    /// Starts the program again on the same folder, after [`TestServer::kill`] or [`TestServer::terminate`].
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&mut self) {
        self.start_unawaited();
        let mark = self.data().join("listen.addr");
        self.address = wait_for("the server to listen", START_LIMIT, || {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok()).flatten() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            let text = fs::read_to_string(&mark).map_err(|error| format!("{error}\n{}", self.log()))?;
            text.trim().parse().map_err(|_| format!("{text:?}"))
        });
    }

    /// As [`TestServer::start_again`], without waiting until it listens; good for nothing but to be killed.
    ///
    /// # Panics
    /// If the program cannot be run.
    pub fn start_unawaited(&mut self) {
        assert!(self.child.is_none(), "the server runs already");
        let _ = fs::remove_file(self.data().join("listen.addr"));
        self.child = Some(self.spawn());
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.log_file()).expect("a log file");
        let mut command = Command::new(self.options.binary.clone().unwrap_or_else(binary));
        command.arg("solo").arg("--data").arg(self.data());
        command.args(["--listen", "127.0.0.1:0"]);
        if !self.options.generated_password {
            command.args(["--admin-password", PASSWORD]);
        }
        if !self.options.conf.is_empty() {
            command.arg("--conf").arg(self.folder.path().join("conf"));
        }
        command.args(&self.options.args).envs(self.options.env.iter().map(|(k, v)| (k, v)));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a second handle")).stderr(log);
        command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program()))
    }

    /// The folder that everything of this server is in; also its working directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where it listens; another port after every start.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's process id.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// What the server printed since the first start.
    pub fn log(&self) -> String {
        fs::read(self.log_file())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// A client without a session.
    pub fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// A client in the session of the first user, who logs in once in the life of this value, so that later clients
    /// show that sessions survive.
    pub fn client(&mut self) -> Client {
        let mut client = Client::new(self.address).with_session(self.session.clone());
        if self.session.is_none() {
            client.login("azkaban", PASSWORD);
            self.session = client.session().map(str::to_owned);
        }
        client
    }

    /// Kills the server with SIGKILL and collects it.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("the server is ours");
        child.wait().expect("the server is ours");
    }

    /// Asks the server to stop by SIGTERM, and returns how it ended.
    ///
    /// # Panics
    /// If it still runs after `limit`.
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        kill("TERM", child.id());
        let status = wait_for("the server to end", limit, || {
            child.try_wait().ok().flatten().ok_or_else(|| format!("it runs:\n{}", self.log()))
        });
        let _ = child.wait();
        status
    }

    /// The processes that supervise this server's jobs, in the order of their ids.
    pub fn supervisors(&self) -> Vec<ProcessInfo> {
        let own = self.child.as_ref().map(Child::id);
        let program = self.options.binary.clone().unwrap_or_else(binary);
        let mut found = processes_naming(&self.data());
        found.retain(|process| {
            let image = fs::read_link(format!("/proc/{}/exe", process.pid)).ok();
            Some(process.pid) != own
                && image.is_some_and(|image| fs::canonicalize(&program).is_ok_and(|p| p == image))
        });
        found
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        for process in processes_naming(self.folder.path()) {
            kill("KILL", process.pid);
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// The program beside the running test: `AZKABAN_BINARY`, else `azkaban` in the folder of cargo's output.
///
/// # Panics
/// If it is not built.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("AZKABAN_BINARY") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a test knows its program");
    let found =
        test.ancestors().skip(1).take(3).map(|folder| folder.join("azkaban")).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("no azkaban beside {}: build it with `cargo build -p azkaban`", test.display())
    })
}
