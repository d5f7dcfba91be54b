//! Which of the submitted executions may run: at most so many at once, by priority, then by age
//! (execution-and-scheduling §2.15; `executor.flow.threads`).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use azkaban_core::ids::ExecutionId;

/// The queue of executions and how many run.
#[derive(Debug)]
pub(crate) struct Slots {
    limit: usize,
    open: bool,
    running: BTreeSet<ExecutionId>,
    waiting: BTreeSet<(Reverse<i32>, ExecutionId)>,
}

impl Slots {
    /// `limit` executions at once; 0 counts as 1. Nothing starts unless `open`.
    pub(crate) fn new(limit: usize, open: bool) -> Self {
        Self { limit: limit.max(1), open, running: BTreeSet::new(), waiting: BTreeSet::new() }
    }

    /// Lets waiting executions start, or keeps them waiting.
    pub(crate) fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// Whether waiting executions may start.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// How many may run at once.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// What runs, ascending.
    pub(crate) fn running(&self) -> impl Iterator<Item = ExecutionId> {
        self.running.iter().copied()
    }

    /// What waits, the next to start first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = ExecutionId> {
        self.waiting.iter().map(|&(_, id)| id)
    }

    /// Queues an execution.
    pub(crate) fn wait(&mut self, id: ExecutionId, priority: i32) {
        self.waiting.insert((Reverse(priority), id));
    }

    /// Counts an execution that runs already, whatever the limit.
    pub(crate) fn adopt(&mut self, id: ExecutionId) {
        self.running.insert(id);
    }

    /// The next execution to start, if one may; it counts as running from now on.
    pub(crate) fn next(&mut self) -> Option<ExecutionId> {
        if !self.open || self.running.len() >= self.limit {
            return None;
        }
        let (_, id) = self.waiting.pop_first()?;
        self.running.insert(id);
        Some(id)
    }

    /// An execution is over, or will never start.
    pub(crate) fn leave(&mut self, id: ExecutionId) {
        if !self.running.remove(&id) {
            self.waiting.retain(|&(_, waiting)| waiting != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_go_by_priority_then_by_age() {
        let mut slots = Slots::new(2, true);
        for (id, priority) in [(1, 5), (2, 5), (3, 9), (4, 5)] {
            slots.wait(ExecutionId(id), priority);
        }
        assert_eq!(slots.next(), Some(ExecutionId(3)));
        assert_eq!(slots.next(), Some(ExecutionId(1)));
        assert_eq!(slots.next(), None);
        slots.leave(ExecutionId(2));
        slots.leave(ExecutionId(3));
        assert_eq!(slots.next(), Some(ExecutionId(4)));
    }

    #[test]
    fn what_is_adopted_takes_a_slot_even_beyond_the_limit() {
        let mut slots = Slots::new(1, true);
        slots.adopt(ExecutionId(1));
        slots.adopt(ExecutionId(2));
        slots.wait(ExecutionId(3), 5);
        slots.leave(ExecutionId(1));
        assert_eq!(slots.next(), None);
        slots.leave(ExecutionId(2));
        assert_eq!(slots.next(), Some(ExecutionId(3)));
    }

    #[test]
    fn a_closed_queue_starts_nothing_and_forgets_nothing() {
        let mut slots = Slots::new(2, false);
        slots.wait(ExecutionId(1), 5);
        slots.wait(ExecutionId(2), 9);
        assert_eq!(slots.next(), None);
        slots.set_open(true);
        assert_eq!(slots.next(), Some(ExecutionId(2)));
        slots.set_open(false);
        assert_eq!(slots.next(), None);
        assert_eq!(slots.running().collect::<Vec<_>>(), [ExecutionId(2)]);
        assert_eq!(slots.waiting().collect::<Vec<_>>(), [ExecutionId(1)]);
    }
}
