//! The few types of plain scalars that matter here, by the rules of YAML 1.1.

/// Whether a plain text is null.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The value of a plain text that is an integer: decimal, `0x…`, `0b…` or octal with a leading zero, with `_` between.
pub(in crate::project) fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = if let Some(hex) = digits.strip_prefix("0x") {
        (16, hex)
    } else if let Some(binary) = digits.strip_prefix("0b") {
        (2, binary)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, &digits[1..])
    } else {
        (10, digits)
    };
    let digits = digits.replace('_', "");
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let value = i64::from_str_radix(&digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

/// The value of a plain text that is a float, not an integer: it has a point or an exponent.
pub(in crate::project) fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_float = unsigned
        .starts_with(|c: char| c.is_ascii_digit() || (c == '.' && unsigned.len() == text.len()))
        && unsigned.contains(['.', 'e', 'E'])
        && unsigned.chars().all(|c| c.is_ascii_digit() || "._eE+-".contains(c));
    if is_float { text.replace('_', "").parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (text, value) in [
            ("0", Some(0)),
            ("5", Some(5)),
            ("-5", Some(-5)),
            ("+1_000", Some(1000)),
            ("010", Some(8)),
            ("0x1F", Some(31)),
            ("0b101", Some(5)),
            ("", None),
            ("-", None),
            ("1.5", None),
            ("five", None),
            ("08", None),
            ("0x", None),
            ("--5", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(integer(text), value, "{text}");
        }
    }

    #[test]
    fn floats() {
        for text in ["2.0", "2.00", "2.", "+2.0", "2e0", "0.2e1", "2_.0"] {
            assert_eq!(float(text), Some(2.0), "{text}");
        }
        for text in ["2", "two", "", "2,0", "v2.0", "2.0.0", "infinity", "2.0f", ".", "e", "+.2e1"] {
            assert_eq!(float(text), None, "{text}");
        }
    }
}
