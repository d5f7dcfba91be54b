//! The text format of `.job`, `.properties` and configuration files (projects-and-jobs §2.1, §6.1).
//!
//! Reading and writing follow `java.util.Properties`; the decoding of bytes is the one deliberate extension
//! (§11: UTF-8 is recognised).

use std::borrow::Cow;
use std::fmt::Write as _;

use thiserror::Error;

use super::Props;

/// How the bytes of a file become text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Decoding {
    /// UTF-8 if the bytes are valid UTF-8, else ISO-8859-1. A byte order mark is dropped.
    #[default]
    Detect,
    /// ISO-8859-1 always, as the reference reads files: a UTF-8 `é` becomes `Ã©`.
    Latin1,
}

/// A file that is not in the format. The only thing that can be wrong is a `\u` without four hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("Malformed \\uxxxx encoding.")]
pub struct GrammarError {
    /// The line on which the broken entry starts, from 1.
    pub line: usize,
}

/// Reads a property file; the last of equal keys wins.
///
/// # Errors
/// A `\u` escape that four hex digits do not follow.
pub fn parse(bytes: &[u8]) -> Result<Props, GrammarError> {
    parse_with(bytes, Decoding::Detect)
}

/// [`parse`] with a choice of the decoding.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(bytes: &[u8], decoding: Decoding) -> Result<Props, GrammarError> {
    let entries = parse_entries(bytes, decoding)?;
    Ok(entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
}

/// One entry of a property file and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, escapes resolved.
    pub key: String,
    /// The value, escapes resolved.
    pub value: String,
    /// The line on which the entry starts, from 1.
    pub line: usize,
}

/// The entries of a property file in their order, equal keys included.
///
/// # Errors
/// As [`parse`].
pub fn parse_entries(bytes: &[u8], decoding: Decoding) -> Result<Vec<Entry>, GrammarError> {
    let text = decode(bytes, decoding);
    let mut entries = Vec::new();
    let mut lines = LogicalLines::new(&text);
    let mut text = String::new();
    while let Some(line) = lines.next_into(&mut text) {
        let (key, value) = split_entry(&text);
        let malformed = |()| GrammarError { line };
        entries.push(Entry {
            key: unescape(key).map_err(malformed)?,
            value: unescape(value).map_err(malformed)?,
            line,
        });
    }
    Ok(entries)
}

/// Writes a property file: `comment` (each of its lines behind a `#`), then the entries in the order of their keys, in
/// plain ASCII (§6.1).
pub fn write(props: &Props, comment: &str) -> Vec<u8> {
    let mut out = String::new();
    for line in comment.split(['\n', '\r']) {
        out.push('#');
        line.chars().for_each(|c| push_plain(&mut out, c));
        out.push('\n');
    }
    for (key, value) in props {
        push_escaped(&mut out, key, true);
        out.push('=');
        push_escaped(&mut out, value, false);
        out.push('\n');
    }
    out.into_bytes()
}

fn decode(bytes: &[u8], decoding: Decoding) -> Cow<'_, str> {
    match (decoding, std::str::from_utf8(bytes)) {
        (Decoding::Detect, Ok(text)) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        (Decoding::Latin1, Ok(text)) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

/// The file's entries as single lines: comments and blank lines left out, continuations joined, escapes untouched.
struct LogicalLines<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl<'a> LogicalLines<'a> {
    fn new(text: &'a str) -> Self {
        Self { chars: text.chars().peekable(), line: 1 }
    }

    /// Puts the next entry into `out`; returns the number of its first line, `None` at the end of the file.
    fn next_into(&mut self, out: &mut String) -> Option<usize> {
        out.clear();
        let mut comment = false;
        let mut start_of_entry = true;
        let mut skipping_blanks = true;
        let mut continued = false;
        let mut backslash = false;
        let mut first_line = self.line;
        while let Some(c) = self.next_char() {
            if skipping_blanks {
                if is_blank(c) || (c == '\n' && !continued) {
                    continue;
                }
                skipping_blanks = false;
                continued = false;
            }
            if start_of_entry {
                start_of_entry = false;
                comment = matches!(c, '#' | '!');
                first_line = self.line;
            }
            if c != '\n' {
                if !comment {
                    out.push(c);
                    backslash = c == '\\' && !backslash;
                }
            } else if comment || out.is_empty() {
                comment = false;
                start_of_entry = true;
                skipping_blanks = true;
            } else if backslash {
                out.pop();
                backslash = false;
                skipping_blanks = true;
                continued = true;
            } else {
                return Some(first_line);
            }
        }
        if backslash {
            out.pop();
        }
        (!out.is_empty()).then_some(first_line)
    }

    /// The next character, `\r` and `\r\n` read as `\n`. Counts lines.
    fn next_char(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\r' {
            self.chars.next_if_eq(&'\n');
        }
        if matches!(c, '\r' | '\n') {
            self.line += 1;
            return Some('\n');
        }
        Some(c)
    }
}

/// Key and value of an entry, both still escaped.
fn split_entry(line: &str) -> (&str, &str) {
    let mut backslash = false;
    let key_end = line
        .char_indices()
        .find(|&(_, c)| {
            let ends = !backslash && (matches!(c, '=' | ':') || is_blank(c));
            backslash = c == '\\' && !backslash;
            ends
        })
        .map_or(line.len(), |(at, _)| at);
    let (key, rest) = line.split_at(key_end);
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).map_or(rest, |rest| rest.trim_start_matches(is_blank));
    (key, value)
}

