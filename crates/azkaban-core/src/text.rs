//! Texts that several faces need alike.

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Text as it is written into HTML or XML, attributes included.
pub fn escape_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_markup_into(&mut out, text);
    out
}

/// Writes text into HTML or XML, attributes included. An apostrophe stays what it is: attributes stand in double quotes.
pub fn escape_markup_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_two_digits_each() {
        assert_eq!(hex(&[0, 1, 0x7f, 0xab, 0xff]), "00017fabff");
        assert_eq!(hex(&[]), "");
    }

    #[test]
    fn markup_is_text_again() {
        assert_eq!(escape_markup("<a b=\"1\">&'é"), "&lt;a b=&quot;1&quot;&gt;&amp;'é");
    }
}
