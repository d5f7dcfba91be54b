//! The HTTP callbacks of the attempts of an execution (projects-and-jobs §9).

use std::sync::Arc;

use azkaban_core::callbacks::{self, CallbackFacts, CallbackRequest};
use azkaban_core::execution::FlowExecution;
use azkaban_core::ids::{AttemptKey, NodeIndex};
use azkaban_core::props::{self, Props};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_store::NewOutboxItem;

use super::{Preparer, definition};
use crate::callbacks::PendingCallback;

/// What the callbacks of an attempt are made of.
pub(super) struct Notified {
    /// Only those of callbacks, resolved as far as they can be.
    props: Props,
    /// `azkaban.job.log.layout`.
    layout: Option<String>,
}

impl Notified {
    pub(super) fn of(resolved: Result<&Props, &Props>) -> Self {
        let props = resolved.unwrap_or_else(|unresolved| unresolved);
        Self { props: callbacks::of_props(props), layout: props.get("azkaban.job.log.layout").cloned() }
    }
}

impl Preparer {
    /// The callbacks for the start of an attempt that has just been prepared.
    pub(in crate::executor) fn callbacks_at_start(
        &self,
        run: &FlowExecution,
        node: NodeIndex,
        key: &AttemptKey,
        now: UnixMillis,
    ) -> Vec<NewOutboxItem> {
        let make = |props: &Props, facts: &CallbackFacts<'_>, max| callbacks::at_start(props, facts, max);
        match self.notified.get(&(node, key.attempt)) {
            Some(notified) => self.callbacks(run, node, key, notified, false, now, make),
            None => Vec::new(),
        }
    }

    /// The callbacks for the end of an attempt; nothing more is asked about it.
    pub(in crate::executor) fn callbacks_at_end(
        &mut self,
        run: &FlowExecution,
        node: NodeIndex,
        key: &AttemptKey,
        status: Status,
        now: UnixMillis,
    ) -> Vec<NewOutboxItem> {
        if self.engine.config.callbacks.is_none() {
            return Vec::new();
        }
        let notified = match self.notified.remove(&(node, key.attempt)) {
            Some(notified) => notified,
            // It was prepared before a restart.
            None => {
                let model = Arc::clone(&self.flow.model);
                let Some(job) = definition(&model, run.graph().node(node)) else { return Vec::new() };
                let input = self.input(run, node, job, now);
                Notified::of(props::resolve_layered(&input).as_ref().map_err(|_| &input.values))
            }
        };
        self.callbacks(run, node, key, &notified, true, now, |props, facts, max| {
            callbacks::at_end(props, status, facts, max)
        })
    }

    #[expect(clippy::too_many_arguments, reason = "both callers pass on what they were asked with")]
    fn callbacks(
        &self,
        run: &FlowExecution,
        node: NodeIndex,
        key: &AttemptKey,
        notified: &Notified,
        ended: bool,
        now: UnixMillis,
        make: impl FnOnce(&Props, &CallbackFacts<'_>, u32) -> Vec<CallbackRequest>,
    ) -> Vec<NewOutboxItem> {
        let Some(config) = self.engine.config.callbacks.as_ref().filter(|_| !notified.props.is_empty())
        else {
            return Vec::new();
        };
        let node = run.graph().node(node);
        let facts = CallbackFacts {
            server: &config.server,
            project: &self.flow.project.name,
            flow: &node.flow_id,
            execution: self.flow.id.0,
            job: &node.id,
        };
        let requests = make(&notified.props, &facts, config.max_count);
        PendingCallback::items(key, &self.flow.flow_id, notified.layout.as_ref(), ended, requests, now)
    }
}
