//! What has just happened, for those who watch: told after it is stored, to whoever listens at that moment.
//!
//! Telling costs next to nothing while nobody listens. What was told in the last while is kept within a bound, so that a
//! listener whose connection broke can go on where it was; who is too slow or too late learns that something is missing and
//! looks again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azkaban_core::execution::NodeState;
use azkaban_core::ids::{NodePath, ScheduleId};
use tokio::sync::broadcast;

use crate::executions::ExecutionSummary;
use crate::projects::Project;
use crate::{Engine, clock, random};

/// Events that a listener may fall behind by, and that are kept for those who come back.
const KEPT: usize = 4_096;
/// Milliseconds for which events are still kept after the last listener has gone.
const LINGER: i64 = 60_000;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number: one more than that of the event before.
    pub seq: u64,
    /// What happened.
    pub news: News,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum News {
    /// An execution was submitted, or it or some of its nodes changed.
    Execution {
        /// It as it is now.
        summary: Arc<ExecutionSummary>,
        /// The nodes that changed, the root left out.
        nodes: Vec<(NodePath, NodeState)>,
        /// The status of the execution itself changed, or it is new.
        status_changed: bool,
    },
    /// The numbers of running and waiting executions changed.
    Running {
        /// Executions that hold a slot.
        running: usize,
        /// Executions that wait for one.
        queued: usize,
    },
    /// A project changed.
    Project {
        /// It as it is now.
        project: Arc<Project>,
        /// In which way.
        change: ProjectChange,
    },
    /// A schedule was made, changed, paused, resumed or removed.
    Schedule {
        /// Which.
        id: ScheduleId,
        /// Its project.
        project: Arc<Project>,
        /// It is gone.
        removed: bool,
    },
}

/// In which way a project changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectChange {
    /// It is new.
    Created,
    /// It is gone.
    Deleted,
    /// It has another version.
    Version,
    /// Its description.
    Description,
    /// Who may do what with it, or another setting.
    Permissions,
}

/// All events of this run of the server.
pub(crate) struct Events {
    /// Tells this run from others.
    run: String,
    listeners: AtomicUsize,
    /// When keeping events ends although nobody listens; 0 when it has.
    keep_until: AtomicI64,
    state: Mutex<State>,
}

struct State {
    /// The number of the last event.
    seq: u64,
    kept: VecDeque<Arc<Event>>,
    sender: broadcast::Sender<Arc<Event>>,
}

impl Events {
    pub(crate) fn new() -> Self {
        // Without randomness all runs look alike, and a listener may miss that the server was started anew.
        let run = random::uuid().unwrap_or_default().chars().filter(|c| *c != '-').take(12).collect();
        Self {
            run,
            listeners: AtomicUsize::new(0),
            keep_until: AtomicI64::new(0),
            state: Mutex::new(State { seq: 0, kept: VecDeque::new(), sender: broadcast::Sender::new(KEPT) }),
        }
    }

    /// Tells what happened, if somebody may want to know; only then `news` is made.
    pub(crate) fn tell(&self, news: impl FnOnce() -> News) {
        if self.listeners.load(Ordering::Relaxed) == 0 && !self.is_kept() {
            return;
        }
        let news = news();
        let mut state = self.lock();
        state.seq += 1;
        let event = Arc::new(Event { seq: state.seq, news });
        if state.kept.len() == KEPT {
            state.kept.pop_front();
        }
        state.kept.push_back(Arc::clone(&event));
        // That nobody listens is no error.
        let _ = state.sender.send(event);
    }

    /// Whether events are kept although nobody listens. When that ends, what is kept is forgotten, and a number is skipped
    /// so that whoever comes back knows.
    fn is_kept(&self) -> bool {
        let until = self.keep_until.load(Ordering::Relaxed);
        if until == 0 {
            return false;
        }
        if clock::now().0 < until {
            return true;
        }
        let mut state = self.lock();
        if self.listeners.load(Ordering::Relaxed) == 0 {
            self.keep_until.store(0, Ordering::Relaxed);
            state.kept = VecDeque::new();
            state.seq += 1;
        }
        false
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens from now on, or from behind the event `after` on.
    fn subscribe(self: &Arc<Self>, after: Option<(&str, u64)>) -> Subscription {
        let state = self.lock();
        self.listeners.fetch_add(1, Ordering::Relaxed);
        self.keep_until.store(i64::MAX, Ordering::Relaxed);
        let missed = after.map(|(run, seq)| {
            let first = state.kept.front().map_or(state.seq + 1, |event| event.seq);
            let known = run == self.run && seq <= state.seq && seq + 1 >= first;
            known.then(|| state.kept.iter().filter(|event| event.seq > seq).cloned().collect::<Vec<_>>())
        });
        let (backlog, gap) = match missed {
            None => (Vec::new(), false),
            Some(None) => (Vec::new(), true),
            Some(Some(backlog)) => (backlog, false),
        };
        Subscription {
            seq: backlog.first().map_or(state.seq, |event| event.seq - 1),
            backlog: backlog.into(),
            gap,
            receiver: state.sender.subscribe(),
            events: Arc::clone(self),
        }
    }
}

/// What a listener is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// Something happened.
    Event(Arc<Event>),
    /// Events up to this number are missing: look again.
    Gap(u64),
}

