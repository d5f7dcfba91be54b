//! What a user asks for when executing a flow (http-api §5), as clean types: the legacy face parses its parameters into these.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::ExecutionId;
use crate::props::Props;
use crate::sla::SlaOptions;

/// What happens to the rest of a flow when a job fails (execution-and-scheduling §2.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureAction {
    /// Let running jobs end; start no others.
    #[default]
    FinishCurrentlyRunning,
    /// Kill running jobs; start no others.
    CancelAll,
    /// Run whatever the failure does not block.
    FinishAllPossible,
}

/// What to do when the flow already runs (§2.15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Concurrency {
    /// Refuse.
    Skip,
    /// Run beside it. `name` is the word that the request used (`ignore`, `queue`, …), echoed by the API.
    Ignore {
        /// The request's word.
        name: String,
        /// The `queueLevel` of the word `queue`, which the API echoes as the pipeline's level (http-api §5); nothing waits for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<i32>,
    },
    /// Run beside it, each job waiting for jobs of the older execution.
    Pipeline {
        /// 1: the same job; 2: the same job and its children; 3: the whole older flow; others never wait.
        level: i32,
    },
}

/// An entry of the `disabled` list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disabled {
    /// This node (a job, or a whole embedded flow).
    Node(String),
    /// Nodes inside an embedded flow.
    Inside {
        /// The embedded flow's node id.
        id: String,
        /// What is disabled in it.
        children: Vec<Disabled>,
    },
}

/// Everything that a user may ask for with an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionOptions {
    /// What a failure does; `None` leaves it to the flow's own `failure.action`, then to the default.
    pub failure_action: Option<FailureAction>,
    /// `failureActionOverride` of the request.
    pub failure_action_override: bool,
    /// Mail at the first failure.
    pub notify_failure_first: bool,
    /// Kept and shown, without effect (as in Azkaban).
    pub notify_failure_last: bool,
    /// Addresses for failure mails.
    pub failure_emails: Vec<String>,
    /// Whether the request's failure addresses replace the flow's.
    pub failure_emails_override: bool,
    /// Addresses for success mails.
    pub success_emails: Vec<String>,
    /// Whether the request's success addresses replace the flow's.
    pub success_emails_override: bool,
    /// What to do when the flow already runs.
    pub concurrency: Concurrency,
    /// The execution this one is pipelined on, decided at submission.
    pub pipeline_execution: Option<ExecutionId>,
    /// Name of the mail creator; kept and shown.
    pub mail_creator: String,
    /// Flow parameters (`flowOverride`, `runtimeProperty[ROOT]`).
    pub flow_parameters: Props,
    /// Properties for single nodes, by nested id (`runtimeProperty[NODE]`).
    pub runtime_properties: BTreeMap<String, Props>,
    /// Nodes that are skipped.
    pub disabled: Vec<Disabled>,
    /// By when what is to be over.
    #[serde(default, skip_serializing_if = "SlaOptions::is_empty")]
    pub sla: SlaOptions,
}

impl Default for ExecutionOptions {
    fn default() -> Self {
        Self {
            failure_action: None,
            failure_action_override: false,
            notify_failure_first: true,
            notify_failure_last: false,
            failure_emails: Vec::new(),
            failure_emails_override: false,
            success_emails: Vec::new(),
            success_emails_override: false,
            concurrency: Concurrency::Skip,
            pipeline_execution: None,
            mail_creator: "default".to_owned(),
            flow_parameters: Props::new(),
            runtime_properties: BTreeMap::new(),
            disabled: Vec::new(),
            sla: SlaOptions::default(),
        }
    }
}
