//! Flow 1.0: `.job` files and the `.properties` files around them (projects-and-jobs §2).

mod flows;
mod walk;

use std::collections::{BTreeMap, HashSet};

use super::checks::{check_job, is_allowed_name};
use super::embedding;
use super::graph;
use super::limits::Budget;
use super::tree::SourceTree;
use super::{FlowFormat, LoadError, LoadLimits, ProjectModel, PropertyFile, Report};
use crate::condition::{ValidationScope, validate};
use crate::props::Props;
use flows::Network;
use walk::{LoadedJob, Walk};

/// The root's file of `param.override.…` keys (§3.5).
const PARAMETER_OVERRIDES: &str = "param_override.properties";

/// Loads a Flow 1.0 project.
pub(super) fn load(
    tree: &SourceTree,
    limits: &LoadLimits,
    budget: &mut Budget,
    report: &mut Report,
) -> Result<ProjectModel, LoadError> {
    let mut walk = Walk::new(limits, report);
    walk.run(tree)?;
    let (jobs, dropped, property_files) = walk.into_parts();
    check_jobs(&jobs, limits, report)?;
    let network = Network::resolve(&jobs, &dropped, budget, report)?;
    report_cycles(&jobs, &network, report);
    let flows = flows::build(jobs, &network, budget)?;
    let model = ProjectModel {
        parameter_overrides: parameter_overrides(&property_files),
        property_files,
        flows,
        ..ProjectModel::empty(FlowFormat::V1)
    };
    embedding::check(&model, limits, report);
    Ok(model)
}

fn check_jobs(jobs: &[LoadedJob], limits: &LoadLimits, report: &mut Report) -> Result<(), LoadError> {
    let ids: HashSet<&str> = jobs.iter().map(|job| &*job.node.id).collect();
    for job in jobs {
        let id = &job.node.id;
        if id == "ROOT" {
            report.error("ROOT is not allowed as a name. Pick some other name.");
        }
        if !is_allowed_name(id) {
            report.error(format!(
                "Job name '{}' is not allowed: names must not contain '/', ':' or control characters.",
                id.escape_debug()
            ));
        }
        if let Some(condition) = &job.node.condition {
            let scope = ValidationScope {
                format: FlowFormat::V1,
                node: id,
                exists: &|name| ids.contains(name),
                is_descendant: &|_| false,
            };
            validate(condition, &scope).into_iter().for_each(|problem| report.error(problem));
        }
        check_job(id, |key| job.get(key), limits, report)?;
    }
    Ok(())
}

/// Reports the dependencies that close a cycle, those below a flow's root first: which of a cycle's dependencies that
/// is depends on where one enters it.
fn report_cycles(jobs: &[LoadedJob], network: &Network, report: &mut Report) {
    let starts = network.roots.iter().copied().chain(0..jobs.len());
    for (dependency, node) in graph::search(&network.dependencies, starts).closing {
        let (dependency, node) = (&jobs[dependency].node.id, &jobs[node].node.id);
        report.error(format!("Cyclical dependency found at {dependency}>>{node}"));
    }
}

fn parameter_overrides(property_files: &BTreeMap<String, PropertyFile>) -> Props {
    let mut props =
        property_files.get(PARAMETER_OVERRIDES).map(|file| file.props.clone()).unwrap_or_default();
    props.retain(|key, _| key.starts_with("param.override."));
    props
}
