//! From checked beans to flows: one per file, one per embedded flow (projects-and-jobs §3.4, §3.5).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::super::checks::check_job;
use super::super::emails::Emails;
use super::super::graph::{Search, search};
use super::super::{Flow, FlowTrigger, JobNode, LoadError, LoadLimits, NodeKind, Report};
use super::bean::{Config, NodeBean};
use super::conditions;
use crate::options::FailureAction;

/// Turns the beans of one file into flows.
pub(super) struct Converter<'a> {
    /// The file's name.
    pub(super) file: &'a str,
    pub(super) limits: &'a LoadLimits,
    pub(super) report: &'a mut Report,
    /// Where the flows go.
    pub(super) flows: &'a mut BTreeMap<String, Flow>,
}

impl Converter<'_> {
    /// Adds the flow of a file and those embedded in it.
    pub(super) fn convert(
        &mut self,
        id: &str,
        root: NodeBean,
        trigger: Option<FlowTrigger>,
    ) -> Result<(), LoadError> {
        let config = with_type(root.config, "flow");
        let flow = self.flow(id, config, root.nodes.unwrap_or_default())?;
        self.flows.insert(id.to_owned(), Flow { trigger, ..flow });
        Ok(())
    }

    /// The flow of these nodes. Recurses into embedded flows; their depth is bounded where the file is read.
    fn flow(&mut self, flow_id: &str, config: Config, beans: Vec<NodeBean>) -> Result<Flow, LoadError> {
        let emails = Emails::from_props(|key| config.get(key));
        let failure_action = config.get("failure.action").map(failure_action);
        let mut nodes = Vec::with_capacity(beans.len());
        for bean in beans {
            nodes.push(Arc::new(self.node(flow_id, bean)?));
        }
        nodes.sort_by(|a, b| a.id.cmp(&b.id));
        self.check_graph(&nodes);
        Ok(Flow {
            id: flow_id.to_owned(),
            embedded: false,
            nodes: nodes.into_iter().map(|node| (node.id.clone(), node)).collect(),
            config: config.props,
            null_keys: config.null_keys,
            source: self.file.to_owned(),
            success_emails: emails.success,
            failure_emails: emails.failure,
            override_emails: emails.overridden,
            failure_action,
            condition: None,
            trigger: None,
        })
    }

    fn node(&mut self, flow_id: &str, bean: NodeBean) -> Result<JobNode, LoadError> {
        let id = bean.name.unwrap_or_default();
        let node_type = bean.node_type.unwrap_or_default();
        check_job(&format!("{flow_id}:{id}"), |key| bean.config.get(key), self.limits, self.report)?;
        let config = with_type(bean.config, &node_type);
        let kind = if node_type == "flow" {
            let embedded_id = format!("{flow_id}:{id}");
            let flow = self.flow(&embedded_id, config.clone(), bean.nodes.unwrap_or_default())?;
            let flow = Flow { embedded: true, condition: bean.condition.clone(), ..flow };
            self.flows.insert(embedded_id.clone(), flow);
            NodeKind::Flow(embedded_id)
        } else {
            NodeKind::Job(node_type)
        };
        let mut depends_on = Vec::with_capacity(bean.depends_on.len());
        let mut seen = HashSet::new();
        for name in bean.depends_on {
            if seen.insert(name.clone()) {
                depends_on.push(name);
            }
        }
        Ok(JobNode {
            id,
            kind,
            depends_on,
            condition: bean.condition,
            source: self.file.to_owned(),
            props_source: None,
            props: config.props,
            null_keys: config.null_keys,
        })
    }

    /// Reports cycles and wrong conditions. `nodes` are in the order of their ids.
    fn check_graph(&mut self, nodes: &[Arc<JobNode>]) {
        let places: HashMap<&str, usize> =
            nodes.iter().enumerate().map(|(place, n)| (&*n.id, place)).collect();
        let dependencies: Vec<Vec<usize>> = nodes
            .iter()
            .map(|node| node.depends_on.iter().filter_map(|name| places.get(&**name).copied()).collect())
            .collect();
        let Search { order, closing } = search(&dependencies, 0..nodes.len());
        for &(dependency, node) in &closing {
            self.report.error(format!("Cycles found at {}>>{}", nodes[dependency].id, nodes[node].id));
        }
        if closing.is_empty() {
            conditions::check(self.file, nodes, &places, &dependencies, &order, self.report);
        }
    }
}

/// The node's type is among its properties, whatever its config says.
fn with_type(mut config: Config, node_type: &str) -> Config {
    config.null_keys.remove("type");
    config.props.insert("type".to_owned(), node_type.to_owned());
    config
}

/// Unknown texts are the default (§3.5).
fn failure_action(text: &str) -> FailureAction {
    match text.trim().to_ascii_lowercase().as_str() {
        "cancel_all" => FailureAction::CancelAll,
        "finish_all_possible" => FailureAction::FinishAllPossible,
        _ => FailureAction::FinishCurrentlyRunning,
    }
}
