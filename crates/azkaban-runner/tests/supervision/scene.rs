//! A runner in a temporary folder, what it said, and the processes behind it.

use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath};
use azkaban_runner::{
    AttemptEnd, AttemptSpec, Command, Exit, LogFiles, LogLine, LogSpec, Outcome, Runner, RunnerConfig,
    RunnerEvent, Started,
};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// How long anything may take that should come at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Runs an asynchronous test.
pub(crate) fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

pub(crate) struct Scene {
    pub(crate) folder: PathBuf,
    pub(crate) runner: Runner,
    events: mpsc::Receiver<RunnerEvent>,
    pub(crate) started: HashMap<AttemptKey, i32>,
    pub(crate) ends: HashMap<AttemptKey, AttemptEnd>,
    pub(crate) lost: Vec<AttemptKey>,
    /// Whether ends are acknowledged as they come.
    pub(crate) acknowledges: bool,
    next: i64,
    _temporary: TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with_linger(linger: Duration) -> Self {
        Self::with(|config| config.output_linger = linger).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut RunnerConfig)) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().to_owned();
        let mut config = config(&folder);
        change(&mut config);
        let Started { runner, events, found, lost } = Runner::start(config).await.unwrap();
        assert!(found.is_empty() && lost.names().next().is_none());
        let (started, ends) = (HashMap::new(), HashMap::new());
        Self {
            folder,
            runner,
            events,
            started,
            ends,
            lost: Vec::new(),
            acknowledges: true,
            next: 0,
            _temporary: temporary,
        }
    }

    /// An attempt whose commands are scripts of the shell.
    pub(crate) fn scripts(&mut self, scripts: &[&str]) -> AttemptSpec {
        self.next += 1;
        let mut spec = spec(&self.folder, self.next);
        spec.commands = scripts.iter().map(|script| shell(script)).collect();
        spec
    }

    pub(crate) fn script(&mut self, script: &str) -> AttemptSpec {
        self.scripts(&[script])
    }

    pub(crate) fn program(&mut self, argv: &[&str]) -> AttemptSpec {
        let mut spec = self.scripts(&[]);
        spec.commands =
            vec![Command { text: argv.join(" "), argv: argv.iter().map(|&arg| arg.into()).collect() }];
        spec
    }

    /// Runs an attempt to its end.
    pub(crate) async fn run(&mut self, spec: AttemptSpec) -> AttemptEnd {
        let key = spec.key.clone();
        self.runner.spawn(spec);
        self.end_of(&key).await
    }

    /// Runs an attempt that is of no interest, which makes sure that there is a supervisor that takes attempts.
    pub(crate) async fn run_one(&mut self) {
        let spec = self.program(&["/bin/true"]);
        assert_eq!(self.run(spec).await.outcome, Outcome::Succeeded);
    }

    pub(crate) async fn end_of(&mut self, key: &AttemptKey) -> AttemptEnd {
        self.until(|scene| scene.ends.contains_key(key)).await;
        self.ends[key].clone()
    }

    /// Takes events until something holds. Each is told once.
    pub(crate) async fn until(&mut self, holds: impl Fn(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !holds(self) {
            let event = tokio::time::timeout_at(deadline, self.events.recv()).await;
            match event.expect("nothing happened for too long").expect("the runner lives") {
                RunnerEvent::Started { key, pid, .. } => {
                    assert_eq!(self.started.insert(key.clone(), pid), None, "{key} started twice");
                }
                RunnerEvent::Ended { key, end } => {
                    if self.acknowledges {
                        self.runner.acknowledge(&key);
                    }
                    assert_eq!(self.ends.insert(key.clone(), end), None, "{key} ended twice");
                }
                RunnerEvent::Lost { key } => self.lost.push(key),
            }
        }
    }

    /// The lines of a log, laid out as `%m%n`.
    pub(crate) fn lines(&self, spec: &AttemptSpec) -> Vec<String> {
        log_lines(&spec.log.path)
    }

    /// Open descriptors of the one supervisor there is.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pair().worker)).unwrap().count()
    }

    /// The supervisors: keeper and worker of each.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        pairs(&self.folder)
    }

    /// The whole supervisor of a name.
    pub(crate) fn pair_named(&self, name: &str) -> Pair {
        let ending = format!("/{name}");
        let pairs = self.pairs();
        *pairs
            .iter()
            .find(|pair| folder_of(pair.worker).is_some_and(|folder| folder.ends_with(&ending)))
            .unwrap()
    }

    /// The one supervisor there is.
    pub(crate) fn pair(&self) -> Pair {
        let pairs = self.pairs();
        assert_eq!(pairs.len(), 1);
        pairs[0]
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        supervisors(&self.folder).into_iter().for_each(|process| kill(process.pid));
    }
}

