//! The executor: every unfinished execution has an actor here, which runs its jobs through the supervisor.

mod access;
mod actor;
mod deadlines;
mod decisions;
mod flow_log;
mod job_files;
mod job_log;
mod live;
mod notices;
mod outputs;
mod pipeline_watch;
mod prepare;
mod recover;
mod slots;
mod step;
mod work;
mod workspace;

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azkaban_core::execution::{Command, FlowExecution, Graph, GraphError, Policy, Refusal};
use azkaban_core::ids::{AttemptKey, ExecutionId, ProjectId, ProjectVersion};
use azkaban_core::options::{Concurrency, ExecutionOptions};
use azkaban_core::project::ProjectModel;
use azkaban_core::sla::SlaChecked;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_runner::{Runner, RunnerEvent};
use azkaban_store::AuditEntry;
use lru::LruCache;
use tokio::sync::{mpsc, oneshot};

pub(crate) use flow_log::{path as flow_log_path, spec as flow_log_spec};
pub(crate) use job_log::{
    attachment as attachment_path, path as job_log_path, remove_logs, spec as job_log_spec,
};
pub use recover::RecoverError;
pub(crate) use recover::recover;

use crate::events::{Events, News};
use crate::executions::{ExecutionSummary, ExecutionView};
use crate::figures::Counters;
use crate::projects::{Overrides, Project};
use crate::{Config, Inner, clock};
use actor::{Actor, Seed};
use live::{Live, Message};
use pipeline_watch::PipelineWatch;
use prepare::Preparer;
use slots::Slots;

/// Graphs kept for the flows that are executed again and again.
const GRAPHS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// Finished executions kept for those who look at them.
const FINISHED: NonZeroUsize = NonZeroUsize::new(512).expect("not zero");
/// Finished executions of more nodes than this are read from the store each time.
const MAX_REMEMBERED_NODES: usize = 5_000;

/// Runs executions.
pub(crate) struct Executor {
    runner: Runner,
    events: Arc<Events>,
    live: Mutex<HashMap<ExecutionId, Arc<Live>>>,
    slots: Mutex<Slots>,
    graphs: Mutex<LruCache<(ProjectId, ProjectVersion, String), Arc<Graph>>>,
    finished: Mutex<LruCache<ExecutionId, Arc<ExecutionView>>>,
    stopping: AtomicBool,
    /// Nothing is started for the moment.
    held: AtomicBool,
    counters: Counters,
    /// What jobs inherit of the server's own environment.
    environment: BTreeMap<String, String>,
}

/// An execution that has just been stored.
pub(crate) struct NewExecution {
    pub(crate) id: ExecutionId,
    pub(crate) project: Arc<Project>,
    pub(crate) model: Arc<ProjectModel>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) flow_id: String,
    pub(crate) version: ProjectVersion,
    pub(crate) options: Arc<ExecutionOptions>,
    pub(crate) source: Arc<str>,
    pub(crate) priority: i32,
    pub(crate) submit_user: String,
    pub(crate) submitted_at: UnixMillis,
    pub(crate) uuid: String,
    pub(crate) overrides: Arc<Overrides>,
}

impl Executor {
    pub(crate) fn new(config: &Config, runner: Runner, queue_open: bool, events: Arc<Events>) -> Self {
        Self {
            runner,
            events,
            live: Mutex::new(HashMap::new()),
            slots: Mutex::new(Slots::new(config.max_running_flows, queue_open)),
            graphs: Mutex::new(LruCache::new(GRAPHS)),
            finished: Mutex::new(LruCache::new(FINISHED)),
            stopping: AtomicBool::new(false),
            held: AtomicBool::new(false),
            counters: Counters::new(clock::now()),
            environment: prepare::environment(),
        }
    }

    pub(crate) fn runner(&self) -> &Runner {
        &self.runner
    }

    /// The supervisor that new attempts go to, for their rows.
    pub(crate) fn supervisor(&self) -> Option<String> {
        self.runner.supervisor()
    }

    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn queue_is_open(&self) -> bool {
        lock(&self.slots).is_open()
    }

    /// Lets waiting executions start, or keeps them waiting.
    pub(crate) fn set_queue_open(&self, open: bool) {
        lock(&self.slots).set_open(open);
        self.dispatch();
    }

    /// What runs, what waits, how many may run, and whether waiting ones may start; all of one moment.
    pub(crate) fn slots_now(&self) -> (Vec<ExecutionId>, Vec<ExecutionId>, usize, bool) {
        let slots = lock(&self.slots);
        (slots.running().collect(), slots.waiting().collect(), slots.limit(), slots.is_open())
    }

