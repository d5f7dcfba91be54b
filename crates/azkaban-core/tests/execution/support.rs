//! Executions driven by hand: graphs from a few lines of text, jobs that end when the test says so, and rules that hold
//! after every single event.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use azkaban_core::execution::{
    Command, Effect, Event, FlowExecution, Graph, NodeSnapshot, Outcome, Policy, Refusal, RetryPolicy,
    Snapshot,
};
use azkaban_core::ids::{NodeIndex, NodePath};
use azkaban_core::options::{Disabled, FailureAction};
use azkaban_core::project::{Flow, FlowFormat, JobNode, NodeKind, ProjectModel};
use azkaban_core::props::Props;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

/// A project from lines such as `[flow]`, `job < parent other ? one_success`, `sub=inner < job`.
pub(crate) fn project(text: &str) -> ProjectModel {
    let mut model = ProjectModel::empty(FlowFormat::V1);
    let mut current = String::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if let Some(id) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            current = id.to_owned();
            model.flows.insert(current.clone(), flow(id));
            continue;
        }
        let (line, condition) = split(line, '?');
        let (name, depends_on) = split(line, '<');
        let (id, inner) = split(name, '=');
        let node = JobNode {
            id: id.to_owned(),
            kind: inner.map_or(NodeKind::Job("test".to_owned()), |f| NodeKind::Flow(f.to_owned())),
            depends_on: depends_on.unwrap_or("").split_whitespace().map(str::to_owned).collect(),
            condition: condition.map(str::to_owned),
            source: String::new(),
            props_source: None,
            props: Props::new(),
            null_keys: Default::default(),
        };
        model.flows.get_mut(&current).unwrap().nodes.insert(id.to_owned(), Arc::new(node));
    }
    model
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before.trim(), Some(after.trim())),
        None => (text.trim(), None),
    }
}

pub(crate) fn flow(id: &str) -> Flow {
    Flow {
        id: id.to_owned(),
        embedded: false,
        nodes: BTreeMap::new(),
        config: Props::new(),
        null_keys: Default::default(),
        source: String::new(),
        success_emails: Vec::new(),
        failure_emails: Vec::new(),
        override_emails: Vec::new(),
        failure_action: None,
        condition: None,
        trigger: None,
    }
}

/// The graph of the first flow of a text.
pub(crate) fn graph(text: &str) -> Arc<Graph> {
    let first = text.trim_start().trim_start_matches('[').split(']').next().unwrap();
    Arc::new(Graph::build(&project(text), first).unwrap())
}

/// `joba jobd:innerJobA` as the list of the request's `disabled`.
pub(crate) fn disabled(names: &str) -> Vec<Disabled> {
    names.split_whitespace().map(|path| disabled_path(&path.split(':').collect::<Vec<_>>())).collect()
}

fn disabled_path(path: &[&str]) -> Disabled {
    match path {
        [id] => Disabled::Node((*id).to_owned()),
        [id, rest @ ..] => Disabled::Inside { id: (*id).to_owned(), children: vec![disabled_path(rest)] },
        [] => unreachable!("a path has a segment"),
    }
}

/// Outputs from `key=value` words.
pub(crate) fn outputs(text: &str) -> Arc<Props> {
    let pair = |word: &str| word.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
    Arc::new(text.split_whitespace().filter_map(pair).collect())
}

pub(crate) const FINISH_CURRENT: Policy =
    Policy { failure_action: FailureAction::FinishCurrentlyRunning, max_parallel_jobs: 10, pipelined: false };
pub(crate) const FINISH_POSSIBLE: Policy =
    Policy { failure_action: FailureAction::FinishAllPossible, ..FINISH_CURRENT };
pub(crate) const CANCEL: Policy = Policy { failure_action: FailureAction::CancelAll, ..FINISH_CURRENT };

/// An execution, the world around it as its effects made it, and its rows as a store would have them.
pub(crate) struct Sim {
    pub(crate) run: FlowExecution,
    pub(crate) now: i64,
    /// Attempts with a process.
    pub(crate) running: BTreeMap<NodeIndex, u32>,
    /// Attempts that were told to stop.
    pub(crate) killing: BTreeSet<NodeIndex>,
    pub(crate) timers: BTreeMap<NodeIndex, (u32, UnixMillis)>,
    pub(crate) awaiting: BTreeSet<NodeIndex>,
    pub(crate) first_failures: usize,
    pub(crate) finished: Option<Status>,
    started: HashSet<(NodeIndex, u32)>,
    disabled: Vec<Disabled>,
    rows: BTreeMap<NodePath, NodeSnapshot>,
}

