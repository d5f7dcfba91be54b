//! The expression of a condition: JavaScript's precedence over the tokens of §4.1, and its evaluation.

use std::iter::Peekable;

use super::lexer::{Comparison, Token};
use super::value::Value;
use super::{ConditionError, Variable};

/// How many parentheses and negations may be inside each other.
const MAX_DEPTH: usize = 64;

/// An expression. Sequences are flat, so that only [`MAX_DEPTH`] bounds the depth of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Variable(Variable),
    Value(Value),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Comparisons from left to right: `a < b < c` compares the result of `a < b` with `c`.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
}

/// The expression of a whole condition; `None` if it is not well formed.
///
/// # Errors
/// [`ConditionError::TooDeep`].
pub(super) fn parse(tokens: impl Iterator<Item = Token>) -> Result<Option<Expr>, ConditionError> {
    let mut parser = Parser { tokens: tokens.peekable(), depth: 0 };
    match parser.or() {
        Ok(expr) => Ok(parser.tokens.peek().is_none().then_some(expr)),
        Err(Stop::NotWellFormed) => Ok(None),
        Err(Stop::TooDeep) => Err(ConditionError::TooDeep),
    }
}

enum Stop {
    NotWellFormed,
    TooDeep,
}

struct Parser<I: Iterator<Item = Token>> {
    tokens: Peekable<I>,
    depth: usize,
}

impl<I: Iterator<Item = Token>> Parser<I> {
    fn or(&mut self) -> Result<Expr, Stop> {
        let first = self.and()?;
        let mut all = vec![first];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::Or(all) })
    }

    fn and(&mut self) -> Result<Expr, Stop> {
        let first = self.equality()?;
        let mut all = vec![first];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            all.push(self.equality()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
    }

    fn equality(&mut self) -> Result<Expr, Stop> {
        let equality = |c: Comparison| matches!(c, Comparison::Equal | Comparison::NotEqual);
        let first = self.relation()?;
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparison(equality) {
            rest.push((comparison, self.relation()?));
        }
        Ok(compare(first, rest))
    }

    fn relation(&mut self) -> Result<Expr, Stop> {
        let relation = |c: Comparison| !matches!(c, Comparison::Equal | Comparison::NotEqual);
        let first = self.unary()?;
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparison(relation) {
            rest.push((comparison, self.unary()?));
        }
        Ok(compare(first, rest))
    }

    fn comparison(&mut self, accept: impl Fn(Comparison) -> bool) -> Option<Comparison> {
        match self.tokens.next_if(|t| matches!(t, Token::Compare(c) if accept(*c))) {
            Some(Token::Compare(comparison)) => Some(comparison),
            _ => None,
        }
    }

    fn unary(&mut self) -> Result<Expr, Stop> {
        match self.tokens.next() {
            Some(Token::Not) => {
                self.enter()?;
                let inner = self.unary()?;
                self.depth -= 1;
                Ok(Expr::Not(Box::new(inner)))
            }
            Some(Token::Open) => {
                self.enter()?;
                let inner = self.or()?;
                self.depth -= 1;
                self.tokens.next_if_eq(&Token::Close).map(|_| inner).ok_or(Stop::NotWellFormed)
            }
            Some(Token::Variable(variable)) => Ok(Expr::Variable(variable)),
            Some(Token::Number(number)) => Ok(Expr::Value(Value::Number(number))),
            Some(Token::Text(text)) => Ok(Expr::Value(Value::Text(text))),
            Some(Token::Macro(_)) => Ok(Expr::Value(Value::Bool(true))),
            _ => Err(Stop::NotWellFormed),
        }
    }

    fn enter(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Stop::TooDeep) } else { Ok(()) }
    }
}

fn compare(first: Expr, rest: Vec<(Comparison, Expr)>) -> Expr {
    if rest.is_empty() { first } else { Expr::Compare(Box::new(first), rest) }
}

impl Expr {
    /// The value under JavaScript's rules: `&&` and `||` give one of their operands.
    pub(super) fn eval(&self, lookup: &dyn Fn(&str, &str) -> Option<String>) -> Value {
        match self {
            Expr::Variable(v) => Value::Text(lookup(&v.job, &v.param).unwrap_or_else(|| "null".to_owned())),
            Expr::Value(value) => value.clone(),
            Expr::Not(inner) => Value::Bool(!inner.eval(lookup).is_truthy()),
            Expr::And(all) => first_or_last(all, lookup, |value| !value.is_truthy()),
            Expr::Or(all) => first_or_last(all, lookup, Value::is_truthy),
            Expr::Compare(first, rest) => {
                rest.iter().fold(first.eval(lookup), |left, (comparison, right)| {
                    Value::Bool(left.compare(*comparison, &right.eval(lookup)))
                })
            }
        }
    }
}

/// The first value that `decides`, else the last.
fn first_or_last(
    all: &[Expr],
    lookup: &dyn Fn(&str, &str) -> Option<String>,
    decides: impl Fn(&Value) -> bool,
) -> Value {
    let mut last = Value::Bool(false);
    for expr in all {
        last = expr.eval(lookup);
        if decides(&last) {
            break;
        }
    }
    last
}
