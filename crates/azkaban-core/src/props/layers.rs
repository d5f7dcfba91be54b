//! The input properties of a node (projects-and-jobs §5.2, layers 1 to 11).
//!
//! What the server adds afterwards is in [`super::JobFacts`]; the values are resolved by [`super::resolve_layered`].

use std::collections::BTreeSet;

use super::Props;
use crate::project::{JobNode, NodeKind, ProjectModel};

/// Which of the flow parameters and the job's own keys win.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precedence {
    /// The job's own keys.
    #[default]
    JobOverFlowParameters,
    /// Flow parameters and runtime properties (`azkaban.executor.runtimeProps.override.eager=true`).
    RuntimeOverJob,
}

/// Everything that the input of one node is made of, but for the defaults of the server and of the job type, for which
/// see [`LayeredProps::fill_absent`].
#[derive(Debug, Clone, Copy)]
pub struct InputLayers<'a> {
    /// The project.
    pub model: &'a ProjectModel,
    /// Id of the executed flow, whose `config` counts (layer 6).
    pub flow: &'a str,
    /// Common flow properties (layer 5), see [`super::FlowFacts`].
    pub common: &'a Props,
    /// Flow parameters (layer 7).
    pub flow_parameters: &'a Props,
    /// The flow nodes around the node, the outermost first (layer 8).
    pub enclosing: &'a [NodeLayers<'a>],
    /// The node itself (layers 9 to 11).
    pub node: NodeLayers<'a>,
    /// `azkaban.memory.check`; belongs to layer 10.
    pub memory_check: bool,
    /// Which layers win.
    pub precedence: Precedence,
}

/// What one node contributes.
#[derive(Debug, Clone, Copy)]
pub struct NodeLayers<'a> {
    /// Its definition.
    pub job: &'a JobNode,
    /// Properties that replace its own since the upload (a stored override).
    pub override_props: Option<&'a Props>,
    /// Outputs of its direct upstream nodes, merged in the order in which it names them, the last winning.
    pub upstream_outputs: &'a Props,
    /// Its runtime properties (`runtimeProperty[nested id]`).
    pub runtime: Option<&'a Props>,
}

/// Properties of which some may be null: those are empty, but a `${key}` that refers to one is undefined (§3.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayeredProps {
    /// The values.
    pub values: Props,
    /// The keys of `values` that are null.
    pub null_keys: BTreeSet<String>,
}

impl InputLayers<'_> {
    /// The input of the node, layers 4 to 11. Unresolved.
    pub fn build(&self) -> LayeredProps {
        let mut input = LayeredProps::default();
        if matches!(self.node.job.kind, NodeKind::Job(_)) {
            for shared in shared_files(self.model, self.node.job) {
                input.put(shared);
            }
        }
        input.put(self.common);
        if let Some(flow) = self.model.flows.get(self.flow) {
            input.put_with_nulls(&flow.config, &flow.null_keys);
        }
        input.put(self.flow_parameters);
        for node in self.enclosing {
            input.put_node(node);
            input.put_runtime(node);
        }
        input.put_node(&self.node);
        input.set("azkaban.memory.check", if self.memory_check { "true" } else { "false" });
        if self.precedence == Precedence::RuntimeOverJob {
            input.put(self.flow_parameters);
            for node in self.enclosing {
                input.put_runtime(node);
            }
        }
        input.put_runtime(&self.node);
        input
    }
}

impl LayeredProps {
    /// Puts a layer above all that is there.
    pub fn put(&mut self, layer: &Props) {
        for (key, value) in layer {
            self.set(key, value);
        }
    }

    /// Sets one key.
    pub fn set(&mut self, key: &str, value: &str) {
        if !self.null_keys.is_empty() {
            self.null_keys.remove(key);
        }
        self.values.insert(key.to_owned(), value.to_owned());
    }

    /// Puts a layer below all that is there: the job type's `plugin.properties`, then the common ones, then the global
    /// ones (layers 3, 2, 1).
    pub fn fill_absent(&mut self, layer: &Props) {
        for (key, value) in layer {
            if !self.values.contains_key(key) {
                self.values.insert(key.clone(), value.clone());
            }
        }
    }

