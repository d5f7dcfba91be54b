//! What the server's side keeps of each attempt, so that nothing is asked for or told twice, and nothing is forgotten.

use std::sync::Arc;

use super::link::Link;
use crate::spec::{AttemptSpec, RunnerEvent};
use crate::wire::KnownState;

/// An attempt that is to be run.
pub(super) struct Request {
    pub(super) spec: AttemptSpec,
    /// The encoded spec as it is sent.
    pub(super) frame: Vec<u8>,
}

/// What has been told of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Told {
    #[default]
    Nothing,
    Started,
    Ended,
}

/// An attempt between being asked for, or found, and the acknowledgement of its end.
#[derive(Default)]
pub(super) struct Held {
    /// The supervisor that has it or has been asked to take it.
    pub(super) link: Option<Arc<Link>>,
    /// Kept until a supervisor says that it has it.
    pub(super) request: Option<Arc<Request>>,
    /// Supervisors that refused it because the system had nothing left.
    pub(super) shortages: u32,
    /// A stop was asked for.
    pub(super) stopping: bool,
    pub(super) told: Told,
}

impl Held {
    /// An attempt that a supervisor was found to have.
    pub(super) fn found(link: &Arc<Link>, state: &KnownState) -> Self {
        let told = match state {
            KnownState::Running { first: None, .. } => Told::Nothing,
            KnownState::Running { .. } => Told::Started,
            KnownState::Ended(_) => Told::Ended,
        };
        Self { link: Some(Arc::clone(link)), told, ..Self::default() }
    }

    pub(super) fn is_with(&self, link: &Arc<Link>) -> bool {
        self.link.as_ref().is_some_and(|own| Arc::ptr_eq(own, link))
    }

    /// Whether an event is news; from then on it is not.
    pub(super) fn is_news(&mut self, event: &RunnerEvent) -> bool {
        let told = match event {
            RunnerEvent::Started { .. } => Told::Started,
            RunnerEvent::Ended { .. } | RunnerEvent::Lost { .. } => Told::Ended,
        };
        let news = told > self.told;
        self.told = self.told.max(told);
        news
    }
}
