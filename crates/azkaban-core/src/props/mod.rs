//! Properties: the file grammar, substitution, expressions, and the layers that make a job's input.

mod expression;
mod flow_facts;
mod grammar;
mod java_number;
mod job_facts;
mod layers;
mod mask;
pub mod outputs;
mod resolve;
mod substitute;
pub mod typed;

use std::collections::BTreeMap;

pub use expression::ExpressionError;
pub use flow_facts::FlowFacts;
pub use grammar::{Decoding, Entry, GrammarError, parse, parse_entries, parse_with, write};
pub use job_facts::JobFacts;
pub use layers::{InputLayers, LayeredProps, NodeLayers, Precedence};
pub use mask::{MASKED, is_secret, mask};
pub use resolve::{ResolveError, resolve, resolve_layered};
pub use substitute::{MAX_RESOLVED_BYTES, Undefined, substitute};

/// A flat set of properties, in the order of their keys.
pub type Props = BTreeMap<String, String>;
