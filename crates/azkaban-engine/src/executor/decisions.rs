//! What the log of a flow says about decisions: conditions and their values, why a job does not run, and retries. The
//! sentences about conditions and retries are Azkaban's (projects-and-jobs §4.2, execution-and-scheduling §2.3).

use azkaban_core::execution::{FlowExecution, GraphNode, Marks};
use azkaban_core::ids::NodeIndex;
use azkaban_core::props::{MASKED, is_secret};
use azkaban_core::status::Status;

/// Characters of one line at most: values of jobs may be long.
const MAX_LINE: usize = 2000;

/// Why a node that was passed over did not run; nothing for any other.
pub(super) fn passed_over(run: &FlowExecution, node: NodeIndex) -> Vec<String> {
    let (state, this) = (run.node(node), run.graph().node(node));
    let path = &this.path;
    match state.status {
        Status::Skipped => vec![format!("Job {path} is skipped: it is disabled")],
        Status::Failed if state.marks.has(Marks::CONDITION_UNRESOLVED) => {
            vec![format!("Job {path} failed: its condition names a job that its flow does not have")]
        }
        Status::Cancelled => {
            let mut lines = Vec::new();
            if state.marks.has(Marks::PARENTS_UNMET) {
                let rule = this.rule().name();
                lines.push(format!("Condition on job status: {rule} is evaluated to false for {path}"));
            } else if state.marks.has(Marks::CONDITION_FALSE) {
                lines = condition(run, this, false);
            }
            lines.push(format!("Job {path} is cancelled"));
            lines
        }
        _ => Vec::new(),
    }
}

/// The condition of a job that starts now, if it has one.
pub(super) fn condition_met(run: &FlowExecution, node: NodeIndex) -> Vec<String> {
    condition(run, run.graph().node(node), true)
}

/// That a failed attempt is followed by another one.
pub(super) fn retry(run: &FlowExecution, node: NodeIndex, failed: u32, retries: u32) -> Option<String> {
    let state = run.node(node);
    // In a pause, the next attempt waits for the resume.
    let goes_on = state.attempt > failed || state.marks.has(Marks::RETRY);
    goes_on.then(|| {
        let path = &run.graph().node(node).path;
        format!("Job '{path}' will be retried. Attempt {} of {retries}", failed + 1)
    })
}

fn condition(run: &FlowExecution, this: &GraphNode, holds: bool) -> Vec<String> {
    let Some(condition) = &this.condition else { return Vec::new() };
    let output = |job: &str, param: &str| {
        let sibling = run.graph().child(this.parent, job)?;
        run.outputs(sibling)?.get(param).cloned()
    };
    let missing = condition.variables().filter(|asked| output(&asked.job, &asked.param).is_none());
    let mut lines: Vec<String> = missing.map(|asked| absent(run, this, &asked.job, &asked.param)).collect();
    let shown = |job: &str, param: &str| {
        let value = output(job, param)?;
        Some(if is_secret(param) { MASKED.to_owned() } else { value })
    };
    lines.push(line(&format!("Resolved condition of {} is {}", this.path, condition.resolved_text(&shown))));
    lines.push(format!("Condition is evaluated to {holds}"));
    lines
}

/// What is said of an output that a condition asks for and that is not there.
fn absent(run: &FlowExecution, this: &GraphNode, job: &str, param: &str) -> String {
    let outputs = run.graph().child(this.parent, job).and_then(|sibling| run.outputs(sibling));
    match outputs.filter(|outputs| !outputs.is_empty()) {
        None => line(&format!("No output properties were generated for job {job}.")),
        Some(outputs) => {
            let names: Vec<&str> = outputs.keys().map(|name| &**name).collect();
            let names = names.join(", ");
            line(&format!(
                "No variable named {param} found in job {job} output parameters. Properties: [{names}]"
            ))
        }
    }
}

