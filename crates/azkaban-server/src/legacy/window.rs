//! Windows of a log by bytes, cut at the edges of characters (http-api §4.20).

use super::entities::escape_into;

/// Continuation bytes that are skipped at the start of a window.
const MAX_SKIPPED: usize = 5;
/// Bytes from the end within which the end of a complete character is looked for.
const MAX_LOOK_BACK: usize = 11;

/// A window as the API shows it.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Window {
    /// The text, escaped for HTML.
    pub(super) data: String,
    /// The first byte shown; the next window starts at `offset + length`.
    pub(super) offset: i64,
    /// Bytes covered, before escaping; 0 at the end.
    pub(super) length: usize,
}

impl Window {
    /// Nothing at `offset`.
    pub(super) fn empty(offset: i64) -> Self {
        Self { data: String::new(), offset, length: 0 }
    }

    /// `bytes` found at `offset`: without continuation bytes at the start, and without the beginning of a character at the end.
    /// Where that would leave nothing, that side is not cut.
    pub(super) fn cut(bytes: &[u8], offset: i64) -> Self {
        let start = first_character(bytes);
        let kept = &bytes[start..last_character_end(bytes).max(start)];
        let text = String::from_utf8_lossy(kept);
        let mut data = String::with_capacity(text.len() + text.len() / 16);
        escape_into(&mut data, &text);
        Self { data, offset: offset.saturating_add(start as i64), length: kept.len() }
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

fn first_character(bytes: &[u8]) -> usize {
    bytes.iter().take(MAX_SKIPPED + 1).position(|b| !is_continuation(*b)).unwrap_or(0)
}

/// One past the last byte of the last complete character.
fn last_character_end(bytes: &[u8]) -> usize {
    let near = bytes.iter().enumerate().rev().take(MAX_LOOK_BACK);
    let mut ends = near.filter_map(|(at, byte)| {
        let length = match byte {
            0x00..=0x7F => 1,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
            0x80..=0xBF => return None,
        };
        (at + length <= bytes.len()).then_some(at + length)
    });
    ends.next().unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], skipped: i64, length: usize, data: &str) {
        let window = Window::cut(bytes, 100);
        assert_eq!(window, Window { data: data.to_owned(), offset: 100 + skipped, length }, "{bytes:x?}");
    }

    #[test]
    fn windows_end_where_characters_do() {
        check(b"", 0, 0, "");
        check(b"plain <b>", 0, 9, "plain &lt;b&gt;");
        check("é".as_bytes(), 0, 2, "&eacute;");
        check(&[0xC3], 0, 1, "&#65533;");
        check(&[0xA9], 0, 1, "&#65533;");
        check("é€".as_bytes().split_at(3).0, 0, 2, "&eacute;");
        check("a中".as_bytes().split_at(3).0, 0, 1, "a");
        check("a\u{1F680}".as_bytes().split_at(4).0, 0, 1, "a");
        check("\u{1F680}b".as_bytes().split_at(1).1, 3, 1, "b");
        // As recorded: inside `€中`.
        check(&[0x82, 0xAC, 0xE4, 0xB8], 2, 2, "&#65533;");
        check(&[0x80; 20], 0, 20, &"&#65533;".repeat(20));
    }

    proptest::proptest! {
        #[test]
        fn windows_of_a_text_join_to_the_whole(text in "[a-zé€中\u{1F680}<]{0,60}", size in 4usize..20) {
            let (mut joined, mut at) = (String::new(), 0);
            while at < text.len() {
                let window = Window::cut(&text.as_bytes()[at..(at + size).min(text.len())], at as i64);
                proptest::prop_assert_eq!(window.offset, at as i64);
                proptest::prop_assert!(window.length > 0);
                joined.push_str(&window.data);
                at += window.length;
            }
            let mut whole = String::new();
            escape_into(&mut whole, &text);
            proptest::prop_assert_eq!(joined, whole);
        }

        #[test]
        fn any_bytes_do_no_harm(bytes: Vec<u8>) {
            let window = Window::cut(&bytes, 0);
            proptest::prop_assert!(window.offset as usize + window.length <= bytes.len());
            proptest::prop_assert!(bytes.is_empty() || window.length > 0);
        }
    }
}
