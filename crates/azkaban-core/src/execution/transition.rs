//! Which changes of status are legal: the only place that says so, for live executions and for restored ones.
//!
//! Source: execution-and-scheduling §1.1, with the repairs of §9 (#10: no terminal status of a flow while jobs run).

use crate::status::Status;

/// What a node is, as far as its life cycle is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The flow that was executed.
    Root,
    /// A flow inside it.
    Embedded,
    /// A job.
    Job,
}

/// Why a status changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A job's turn has come.
    Queue,
    /// A job gets a slot.
    Launch,
    /// A flow begins.
    Enter,
    /// A job ended well.
    Succeed,
    /// A job ended badly, or a node's condition cannot be evaluated.
    Fail,
    /// A job ended badly and `job.succeed.on.failure` makes that count as success.
    FailButCount,
    /// A job was ended by a kill.
    Die,
    /// A kill is asked for.
    RequestKill,
    /// The node will not run, because of an earlier failure, a kill, or its condition.
    Cancel,
    /// The turn of a disabled node has come.
    Skip,
    /// Another attempt of a job.
    Retry,
    /// A retry of failures: the node is as if it had not been considered.
    Reset,
    /// A retry of failures: a flow in which something started goes on.
    Reopen,
    /// Something inside a flow failed.
    NoteFailure,
    /// Every node of a flow has ended, its end nodes well.
    ConcludeWell,
    /// Every node of a flow has ended, an end node badly.
    ConcludeBadly,
    /// Every node of a flow has ended, and a job in it was killed by an SLA rule.
    ConcludeKilled,
    /// No new jobs for now.
    Pause,
    /// The pause of a healthy flow ends.
    Unpause,
    /// The pause of a flow that has failed ends.
    UnpauseFailed,
    /// The pause of a flow that has not begun ends.
    UnpauseUnstarted,
}

/// The status after `step`, or `None` where that step cannot happen to a node in status `from`.
pub fn next(role: Role, from: Status, step: Step) -> Option<Status> {
    let to = match role {
        Role::Job => next_of_job(from, step),
        Role::Embedded => next_of_embedded(from, step),
        Role::Root => next_of_root(from, step),
    };
    #[cfg(test)]
    if to.is_some() {
        coverage::note(role, from, step);
    }
    to
}

fn next_of_job(from: Status, step: Step) -> Option<Status> {
    Some(match (from, step) {
        (Status::Ready, Step::Queue) => Status::Queued,
        (Status::Ready, Step::Fail) => Status::Failed,
        (Status::Ready, Step::Cancel) => Status::Cancelled,
        (Status::Disabled, Step::Skip) => Status::Skipped,
        (Status::Queued, Step::Launch) => Status::Running,
        (Status::Queued, Step::RequestKill) => Status::Killed,
        (Status::Running, Step::Succeed) => Status::Succeeded,
        (Status::Running, Step::Fail) => Status::Failed,
        (Status::Running, Step::FailButCount) => Status::FailedSucceeded,
        (Status::Running, Step::Die) => Status::Killed,
        (Status::Running, Step::RequestKill) => Status::Killing,
        // Whatever such a job did, a kill was asked for (§2.10, 7).
        (Status::Killing, Step::Succeed | Step::Fail | Step::FailButCount | Step::Die) => Status::Killed,
        (Status::Failed | Status::Killed, Step::Retry) => Status::Ready,
        (Status::Cancelled | Status::Queued, Step::Reset) => Status::Ready,
        (Status::Skipped, Step::Reset) => Status::Disabled,
        _ => return None,
    })
}

fn next_of_embedded(from: Status, step: Step) -> Option<Status> {
    Some(match (from, step) {
        (Status::Ready, Step::Enter) => Status::Running,
        (Status::Ready, Step::Fail) => Status::Failed,
        (Status::Ready, Step::Cancel) => Status::Cancelled,
        (Status::Disabled, Step::Skip) => Status::Skipped,
        (Status::Running, Step::NoteFailure) => Status::FailedFinishing,
        (Status::Running, Step::ConcludeWell) => Status::Succeeded,
        (Status::Running, Step::ConcludeBadly) => Status::Killed,
        (Status::FailedFinishing, Step::ConcludeWell | Step::ConcludeBadly) => Status::Failed,
        (Status::FailedFinishing, Step::ConcludeKilled) => Status::Killed,
        (Status::Cancelled | Status::Failed, Step::Reset) => Status::Ready,
        (Status::Skipped, Step::Reset) => Status::Disabled,
        (Status::Failed | Status::Killed | Status::FailedFinishing, Step::Reopen) => Status::Running,
        _ => return None,
    })
}

