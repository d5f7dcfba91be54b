//! What mails and the flow's log say of an execution, as facts (execution-and-scheduling §7.1).

use azkaban_core::execution::FlowExecution;
use azkaban_core::ids::NodeIndex;
use azkaban_core::options::ExecutionOptions;
use azkaban_core::sla::SlaMiss;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::{ExecutionRow, SlaMissRow};

use super::NewExecution;
use crate::mail::{FlowFacts, Notice, PendingMail};

/// What Azkaban names as the reason of every failure mail.
const FLOW_FINISHED: &str = "Flow finished";

/// The mail about the first failure, if it is wanted.
pub(super) fn first_failure(flow: &NewExecution, run: &FlowExecution) -> Option<PendingMail> {
    let options = &flow.options;
    let notice = || Notice::FirstFailure {
        flow: facts(flow, run),
        action: run.policy().failure_action,
        jobs: top_level_jobs(run, Status::Failed),
    };
    if options.notify_failure_first { PendingMail::new(&options.failure_emails, notice) } else { None }
}

/// The mail about the end, if somebody wants one.
pub(super) fn ended(flow: &NewExecution, run: &FlowExecution) -> Option<PendingMail> {
    let (options, status) = (&flow.options, run.status());
    let to = addresses(options, status);
    PendingMail::new(to, || {
        let (jobs, reasons) = match status {
            Status::Succeeded => (Vec::new(), Vec::new()),
            Status::Killed => (top_level_jobs(run, Status::Killed), vec![FLOW_FINISHED.to_owned()]),
            _ => (top_level_jobs(run, Status::Failed), vec![FLOW_FINISHED.to_owned()]),
        };
        Notice::Ended { flow: facts(flow, run), jobs, reasons }
    })
}

/// The mail about an execution that could not be gone on with after a restart.
pub(super) fn given_up(
    row: &ExecutionRow,
    project: String,
    options: &ExecutionOptions,
    ended_at: UnixMillis,
    reason: String,
) -> Option<PendingMail> {
    let flow = FlowFacts {
        execution: row.id,
        project_id: row.project,
        project,
        flow: row.flow.clone(),
        status: Status::Failed,
        started_at: row.started_at,
        ended_at: Some(ended_at),
    };
    PendingMail::new(addresses(options, Status::Failed), || Notice::Ended {
        flow,
        jobs: Vec::new(),
        reasons: vec![reason],
    })
}

/// The mail about a missed rule.
pub(super) fn missed(flow: &NewExecution, run: &FlowExecution, miss: &SlaMiss) -> Option<PendingMail> {
    PendingMail::new(&flow.options.sla.emails, || Notice::Sla {
        flow: facts(flow, run),
        job: miss.rule.job.clone(),
        goal: miss.rule.goal,
        within_minutes: miss.rule.within_minutes,
        started_at: miss.started_at,
    })
}

/// A missed rule for what is remembered of the flow's rules.
pub(super) fn miss_row(flow: &NewExecution, miss: &SlaMiss) -> SlaMissRow {
    SlaMissRow {
        project: flow.project.id,
        flow: flow.flow_id.clone(),
        job: miss.rule.job.clone(),
        goal: miss.rule.goal,
        execution: flow.id,
        at: miss.due,
    }
}

/// A missed rule for the flow's log.
pub(super) fn describe_miss(run: &FlowExecution, miss: &SlaMiss) -> String {
    let what = match &miss.rule.job {
        None => format!("flow {}", run.graph().node(NodeIndex::ROOT).id),
        Some(job) => format!("job {job}"),
    };
    let (goal, minutes) = (miss.rule.goal.name(), miss.rule.within_minutes);
    format!("SLA missed: {what} was to {goal} within {minutes}m and is {}", miss.status)
}

fn addresses(options: &ExecutionOptions, status: Status) -> &[String] {
    if status == Status::Succeeded { &options.success_emails } else { &options.failure_emails }
}

fn facts(flow: &NewExecution, run: &FlowExecution) -> FlowFacts {
    let root = run.node(NodeIndex::ROOT);
    FlowFacts {
        execution: flow.id,
        project_id: flow.project.id,
        project: flow.project.name.clone(),
        flow: flow.flow_id.clone(),
        status: root.status,
        started_at: root.started_at,
        ended_at: root.ended_at,
    }
}

fn top_level_jobs(run: &FlowExecution, status: Status) -> Vec<String> {
    let graph = run.graph();
    let children = graph.node(NodeIndex::ROOT).children().filter(|&node| run.node(node).status == status);
    children.map(|node| graph.node(node).id.to_string()).collect()
}
