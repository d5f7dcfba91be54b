//! Which rules of an execution are due when, and which of them are missed.
//!
//! A rule is judged once, at its deadline: the start of the flow, or of an attempt of the job, plus its minutes. An
//! attempt that another one followed is judged by nobody: the rule applies to the new one. What was judged is part of
//! what the execution stores, so that a restart neither forgets a rule nor applies it twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{SlaGoal, SlaOptions, SlaRule};
use crate::execution::FlowExecution;
use crate::ids::{NodeIndex, NodePath};
use crate::status::Status;
use crate::time::UnixMillis;

const MINUTE_MS: i64 = 60_000;

/// Which rules have been judged: the latest attempt by the rule's place in the list; 0 for flows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlaChecked(BTreeMap<usize, u32>);

impl SlaChecked {
    /// Whether no rule has been judged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A rule that was missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlaMiss {
    /// The rule.
    pub rule: SlaRule,
    /// The flow (the root) or the node that it is about.
    pub node: NodeIndex,
    /// When the flow or the attempt started.
    pub started_at: UnixMillis,
    /// The deadline. In the future if the execution has ended before it and can no longer reach what is asked for.
    pub due: UnixMillis,
    /// The status at the check.
    pub status: Status,
}

/// The rules of one execution.
#[derive(Debug, Clone)]
pub struct SlaWatch {
    rules: Vec<(usize, NodeIndex, SlaRule)>,
    checked: SlaChecked,
}

impl SlaWatch {
    /// Rules about jobs that the flow does not have never apply.
    pub fn new(options: &SlaOptions, run: &FlowExecution, checked: SlaChecked) -> Self {
        let node = |rule: &SlaRule| match &rule.job {
            None => Some(NodeIndex::ROOT),
            Some(job) => run.graph().find(&NodePath::from(job.as_str())),
        };
        let rules = options.rules.iter().enumerate();
        let rules = rules.filter_map(|(place, rule)| Some((place, node(rule)?, rule.clone()))).collect();
        Self { rules, checked }
    }

    /// What has been judged, to be stored with the execution.
    pub fn checked(&self) -> &SlaChecked {
        &self.checked
    }

    /// The next deadline; possibly in the past.
    pub fn next_due(&self, run: &FlowExecution) -> Option<UnixMillis> {
        self.open(run).map(|(_, miss)| miss.due).min()
    }

    /// Judges the rules whose deadline has come, and returns those that are missed.
    pub fn judge_due(&mut self, run: &FlowExecution, now: UnixMillis) -> Vec<SlaMiss> {
        self.judge(run, |miss| miss.due <= now)
    }

    /// Judges all rules that are left, once the execution is over.
    pub fn judge_rest(&mut self, run: &FlowExecution) -> Vec<SlaMiss> {
        self.judge(run, |_| true)
    }

    fn judge(&mut self, run: &FlowExecution, is_due: impl Fn(&SlaMiss) -> bool) -> Vec<SlaMiss> {
        let due: Vec<(usize, SlaMiss)> = self.open(run).filter(|(_, miss)| is_due(miss)).collect();
        for (place, miss) in &due {
            self.checked.0.insert(*place, run.node(miss.node).attempt);
        }
        due.into_iter().map(|(_, miss)| miss).filter(|miss| !is_met(miss.rule.goal, miss.status)).collect()
    }

    /// Rules about what has started and was not judged yet.
    fn open<'a>(&'a self, run: &'a FlowExecution) -> impl Iterator<Item = (usize, SlaMiss)> + 'a {
        self.rules.iter().filter_map(|(place, node, rule)| {
            let state = run.node(*node);
            let judged = self.checked.0.get(place).is_some_and(|&attempt| attempt >= state.attempt);
            let never_ran = matches!(state.status, Status::Cancelled | Status::Skipped | Status::Ready);
            if judged || never_ran {
                return None;
            }
            let started_at = state.started_at?;
            let minutes = i64::try_from(rule.within_minutes).unwrap_or(i64::MAX);
            let due = UnixMillis(started_at.0.saturating_add(minutes.saturating_mul(MINUTE_MS)));
            let miss = SlaMiss { rule: rule.clone(), node: *node, started_at, due, status: state.status };
            Some((*place, miss))
        })
    }
}

fn is_met(goal: SlaGoal, status: Status) -> bool {
    match goal {
        SlaGoal::Finish => status.is_finished(),
        SlaGoal::Succeed => status.is_succeeded(),
    }
}
