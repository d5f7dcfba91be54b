//! Conditions of nodes: a rule on the statuses of the direct dependencies, and an expression over the outputs of jobs
//! (projects-and-jobs §4).
//!
//! The reference pastes output values into a JavaScript text and runs it. Here the text is parsed once, and values meet
//! it as typed strings under JavaScript's coercions, so that no value can change the expression.

mod lexer;
mod parser;
mod status_rule;
mod validate;
mod value;

use std::fmt::Write as _;

use thiserror::Error;

use lexer::Token;
use parser::Expr;
pub use status_rule::{StatusRule, Verdict};
pub use validate::{ValidationScope, validate};
use value::Value;

/// The longest condition that is accepted, in bytes.
pub const MAX_CONDITION_BYTES: usize = 64 * 1024;

/// Why a text cannot be a condition at all. Texts that are merely not well formed are conditions that are never true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConditionError {
    /// More bytes than [`MAX_CONDITION_BYTES`].
    #[error("the condition is longer than {MAX_CONDITION_BYTES} bytes")]
    TooLong,
    /// More parentheses and negations inside each other than any real condition has.
    #[error("the condition is nested too deeply")]
    TooDeep,
    /// More than one macro such as `all_done`.
    #[error("cannot combine more than one conditionOnJobStatus macros.")]
    SeveralMacros,
}

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    rule: StatusRule,
    /// The places in `text` that evaluation replaces, in order.
    spans: Vec<Span>,
    /// `None` if the text is not well formed: evaluates to false.
    expr: Option<Expr>,
}

/// A macro or a variable in the condition's text.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    range: std::ops::Range<usize>,
    /// `None` for the macro.
    variable: Option<Variable>,
}

/// `${job:param}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The job whose output is meant, in the same flow.
    pub job: String,
    /// The key in that job's output properties.
    pub param: String,
}

impl Condition {
    /// Parses a condition. One that is not well formed (`one_success &&`) parses, and is never true (§4.3 b).
    ///
    /// # Errors
    /// See [`ConditionError`].
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        if text.len() > MAX_CONDITION_BYTES {
            return Err(ConditionError::TooLong);
        }
        let (tokens, complete) = lexer::tokens(text);
        let mut rule = None;
        let mut spans = Vec::new();
        for token in &tokens {
            let variable = match &token.token {
                Token::Macro(_) if rule.is_some() => return Err(ConditionError::SeveralMacros),
                Token::Macro(found) => {
                    rule = Some(*found);
                    None
                }
                Token::Variable(variable) => Some(variable.clone()),
                _ => continue,
            };
            spans.push(Span { range: token.range.clone(), variable });
        }
        let expr = if complete { parser::parse(tokens.into_iter().map(|t| t.token))? } else { None };
        Ok(Self { text: text.to_owned(), rule: rule.unwrap_or_default(), spans, expr })
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rule on the statuses of the direct dependencies.
    pub fn rule(&self) -> StatusRule {
        self.rule
    }