    fn put_with_nulls(&mut self, layer: &Props, nulls: &BTreeSet<String>) {
        self.put(layer);
        self.null_keys.extend(nulls.iter().filter(|key| layer.contains_key(*key)).cloned());
    }

    fn put_node(&mut self, node: &NodeLayers<'_>) {
        self.put(node.upstream_outputs);
        match node.override_props {
            Some(props) => self.put(props),
            None => self.put_with_nulls(&node.job.props, &node.job.null_keys),
        }
    }

    fn put_runtime(&mut self, node: &NodeLayers<'_>) {
        if let Some(runtime) = node.runtime {
            self.put(runtime);
        }
    }
}

/// The chain of `.properties` files that a Flow 1.0 job inherits from, the lowest first (layer 4).
fn shared_files<'a>(model: &'a ProjectModel, job: &JobNode) -> Vec<&'a Props> {
    let mut chain = Vec::new();
    let mut next = job.props_source.as_ref();
    while let Some(file) = next.and_then(|path| model.property_files.get(path)) {
        if chain.len() == model.property_files.len() {
            break;
        }
        chain.push(&file.props);
        next = file.inherits.as_ref();
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{FlowFormat, PropertyFile};

    fn props(entries: &[(&str, &str)]) -> Props {
        entries.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn job(own: &[(&str, &str)]) -> JobNode {
        JobNode {
            id: "a".to_owned(),
            kind: NodeKind::Job("command".to_owned()),
            depends_on: Vec::new(),
            condition: None,
            source: String::new(),
            props_source: Some("x.properties".to_owned()),
            props: props(own),
            null_keys: BTreeSet::new(),
        }
    }

    fn build(model: &ProjectModel, node: NodeLayers<'_>, parameters: &[(&str, &str)]) -> LayeredProps {
        let input = InputLayers {
            model,
            flow: "f",
            common: &Props::new(),
            flow_parameters: &props(parameters),
            enclosing: &[],
            node,
            memory_check: true,
            precedence: Precedence::default(),
        };
        input.build()
    }

    #[test]
    fn a_circle_of_property_files_ends() {
        let mut model = ProjectModel::empty(FlowFormat::V1);
        let file =
            PropertyFile { inherits: Some("x.properties".to_owned()), props: props(&[("k", "shared")]) };
        model.property_files.insert("x.properties".to_owned(), file);
        let job = job(&[]);
        let node =
            NodeLayers { job: &job, override_props: None, upstream_outputs: &Props::new(), runtime: None };
        assert_eq!(build(&model, node, &[]).values["k"], "shared");
    }

    #[test]
    fn an_override_replaces_the_own_properties() {
        let model = ProjectModel::empty(FlowFormat::V1);
        let job = job(&[("own", "1"), ("k", "own")]);
        let stored = props(&[("k", "stored")]);
        let node = NodeLayers {
            job: &job,
            override_props: Some(&stored),
            upstream_outputs: &Props::new(),
            runtime: None,
        };
        let input = build(&model, node, &[]);
        assert_eq!(input.values, props(&[("k", "stored"), ("azkaban.memory.check", "true")]));
    }

    #[test]
    fn a_null_hides_what_is_below_until_something_is_above() {
        let model = ProjectModel::empty(FlowFormat::V2);
        let mut job = job(&[("k", "")]);
        job.null_keys.insert("k".to_owned());
        let no_outputs = Props::new();
        let node =
            NodeLayers { job: &job, override_props: None, upstream_outputs: &no_outputs, runtime: None };
        let mut input = build(&model, node, &[("k", "parameter")]);
        input.fill_absent(&props(&[("k", "default"), ("other", "default")]));
        assert_eq!((&*input.values["k"], &*input.values["other"]), ("", "default"));
        assert!(input.null_keys.contains("k"));

        let runtime = props(&[("k", "runtime")]);
        let input = build(&model, NodeLayers { runtime: Some(&runtime), ..node }, &[]);
        assert_eq!(input.values["k"], "runtime");
        assert!(input.null_keys.is_empty());
    }
}
