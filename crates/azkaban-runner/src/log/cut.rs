//! Lines of a job's output (projects-and-jobs §6.5).

/// A line may have this many bytes; a longer one is cut into pieces.
const LONGEST: usize = 64 << 10;

/// A line found at the beginning of some output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut<'a> {
    /// Without its end.
    pub(crate) line: &'a [u8],
    /// Bytes with its end.
    pub(crate) len: usize,
}

/// The first line of `bytes`, ended by `\n`, `\r` or `\r\n`; `None` if it is not complete. With `last` nothing follows the bytes,
/// so that the rest is a line too.
pub(crate) fn next_line(bytes: &[u8], last: bool) -> Option<Cut<'_>> {
    let window = &bytes[..bytes.len().min(LONGEST + 1)];
    match memchr::memchr2(b'\n', b'\r', window) {
        Some(at) if bytes[at] == b'\n' => Some(Cut { line: &bytes[..at], len: at + 1 }),
        Some(at) => match bytes.get(at + 1) {
            Some(b'\n') => Some(Cut { line: &bytes[..at], len: at + 2 }),
            Some(_) => Some(Cut { line: &bytes[..at], len: at + 1 }),
            // What follows decides whether this is one end or two.
            None => last.then_some(Cut { line: &bytes[..at], len: at + 1 }),
        },
        None if bytes.len() > LONGEST => {
            let len = character_edge(bytes, LONGEST);
            Some(Cut { line: &bytes[..len], len })
        }
        None => (last && !bytes.is_empty()).then_some(Cut { line: bytes, len: bytes.len() }),
    }
}

/// The last edge of a UTF-8 character at or before `at`; `at` itself where there is none nearby.
fn character_edge(bytes: &[u8], at: usize) -> usize {
    (0..4).map(|back| at - back).find(|&i| bytes[i] & 0xc0 != 0x80).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], last: bool) -> Vec<String> {
        let mut rest = bytes;
        let mut out = Vec::new();
        while let Some(cut) = next_line(rest, last) {
            out.push(String::from_utf8_lossy(cut.line).into_owned());
            rest = &rest[cut.len..];
        }
        out
    }

    #[test]
    fn every_line_end_counts() {
        assert_eq!(lines(b"one\rtwo\r\nthree\n\nfour", true), ["one", "two", "three", "", "four"]);
        assert_eq!(lines(b"one\rtwo\r", false), ["one"]);
        assert_eq!(lines(b"one\rtwo\r", true), ["one", "two"]);
        assert_eq!(lines(b"", true), Vec::<String>::new());
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let text = "é".repeat(LONGEST);
        let pieces = lines(text.as_bytes(), true);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.len() == 2 && pieces.iter().all(|piece| piece.len() <= LONGEST));
        let odd = format!("x{text}");
        assert_eq!(lines(odd.as_bytes(), true).concat(), odd);
    }
}