/// One listener.
pub struct Subscription {
    events: Arc<Events>,
    backlog: VecDeque<Arc<Event>>,
    receiver: broadcast::Receiver<Arc<Event>>,
    gap: bool,
    seq: u64,
}

impl Subscription {
    /// The name of this run of the server; numbers of events count within it.
    pub fn run(&self) -> &str {
        &self.events.run
    }

    /// The number of the event before the next one.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The next event; `None` if the server ends. Stopping to wait loses nothing.
    pub async fn next(&mut self) -> Option<Told> {
        if self.gap {
            self.gap = false;
            return Some(Told::Gap(self.seq));
        }
        let event = match self.backlog.pop_front() {
            Some(event) => event,
            None => match self.receiver.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    self.seq += missed;
                    return Some(Told::Gap(self.seq));
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            },
        };
        self.seq = event.seq;
        Some(Told::Event(event))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let state = self.events.lock();
        if self.events.listeners.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.events.keep_until.store(clock::now().0.saturating_add(LINGER), Ordering::Relaxed);
        }
        drop(state);
    }
}

impl Engine {
    /// Listens to what happens from now on; with the run and the number of an event from behind that on, or a gap first if
    /// not all since then is known.
    pub fn events_subscribe(&self, after: Option<(&str, u64)>) -> Subscription {
        self.inner.events.subscribe(after)
    }
}

/// The change from one state of a project to the next, if there is one to tell of.
pub(crate) fn project_change(before: Option<&Project>, after: &Project) -> Option<ProjectChange> {
    let Some(before) = before else {
        return Some(if after.active { ProjectChange::Created } else { ProjectChange::Deleted });
    };
    Some(match () {
        () if !after.active => ProjectChange::Deleted,
        () if before.version != after.version => ProjectChange::Version,
        () if before.description != after.description => ProjectChange::Description,
        () if before != after => ProjectChange::Permissions,
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(number: usize) -> News {
        News::Running { running: number, queued: 0 }
    }

    async fn next(listener: &mut Subscription) -> String {
        match tokio::time::timeout(std::time::Duration::from_secs(5), listener.next()).await.unwrap().unwrap()
        {
            Told::Gap(seq) => format!("gap {seq}"),
            Told::Event(event) => match &event.news {
                News::Running { running, .. } => format!("{} {running}", event.seq),
                other => panic!("{other:?}"),
            },
        }
    }

    #[tokio::test]
    async fn nothing_is_made_while_nobody_listens() {
        let events = Arc::new(Events::new());
        events.tell(|| panic!("made for nobody"));
        let mut listener = events.subscribe(None);
        events.tell(|| running(1));
        assert_eq!(next(&mut listener).await, "1 1");
    }

    #[tokio::test]
    async fn who_comes_back_goes_on_where_they_were() {
        let events = Arc::new(Events::new());
        let mut listener = events.subscribe(None);
        events.tell(|| running(1));
        events.tell(|| running(2));
        assert_eq!(next(&mut listener).await, "1 1");
        let (run, seq) = (listener.run().to_owned(), listener.seq());
        drop(listener);
        events.tell(|| running(3));
        let mut again = events.subscribe(Some((&run, seq)));
        events.tell(|| running(4));
        for expected in ["2 2", "3 3", "4 4"] {
            assert_eq!(next(&mut again).await, expected);
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_said() {
        let events = Arc::new(Events::new());
        let mut slow = events.subscribe(None);
        let run = slow.run().to_owned();
        for number in 0..KEPT + 10 {
            events.tell(|| running(number));
        }
        assert_eq!(next(&mut slow).await, "gap 10");
        assert_eq!(next(&mut slow).await, "11 10");
        for (run, seq, expected) in [
            (&*run, 3, format!("gap {}", KEPT + 10)),
            (&*run, 9, format!("gap {}", KEPT + 10)),
            (&*run, 10, "11 10".to_owned()),
            (&*run, 1_000_000, format!("gap {}", KEPT + 10)),
            ("another", 10, format!("gap {}", KEPT + 10)),
        ] {
            let mut late = events.subscribe(Some((run, seq)));
            assert_eq!(next(&mut late).await, expected, "{run} {seq}");
        }
        // The last listener has gone for longer than events are kept.
        drop(slow);
        events.keep_until.store(1, Ordering::Relaxed);
        events.tell(|| panic!("made for nobody"));
        let seq = (KEPT + 10) as u64;
        let mut late = events.subscribe(Some((&run, seq)));
        assert_eq!(next(&mut late).await, format!("gap {}", seq + 1));
    }
}