    /// Jobs that run in these executions.
    pub(crate) fn running_jobs(&self, executions: &[ExecutionId]) -> usize {
        executions.iter().filter_map(|id| self.find(*id)).map(|live| live.running_jobs()).sum()
    }

    /// Every unfinished execution, ascending.
    pub(crate) fn summaries(&self) -> Vec<ExecutionSummary> {
        let all: Vec<Arc<Live>> = lock(&self.live).values().cloned().collect();
        let mut summaries: Vec<ExecutionSummary> = all.iter().map(|live| live.summary()).collect();
        summaries.sort_unstable_by_key(|summary| summary.id);
        summaries
    }

    /// Starts no more executions. What runs goes on, and is found again at the next start.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// The nodes of a flow, made once.
    pub(crate) fn graph(
        &self,
        project: ProjectId,
        version: ProjectVersion,
        model: &ProjectModel,
        flow: &str,
    ) -> Result<Arc<Graph>, GraphError> {
        let key = (project, version, flow.to_owned());
        if let Some(graph) = lock(&self.graphs).get(&key) {
            return Ok(Arc::clone(graph));
        }
        let graph = Arc::new(Graph::build(model, flow)?);
        lock(&self.graphs).put(key, Arc::clone(&graph));
        Ok(graph)
    }

    /// Takes up an execution that has just been stored; it starts when a slot is free.
    pub(crate) fn begin(&self, engine: &Arc<Inner>, new: NewExecution) {
        let policy = policy(engine, new.project.id, &new.options);
        let run = FlowExecution::new(Arc::clone(&new.graph), policy, &new.options.disabled, new.submitted_at);
        let summary = ExecutionSummary {
            id: new.id,
            project_id: new.project.id,
            version: new.version,
            flow_id: new.flow_id.clone(),
            status: Status::Preparing,
            submit_user: new.submit_user.clone(),
            submitted_at: new.submitted_at,
            started_at: None,
            ended_at: None,
            updated_at: Some(new.submitted_at),
        };
        let (sender, mailbox) = mpsc::unbounded_channel();
        let live =
            Arc::new(Live::new(summary, Arc::clone(&new.options), Arc::clone(&new.source), &run, sender));
        let (id, priority) = (new.id, new.priority);
        let seed = Seed {
            engine: Arc::clone(engine),
            live: Arc::clone(&live),
            run,
            mailbox,
            pipeline: self.pipeline(&new.options),
            preparer: Preparer::new(engine, new),
            attempts: HashMap::new(),
            effects: Vec::new(),
            restart: Vec::new(),
            sla: SlaChecked::default(),
        };
        self.events.tell(|| live.news(Vec::new(), true));
        self.add(live, seed);
        self.counters.submitted();
        lock(&self.slots).wait(id, priority);
        self.dispatch();
    }

    /// Makes an actor.
    fn add(&self, live: Arc<Live>, seed: Seed) {
        lock(&self.live).insert(live.id, live);
        let (actor, effects, restart) = Actor::new(seed);
        tokio::spawn(actor.run(effects, restart));
    }

    /// The older execution that one is pipelined on, while it is unfinished.
    fn pipeline(&self, options: &ExecutionOptions) -> Option<PipelineWatch> {
        let Concurrency::Pipeline { level } = options.concurrency else { return None };
        self.find(options.pipeline_execution?).map(|older| PipelineWatch::new(older, level))
    }

    /// Starts nothing that waits until [`Executor::release`]: for a moment in which something else needs the machine.
    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    /// Ends a hold.
    pub(crate) fn release(&self) {
        self.held.store(false, Ordering::SeqCst);
        self.dispatch();
    }

    /// Starts what has a slot.
    fn dispatch(&self) {
        while !self.is_stopping() && !self.held.load(Ordering::SeqCst) {
            let Some(id) = lock(&self.slots).next() else { break };
            self.counters.dispatched(clock::now());
            if !self.find(id).is_some_and(|live| live.send(Message::Start)) {
                lock(&self.slots).leave(id);
            }
        }
        self.events.tell(|| {
            let slots = lock(&self.slots);
            News::Running { running: slots.running().count(), queued: slots.waiting().count() }
        });
    }

    /// An execution is over: its end is stored and published.
    fn end(&self, live: &Live) {
        let view = live.view();
        self.counters.finished(view.summary.status);
        self.remember(Arc::new(view));
        lock(&self.live).remove(&live.id);
        lock(&self.slots).leave(live.id);
        self.dispatch();
    }

    /// Keeps a finished execution for those who look at it.
    pub(crate) fn remember(&self, view: Arc<ExecutionView>) {
        if view.nodes.len() <= MAX_REMEMBERED_NODES {
            lock(&self.finished).put(view.summary.id, view);
        }
    }

