//! Typed reads of single properties (projects-and-jobs §5.1, config-and-security §2).
//!
//! Blanks around numbers and booleans never count, for longs too, unlike the reference (§11).

use thiserror::Error;

use super::Props;

/// Why a property cannot be read as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PropError {
    /// The key is not there.
    #[error("Missing required property '{key}'")]
    Missing {
        /// The key.
        key: String,
    },
    /// The value is no number of the range that is asked for.
    #[error("Property '{key}' must be an integer, but is '{value}'")]
    NotAnInteger {
        /// The key.
        key: String,
        /// Its value.
        value: String,
    },
}

impl PropError {
    /// The key that it is about.
    pub fn key(&self) -> &str {
        match self {
            PropError::Missing { key } | PropError::NotAnInteger { key, .. } => key,
        }
    }
}

/// The value of a key that must be there.
///
/// # Errors
/// [`PropError::Missing`].
pub fn required<'a>(props: &'a Props, key: &str) -> Result<&'a str, PropError> {
    props.get(key).map(String::as_str).ok_or_else(|| PropError::Missing { key: key.to_owned() })
}

/// Whether the value is `true` in any case; `default` without a value, false for any other text.
pub fn boolean(props: &Props, key: &str, default: bool) -> bool {
    props.get(key).map_or(default, |value| java_trim(value).eq_ignore_ascii_case("true"))
}

/// The value as a number of 32 bits; `None` without the key.
///
/// # Errors
/// [`PropError::NotAnInteger`].
pub fn int(props: &Props, key: &str) -> Result<Option<i32>, PropError> {
    number(props, key)
}

/// The value as a number of 64 bits; `None` without the key.
///
/// # Errors
/// [`PropError::NotAnInteger`].
pub fn long(props: &Props, key: &str) -> Result<Option<i64>, PropError> {
    number(props, key)
}

/// The value cut at commas, blanks around the items dropped. Empty items at the end do not count; a blank value and a
/// missing key are an empty list.
pub fn list(props: &Props, key: &str) -> Vec<String> {
    props.get(key).map(|value| split_list(value)).unwrap_or_default()
}

/// [`list`] of a text.
pub fn split_list(text: &str) -> Vec<String> {
    let text = java_trim(text);
    let mut items: Vec<String> = text.split(',').map(|item| java_trim(item).to_owned()).collect();
    while items.last().is_some_and(String::is_empty) {
        items.pop();
    }
    items
}

fn number<N: std::str::FromStr>(props: &Props, key: &str) -> Result<Option<N>, PropError> {
    let parse = |value: &String| {
        let error = || PropError::NotAnInteger { key: key.to_owned(), value: value.clone() };
        java_trim(value).parse().map_err(|_| error())
    };
    props.get(key).map(parse).transpose()
}

/// Without the blanks and control characters at both ends, as `String.trim` does.
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(value: &str) -> Props {
        Props::from([("k".to_owned(), value.to_owned())])
    }

    #[test]
    fn a_required_key_is_named_when_it_is_missing() {
        assert_eq!(required(&props("v"), "k"), Ok("v"));
        let error = required(&props("v"), "command").unwrap_err();
        assert_eq!(error.to_string(), "Missing required property 'command'");
        assert_eq!(error.key(), "command");
    }

    #[test]
    fn only_true_is_true() {
        for (value, expected) in
            [("true", true), (" TRUE\t", true), ("yes", false), ("1", false), ("", false)]
        {
            assert_eq!(boolean(&props(value), "k", true), expected, "{value:?}");
        }
        assert!(boolean(&props("false"), "other", true));
    }

    #[test]
    fn numbers_ignore_blanks_and_name_their_key_when_wrong() {
        assert_eq!(int(&props(" -3 "), "k"), Ok(Some(-3)));
        assert_eq!(long(&props("3000000000 "), "k"), Ok(Some(3_000_000_000)));
        assert_eq!(long(&props("x"), "other"), Ok(None));
        for value in ["", "x", "1.5", "3000000000"] {
            let message = format!("Property 'k' must be an integer, but is '{value}'");
            assert_eq!(int(&props(value), "k").unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn lists_are_cut_at_commas() {
        let check =
            |value: &str, expected: &[&str]| assert_eq!(list(&props(value), "k"), expected, "{value:?}");
        check(" a , b,c ", &["a", "b", "c"]);
        check("a,,b,,", &["a", "", "b"]);
        check(",a", &["", "a"]);
        check("  ", &[]);
        check(",", &[]);
        assert_eq!(list(&props("a"), "other"), [""; 0]);
    }
}
