//! A `.flow` file as typed values (projects-and-jobs §3.2).

use std::collections::BTreeSet;

use super::super::LoadLimits;
use super::super::limits::Budget;
use super::super::yaml::{Document, Failure, NodeId, Place, Reader, Value, YamlError, decode, integer};
use crate::props::Props;

/// A node as the file has it: the flow itself, an embedded flow or a job.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NodeBean {
    pub(super) name: Option<String>,
    pub(super) node_type: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) config: Config,
    pub(super) depends_on: Vec<String>,
    pub(super) nodes: Option<Vec<NodeBean>>,
    pub(super) trigger: Option<TriggerBean>,
}

/// Properties, and which of them are null; those have an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) props: Props,
    pub(super) null_keys: BTreeSet<String>,
}

impl Config {
    /// The value of a key, if there is one that is not null.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.props.get(key).filter(|_| !self.null_keys.contains(key)).map(String::as_str)
    }
}

/// A flow trigger as the file has it (§3.6).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TriggerBean {
    pub(super) max_wait_minutes: Option<i64>,
    pub(super) schedule: Option<Props>,
    pub(super) dependencies: Vec<DependencyBean>,
}

/// A dependency of a flow trigger.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DependencyBean {
    pub(super) name: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) params: Props,
}

/// Reads a flow file; `None` if there is nothing in it but comments.
pub(super) fn read(
    bytes: &[u8],
    limits: &LoadLimits,
    budget: &mut Budget,
) -> Result<Option<NodeBean>, Failure> {
    let text = decode(bytes)?;
    let document = Document::parse(&text)?;
    let Some(root) = document.root() else { return Ok(None) };
    let mut reader = BeanReader { yaml: Reader::new(&document, budget), max_depth: limits.max_flow_depth };
    reader.node(root, 0).map(Some)
}

struct BeanReader<'a> {
    yaml: Reader<'a>,
    max_depth: usize,
}

impl BeanReader<'_> {
    /// Recurses into embedded flows, up to `max_depth`.
    fn node(&mut self, id: NodeId, depth: usize) -> Result<NodeBean, Failure> {
        self.yaml.budget.node()?;
        let mut bean = NodeBean::default();
        for entry in self.yaml.entries(id, "a node")? {
            let value = entry.value;
            match &*entry.key {
                "name" => bean.name = self.yaml.text(value, "name")?,
                "type" => bean.node_type = self.yaml.text(value, "type")?,
                "condition" => bean.condition = self.yaml.text(value, "condition")?,
                "config" => bean.config = self.config(value)?,
                "dependsOn" => bean.depends_on = self.depends_on(value)?,
                "nodes" => bean.nodes = self.nodes(value, entry.place, depth)?,
                "trigger" => bean.trigger = self.trigger(value)?,
                key => return Err(unknown_key(key, entry.place, "a node")),
            }
        }
        Ok(bean)
    }

    fn nodes(&mut self, id: NodeId, place: Place, depth: usize) -> Result<Option<Vec<NodeBean>>, Failure> {
        if depth > self.max_depth {
            let limit = self.max_depth;
            return Err(YamlError::new(place, format!("flows are embedded more than {limit} deep")).into());
        }
        if self.yaml.node(id)?.is_null() {
            return Ok(None);
        }
        let elements = self.yaml.elements(id, "nodes")?;
        elements.iter().map(|&element| self.node(element, depth + 1)).collect::<Result<_, _>>().map(Some)
    }

    fn config(&mut self, id: NodeId) -> Result<Config, Failure> {
        let mut config = Config::default();
        for entry in self.yaml.entries(id, "config")? {
            match self.yaml.text(entry.value, format_args!("the value of '{}'", entry.key))? {
                Some(text) => {
                    config.null_keys.remove(&entry.key);
                    config.props.insert(entry.key, text);
                }
                None => {
                    config.null_keys.insert(entry.key.clone());
                    config.props.insert(entry.key, String::new());
                }
            }
        }
        Ok(config)
    }

    fn depends_on(&mut self, id: NodeId) -> Result<Vec<String>, Failure> {
        let elements = self.yaml.elements(id, "dependsOn")?;
        let mut names = Vec::with_capacity(elements.len());
        for &element in elements {
            self.yaml.budget.dependency()?;
            let place = self.yaml.node(element)?.place;
            match self.yaml.text(element, "an entry of dependsOn")? {
                Some(name) => names.push(name),
                None => return Err(YamlError::new(place, "an entry of dependsOn is empty").into()),
            }
        }
        Ok(names)
    }

    fn texts(&mut self, id: NodeId, what: &str) -> Result<Props, Failure> {
        let mut texts = Props::new();
        for entry in self.yaml.entries(id, what)? {
            let text = self.yaml.text(entry.value, format_args!("the value of '{}'", entry.key))?;
            texts.insert(entry.key, text.unwrap_or_default());
        }
        Ok(texts)
    }

    fn trigger(&mut self, id: NodeId) -> Result<Option<TriggerBean>, Failure> {
        if self.yaml.node(id)?.is_null() {
            return Ok(None);
        }
        let mut bean = TriggerBean::default();
        for entry in self.yaml.entries(id, "trigger")? {
            let value = entry.value;
            match &*entry.key {
                "maxWaitMins" => bean.max_wait_minutes = self.minutes(value)?,
                "schedule" if self.yaml.node(value)?.is_null() => bean.schedule = None,
                "schedule" => bean.schedule = Some(self.texts(value, "schedule")?),
                "triggerDependencies" => {
                    let elements = self.yaml.elements(value, "triggerDependencies")?;
                    bean.dependencies =
                        elements.iter().map(|&e| self.dependency(e)).collect::<Result<_, _>>()?;
                }
                key => return Err(unknown_key(key, entry.place, "a trigger")),
            }
        }
        Ok(Some(bean))
    }

    fn minutes(&mut self, id: NodeId) -> Result<Option<i64>, Failure> {
        let node = self.yaml.node(id)?;
        match &node.value {
            _ if node.is_null() => Ok(None),
            Value::Scalar { text, .. } if integer(text).is_some() => Ok(integer(text)),
            _ => Err(YamlError::new(node.place, "maxWaitMins must be an integer").into()),
        }
    }

    fn dependency(&mut self, id: NodeId) -> Result<DependencyBean, Failure> {
        let mut bean = DependencyBean::default();
        for entry in self.yaml.entries(id, "a trigger dependency")? {
            match &*entry.key {
                "name" => bean.name = self.yaml.text(entry.value, "name")?,
                "type" => bean.kind = self.yaml.text(entry.value, "type")?,
                "params" => bean.params = self.texts(entry.value, "params")?,
                key => return Err(unknown_key(key, entry.place, "a trigger dependency")),
            }
        }
        Ok(bean)
    }
}

fn unknown_key(key: &str, place: Place, of: &str) -> Failure {
    YamlError::new(place, format!("Cannot create property={key}: Unable to find property '{key}' of {of}"))
        .into()
}
