//! Grammar and evaluation of an expression, in one pass: no tree is kept, so that only nesting takes depth.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::lexer::{Operator, Token, tokens};
use super::value::Value;

/// How many parentheses, signs and branches may be inside each other.
const MAX_DEPTH: usize = 64;

/// The value of an expression; null for an empty one.
///
/// # Errors
/// What is wrong with it.
pub(super) fn evaluate(text: &str) -> Result<Value, String> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Value::Null);
    }
    let mut evaluator = Evaluator { tokens: tokens.into_iter().peekable(), depth: 0 };
    let value = evaluator.expression(true)?;
    match evaluator.tokens.next() {
        None => Ok(value),
        Some(token) => Err(unexpected(&token)),
    }
}

fn unexpected(token: &Token) -> String {
    match token {
        Token::Reserved("new") => "new(...) is not available in expressions; \
            the time of the run is in the properties azkaban.flow.start.*"
            .to_owned(),
        Token::Reserved(word) => format!("'{word}' is not supported in expressions."),
        Token::Name(name) => format!("Unexpected '{name}'."),
        Token::Literal(value) => format!("Unexpected '{}'.", value.text()),
        _ => "An operand is missing.".to_owned(),
    }
}

/// Methods take whether they are to compute: the branch that is not taken is only read, and its values are null.
struct Evaluator {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
}

impl Evaluator {
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == MAX_DEPTH {
            return Err("It is nested too deeply.".to_owned());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        match self.tokens.next() {
            Some(found) if found == *token => Ok(()),
            Some(found) => Err(unexpected(&found)),
            None => Err("It ends too early.".to_owned()),
        }
    }

    /// `a ? b : c`, `a ?: c`, or what binds stronger.
    fn expression(&mut self, compute: bool) -> Result<Value, String> {
        let condition = self.binary(0, compute)?;
        if self.tokens.next_if_eq(&Token::Question).is_some() {
            let holds = condition.is_true();
            let first = self.nested(|e| e.expression(compute && holds))?;
            self.expect(&Token::Colon)?;
            let second = self.nested(|e| e.expression(compute && !holds))?;
            return Ok(if holds { first } else { second });
        }
        if self.tokens.next_if_eq(&Token::Elvis).is_some() {
            let holds = condition.is_true();
            let other = self.nested(|e| e.expression(compute && !holds))?;
            return Ok(if holds { condition } else { other });
        }
        Ok(condition)
    }

    /// Binary operators of at least this strength, from left to right.
    fn binary(&mut self, strength: u8, compute: bool) -> Result<Value, String> {
        let mut left = self.unary(compute)?;
        let mut limit = u8::MAX;
        loop {
            let Some(&Token::Operator(operator)) = self.tokens.peek() else { return Ok(left) };
            let (own, chains) = binding(operator);
            if own < strength || own > limit {
                return Ok(left);
            }
            // Comparisons do not chain: behind one, the same level is not taken again.
            limit = if chains { own } else { own - 1 };
            self.tokens.next();
            left = match operator {
                Operator::And => {
                    let holds = left.is_true();
                    let right = self.binary(own + 1, compute && holds)?;
                    Value::Bool(holds && right.is_true())
                }
                Operator::Or => {
                    let holds = left.is_true();
                    let right = self.binary(own + 1, compute && !holds)?;
                    Value::Bool(holds || right.is_true())
                }
                _ => {
                    let right = self.binary(own + 1, compute)?;
                    if compute { left.combine(operator, &right)? } else { Value::Null }
                }
            };
        }
    }

