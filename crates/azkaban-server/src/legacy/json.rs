//! Azkaban's two JSON layouts (http-api §1.3): the pretty one of Jackson 1.9, and compact.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// Two-space indents, `"key" : value`, lists inline (`[ 1, 2 ]`), `{ }` and `[ ]`. Clients search for these spaces.
#[derive(Default)]
struct Jackson {
    depth: usize,
    has_entry: bool,
}

impl Jackson {
    fn line(&self, writer: &mut (impl Write + ?Sized)) -> io::Result<()> {
        // Deep enough for what is usual; the rest is added.
        const LINE: &[u8; 33] = b"\n                                ";
        let spaces = 2 * self.depth;
        writer.write_all(&LINE[..(1 + spaces).min(LINE.len())])?;
        for _ in LINE.len()..=spaces {
            writer.write_all(b" ")?;
        }
        Ok(())
    }
}

impl Formatter for Jackson {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.has_entry = false;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.has_entry {
            self.line(writer)?;
        } else {
            writer.write_all(b" ")?;
        }
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.line(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" : ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_entry = true;
        Ok(())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.has_entry = false;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b" ]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b" " } else { b", " })
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_entry = true;
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04X}"),
        }
    }
}

/// `value` as Jackson prints it. An error comes only from `value`'s own `Serialize`.
pub(super) fn pretty<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(1024);
    value.serialize(&mut Serializer::with_formatter(&mut out, Jackson::default()))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: serde_json::Value, expected: &str) {
        assert_eq!(String::from_utf8(pretty(&value).unwrap()).unwrap(), expected);
    }

    #[test]
    fn the_spaces_are_those_that_clients_search_for() {
        check(json!({"error": "session"}), "{\n  \"error\" : \"session\"\n}");
        check(json!({}), "{ }");
        check(json!([]), "[ ]");
        check(json!(["a", "b"]), "[ \"a\", \"b\" ]");
        check(
            json!({"a": [{"b": 1}, {"c": {}}], "d": []}),
            "{\n  \"a\" : [ {\n    \"b\" : 1\n  }, {\n    \"c\" : { }\n  } ],\n  \"d\" : [ ]\n}",
        );
        check(
            json!({"a": null, "b": {"c": [[], [1]]}}),
            "{\n  \"a\" : null,\n  \"b\" : {\n    \"c\" : [ [ ], [ 1 ] ]\n  }\n}",
        );
    }

    #[test]
    fn indents_go_as_deep_as_the_value() {
        let depth = 20;
        let mut value = json!(1);
        let mut expected = "1".to_owned();
        for level in (0..depth).rev() {
            value = json!({ "a": value });
            expected = format!("{{\n{}\"a\" : {expected}\n{}}}", "  ".repeat(level + 1), "  ".repeat(level));
        }
        check(value, &expected);
    }

    #[test]
    fn only_what_must_be_escaped_is() {
        check(json!("é/\u{2028}\u{1F680}<>&'"), "\"é/\u{2028}\u{1F680}<>&'\"");
        check(json!("\"\\\n\t\r\u{8}\u{c}\u{1b}"), "\"\\\"\\\\\\n\\t\\r\\b\\f\\u001B\"");
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives(text: String, key: String) {
            let value = json!({ key: [text] });
            let read: serde_json::Value = serde_json::from_slice(&pretty(&value).unwrap()).unwrap();
            proptest::prop_assert_eq!(read, value);
        }
    }
}