pub(crate) fn config(folder: &Path) -> RunnerConfig {
    let mut config = RunnerConfig::new(folder.join("run"));
    config.program = std::env::current_exe().unwrap();
    config
}

pub(crate) fn spec(folder: &Path, number: i64) -> AttemptSpec {
    AttemptSpec {
        key: AttemptKey { execution: ExecutionId(number), node: NodePath::from("job"), attempt: 0 },
        job_type: "command".into(),
        job_id: "job".into(),
        opening_lines: vec![LogLine::info("opening")],
        setup_lines: vec![LogLine::info("setup")],
        success_lines: vec![LogLine::info("success")],
        commands: Vec::new(),
        env: vec![
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("WHERE".into(), folder.display().to_string()),
        ],
        environment_text: None,
        cwd: folder.to_owned(),
        log: LogSpec {
            path: folder.join("logs").join(format!("{number}.log")),
            layout: "%m%n".into(),
            logger: "job".into(),
            time_zone: "UTC".into(),
            chunk_size: Some(5 << 20),
            backups: 4,
        },
        succeed_on_failure: false,
        stop_grace: Duration::from_secs(30),
        failure_cleanup: Vec::new(),
        run_as: None,
        memory: None,
    }
}

pub(crate) fn shell(script: &str) -> Command {
    Command { text: script.into(), argv: vec!["/bin/sh".into(), "-c".into(), script.into()] }
}

pub(crate) fn log_lines(path: &Path) -> Vec<String> {
    let log = LogFiles::open(path).unwrap().unwrap_or_else(|| panic!("no log {}", path.display()));
    let bytes = log.read(0, usize::MAX).unwrap();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

/// Waits for something that is not told as an event.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) fn failed(end: &AttemptEnd, reason: &str, exit: Option<Exit>) {
    assert_eq!((&end.outcome, end.exit), (&Outcome::Failed { reason: reason.into() }, exit));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) keeper: i32,
    pub(crate) worker: i32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    parent: i32,
}

/// Whole supervisors of a scene: the worker is the keeper's child.
pub(crate) fn pairs(folder: &Path) -> Vec<Pair> {
    let all = supervisors(folder);
    let whole = |worker: &Process| all.iter().any(|keeper| keeper.pid == worker.parent);
    all.iter().filter(|w| whole(w)).map(|w| Pair { keeper: w.parent, worker: w.pid }).collect()
}

/// Living processes that supervise in this folder.
pub(crate) fn supervisors(folder: &Path) -> Vec<Process> {
    let place = format!("{}/", folder.join("run").display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut words = command.split(|byte| *byte == 0);
        let is_ours = words.nth(1) == Some(b"__supervise")
            && words.next().is_some_and(|word| word.starts_with(place.as_bytes()));
        let Some(parent) = stat(pid).and_then(|stat| stat[1].parse().ok()).filter(|_| is_ours) else {
            continue;
        };
        found.push(Process { pid, parent });
    }
    found
}

/// The folder of a supervisor.
fn folder_of(pid: i32) -> Option<String> {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    String::from_utf8(command.split(|byte| *byte == 0).nth(2)?.to_vec()).ok()
}

/// The fields of `/proc/PID/stat` behind the name: state, parent, …; `None` for a process that is gone or a zombie.
pub(crate) fn stat(pid: i32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<String> = text.rsplit(')').next()?.split_whitespace().map(str::to_owned).collect();
    (fields[0] != "Z").then_some(fields)
}

/// Hundredths of a second that a process has used.
pub(crate) fn ticks(pid: i32) -> u64 {
    let fields = stat(pid).unwrap();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Resident memory of a process that is its own or shared, in KiB.
pub(crate) fn resident(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Ends a process that this test has started.
pub(crate) fn kill(pid: i32) {
    signal(pid, libc::SIGKILL);
}

pub(crate) fn signal(pid: i32, signal: i32) {
    // SAFETY: plain system call on numbers.
    unsafe { libc::kill(pid, signal) };
}

/// Numbers that look random, the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    /// Numbers of a test; `SEED` in the environment makes them others.
    pub(crate) fn new(seed: u64) -> Self {
        let other: u64 = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_default();
        Self(seed ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
