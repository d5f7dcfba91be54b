//! The actor of one execution: the only one who changes it while it is unfinished.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Once};
use std::time::Duration;

use azkaban_core::execution::{Command, Effect, Event, FlowExecution, Outcome, RetryPolicy};
use azkaban_core::ids::{AttemptKey, ExecutionId, NodeIndex};
use azkaban_core::project::NodeKind;
use azkaban_core::props::Props;
use azkaban_core::sla::{SlaChecked, SlaMiss};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_runner::{AttemptEnd, AttemptSpec};
use azkaban_store::{AttemptRow, Change};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::deadlines::{self, Deadlines};
use super::decisions;
use super::flow_log::FlowLog;
use super::job_log::JobLog;
use super::live::{Live, Message};
use super::notices;
use super::outputs;
use super::pipeline_watch::PipelineWatch;
use super::prepare::{Preparation, Preparer};
use super::step::Step;
use super::work::{Prepared, Unstarted};
use super::workspace;
use crate::mail::PendingMail;
use crate::{Inner, clock};

/// Messages that share a step at most; bounds how long the first of them waits for its commit.
const BATCH: usize = 256;
/// The longest pause between attempts to store a step while the database fails.
const MAX_STORE_PAUSE: Duration = Duration::from_secs(10);

/// The longest sleep before the clock is looked at again, which may have been set.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Who kills because of a rule (execution-and-scheduling §6).
const SLA_USER: &str = "azkaban_sla";
/// Why mails are not sent.
const NO_MAIL: &str = "mail.host is not set";
/// Told once per server, since it is true for each mail.
static NO_MAIL_TOLD: Once = Once::new();

/// Everything that an actor starts from.
pub(super) struct Seed {
    pub(super) engine: Arc<Inner>,
    pub(super) live: Arc<Live>,
    pub(super) run: FlowExecution,
    pub(super) mailbox: mpsc::UnboundedReceiver<Message>,
    pub(super) preparer: Preparer,
    pub(super) pipeline: Option<PipelineWatch>,
    /// Attempts that run already, after a restart.
    pub(super) attempts: HashMap<(NodeIndex, u32), AttemptRow>,
    /// What is to be done again after a restart.
    pub(super) effects: Vec<Effect>,
    /// Attempts that are stored as started and that no supervisor has ever seen.
    pub(super) restart: Vec<(NodeIndex, u32)>,
    /// Which SLA rules have been judged.
    pub(super) sla: SlaChecked,
}

pub(super) struct Actor {
    engine: Arc<Inner>,
    live: Arc<Live>,
    run: FlowExecution,
    mailbox: mpsc::UnboundedReceiver<Message>,
    preparer: Preparer,
    pipeline: Option<PipelineWatch>,
    /// Rows of the attempts that run.
    attempts: HashMap<(NodeIndex, u32), AttemptRow>,
    timers: BTreeSet<(UnixMillis, NodeIndex, u32)>,
    deadlines: Deadlines,
    log: FlowLog,
}

/// What wakes an actor.
enum Wake {
    Message(Message),
    Timer,
    Pipeline,
}

impl Actor {
    pub(super) fn new(seed: Seed) -> (Self, Vec<Effect>, Vec<(NodeIndex, u32)>) {
        let log = FlowLog::new(&seed.engine.config, seed.live.id, &seed.live.graph.node(NodeIndex::ROOT).id);
        let deadlines = Deadlines::new(&seed.engine.config, &seed.live.options.sla, &seed.run, seed.sla);
        let actor = Self {
            engine: seed.engine,
            live: seed.live,
            run: seed.run,
            mailbox: seed.mailbox,
            preparer: seed.preparer,
            pipeline: seed.pipeline,
            attempts: seed.attempts,
            timers: BTreeSet::new(),
            deadlines,
            log,
        };
        (actor, seed.effects, seed.restart)
    }

    /// Runs the flow to its end, or until nobody can reach it any more (the server stops).
    pub(super) async fn run(mut self, effects: Vec<Effect>, restart: Vec<(NodeIndex, u32)>) {
        if !(effects.is_empty() && restart.is_empty()) {
            let now = clock::now();
            let mut step = Step::default();
            for (node, attempt) in restart {
                self.start_again(node, attempt, now, &mut step);
            }
            self.follow(effects, now, &mut step);
            if self.finish_step(step, now).await {
                return;
            }
        }
        while let Some(wake) = self.wake().await {
            let now = clock::now();
            let mut step = Step::default();
            match wake {
                Wake::Message(message) => {
                    self.take(message, now, &mut step);
                    let mut more = BATCH;
                    while more > 0
                        && let Ok(message) = self.mailbox.try_recv()
                    {
                        self.take(message, now, &mut step);
                        more -= 1;
                    }
                }
                Wake::Timer => {
                    self.fire_timers(now, &mut step);
                    self.judge_deadlines(now, &mut step);
                }
                Wake::Pipeline => self.release_pipeline(now, &mut step),
            }
            if self.finish_step(step, now).await {
                return;
            }
        }
    }

