//! The schedules in memory, and when each is to be looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use azkaban_core::ids::{ProjectId, ScheduleId};
use azkaban_core::time::UnixMillis;

use super::Schedule;

/// Schedules by id, by flow and by the time at which they are due.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: BTreeMap<ScheduleId, Entry>,
    by_flow: HashMap<ProjectId, HashMap<String, ScheduleId>>,
    /// Those that wait, each once.
    waiting: BTreeSet<(UnixMillis, ScheduleId)>,
}

#[derive(Debug)]
struct Entry {
    schedule: Schedule,
    revision: i64,
    /// Its place among those that wait; none while it is paused or a fire of it is dealt with.
    wakes_at: Option<UnixMillis>,
}

impl Queue {
    pub(super) fn list(&self) -> Vec<Schedule> {
        self.entries.values().map(|entry| entry.schedule.clone()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, id: ScheduleId) -> Option<Schedule> {
        self.entries.get(&id).map(|entry| entry.schedule.clone())
    }

    pub(super) fn of_flow(&self, project: ProjectId, flow: &str) -> Option<Schedule> {
        self.by_flow.get(&project)?.get(flow).and_then(|id| self.get(*id))
    }

    pub(super) fn of_project(&self, project: ProjectId) -> Vec<Schedule> {
        let mut ids: Vec<ScheduleId> =
            self.by_flow.get(&project).into_iter().flat_map(HashMap::values).copied().collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.get(id)).collect()
    }

    /// Puts a schedule as it is now; it waits for its next fire unless it is paused.
    pub(super) fn put(&mut self, schedule: Schedule, revision: i64) {
        let id = schedule.id;
        self.remove(id);
        let wakes_at = (!schedule.paused).then_some(schedule.next_at);
        let flow = &schedule.flow;
        self.by_flow.entry(flow.project_id).or_default().insert(flow.flow_id.clone(), id);
        self.waiting.extend(wakes_at.map(|at| (at, id)));
        self.entries.insert(id, Entry { schedule, revision, wakes_at });
    }

    pub(super) fn remove(&mut self, id: ScheduleId) -> Option<Schedule> {
        let entry = self.entries.remove(&id)?;
        if let Some(at) = entry.wakes_at {
            self.waiting.remove(&(at, id));
        }
        let project = entry.schedule.flow.project_id;
        if let Some(flows) = self.by_flow.get_mut(&project) {
            flows.remove(&entry.schedule.flow.flow_id);
            if flows.is_empty() {
                self.by_flow.remove(&project);
            }
        }
        Some(entry.schedule)
    }

    /// Takes the schedule that is due and has waited longest, with its revision. It waits no more until
    /// [`Queue::pass`] or [`Queue::wait`].
    pub(super) fn take_due(&mut self, now: UnixMillis) -> Option<(Schedule, i64)> {
        let &(at, id) = self.waiting.first()?;
        if at > now {
            return None;
        }
        self.waiting.pop_first();
        let entry = self.entries.get_mut(&id)?;
        entry.wakes_at = None;
        Some((entry.schedule.clone(), entry.revision))
    }

