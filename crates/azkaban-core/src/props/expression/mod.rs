//! `$( … )` in property values (projects-and-jobs §5.4): a subset of JEXL 2.1 with an empty context, without access to
//! anything outside the text.

mod eval;
mod lexer;
mod value;

use thiserror::Error;

use value::Value;

/// How many bytes of values may be scanned for and in expressions while one set of properties is resolved.
const MAX_SCANNED_BYTES: usize = 128 * 1024 * 1024;

/// A `$( … )` that is no expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("Expression {value} not well formed.{}{}", if reason.is_empty() { "" } else { " " }, reason)]
pub struct ExpressionError {
    /// The whole value, as far as it had been evaluated.
    pub value: String,
    /// What is wrong; empty if a parenthesis is not closed.
    pub reason: String,
}

/// Bounds the work on the expressions of one set of properties.
#[derive(Debug)]
pub(super) struct ExpressionBudget(usize);

impl Default for ExpressionBudget {
    fn default() -> Self {
        Self(MAX_SCANNED_BYTES)
    }
}

/// Evaluates the expressions in a value from its end to its start, nested ones first; `None` if it has none. An
/// expression that gives null (an unknown name) stays, with all that is before it.
///
/// # Errors
/// [`ExpressionError`] for a text that is no expression, and if the `budget` is spent.
pub(super) fn evaluate_expressions(
    value: &str,
    budget: &mut ExpressionBudget,
) -> Result<Option<String>, ExpressionError> {
    let Some(mut start) = value.rfind("$(") else { return Ok(None) };
    let mut text = value.to_owned();
    loop {
        let fail = |reason: &str| ExpressionError { value: text.clone(), reason: reason.to_owned() };
        budget.0 = budget.0.checked_sub(text.len()).ok_or_else(|| fail("Too many expressions."))?;
        let inside = start + 2;
        let end = closing_parenthesis(&text, inside).ok_or_else(|| fail(""))?;
        match eval::evaluate(&text[inside..end]) {
            Ok(Value::Null) => return Ok(Some(text)),
            Ok(result) => text.replace_range(start..=end, &result.text()),
            Err(reason) => return Err(fail(&reason)),
        }
        // The result itself may start with `$(`: the search includes it.
        let limit = text.len().min(start + 2);
        let limit = (start..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(start);
        match text[..limit].rfind("$(") {
            Some(found) => start = found,
            None => return Ok(Some(text)),
        }
    }
}

/// Where the parenthesis closes whose inside starts at `from`.
fn closing_parenthesis(text: &str, from: usize) -> Option<usize> {
    let mut open = 0;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'(' => open += 1,
            b')' if open == 0 => return Some(at),
            b')' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(value: &str) -> Result<String, String> {
        let result = evaluate_expressions(value, &mut ExpressionBudget::default());
        result.map(|r| r.unwrap_or_else(|| value.to_owned())).map_err(|e| e.to_string())
    }

    #[test]
    fn values_are_scanned_from_the_end() {
        let check = |value: &str, expected: &str| assert_eq!(run(value).as_deref(), Ok(expected), "{value}");
        check("no expression", "no expression");
        check("é$(1)é$(2)é", "é1é2é");
        check("$($(1+2)*10)", "30");
        check("$(date) $(1+1)", "$(date) 2");
        check("$(1+1) $(date)", "$(1+1) $(date)");
        check("$()", "$()");
        check("$('$'+'(1+1)')", "2");
    }

    #[test]
    fn errors_show_the_value() {
        assert_eq!(run("a $(1+2").unwrap_err(), "Expression a $(1+2 not well formed.");
        let error = run("$(date +%F) $(1)").unwrap_err();
        assert!(error.starts_with("Expression $(date +%F) 1 not well formed. "), "{error}");
    }

    #[test]
    fn the_work_is_bounded() {
        let many = "$(1)".repeat(100_000);
        assert!(run(&many).unwrap_err().ends_with("Too many expressions."));
        assert!(run(&"$(".repeat(100_000)).is_err());
        let nested = format!("{}1{}", "$(".repeat(1000), ")".repeat(1000));
        assert_eq!(run(&nested).as_deref(), Ok("1"));
    }

    proptest! {
        #[test]
        fn no_value_panics(text in any::<String>(), likely in "(\\$\\(|[()'\" +*/%<>=!&|?:.~^0-9aeé\\\\-]){0,30}") {
            let _ = run(&text);
            let _ = run(&likely);
            let _ = run(&format!("$({likely})"));
        }
    }
}
