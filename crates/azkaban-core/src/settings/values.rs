//! Text to typed values, with the words that say what was expected.

/// `true` or `false` in any case, blanks around it allowed (config-and-security §2).
///
/// Azkaban takes every other word for `false`; here it is an error, since `yes` in a file hardly means no.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if text.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err("expected true or false".to_owned())
    }
}

/// A whole number within bounds, blanks around it allowed.
pub(super) fn integer(text: &str, min: i64, max: i64) -> Result<i64, String> {
    match text.trim().parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ if min == 0 && max == i64::MAX => Err("expected a whole number, 0 or more".to_owned()),
        _ if max == i64::MAX => Err(format!("expected a whole number of at least {min}")),
        _ => Err(format!("expected a whole number from {min} to {max}")),
    }
}

/// A size in bytes: a number with `B`, `KB`, `MB`, `GB` or `K`, `M`, `G` behind it (in any case), powers of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let trimmed = text.trim();
    let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = trimmed.split_at(digits);
    let shift = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" => 10,
        "M" | "MB" => 20,
        "G" | "GB" => 30,
        _ => return Err(size_expected()),
    };
    let bytes = number.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
    bytes.filter(|&n| n > 0 && i64::try_from(n).is_ok()).ok_or_else(size_expected)
}

fn size_expected() -> String {
    "expected a size such as 512KB, 5MB or 1G".to_owned()
}

/// Items between commas, blanks around them dropped; nothing for an empty text (config-and-security §2).
pub(super) fn list(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() { Vec::new() } else { text.split(',').map(|item| item.trim().to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans() {
        for (text, want) in
            [("true", Some(true)), (" TRUE ", Some(true)), ("False", Some(false)), ("yes", None), ("", None)]
        {
            assert_eq!(boolean(text).ok(), want, "{text:?}");
        }
    }

    #[test]
    fn integers_keep_to_their_bounds() {
        for (text, want) in [
            ("0", Some(0)),
            (" 65535 ", Some(65535)),
            ("65536", None),
            ("-1", None),
            ("8o81", None),
            ("", None),
        ] {
            assert_eq!(integer(text, 0, 65535).ok(), want, "{text:?}");
        }
        assert_eq!(integer("x", 1, i64::MAX).unwrap_err(), "expected a whole number of at least 1");
    }

    #[test]
    fn sizes() {
        let cases = [
            ("5MB", Some(5 << 20)),
            ("512k", Some(512 << 10)),
            ("1 G", Some(1 << 30)),
            ("77", Some(77)),
            ("0", None),
            ("MB", None),
            ("-5MB", None),
            ("5 miles", None),
            ("99999999999G", None),
            ("18446744073709551615G", None),
        ];
        for (text, want) in cases {
            assert_eq!(size(text).ok(), want, "{text:?}");
        }
    }

    #[test]
    fn lists() {
        assert_eq!(list(" a , b,c "), ["a", "b", "c"]);
        assert_eq!(list("  "), Vec::<String>::new());
    }
}
