//! Properties: the file grammar, substitution, expressions, and the layers that make a job's input.

use std::collections::BTreeMap;

/// A flat set of properties, in the order of their keys.
pub type Props = BTreeMap<String, String>;
