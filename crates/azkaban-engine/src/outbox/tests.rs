use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// What a sender of these tests does with an item is the item's own text: `ok`, `again` (fails twice, then is sent),
/// `never`, `panic` (once), `half` (the rest is `ok`), `slow` (until the test lets it go).
struct Script {
    seen: Arc<Mutex<Vec<String>>>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
    gate: Arc<tokio::sync::Semaphore>,
}

impl Sender for Script {
    const CHANNEL: OutboxChannel = OutboxChannel::Mail;
    const RETRY: RetryRule = RetryRule {
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(20),
        max_tries: 5,
        max_age: Duration::from_secs(3600),
    };

    fn at_once(&self) -> usize {
        3
    }

    async fn send(&self, row: &OutboxRow, _now: UnixMillis) -> Outcome {
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let text: String = serde_json::from_str(&row.payload).unwrap();
        self.seen.lock().unwrap().push(format!("{text} {}", row.tries));
        let outcome = match text.as_str() {
            "again" if row.tries < 2 => Outcome::Again("not yet".to_owned()),
            "hopeless" => Outcome::Again("not yet".to_owned()),
            "never" => Outcome::Never("no".to_owned()),
            "half" => Outcome::Done { rest: Some("\"ok\"".to_owned()) },
            "panic" if row.tries == 0 => {
                self.at_once.fetch_sub(1, Ordering::SeqCst);
                panic!("on purpose")
            }
            "slow" => {
                self.gate.acquire().await.unwrap().forget();
                Outcome::Done { rest: None }
            }
            _ => Outcome::Done { rest: None },
        };
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
}

struct Scene {
    _folder: tempfile::TempDir,
    store: Store,
    outbox: Outbox,
    script: Script,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("azkaban.db")).unwrap();
        Self { _folder: folder, store, outbox: Outbox::new(), script: Script::new() }
    }

    async fn put(&self, texts: &[&str]) {
        let now = clock::now();
        let item = |text: &&str| {
            let payload = serde_json::to_string(text).unwrap();
            Change::OutboxInsert(NewOutboxItem {
                channel: OutboxChannel::Mail,
                payload,
                created_at: now,
                due_at: now,
            })
        };
        self.store.commit(texts.iter().map(item).collect()).await.unwrap();
        self.outbox.wake(OutboxChannel::Mail);
    }

    fn start(&self) {
        self.outbox.start(self.store.clone(), self.script.clone());
    }

    fn seen(&self) -> Vec<String> {
        let mut seen = self.script.seen.lock().unwrap().clone();
        seen.sort();
        seen
    }

    /// Waits until nothing is left to send.
    async fn wait_until_empty(&self) {
        let forever = UnixMillis(i64::MAX);
        for _ in 0..3000 {
            if self.store.outbox_due_list(OutboxChannel::Mail, forever, 1).await.unwrap().is_empty() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("something is left; seen: {:?}", self.seen());
    }
}

impl Script {
    fn new() -> Self {
        Self {
            seen: Arc::default(),
            at_once: Arc::default(),
            most_at_once: Arc::default(),
            gate: Arc::new(tokio::sync::Semaphore::new(0)),
        }
    }

    fn clone(&self) -> Self {
        Self {
            seen: Arc::clone(&self.seen),
            at_once: Arc::clone(&self.at_once),
            most_at_once: Arc::clone(&self.most_at_once),
            gate: Arc::clone(&self.gate),
        }
    }
}

#[tokio::test]
async fn everything_is_sent_once_or_tried_again_or_given_up() {
    let scene = Scene::new();
    scene.put(&["ok", "again", "never", "half", "panic", "hopeless"]).await;
    scene.start();
    scene.wait_until_empty().await;
    let expected = [
        "again 0",
        "again 1",
        "again 2",
        "half 0",
        "hopeless 0",
        "hopeless 1",
        "hopeless 2",
        "hopeless 3",
        "hopeless 4",
        "never 0",
        "ok 0",
        "ok 0",
        "panic 0",
        "panic 1",
    ];
    assert_eq!(scene.seen(), expected);
}

#[tokio::test]
async fn what_comes_later_is_sent_at_once_and_only_so_many_together() {
    let scene = Scene::new();
    scene.start();
    scene.put(&["slow"; 10]).await;
    for _ in 0..3000 {
        if scene.seen().len() == 3 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(scene.seen().len(), 3, "three are under way, the others wait");
    scene.script.gate.add_permits(10);
    scene.wait_until_empty().await;
    assert_eq!(scene.seen().len(), 10, "each once");
    assert_eq!(scene.script.most_at_once.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_stop_waits_for_what_is_on_its_way_and_begins_no_more() {
    let scene = Scene::new();
    scene.put(&["slow", "slow", "slow", "ok"]).await;
    scene.start();
    while scene.seen().len() < 3 {
        sleep(Duration::from_millis(10)).await;
    }
    let gate = Arc::clone(&scene.script.gate);
    let (stopped, ()) = tokio::join!(scene.outbox.stop(Duration::from_secs(30)), async {
        sleep(Duration::from_millis(20)).await;
        gate.add_permits(3);
    });
    let () = stopped;
    let left = scene.store.outbox_due_list(OutboxChannel::Mail, UnixMillis(i64::MAX), 10).await.unwrap();
    assert_eq!(left.len(), 1, "the three are noted as sent, the fourth is for the next start");
    assert_eq!(left[0].payload, "\"ok\"");
}

#[test]
fn pauses_double_up_to_a_longest_one_and_end() {
    let rule = RetryRule {
        first_pause: Duration::from_secs(5),
        longest_pause: Duration::from_secs(60),
        max_tries: 100,
        max_age: Duration::from_secs(1000),
    };
    let check = |tries: u32, age: u64, expected: Option<u64>| {
        assert_eq!(rule.pause(tries, Duration::from_secs(age)).map(|pause| pause.as_secs()), expected);
    };
    check(1, 0, Some(5));
    check(2, 5, Some(10));
    check(4, 50, Some(40));
    check(5, 100, Some(60));
    check(99, 999, Some(60));
    check(100, 0, None);
    check(1, 1000, None);
}