impl Sim {
    /// A started execution.
    pub(crate) fn start(text: &str, policy: Policy) -> Self {
        Self::start_disabled(text, policy, "")
    }

    pub(crate) fn start_disabled(text: &str, policy: Policy, disabled_names: &str) -> Self {
        let mut sim = Self::new(graph(text), policy, disabled(disabled_names));
        sim.event(Event::Start);
        sim
    }

    pub(crate) fn new(graph: Arc<Graph>, policy: Policy, disabled: Vec<Disabled>) -> Self {
        let run = FlowExecution::new(graph, policy, &disabled, UnixMillis(0));
        let rows = run.snapshot().nodes.into_iter().map(|n| (n.path.clone(), n)).collect();
        Self {
            run,
            now: 0,
            running: BTreeMap::new(),
            killing: BTreeSet::new(),
            timers: BTreeMap::new(),
            awaiting: BTreeSet::new(),
            first_failures: 0,
            finished: None,
            started: HashSet::new(),
            disabled,
            rows,
        }
    }

    pub(crate) fn index(&self, path: &str) -> NodeIndex {
        let path = if path == "flow" { "" } else { path };
        self.run.graph().find(&NodePath::from(path)).unwrap_or_else(|| panic!("no node {path}"))
    }

    pub(crate) fn event(&mut self, event: Event) -> Vec<Effect> {
        self.now += 1;
        let before = self.run.clone();
        let effects = self.run.handle(event, UnixMillis(self.now));
        self.absorb(&before, &effects);
        effects
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<Vec<Effect>, Refusal> {
        self.now += 1;
        let before = self.run.clone();
        match self.run.command(command, UnixMillis(self.now)) {
            Ok(effects) => {
                self.absorb(&before, &effects);
                Ok(effects)
            }
            Err(refusal) => {
                assert_eq!(self.run, before, "a refused command changed something");
                Err(refusal)
            }
        }
    }

    /// Puts the effects into the world and checks what must hold whatever happens.
    fn absorb(&mut self, before: &FlowExecution, effects: &[Effect]) {
        let stores = |e: &&Effect| matches!(e, Effect::NodeChanged { .. });
        assert_eq!(effects.iter().filter(stores).count(), effects.iter().take_while(stores).count());
        for effect in effects {
            assert_eq!(self.finished, None, "{effect:?} after the end");
            match *effect {
                Effect::NodeChanged { node } => {
                    let row = self.run.node_snapshot(node);
                    self.rows.insert(row.path.clone(), row);
                }
                Effect::StartJob { node, attempt } => self.job_started(node, attempt),
                Effect::KillJob { node, attempt } => {
                    assert_eq!(self.running.get(&node), Some(&attempt), "killed without running");
                    assert!(self.killing.insert(node), "killed twice");
                }
                Effect::SetTimer { node, attempt, at } => {
                    assert_eq!(self.timers.insert(node, (attempt, at)), None);
                }
                Effect::CancelTimer { node, attempt } => {
                    assert_eq!(self.timers.remove(&node).map(|t| t.0), Some(attempt));
                }
                Effect::AwaitPipeline { node } => assert!(self.awaiting.insert(node)),
                Effect::CancelPipeline { node } => assert!(self.awaiting.remove(&node)),
                Effect::FirstFailure => self.first_failures += 1,
                Effect::Finished { status } => self.finished = Some(status),
            }
        }
        self.check_rules(before);
    }

    fn job_started(&mut self, node: NodeIndex, attempt: u32) {
        let this = self.run.graph().node(node);
        assert!(this.is_job());
        assert!(self.started.insert((node, attempt)), "{:?} started twice", this.path);
        assert_eq!(self.running.insert(node, attempt), None, "two attempts of {:?} at once", this.path);
        let state = self.run.node(node);
        assert_eq!((state.status, state.attempt), (Status::Running, attempt));
        assert_eq!(state.started_at, Some(UnixMillis(self.now)));
        for &dependency in &this.ins {
            assert!(self.run.node(dependency).status.is_finished(), "{:?} started too early", this.path);
        }
        assert!(!self.run.flags().paused && !self.run.flags().killed, "started in a pause or after a kill");
    }

    fn check_rules(&self, before: &FlowExecution) {
        let run = &self.run;
        assert!(self.running.len() <= run.policy().max_parallel_jobs.max(1), "too many jobs run");
        let active: BTreeMap<_, _> = run.active_attempts().collect();
        assert_eq!(self.running, active);
        assert_eq!(self.finished.is_some(), run.status().is_finished());
        if before.status().is_finished() {
            assert_eq!(run, before, "something changed after the end");
        }
        let started = run.node(NodeIndex::ROOT).started_at.is_some();
        if started && self.finished.is_none() && !run.flags().paused {
            let waits = !self.timers.is_empty() || !self.awaiting.is_empty();
            assert!(
                !self.running.is_empty() || (waits && !run.flags().killed),
                "nothing can happen any more"
            );
        }
        if self.finished.is_some() {
            assert!(self.running.is_empty() && self.timers.is_empty() && self.awaiting.is_empty());
        }
        assert_eq!(self.restored(), *run, "the stored rows are not the execution");
    }

    /// The execution as a crash now would leave it.
    pub(crate) fn restored(&self) -> FlowExecution {
        let nodes = self.rows.values().cloned().collect();
        let snapshot = Snapshot { flags: self.run.flags().clone(), nodes };
        FlowExecution::restore(self.run.graph().clone(), self.run.policy(), &self.disabled, snapshot).unwrap()
    }

    /// A crash and a restart: what runs keeps running, everything else is asked for again.
    pub(crate) fn restart(&mut self) {
        let mut restored = self.restored();
        let effects = restored.resume_effects(UnixMillis(self.now));
        assert_eq!(restored, self.run, "a restart changed the state");
        let (timers, awaiting) = (std::mem::take(&mut self.timers), std::mem::take(&mut self.awaiting));
        let killing = std::mem::take(&mut self.killing);
        self.run = restored;
        let before = self.run.clone();
        self.absorb(&before, &effects);
        assert_eq!((&self.timers, &self.awaiting, &self.killing), (&timers, &awaiting, &killing));
    }

    /// The running attempt of `node` ends.
    pub(crate) fn end(&mut self, node: NodeIndex, outcome: Outcome, retry: RetryPolicy) -> Vec<Effect> {
        let attempt = self.running.remove(&node).unwrap_or_else(|| panic!("{node} does not run"));
        self.killing.remove(&node);
        self.event(Event::JobFinished { node, attempt, outcome, retry })
    }

    /// These jobs succeed, one after the other.
    pub(crate) fn ok(&mut self, paths: &str) {
        for path in paths.split_whitespace() {
            self.ok_with(path, "");
        }
    }

    pub(crate) fn ok_with(&mut self, path: &str, output: &str) {
        let outputs = outputs(output);
        self.end(self.index(path), Outcome::Succeeded { outputs }, RetryPolicy::default());
    }

    /// These jobs fail and have no retries.
    pub(crate) fn fail(&mut self, paths: &str) {
        for path in paths.split_whitespace() {
            self.fail_retrying(path, 0, 0);
        }
    }

    pub(crate) fn fail_retrying(&mut self, path: &str, retries: u32, backoff_ms: u64) {
        self.end(self.index(path), Outcome::Failed, RetryPolicy { retries, backoff_ms });
    }

    /// Every job that was told to stop does so.
    pub(crate) fn stop_killed(&mut self) {
        while let Some(node) = self.killing.first().copied() {
            self.end(node, Outcome::Killed, RetryPolicy::default());
        }
    }

    pub(crate) fn kill(&mut self) {
        self.command(Command::Kill { by: "me".to_owned() }).unwrap();
    }

    pub(crate) fn pause(&mut self) {
        self.command(Command::Pause { by: "pauser".to_owned() }).unwrap();
    }

    pub(crate) fn resume(&mut self) {
        self.command(Command::Resume { by: "resumer".to_owned() }).unwrap();
    }

    pub(crate) fn retry_failed(&mut self) {
        self.command(Command::RetryFailed { by: "retrier".to_owned() }).unwrap();
    }

    pub(crate) fn kill_job(&mut self, path: &str, by_sla: bool) {
        self.command(Command::KillJob { node: self.index(path), by_sla }).unwrap();
    }

    /// Checks statuses given as `joba,jobb=S jobc:*=R *=C`: names and prefixes, the first that fits counts.
    #[track_caller]
    pub(crate) fn check(&self, expected: &str) {
        let mut wrong = Vec::new();
        let mut mentioned = HashSet::new();
        for word in expected.split_whitespace() {
            let (patterns, status) = word.split_once('=').unwrap();
            for pattern in patterns.split(',') {
                for (index, name) in self.matching(pattern) {
                    let actual = self.run.node(index).status;
                    if mentioned.insert(index) && actual != abbreviated(status) {
                        wrong.push(format!("{name} is {actual}, not {status}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn matching(&self, pattern: &str) -> Vec<(NodeIndex, String)> {
        let Some(prefix) = pattern.strip_suffix('*') else {
            return vec![(self.index(pattern), pattern.to_owned())];
        };
        let nodes = self.run.graph().iter().skip(1);
        let named = nodes.filter(|(_, n)| n.path.as_str().starts_with(prefix));
        named.map(|(index, n)| (index, n.path.to_string())).collect()
    }
}

fn abbreviated(text: &str) -> Status {
    match text {
        "S" => Status::Succeeded,
        "F" => Status::Failed,
        "K" => Status::Killed,
        "C" => Status::Cancelled,
        "SK" => Status::Skipped,
        "R" => Status::Ready,
        "Q" => Status::Queued,
        "D" => Status::Disabled,
        "FF" => Status::FailedFinishing,
        "FS" => Status::FailedSucceeded,
        name => Status::from_name(name).unwrap_or_else(|| panic!("no status {name}")),
    }
}

/// The flows of Azkaban's own tests (execution-and-scheduling §10.1).
pub(crate) mod flows {
    pub(crate) const EXEC1: &str = "[exec1]
        job1
        job2 < job1
        job3 < job2
        job4 < job2
        job5 < job3 job4
        job6 < job1
        job7 < job5 job6
        job8 < job7
        job10 < job8";
    pub(crate) const EXEC2: &str = "[exec2]
        job1
        job2d < job1
        job3 < job2d
        job4 < job2d
        job5 < job3 job4
        job6 < job1
        job7 < job5 job6
        job8 < job7
        job9 < job7
        job10 < job8 job9";
    pub(crate) const EXEC3: &str = "[exec3]
        job1
        job2d < job1
        job3 < job1
        job4 < job2d
        job5 < job2d
        job6 < job4 job5
        job7 < job3
        job8 < job3
        job9 < job7 job8
        job10 < job6 job9";
    pub(crate) const EXEC4: &str = "[exec4-retry]
        job-retry
        job-pass < job-retry
        job-retry-fail < job-pass";
    const INNER: &str = "
        [innerFlow]
        innerJobA
        innerJobB < innerJobA
        innerJobC < innerJobA
        innerFlow < innerJobB innerJobC
        [innerFlow2]
        innerJobA
        innerFlow2 < innerJobA";

    pub(crate) fn jobf() -> String {
        format!(
            "[jobf]
            joba
            jobb=innerFlow < joba
            jobc < joba
            jobd=innerFlow2 < joba
            jobe < jobb jobc jobd
            joba1
            jobf < jobe joba1
            {INNER}"
        )
    }

    pub(crate) fn pipeline_flow() -> String {
        format!(
            "[pipelineFlow]
            pipeline1
            pipeline2 < pipeline1
            pipelineEmbeddedFlow3=innerFlow < pipeline2
            pipelineEmbeddedFlow4=innerFlow2 < pipeline2
            pipeline4 < pipelineEmbeddedFlow3 pipelineEmbeddedFlow4
            pipelineFlow < pipeline4
            {INNER}"
        )
    }

    pub(crate) fn pipeline1_2() -> String {
        format!(
            "[pipeline1_2]
            pipeline1_1=innerFlow2
            pipeline1_2=innerFlow2 < pipeline1_1
            {INNER}"
        )
    }
}
