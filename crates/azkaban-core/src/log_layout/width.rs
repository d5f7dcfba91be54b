//! Widths of conversions (`%-5.30c`).

use super::LayoutError;

/// The largest width.
pub(super) const MAX_WIDTH: usize = 1000;

/// How a text is filled up and cut, in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Width {
    left_aligned: bool,
    min: usize,
    max: Option<usize>,
}

impl Width {
    /// The width at the start of a conversion, and what follows it.
    pub(super) fn parse(text: &str) -> Result<(Self, &str), LayoutError> {
        let (left_aligned, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (min, text) = number(text)?;
        let (max, text) = match text.strip_prefix('.') {
            Some(rest) => number(rest)?,
            None => (None, text),
        };
        Ok((Self { left_aligned, min: min.unwrap_or(0), max }, text))
    }

    /// Appends `text` in this width; of a text that is too long the end stays.
    pub(super) fn push(self, out: &mut Vec<u8>, text: &str) {
        if self.min == 0 && self.max.is_none() {
            out.extend_from_slice(text.as_bytes());
            return;
        }
        let len = text.chars().count();
        let cut = len.saturating_sub(self.max.unwrap_or(len));
        let text = text.char_indices().nth(cut).map_or("", |(at, _)| &text[at..]);
        let blanks = self.min.saturating_sub(len - cut);
        if !self.left_aligned {
            out.extend(std::iter::repeat_n(b' ', blanks));
        }
        out.extend_from_slice(text.as_bytes());
        if self.left_aligned {
            out.extend(std::iter::repeat_n(b' ', blanks));
        }
    }
}

/// The number at the start of `text`, and what follows it.
fn number(text: &str) -> Result<(Option<usize>, &str), LayoutError> {
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    if digits.is_empty() {
        return Ok((None, rest));
    }
    match digits.parse() {
        Ok(number) if number <= MAX_WIDTH => Ok((Some(number), rest)),
        _ => Err(LayoutError::Width),
    }
}
