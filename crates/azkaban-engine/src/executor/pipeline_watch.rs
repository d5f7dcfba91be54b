//! A pipelined execution watches the older one: which of its jobs may start (execution-and-scheduling §2.15).

use std::collections::BTreeMap;
use std::sync::Arc;

use azkaban_core::execution::{Graph, blockers, blocks};
use azkaban_core::ids::{NodeIndex, NodePath};
use tokio::sync::watch;

use super::live::Live;

/// The waits of one execution.
pub(super) struct PipelineWatch {
    older: Arc<Live>,
    level: i32,
    changes: watch::Receiver<()>,
    waiting: BTreeMap<NodeIndex, Vec<NodePath>>,
}

impl PipelineWatch {
    pub(super) fn new(older: Arc<Live>, level: i32) -> Self {
        let changes = older.subscribe();
        Self { older, level, changes, waiting: BTreeMap::new() }
    }

    /// Remembers that a job waits. `false` if nothing blocks it.
    pub(super) fn wait(&mut self, graph: &Graph, node: NodeIndex) -> bool {
        let blockers = blockers(&self.older.graph, self.level, &graph.node(node).path);
        let blocked = self.is_blocked(&blockers);
        if blocked {
            self.waiting.insert(node, blockers);
        }
        blocked
    }

    /// The job does not wait any more.
    pub(super) fn forget(&mut self, node: NodeIndex) {
        self.waiting.remove(&node);
    }

    /// Jobs that nothing blocks any more.
    pub(super) fn released(&mut self) -> Vec<NodeIndex> {
        let free: Vec<NodeIndex> = self
            .waiting
            .iter()
            .filter(|(_, blockers)| !self.is_blocked(blockers))
            .map(|(node, _)| *node)
            .collect();
        for node in &free {
            self.waiting.remove(node);
        }
        free
    }

    fn is_blocked(&self, blockers: &[NodePath]) -> bool {
        let older = &self.older;
        let status = |index| older.node(index).status;
        !status(NodeIndex::ROOT).is_finished()
            && blockers.iter().any(|blocker| blocks(&older.graph, &status, blocker))
    }

    /// Resolves when the older execution has changed and something waits for it; never without a watch.
    pub(super) async fn changed(watch: &mut Option<PipelineWatch>) {
        match watch {
            Some(watch) if !watch.waiting.is_empty() => {
                // It cannot fail: the watch itself keeps the older execution's sender.
                let _ = watch.changes.changed().await;
            }
            _ => std::future::pending().await,
        }
    }
}
