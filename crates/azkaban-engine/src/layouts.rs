//! Layouts of flows for their pages, kept for those who look again.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use azkaban_core::execution::{Graph, GraphError};
use azkaban_core::ids::{NodeIndex, ProjectId, ProjectVersion};
use azkaban_core::layout::{self, Direction, Layout};
use lru::LruCache;
use tokio::sync::{Semaphore, oneshot};

use crate::Engine;
use crate::error::{Internal, Kind};

/// Layouts that are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");
/// Nodes of a layout that is kept at most.
const MAX_KEPT_NODES: usize = 20_000;
/// Nodes that are shown at once at most.
const MAX_SHOWN: usize = 50_000;
/// Layouts that are made at once.
const AT_ONCE: usize = 2;

/// Version of a flow, what is expanded in it, and which way it points.
type Key = (ProjectId, ProjectVersion, String, Vec<NodeIndex>, Direction);

/// Why there is no layout.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The project has no such flow.
    #[error("the project has no such flow")]
    FlowNotFound,
    /// A page cannot show as much.
    #[error("more than {limit} nodes would be shown")]
    TooLarge {
        /// Nodes that can be shown.
        limit: usize,
    },
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl LayoutError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::FlowNotFound => Kind::NotFound,
            Self::TooLarge { .. } => Kind::Invalid,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// Kept layouts.
pub(crate) struct Layouts {
    kept: Mutex<LruCache<Key, Arc<Layout>>>,
    making: Semaphore,
}

impl Layouts {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::new(LruCache::new(KEPT)), making: Semaphore::new(AT_ONCE) }
    }

    fn get(&self, key: &Key) -> Option<Arc<Layout>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn put(&self, key: Key, layout: Arc<Layout>) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(key, layout);
    }
}

impl Engine {
    /// The nodes of a flow of a version, embedded flows expanded.
    pub async fn flow_graph(
        &self,
        project: ProjectId,
        version: ProjectVersion,
        flow: &str,
    ) -> Result<Option<Arc<Graph>>, Internal> {
        let model = self.project_model(project, version).await?;
        match self.inner.executor.graph(project, version, &model, flow) {
            Ok(graph) => Ok(Some(graph)),
            Err(GraphError::UnknownFlow { .. }) => Ok(None),
            Err(error) => Err(Internal::new(error)),
        }
    }

    /// Where the nodes of a flow stand when `expanded` flows show what is in them; unknown ones and jobs do not count.
    pub async fn flow_layout(
        &self,
        project: ProjectId,
        version: ProjectVersion,
        flow: &str,
        expanded: impl Fn(&Graph, NodeIndex) -> bool,
        direction: Direction,
    ) -> Result<(Arc<Graph>, Arc<Layout>), LayoutError> {
        let graph = self.flow_graph(project, version, flow).await?.ok_or(LayoutError::FlowNotFound)?;
        let flows = graph.iter().filter(|(index, node)| *index != NodeIndex::ROOT && !node.is_job());
        let open: Vec<NodeIndex> =
            flows.map(|(index, _)| index).filter(|index| expanded(&graph, *index)).collect();
        if shown(&graph, &open) > MAX_SHOWN {
            return Err(LayoutError::TooLarge { limit: MAX_SHOWN });
        }
        let layouts = &self.inner.layouts;
        let key = (project, version, flow.to_owned(), open.clone(), direction);
        if let Some(layout) = layouts.get(&key) {
            return Ok((graph, layout));
        }
        let _making = layouts.making.acquire().await.map_err(Internal::new)?;
        if let Some(layout) = layouts.get(&key) {
            return Ok((graph, layout));
        }
        let layout = Arc::new(make(Arc::clone(&graph), open, direction).await?);
        if layout.nodes.len() <= MAX_KEPT_NODES {
            layouts.put(key, Arc::clone(&layout));
        }
        Ok((graph, layout))
    }
}

/// Nodes that are shown when these flows, which come in the order of the graph, are expanded.
fn shown(graph: &Graph, open: &[NodeIndex]) -> usize {
    let mut visible = vec![NodeIndex::ROOT];
    for flow in open {
        // Parents come before their children.
        if visible.binary_search(&graph.node(*flow).parent).is_ok() {
            visible.push(*flow);
        }
    }
    visible.iter().map(|flow| graph.node(*flow).children().len()).sum()
}

/// On a thread of its own, which has the stack that it takes.
async fn make(graph: Arc<Graph>, open: Vec<NodeIndex>, direction: Direction) -> Result<Layout, Internal> {
    let (reply, made) = oneshot::channel();
    let work = move || {
        let is_open = |node| open.binary_search(&node).is_ok();
        // Whoever asked may have gone.
        let _ = reply.send(layout::lay_out(&graph, &is_open, direction));
    };
    let thread = std::thread::Builder::new().name("layout".to_owned()).stack_size(layout::STACK);
    thread.spawn(work).map_err(Internal::new)?;
    made.await.map_err(|_| Internal::new("a layout could not be made"))
}