    fn unary(&mut self, compute: bool) -> Result<Value, String> {
        match self.tokens.next() {
            Some(Token::Operator(Operator::Minus)) => {
                let value = self.nested(|e| e.unary(compute))?;
                if compute { value.negate() } else { Ok(value) }
            }
            Some(Token::Tilde) => {
                let value = self.nested(|e| e.unary(compute))?;
                if compute { value.complement() } else { Ok(value) }
            }
            Some(Token::Not) => Ok(Value::Bool(!self.nested(|e| e.unary(compute))?.is_true())),
            Some(Token::Literal(value @ Value::Text(_))) => self.members(value, compute),
            Some(Token::Literal(value)) => Ok(value),
            Some(Token::Open) => {
                let value = self.parenthesis(compute)?;
                self.members(value, compute)
            }
            Some(Token::Name(_)) => self.name(compute),
            Some(Token::Size) => {
                self.expect(&Token::Open)?;
                let value = self.parenthesis(compute)?;
                if compute { size(&value) } else { Ok(Value::Null) }
            }
            Some(Token::Empty) => {
                let value = match self.tokens.next() {
                    Some(Token::Open) => self.parenthesis(compute)?,
                    Some(Token::Name(_)) => self.name(compute)?,
                    Some(Token::Literal(value @ Value::Text(_))) => value,
                    Some(token) => return Err(unexpected(&token)),
                    None => return Err("It ends too early.".to_owned()),
                };
                Ok(Value::Bool(matches!(&value, Value::Null) || value == Value::Text(String::new())))
            }
            Some(token) => Err(unexpected(&token)),
            None => Err("It ends too early.".to_owned()),
        }
    }

    /// The rest of a parenthesis.
    fn parenthesis(&mut self, compute: bool) -> Result<Value, String> {
        let value = self.nested(|e| e.expression(compute))?;
        self.expect(&Token::Close)?;
        Ok(value)
    }

    /// The rest of a name: nothing is defined, so that it is null, and so is a call of it.
    fn name(&mut self, compute: bool) -> Result<Value, String> {
        if self.tokens.next_if_eq(&Token::Open).is_some() {
            self.arguments(compute)?;
        }
        self.members(Value::Null, compute)
    }

    /// `.member` and `.method(…)` behind a value; all but `size()` are null.
    fn members(&mut self, mut value: Value, compute: bool) -> Result<Value, String> {
        while self.tokens.next_if_eq(&Token::Dot).is_some() {
            match self.tokens.next() {
                Some(Token::Size) => {
                    self.expect(&Token::Open)?;
                    self.expect(&Token::Close)?;
                    value = if compute { size(&value)? } else { Value::Null };
                }
                Some(Token::Name(_)) => {
                    if self.tokens.next_if_eq(&Token::Open).is_some() {
                        self.arguments(compute)?;
                    }
                    value = Value::Null;
                }
                Some(Token::Literal(Value::Int(_) | Value::Text(_))) => value = Value::Null,
                Some(token) => return Err(unexpected(&token)),
                None => return Err("It ends too early.".to_owned()),
            }
        }
        Ok(value)
    }

    /// The rest of a list of arguments.
    fn arguments(&mut self, compute: bool) -> Result<(), String> {
        if self.tokens.next_if_eq(&Token::Close).is_some() {
            return Ok(());
        }
        loop {
            self.nested(|e| e.expression(compute))?;
            if self.tokens.next_if_eq(&Token::Comma).is_none() {
                return self.expect(&Token::Close);
            }
        }
    }
}

/// How strongly an operator binds, from 1, and whether it chains.
fn binding(operator: Operator) -> (u8, bool) {
    match operator {
        Operator::Or => (1, true),
        Operator::And => (2, true),
        Operator::BitOr => (3, true),
        Operator::BitXor => (4, true),
        Operator::BitAnd => (5, true),
        Operator::Equal | Operator::NotEqual => (6, false),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => (7, false),
        Operator::Plus | Operator::Minus => (8, true),
        Operator::Times | Operator::Divide | Operator::Modulo => (9, true),
    }
}

