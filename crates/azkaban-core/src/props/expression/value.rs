//! Values of an expression and JEXL's lenient arithmetic on them.

use std::cmp::Ordering;

use super::super::java_number::{double_text, float_text};
use super::lexer::Operator;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// Any whole number. JEXL has no bound; here it is 128 bits.
    Int(i128),
    /// A literal without a suffix.
    Float(f32),
    /// A computed number.
    Double(f64),
    Text(String),
}

/// Why two values cannot be combined.
enum Trouble {
    /// A text that is no number: `+` concatenates instead.
    NotANumber(String),
    /// Anything else, such as a division by zero: `/` and `%` give 0.0 instead.
    Arithmetic(String),
    /// Beyond 128 bits.
    Overflow,
}

impl Trouble {
    fn into_text(self) -> String {
        match self {
            Trouble::NotANumber(text) => format!("'{text}' is not a number."),
            Trouble::Arithmetic(text) => text,
            Trouble::Overflow => "A number is too large.".to_owned(),
        }
    }
}

impl Value {
    /// As it appears in the property.
    pub(super) fn text(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => float_text(*value),
            Value::Double(value) => double_text(*value),
            Value::Text(text) => text.clone(),
        }
    }

    /// Whether the value counts as true.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0 && !value.is_nan(),
            Value::Double(value) => *value != 0.0 && !value.is_nan(),
            Value::Text(text) => !text.is_empty() && text != "false",
        }
    }

    pub(super) fn negate(self) -> Result<Value, String> {
        match self {
            Value::Int(value) => Ok(Value::Int(value.checked_neg().ok_or("A number is too large.")?)),
            Value::Float(value) => Ok(Value::Float(-value)),
            Value::Double(value) => Ok(Value::Double(-value)),
            Value::Bool(value) => Ok(Value::Bool(!value)),
            Value::Null | Value::Text(_) => Err("Only a number can be negated.".to_owned()),
        }
    }

    pub(super) fn complement(&self) -> Result<Value, String> {
        Ok(Value::Int(i128::from(!self.to_long().map_err(Trouble::into_text)?)))
    }

    /// `self operator right`, for all operators but `&&` and `||`.
    pub(super) fn combine(&self, operator: Operator, right: &Value) -> Result<Value, String> {
        match operator {
            Operator::Equal => self.equals(right).map(Value::Bool),
            Operator::NotEqual => self.equals(right).map(|equal| Value::Bool(!equal)),
            Operator::Less => self.ordered(right, false, Ordering::is_lt),
            Operator::LessOrEqual => self.ordered(right, true, Ordering::is_le),
            Operator::Greater => self.ordered(right, false, Ordering::is_gt),
            Operator::GreaterOrEqual => self.ordered(right, true, Ordering::is_ge),
            Operator::BitAnd => self.bitwise(right, |l, r| l & r),
            Operator::BitOr => self.bitwise(right, |l, r| l | r),
            Operator::BitXor => self.bitwise(right, |l, r| l ^ r),
            _ => self.arithmetic(operator, right),
        }
    }

    fn arithmetic(&self, operator: Operator, right: &Value) -> Result<Value, String> {
        let result = match (self, right) {
            (Value::Null, Value::Null) => Ok(Value::Int(0)),
            _ if self.looks_real() || right.looks_real() => self.real_arithmetic(operator, right),
            _ => self.whole_arithmetic(operator, right),
        };
        match (result, operator) {
            (Err(Trouble::NotANumber(_)), Operator::Plus) => Ok(Value::Text(self.joined() + &right.joined())),
            (Err(Trouble::Arithmetic(_)), Operator::Divide | Operator::Modulo) => Ok(Value::Double(0.0)),
            (result, _) => result.map_err(Trouble::into_text),
        }
    }

    fn real_arithmetic(&self, operator: Operator, right: &Value) -> Result<Value, Trouble> {
        let (left, right) = (self.to_double()?, right.to_double()?);
        let zero = || Trouble::Arithmetic("Division by zero.".to_owned());
        Ok(Value::Double(match operator {
            Operator::Plus => left + right,
            Operator::Minus => left - right,
            Operator::Times => left * right,
            _ if right == 0.0 => return Err(zero()),
            Operator::Divide => left / right,
            _ => left % right,
        }))
    }

    fn whole_arithmetic(&self, operator: Operator, right: &Value) -> Result<Value, Trouble> {
        let (left, right) = (self.to_whole()?, right.to_whole()?);
        let zero = || Trouble::Arithmetic("Division by zero.".to_owned());
        let result = match operator {
            Operator::Plus => left.checked_add(right),
            Operator::Minus => left.checked_sub(right),
            Operator::Times => left.checked_mul(right),
            Operator::Divide if right == 0 => return Err(zero()),
            Operator::Divide => left.checked_div(right),
            // The modulus must be positive, and so is the result.
            _ if right <= 0 => return Err(zero()),
            _ => left.checked_rem_euclid(right),
        };
        result.map(Value::Int).ok_or(Trouble::Overflow)
    }

    fn bitwise(&self, right: &Value, combine: impl Fn(i64, i64) -> i64) -> Result<Value, String> {
        let (left, right) = (self.to_long(), right.to_long());
        let (left, right) = (left.map_err(Trouble::into_text)?, right.map_err(Trouble::into_text)?);
        Ok(Value::Int(i128::from(combine(left, right))))
    }

    fn equals(&self, right: &Value) -> Result<bool, String> {
        match (self, right) {
            (Value::Null, Value::Null) => Ok(true),
            (Value::Null, _) | (_, Value::Null) => Ok(false),
            (Value::Bool(_), _) | (_, Value::Bool(_)) => Ok(self.is_true() == right.is_true()),
            _ => self.compare(right).map(Ordering::is_eq),
        }
    }

    fn ordered(&self, right: &Value, nulls: bool, accept: fn(Ordering) -> bool) -> Result<Value, String> {
        match (self, right) {
            (Value::Null, Value::Null) => Ok(Value::Bool(nulls)),
            (Value::Null, _) | (_, Value::Null) => Ok(Value::Bool(false)),
            _ => self.compare(right).map(|order| Value::Bool(accept(order))),
        }
    }

    /// The order of two values that are not null. NaN is equal to itself and before everything else.
    fn compare(&self, right: &Value) -> Result<Ordering, String> {
        let is_real = |v: &Value| matches!(v, Value::Float(_) | Value::Double(_));
        let order = match (self, right) {
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            _ if is_real(self) || is_real(right) => {
                let (left, right) = (self.to_double(), right.to_double());
                let (left, right) = (left.map_err(Trouble::into_text)?, right.map_err(Trouble::into_text)?);
                left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
            }
            (Value::Int(_), _) | (_, Value::Int(_)) => {
                let (left, right) = (self.to_long(), right.to_long());
                left.map_err(Trouble::into_text)?.cmp(&right.map_err(Trouble::into_text)?)
            }
            _ => self.text().encode_utf16().cmp(right.text().encode_utf16()),
        };
        Ok(order)
    }

    /// Whether arithmetic on it is done with floating point: a text is taken by its letters.
    fn looks_real(&self) -> bool {
        match self {
            Value::Float(_) | Value::Double(_) => true,
            Value::Text(text) => text.contains(['.', 'e', 'E']),
            _ => false,
        }
    }

    /// As an operand of a concatenation.
    fn joined(&self) -> String {
        if matches!(self, Value::Double(value) if value.is_nan()) { String::new() } else { self.text() }
    }

    fn to_double(&self) -> Result<f64, Trouble> {
        let not_a_number = |text: &str| Trouble::NotANumber(text.to_owned());
        match self {
            Value::Null => Ok(0.0),
            Value::Bool(value) => Ok(f64::from(u8::from(*value))),
            Value::Int(value) => Ok(*value as f64),
            // By way of its text, so that 1.1 is not 1.10000002.
            Value::Float(value) => Ok(value.to_string().parse().unwrap_or(f64::from(*value))),
            Value::Double(value) => Ok(*value),
            Value::Text(text) if text.trim().is_empty() => Ok(f64::NAN),
            Value::Text(text) => {
                let number = text.trim();
                let plain = number.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
                plain.then(|| number.parse().ok()).flatten().ok_or_else(|| not_a_number(text))
            }
        }
    }

    fn to_whole(&self) -> Result<i128, Trouble> {
        match self {
            Value::Null => Ok(0),
            Value::Bool(value) => Err(Trouble::Arithmetic(format!("{value} is not a number."))),
            Value::Int(value) => Ok(*value),
            Value::Text(text) if text.trim().is_empty() => Ok(0),
            Value::Text(text) if is_whole(text) => text.parse().map_err(|_| Trouble::Overflow),
            Value::Float(_) | Value::Double(_) | Value::Text(_) => Err(Trouble::NotANumber(self.text())),
        }
    }

    /// 64 bits for the bitwise operators and comparisons; as in the reference a computed fraction counts as 0.
    fn to_long(&self) -> Result<i64, Trouble> {
        match self {
            Value::Null | Value::Double(_) => Ok(0),
            Value::Bool(value) => Ok(i64::from(*value)),
            Value::Int(value) => Ok(*value as i64),
            Value::Float(value) => Ok(*value as i64),
            Value::Text(text) if text.is_empty() => Ok(0),
            Value::Text(text) => text.parse().map_err(|_| Trouble::NotANumber(text.clone())),
        }
    }
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
