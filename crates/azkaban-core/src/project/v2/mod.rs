//! Flow 2.0: `.flow` files in YAML (projects-and-jobs §3).

mod bean;
mod conditions;
mod flows;
mod trigger;
mod validate;

use super::checks::is_allowed_name;
use super::embedding;
use super::limits::Budget;
use super::tree::{FileKind, SourceTree, Step};
use super::yaml::Failure;
use super::{FlowFormat, FlowTrigger, LoadError, LoadLimits, ProjectModel, Report};
use bean::NodeBean;
use flows::Converter;
use validate::Problem;

/// Loads a Flow 2.0 project.
pub(super) fn load(
    tree: &SourceTree,
    limits: &LoadLimits,
    budget: &mut Budget,
    report: &mut Report,
) -> Result<ProjectModel, LoadError> {
    let mut model = ProjectModel::empty(FlowFormat::V2);
    tree.walk((), |directory, ()| {
        for (name, id, file) in directory.of_kind(FileKind::Flow) {
            if file.bytes.len() as u64 > limits.max_flow_file_mb << 20 {
                return Err(LoadError::FlowFileTooLarge { limit_mb: limits.max_flow_file_mb });
            }
            if let Some((bean, trigger)) = read(name, id, &file.bytes, limits, budget, report)? {
                if model.flows.contains_key(id) {
                    report.error(format!("Duplicate flows found in the project with name {id}"));
                } else {
                    Converter { file: name, limits, report, flows: &mut model.flows }
                        .convert(id, bean, trigger)?;
                }
            }
        }
        Ok(Step::Enter(()))
    })?;
    embedding::check(&model, limits, report);
    Ok(model)
}

/// Reads and checks one file; `None` if it is broken, which is reported.
fn read(
    name: &str,
    id: &str,
    bytes: &[u8],
    limits: &LoadLimits,
    budget: &mut Budget,
    report: &mut Report,
) -> Result<Option<(NodeBean, Option<FlowTrigger>)>, LoadError> {
    let bean = match bean::read(bytes, limits, budget) {
        Err(Failure::Project(error)) => return Err(error),
        Err(Failure::File(problem)) => Err(Problem::Other(problem)),
        Ok(None) => Err(Problem::Other(format!("Failed to load flow file {name}. Node bean is null ."))),
        Ok(Some(_)) if !is_allowed_name(id) => Err(Problem::Other(format!(
            "flow name '{}' must not contain '/', ':' or control characters",
            id.escape_debug()
        ))),
        Ok(Some(bean)) => validate::validate(&bean).map(|trigger| (bean, trigger)),
    };
    match bean {
        Ok(bean) => return Ok(Some(bean)),
        Err(Problem::TopLevel) => report.error(format!(
            "Failed to validate nodeBean for {name}. \
             Duplicate nodes found or dependency undefined or ROOT used as a name."
        )),
        Err(Problem::Other(problem)) => {
            report.error(format!("Error loading flow yaml file {name}:{problem}"));
        }
    }
    Ok(None)
}
