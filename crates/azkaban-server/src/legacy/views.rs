//! Flows and executions as trees of nodes (http-api §4.6, §4.19, §4.21), serialised straight from the engine's views.
//!
//! The recursion goes as deep as flows are nested, which [`Graph`] bounds.

use std::collections::HashMap;

use azkaban_core::execution::{Graph, NodeState, PastAttempt};
use azkaban_core::ids::{ExecutionId, NodeIndex, ProjectId};
use azkaban_core::options::ExecutionOptions;
use azkaban_core::project::NodeKind;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A time as the API shows it; -1 is not set.
pub(super) fn millis(time: Option<UnixMillis>) -> i64 {
    time.map_or(-1, |time| time.0)
}

/// The nodes of an execution, or of a flow that is not executed.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    /// The nodes.
    pub(super) graph: &'a Graph,
    /// Their states.
    pub(super) nodes: &'a [NodeState],
    /// Their earlier attempts.
    pub(super) past: &'a HashMap<NodeIndex, Vec<PastAttempt>>,
}

impl<'a> Tree<'a> {
    fn state(&self, index: NodeIndex) -> NodeState {
        self.nodes.get(index.get()).copied().unwrap_or_else(|| NodeState::initial(Status::Ready))
    }

    /// `attempt`, and `pastAttempts` if there are any.
    fn attempts<M: SerializeMap>(&self, map: &mut M, index: NodeIndex) -> Result<(), M::Error> {
        let attempt = self.state(index).attempt;
        map.serialize_entry("attempt", &attempt)?;
        if attempt > 0 {
            let past = self.past.get(&index).map_or(&[][..], Vec::as_slice);
            map.serialize_entry("pastAttempts", &PastAttempts(past))?;
        }
        Ok(())
    }

    /// When a node last changed. A whole execution changes with each of its nodes, as its clients expect.
    fn updated_at(&self, index: NodeIndex) -> Option<UnixMillis> {
        if index == NodeIndex::ROOT {
            return self.nodes.iter().filter_map(|node| node.updated_at).max();
        }
        self.state(index).updated_at
    }

    fn times<M: SerializeMap>(&self, map: &mut M, index: NodeIndex) -> Result<(), M::Error> {
        let state = self.state(index);
        map.serialize_entry("status", state.status.name())?;
        map.serialize_entry("startTime", &millis(state.started_at))?;
        map.serialize_entry("endTime", &millis(state.ended_at))?;
        map.serialize_entry("updateTime", &millis(self.updated_at(index)))
    }

    /// The fields of a node in `fetchexecflow`.
    fn node<M: SerializeMap>(&self, map: &mut M, index: NodeIndex) -> Result<(), M::Error> {
        let node = self.graph.node(index);
        map.serialize_entry("id", &*node.id)?;
        map.serialize_entry(
            "nestedId",
            if index == NodeIndex::ROOT { &*node.id } else { node.path.as_str() },
        )?;
        match &node.kind {
            _ if index == NodeIndex::ROOT => map.serialize_entry("type", &())?,
            NodeKind::Job(job_type) => map.serialize_entry("type", job_type)?,
            NodeKind::Flow(_) => map.serialize_entry("type", "flow")?,
        }
        self.times(map, index)?;
        if let Some(condition) = &node.condition {
            map.serialize_entry("condition", condition.text())?;
        }
        self.attempts(map, index)?;
        if !node.ins.is_empty() {
            map.serialize_entry("in", &Parents(self.graph, &node.ins))?;
        }
        if let NodeKind::Flow(flow) = &node.kind {
            map.serialize_entry("flow", flow)?;
            map.serialize_entry("flowId", flow)?;
            map.serialize_entry("nodes", &Nodes(*self, index))?;
        }
        Ok(())
    }
}

struct PastAttempts<'a>(&'a [PastAttempt]);

impl Serialize for PastAttempts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Shown {
            attempt: u32,
            start_time: i64,
            end_time: i64,
            status: &'static str,
        }
        serializer.collect_seq(self.0.iter().map(|past| Shown {
            attempt: past.attempt,
            start_time: millis(past.started_at),
            end_time: millis(past.ended_at),
            status: past.status.name(),
        }))
    }
}

/// The ids of nodes.
struct Parents<'a>(&'a Graph, &'a [NodeIndex]);

