//! The memory that a Java job asks for (projects-and-jobs §7.4, §8.5).

use super::class::Class;
use super::plan::filled;
use super::plugins::JobType;
use crate::project::{MemoryError, MemoryLimit};
use crate::props::{Props, typed};

/// An amount of memory that a job must not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeapError {
    /// Not an amount.
    #[error("{key}: {error}")]
    NoAmount {
        /// `Xms` or `Xmx`.
        key: &'static str,
        /// What is wrong with it.
        error: MemoryError,
    },
    /// More than the server allows (`job.max.Xms`, `job.max.Xmx`).
    #[error("{job}: {key} value has exceeded the allowed limit (max {key} = {limit})")]
    TooLarge {
        /// The job.
        job: String,
        /// `Xms` or `Xmx`.
        key: &'static str,
        /// The limit as the administrator wrote it.
        limit: String,
    },
}

/// Checks `Xms` and `Xmx` of a Java job, now that their values are known (§8.5). Jobs that are exempt
/// (`azkaban.memory.check=false`) may have as much as they like.
pub(super) fn check_heap(
    job: &str,
    props: &Props,
    (max_initial, max_largest): (Option<&MemoryLimit>, Option<&MemoryLimit>),
) -> Result<(), HeapError> {
    if !typed::boolean(props, "azkaban.memory.check", true) {
        return Ok(());
    }
    for (key, limit) in [("Xms", max_initial), ("Xmx", max_largest)] {
        let (Some(text), Some(limit)) = (filled(props, key), limit) else { continue };
        if limit.is_exceeded_by(text).map_err(|error| HeapError::NoAmount { key, error })? {
            return Err(HeapError::TooLarge { job: job.to_owned(), key, limit: limit.text().to_owned() });
        }
    }
    Ok(())
}

/// Memory that stays free when a job starts, in kilobytes.
const RESERVE_KB: u64 = 3 << 20;

/// What a job needs of the machine's memory before it starts, in kilobytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryNeed {
    /// `Xms`; for messages only.
    pub initial_kb: u64,
    /// `Xmx`, which the job may come to take.
    pub largest_kb: u64,
    /// What is to be free besides.
    pub reserve_kb: u64,
}

/// What a job has to wait for (§7.4); `None` if it need not.
pub fn memory_need(job_type: &JobType, props: &Props) -> Option<MemoryNeed> {
    let applies = job_type.checks_memory && typed::boolean(props, "azkaban.memory.check", true);
    let class = job_type.class.as_ref().ok().filter(|class| applies && **class != Class::Noop)?;
    let kilobytes = |key: &str, default: &str| {
        let text = filled(props, key).unwrap_or(default);
        MemoryLimit::parse(text).map_or(0, |amount| amount.bytes() >> 10)
    };
    let (initial_kb, largest_kb) = match class {
        Class::Command | Class::HadoopShell => (0, 0),
        _ => (kilobytes("Xms", "64M"), kilobytes("Xmx", "256M")),
    };
    let reserve_kb = filled(&job_type.private, "memCheck.min.free.mb")
        .and_then(|text| text.parse::<u64>().ok())
        .map_or(RESERVE_KB, |megabytes| megabytes.saturating_mul(1 << 10));
    Some(MemoryNeed { initial_kb, largest_kb, reserve_kb })
}

impl MemoryNeed {
    /// Whether a machine whose `/proc/meminfo` reads so has the memory. One without free swap, or that tells nothing, always has.
    pub fn is_met_by(&self, meminfo: &str) -> bool {
        let free = ["MemFree", "Buffers", "Cached", "SwapFree"]
            .map(|name| meminfo_kilobytes(meminfo, name).unwrap_or(0));
        if free.contains(&0) {
            return true;
        }
        let free = free.into_iter().fold(0, u64::saturating_add);
        free.saturating_sub(self.largest_kb) >= self.reserve_kb
    }

    /// What the log says of a job that does not get it.
    pub fn refusal(&self, job: &str) -> String {
        let Self { initial_kb, largest_kb, .. } = self;
        format!("Cannot request memory (Xms {initial_kb} kb, Xmx {largest_kb} kb) from system for job {job}")
    }
}

/// The number of kilobytes in a line of `/proc/meminfo`.
pub fn meminfo_kilobytes(meminfo: &str, name: &str) -> Option<u64> {
    let value = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::built_in;
    use super::*;

    fn meminfo([free, buffers, cached, swap]: [u64; 4]) -> String {
        format!(
            "MemTotal: 99999999 kB\nMemFree:   {free} kB\nBuffers: {buffers} kB\nCached: {cached} kB\n\
             SwapCached: 7 kB\nSwapFree: {swap} kB\n"
        )
    }

    #[test]
    fn a_job_starts_when_enough_stays_free() {
        let need = MemoryNeed { initial_kb: 1, largest_kb: 100, reserve_kb: 1000 };
        for (free, met) in [
            ([1000, 50, 40, 10], true),
            ([1000, 50, 40, 9], false),
            ([1, 1, 1, 1], false),
            ([1, 1, 1, 0], true),
            ([0, 1, 1, 1], true),
            ([u64::MAX, u64::MAX, 1, 1], true),
        ] {
            assert_eq!(need.is_met_by(&meminfo(free)), met, "{free:?}");
        }
        assert!(need.is_met_by("") && need.is_met_by("MemFree: lots"));
        assert_eq!(need.refusal("j"), "Cannot request memory (Xms 1 kb, Xmx 100 kb) from system for job j");
    }

    #[test]
    fn what_a_job_needs_is_its_heap_and_a_reserve() {
        let need = |name: &str, checks: bool, private: &[(&str, &str)], props: &[(&str, &str)]| {
            let all = |pairs: &[(&str, &str)]| {
                pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect::<Props>()
            };
            let job_type = JobType { checks_memory: checks, private: all(private), ..built_in(name) };
            memory_need(&job_type, &all(props)).map(|need| (need.largest_kb, need.reserve_kb))
        };
        let reserve = 3 << 20;
        assert_eq!(need("javaprocess", true, &[], &[("Xmx", "1G")]), Some((1 << 20, reserve)));
        assert_eq!(need("javaprocess", true, &[], &[]), Some((256 << 10, reserve)));
        assert_eq!(need("command", true, &[], &[("Xmx", "1G")]), Some((0, reserve)));
        assert_eq!(need("command", true, &[("memCheck.min.free.mb", "2")], &[]), Some((0, 2 << 10)));
        assert_eq!(need("command", false, &[], &[]), None);
        assert_eq!(need("noop", true, &[], &[]), None);
        assert_eq!(need("command", true, &[], &[("azkaban.memory.check", "false")]), None);
    }

    fn check(pairs: &[(&str, &str)]) -> Result<(), String> {
        let limit = |text| MemoryLimit::parse(text).unwrap();
        let props = pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        check_heap("j", &props, (Some(&limit("1G")), Some(&limit("2G")))).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_job_asks_for_is_checked_when_it_is_known() {
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[("Xms", "128m"), ("Xmx", " 2G ")]), Ok(()));
        let over = "j: Xmx value has exceeded the allowed limit (max Xmx = 2G)";
        assert_eq!(check(&[("Xmx", "3G")]), Err(over.to_owned()));
        assert_eq!(check(&[("Xmx", "3G"), ("azkaban.memory.check", "false")]), Ok(()));
        assert_eq!(check(&[("Xms", "much")]), Err("Xms: For input string: \"much\"".to_owned()));
    }
}
