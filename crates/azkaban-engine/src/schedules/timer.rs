//! The loop that waits for fires (execution-and-scheduling §4.5).
//!
//! It sleeps until the next one by the clock on the wall, and wakes when that is set, since it may jump. Jumping forward,
//! whatever has come due is late or missed, as the policy says. Jumping back, what was dealt with stays so: fires go on where
//! the clock passes the last of them. Never early, because a fire starts only when the clock has reached it; never twice,
//! because the store knows each one by its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::fire::fire;
use crate::Engine;

/// Fires that are dealt with at once; two groups of commits, so that one gathers while the other is written.
const IN_FLIGHT: usize = 1024;
/// Fires that are dealt with at once from which there is a rush: then they go before the start of executions, which
/// would take the machine from those whose time has come …
const RUSH: usize = 64;
/// … but not for longer than this.
const LONGEST_RUSH: Duration = Duration::from_millis(500);
/// Fires are remembered so long: a clock that was wrong by more could make one happen twice.
const KEPT_MILLIS: i64 = 3 * 24 * 3_600_000;
/// Time between two rounds of forgetting old ones …
const FORGET: Duration = Duration::from_secs(60);
/// … so many at a time, so that others can write in between.
const FORGET_STEP: u32 = 500;

/// Fires schedules until the engine stops.
pub(crate) async fn run(engine: Engine) {
    let forgetting = tokio::spawn(forget(engine.clone()));
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
    let schedules = &engine.inner.schedules;
    let mut rush = Rush::Calm;
    while !engine.inner.executor.is_stopping() {
        // It is never closed.
        let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await else { break };
        rush = rush.next(&engine, IN_FLIGHT - in_flight.available_permits() - 1);
        let now = engine.now();
        let taken = schedules.queue().take_due(now);
        if let Some((schedule, revision)) = taken {
            let engine = engine.clone();
            tokio::spawn(async move {
                fire(&engine, schedule, revision).await;
                drop(permit);
                engine.inner.schedules.wake();
            });
            continue;
        }
        drop(permit);
        let next = schedules.queue().next_wake();
        tokio::select! {
            () = engine.inner.clock.wait(next) => {}
            () = schedules.changed.notified() => {}
        }
    }
    forgetting.abort();
}

/// Whether executions wait for fires.
enum Rush {
    Calm,
    /// They do.
    Holding {
        /// Since when.
        since: Instant,
        /// Ends it.
        _hold: Hold,
    },
    /// They have waited long enough.
    Over,
}

impl Rush {
    fn next(self, engine: &Engine, in_flight: usize) -> Self {
        match self {
            Rush::Calm if in_flight >= RUSH => {
                engine.inner.executor.hold();
                Rush::Holding { since: Instant::now(), _hold: Hold(engine.clone()) }
            }
            Rush::Holding { since, .. } if since.elapsed() > LONGEST_RUSH => Rush::Over,
            Rush::Holding { .. } | Rush::Over if in_flight == 0 => Rush::Calm,
            same => same,
        }
    }
}

/// Lets executions start again when it is dropped.
struct Hold(Engine);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.inner.executor.release();
    }
}

/// Deletes old fires in small steps.
async fn forget(engine: Engine) {
    loop {
        let before = engine.now().plus(-KEPT_MILLIS);
        match engine.inner.store.schedule_fires_prune(before, FORGET_STEP).await {
            Ok(deleted) if deleted == FORGET_STEP as usize => sleep(Duration::from_millis(20)).await,
            Ok(_) => sleep(FORGET).await,
            Err(error) => {
                tracing::warn!(%error, "old fires of schedules are not deleted");
                sleep(FORGET).await;
            }
        }
    }
}
