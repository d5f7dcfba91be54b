//! Supervisors that ended without having been able to say so.

use std::collections::BTreeSet;

use azkaban_core::time::UnixMillis;

/// The names of lost supervisors. A name begins with the time at which its supervisor was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LostSupervisors(BTreeSet<String>);

impl LostSupervisors {
    /// Whether one of them may have had an attempt that no living supervisor knows.
    ///
    /// The attempt was meant for the supervisor `named`, or for one still to be started, since `since`. If that one had to refuse
    /// it, the attempt went to a later one: so each that was started no earlier may have had it.
    pub fn may_have_had(&self, named: Option<&str>, since: UnixMillis) -> bool {
        let earliest = named.and_then(started_at).unwrap_or(since);
        self.names().any(|name| started_at(name).is_none_or(|at| at >= earliest))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromIterator<String> for LostSupervisors {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// When a supervisor was started, if its name says so.
fn started_at(name: &str) -> Option<UnixMillis> {
    let (time, _) = name.split_once('-')?;
    i64::from_str_radix(time, 16).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_may_be_with_the_named_supervisor_and_with_later_ones() {
        let lost: LostSupervisors = ["200-1-0".to_owned()].into_iter().collect();
        let check = |named: Option<&str>, since: i64, expected: bool| {
            assert_eq!(lost.may_have_had(named, UnixMillis(since)), expected, "{named:?} {since:x}");
        };
        check(Some("200-1-0"), 0x300, true);
        check(Some("100-1-0"), 0x150, true);
        check(Some("300-1-0"), 0x350, false);
        check(None, 0x150, true);
        check(None, 0x250, false);
        assert!(!LostSupervisors::default().may_have_had(Some("200-1-0"), UnixMillis(0)));
        // A folder that is not ours to understand is no proof.
        let strange: LostSupervisors = ["strange".to_owned()].into_iter().collect();
        assert!(strange.may_have_had(Some("300-1-0"), UnixMillis(0)));
    }
}
