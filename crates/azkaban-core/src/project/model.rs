//! The loaded project. One value per uploaded version; it holds all that running and showing its flows needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::options::FailureAction;
use crate::props::Props;

/// Which of Azkaban's two project formats an archive is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlowFormat {
    /// `.job` and `.properties` files.
    #[serde(rename = "1.0")]
    V1,
    /// `.project` and `.flow` YAML files.
    #[serde(rename = "2.0")]
    V2,
}

/// One version of a project. Serialised, a job that several flows share is written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectModel {
    /// The archive's format.
    pub format: FlowFormat,
    /// Flows by id, embedded ones included.
    pub flows: BTreeMap<String, Flow>,
    /// Flow 1.0: the `.properties` files by path in the archive.
    pub property_files: BTreeMap<String, PropertyFile>,
    /// Flow 1.0: the keys of `param_override.properties` in the archive's root, prefix `param.override.` included (§3.5).
    /// Flow 2.0 has these keys in each flow's `config`.
    pub parameter_overrides: Props,
}

/// A `.properties` file of a Flow 1.0 project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyFile {
    /// The file whose keys it inherits (§2.2), by path in the archive.
    pub inherits: Option<String>,
    /// Its own keys.
    pub props: Props,
}

/// A flow: a graph of nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The flow's id; of an embedded Flow 2.0 flow `outer:inner`.
    pub id: String,
    /// Defined inside another flow (Flow 2.0), hence not listed.
    pub embedded: bool,
    /// Nodes by id. Flow 1.0: a job may be part of several flows.
    pub nodes: BTreeMap<String, Arc<JobNode>>,
    /// Flow 2.0: the flow's own `config`. Flow 1.0: empty.
    pub config: Props,
    /// Keys of `config` whose value is null; they are there with an empty text (§3.2: a reference to one is undefined).
    pub null_keys: BTreeSet<String>,
    /// Flow 2.0: the file it comes from; Flow 1.0: empty.
    pub source: String,
    /// Addresses for success mails.
    pub success_emails: Vec<String>,
    /// Addresses for failure mails.
    pub failure_emails: Vec<String>,
    /// Addresses told of property overrides.
    pub override_emails: Vec<String>,
    /// Flow 2.0: the `failure.action` of its config.
    pub failure_action: Option<FailureAction>,
    /// The condition shown for the flow itself (an embedded flow's node condition).
    pub condition: Option<String>,
    /// Flow 2.0, root flows only: the flow's trigger (§3.6).
    pub trigger: Option<FlowTrigger>,
}

/// Starts a flow at times of a schedule, once its dependencies are available (§3.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowTrigger {
    /// Quartz expression, in the server's default time zone.
    pub cron: String,
    /// How long to wait for the dependencies, in minutes; absent only without dependencies.
    pub max_wait_minutes: Option<u32>,
    /// What must be available, in the order of the file.
    pub dependencies: Vec<TriggerDependency>,
}

/// Something that a flow trigger waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerDependency {
    /// Unique in its trigger.
    pub name: String,
    /// The kind of dependency; a matter of plugins, not checked at upload.
    pub kind: String,
    /// Parameters for that kind.
    pub params: Props,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A job of this type (`command`, `noop`, …).
    Job(String),
    /// Another flow of the project, by id.
    Flow(String),
}

/// A node of a flow as its project defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobNode {
    /// Unique in its flow.
    pub id: String,
    /// Job or embedded flow.
    pub kind: NodeKind,
    /// Ids of the nodes it depends on, in the order of their declaration, without repetitions.
    pub depends_on: Vec<String>,
    /// The condition's text.
    pub condition: Option<String>,
    /// Flow 1.0: the `.job` file's path; Flow 2.0: the `.flow` file's name.
    pub source: String,
    /// Flow 1.0: path of the `.properties` file that it inherits from.
    pub props_source: Option<String>,
    /// Its own keys (`.job` file, or `config` and `type`).
    pub props: Props,
    /// Flow 2.0: keys of `props` whose value is null; they are there with an empty text (§3.2).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub null_keys: BTreeSet<String>,
}

impl ProjectModel {
    /// A model without flows.
    pub fn empty(format: FlowFormat) -> Self {
        Self {
            format,
            flows: BTreeMap::new(),
            property_files: BTreeMap::new(),
            parameter_overrides: Props::new(),
        }
    }
}

impl JobNode {
    /// The job type, `flow` for an embedded flow.
    pub fn job_type(&self) -> &str {
        match &self.kind {
            NodeKind::Job(job_type) => job_type,
            NodeKind::Flow(_) => "flow",
        }
    }
}
