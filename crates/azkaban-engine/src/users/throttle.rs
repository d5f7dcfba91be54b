//! Slows repeated wrong passwords for one name.
//!
//! After a few wrong passwords in a row for a name from an address, further attempts for that name from there are checked
//! one at a time, and each wrong one holds the next up for a pause that grows. A right password is let through without a
//! pause and clears the record. Who guesses elsewhere does not keep the user from logging in, hence the address. Names that
//! do not exist are treated alike. Memory is bounded: the records of what was tried least recently are forgotten.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Wrong passwords in a row that cost nothing.
const FREE_FAILURES: u32 = 5;
/// The pause after the first wrong password beyond these; doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Attempts for one name that may wait for their turn; more are refused unchecked.
const MAX_WAITING: usize = 32;
/// Names with addresses whose record is kept.
const MAX_RECORDS: usize = 4096;
/// The longest name that is kept as it is, in characters; a longer one is cut, as nobody has it.
const MAX_NAME: usize = 256;

/// The records of recent wrong passwords.
pub(super) struct Throttle {
    records: Mutex<LruCache<String, Record>>,
}

struct Record {
    failures: u32,
    /// Lets attempts in one by one, made when the free ones are used up.
    turn: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Leave to check one password.
pub(super) struct Turn {
    key: String,
    held: Option<OwnedSemaphorePermit>,
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self {
            records: Mutex::new(LruCache::new(NonZeroUsize::new(MAX_RECORDS).unwrap_or(NonZeroUsize::MIN))),
        }
    }

    fn records(&self) -> std::sync::MutexGuard<'_, LruCache<String, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a password for `name` from the address `ip` may be checked; `None` when too many wait already.
    pub(super) async fn enter(&self, name: &str, ip: &str) -> Option<Turn> {
        let key = key(name, ip);
        let queue = self
            .records()
            .get(&key)
            .filter(|record| record.failures > FREE_FAILURES)
            .map(|record| (record.turn.clone(), record.waiting.clone()));
        let held = match queue {
            None => None,
            Some((turn, waiting)) => {
                let _place = waiting.try_acquire_owned().ok()?;
                Some(turn.acquire_owned().await.ok()?)
            }
        };
        Some(Turn { key, held })
    }

    /// The password was right: the name's record is cleared.
    pub(super) fn succeeded(&self, turn: Turn) {
        self.records().pop(&turn.key);
    }

    /// The password was wrong: counts it, and pauses before the next attempt gets its turn.
    pub(super) async fn failed(&self, turn: Turn) {
        let failures = {
            let mut records = self.records();
            let record = records.get_or_insert_mut(turn.key.clone(), || Record {
                failures: 0,
                turn: Arc::new(Semaphore::new(1)),
                waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            });
            record.failures = record.failures.saturating_add(1);
            record.failures
        };
        if let Some(beyond) = failures.checked_sub(FREE_FAILURES + 1) {
            tokio::time::sleep(FIRST_PAUSE.saturating_mul(1 << beyond.min(16)).min(LONGEST_PAUSE)).await;
        }
        drop(turn.held);
    }
}

/// Addresses of one IPv6 network count as one: whoever has one of them has them all.
fn key(name: &str, ip: &str) -> String {
    let origin = match ip.parse() {
        Ok(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).to_string(),
        _ => ip.to_owned(),
    };
    format!("{origin} {}", name.chars().take(MAX_NAME).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    async fn fail(throttle: &Throttle, name: &str) -> Duration {
        fail_from(throttle, name, "10.0.0.1").await
    }

    async fn fail_from(throttle: &Throttle, name: &str, ip: &str) -> Duration {
        let start = Instant::now();
        let turn = throttle.enter(name, ip).await.expect("few wait");
        throttle.failed(turn).await;
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_grows_to_its_bound_and_a_right_password_ends_it() {
        let throttle = Throttle::new();
        for _ in 0..FREE_FAILURES {
            assert_eq!(fail(&throttle, "a").await, Duration::ZERO);
        }
        let pauses = [fail(&throttle, "a").await, fail(&throttle, "a").await, fail(&throttle, "a").await];
        assert!(
            pauses[0] >= FIRST_PAUSE && pauses[1] >= FIRST_PAUSE * 2 && pauses[2] >= FIRST_PAUSE * 4,
            "{pauses:?}"
        );
        for _ in 0..30 {
            assert!(fail(&throttle, "a").await <= LONGEST_PAUSE + Duration::from_millis(5));
        }
        assert_eq!(fail(&throttle, "b").await, Duration::ZERO, "other names are not slowed");
        let turn = throttle.enter("a", "10.0.0.1").await.expect("few wait");
        throttle.succeeded(turn);
        assert_eq!(fail(&throttle, "a").await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_in_parallel_wait_for_each_other_and_their_number_is_bounded() {
        let throttle = Arc::new(Throttle::new());
        for _ in 0..=FREE_FAILURES {
            fail(&throttle, "a").await;
        }
        let start = Instant::now();
        let guesses: Vec<_> = (0..MAX_WAITING + 20)
            .map(|_| {
                let throttle = throttle.clone();
                tokio::spawn(async move {
                    match throttle.enter("a", "10.0.0.1").await {
                        None => false,
                        Some(turn) => {
                            throttle.failed(turn).await;
                            true
                        }
                    }
                })
            })
            .collect();
        let mut checked = 0u32;
        for guess in guesses {
            checked += u32::from(guess.await.expect("no panic"));
        }
        assert!(checked <= MAX_WAITING as u32 + 1, "{checked} of them were checked");
        assert!(start.elapsed() >= FIRST_PAUSE * (checked - 1), "one after the other");
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_from_elsewhere_do_not_keep_the_user_out() {
        let throttle = Throttle::new();
        for _ in 0..30 {
            fail_from(&throttle, "a", "2001:db8::1").await;
        }
        assert_eq!(fail_from(&throttle, "a", "10.0.0.1").await, Duration::ZERO);
        assert_eq!(fail_from(&throttle, "a", "2001:db8:0:1::1").await, Duration::ZERO);
        let same_network = fail_from(&throttle, "a", "2001:db8::2").await;
        assert!(same_network >= LONGEST_PAUSE, "{same_network:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn names_without_number_take_bounded_memory() {
        let throttle = Throttle::new();
        for i in 0..MAX_RECORDS * 2 {
            fail(&throttle, &format!("name{i}")).await;
        }
        assert_eq!(throttle.records().len(), MAX_RECORDS);
    }
}
