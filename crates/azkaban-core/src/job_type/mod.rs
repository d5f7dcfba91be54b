//! Job types: from a type and a job's resolved properties to the commands that run (projects-and-jobs §7).
//!
//! [`JobTypes`] is what the plugin folder says, [`plan`] what one job of a type runs. How each type maps its keys is told in
//! `docs/job-types.md`.

mod class;
mod command_line;
mod hadoop;
mod hadoop_shell;
mod hive;
mod java;
mod java_class;
mod memory;
mod pig;
mod plan;
mod plugins;
mod run_as;
mod spark;
#[cfg(test)]
mod testing;

pub use class::Class;
pub use command_line::CommandLine;
pub use memory::{HeapError, MemoryNeed, meminfo_kilobytes, memory_need};
pub use plan::{Job, Machine, Plan, PlanError, PlannedFile, plan};
pub use plugins::{Content, JobType, JobTypes, PluginFiles, TypeFiles};
pub use run_as::{RunAs, RunAsError, run_as};
