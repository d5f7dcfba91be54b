//! Identifiers. Numbers are those that Azkaban's API shows.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $repr:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $repr);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A project, alive or deleted. Never reused.
    ProjectId, i64
);
number_id!(
    /// A version of a project: 0 before the first upload, then 1, 2, …
    ProjectVersion, i32
);
number_id!(
    /// One run of a flow. Ascending in the order of submission.
    ExecutionId, i64
);
number_id!(
    /// A schedule. Kept when its flow is scheduled anew, never reused.
    ScheduleId, i64
);
number_id!(
    /// A node's place in its [`crate::execution::Graph`]; 0 is the root flow itself.
    NodeIndex, u32
);

impl NodeIndex {
    /// The root flow.
    pub const ROOT: NodeIndex = NodeIndex(0);

    /// As an index into a slice.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// A node's nested id: the ids of the embedded flows around it and its own, joined by `:` (`sub:job`).
/// The root flow's path is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodePath(pub Arc<str>);

impl NodePath {
    /// The path of the root flow.
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// The path of `id` below this one.
    pub fn child(&self, id: &str) -> Self {
        if self.0.is_empty() { Self(Arc::from(id)) } else { Self(Arc::from(format!("{}:{id}", self.0))) }
    }

    /// The text, segments joined by `:`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NodePath {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// One attempt of one job of one execution: what is started at most once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptKey {
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// The job's nested id.
    pub node: NodePath,
    /// 0 for the first attempt.
    pub attempt: u32,
}

impl fmt::Display for AttemptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}", self.execution, self.node, self.attempt)
    }
}