/// Resolves the escapes; `Err` if a `\u` is malformed.
fn unescape(text: &str) -> Result<String, ()> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    // Escapes name UTF-16 units: a pair of them may form one character.
    let mut units: Vec<u16> = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        if escaped == Some('u') {
            let mut unit = 0;
            for _ in 0..4 {
                let digit = chars.next().and_then(|c| c.to_digit(16)).ok_or(())?;
                unit = unit << 4 | digit as u16;
            }
            units.push(unit);
            continue;
        }
        flush_units(&mut units, &mut out);
        match escaped {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\x0c'),
            Some(other) => out.push(other),
            None if c == '\\' => {}
            None => out.push(c),
        }
    }
    flush_units(&mut units, &mut out);
    Ok(out)
}

fn flush_units(units: &mut Vec<u16>, out: &mut String) {
    if !units.is_empty() {
        out.extend(char::decode_utf16(units.drain(..)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
}

fn push_escaped(out: &mut String, text: &str, is_key: bool) {
    for (at, c) in text.chars().enumerate() {
        match c {
            ' ' if is_key || at == 0 => out.push_str("\\ "),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x0c' => out.push_str("\\f"),
            '\\' | '=' | ':' | '#' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => push_plain(out, c),
        }
    }
}

/// `c` itself if it is printable ASCII, else as `\uXXXX`.
fn push_plain(out: &mut String, c: char) {
    if matches!(c, ' '..='~') {
        out.push(c);
        return;
    }
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{unit:04X}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Props = expected.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        assert_eq!(parse(text.as_bytes()), Ok(expected), "{text:?}");
    }

    #[test]
    fn separators_are_read_like_java() {
        check("key1=value", &[("key1", "value")]);
        check("key2 : value", &[("key2", "value")]);
        check("key3 value of it", &[("key3", "value of it")]);
        check("key10==eq", &[("key10", "=eq")]);
        check("key11 : = x", &[("key11", "= x")]);
        check("alone", &[("alone", "")]);
        check("=v", &[("", "v")]);
        check("a\\=b\\:c\\ d=e", &[("a=b:c d", "e")]);
        check("k\t\x0c=\t v \t", &[("k", "v \t")]);
        check("a=1\ra=2\r\nb=3\n", &[("a", "2"), ("b", "3")]);
    }

    #[test]
    fn comments_and_blank_lines_are_skipped() {
        check("# one\n  ! two\n\n \t\na=b\n#no=entry", &[("a", "b")]);
        check("# a comment does not continue \\\na=b", &[("a", "b")]);
    }

    #[test]
    fn an_odd_number_of_backslashes_continues_the_line() {
        check("a = x\\\n   y \\\r\n\t z", &[("a", "xy z")]);
        check("a=x\\\\\nb=y", &[("a", "x\\"), ("b", "y")]);
        check("a=x\\\n#data", &[("a", "x#data")]);
        check("a=x\\\n\nb=y", &[("a", "x"), ("b", "y")]);
        check("a=x\\", &[("a", "x")]);
        check("\\\n# key", &[("#", "key")]);
        check("\\", &[]);
    }

    #[test]
    fn escapes_are_resolved_in_keys_and_values() {
        check("a=\\t\\n\\r\\f\\q\\\\", &[("a", "\t\n\r\x0cq\\")]);
        check("dir=C:\\temp", &[("dir", "C:\temp")]);
        check("\\u0061=\\u00e9\\u00E9", &[("a", "éé")]);
        check("a=\\uD83D\\uDE00\\uD83D", &[("a", "😀\u{fffd}")]);
    }

    #[test]
    fn a_malformed_escape_is_an_error_of_its_line() {
        for text in ["a=b\nc=\\u12g4", "\n\\u=", "\nx=\\\n\\u00"] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error, GrammarError { line: 2 }, "{text:?}");
            assert_eq!(error.to_string(), "Malformed \\uxxxx encoding.");
        }
    }

    #[test]
    fn entries_know_their_lines() {
        let entries = parse_entries(b"# c\na=1\n\nb=x\\\n  y\na=2", Decoding::Detect).unwrap();
        let found: Vec<_> = entries.iter().map(|e| (e.line, e.key.as_str(), e.value.as_str())).collect();
        assert_eq!(found, [(2, "a", "1"), (4, "b", "xy"), (6, "a", "2")]);
    }

    #[test]
    fn utf8_is_recognised_unless_the_strict_reading_is_asked_for() {
        let value = |bytes: &[u8], decoding| parse_with(bytes, decoding).unwrap()["a"].clone();
        assert_eq!(value("a=é".as_bytes(), Decoding::Detect), "é");
        assert_eq!(value("\u{feff}a=é".as_bytes(), Decoding::Detect), "é");
        assert_eq!(value("a=é".as_bytes(), Decoding::Latin1), "Ã©");
        assert_eq!(value(b"a=\xe9", Decoding::Detect), "é");
    }

    #[test]
    fn what_is_written_is_escaped_like_java() {
        let props = [("a b:", " x y="), ("é", "#!\\\t\n\r\x0c😀")];
        let props = props.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        let expected = "#Thu Jan 01\na\\ b\\:=\\ x y\\=\n\\u00E9=\\#\\!\\\\\\t\\n\\r\\f\\uD83D\\uDE00\n";
        assert_eq!(String::from_utf8(write(&props, "Thu Jan 01")).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(
            props in prop::collection::btree_map("\\PC{0,6}|[ \t\n\r=:#!\\\\u0]{0,6}", any::<String>(), 0..6),
            comment in any::<String>(),
        ) {
            prop_assert_eq!(parse(&write(&props, &comment)), Ok(props));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\\\u0a#!=: \n\r]{0,40}") {
            let _ = parse(&bytes);
            let _ = parse_with(&bytes, Decoding::Latin1);
            let _ = parse(text.as_bytes());
        }
    }
}
