//! The little of DER that keystores need beside what the crates read.

/// Tags.
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next bytes, if there are so many.
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// The content of the next value, if it has this tag.
    pub(super) fn value(&mut self, tag: u8) -> Option<Reader<'a>> {
        let head = self.take(2)?;
        if head[0] != tag {
            return None;
        }
        let length = match usize::from(head[1]) {
            short @ 0..=0x7F => short,
            long @ 0x81..=0x83 => {
                self.take(long - 0x80)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
            }
            _ => return None,
        };
        self.take(length).map(Reader)
    }
}

/// A value of these parts.
pub(super) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|digit| **digit == 0).count()..];
    let mut bytes = vec![tag];
    match digits {
        [] => bytes.push(0),
        [short @ 0..=0x7F] => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).expect("a length has at most eight digits"));
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(&content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let bytes = value(OCTET_STRING, &[&content[..length / 2], &content[length / 2..]]);
            assert_eq!(Reader(&bytes).value(OCTET_STRING).unwrap().0, content, "{length}");
            assert!(Reader(&bytes).value(INTEGER).is_none());
            assert!(Reader(&bytes[..bytes.len() - 1]).value(OCTET_STRING).is_none());
        }
    }
}
