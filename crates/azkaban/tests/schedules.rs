//! Schedules by a clock that the tests move: what fires, what is missed, what happens once.

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use azkaban_core::ids::ScheduleId;
use azkaban_core::options::{Concurrency, ExecutionOptions};
use azkaban_core::schedule::{Cron, MissedFires, Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_engine::{
    Caller, Clock, Config, Engine, FireRow, MailConfig, Project, PutSchedule, Schedule, ScheduleError, Upload,
};
use azkaban_runner::RunnerConfig;
use azkaban_store::Store;
use azkaban_testkit::{SmtpOptions, SmtpServer, zip_of};
use common::{LIMIT, program};
use jiff::tz::TimeZone;
use tempfile::TempDir;

const USERS: &str = r#"<azkaban-users><user username="ann" password="p" roles="admin"/>
<role name="admin" permissions="ADMIN"/></azkaban-users>"#;

/// 2026-03-02 00:00 UTC, a Monday.
const MONDAY: i64 = 1_772_409_600_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// An engine with a project `p` of the flows `f` and `g`, whose clock stands still unless it is moved.
struct Scene {
    folder: TempDir,
    now: Arc<AtomicI64>,
    mail: Option<MailConfig>,
    engine: Engine,
}

impl Scene {
    async fn new() -> Self {
        Self::with_mail(None).await
    }

    async fn with_mail(mail: Option<MailConfig>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("azkaban-users.xml"), USERS).unwrap();
        let now = Arc::new(AtomicI64::new(MONDAY));
        let engine = start(folder.path(), &now, mail.clone()).await;
        let scene = Self { folder, now, mail, engine };
        let caller = scene.caller().await;
        scene.engine.project_create(&caller, "p", "about p").await.unwrap();
        scene.upload(&[("f.job", "type=noop\n"), ("g.job", "type=noop\n")]).await;
        scene
    }

    /// Stops in order and starts again, `away` milliseconds later by its clock.
    async fn restart(self, away: i64) -> Self {
        self.engine.shutdown().await;
        let Self { folder, now, mail, engine } = self;
        drop(engine);
        now.fetch_add(away, Ordering::SeqCst);
        let engine = start(folder.path(), &now, mail.clone()).await;
        Self { folder, now, mail, engine }
    }

    async fn caller(&self) -> Caller {
        Caller {
            user: self.engine.authenticate("ann", "p", "127.0.0.1").await.unwrap(),
            ip: "127.0.0.1".to_owned(),
        }
    }

    fn project(&self) -> Arc<Project> {
        self.engine.project_by_name("p").unwrap()
    }

    async fn upload(&self, files: &[(&str, &str)]) {
        let mut archive = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        archive.write_all(&zip_of(files.iter().copied())).unwrap();
        let upload = Upload { file_name: "p.zip".to_owned(), archive, fix: true };
        self.engine.project_upload(&self.caller().await, &self.project(), upload).await.unwrap();
    }

    async fn put(&self, flow: &str, timing: Timing, missed: MissedFires) -> Result<Schedule, ScheduleError> {
        let options = ExecutionOptions {
            concurrency: Concurrency::Ignore { name: "ignore".to_owned(), level: None },
            ..ExecutionOptions::default()
        };
        let project = self.project();
        let put = PutSchedule {
            project_name: project.name.clone(),
            project,
            flow_id: flow.to_owned(),
            timing,
            missed,
            options,
            keeps_service_levels: false,
        };
        self.engine.schedule_put(&self.caller().await, put).await
    }

    fn set(&self, now: i64) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// Waits until the schedule's next fire lies after the clock's time, and nothing is due any more.
    async fn settle(&self, id: ScheduleId) {
        let now = self.now.load(Ordering::SeqCst);
        self.until("the fires to be dealt with", || {
            self.engine.schedule_get(id).is_none_or(|schedule| schedule.next_at.0 > now)
        })
        .await;
    }

    async fn until(&self, what: &str, mut there: impl FnMut() -> bool) {
        let begin = std::time::Instant::now();
        while !there() {
            assert!(begin.elapsed() < LIMIT, "waited for {what}: {:?}", self.engine.schedules_list());
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// The fires so far, oldest first, in minutes since the beginning; those that ran not are marked.
    async fn fires(&self, id: ScheduleId) -> Vec<String> {
        let mut rows = self.engine.schedule_fires(id, 1_000).await.unwrap();
        rows.reverse();
        for row in &rows {
            assert!(row.handled_at >= row.fire_at, "early: {row:?}");
        }
        let show = |row: &FireRow| {
            let mark = row.reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default();
            format!("{}{mark}", (row.fire_at.0 - MONDAY) / MINUTE)
        };
        rows.iter().map(show).collect()
    }

    /// Executions of a flow by what started them.
    async fn executions(&self, flow: &str) -> BTreeMap<String, usize> {
        let project = self.project().id;
        let (_, rows) = self.engine.executions_of_flow(project, flow, 0, 100).await.unwrap();
        let mut count = BTreeMap::new();
        for row in rows {
            let view = self.engine.execution_get(row.id).await.unwrap().unwrap();
            *count.entry(format!("{} of {}", view.source, row.submit_user)).or_default() += 1;
        }
        count
    }

    async fn events(&self) -> Vec<String> {
        let events = self.engine.project_events(self.project().id, 0, 100).await.unwrap();
        events.into_iter().map(|e| format!("{}: {}", e.user, e.message.unwrap_or_default())).collect()
    }
}

async fn start(folder: &Path, now: &Arc<AtomicI64>, mail: Option<MailConfig>) -> Engine {
    let store = Store::open(&folder.join("azkaban.db")).unwrap();
    let mut runner = RunnerConfig::new(folder.join("run"));
    runner.program = program();
    let now = Arc::clone(now);
    let clock = Clock::from_fn(move || UnixMillis(now.load(Ordering::SeqCst)));
    Engine::start_by(clock, Config { mail, ..Config::for_tests(folder) }, store, runner).await.unwrap()
}

fn cron(text: &str) -> Timing {
    Timing {
        recurrence: Recurrence::Cron(Box::new(Cron::parse(text).unwrap())),
        zone: TimeZone::UTC,
        first: UnixMillis(MONDAY),
        end: UnixMillis(i64::MAX),
    }
}

/// Once, at this time.
fn once(at: i64) -> Timing {
    Timing { recurrence: Recurrence::Once, first: UnixMillis(at), ..cron("0 0 0 ? * *") }
}

const EVERY_MINUTE: &str = "0 * * * * ?";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fire_submits_once_in_the_name_of_who_scheduled_it() {
    let scene = Scene::new().await;
    let id = scene.put("f", cron(EVERY_MINUTE), MissedFires::Skip).await.unwrap().id;
    assert_eq!(scene.fires(id).await, Vec::<String>::new(), "scheduling fires nothing");
    for minute in 1..=3 {
        scene.set(MONDAY + minute * MINUTE);
        scene.settle(id).await;
    }
    assert_eq!(scene.fires(id).await, ["1", "2", "3"]);
    assert_eq!(scene.executions("f").await, BTreeMap::from([("schedule of ann".to_owned(), 3)]));
    assert_eq!(scene.engine.schedule_get(id).unwrap().next_at.0, MONDAY + 4 * MINUTE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_forward_misses_by_policy_and_one_that_jumps_back_repeats_nothing() {
    let scene = Scene::new().await;
    let hourly = cron("0 0 * * * ?");
    let skip = scene.put("f", hourly.clone(), MissedFires::Skip).await.unwrap().id;
    let all = scene.put("g", hourly, MissedFires::All).await.unwrap().id;
    scene.set(MONDAY + HOUR);
    scene.settle(skip).await;
    scene.settle(all).await;
    scene.set(MONDAY + 4 * HOUR + 30 * MINUTE);
    scene.settle(skip).await;
    scene.settle(all).await;
    let (skipped, made_up) = (["60", "120 it was missed"], ["60", "120", "180", "240"]);
    assert_eq!(scene.fires(skip).await, skipped);
    assert_eq!(scene.fires(all).await, made_up);

    scene.set(MONDAY + 2 * HOUR);
    // Seen by the timer: what is scheduled now goes by the new time.
    scene.engine.schedule_pause(&scene.caller().await, skip).await.unwrap();
    let resumed = scene.engine.schedule_resume(&scene.caller().await, skip).await.unwrap();
    assert_eq!(resumed.next_at.0, MONDAY + 3 * HOUR);
    scene.set(MONDAY + 3 * HOUR);
    scene.settle(skip).await;
    assert_eq!(scene.fires(all).await, made_up, "the fire at 180 has been");
    scene.set(MONDAY + 5 * HOUR);
    scene.settle(all).await;
    scene.settle(skip).await;
    assert_eq!(scene.fires(all).await[4..], ["300"]);
    assert_eq!(scene.fires(skip).await, ["60", "120 it was missed", "180", "300"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_falls_due_while_the_server_is_away_goes_by_policy() {
    let mut scene = Scene::new().await;
    let hourly = || cron("0 0 * * * ?");
    for (policy, away, expected) in [
        (MissedFires::Skip, 3 * HOUR + 30 * MINUTE, &["60 it was missed"][..]),
        (MissedFires::Once, 3 * HOUR + 30 * MINUTE, &["60"]),
        (MissedFires::All, 3 * HOUR + 30 * MINUTE, &["60", "120", "180"]),
        // Away for less than a scan of Azkaban's: late, not missed.
        (MissedFires::Skip, HOUR, &["60"]),
    ] {
        scene.set(MONDAY + 30_000);
        let old = scene.put("f", hourly(), policy).await.unwrap();
        scene = scene.restart(away).await;
        assert_eq!(scene.engine.schedule_get(old.id).map(|s| s.id), Some(old.id));
        scene.settle(old.id).await;
        assert_eq!(scene.fires(old.id).await, expected, "{policy:?}");
        scene.engine.schedule_remove(&scene.caller().await, old.id).await.unwrap();
    }
    let single =
        scene.put("g", once(scene.now.load(Ordering::SeqCst) + MINUTE), MissedFires::Skip).await.unwrap();
    let scene = scene.restart(30 * HOUR).await;
    scene.settle(single.id).await;
    assert_eq!(scene.fires(single.id).await.len(), 1, "one that fires once does so late");
    assert_eq!(scene.engine.schedule_get(single.id), None, "and is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_ends_with_its_end_its_flow_and_its_project() {
    let scene = Scene::new().await;
    let ending = Timing { end: UnixMillis(MONDAY + 2 * MINUTE), ..cron(EVERY_MINUTE) };
    let id = scene.put("f", ending.clone(), MissedFires::All).await.unwrap().id;
    scene.set(MONDAY + 5 * MINUTE);
    scene.until("the end", || scene.engine.schedule_get(id).is_none()).await;
    assert_eq!(scene.fires(id).await, ["1", "2"]);
    let expired = format!(
        "azkaban: Schedule id {id} for p.f (1) to be run at (starting) 2026-03-02T00:00:00.000Z with CronExpression \
         {{{EVERY_MINUTE}}} and timezone UTC with expiration date 2026-03-02T00:02:00.000Z has expired and will be removed."
    );
    assert_eq!(scene.events().await[0], expired);
    assert!(matches!(scene.put("f", ending, MissedFires::Skip).await, Err(ScheduleError::NeverFires)));
    assert!(matches!(
        scene.put("nope", cron(EVERY_MINUTE), MissedFires::Skip).await,
        Err(ScheduleError::FlowNotFound)
    ));

    let f = scene.put("f", cron(EVERY_MINUTE), MissedFires::Skip).await.unwrap().id;
    let g = scene.put("g", cron(EVERY_MINUTE), MissedFires::Skip).await.unwrap().id;
    scene.upload(&[("g.job", "type=noop\n")]).await;
    assert_eq!(scene.engine.schedules_list().iter().map(|s| s.id).collect::<Vec<_>>(), [g]);
    let gone = "has been removed due to the flow has been removed or renamed during upload process.";
    let event = &scene.events().await[0];
    assert!(
        event.starts_with(&format!("azkaban: Schedule id {f} for p.f")) && event.ends_with(gone),
        "{event}"
    );

    let project = scene.project().id;
    scene.engine.project_delete(&scene.caller().await, "p").await.unwrap();
    assert_eq!(scene.engine.schedules_list(), []);
    let events = scene.engine.project_events(project, 0, 2).await.unwrap();
    assert_eq!(events[1].message.as_deref(), Some(&*format!("removing schedule due to project removed {g}")));
    let scene = scene.restart(0).await;
    assert_eq!(scene.engine.schedules_list(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_outlives_a_restart_and_a_locked_flow_passes_its_fires() {
    let scene = Scene::new().await;
    let id = scene.put("f", cron(EVERY_MINUTE), MissedFires::All).await.unwrap().id;
    let caller = scene.caller().await;
    scene.engine.schedule_pause(&caller, id).await.unwrap();
    let scene = scene.restart(2 * MINUTE).await;
    assert!(scene.engine.schedule_get(id).unwrap().paused);
    let resumed = scene.engine.schedule_resume(&caller, id).await.unwrap();
    assert_eq!((resumed.paused, resumed.next_at.0), (false, MONDAY + 3 * MINUTE));
    let project = scene.project();
    scene.engine.flow_lock(&caller, &project, "f", None).await.unwrap();
    scene.set(MONDAY + 3 * MINUTE);
    scene.settle(id).await;
    scene.engine.flow_unlock(&caller, &project, "f").await.unwrap();
    scene.set(MONDAY + 4 * MINUTE);
    scene.settle(id).await;
    assert_eq!(scene.fires(id).await, ["3 the flow is locked", "4"]);
    assert_eq!(
        scene.engine.schedule_get(id).unwrap().next_fires(UnixMillis(MONDAY), 2),
        [UnixMillis(MONDAY + MINUTE), UnixMillis(MONDAY + 2 * MINUTE)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_are_told_of_what_was_missed() {
    let server = SmtpServer::start(SmtpOptions::default());
    let mail = MailConfig {
        host: "127.0.0.1".to_owned(),
        port: server.address().port(),
        login: None,
        sender: "azkaban@example.com".to_owned(),
        tls: false,
        timeout: LIMIT,
        connection_timeout: LIMIT,
    };
    let scene = Scene::with_mail(Some(mail)).await;
    let owned = "type=noop\nfailure.emails=owner@example.com\n";
    scene.upload(&[("f.job", owned), ("g.job", "type=noop\n")]).await;
    let hourly = || cron("0 0 * * * ?");
    let owned = scene.put("f", hourly(), MissedFires::Skip).await.unwrap().id;
    let nobodys = scene.put("g", hourly(), MissedFires::Skip).await.unwrap().id;
    let scene = scene.restart(2 * HOUR + 30 * MINUTE).await;
    scene.settle(owned).await;
    scene.settle(nobodys).await;
    scene.until("the mail", || !server.mails().is_empty()).await;
    // A fire in time is none to tell of.
    scene.set(MONDAY + 3 * HOUR);
    scene.settle(owned).await;
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject(), "Missed Azkaban Schedule Notification");
    assert_eq!(mails[0].to, ["owner@example.com"]);
    let body = mails[0].body();
    let told = "the flow f in project p has scheduled the executions on 2026-03-02 01:00:00,2026-03-02 02:00:00 but failed";
    assert!(body.contains(told), "{body}");
}
