//! The memory that a Java job asks for (projects-and-jobs §7.4, §8.5).

use super::plan::filled;
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

#[cfg(test)]
mod tests {
    use super::*;

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
