//! The clock. Everything else gets the time as an argument.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use azkaban_core::time::UnixMillis;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use tokio::net::unix::pipe;
use tokio::time::sleep;

/// Time between two looks at a clock that does not say when it is set.
const LOOK: Duration = Duration::from_secs(1);
/// As far as a wait without an end reaches, in seconds since 1970.
const NEVER: i64 = 1 << 33;

/// The clock on the wall as schedules and submissions see it. Tests put another one in its place, to move it.
#[derive(Clone)]
pub struct Clock {
    read: Arc<dyn Fn() -> UnixMillis + Send + Sync>,
    /// It is the machine's.
    is_system: bool,
}

impl Clock {
    /// The machine's.
    pub fn system() -> Self {
        Self { is_system: true, ..Self::from_fn(now) }
    }

    /// One that `read` tells the time of.
    pub fn from_fn(read: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        Self { read: Arc::new(read), is_system: false }
    }

    pub(crate) fn now(&self) -> UnixMillis {
        (self.read)()
    }

    /// Waits until the clock has come to `at`, for ever without one, or until it is set. May return early.
    pub(crate) async fn wait(&self, at: Option<UnixMillis>) {
        if self.is_system && wait_for_machine(at).await.is_ok() {
            return;
        }
        let left = at.map(|at| u64::try_from(at.0.saturating_sub(self.now().0)).unwrap_or(0));
        sleep(left.map_or(LOOK, |left| Duration::from_millis(left).min(LOOK))).await;
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// The current time; a clock before 1970 reads as 1970.
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How long until `at`; zero if it has passed.
pub(crate) fn until(at: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(at.0.saturating_sub(now().0)).unwrap_or(0))
}

/// Waits by a timer of the kernel's that follows the clock on the wall and ends when that is set.
async fn wait_for_machine(at: Option<UnixMillis>) -> io::Result<()> {
    let timer = rustix::time::timerfd_create(
        TimerfdClockId::Realtime,
        TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
    )?;
    // A time of 0 would be none at all.
    let millis = at.map_or(NEVER * 1000, |at| at.0).max(1);
    let value = Timespec { tv_sec: millis / 1000, tv_nsec: millis % 1000 * 1_000_000 };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    rustix::time::timerfd_settime(&timer, flags, &once)?;
    // Readable when the time has come and when the clock is set; which of them does not matter.
    // It is no pipe, but nothing more is asked of it than of one: to say when it is readable.
    pipe::Receiver::from_owned_fd_unchecked(timer)?.readable().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_ends_when_the_time_has_come_and_not_before() {
        let clock = Clock::system();
        for at in [-5, 0, now().0 - 1000] {
            wait_for_machine(Some(UnixMillis(at))).await.unwrap();
        }
        let at = now().plus(150);
        clock.wait(Some(at)).await;
        assert!(now() >= at);
        let ended = tokio::time::timeout(Duration::from_millis(1500), clock.wait(None)).await;
        assert!(ended.is_err(), "a wait without an end sleeps");
    }
}
