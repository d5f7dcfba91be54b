//! How many connections the process may have, by the files that it may open.

use rustix::process::{Resource, getrlimit};

/// Least number of descriptors for everything else: the database, logs, the processes that run jobs.
const OTHERS: usize = 128;

/// `wanted`, or what the limit of open files leaves beside a quarter for everything else.
pub(super) fn connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    let most = within(limit, wanted);
    if most < wanted {
        tracing::info!(
            "at most {most} connections, since the process may open {} files only; `ulimit -n` raises that",
            limit.unwrap_or_default()
        );
    }
    most
}

fn within(limit: Option<u64>, wanted: usize) -> usize {
    let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else { return wanted };
    wanted.min(limit.saturating_sub(OTHERS.max(limit / 4))).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest() {
        for (limit, most) in
            [(None, 10_000), (Some(1 << 20), 10_000), (Some(1024), 768), (Some(256), 128), (Some(8), 1)]
        {
            assert_eq!(within(limit, 10_000), most, "{limit:?}");
        }
    }
}