impl Serialize for Parents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.iter().map(|index| &*self.0.node(*index).id))
    }
}

/// The nodes inside a flow node.
struct Nodes<'a>(Tree<'a>, NodeIndex);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.graph.node(self.1).children().map(|child| Node(self.0, child)))
    }
}

struct Node<'a>(Tree<'a>, NodeIndex);

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.node(&mut map, self.1)?;
        map.end()
    }
}

/// The answer of `fetchexecflow` and `fetchscheduledflowgraph`.
pub(super) struct Execution<'a> {
    /// The nodes.
    pub(super) tree: Tree<'a>,
    /// `None` if the flow is not executed.
    pub(super) id: Option<ExecutionId>,
    /// When it was submitted.
    pub(super) submitted_at: Option<UnixMillis>,
    /// By whom.
    pub(super) submit_user: Option<&'a str>,
    /// The project's name.
    pub(super) project: &'a str,
    /// The project's id.
    pub(super) project_id: ProjectId,
    /// What it was executed with; `None` if it is not.
    pub(super) options: Option<&'a ExecutionOptions>,
}

impl Serialize for Execution<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("project", self.project)?;
        map.serialize_entry("projectId", &self.project_id)?;
        map.serialize_entry("execid", &self.id.map_or(-1, |id| id.0))?;
        map.serialize_entry("submitTime", &millis(self.submitted_at))?;
        map.serialize_entry("submitUser", &self.submit_user)?;
        if let Some(retries) = self.options.and_then(Retries::of) {
            map.serialize_entry("retries", &retries)?;
        }
        self.tree.node(&mut map, NodeIndex::ROOT)?;
        map.end()
    }
}

/// How an execution is to be restarted as a whole (§4.19). None ever was (0004-where-we-differ), so the counts are 0 and no
/// other execution belongs to it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Retries<'a> {
    allowed_statuses: &'a str,
    user_defined_max: u32,
    strategy: &'static str,
    user_defined_count: u32,
    system_defined_max: u32,
    system_defined_count: u32,
    #[serde(rename = "rootExecutionID")]
    root: i64,
    #[serde(rename = "parentExecutionID")]
    parent: i64,
    #[serde(rename = "childExecutionID")]
    child: i64,
}

impl<'a> Retries<'a> {
    /// Of the flow's parameters, if they name statuses to restart from.
    fn of(options: &'a ExecutionOptions) -> Option<Self> {
        let parameter = |name: &str| options.flow_parameters.get(name).map(String::as_str);
        let strategy = match parameter("flow.retry.strategy") {
            Some("disableSucceededNodes" | "DISABLE_SUCCEEDED_NODES") => "disableSucceededNodes",
            _ => "retryAsNew",
        };
        Some(Self {
            allowed_statuses: parameter("flow.retry.statuses").filter(|statuses| !statuses.is_empty())?,
            user_defined_max: parameter("flow.max.retries").and_then(|max| max.parse().ok()).unwrap_or(1),
            strategy,
            user_defined_count: 0,
            system_defined_max: 1,
            system_defined_count: 0,
            root: -1,
            parent: -1,
            child: -1,
        })
    }
}

/// The answer of `fetchexecflowupdate`: what changed after a time.
pub(super) struct Update<'a> {
    tree: Tree<'a>,
    /// By node: it changed, or something in it did.
    included: Vec<bool>,
}

impl<'a> Update<'a> {
    /// Changes strictly after `since`. A node that nothing has happened to has not changed, not even since -1.
    pub(super) fn new(tree: Tree<'a>, since: i64) -> Self {
        let mut included: Vec<bool> = (0..tree.graph.len())
            .map(|i| millis(tree.state(NodeIndex(i as u32)).updated_at) > since)
            .collect();
        // Parents come before their children.
        for (index, node) in tree.graph.iter().rev() {
            if included[index.get()] {
                included[node.parent.get()] = true;
            }
        }
        Self { tree, included }
    }

    fn has_changed_children(&self, index: NodeIndex) -> bool {
        self.tree.graph.node(index).children().any(|child| self.included[child.get()])
    }

