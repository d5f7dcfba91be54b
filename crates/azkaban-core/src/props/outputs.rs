//! Output properties: the JSON object that a job leaves (projects-and-jobs §5.6).
//!
//! Values become text as in Java. Unlike in the reference, one bad value does not discard the others, and null is an
//! empty text (§11).

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::Props;
use super::java_number::double_text;

/// How many bad keys a report names.
const MAX_NAMED: usize = 10;

/// Reads the file's content, and says what is wrong with it, if anything: then the good keys are there nevertheless,
/// unless the whole is not a JSON object. Blank content has no properties.
pub fn parse(bytes: &[u8]) -> (Props, Option<String>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.trim().is_empty() {
        return (Props::new(), None);
    }
    let values: BTreeMap<String, Box<RawValue>> = match serde_json::from_str(text) {
        Ok(values) => values,
        Err(error) => {
            return (Props::new(), Some(format!("the output properties are not a JSON object: {error}")));
        }
    };
    let mut props = Props::new();
    let mut bad = Vec::new();
    for (key, raw) in values {
        match value_text(raw.get()) {
            Ok(text) => {
                props.insert(key, text);
            }
            Err(reason) => bad.push(format!("{key} ({reason})")),
        }
    }
    (props, report(&bad))
}

fn report(bad: &[String]) -> Option<String> {
    if bad.is_empty() {
        return None;
    }
    let more = match bad.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = bad[..bad.len().min(MAX_NAMED)].join(", ");
    Some(format!("output properties that cannot be used: {named}{more}"))
}

/// The text of a top-level value.
fn value_text(raw: &str) -> Result<String, String> {
    if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return number_text(raw);
    }
    // The parser bounds the nesting, and with it the recursion below.
    let value: Value = serde_json::from_str(raw).map_err(|error| error.to_string())?;
    if value.is_null() {
        return Ok(String::new());
    }
    let mut out = String::new();
    push_text(&mut out, &value);
    Ok(out)
}

fn number_text(raw: &str) -> Result<String, String> {
    if raw.contains(['.', 'e', 'E']) {
        return raw.parse().map(double_text).map_err(|_| "not a number".to_owned());
    }
    raw.parse::<i64>().map(|number| number.to_string()).map_err(|_| "an integer beyond 64 bits".to_owned())
}

/// `toString` of what Java makes of the value.
fn push_text(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64() {
            Some(value) if number.is_f64() => out.push_str(&double_text(value)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_text(out, item);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                out.push_str(key);
                out.push('=');
                push_text(out, item);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(json: &str, expected: &str) {
        let (props, problem) = parse(format!("{{\"k\": {json}}}").as_bytes());
        assert_eq!((props["k"].as_str(), problem), (expected, None), "{json}");
    }

    #[test]
    fn values_become_text_as_in_java() {
        check("\"text é\"", "text é");
        check("1.10", "1.1");
        check("1e3", "1000.0");
        check("1e10", "1.0E10");
        check("-0", "0");
        check("0.30000000000000004", "0.30000000000000004");
        check("-9223372036854775808", "-9223372036854775808");
        check("true", "true");
        check("null", "");
        check("[\"a\", 1, null, [2.50]]", "[a, 1, null, [2.5]]");
        check("{\"a\": 1, \"b\": {}}", "{a=1, b={}}");
    }

    #[test]
    fn the_good_keys_survive_the_bad_ones() {
        let (props, problem) = parse(br#"{"a": 1, "big": 9223372036854775808, "b": "x", "wide": [1e999]}"#);
        assert_eq!(props.keys().collect::<Vec<_>>(), ["a", "b"]);
        let problem = problem.unwrap();
        assert!(problem.contains("big (an integer beyond 64 bits)") && problem.contains("wide"), "{problem}");
    }

    #[test]
    fn blank_content_is_no_problem_and_other_content_is_one() {
        assert_eq!(parse(b" \n\t"), (Props::new(), None));
        for bad in ["{o.one: x}", "[]", "null", "\"x\"", "{\"a\": 1", "{\"a\": 1} x"] {
            let (props, problem) = parse(bad.as_bytes());
            assert!(props.is_empty() && problem.is_some(), "{bad}");
        }
    }

    #[test]
    fn deep_nesting_spoils_only_its_own_key() {
        let deep = format!("{{\"deep\": {}{}, \"a\": 1}}", "[".repeat(200_000), "]".repeat(200_000));
        let (props, problem) = parse(deep.as_bytes());
        assert_eq!((props["a"].as_str(), props.len()), ("1", 1));
        assert!(problem.unwrap().contains("deep"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), likely in "[{}\\[\\]\",:0-9eEnul.-]{0,40}") {
            let _ = parse(&bytes);
            let _ = parse(likely.as_bytes());
            let _ = parse(format!("{{\"k\":{likely}}}").as_bytes());
        }
    }
}