fn size(value: &Value) -> Result<Value, String> {
    match value {
        Value::Null => Ok(Value::Int(0)),
        Value::Text(text) => Ok(Value::Int(text.encode_utf16().count() as i128)),
        _ => Err("size() needs a text.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let result = evaluate(text).map(|v| if v == Value::Null { "null".to_owned() } else { v.text() });
            assert_eq!(result.as_deref(), Ok(*expected), "{text}");
        }
    }

    #[test]
    fn arithmetic() {
        check(&[
            ("1 + 2 * 3 - 4", "3"),
            ("7 / 2", "3"),
            ("-7 / 2", "-3"),
            ("7 div 2 + 7 mod 4", "6"),
            ("-7 % 4", "1"),
            ("7.0 / 2", "3.5"),
            ("1.1 + 1", "2.1"),
            ("1.12345678901", "1.1234568"),
            ("2147483647 + 1", "2147483648"),
            ("9223372036854775807 + 1", "9223372036854775808"),
            ("010 + 0x10", "24"),
            ("10 / 0", "0.0"),
            ("10 % 0", "0.0"),
            ("1 + undefined", "1"),
            ("hostname -f", "0"),
            ("(1 + 2) * -(3)", "-9"),
            ("5 & 6 | 8 ^ 1", "13"),
            ("~0", "-1"),
            ("1 - 2 - 3", "-4"),
        ]);
    }

    #[test]
    fn texts() {
        check(&[
            ("\"normal\" + 1", "normal1"),
            ("'1' + '2'", "3"),
            ("'1.5' + 1", "2.5"),
            ("'hello' + 1.5", "hello1.5"),
            ("'a' + null", "a"),
            ("'it\\'s \\n'", "it's \\n"),
            ("size('abc') + size(null)", "3"),
            ("'abc'.size()", "3"),
            ("empty('') && empty x && !empty('x')", "true"),
        ]);
    }

    #[test]
    fn comparison_and_logic() {
        check(&[
            ("1 < 2 and 2 le 2", "true"),
            ("'10' > 9", "true"),
            ("'10' > '9'", "false"),
            ("1 == '1'", "true"),
            ("1.0 eq 1", "true"),
            ("null == undefined", "true"),
            ("null ne 1", "true"),
            ("undefined < 1 || undefined >= undefined", "true"),
            ("true ? 'yes' : 'no'", "yes"),
            ("0 ?: 5", "5"),
            ("true == 'x'", "true"),
            ("false and (1 - 'a')", "false"),
            ("true or (1 - 'a')", "true"),
            ("true ? 1 : (1 - 'a')", "1"),
            ("not true or true", "true"),
            ("1 == 2 ? 'a' : 2 == 2 ? 'b' : 'c'", "b"),
            ("1 + 1 == 2 && 3 > 1 + 1", "true"),
        ]);
    }

    #[test]
    fn what_is_unknown_is_null() {
        check(&[
            ("", "null"),
            ("my", "null"),
            ("a.b.c", "null"),
            ("f(1, 'x')", "null"),
            ("'abc'.toUpperCase()", "null"),
            ("null // comment", "null"),
        ]);
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        for text in [
            "2 +",
            "2 + #hello",
            "cat x",
            "date +%F",
            "1 2",
            "(1",
            "1)",
            "'open",
            "1 < 2 < 3",
            "-undefined",
            "1 - 'a'",
            "x = 1",
            "if (true) 1",
            "08",
            "1 ? 2",
            "foo(1",
            "true + 1",
            "/* open",
            "é",
        ] {
            assert!(evaluate(text).is_err(), "{text}");
        }
        let hint = evaluate("new(\"java.util.Date\")").unwrap_err();
        assert!(hint.contains("azkaban.flow.start"), "{hint}");
    }

    #[test]
    fn depth_and_size_are_bounded() {
        for deep in ["(", "-", "!", "~", "f(", "1 ? ", "1 ?: "] {
            assert!(evaluate(&deep.repeat(100_000)).is_err(), "{deep}");
        }
        assert!(evaluate(&format!("1{}", " ? 1 : 1".repeat(1000))).is_err());
        check(&[(&format!("1{}", " + 1".repeat(100_000)), "100001")]);
        assert!(evaluate("9").is_ok() && evaluate(&"9".repeat(50)).is_err());
        assert!(evaluate(&format!("1{}", " * 9999999999".repeat(10))).is_err());
    }
}
