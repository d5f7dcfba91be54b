//! How busy the machine is that jobs run on, as Linux tells it in `/proc`.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use azkaban_core::job_type::meminfo_kilobytes;

use crate::Engine;

/// Two looks at the processors are at least so far apart.
const SPAN: Duration = Duration::from_millis(250);
/// A look that is older than this says nothing of now.
const STALE: Duration = Duration::from_secs(60);

/// How busy the machine is; `None` where the system does not tell.
#[derive(Debug, Clone, PartialEq)]
pub struct MachineLoad {
    /// Processors that may be used.
    pub processors: usize,
    /// Part of their time that is used, 0 to 1, over the time since somebody last asked (a minute at most).
    pub processor_use: Option<f64>,
    /// Processes that run or wait to, on average over the last minute.
    pub load: Option<f64>,
    /// Memory in bytes.
    pub memory_total: Option<u64>,
    /// Memory that may be had without swapping, in bytes.
    pub memory_available: Option<u64>,
}

/// Remembers the last look at the processors.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    last: Mutex<Option<Look>>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    ticks: Ticks,
    /// What came of it and the look before.
    used: Option<f64>,
}

/// Time of all processors since the start of the machine, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    idle: u64,
    all: u64,
}

impl Machine {
    async fn processor_use(&self) -> Option<f64> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match last {
            Some(look) if look.at.elapsed() < SPAN && look.used.is_some() => return look.used,
            Some(look) if look.at.elapsed() < STALE => look.ticks,
            _ => {
                let first = Ticks::parse(&fs::read_to_string("/proc/stat").ok()?)?;
                tokio::time::sleep(SPAN).await;
                first
            }
        };
        let ticks = Ticks::parse(&fs::read_to_string("/proc/stat").ok()?)?;
        let used = ticks.used_since(before);
        let look = Look { at: Instant::now(), ticks, used };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
        used
    }
}

impl Ticks {
    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
        let fields: Vec<u64> =
            line.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
        let idle = fields.get(3)?.saturating_add(fields.get(4).copied().unwrap_or(0));
        Some(Self { idle, all: fields.iter().fold(0, |sum, field| sum.saturating_add(*field)) })
    }

    fn used_since(self, before: Self) -> Option<f64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        let idle = self.idle.saturating_sub(before.idle).min(all);
        Some((all - idle) as f64 / all as f64)
    }
}

/// A line of `/proc/meminfo`, in bytes.
fn memory(text: &str, name: &str) -> Option<u64> {
    meminfo_kilobytes(text, name)?.checked_mul(1024)
}

impl Engine {
    /// How busy the machine is; takes a quarter of a second if nobody has asked for a while.
    pub async fn machine_load(&self) -> MachineLoad {
        let memory_text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let load = fs::read_to_string("/proc/loadavg").ok();
        MachineLoad {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            processor_use: self.inner.machine.processor_use().await,
            load: load.and_then(|text| text.split_whitespace().next()?.parse().ok()),
            memory_total: memory(&memory_text, "MemTotal"),
            memory_available: memory(&memory_text, "MemAvailable"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_read() {
        let before = Ticks::parse("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3\n").unwrap();
        assert_eq!(before, Ticks { idle: 850, all: 1_000 });
        let after = Ticks::parse("cpu  170 0 55 820 55 0 0 0 9 9\n").unwrap();
        assert_eq!(after.used_since(before), Some(0.75));
        assert_eq!(before.used_since(after), None, "the counters went back");
        assert_eq!(before.used_since(before), None);
        for broken in ["", "cpu", "cpu x", "cpu  1 2"] {
            assert_eq!(Ticks::parse(broken), None, "{broken}");
        }
        let text =
            "MemTotal:       16384 kB\nMemFree: 1 kB\nMemAvailable:    8192 kB\nHugePages_Total:       0\n";
        assert_eq!(memory(text, "MemTotal"), Some(16 << 20));
        assert_eq!(memory(text, "MemAvailable"), Some(8 << 20));
        assert_eq!(memory(text, "HugePages_Total"), None);
        assert_eq!(memory(text, "Mem"), None);
    }

    #[tokio::test]
    async fn the_load_of_this_machine_is_told() {
        let machine = Machine::default();
        let used = machine.processor_use().await;
        assert!(used.is_none_or(|used| (0.0..=1.0).contains(&used)), "{used:?}");
    }
}
