//! What is checked of a condition at upload, with Azkaban's messages (projects-and-jobs §4.3).
//!
//! The check works on the text without blanks and parentheses, cut at the operators. As recorded from the reference,
//! `>` and `<` are cut before `>=` and `<=` are seen, so that these two are rejected.

use super::{Condition, StatusRule, lexer::split_variable};
use crate::project::FlowFormat;

/// What the check of one node's condition has to know of its surroundings.
pub struct ValidationScope<'a> {
    /// The project's format; it decides on details of messages and checks.
    pub format: FlowFormat,
    /// The node's id.
    pub node: &'a str,
    /// Whether a job may be named: in Flow 2.0 the nodes of the same flow, in 1.0 the jobs loaded so far.
    pub exists: &'a dyn Fn(&str) -> bool,
    /// Whether a job depends on the node, directly or not; the node itself does not count. Asked in Flow 2.0 only.
    pub is_descendant: &'a dyn Fn(&str) -> bool,
}

/// Checks a condition at upload; returns the distinct messages about it, none if it is fine.
pub fn validate(text: &str, scope: &ValidationScope<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut report = |problem: Problem| {
        let message = problem.message(scope);
        if !problems.contains(&message) {
            problems.push(message);
        }
    };
    let mut macros = 0;
    let bare: String = text.chars().filter(|&c| !is_java_space(c) && !matches!(c, '(' | ')')).collect();
    for operand in operands(&bare) {
        if StatusRule::from_name(operand).is_some() {
            macros += 1;
            if macros == 2 {
                report(Problem::SeveralMacros);
            }
        } else if let Err(problem) = check_operand(operand.strip_prefix('!').unwrap_or(operand), scope) {
            report(problem);
        }
    }
    if problems.is_empty() && Condition::parse(text).is_err() {
        problems.push(Problem::Syntax.message(scope));
    }
    problems
}

enum Problem {
    SeveralMacros,
    EmptyOperand,
    UnknownJob(String),
    Descendant(String),
    Syntax,
}

impl Problem {
    fn message(&self, scope: &ValidationScope<'_>) -> String {
        // The reference misspells one message in Flow 1.0; clients may match on it.
        let misspelled = matches!(self, Problem::EmptyOperand) && scope.format == FlowFormat::V1;
        let start = if misspelled { "Invalid condition fo" } else { "Invalid condition for" };
        let problem = match self {
            Problem::SeveralMacros => "cannot combine more than one conditionOnJobStatus macros.".to_owned(),
            Problem::EmptyOperand => "operand is an empty string.".to_owned(),
            Problem::UnknownJob(job) => format!("{job} doesn't exist in the flow."),
            Problem::Descendant(job) => format!("should not define condition on its descendant node {job}."),
            Problem::Syntax => {
                "cannot resolve the condition. Please check the syntax for supported conditions.".to_owned()
            }
        };
        format!("{start} {}: {problem}", scope.node)
    }
}

fn check_operand(operand: &str, scope: &ValidationScope<'_>) -> Result<(), Problem> {
    if operand.is_empty() {
        return Err(Problem::EmptyOperand);
    }
    if operand.bytes().all(|b| b.is_ascii_digit()) || is_quoted(operand) {
        return Ok(());
    }
    let variable = operand.strip_prefix("${").and_then(|o| o.strip_suffix('}')).and_then(split_variable);
    let Some((job, _)) = variable else { return Err(Problem::Syntax) };
    if !(scope.exists)(job) {
        Err(Problem::UnknownJob(job.to_owned()))
    } else if scope.format == FlowFormat::V2 && job != scope.node && (scope.is_descendant)(job) {
        Err(Problem::Descendant(job.to_owned()))
    } else {
        Ok(())
    }
}

fn is_quoted(operand: &str) -> bool {
    operand.len() >= 2 && ['\'', '"'].iter().any(|&q| operand.starts_with(q) && operand.ends_with(q))
}

fn is_java_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

/// The parts between the operators, without the empty ones at the end.
fn operands(bare: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < bare.len() {
        let rest = &bare.as_bytes()[at..];
        let len = match rest {
            [b'&', b'&', ..] | [b'|', b'|', ..] | [b'=' | b'!', b'=', ..] => 2,
            [b'>' | b'<', ..] => 1,
            _ => 0,
        };
        if len > 0 {
            parts.push(&bare[from..at]);
            from = at + len;
        }
        at += len.max(1);
    }
    parts.push(&bare[from..]);
    // Java's split drops trailing empty parts, unless there is nothing to split.
    while parts.len() > 1 && parts.last().is_some_and(|p| p.is_empty()) {
        parts.pop();
    }
    if parts.len() == 1 && parts[0].is_empty() && !bare.is_empty() {
        parts.pop();
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MACROS: &str = "cannot combine more than one conditionOnJobStatus macros.";
    const EMPTY: &str = "operand is an empty string.";
    const SYNTAX: &str = "cannot resolve the condition. Please check the syntax for supported conditions.";

    fn messages(format: FlowFormat, text: &str) -> Vec<String> {
        let exists = |job: &str| matches!(job, "a" | "b" | "c" | "d");
        let is_descendant = |job: &str| matches!(job, "c" | "d");
        validate(text, &ValidationScope { format, node: "c", exists: &exists, is_descendant: &is_descendant })
    }

    fn check(text: &str, expected: &[&str]) {
        let expected: Vec<String> =
            expected.iter().map(|m| format!("Invalid condition for c: {m}")).collect();
        assert_eq!(messages(FlowFormat::V2, text), expected, "{text}");
    }

    #[test]
    fn the_recorded_rejections_have_their_messages() {
        check("${a:x} >= 1", &[SYNTAX]);
        check("${zz:x} == 1", &["zz doesn't exist in the flow."]);
        check("all_success && one_failed", &[MACROS]);
        check("${d:x} == 1", &["should not define condition on its descendant node d."]);
        check("what is this", &[SYNTAX]);
        check("${a:x} == 1.5", &[SYNTAX]);
        check("${c:x} == 1", &[]);
    }

    #[test]
    fn supported_conditions_pass() {
        for text in [
            "${a:x} == 1",
            "!(${a:x} == 2) || ${b:y} < 'some text'",
            "one_success && \"text\" != ${a:x} > 5",
            "ALL_DONE",
            "one_success &&",
            "&&",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn unsupported_conditions_do_not() {
        for text in
            ["${a:x} <= 1", "!one_success", "true", "-5", "'a && b' == ${a:x}", "${a:b:c}", "!!${a:x}"]
        {
            check(text, &[SYNTAX]);
        }
        check("", &[EMPTY]);
        check("&& one_success", &[EMPTY]);
        check("${a:param} != 'foo' || !() > 1", &[EMPTY]);
        check("one_success && all_success || all_failed", &[MACROS]);
        check(
            "($<a:param> == 'foo' || ${a:param.{param2}}) && !one_success && print(\"hello!\")",
            &[SYNTAX, EMPTY],
        );
        check(&format!("{}1{}", "(".repeat(100), ")".repeat(100)), &[SYNTAX]);
    }

    #[test]
    fn flow_1_0_differs_in_a_letter_and_in_descendants() {
        assert_eq!(messages(FlowFormat::V1, ""), ["Invalid condition fo c: operand is an empty string."]);
        assert_eq!(messages(FlowFormat::V1, "${d:x} == 1"), [""; 0]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), likely in "[!()' \"$<>=&|{}:aé1]{0,20}") {
            messages(FlowFormat::V1, &text);
            messages(FlowFormat::V2, &likely);
        }
    }
}