fn next_of_root(from: Status, step: Step) -> Option<Status> {
    Some(match (from, step) {
        (Status::Preparing, Step::Enter) => Status::Running,
        (Status::Preparing | Status::Running | Status::FailedFinishing, Step::Pause) => Status::Paused,
        (Status::Paused, Step::Unpause) => Status::Running,
        (Status::Paused, Step::UnpauseFailed) => Status::FailedFinishing,
        (Status::Paused, Step::UnpauseUnstarted) => Status::Preparing,
        (Status::Preparing | Status::Running | Status::FailedFinishing, Step::RequestKill) => Status::Killing,
        (Status::Running, Step::NoteFailure) => Status::FailedFinishing,
        (Status::Running, Step::ConcludeWell) => Status::Succeeded,
        (Status::Running, Step::ConcludeBadly) => Status::Killed,
        (Status::FailedFinishing, Step::ConcludeWell | Step::ConcludeBadly) => Status::Failed,
        (Status::FailedFinishing, Step::ConcludeKilled) => Status::Killed,
        (Status::Killing, Step::ConcludeWell | Step::ConcludeBadly | Step::ConcludeKilled) => Status::Killed,
        (Status::FailedFinishing, Step::Reopen) => Status::Running,
        _ => return None,
    })
}

/// Whether a node of this role can be in this status at all: what a restored execution is checked against.
pub fn can_be_in(role: Role, status: Status) -> bool {
    match role {
        Role::Job => matches!(
            status,
            Status::Ready
                | Status::Disabled
                | Status::Queued
                | Status::Running
                | Status::Killing
                | Status::Succeeded
                | Status::Failed
                | Status::FailedSucceeded
                | Status::Killed
                | Status::Cancelled
                | Status::Skipped
        ),
        Role::Embedded => matches!(
            status,
            Status::Ready
                | Status::Disabled
                | Status::Running
                | Status::FailedFinishing
                | Status::Succeeded
                | Status::Failed
                | Status::Killed
                | Status::Cancelled
                | Status::Skipped
        ),
        Role::Root => matches!(
            status,
            Status::Preparing
                | Status::Running
                | Status::Paused
                | Status::FailedFinishing
                | Status::Killing
                | Status::Succeeded
                | Status::Failed
                | Status::Killed
        ),
    }
}

/// Which rows of the table the tests of this thread went through.
#[cfg(test)]
pub(crate) mod coverage {
    use super::*;
    use std::cell::RefCell;
    use std::collections::HashSet;

    /// A row: role, status before, step.
    pub(crate) type Row = (Role, Status, Step);

    thread_local! {
        static SEEN: RefCell<HashSet<Row>> = RefCell::default();
    }

    pub(super) fn note(role: Role, from: Status, step: Step) {
        SEEN.with_borrow_mut(|seen| seen.insert((role, from, step)));
    }

    /// The rows seen since the last call.
    pub(crate) fn take() -> HashSet<Row> {
        SEEN.with_borrow_mut(std::mem::take)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::HashSet;

    pub(crate) const ROLES: [Role; 3] = [Role::Root, Role::Embedded, Role::Job];
    pub(crate) const STEPS: [Step; 21] = [
        Step::Queue,
        Step::Launch,
        Step::Enter,
        Step::Succeed,
        Step::Fail,
        Step::FailButCount,
        Step::Die,
        Step::RequestKill,
        Step::Cancel,
        Step::Skip,
        Step::Retry,
        Step::Reset,
        Step::Reopen,
        Step::NoteFailure,
        Step::ConcludeWell,
        Step::ConcludeBadly,
        Step::ConcludeKilled,
        Step::Pause,
        Step::Unpause,
        Step::UnpauseFailed,
        Step::UnpauseUnstarted,
    ];

    #[test]
    fn the_statuses_of_a_role_are_those_that_the_table_reaches() {
        for role in ROLES {
            let mut reached: HashSet<Status> = match role {
                Role::Root => [Status::Preparing].into(),
                Role::Embedded | Role::Job => [Status::Ready, Status::Disabled].into(),
            };
            loop {
                let more: Vec<Status> = reached
                    .iter()
                    .flat_map(|&from| STEPS.iter().filter_map(move |&step| next(role, from, step)))
                    .filter(|to| !reached.contains(to))
                    .collect();
                if more.is_empty() {
                    break;
                }
                reached.extend(more);
            }
            for status in Status::ALL {
                assert_eq!(can_be_in(role, status), reached.contains(&status), "{role:?} {status}");
            }
        }
    }

    #[test]
    fn nothing_leads_out_of_the_end_of_an_execution() {
        for from in Status::ALL.into_iter().filter(|s| s.is_finished()) {
            assert!(STEPS.iter().all(|&step| next(Role::Root, from, step).is_none()), "{from}");
        }
    }

    #[test]
    fn finished_nodes_are_left_by_retries_only() {
        for role in [Role::Embedded, Role::Job] {
            for from in Status::ALL.into_iter().filter(|s| s.is_finished()) {
                for step in STEPS.into_iter().filter(|step| next(role, from, *step).is_some()) {
                    assert!(
                        matches!(step, Step::Retry | Step::Reset | Step::Reopen),
                        "{role:?} {from} {step:?}"
                    );
                }
            }
        }
    }
}
