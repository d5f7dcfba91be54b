//! The clock. Everything else gets the time as an argument.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azkaban_core::time::UnixMillis;

/// The current time; a clock before 1970 reads as 1970.
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How long until `at`; zero if it has passed.
pub(crate) fn until(at: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(at.0.saturating_sub(now().0)).unwrap_or(0))
}
