//! Forgetting what is too old.

use std::time::Duration;

use azkaban_core::time::UnixMillis;
use azkaban_store::{Error, Store};
use tokio::time::sleep;

use crate::clock;

/// How often old entries are looked for.
const EVERY: Duration = Duration::from_secs(3600);
/// Entries that one step looks at; a step holds up other writes for some milliseconds.
const STEP: u32 = 500;
/// Between steps, so that other writes come first.
const PAUSE: Duration = Duration::from_millis(20);

/// Deletes entries older than `age` for as long as the store is open.
pub(crate) async fn keep_bounded(store: Store, age: Duration) {
    loop {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        match prune(&store, UnixMillis(clock::now().0.saturating_sub(age))).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "old entries of the audit trail are gone"),
            Err(Error::Closed) => return,
            Err(error) => tracing::warn!(%error, "old entries of the audit trail could not be deleted"),
        }
        sleep(EVERY).await;
    }
}

async fn prune(store: &Store, before: UnixMillis) -> Result<usize, Error> {
    let mut gone = 0;
    loop {
        match store.audit_prune(before, STEP).await? {
            0 => return Ok(gone),
            count => gone += count,
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Action, done};
    use azkaban_store::{AuditFilter, Change};

    #[tokio::test]
    async fn only_entries_of_the_last_time_stay() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("azkaban.db")).unwrap();
        let at = |time| Change::AuditInsert(done("ann", "ip", Action::Logout, UnixMillis(time)));
        store.commit((0..1_200).map(at).collect()).await.unwrap();
        assert_eq!(prune(&store, UnixMillis(1_100)).await, Ok(1_100));
        let left = store.audit_list(AuditFilter::default(), None, 2_000).await.unwrap();
        assert_eq!((left.len(), left[99].entry.at), (100, UnixMillis(1_100)));
        store.close().await;
        keep_bounded(store, EVERY).await;
    }
}