    fn changes<M: SerializeMap>(&self, map: &mut M, index: NodeIndex) -> Result<(), M::Error> {
        let node = self.tree.graph.node(index);
        map.serialize_entry("id", &*node.id)?;
        self.tree.attempts(map, index)?;
        match &node.kind {
            NodeKind::Flow(flow) if index != NodeIndex::ROOT || self.has_changed_children(index) => {
                map.serialize_entry("flow", flow)?;
                map.serialize_entry("nodes", &ChangedNodes(self, index))
            }
            _ => Ok(()),
        }
    }
}

impl Serialize for Update<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.tree.times(&mut map, NodeIndex::ROOT)?;
        if self.included[NodeIndex::ROOT.get()] {
            self.changes(&mut map, NodeIndex::ROOT)?;
        }
        map.end()
    }
}

struct ChangedNodes<'a>(&'a Update<'a>, NodeIndex);

impl Serialize for ChangedNodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(update, index) = *self;
        let children = update.tree.graph.node(index).children();
        let changed = children.filter(|child| update.included[child.get()]);
        serializer.collect_seq(changed.map(|child| ChangedNode(update, child)))
    }
}

struct ChangedNode<'a>(&'a Update<'a>, NodeIndex);

impl Serialize for ChangedNode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.tree.times(&mut map, self.1)?;
        self.0.changes(&mut map, self.1)?;
        map.end()
    }
}

/// The nodes of a flow as `fetchflowgraph` shows them: no states.
pub(super) struct Definition<'a>(pub(super) &'a Graph, pub(super) NodeIndex);

impl Serialize for Definition<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.node(self.1).children().map(|child| DefinedNode(self.0, child)))
    }
}

struct DefinedNode<'a>(&'a Graph, NodeIndex);

