//! From the properties as they are written to the values that a job sees (projects-and-jobs §5.4).

use std::collections::BTreeSet;

use thiserror::Error;

use super::expression::{ExpressionBudget, ExpressionError, evaluate_expressions};
use super::substitute::{MAX_RESOLVED_BYTES, Undefined, substitute};
use super::{LayeredProps, Props};

/// Why properties cannot be resolved. The texts are Azkaban's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// A `${name}` that no property defines.
    #[error("Could not find variable substitution for variable(s) [{}]", path.join("->"))]
    Undefined {
        /// The keys that led to the name, and the name.
        path: Vec<String>,
    },
    /// A `${name}` that leads back to itself.
    #[error("Circular variable substitution found: [{}] -> [{variable}]", path.join("->"))]
    Circular {
        /// The keys that led to the name.
        path: Vec<String>,
        /// The name.
        variable: String,
    },
    /// The values would be larger than [`MAX_RESOLVED_BYTES`] in all.
    #[error(
        "The values of all properties together exceed {MAX_RESOLVED_BYTES} bytes after variable substitution"
    )]
    TooLarge,
    /// A `$( … )` that is no expression.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
}

/// The values after substitution, then expressions, of every key.
///
/// # Errors
/// See [`ResolveError`].
pub fn resolve(props: &Props) -> Result<Props, ResolveError> {
    resolve_with_nulls(props, &BTreeSet::new())
}

/// [`resolve`] of the input of a node.
///
/// # Errors
/// See [`ResolveError`].
pub fn resolve_layered(input: &LayeredProps) -> Result<Props, ResolveError> {
    resolve_with_nulls(&input.values, &input.null_keys)
}

fn resolve_with_nulls(props: &Props, nulls: &BTreeSet<String>) -> Result<Props, ResolveError> {
    let mut resolved = substitute(props, nulls, Undefined::Fail)?;
    let mut budget = ExpressionBudget::default();
    for value in resolved.values_mut() {
        if let Some(evaluated) = evaluate_expressions(value, &mut budget)? {
            *value = evaluated;
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: [(&str, &str); 7] = [
        ("normkey", "normal"),
        ("num1", "1"),
        ("num2", "2"),
        ("num3", "3"),
        ("expression1", "$(1+10)"),
        ("expression2", "$(1+10)*2"),
        ("expression3", "$($(${num1} + ${num3})*10)"),
    ];

    fn value(text: &str) -> Result<String, String> {
        let entries = COMMON.into_iter().chain([("k", text)]);
        let props = entries.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        resolve(&props).map(|props| props["k"].clone()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_reference_vectors_hold() {
        for (text, expected) in [
            ("$(1+10)", "11"),
            ("$(1+10)*2", "11*2"),
            ("$((2+3) + 3)", "8"),
            ("${expression3}", "40"),
            ("$(${num1} + ${expression3})", "41"),
            ("$($($(2+3)) + 3) + $(${expression3} + 1)", "8 + 41"),
            ("$(1 + ${normkey})", "1"),
            ("$(\"${normkey}\" + 1)", "normal1"),
            ("${expression1}", "11"),
            ("$(my)", "$(my)"),
            ("$(1 + 2) $(21 * 2)", "3 42"),
        ] {
            assert_eq!(value(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["$(1+2", "$((1+2)", "$(2 +)", "$(2 + #hello)"] {
            let error = value(text).unwrap_err();
            assert!(error.starts_with(&format!("Expression {text} not well formed.")), "{error}");
        }
        let undefined = "Could not find variable substitution for variable(s) [k->dontexist]";
        assert_eq!(value("$(${dontexist}+2)").unwrap_err(), undefined);
    }
}
