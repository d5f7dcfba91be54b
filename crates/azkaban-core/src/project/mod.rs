//! What a project archive means: jobs, flows and property files (projects-and-jobs §1–4).

mod model;
mod stored;

pub use model::{
    Flow, FlowFormat, FlowTrigger, JobNode, NodeKind, ProjectModel, PropertyFile, TriggerDependency,
};