impl Serialize for DefinedNode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(graph, index) = *self;
        let node = graph.node(index);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &*node.id)?;
        match &node.kind {
            NodeKind::Job(job_type) => map.serialize_entry("type", job_type)?,
            NodeKind::Flow(_) => map.serialize_entry("type", "flow")?,
        }
        if let Some(condition) = &node.condition {
            map.serialize_entry("condition", condition.text())?;
        }
        if let NodeKind::Flow(flow) = &node.kind {
            map.serialize_entry("flowId", flow)?;
            map.serialize_entry("flow", flow)?;
            map.serialize_entry("nodes", &Definition(graph, index))?;
        }
        if !node.ins.is_empty() {
            let mut ids: Vec<&str> = node.ins.iter().map(|parent| &*graph.node(*parent).id).collect();
            ids.sort_unstable();
            map.serialize_entry("in", &ids)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use azkaban_core::project::{Flow, FlowFormat, JobNode, ProjectModel};
    use azkaban_core::props::Props;
    use serde_json::json;

    use super::*;

    fn job(id: &str, kind: NodeKind, depends_on: &[&str]) -> (String, Arc<JobNode>) {
        let node = JobNode {
            id: id.into(),
            kind,
            depends_on: depends_on.iter().map(|d| (*d).to_owned()).collect(),
            condition: None,
            source: String::new(),
            props_source: None,
            props: Props::new(),
            null_keys: Default::default(),
        };
        (id.to_owned(), Arc::new(node))
    }

    fn flow(id: &str, nodes: impl IntoIterator<Item = (String, Arc<JobNode>)>) -> (String, Flow) {
        let flow = Flow {
            id: id.into(),
            embedded: false,
            nodes: nodes.into_iter().collect(),
            config: Props::new(),
            null_keys: Default::default(),
            source: String::new(),
            success_emails: vec![],
            failure_emails: vec![],
            override_emails: vec![],
            failure_action: None,
            condition: None,
            trigger: None,
        };
        (id.to_owned(), flow)
    }

    /// `end` ← `sub` (flow `in` of job `in`) ← `a`.
    fn graph() -> Graph {
        let noop = || NodeKind::Job("noop".into());
        let end = [
            job("a", noop(), &[]),
            job("sub", NodeKind::Flow("in".into()), &["a"]),
            job("end", noop(), &["sub", "a"]),
        ];
        let mut model = ProjectModel::empty(FlowFormat::V1);
        model.flows = BTreeMap::from([flow("end", end), flow("in", [job("in", noop(), &[])])]);
        Graph::build(&model, "end").unwrap()
    }

    fn states(graph: &Graph, changed: &[(&str, i64)]) -> Vec<NodeState> {
        let mut nodes = vec![NodeState::initial(Status::Ready); graph.len()];
        for (path, time) in changed {
            let index = graph.find(&(*path).into()).unwrap();
            nodes[index.get()].updated_at = Some(UnixMillis(*time));
            nodes[index.get()].status = Status::Running;
        }
        nodes
    }

    #[test]
    fn a_node_shows_its_state_its_parents_and_what_is_in_it() {
        let (graph, past) = (
            graph(),
            HashMap::from([(
                NodeIndex(1),
                vec![PastAttempt {
                    attempt: 0,
                    started_at: Some(UnixMillis(1)),
                    ended_at: None,
                    status: Status::Failed,
                }],
            )]),
        );
        let mut nodes = states(&graph, &[("a", 7)]);
        nodes[1].attempt = 1;
        let tree = Tree { graph: &graph, nodes: &nodes, past: &past };
        let shown = serde_json::to_value(Execution {
            tree,
            id: None,
            submitted_at: None,
            submit_user: None,
            project: "p",
            project_id: ProjectId(3),
            options: None,
        })
        .unwrap();
        let idle = |id: &str, nested: &str| {
            json!({"id": id, "nestedId": nested, "type": "noop", "status": "READY",
            "startTime": -1, "endTime": -1, "updateTime": -1, "attempt": 0})
        };
        let mut end = idle("end", "end");
        end["in"] = json!(["sub", "a"]);
        assert_eq!(
            shown,
            json!({
            "project": "p", "projectId": 3, "execid": -1, "submitTime": -1, "submitUser": null,
            "id": "end", "nestedId": "end", "type": null, "status": "READY", "startTime": -1, "endTime": -1, "updateTime": 7,
            "attempt": 0, "flow": "end", "flowId": "end", "nodes": [
                {"id": "a", "nestedId": "a", "type": "noop", "status": "RUNNING", "startTime": -1, "endTime": -1, "updateTime": 7,
                 "attempt": 1, "pastAttempts": [{"attempt": 0, "startTime": 1, "endTime": -1, "status": "FAILED"}]},
                end,
                {"id": "sub", "nestedId": "sub", "type": "flow", "status": "READY", "startTime": -1, "endTime": -1, "updateTime": -1,
                 "attempt": 0, "in": ["a"], "flow": "in", "flowId": "in", "nodes": [idle("in", "sub:in")]}]})
        );
    }

    #[test]
    fn updates_hold_what_changed_and_the_flows_around_it() {
        let (graph, past) = (graph(), HashMap::new());
        let nodes = states(&graph, &[("", 5), ("a", 5), ("sub:in", 9)]);
        let tree = Tree { graph: &graph, nodes: &nodes, past: &past };
        let update = |since: i64| serde_json::to_value(Update::new(tree, since)).unwrap();
        let ids = |value: &serde_json::Value| -> Vec<String> {
            let nodes = value["nodes"].as_array().into_iter().flatten();
            nodes.map(|node| node["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&update(-1)), ["a", "sub"]);
        assert_eq!(ids(&update(5)), ["sub"]);
        assert_eq!(update(5)["nodes"][0]["flow"], "in");
        assert_eq!(ids(&update(5)["nodes"][0]), ["in"]);
        assert_eq!(update(9), json!({"status": "RUNNING", "startTime": -1, "endTime": -1, "updateTime": 9}));
        assert_eq!(update(5)["id"], "end");
        let quiet = states(&graph, &[("", 5)]);
        let quiet = serde_json::to_value(Update::new(Tree { nodes: &quiet, ..tree }, 4)).unwrap();
        assert!(quiet["attempt"] == 0 && quiet["nodes"].is_null(), "{quiet}");
    }

    #[test]
    fn a_definition_has_no_states() {
        let shown = serde_json::to_value(Definition(&graph(), NodeIndex::ROOT)).unwrap();
        assert_eq!(
            shown,
            json!([
            {"id": "a", "type": "noop"},
            {"id": "end", "type": "noop", "in": ["a", "sub"]},
            {"id": "sub", "type": "flow", "in": ["a"], "flowId": "in", "flow": "in", "nodes": [{"id": "in", "type": "noop"}]}])
        );
    }
}
