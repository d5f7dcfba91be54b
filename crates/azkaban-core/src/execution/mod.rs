//! One run of a flow: its graph, its state, and what happens next (execution-and-scheduling §2).
//!
//! [`Graph`] is the flow with everything inside it expanded; [`FlowExecution`] is one run of it. The engine owns a
//! `FlowExecution` per running flow, gives it every [`Event`] and [`Command`], stores what the answer says has changed,
//! and only then does what the answer asks for. After a crash [`FlowExecution::restore`] goes on from what was stored.

mod advance;
mod control;
#[cfg(test)]
mod coverage_tests;
mod event;
mod explain;
mod graph;
mod node;
mod pipeline;
mod retry;
mod slots;
mod snapshot;
mod state;
mod tally;
mod template;
mod transition;

pub use event::{Command, Effect, Event, Outcome, Policy, Refusal, RetryPolicy};
pub use explain::{Reason, Why, explain, explain_node};
pub use graph::{Graph, GraphError, GraphNode, MAX_DEPTH, MAX_EDGES, MAX_NODES, MAX_PATH_BYTES};
pub use node::{Marks, NodeState, PastAttempt};
pub use pipeline::{blockers, blocks};
pub use snapshot::{FlowFlags, NodeSnapshot, RestoreError, Snapshot};
pub use state::{FlowExecution, disabled_nodes};
pub use transition::{Role, Step, can_be_in, next};
