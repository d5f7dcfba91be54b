//! The newest executions of flows in memory, so that the list that every flow page polls costs no database read.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azkaban_core::ids::ProjectId;
use lru::LruCache;

use super::ExecutionSummary;

/// Flows whose newest executions are kept.
const FLOWS: NonZeroUsize = NonZeroUsize::new(512).unwrap();
/// Executions that are kept of one flow.
pub(super) const KEPT: u64 = 100;

/// The beginning of a flow's list, newest first. Only what a submission changes is up to date in it: an execution that
/// was unfinished when it was read may have gone on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Executions of the flow altogether.
    pub(super) total: i64,
    /// At most [`KEPT`] of them.
    pub(super) rows: Vec<ExecutionSummary>,
}

impl Page {
    /// Whether it has all of `length` executions from `start` on.
    pub(super) fn covers(&self, start: u64, length: u64) -> bool {
        let rows = self.rows.len() as u64;
        start.saturating_add(length) <= rows || i64::try_from(rows).is_ok_and(|rows| rows == self.total)
    }
}

/// The pages of all flows.
pub(crate) struct FlowPages(Mutex<State>);

struct State {
    pages: LruCache<(ProjectId, String), Arc<Page>>,
    /// Submissions so far.
    submissions: u64,
}

/// The number of submissions before a page was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Before(u64);

impl FlowPages {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State { pages: LruCache::new(FLOWS), submissions: 0 }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A flow's page, if it is kept, and what [`FlowPages::put`] needs after reading another one.
    pub(super) fn get(&self, project: ProjectId, flow: &str) -> (Option<Arc<Page>>, Before) {
        let mut state = self.state();
        let before = Before(state.submissions);
        (state.pages.get(&(project, flow.to_owned())).cloned(), before)
    }

    /// Keeps a page, unless a submission may have happened after it was read.
    pub(super) fn put(&self, project: ProjectId, flow: &str, before: Before, page: Arc<Page>) {
        let mut state = self.state();
        if state.submissions == before.0 {
            state.pages.put((project, flow.to_owned()), page);
        }
    }

    /// An execution of the flow has been stored.
    pub(super) fn submitted(&self, project: ProjectId, flow: &str) {
        let mut state = self.state();
        state.submissions += 1;
        state.pages.pop(&(project, flow.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(total: i64) -> Arc<Page> {
        Arc::new(Page { total, rows: Vec::new() })
    }

    #[test]
    fn a_page_read_before_a_submission_is_not_kept_after_it() {
        let (pages, project) = (FlowPages::new(), ProjectId(1));
        let before = pages.get(project, "f").1;
        pages.put(project, "f", before, page(1));
        assert_eq!(pages.get(project, "f").0.unwrap().total, 1);
        assert!(pages.get(project, "g").0.is_none() && pages.get(ProjectId(2), "f").0.is_none());
        pages.submitted(project, "f");
        let before = pages.get(project, "f").1;
        // Read, but not yet kept, when another one is submitted.
        pages.submitted(project, "f");
        pages.put(project, "f", before, page(2));
        assert!(pages.get(project, "f").0.is_none());
        let before = pages.get(project, "f").1;
        pages.put(project, "f", before, page(3));
        pages.submitted(project, "g");
        assert_eq!(pages.get(project, "f").0.unwrap().total, 3);
    }

    #[test]
    fn a_page_covers_what_it_holds_and_the_end_of_the_list() {
        let covers = |total: i64, start: u64, length: u64| page(total).covers(start, length);
        assert!(covers(0, 0, 20) && covers(0, u64::MAX, u64::MAX) && covers(5, 0, 0));
        assert!(!covers(5, 0, 1));
    }
}