    /// Every unfinished execution as it is now, ascending.
    pub(crate) fn views(&self) -> Vec<ExecutionView> {
        let mut all: Vec<Arc<Live>> = lock(&self.live).values().cloned().collect();
        all.sort_unstable_by_key(|live| live.id);
        all.iter().map(|live| live.view()).collect()
    }

    fn find(&self, id: ExecutionId) -> Option<Arc<Live>> {
        lock(&self.live).get(&id).cloned()
    }

    /// An execution as it is now, if it is in memory.
    pub(crate) fn view(&self, id: ExecutionId) -> Option<Arc<ExecutionView>> {
        match self.find(id) {
            Some(live) => Some(Arc::new(live.view())),
            None => lock(&self.finished).get(&id).cloned(),
        }
    }

    /// An execution without its nodes, if it is in memory.
    pub(crate) fn summary(&self, id: ExecutionId) -> Option<ExecutionSummary> {
        match self.find(id) {
            Some(live) => Some(live.summary()),
            None => lock(&self.finished).get(&id).map(|view| view.summary.clone()),
        }
    }

    /// Sends a command to an unfinished execution and waits until what follows is stored, with an entry for the audit trail
    /// if a user asks. `None` if it is not unfinished.
    pub(crate) async fn command(
        &self,
        id: ExecutionId,
        command: Command,
        audit: Option<AuditEntry>,
    ) -> Option<Result<(), Refusal>> {
        let (reply, answer) = oneshot::channel();
        self.find(id)?.send(Message::Command { command, audit: audit.map(Box::new), reply });
        answer.await.ok()
    }

    /// Passes on what the supervisors tell, until the runner is gone.
    pub(crate) async fn listen(&self, mut events: mpsc::Receiver<RunnerEvent>) {
        while let Some(event) = events.recv().await {
            match event {
                RunnerEvent::Started { key, pid, .. } => tracing::trace!(attempt = %key, pid, "job started"),
                RunnerEvent::Ended { key, end } => {
                    if !self.deliver(&key, |node| Message::Ended {
                        node,
                        attempt: key.attempt,
                        end: end.clone(),
                    }) {
                        // Stored before, or of an execution that is over: nobody waits for it.
                        self.runner.acknowledge(&key);
                    }
                }
                RunnerEvent::Lost { key } => {
                    let reason = LOST.to_owned();
                    self.deliver(&key, |node| Message::Lost { node, attempt: key.attempt, reason });
                }
            }
        }
    }

    fn deliver(
        &self,
        key: &AttemptKey,
        message: impl FnOnce(azkaban_core::ids::NodeIndex) -> Message,
    ) -> bool {
        let Some(live) = self.find(key.execution) else { return false };
        live.graph.find(&key.node).is_some_and(|node| live.send(message(node)))
    }
}

/// Why an attempt whose supervisor is gone counts as failed.
const LOST: &str = "the processes that supervised the job are gone, so nobody knows how it ended";

/// The rules of an execution.
fn policy(engine: &Inner, project: ProjectId, options: &ExecutionOptions) -> Policy {
    let asked = options.flow_parameters.get("flow.num.job.threads").map(String::as_str);
    let free = engine.services.projects.whitelist().frees_jobs(project);
    Policy {
        failure_action: options.failure_action.unwrap_or_default(),
        max_parallel_jobs: parallel_jobs(asked, engine.config.max_jobs_per_flow, free),
        pipelined: options.pipeline_execution.is_some(),
    }
}

/// The flow parameter lowers the server's limit, and raises it where the project is free to (projects-and-jobs §8.4).
fn parallel_jobs(asked: Option<&str>, limit: usize, free: bool) -> usize {
    let limit = limit.max(1);
    let asked = asked.and_then(|text| text.trim().parse().ok()).filter(|&number: &usize| number > 0);
    asked.map_or(limit, |number| if free { number } else { number.min(limit) })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these guard is whole after every statement, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_lowers_its_parallel_jobs_and_raises_them_where_it_may() {
        for (asked, free, expected) in [
            (None, false, 10),
            (Some("3"), false, 3),
            (Some(" 3 "), true, 3),
            (Some("30"), false, 10),
            (Some("30"), true, 30),
            (Some("0"), true, 10),
            (Some("-1"), true, 10),
            (Some("many"), true, 10),
        ] {
            assert_eq!(parallel_jobs(asked, 10, free), expected, "{asked:?} {free}");
        }
        assert_eq!(parallel_jobs(None, 0, false), 1);
    }
}
