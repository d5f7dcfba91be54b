//! Tokens of a condition (projects-and-jobs §4.1).

use std::ops::Range;

use super::{StatusRule, Variable};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Variable(Variable),
    Number(f64),
    Text(String),
    Macro(StatusRule),
    Or,
    And,
    Not,
    Open,
    Close,
    Compare(Comparison),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

pub(super) struct PlacedToken {
    pub(super) token: Token,
    pub(super) range: Range<usize>,
}

/// The tokens up to the first thing that is none; whether that was the end of the text.
pub(super) fn tokens(text: &str) -> (Vec<PlacedToken>, bool) {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let Some((token, len)) = token(&text[at..], c) else { return (tokens, false) };
        tokens.push(PlacedToken { token, range: at..at + len });
        at += len;
    }
    (tokens, true)
}

/// The token at the start of `rest`, whose first character is `first`, and its length in bytes.
fn token(rest: &str, first: char) -> Option<(Token, usize)> {
    const SYMBOLS: [(&str, Token); 11] = [
        ("||", Token::Or),
        ("&&", Token::And),
        ("==", Token::Compare(Comparison::Equal)),
        ("!=", Token::Compare(Comparison::NotEqual)),
        (">=", Token::Compare(Comparison::GreaterOrEqual)),
        ("<=", Token::Compare(Comparison::LessOrEqual)),
        (">", Token::Compare(Comparison::Greater)),
        ("<", Token::Compare(Comparison::Less)),
        ("!", Token::Not),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    match first {
        '$' => variable(rest),
        '\'' | '"' => quoted(rest, first),
        '0'..='9' => {
            let len = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            Some((Token::Number(number(&rest[..len])), len))
        }
        _ if first.is_ascii_alphabetic() => {
            let len = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            Some((Token::Macro(StatusRule::from_name(&rest[..len])?), len))
        }
        _ => SYMBOLS
            .into_iter()
            .find(|(symbol, _)| rest.starts_with(symbol))
            .map(|(s, token)| (token, s.len())),
    }
}

fn variable(rest: &str) -> Option<(Token, usize)> {
    let inner = rest.strip_prefix("${")?;
    let (inner, _) = inner.split_once('}')?;
    let (job, param) = split_variable(inner)?;
    // Blanks around the names do not count at upload (§4.3), so they do not count here.
    let variable = Variable { job: job.trim().to_owned(), param: param.trim().to_owned() };
    Some((Token::Variable(variable), inner.len() + "${}".len()))
}

/// Splits the inside of `${job:param}`; neither part may be empty or contain `:`, `{` or `}`.
pub(super) fn split_variable(inner: &str) -> Option<(&str, &str)> {
    let (job, param) = inner.split_once(':')?;
    let fine = |part: &str| !part.is_empty() && !part.contains([':', '{', '}']);
    (fine(job) && fine(param)).then_some((job, param))
}

/// Digits as JavaScript reads them: those with a leading zero are octal if they can be.
fn number(digits: &str) -> f64 {
    let octal = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b < b'8');
    if octal {
        return digits.bytes().fold(0.0, |value, b| value * 8.0 + f64::from(b - b'0'));
    }
    digits.parse().unwrap_or(f64::NAN)
}

/// A string with JavaScript's escapes.
fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((Token::Text(out), at + 1)),
            '\n' | '\r' => return None,
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\x08'),
                'f' => out.push('\x0c'),
                'v' => out.push('\x0b'),
                '0' => out.push('\0'),
                '\n' => {}
                kind @ ('x' | 'u') => {
                    let mut code = 0;
                    for _ in 0..if kind == 'x' { 2 } else { 4 } {
                        code = code << 4 | chars.next()?.1.to_digit(16)?;
                    }
                    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                other => out.push(other),
            },
            _ => out.push(c),
        }
    }
    None
}
