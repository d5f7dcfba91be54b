//! Reading a [`Document`] into typed values: merge keys applied, aliases paid for.

use std::fmt::Display;

use super::{Document, Node, NodeId, Place, Value, YamlError};
use crate::project::LoadError;
use crate::project::limits::Budget;

/// Merges inside merges.
const MAX_MERGE_DEPTH: usize = 32;

/// Why a file could not be read.
#[derive(Debug)]
pub(in crate::project) enum Failure {
    /// The file is wrong; others may be fine.
    File(String),
    /// The project as a whole asks for too much.
    Project(LoadError),
}

impl From<YamlError> for Failure {
    fn from(error: YamlError) -> Self {
        Failure::File(error.to_string())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Failure::Project(error)
    }
}

/// Reads a document. What is read once is free; what aliases repeat is charged to the project's budget, so that a
/// small file cannot stand for a huge one.
pub(in crate::project) struct Reader<'a> {
    document: &'a Document<'a>,
    seen: Vec<bool>,
    pub(in crate::project) budget: &'a mut Budget,
}

impl<'a> Reader<'a> {
    pub(in crate::project) fn new(document: &'a Document<'a>, budget: &'a mut Budget) -> Self {
        Self { document, seen: vec![false; document.nodes.len()], budget }
    }

    /// The node itself.
    pub(in crate::project) fn node(&mut self, id: NodeId) -> Result<&'a Node<'a>, Failure> {
        let node = self.document.node(id);
        if std::mem::replace(&mut self.seen[id.0 as usize], true) {
            // About what a repeated node costs in memory.
            let text = if let Value::Scalar { text, .. } = &node.value { text.len() } else { 0 };
            if !self.budget.repeat(32 + text) {
                return Err(YamlError::new(node.place, "aliases repeat too much of the file").into());
            }
        }
        Ok(node)
    }

    /// The text of a scalar, `None` if it is null.
    pub(in crate::project) fn text(
        &mut self,
        id: NodeId,
        what: impl Display,
    ) -> Result<Option<String>, Failure> {
        let node = self.node(id)?;
        match &node.value {
            _ if node.is_null() => Ok(None),
            Value::Scalar { text, .. } => Ok(Some(text.clone().into_owned())),
            _ => Err(expected(node.place, what, "a single value")),
        }
    }

    /// The elements of a sequence; none if it is null.
    pub(in crate::project) fn elements(
        &mut self,
        id: NodeId,
        what: impl Display,
    ) -> Result<&'a [NodeId], Failure> {
        let node = self.node(id)?;
        match &node.value {
            _ if node.is_null() => Ok(&[]),
            Value::Sequence(elements) => Ok(elements),
            _ => Err(expected(node.place, what, "a list")),
        }
    }

    /// The entries of a mapping with merge keys applied; none if it is null. Of equal keys the last one counts.
    pub(in crate::project) fn entries(
        &mut self,
        id: NodeId,
        what: impl Display,
    ) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        self.collect(id, &what, 0, &mut entries)?;
        Ok(entries)
    }

    fn collect(
        &mut self,
        id: NodeId,
        what: impl Display,
        depth: usize,
        into: &mut Vec<Entry>,
    ) -> Result<(), Failure> {
        let node = self.node(id)?;
        let pairs = match &node.value {
            _ if node.is_null() => return Ok(()),
            Value::Mapping(pairs) => pairs,
            _ => return Err(expected(node.place, what, "a mapping")),
        };
        if depth > MAX_MERGE_DEPTH {
            return Err(YamlError::new(node.place, "merges are nested too deeply").into());
        }
        // An entry of the mapping itself counts more than a merged one, an earlier merge more than a later one.
        for &(key, value) in pairs {
            if self.is_merge(key) {
                match &self.document.node(value).value {
                    Value::Sequence(several) => {
                        self.node(value)?;
                        for &one in several.iter().rev() {
                            self.collect(one, "a merged value", depth + 1, into)?;
                        }
                    }
                    _ => self.collect(value, "a merged value", depth + 1, into)?,
                }
            }
        }
        for &(key, value) in pairs {
            if !self.is_merge(key) {
                let place = self.document.node(key).place;
                let key = self.text(key, "a key")?.unwrap_or_else(|| "null".to_owned());
                into.push(Entry { key, value, place });
            }
        }
        Ok(())
    }

    fn is_merge(&self, key: NodeId) -> bool {
        matches!(&self.document.node(key).value, Value::Scalar { text, plain: true } if &**text == "<<")
    }
}

/// An entry of a mapping.
pub(in crate::project) struct Entry {
    pub(in crate::project) key: String,
    pub(in crate::project) value: NodeId,
    pub(in crate::project) place: Place,
}

fn expected(place: Place, what: impl Display, kind: &str) -> Failure {
    YamlError::new(place, format!("{what} must be {kind}")).into()
}