    async fn wake(&mut self) -> Option<Wake> {
        let retry = self.timers.first().map(|&(at, ..)| at);
        let due = retry.into_iter().chain(self.deadlines.next(&self.run)).min();
        let timer = due.map(|at| Instant::now() + clock::until(at).min(LONGEST_SLEEP));
        tokio::select! {
            biased;
            message = self.mailbox.recv() => message.map(Wake::Message),
            () = sleep_until(timer.unwrap_or_else(Instant::now)), if timer.is_some() => Some(Wake::Timer),
            () = PipelineWatch::changed(&mut self.pipeline) => Some(Wake::Pipeline),
        }
    }

    /// Takes one message into the step.
    fn take(&mut self, message: Message, now: UnixMillis, step: &mut Step) {
        match message {
            Message::Start => {
                step.flow_log.push(format!("Running execution {} of flow {}", self.live.id, self.root_id()));
                let effects = self.run.handle(Event::Start, now);
                self.follow(effects, now, step);
            }
            Message::Command { command, audit, reply } => {
                let text = describe(&command);
                match self.run.command(command, now) {
                    Ok(effects) => {
                        step.flow_log.push(text);
                        step.audit.extend(audit.map(|entry| *entry));
                        self.follow(effects, now, step);
                        step.replies.push((reply, Ok(())));
                    }
                    Err(refusal) => step.replies.push((reply, Err(refusal))),
                }
            }
            Message::Ended { node, attempt, end } => self.take_end(node, attempt, end, now, step),
            Message::Lost { node, attempt, reason } => {
                let outcome = azkaban_runner::Outcome::Failed { reason };
                let end = AttemptEnd { outcome, exit: None, started_at: now, ended_at: now };
                self.take_end(node, attempt, end, now, step);
            }
        }
    }

    /// The process of an attempt has ended.
    fn take_end(&mut self, node: NodeIndex, attempt: u32, end: AttemptEnd, now: UnixMillis, step: &mut Step) {
        step.acknowledge.push(self.key(node, attempt));
        // An attempt whose end is known already: the acknowledgement was lost, nothing else.
        let Some(mut row) = self.attempts.remove(&(node, attempt)) else { return };
        let (outcome, reason) = match end.outcome {
            azkaban_runner::Outcome::Succeeded => {
                let (outputs, problem) = outputs::read(row.output_file.as_deref());
                (Outcome::Succeeded { outputs: Arc::new(outputs) }, problem)
            }
            azkaban_runner::Outcome::Failed { reason } => (Outcome::Failed, Some(reason)),
            azkaban_runner::Outcome::SpawnFailed { reason } => (Outcome::Failed, Some(reason)),
            azkaban_runner::Outcome::FailedButCounts { reason } => (Outcome::FailedButCounts, Some(reason)),
            azkaban_runner::Outcome::Killed => (Outcome::Killed, None),
        };
        if let Outcome::Succeeded { outputs } = &outcome {
            row.outputs = Some(Props::clone(outputs)).filter(|outputs| !outputs.is_empty());
        }
        row.reason = reason;
        let effects = self.end(node, row, false, outcome, now, step);
        self.follow(effects, now, step);
    }

    /// Stores how an attempt ended, and answers with what follows for the flow. `is_new` if the attempt is not stored yet.
    fn end(
        &mut self,
        node: NodeIndex,
        mut row: AttemptRow,
        is_new: bool,
        outcome: Outcome,
        now: UnixMillis,
        step: &mut Step,
    ) -> Vec<Effect> {
        row.ended_at = Some(now);
        row.status = match &outcome {
            // A kill wins, however the process ended (execution-and-scheduling §2.10).
            _ if self.run.node(node).status == Status::Killing => Status::Killed,
            Outcome::Succeeded { .. } => Status::Succeeded,
            Outcome::Failed => Status::Failed,
            Outcome::FailedButCounts => Status::FailedSucceeded,
            Outcome::Killed => Status::Killed,
        };
        if let NodeKind::Job(job_type) = &self.live.graph.node(node).kind {
            self.engine.executor.counters().job_ended(job_type, row.status);
        }
        let seconds = row.started_at.map_or(0, |at| (now.0 - at.0) / 1000);
        let path = &self.live.graph.node(node).path;
        let ended = format!("Job {path} ended with {} in {seconds} seconds", row.status);
        step.flow_log.push(match &row.reason {
            Some(reason) => format!("{ended}: {reason}"),
            None => ended,
        });
        let retry =
            RetryPolicy { retries: row.retries, backoff_ms: u64::try_from(row.backoff_ms).unwrap_or(0) };
        let attempt = row.key.attempt;
        step.outbox.extend(self.preparer.callbacks_at_end(&self.run, node, &row.key, row.status, now));
        step.attempts.insert((node, attempt), (row, is_new));
        let effects = self.run.handle(Event::JobFinished { node, attempt, outcome, retry }, now);
        step.flow_log.extend(decisions::retry(&self.run, node, attempt, retry.retries));
        effects
    }

