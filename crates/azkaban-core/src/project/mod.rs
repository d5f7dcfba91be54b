//! What a project archive means: jobs, flows and property files (projects-and-jobs §1–4).
//!
//! [`load`] turns the files of an archive ([`SourceTree`]) into a [`ProjectModel`], in either of Azkaban's two formats,
//! and says in a [`Report`] what is wrong with them. It takes hostile archives: nothing recurses without a bound, and
//! what grows is limited by [`LoadLimits`].

mod checks;
mod detect;
mod emails;
mod embedding;
mod error;
mod graph;
mod levels;
mod limits;
mod model;
mod report;
mod stored;
mod tree;
mod v1;
mod v2;
mod yaml;

pub use error::LoadError;
pub use levels::NodeView;
pub use limits::{LoadLimits, MemoryError, MemoryLimit};
pub use model::{
    Flow, FlowFormat, FlowTrigger, JobNode, NodeKind, ProjectModel, PropertyFile, TriggerDependency,
};
pub use report::Report;
pub use tree::{PathError, SourceTree};

use limits::Budget;

/// A project as far as it could be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Its flows. With errors in the report it is no project to be stored; it has what was found nevertheless.
    pub model: ProjectModel,
    /// What is wrong with it.
    pub report: Report,
}

/// Loads a project. The same files give the same outcome, whatever their order in the archive.
///
/// # Errors
/// [`LoadError`] if the project cannot be loaded at all; single jobs and flows that are wrong are in the report.
pub fn load(tree: &SourceTree, limits: &LoadLimits) -> Result<Loaded, LoadError> {
    let mut budget = Budget::new(limits);
    let mut report = Report::default();
    let model = match detect::detect(tree, &mut budget)? {
        FlowFormat::V1 => v1::load(tree, limits, &mut budget, &mut report)?,
        FlowFormat::V2 => v2::load(tree, limits, &mut budget, &mut report)?,
    };
    Ok(Loaded { model, report })
}
