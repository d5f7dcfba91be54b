//! Tokens of an expression.

use super::value::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Literal(Value),
    Name(String),
    Empty,
    Size,
    /// A word with a meaning that is not supported here (`if`, `new`, …).
    Reserved(&'static str),
    Operator(Operator),
    Not,
    Tilde,
    Open,
    Close,
    Comma,
    Dot,
    Question,
    Elvis,
    Colon,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
}

const SYMBOLS: [(&str, Token); 28] = [
    ("&&", Token::Operator(Operator::And)),
    ("||", Token::Operator(Operator::Or)),
    ("==", Token::Operator(Operator::Equal)),
    ("!=", Token::Operator(Operator::NotEqual)),
    ("<=", Token::Operator(Operator::LessOrEqual)),
    (">=", Token::Operator(Operator::GreaterOrEqual)),
    ("=~", Token::Reserved("=~")),
    ("!~", Token::Reserved("!~")),
    ("?:", Token::Elvis),
    ("=", Token::Reserved("=")),
    (";", Token::Reserved(";")),
    ("<", Token::Operator(Operator::Less)),
    (">", Token::Operator(Operator::Greater)),
    ("&", Token::Operator(Operator::BitAnd)),
    ("|", Token::Operator(Operator::BitOr)),
    ("^", Token::Operator(Operator::BitXor)),
    ("+", Token::Operator(Operator::Plus)),
    ("-", Token::Operator(Operator::Minus)),
    ("*", Token::Operator(Operator::Times)),
    ("/", Token::Operator(Operator::Divide)),
    ("%", Token::Operator(Operator::Modulo)),
    ("!", Token::Not),
    ("~", Token::Tilde),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
    (".", Token::Dot),
    ("?", Token::Question),
];

/// Cuts an expression into tokens.
///
/// # Errors
/// A description of the first thing that is no token.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = skip_blanks_and_comments(rest)?;
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (token, len) = match first {
            '0'..='9' => number(rest)?,
            '\'' | '"' => quoted(rest, first)?,
            'a'..='z' | 'A'..='Z' | '_' | '$' | '@' => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '@');
                let len = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                (word(&rest[..len]), len)
            }
            ':' => (Token::Colon, 1),
            _ => {
                let symbol = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol));
                let (symbol, token) = symbol.ok_or_else(|| format!("Unexpected character '{first}'."))?;
                (token.clone(), symbol.len())
            }
        };
        tokens.push(token);
        rest = &rest[len..];
    }
}

fn skip_blanks_and_comments(mut rest: &str) -> Result<&str, String> {
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
        if rest.starts_with("//") || rest.starts_with("##") {
            rest = rest.find(['\n', '\r']).map_or("", |end| &rest[end..]);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").ok_or("A comment is not closed.")?.1;
        } else {
            return Ok(rest);
        }
    }
}

fn word(word: &str) -> Token {
    const RESERVED: [&str; 7] = ["if", "else", "for", "foreach", "while", "var", "return"];
    match word {
        "and" => Token::Operator(Operator::And),
        "or" => Token::Operator(Operator::Or),
        "not" => Token::Not,
        "eq" => Token::Operator(Operator::Equal),
        "ne" => Token::Operator(Operator::NotEqual),
        "lt" => Token::Operator(Operator::Less),
        "le" => Token::Operator(Operator::LessOrEqual),
        "gt" => Token::Operator(Operator::Greater),
        "ge" => Token::Operator(Operator::GreaterOrEqual),
        "div" => Token::Operator(Operator::Divide),
        "mod" => Token::Operator(Operator::Modulo),
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "null" => Token::Literal(Value::Null),
        "empty" => Token::Empty,
        "size" => Token::Size,
        "new" => Token::Reserved("new"),
        _ => match RESERVED.into_iter().find(|reserved| *reserved == word) {
            Some(reserved) => Token::Reserved(reserved),
            None => Token::Name(word.to_owned()),
        },
    }
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(0);
    if bytes.get(whole) == Some(&b'.') && digits(whole + 1) > 0 {
        return real(rest, whole + 1 + digits(whole + 1));
    }
    let hex = |b: &u8| b.is_ascii_hexdigit();
    let (radix, from, to) = if rest.starts_with("0x") || rest.starts_with("0X") {
        (16, 2, 2 + bytes[2..].iter().take_while(|b| hex(b)).count())
    } else if rest.starts_with('0') {
        (8, 0, bytes.iter().take_while(|b| (b'0'..b'8').contains(b)).count())
    } else {
        (10, 0, whole)
    };
    let value = i128::from_str_radix(&rest[from..to], radix).map_err(|_| "A number is too large.")?;
    let suffix = matches!(bytes.get(to), Some(b'l' | b'L' | b'h' | b'H'));
    Ok((Token::Literal(Value::Int(value)), to + usize::from(suffix)))
}

/// A number with a decimal point whose digits end at `end`. Without a suffix it has the precision of 32 bits.
fn real(rest: &str, mut end: usize) -> Result<(Token, usize), String> {
    let bytes = rest.as_bytes();
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = bytes[end + 1 + sign..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 {
            end += 1 + sign + digits;
        }
    }
    let text = &rest[..end];
    let malformed = |_| "A number is malformed.".to_owned();
    let (value, suffix) = match bytes.get(end) {
        Some(b'd' | b'D' | b'b' | b'B') => (Value::Double(text.parse().map_err(malformed)?), 1),
        Some(b'f' | b'F') => (Value::Float(text.parse().map_err(malformed)?), 1),
        _ => (Value::Float(text.parse().map_err(malformed)?), 0),
    };
    Ok((Token::Literal(value), end + suffix))
}

/// A string; a backslash stays unless it escapes itself, the quote, or four hex digits behind a `u`.
fn quoted(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Ok((Token::Literal(Value::Text(out)), at + 1)),
            '\n' | '\r' => break,
            '\\' => match chars.next() {
                Some((_, 'u')) => {
                    let mut code = 0;
                    for _ in 0..4 {
                        let digit = chars.next().and_then(|(_, c)| c.to_digit(16));
                        code = code << 4 | digit.ok_or("A \\u escape is malformed.")?;
                    }
                    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some((_, escaped)) => {
                    if escaped != quote && escaped != '\\' {
                        out.push('\\');
                    }
                    out.push(escaped);
                }
                None => break,
            },
            _ => out.push(c),
        }
    }
    Err("A string is not closed.".to_owned())
}
