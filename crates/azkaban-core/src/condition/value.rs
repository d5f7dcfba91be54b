//! Values of a condition and JavaScript's coercions between them (projects-and-jobs §4.2).

use super::lexer::Comparison;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Number(f64),
    Text(String),
}

impl Value {
    pub(super) fn is_truthy(&self) -> bool {
        match self {
            Value::Bool(value) => *value,
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
        }
    }

    pub(super) fn compare(&self, comparison: Comparison, other: &Value) -> bool {
        if let (Value::Text(left), Value::Text(right)) = (self, other) {
            // JavaScript orders strings by their UTF-16 units.
            let order = || left.encode_utf16().cmp(right.encode_utf16());
            return match comparison {
                Comparison::Equal => left == right,
                Comparison::NotEqual => left != right,
                Comparison::Greater => order().is_gt(),
                Comparison::GreaterOrEqual => order().is_ge(),
                Comparison::Less => order().is_lt(),
                Comparison::LessOrEqual => order().is_le(),
            };
        }
        let (left, right) = (self.to_number(), other.to_number());
        match comparison {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
        }
    }

    fn to_number(&self) -> f64 {
        match self {
            Value::Bool(value) => f64::from(u8::from(*value)),
            Value::Number(number) => *number,
            Value::Text(text) => text_to_number(text),
        }
    }
}

fn text_to_number(text: &str) -> f64 {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return 0.0;
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        if digits.is_empty() {
            return f64::NAN;
        }
        return digits
            .chars()
            .try_fold(0.0, |value, c| c.to_digit(16).map(|digit| value * 16.0 + f64::from(digit)))
            .unwrap_or(f64::NAN);
    }
    match text {
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}
