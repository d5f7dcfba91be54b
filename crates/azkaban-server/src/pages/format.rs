//! Words of pages: statuses as people read them, and how long something took (web-ui §1, §24).

use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

/// The word for a status; in tables that the server makes, some have none in Azkaban and read as in its scripts.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Ready => "Ready",
        Status::Dispatching => "Dispatching",
        Status::Preparing => "Preparing",
        Status::Running => "Running",
        Status::Paused => "Paused",
        Status::Succeeded => "Success",
        Status::Killing => "Killing",
        Status::Killed => "Killed",
        Status::ExecutionStopped => "Execution stopped",
        Status::Failed => "Failed",
        Status::FailedFinishing => "Running w/Failure",
        Status::Skipped => "Skipped",
        Status::Disabled => "Disabled",
        Status::Queued => "Queued",
        Status::FailedSucceeded => "Failed, treated as success",
        Status::Cancelled => "Cancelled",
    }
}

/// From a start to an end, or to `now`; `-` before the start.
pub(super) fn elapsed(started: Option<UnixMillis>, ended: Option<UnixMillis>, now: UnixMillis) -> String {
    let Some(started) = started else { return "-".to_owned() };
    let seconds = (ended.unwrap_or(now).0 - started.0).max(0) / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} sec"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {}m {}s", minutes % 60, seconds % 60),
        _ => format!("{days}d {}h {}m", hours % 24, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_azkaban() {
        let check = |seconds: i64, want: &str| {
            let started = Some(UnixMillis(5_000));
            let ended = UnixMillis(5_000 + seconds * 1_000);
            assert_eq!(elapsed(started, Some(ended), UnixMillis(0)), want);
            assert_eq!(elapsed(started, None, ended), want);
        };
        check(0, "0 sec");
        check(59, "59 sec");
        check(60, "1m 0s");
        check(3_599, "59m 59s");
        check(3_661, "1h 1m 1s");
        check(90_061, "1d 1h 1m");
        check(-5, "0 sec");
        assert_eq!(elapsed(None, None, UnixMillis(1)), "-");
    }
}