    fn fire_timers(&mut self, now: UnixMillis, step: &mut Step) {
        while let Some(&(at, node, attempt)) = self.timers.first() {
            if at > now {
                break;
            }
            self.timers.pop_first();
            let effects = self.run.handle(Event::RetryDue { node, attempt }, now);
            self.follow(effects, now, step);
        }
    }

    /// Applies the SLA rules whose time has come.
    fn judge_deadlines(&mut self, now: UnixMillis, step: &mut Step) {
        for miss in self.deadlines.due(&self.run, now) {
            self.take_miss(&miss, now, step);
            // What was judged is stored with the flow's flags.
            step.changed.insert(NodeIndex::ROOT);
        }
        if let Some(minutes) = self.deadlines.overrun(&self.run, now) {
            step.flow_log.push(format!("The flow has run for the longest time allowed, {minutes} minutes"));
            self.command_as_rule(Command::Kill { by: SLA_USER.to_owned() }, now, step);
        }
    }

    /// Does what a missed SLA rule asks for. Of an execution that is over, only the mail is left, at its deadline.
    fn take_miss(&mut self, miss: &SlaMiss, now: UnixMillis, step: &mut Step) {
        step.flow_log.push(notices::describe_miss(&self.run, miss));
        step.sla_misses.push(notices::miss_row(self.preparer.flow(), miss));
        if miss.rule.alert {
            let mail = notices::missed(self.preparer.flow(), &self.run, miss);
            self.mail(mail, now, miss.due.max(now), step);
        }
        if !miss.rule.kill || step.finished.is_some() {
            return;
        }
        if miss.node == NodeIndex::ROOT {
            self.command_as_rule(Command::Kill { by: SLA_USER.to_owned() }, now, step);
        } else {
            for node in deadlines::active_jobs(&self.run, miss.node) {
                self.command_as_rule(Command::KillJob { node, by_sla: true }, now, step);
            }
        }
    }

    /// What is refused has ended, or is being killed already.
    fn command_as_rule(&mut self, command: Command, now: UnixMillis, step: &mut Step) {
        let text = describe(&command);
        if let Ok(effects) = self.run.command(command, now) {
            step.flow_log.push(text);
            self.follow(effects, now, step);
        }
    }

    /// Takes a mail into the step, if there is one and somebody to send it to.
    fn mail(&self, mail: Option<PendingMail>, now: UnixMillis, due_at: UnixMillis, step: &mut Step) {
        let Some(mail) = mail else { return };
        if self.engine.config.mail.is_none() {
            step.flow_log.push(format!("No mail to {}: {NO_MAIL}", mail.to.join(", ")));
            NO_MAIL_TOLD
                .call_once(|| tracing::warn!(execution = %self.live.id, "a mail is not sent: {NO_MAIL}"));
            return;
        }
        step.flow_log.push(format!("Mail to {}", mail.to.join(", ")));
        step.outbox.extend(mail.item(now, due_at));
    }

    fn release_pipeline(&mut self, now: UnixMillis, step: &mut Step) {
        let released = self.pipeline.as_mut().map(PipelineWatch::released).unwrap_or_default();
        for node in released {
            let effects = self.run.handle(Event::PipelineReleased { node }, now);
            self.follow(effects, now, step);
        }
    }

