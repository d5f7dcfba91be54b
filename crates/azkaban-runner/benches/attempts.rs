//! What an attempt costs, against bare processes on the same run: `cargo bench -p azkaban-runner`, with
//! `-- output` for that part alone.

use std::path::{Path, PathBuf};
use std::process::{Command as Bare, ExitCode, Stdio};
use std::time::{Duration, Instant};

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath};
use azkaban_runner::{AttemptSpec, Command, LogLine, LogSpec, Outcome, Runner, RunnerConfig, RunnerEvent};
use tokio::sync::mpsc;

const SEQUENTIAL: usize = 2000;
const MANY: usize = 10_000;
const IN_FLIGHT: usize = 1000;
const OUTPUT: usize = 200_000_000;

fn main() -> ExitCode {
    if let Some(code) = azkaban_runner::supervisor_main(std::env::args_os()) {
        return code;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(measure(folder.path()));
    ExitCode::SUCCESS
}

async fn measure(folder: &Path) {
    let mut config = RunnerConfig::new(folder.join("run"));
    config.program = "/proc/self/exe".into();
    let started = Runner::start(config).await.expect("a runner");
    let mut bench =
        Bench { folder: folder.to_owned(), runner: started.runner, events: started.events, next: 0 };
    report_memory("idle pair", folder);
    let only_output = std::env::args().any(|argument| argument == "output");
    for round in 1..=if only_output { 0 } else { 3 } {
        println!("round {round}");
        sequential("bare", || {
            Bare::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).status().expect("true runs");
        });
        sequential("bare, captured", || {
            Bare::new("/bin/true").stdin(Stdio::null()).output().expect("true runs");
        });
        bench.sequential().await;
        bare_at_once();
        bench.many().await;
    }
    // The last acknowledgement is on its way.
    tokio::time::sleep(Duration::from_millis(200)).await;
    report_memory("pair afterwards", folder);
    let begun = Instant::now();
    let file = std::fs::File::create(folder.join("plain")).expect("a file");
    Bare::new("sh").args(["-c", &output_script()]).stdout(file).status().expect("sh runs");
    rate("bare, to a file", begun.elapsed());
    for (name, chunk) in [("output, rolling at 5 MB", Some(5 << 20)), ("output, one file", None)] {
        let begun = Instant::now();
        bench.output(chunk).await;
        rate(name, begun.elapsed());
    }
    report_memory("pair after output", folder);
    bench.runner.shutdown().await;
}

/// Lines of 100 bytes.
fn output_script() -> String {
    format!("yes {} | head -c {OUTPUT}", "x".repeat(99))
}

fn rate(name: &str, elapsed: Duration) {
    println!("{name:28} {:8.0} MB/s", OUTPUT as f64 / 1e6 / elapsed.as_secs_f64());
}

fn sequential(name: &str, mut one: impl FnMut()) {
    let times = (0..SEQUENTIAL).map(|_| {
        let begun = Instant::now();
        one();
        begun.elapsed()
    });
    report(name, times.collect());
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).expect("few");
    let (median, late) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{name:28} mean {mean:8.1?}  median {median:8.1?}  p99 {late:8.1?}");
}

/// Two threads that start and capture one process after another.
fn bare_at_once() {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..MANY / 4 {
                    Bare::new("/bin/true").stdin(Stdio::null()).output().expect("true runs");
                }
            });
        }
    });
    println!(
        "{:28} {:8.0} /s",
        "bare, captured, 2 threads",
        MANY as f64 / 2.0 / begun.elapsed().as_secs_f64()
    );
}

struct Bench {
    folder: PathBuf,
    runner: Runner,
    events: mpsc::Receiver<RunnerEvent>,
    next: i64,
}

impl Bench {
    fn spec(&mut self, argv: &[&str]) -> AttemptSpec {
        self.next += 1;
        let number = self.next;
        AttemptSpec {
            key: AttemptKey { execution: ExecutionId(number), node: NodePath::from("job"), attempt: 0 },
            job_type: "command".into(),
            job_id: "job".into(),
            opening_lines: vec![LogLine::info("Starting command job job at 1700000000000.")],
            setup_lines: vec![LogLine::info("cwd=/tmp"), LogLine::info("effective user is: azkaban")],
            success_lines: vec![LogLine::info("output properties file=/tmp/x")],
            commands: vec![Command {
                text: argv.join(" "),
                argv: argv.iter().map(|&arg| arg.into()).collect(),
            }],
            env: (0..30).map(|i| (format!("VARIABLE_{i}"), "a value of usual length".into())).collect(),
            environment_text: Some("{A=1, B=2}".into()),
            cwd: self.folder.clone(),
            log: LogSpec {
                path: self.folder.join("logs").join(format!("{number}.log")),
                layout: "%d{dd-MM-yyyy HH:mm:ss z} %c{1} %p - %m%n".into(),
                logger: "job".into(),
                time_zone: "America/Los_Angeles".into(),
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

    async fn end(&mut self) {
        loop {
            match self.events.recv().await.expect("the runner lives") {
                RunnerEvent::Started { .. } => {}
                RunnerEvent::Ended { key, end } => {
                    assert_eq!(end.outcome, Outcome::Succeeded);
                    return self.runner.acknowledge(&key);
                }
                RunnerEvent::Lost { key } => panic!("{key} was lost"),
            }
        }
    }

    async fn sequential(&mut self) {
        let mut times = Vec::new();
        for _ in 0..SEQUENTIAL {
            let spec = self.spec(&["/bin/true"]);
            let begun = Instant::now();
            self.runner.spawn(spec);
            self.end().await;
            times.push(begun.elapsed());
        }
        report("attempt: spawn() to Ended", times);
    }

    async fn many(&mut self) {
        let begun = Instant::now();
        let (mut sent, mut ended) = (0, 0);
        while ended < MANY {
            while sent < MANY && sent - ended < IN_FLIGHT {
                let spec = self.spec(&["/bin/true"]);
                self.runner.spawn(spec);
                sent += 1;
            }
            self.end().await;
            ended += 1;
        }
        println!("{:28} {:8.0} /s", "attempts, 1,000 in flight", MANY as f64 / begun.elapsed().as_secs_f64());
    }

    async fn output(&mut self, chunk_size: Option<u64>) {
        let mut spec = self.spec(&["/bin/sh", "-c", &output_script()]);
        spec.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
        spec.log.chunk_size = chunk_size;
        self.runner.spawn(spec);
        self.end().await;
    }
}

/// Memory of both processes of the supervisor: resident, and with what is shared counted once.
fn report_memory(name: &str, folder: &Path) {
    let place = folder.join("run").display().to_string();
    let (mut resident, mut proportional) = (0, 0);
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command);
        if command.contains("__supervise") && command.contains(&place) {
            let rollup = std::fs::read_to_string(entry.path().join("smaps_rollup")).unwrap_or_default();
            let field = |name: &str| -> u64 {
                let line = rollup.lines().find(|line| line.starts_with(name)).unwrap_or_default();
                line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
            };
            resident += field("Rss:");
            proportional += field("Pss:");
        }
    }
    println!("{name:28} {resident} KiB resident, {proportional} KiB proportional");
}
