//! How late schedules fire: 10,000 on the same second among 100,000, and how long a start with so many takes:
//! `cargo bench -p azkaban-engine --bench schedules`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use azkaban_core::ids::ProjectId;
use azkaban_core::options::ExecutionOptions;
use azkaban_core::schedule::MissedFires;
use azkaban_core::time::UnixMillis;
use azkaban_engine::{Caller, Config, Engine, Upload};
use azkaban_runner::RunnerConfig;
use azkaban_store::{NewSchedule, ScheduleDefinition, Store};
use tokio::task::JoinSet;

const ALL: usize = 100_000;
const DUE: usize = 10_000;
const PROJECTS: usize = 20;
/// From the start of the second engine to the fires.
const AHEAD: Duration = Duration::from_secs(12);
/// What is promised.
const MOST_LATE: Duration = Duration::from_millis(500);
const LONGEST_START: Duration = Duration::from_secs(2);

const USERS: &str = r#"<azkaban-users><user username="ann" password="p" roles="admin"/>
<role name="admin" permissions="ADMIN"/></azkaban-users>"#;

fn main() -> ExitCode {
    if let Some(code) = azkaban_runner::supervisor_main(std::env::args_os()) {
        return code;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let kept = runtime.block_on(measure(folder.path()));
    runtime.shutdown_background();
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(folder: &Path) -> bool {
    std::fs::write(folder.join("azkaban-users.xml"), USERS).expect("a users file");
    let engine = start(folder).await;
    let projects = projects(folder, &engine).await;
    engine.shutdown().await;
    drop(engine);

    let store = open(folder);
    let begun = Instant::now();
    let far = now() + 30 * 24 * 3_600_000;
    let waiting = (DUE..ALL).map(|number| (number, far));
    put(&store, &projects, waiting).await;
    let due = now() / 1000 * 1000 + i64::try_from(AHEAD.as_millis()).expect("a short time");
    put(&store, &projects, (0..DUE).map(|number| (number, due))).await;
    println!("{ALL} schedules stored in {:.1?}", begun.elapsed());
    store.close().await;
    drop(store);

    let begun = Instant::now();
    let engine = start(folder).await;
    let started = begun.elapsed();
    println!("start with {} schedules: {started:.2?}", engine.schedules_count());
    assert!(now() < due, "too slow to be ready in time");

    let mut lateness = Vec::with_capacity(DUE);
    while lateness.len() < DUE {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let stored = usize::try_from(engine.figures().fire_lag.count()).unwrap_or(usize::MAX).min(DUE);
        // When the look that found it was made: a little later than it was stored.
        let late = now() - due;
        assert!(late < 60_000, "only {} of {DUE} have fired", lateness.len());
        lateness.resize(stored, late);
    }
    println!(
        "{DUE} on one second, from the second until the execution is stored: half {} ms, p99 {} ms, last {} ms",
        lateness[DUE / 2],
        lateness[DUE * 99 / 100],
        lateness[DUE - 1]
    );
    let p99 = Duration::from_millis(u64::try_from(lateness[DUE * 99 / 100]).expect("never early"));
    p99 <= MOST_LATE && started <= LONGEST_START
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_millis()).expect("a clock of this age")
}

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("azkaban.db")).expect("a database")
}

async fn start(folder: &Path) -> Engine {
    let mut runner = RunnerConfig::new(folder.join("run"));
    runner.program = "/proc/self/exe".into();
    Engine::start(Config::for_tests(folder), open(folder), runner).await.expect("an engine")
}

/// Projects with the flows that fire, evenly.
async fn projects(folder: &Path, engine: &Engine) -> Vec<ProjectId> {
    let user = engine.authenticate("ann", "p", "127.0.0.1").await.expect("a user");
    let caller = Caller { user, ip: "127.0.0.1".to_owned() };
    let mut made = Vec::new();
    for number in 0..PROJECTS {
        let project = engine.project_create(&caller, &format!("p{number}"), "d").await.expect("a project");
        let mut archive = tempfile::NamedTempFile::new_in(folder).expect("a file");
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for flow in (number..DUE).step_by(PROJECTS) {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("f{flow}.job"), options).expect("a zip in memory");
            zip.write_all(b"type=noop\n").expect("a zip in memory");
        }
        archive.write_all(&zip.finish().expect("a zip in memory").into_inner()).expect("a file");
        let upload = Upload { file_name: "p.zip".to_owned(), archive, fix: true };
        engine.project_upload(&caller, &project, upload).await.expect("a version");
        made.push(project.id);
    }
    made
}

/// Stores schedules, each with its next fire, many at a time.
async fn put(store: &Store, projects: &[ProjectId], schedules: impl Iterator<Item = (usize, i64)>) {
    let options = Arc::new(ExecutionOptions::default());
    let mut writing = JoinSet::new();
    for (number, next_at) in schedules {
        let second = next_at / 1000 % 86_400;
        let cron = format!("{} {} {} * * ?", second % 60, second / 60 % 60, second / 3600);
        let new = NewSchedule {
            project: projects[number % PROJECTS],
            flow: format!("f{number}"),
            next_at: UnixMillis(next_at),
            definition: ScheduleDefinition {
                project_name: format!("p{}", number % PROJECTS),
                cron: Some(cron),
                period: None,
                zone: Some("America/Los_Angeles".to_owned()),
                first_at: UnixMillis(0),
                end_at: UnixMillis(i64::MAX),
                missed: MissedFires::Skip,
                submit_user: "ann".to_owned(),
                submitted_at: UnixMillis(0),
            },
            options: Arc::clone(&options),
        };
        let store = store.clone();
        writing.spawn(async move { store.schedule_put(new, |_| Vec::new()).await.expect("a schedule") });
        if writing.len() >= 2_000 {
            writing.join_next().await;
        }
    }
    writing.join_all().await;
}