    /// Turns effects into parts of the step. Jobs that need no process end at once, and what follows from that is part of
    /// the same step.
    fn follow(&mut self, effects: Vec<Effect>, now: UnixMillis, step: &mut Step) {
        let mut open = VecDeque::from(effects);
        while let Some(effect) = open.pop_front() {
            match effect {
                Effect::NodeChanged { node } => {
                    step.changed.insert(node);
                    let lines = decisions::passed_over(&self.run, node);
                    if !lines.is_empty() && step.passed_over.insert(node) {
                        step.flow_log.extend(lines);
                    }
                }
                Effect::StartJob { node, attempt } => open.extend(self.start(node, attempt, now, step)),
                Effect::KillJob { node, attempt } => step.kills.push(self.key(node, attempt)),
                Effect::SetTimer { node, attempt, at } => {
                    self.timers.insert((at, node, attempt));
                }
                Effect::CancelTimer { node, attempt } => {
                    self.timers.retain(|&(_, n, a)| (n, a) != (node, attempt));
                }
                Effect::AwaitPipeline { node } => {
                    let waits =
                        self.pipeline.as_mut().is_some_and(|watch| watch.wait(&self.live.graph, node));
                    if !waits {
                        open.extend(self.run.handle(Event::PipelineReleased { node }, now));
                    }
                }
                Effect::CancelPipeline { node } => {
                    if let Some(watch) = &mut self.pipeline {
                        watch.forget(node);
                    }
                }
                Effect::FirstFailure => {
                    step.flow_log.push("A job has failed".to_owned());
                    let mail = notices::first_failure(self.preparer.flow(), &self.run);
                    self.mail(mail, now, now, step);
                }
                Effect::Finished { status } => {
                    step.flow_log.push(format!("Flow {} finished with status {status}", self.root_id()));
                    step.finished = Some(status);
                    let mail = notices::ended(self.preparer.flow(), &self.run);
                    self.mail(mail, now, now, step);
                    for miss in self.deadlines.rest(&self.run) {
                        self.take_miss(&miss, now, step);
                    }
                }
            }
        }
    }

    /// Starts an attempt. The effects are those of a job that has ended by this.
    fn start(&mut self, node: NodeIndex, attempt: u32, now: UnixMillis, step: &mut Step) -> Vec<Effect> {
        step.flow_log.extend(decisions::condition_met(&self.run, node));
        step.flow_log.push(format!("Starting job {}, attempt {attempt}", self.live.graph.node(node).path));
        let row = AttemptRow {
            key: self.key(node, attempt),
            status: Status::Running,
            started_at: Some(now),
            ended_at: None,
            retries: 0,
            backoff_ms: 0,
            supervisor: None,
            outputs: None,
            output_file: None,
            reason: None,
        };
        self.prepare(node, row, true, now, step)
    }

    /// After a restart: an attempt was stored, and its supervisor has never heard of it, so its process never was.
    fn start_again(&mut self, node: NodeIndex, attempt: u32, now: UnixMillis, step: &mut Step) {
        if let Some(row) = self.attempts.remove(&(node, attempt)) {
            let effects = self.prepare(node, row, false, now, step);
            self.follow(effects, now, step);
        }
    }

    /// Prepares an attempt for the supervisor, or ends it if it needs no process or cannot have one.
    fn prepare(
        &mut self,
        node: NodeIndex,
        mut row: AttemptRow,
        is_new: bool,
        now: UnixMillis,
        step: &mut Step,
    ) -> Vec<Effect> {
        let attempt = row.key.attempt;
        let preparation = self.preparer.prepare(&self.run, node, attempt, row.started_at.unwrap_or(now));
        if is_new {
            step.outbox.extend(self.preparer.callbacks_at_start(&self.run, node, &row.key, now));
        }
        let retry = preparation.retry();
        row.retries = retry.retries;
        row.backoff_ms = i64::try_from(retry.backoff_ms).unwrap_or(i64::MAX);
        match preparation {
            Preparation::Process(prepared) => {
                row.output_file = prepared.output_file.to_str().map(str::to_owned);
                row.supervisor = self.engine.executor.supervisor();
                step.attempts.insert((node, attempt), (row.clone(), is_new));
                self.attempts.insert((node, attempt), row);
                step.starts.push(*prepared);
                Vec::new()
            }
            Preparation::Nothing { log, .. } => {
                step.job_logs.push(log);
                let outcome = Outcome::Succeeded { outputs: Arc::new(Props::new()) };
                self.end(node, row, is_new, outcome, now, step)
            }
            Preparation::Failed { log, reason, counts, .. } => {
                step.job_logs.push(log);
                row.reason = Some(reason);
                let outcome = if counts { Outcome::FailedButCounts } else { Outcome::Failed };
                self.end(node, row, is_new, outcome, now, step)
            }
        }
    }

