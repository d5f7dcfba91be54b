//! The wire format of multipart bodies, as a push parser: bytes in, parts out, with a bounded buffer however fast they come.

use memchr::memmem;

/// Bytes of one part's headers.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Longest boundary by RFC 2046.
const MAX_BOUNDARY: usize = 70;

/// What is found in the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A part begins.
    Part(PartHead),
    /// Bytes of the current part.
    Data(&'a [u8]),
    /// The current part is complete.
    End,
}

/// What a part's headers say. Any disposition counts that has a name: `form-data`, and the `attachment` that curl writes once the
/// request's type is set by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PartHead {
    /// The field's name; empty if there is none.
    pub(crate) name: String,
    /// The file's name, without folders; a part that has one is a file.
    pub(crate) file_name: Option<String>,
    /// The part's own type; empty if there is none.
    pub(crate) content_type: String,
}

/// The body is no multipart body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed multipart body: {0}")]
pub(crate) struct Malformed(&'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    DelimiterLine,
    Headers,
    Data,
    Done,
}

/// The parser.
pub(super) struct Splitter {
    delimiter: Vec<u8>,
    finder: memmem::Finder<'static>,
    buffer: Vec<u8>,
    state: State,
}

impl Splitter {
    /// For a body with this boundary.
    pub(super) fn new(boundary: &[u8]) -> Result<Self, Malformed> {
        if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
            return Err(Malformed("boundary missing or too long"));
        }
        let delimiter = [b"\r\n--", boundary].concat();
        let finder = memmem::Finder::new(&delimiter).into_owned();
        // The first delimiter has no line end before it; with one put there, all are found alike.
        Ok(Self { delimiter, finder, buffer: b"\r\n".to_vec(), state: State::Preamble })
    }

    /// Takes the next bytes of the body and reports what they complete.
    pub(super) fn push<E: From<Malformed>>(
        &mut self,
        bytes: &[u8],
        mut sink: impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.buffer.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(used) = self.step(at, &mut sink)? {
            at += used;
        }
        self.buffer.drain(..at.min(self.buffer.len()));
        if self.state == State::Done {
            self.buffer.clear();
        }
        Ok(())
    }

    /// Whether the body was complete, once all of it was pushed.
    pub(super) fn finish(&self) -> Result<(), Malformed> {
        if self.state == State::Done { Ok(()) } else { Err(Malformed("ends early")) }
    }

    /// Does what the bytes from `at` on allow; the number of bytes used, `None` once more are needed.
    fn step<E: From<Malformed>>(
        &mut self,
        at: usize,
        sink: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<Option<usize>, E> {
        let rest = &self.buffer[at..];
        match self.state {
            State::Done => Ok(None),
            State::Preamble | State::Data => {
                let found = self.finder.find(rest);
                // What may be the beginning of a delimiter stays for the next push.
                let ready = found.unwrap_or_else(|| rest.len().saturating_sub(self.delimiter.len() - 1));
                if self.state == State::Data && ready > 0 {
                    sink(Event::Data(&rest[..ready]))?;
                }
                if found.is_none() {
                    return Ok((ready > 0).then_some(ready));
                }
                if self.state == State::Data {
                    sink(Event::End)?;
                }
                self.state = State::DelimiterLine;
                Ok(Some(ready + self.delimiter.len()))
            }
            State::DelimiterLine => {
                if rest.starts_with(b"--") {
                    self.state = State::Done;
                    return Ok(None);
                }
                match memmem::find(rest, b"\r\n") {
                    Some(end) if rest[..end].iter().all(|b| matches!(b, b' ' | b'\t')) => {
                        self.state = State::Headers;
                        Ok(Some(end + 2))
                    }
                    None if rest.len() < MAX_BOUNDARY => Ok(None),
                    _ => Err(Malformed("text after a boundary").into()),
                }
            }
            State::Headers => {
                let (head, used) = if rest.starts_with(b"\r\n") {
                    (&rest[..0], 2)
                } else if let Some(end) = memmem::find(rest, b"\r\n\r\n") {
                    (&rest[..end], end + 4)
                } else if rest.len() > MAX_HEADER_BYTES {
                    return Err(Malformed("headers too long").into());
                } else {
                    return Ok(None);
                };
                sink(Event::Part(PartHead::parse(head)))?;
                self.state = State::Data;
                Ok(Some(used))
            }
        }
    }
}

impl PartHead {
    fn parse(raw: &[u8]) -> Self {
        let text = String::from_utf8_lossy(raw).replace("\r\n ", " ").replace("\r\n\t", " ");
        let mut head = Self::default();
        for (name, value) in text.split("\r\n").filter_map(|line| line.split_once(':')) {
            if name.trim().eq_ignore_ascii_case("content-type") {
                head.content_type = value.trim().to_owned();
            } else if name.trim().eq_ignore_ascii_case("content-disposition") {
                for (key, value) in attributes(value) {
                    match key.to_ascii_lowercase().as_str() {
                        "name" => head.name = value,
                        "filename" => head.file_name = Some(base_name(&value)),
                        _ => {}
                    }
                }
            }
        }
        head
    }
}

