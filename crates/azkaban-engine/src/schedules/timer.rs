//! The loop that waits for fires (execution-and-scheduling §4.5).
//!
//! It sleeps until the next one, but looks at the wall clock every second all the same, since that may jump. Jumping forward,
//! whatever has come due is late or missed, as the policy says. Jumping back, what was dealt with stays so: fires go on where
//! the clock passes the last of them. Never early, because a fire starts only when the clock has reached it; never twice,
//! because the store knows each one by its time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::fire::fire;
use crate::Engine;

/// Fires that are dealt with at once; two groups of commits, so that one gathers while the other is written.
const IN_FLIGHT: usize = 1024;
/// Longest time between two looks at the clock.
const LOOK: Duration = Duration::from_secs(1);
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
    while !engine.inner.executor.is_stopping() {
        // It is never closed.
        let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await else { break };
        let now = engine.now();
        let taken = schedules.queue().take_due(now);
        if let Some((schedule, revision)) = taken {
            let engine = engine.clone();
            tokio::spawn(async move {
                fire(&engine, schedule, revision).await;
                drop(permit);
            });
            continue;
        }
        drop(permit);
        let next = schedules.queue().next_wake();
        let wait = next.map_or(LOOK, |at| millis(at.0.saturating_sub(now.0)).min(LOOK));
        tokio::select! {
            () = sleep(wait) => {}
            () = schedules.changed.notified() => {}
        }
    }
    forgetting.abort();
}

fn millis(number: i64) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(0))
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
