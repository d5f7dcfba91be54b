//! Properties: the file grammar, substitution, expressions, and the layers that make a job's input.

mod grammar;

use std::collections::BTreeMap;

pub use grammar::{Decoding, Entry, GrammarError, parse, parse_entries, parse_with, write};

/// A flat set of properties, in the order of their keys.
pub type Props = BTreeMap<String, String>;