/// The attributes of a header value such as `form-data; name="a"; filename="b"`.
pub(super) fn attributes(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((key, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (text, tail) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (text, tail) = after.split_once(';').unwrap_or((after, ""));
                (text.trim().to_owned(), tail)
            }
        };
        let key = key.rsplit(';').next().unwrap_or(key).trim();
        found.push((key.to_owned(), text));
        rest = tail;
    }
    found
}

/// The text up to the closing quote, and what follows it. A `\` is taken off before a quote only: Windows paths hold others.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, &quoted[at + 1..]),
            '\\' if chars.peek().is_some_and(|(_, next)| *next == '"') && quoted[at + 2..].contains('"') => {
                text.push('"');
                chars.next();
            }
            c => text.push(c),
        }
    }
    (text, "")
}

fn base_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, file name, type, data.
    type Part = (String, Option<String>, String, Vec<u8>);

    /// The parts, the body fed in pieces of `step` bytes.
    fn parts(boundary: &str, body: &[u8], step: usize) -> Result<Vec<Part>, Malformed> {
        let mut splitter = Splitter::new(boundary.as_bytes())?;
        let mut found = Vec::new();
        let mut open = None;
        for piece in body.chunks(step) {
            splitter.push(piece, |event| {
                match event {
                    Event::Part(head) => {
                        open = Some((head.name, head.file_name, head.content_type, Vec::new()))
                    }
                    Event::Data(data) => open.as_mut().unwrap().3.extend_from_slice(data),
                    Event::End => found.push(open.take().unwrap()),
                }
                Ok::<(), Malformed>(())
            })?;
            assert!(splitter.buffer.len() <= step + MAX_HEADER_BYTES + 200, "{}", splitter.buffer.len());
        }
        splitter.finish()?;
        Ok(found)
    }

    const BODY: &str = "preamble\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--B  \r\n\
        content-disposition: attachment;\r\n name=file; filename=\"C:\\dir\\p \\\"x\\\".zip\"\r\nContent-Type: application/zip\r\n\r\n\
        --B\r\n\r\n-\r\n--\r\n--A\r\n--B\r\nX: y\r\n\r\n\r\n--B\r\n\r\nbare\r\n--B--\r\nepilogue --B\r\n";

    #[test]
    fn parts_are_the_same_however_the_bytes_arrive() {
        let s = |text: &str| text.to_owned();
        let expected = vec![
            (s("a"), None, s(""), b"one".to_vec()),
            (s("file"), Some(s("p \"x\".zip")), s("application/zip"), b"--B\r\n\r\n-\r\n--\r\n--A".to_vec()),
            (s(""), None, s(""), Vec::new()),
            (s(""), None, s(""), b"bare".to_vec()),
        ];
        for step in (1..40).chain([BODY.len()]) {
            assert_eq!(parts("B", BODY.as_bytes(), step).unwrap(), expected, "step {step}");
        }
    }

    #[test]
    fn what_is_no_multipart_body_is_refused() {
        for bad in [
            "",
            "x",
            "--B",
            "--B\r\n",
            "--B\r\n\r\ndata",
            "--B\r\n\r\ndata\r\n--B",
            "--Bx\r\n\r\n\r\n--B--",
            "--B\r\nno end of headers",
        ] {
            assert!(parts("B", bad.as_bytes(), 3).is_err(), "{bad:?}");
        }
        assert!(parts("B", format!("--B\r\nX: {}", "y".repeat(100_000)).as_bytes(), 1000).is_err());
        assert!(parts("", b"--\r\n\r\n", 10).is_err());
        assert!(parts(&"b".repeat(71), b"", 10).is_err());
    }

    #[test]
    fn attributes_quoted_and_bare() {
        let check = |value: &str, expected: &[(&str, &str)]| {
            let expected: Vec<_> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(attributes(value), expected, "{value}");
        };
        check("form-data", &[]);
        check("form-data; name=a", &[("name", "a")]);
        check("form-data; name = \"a;b=c\" ; filename=x y ", &[("name", "a;b=c"), ("filename", "x y")]);
        check("x; name=\"open", &[("name", "open")]);
        check("x; filename=\"c:\\\"; name=n", &[("filename", "c:\\"), ("name", "n")]);
        check("x; flag; name=n", &[("name", "n")]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_do_no_harm(body: Vec<u8>, step in 1usize..20, tail in "[-B\r\n:; =\"a]{0,60}") {
            let _ = parts("B", &body, step);
            let _ = parts("B", format!("--B\r\nContent-Disposition: {tail}").as_bytes(), step);
            let _ = parts("B", format!("--B\r\n{tail}\r\n\r\n{tail}\r\n--B--").as_bytes(), step);
        }

        #[test]
        fn data_comes_through_whole(data: Vec<u8>, step in 1usize..50) {
            let body = [b"--QQ\r\nContent-Disposition: x; name=d\r\n\r\n", &data[..], b"\r\n--QQ--"].concat();
            if !data.windows(6).any(|w| w == b"\r\n--QQ") && !data.starts_with(b"--QQ") {
                proptest::prop_assert_eq!(&parts("QQ", &body, step).unwrap()[0].3, &data);
            }
        }
    }
}