    /// Stores the step, then does it, then shows it. True when the execution is over.
    async fn finish_step(&mut self, mut step: Step, now: UnixMillis) -> bool {
        let id = self.live.id;
        let changes = step.changes(id, &self.run, self.deadlines.checked(), now);
        // Before the commit, so that no job has ended without its log; harmless if the commit never comes.
        step.job_logs.iter().for_each(JobLog::write);
        store(&self.engine, id, changes).await;
        self.start_jobs(std::mem::take(&mut step.starts), now).await;
        for item in &step.outbox {
            self.engine.outbox.wake(item.channel);
        }
        for key in &step.kills {
            self.engine.executor.runner().stop(key);
        }
        if let Some(status) = step.finished {
            self.conclude(status);
        }
        self.live.publish(&self.run, step.changed.iter().copied());
        if !step.changed.is_empty() {
            let status_changed = step.changed.contains(&NodeIndex::ROOT);
            self.engine
                .events
                .tell(|| self.live.news(step.changed.iter().copied().collect(), status_changed));
        }
        if step.finished.is_some() {
            self.engine.executor.end(&self.live);
        }
        for key in &step.acknowledge {
            self.engine.executor.runner().acknowledge(key);
        }
        for (reply, answer) in step.replies {
            // Whoever asked may have gone.
            let _ = reply.send(answer);
        }
        self.log.write(now, step.flow_log);
        step.finished.is_some()
    }

    /// Hands attempts to the supervisor, each as soon as its files are written. One that could not be made ready has failed.
    async fn start_jobs(&mut self, starts: Vec<Prepared>, now: UnixMillis) {
        if starts.is_empty() {
            return;
        }
        let workspace = self.preparer.make_workspace().await;
        for prepared in starts {
            let (node, attempt) = (prepared.node, prepared.attempt);
            let ready = match &workspace {
                Ok(()) if prepared.is_slow() => self.get_ready_elsewhere(prepared).await,
                Ok(()) => prepared.get_ready(&self.engine),
                Err(error) => Err(prepared.without_folder(error)),
            };
            self.spawn(node, attempt, ready, now);
        }
    }

    /// As [`Prepared::get_ready`], off the async threads.
    async fn get_ready_elsewhere(&self, prepared: Prepared) -> Result<AttemptSpec, Box<Unstarted>> {
        let engine = Arc::clone(&self.engine);
        match tokio::task::spawn_blocking(move || prepared.get_ready(&engine)).await {
            Ok(ready) => ready,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    fn spawn(
        &self,
        node: NodeIndex,
        attempt: u32,
        ready: Result<AttemptSpec, Box<Unstarted>>,
        now: UnixMillis,
    ) {
        match ready {
            Ok(spec) => self.engine.executor.runner().spawn(spec),
            Err(unstarted) => {
                unstarted.log.write();
                let outcome = unstarted.outcome();
                let end = AttemptEnd { outcome, exit: None, started_at: now, ended_at: now };
                self.live.send(Message::Ended { node, attempt, end });
            }
        }
    }

    /// Frees what the execution used.
    fn conclude(&self, status: Status) {
        tracing::debug!(execution = %self.live.id, %status, "execution ended");
        if self.preparer.has_workspace() {
            let (folder, id) = (self.engine.config.execution_dir.clone(), self.live.id);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = workspace::remove(&folder, id) {
                    tracing::warn!(execution = %id, %error, "could not remove an execution's folder");
                }
            });
        }
    }

    fn key(&self, node: NodeIndex, attempt: u32) -> AttemptKey {
        AttemptKey { execution: self.live.id, node: self.live.graph.node(node).path.clone(), attempt }
    }

    fn root_id(&self) -> &str {
        &self.live.graph.node(NodeIndex::ROOT).id
    }
}

/// For the flow's log.
fn describe(command: &Command) -> String {
    match command {
        Command::Kill { by } => format!("Kill asked for by {by}"),
        Command::Pause { by } => format!("Paused by {by}"),
        Command::Resume { by } => format!("Resumed by {by}"),
        Command::RetryFailed { by } => format!("Retry of failed jobs asked for by {by}"),
        Command::KillJob { node, by_sla } => format!("Kill of job {node} asked for (SLA: {by_sla})"),
    }
}

/// Stores changes, however long the database takes: nothing may be acted upon before.
async fn store(engine: &Inner, id: ExecutionId, changes: Vec<Change>) {
    let mut pause = Duration::from_millis(50);
    loop {
        match engine.store.commit(changes.clone()).await {
            Ok(()) => return,
            Err(azkaban_store::Error::Closed) => {
                // The server stops; the next start goes on from what is stored.
                return std::future::pending().await;
            }
            Err(error) => {
                tracing::error!(execution = %id, %error, "could not store the state of an execution; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(MAX_STORE_PAUSE);
            }
        }
    }
}