/// One line of bounded length, whatever a job wrote.
fn line(text: &str) -> String {
    text.chars().take(MAX_LINE).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use azkaban_core::execution::{Command, Effect, Event, Graph, Outcome, Policy, RetryPolicy};
    use azkaban_core::options::{Disabled, FailureAction};
    use azkaban_core::project::{LoadLimits, SourceTree, load};
    use azkaban_core::time::UnixMillis;

    use super::*;

    const POLICY: Policy =
        Policy { failure_action: FailureAction::FinishAllPossible, max_parallel_jobs: 10, pipelined: false };

    /// The flow `end` of job files, begun.
    fn begin(files: &[(&str, &str)], disabled: &[Disabled]) -> FlowExecution {
        let mut tree = SourceTree::new();
        for (name, text) in files {
            tree.insert(name, text.as_bytes().to_vec()).unwrap();
        }
        let loaded = load(&tree, &LoadLimits::default()).unwrap();
        let graph = Arc::new(Graph::build(&loaded.model, "end").unwrap());
        let mut run = FlowExecution::new(graph, POLICY, disabled, UnixMillis(0));
        run.handle(Event::Start, UnixMillis(0));
        run
    }

    fn node(run: &FlowExecution, id: &str) -> NodeIndex {
        run.graph().child(NodeIndex::ROOT, id).unwrap()
    }

    fn finish(run: &mut FlowExecution, id: &str, outcome: Outcome, retry: RetryPolicy) -> Vec<Effect> {
        let node = node(run, id);
        let attempt = run.node(node).attempt;
        run.handle(Event::JobFinished { node, attempt, outcome, retry }, UnixMillis(0))
    }

    fn succeed(run: &mut FlowExecution, id: &str, outputs: &[(&str, &str)]) {
        let outputs = outputs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        finish(run, id, Outcome::Succeeded { outputs: Arc::new(outputs) }, RetryPolicy::default());
    }

    #[test]
    fn conditions_are_told_with_their_values_whichever_way_they_go() {
        let long = "v".repeat(2 * MAX_LINE);
        let start = "Resolved condition of end is '".len();
        for (condition, outputs, expected) in [
            (
                "${a:x} == 1",
                &[("x", "1")][..],
                vec!["Resolved condition of end is '1' == 1", "Condition is evaluated to true"],
            ),
            ("all_success", &[], vec!["Resolved condition of end is true", "Condition is evaluated to true"]),
            (
                "${a:x} == 1",
                &[("x", "2")],
                vec![
                    "Resolved condition of end is '2' == 1",
                    "Condition is evaluated to false",
                    "Job end is cancelled",
                ],
            ),
            (
                "${a:x} == 1",
                &[("y", "1"), ("z", "2")],
                vec![
                    "No variable named x found in job a output parameters. Properties: [y, z]",
                    "Resolved condition of end is 'null' == 1",
                    "Condition is evaluated to false",
                    "Job end is cancelled",
                ],
            ),
            (
                "${a:x} == 'null'",
                &[],
                vec![
                    "No output properties were generated for job a.",
                    "Resolved condition of end is 'null' == 'null'",
                    "Condition is evaluated to true",
                ],
            ),
            (
                "one_failed",
                &[],
                vec![
                    "Condition on job status: one_failed is evaluated to false for end",
                    "Job end is cancelled",
                ],
            ),
            (
                "${a:password} == 'x'",
                &[("password", "x")],
                vec!["Resolved condition of end is '[MASKED]' == 'x'", "Condition is evaluated to true"],
            ),
            (
                "${a:x} == ${a:x}",
                &[("x", "one\ntwo")],
                vec!["Resolved condition of end is 'one two' == 'one two'", "Condition is evaluated to true"],
            ),
            (
                "${a:x} == 1",
                &[("x", &long)],
                vec![
                    &format!("Resolved condition of end is '{}", &long[..MAX_LINE - start]),
                    "Condition is evaluated to false",
                    "Job end is cancelled",
                ],
            ),
        ] {
            let end = format!("type=noop\ndependencies=a\ncondition={condition}");
            let mut run = begin(&[("a.job", "type=noop"), ("end.job", &end)], &[]);
            succeed(&mut run, "a", outputs);
            let end = node(&run, "end");
            let passed = passed_over(&run, end);
            let told = if passed.is_empty() { condition_met(&run, end) } else { passed };
            assert_eq!(told, expected, "{condition}");
        }
    }

    #[test]
    fn jobs_without_a_condition_are_told_when_they_do_not_run() {
        let files = [
            ("a.job", "type=noop"),
            ("b.job", "type=noop\ndependencies=a"),
            ("end.job", "type=noop\ndependencies=b"),
        ];
        let mut run = begin(&files, &[Disabled::Node("b".to_owned())]);
        succeed(&mut run, "a", &[]);
        assert_eq!(passed_over(&run, node(&run, "b")), ["Job b is skipped: it is disabled"]);
        assert_eq!(condition_met(&run, node(&run, "end")), [""; 0]);
        assert_eq!(passed_over(&run, node(&run, "end")), [""; 0], "it runs");

        let mut run = begin(&files, &[]);
        run.command(Command::Kill { by: "u".to_owned() }, UnixMillis(0)).unwrap();
        finish(&mut run, "a", Outcome::Killed, RetryPolicy::default());
        assert_eq!(passed_over(&run, node(&run, "a")), [""; 0], "it ran");
        assert_eq!(passed_over(&run, node(&run, "end")), ["Job end is cancelled"]);
    }

    #[test]
    fn a_retry_is_told_if_there_is_one_also_in_a_pause() {
        let policy = RetryPolicy { retries: 2, backoff_ms: 60_000 };
        for pause in [false, true] {
            let mut run = begin(&[("end.job", "type=noop")], &[]);
            if pause {
                run.command(Command::Pause { by: "u".to_owned() }, UnixMillis(0)).unwrap();
            }
            finish(&mut run, "end", Outcome::Failed, policy);
            let told = retry(&run, node(&run, "end"), 0, policy.retries);
            assert_eq!(told.as_deref(), Some("Job 'end' will be retried. Attempt 1 of 2"), "paused: {pause}");
        }
        let mut run = begin(&[("end.job", "type=noop")], &[]);
        finish(&mut run, "end", Outcome::Failed, RetryPolicy::default());
        assert_eq!(retry(&run, node(&run, "end"), 0, 0), None);
    }
}