    /// The outputs that the condition asks for, in the order of the text.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.spans.iter().filter_map(|s| s.variable.as_ref())
    }

    /// Evaluates the runtime part: the macro counts as `true`, a variable is the string that `lookup(job, param)` gives,
    /// or the string `null` (§4.2). Anything but a boolean result is false.
    pub fn eval(&self, lookup: &dyn Fn(&str, &str) -> Option<String>) -> bool {
        self.expr.as_ref().is_some_and(|expr| expr.eval(lookup) == Value::Bool(true))
    }

    /// The text with macro and variables replaced, as Azkaban logs it (`Resolved condition of <id> is …`).
    pub fn resolved_text(&self, lookup: &dyn Fn(&str, &str) -> Option<String>) -> String {
        let mut out = String::new();
        let mut from = 0;
        for span in &self.spans {
            out.push_str(&self.text[from..span.range.start]);
            match &span.variable {
                None => out.push_str("true"),
                Some(v) => {
                    let value = lookup(&v.job, &v.param);
                    // Writing to a String cannot fail.
                    let _ = write!(out, "'{}'", value.as_deref().unwrap_or("null"));
                }
            }
            from = span.range.end;
        }
        out.push_str(&self.text[from..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(job: &str, param: &str) -> Option<String> {
        let value = match (job, param) {
            ("a", "x") => "1",
            ("a", "n") => "7",
            ("a", "ten") => "10",
            ("a", "yes") => "yes",
            ("a", "empty") => "",
            ("a", "quote") => "' == '' || 'x",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn check(text: &str, expected: bool) {
        assert_eq!(Condition::parse(text).unwrap().eval(&lookup), expected, "{text}");
    }

    #[test]
    fn the_recorded_conditions_evaluate_as_recorded() {
        check("${a:x} == 1", true);
        check("${a:x} == 2", false);
        check("${a:n} > 5 && ${a:x} == 1", true);
        check("${a:x} == 2 || ${a:n} == 7", true);
        check("${a:yes} == 'yes'", true);
        check("!(${a:x} == 2)", true);
        check("${a:nope} == 1", false);
        for macro_only in ["all_success", "all_done", "all_failed", "one_failed", "ONE_SUCCESS"] {
            check(macro_only, true);
        }
        check("one_success && ${a:x} == 1", true);
    }

    #[test]
    fn values_are_compared_under_the_coercions_of_javascript() {
        check("${a:ten} > 5", true);
        check("${a:ten} == 10", true);
        check("${a:ten} > '9'", false);
        check("${a:yes} > 5", false);
        check("${a:yes} < 5", false);
        check("' 5 ' == 5", true);
        check("'010' == 10", true);
        check("'0x10' == 16", true);
        check("'1.0' == 1", true);
        check("'1.0' == '1'", false);
        check("${a:empty} == 0", true);
        check("'Infinity' > 5", true);
        check("'inf' > 5 || 'nan' == 'inf' || '-0x1' == 0", false);
        check("010 == 8", true);
        check("09 == 9", true);
        check("!${a:empty}", true);
        check("!'false'", false);
        check("${a:nope} == 'null'", true);
        check("3 > 2 > 1", false);
        check("1 < 2 == 1", true);
        check("2 >= 2 && 2 <= 2 && !(3 <= 2)", true);
        check("'a\\'b' == \"a'b\"", true);
    }

    #[test]
    fn only_a_boolean_result_is_true() {
        check("${a:x}", false);
        check("1", false);
        check("one_success && ${a:x}", false);
        check("${a:x} && one_success", true);
        check("${a:empty} || ${a:x} == 1", true);
    }

    #[test]
    fn what_is_not_well_formed_is_never_true() {
        for text in [
            "",
            "one_success &&",
            "&&",
            "(one_success",
            "one_success)",
            "1 1",
            "what is this",
            "'open",
            "true == true",
        ] {
            check(text, false);
        }
    }

    #[test]
    fn a_value_cannot_change_the_expression() {
        check("${a:quote} == 'y'", false);
        check("${a:quote} == \"' == '' || 'x\"", true);
    }

    #[test]
    fn the_macro_is_the_rule_whatever_its_case() {
        let rule = |text| Condition::parse(text).unwrap().rule();
        assert_eq!(rule("${a:x} == 1"), StatusRule::AllSuccess);
        assert_eq!(rule("${a:x} == 1 && One_Failed"), StatusRule::OneFailed);
        assert_eq!(rule("${a:x} == 'all_done'"), StatusRule::AllSuccess);
        assert_eq!(Condition::parse("all_done || all_done"), Err(ConditionError::SeveralMacros));
    }

    #[test]
    fn the_resolved_text_shows_what_was_evaluated() {
        let condition = Condition::parse("ALL_DONE && ${a:x} > ${b:y}").unwrap();
        assert_eq!(condition.resolved_text(&lookup), "true && '1' > 'null'");
        assert_eq!(condition.variables().map(|v| &*v.job).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let long = "1 == ".repeat(MAX_CONDITION_BYTES);
        assert_eq!(Condition::parse(&long), Err(ConditionError::TooLong));
        for deep in ["(".repeat(MAX_CONDITION_BYTES), "!".repeat(MAX_CONDITION_BYTES)] {
            assert_eq!(Condition::parse(&deep), Err(ConditionError::TooDeep));
        }
        check(&"1==".repeat(MAX_CONDITION_BYTES / 3 - 1), false);
        check(&format!("{}1 == 1", "1 == 1 && ".repeat(6000)), true);
        check(&format!("{}1==1{}", "(".repeat(40), ")".repeat(40)), true);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), likely in "([!()' \"\\\\$<>=&|{}:a1]|all_done|\\$\\{a:x\\}){0,20}") {
            for text in [text, likely] {
                if let Ok(condition) = Condition::parse(&text) {
                    condition.eval(&lookup);
                    condition.resolved_text(&lookup);
                }
            }
        }
    }
}