    /// The next time at which a schedule is due.
    pub(super) fn next_wake(&self) -> Option<UnixMillis> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// A fire has been dealt with and `next_at` is next; without one the schedule is gone. Nothing happens if the schedule
    /// has changed meanwhile.
    pub(super) fn pass(
        &mut self,
        id: ScheduleId,
        revision: i64,
        next_at: Option<UnixMillis>,
        now: UnixMillis,
    ) {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.revision == revision) else {
            return;
        };
        let Some(next_at) = next_at else {
            self.remove(id);
            return;
        };
        entry.schedule.next_at = next_at;
        // One that has fires to make up for queues behind those that are due now.
        self.wait(id, revision, next_at.max(now));
    }

    /// Lets a schedule wait until a time, if it has not changed meanwhile.
    pub(super) fn wait(&mut self, id: ScheduleId, revision: i64, at: UnixMillis) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.revision == revision && !entry.schedule.paused {
            if let Some(old) = entry.wakes_at.replace(at) {
                self.waiting.remove(&(old, id));
            }
            self.waiting.insert((at, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use azkaban_core::options::ExecutionOptions;
    use azkaban_core::schedule::{MissedFires, Recurrence, Timing};
    use jiff::tz::TimeZone;

    use super::super::ScheduledFlow;
    use super::*;

    fn schedule(id: i64, project: i64, flow: &str, next_at: i64) -> Schedule {
        let timing = Timing {
            recurrence: Recurrence::Once,
            zone: TimeZone::UTC,
            first: UnixMillis(next_at),
            end: UnixMillis(i64::MAX),
        };
        let flow = ScheduledFlow {
            project_id: ProjectId(project),
            project_name: "p".to_owned(),
            flow_id: flow.to_owned(),
            timing,
            missed: MissedFires::Skip,
            submit_user: "ann".to_owned(),
            submitted_at: UnixMillis(0),
            options: Arc::new(ExecutionOptions::default()),
        };
        Schedule { id: ScheduleId(id), paused: false, next_at: UnixMillis(next_at), flow: Arc::new(flow) }
    }

    fn take(queue: &mut Queue, now: i64) -> Option<i64> {
        queue.take_due(UnixMillis(now)).map(|(schedule, _)| schedule.id.0)
    }

    #[test]
    fn what_is_due_comes_in_order_and_never_early() {
        let mut queue = Queue::default();
        for (id, at) in [(1, 300), (2, 100), (3, 200), (4, 100)] {
            queue.put(schedule(id, 1, &format!("f{id}"), at), 1);
        }
        assert_eq!(take(&mut queue, 99), None);
        assert_eq!(queue.next_wake(), Some(UnixMillis(100)));
        assert_eq!(
            [take(&mut queue, 250), take(&mut queue, 250), take(&mut queue, 250)],
            [Some(2), Some(4), Some(3)]
        );
        assert_eq!(take(&mut queue, 250), None, "one that is dealt with does not wait");
        queue.pass(ScheduleId(2), 1, Some(UnixMillis(150)), UnixMillis(400));
        assert_eq!(
            [take(&mut queue, 400), take(&mut queue, 400)],
            [Some(1), Some(2)],
            "behind what was due before"
        );
        queue.pass(ScheduleId(2), 1, None, UnixMillis(400));
        assert_eq!((queue.get(ScheduleId(2)), queue.list().len()), (None, 3));
    }

    #[test]
    fn a_schedule_that_was_changed_while_it_fired_keeps_the_change() {
        let mut queue = Queue::default();
        queue.put(schedule(1, 1, "f", 100), 1);
        assert_eq!(take(&mut queue, 100), Some(1));
        queue.put(schedule(1, 1, "f", 500), 2);
        queue.pass(ScheduleId(1), 1, Some(UnixMillis(200)), UnixMillis(100));
        queue.wait(ScheduleId(1), 1, UnixMillis(200));
        assert_eq!(queue.next_wake(), Some(UnixMillis(500)));
        let paused = Schedule { paused: true, ..schedule(1, 1, "f", 500) };
        queue.put(paused, 3);
        queue.wait(ScheduleId(1), 3, UnixMillis(0));
        assert_eq!(queue.next_wake(), None);
        queue.remove(ScheduleId(1));
        queue.pass(ScheduleId(1), 3, Some(UnixMillis(0)), UnixMillis(0));
        assert_eq!(queue.next_wake(), None);
    }

    #[test]
    fn schedules_are_found_by_flow_and_by_project() {
        let mut queue = Queue::default();
        for (id, project, flow) in [(5, 1, "b"), (3, 1, "a"), (4, 2, "a")] {
            queue.put(schedule(id, project, flow, 100), 1);
        }
        let found = |queue: &Queue, project, flow| queue.of_flow(ProjectId(project), flow).map(|s| s.id.0);
        assert_eq!(
            [found(&queue, 1, "a"), found(&queue, 2, "a"), found(&queue, 2, "b")],
            [Some(3), Some(4), None]
        );
        let of_project =
            |queue: &Queue| queue.of_project(ProjectId(1)).iter().map(|s| s.id.0).collect::<Vec<_>>();
        assert_eq!(of_project(&queue), [3, 5]);
        queue.remove(ScheduleId(3));
        assert_eq!((found(&queue, 1, "a"), of_project(&queue)), (None, vec![5]));
    }
}
