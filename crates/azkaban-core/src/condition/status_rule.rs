//! The part of a condition that looks at the statuses of the direct dependencies (projects-and-jobs §4.2).

use crate::status::Status;

/// A rule on the statuses of a node's direct dependencies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum StatusRule {
    /// None failed.
    #[default]
    AllSuccess,
    /// None succeeded.
    AllFailed,
    /// All ended, however.
    AllDone,
    /// At least one failed.
    OneFailed,
    /// At least one succeeded.
    OneSuccess,
}

/// What a rule says at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Some dependency is not finished.
    Wait,
    /// The node may run.
    Met,
    /// The node never runs.
    NotMet,
}

impl StatusRule {
    /// Every rule.
    pub const ALL: [StatusRule; 5] = [
        StatusRule::AllSuccess,
        StatusRule::AllFailed,
        StatusRule::AllDone,
        StatusRule::OneFailed,
        StatusRule::OneSuccess,
    ];

    /// The macro that stands for the rule in a condition.
    pub fn name(self) -> &'static str {
        match self {
            StatusRule::AllSuccess => "all_success",
            StatusRule::AllFailed => "all_failed",
            StatusRule::AllDone => "all_done",
            StatusRule::OneFailed => "one_failed",
            StatusRule::OneSuccess => "one_success",
        }
    }

    /// The rule of a macro, in any case of letters.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name().eq_ignore_ascii_case(name))
    }

    /// Applies the rule to the statuses of the direct dependencies. Every rule waits for all of them, even `one_*`.
    pub fn decide(self, parents: impl IntoIterator<Item = Status>) -> Verdict {
        let (mut failed, mut succeeded) = (false, false);
        for status in parents {
            if !status.is_finished() {
                return Verdict::Wait;
            }
            failed |= status.is_failed();
            succeeded |= status.is_succeeded();
        }
        let met = match self {
            StatusRule::AllSuccess => !failed,
            StatusRule::AllFailed => !succeeded,
            StatusRule::AllDone => true,
            StatusRule::OneFailed => failed,
            StatusRule::OneSuccess => succeeded,
        };
        if met { Verdict::Met } else { Verdict::NotMet }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{Cancelled, ExecutionStopped, Failed, FailedSucceeded, Killed, Running, Skipped, Succeeded};

    fn check(parents: &[Status], met: &[StatusRule]) {
        for rule in StatusRule::ALL {
            let expected = if met.contains(&rule) { Verdict::Met } else { Verdict::NotMet };
            assert_eq!(rule.decide(parents.iter().copied()), expected, "{} of {parents:?}", rule.name());
        }
    }

    #[test]
    fn rules_look_at_the_classes_of_statuses() {
        use StatusRule::{AllDone, AllFailed, AllSuccess, OneFailed, OneSuccess};
        check(&[], &[AllSuccess, AllFailed, AllDone]);
        check(&[ExecutionStopped], &[AllSuccess, AllFailed, AllDone]);
        check(&[Succeeded, FailedSucceeded, Skipped], &[AllSuccess, AllDone, OneSuccess]);
        check(&[Failed, Killed, Cancelled], &[AllFailed, AllDone, OneFailed]);
        check(&[Failed, Succeeded], &[AllDone, OneFailed, OneSuccess]);
    }

    #[test]
    fn every_rule_waits_for_every_parent() {
        for rule in StatusRule::ALL {
            assert_eq!(rule.decide([Succeeded, Failed, Running]), Verdict::Wait);
        }
    }
}
