//! Layouts of log lines in the notation of log4j 1.2 (projects-and-jobs §6.5, key `azkaban.job.log.layout`).
//!
//! Known are `%d`, `%d{…}`, `%c`, `%c{n}`, `%p`, `%m`, `%n`, `%t`, `%x`, `%X{…}`, `%%`, and the widths before the letter
//! (`%-5p`, `%.30c`). There is no Java code behind a line, so its places `%C`, `%F`, `%L`, `%M` and `%l` are `?`.

mod date;
mod formatter;
mod width;

use thiserror::Error;

use date::DateFormat;
pub use formatter::LineFormatter;
use width::Width;

/// The layout of logs whose job does not ask for another.
pub const DEFAULT_LAYOUT: &str = "%d{dd-MM-yyyy HH:mm:ss z} %c{1} %p - %m\n";

/// The longest pattern that is accepted, in bytes.
const MAX_PATTERN_BYTES: usize = 4096;

/// Why a pattern is no layout.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// More than 4096 bytes.
    #[error("the layout is longer than {MAX_PATTERN_BYTES} bytes")]
    TooLong,
    /// A `%` with a letter that is not known.
    #[error("the layout has the unknown conversion %{0}")]
    UnknownConversion(char),
    /// The pattern ends in the middle of a conversion.
    #[error("the layout ends inside a conversion")]
    Incomplete,
    /// A letter of a date that is not known.
    #[error("the layout has a date with the unknown letter {0}")]
    UnknownDateLetter(char),
    /// A quote inside a date is not closed.
    #[error("the layout has a date with an open quote")]
    OpenQuote,
    /// The `n` of `%c{n}` is no number from 1.
    #[error("the layout has %c with '{0}', which is no number of parts")]
    Parts(String),
    /// A width of more than 1000 characters.
    #[error("the layout has a width beyond {}", width::MAX_WIDTH)]
    Width,
}

/// A parsed layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLayout {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Date(DateFormat, Width),
    /// The logger's name, or its last so many parts.
    Logger(Option<usize>, Width),
    Level(Width),
    Message(Width),
    Thread(Width),
    /// Something that no line has.
    Unknown(&'static str, Width),
}

impl LogLayout {
    /// Parses a pattern.
    ///
    /// # Errors
    /// See [`LayoutError`].
    pub fn parse(pattern: &str) -> Result<Self, LayoutError> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(LayoutError::TooLong);
        }
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some((text, conversion)) = rest.split_once('%') {
            push_text(&mut parts, text);
            rest = push_conversion(&mut parts, conversion)?;
        }
        push_text(&mut parts, rest);
        Ok(Self { parts })
    }
}

impl Default for LogLayout {
    /// [`DEFAULT_LAYOUT`].
    fn default() -> Self {
        Self::parse(DEFAULT_LAYOUT).expect("the default layout is well formed, as a test shows")
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// Adds the conversion behind a `%`; returns what follows it.
fn push_conversion<'a>(parts: &mut Vec<Part>, conversion: &'a str) -> Result<&'a str, LayoutError> {
    let (width, rest) = Width::parse(conversion)?;
    let mut chars = rest.chars();
    let letter = chars.next().ok_or(LayoutError::Incomplete)?;
    let rest = chars.as_str();
    let (option, rest) = match rest.strip_prefix('{') {
        Some(inner) if "cdX".contains(letter) => {
            inner.split_once('}').map(|(option, rest)| (Some(option), rest)).ok_or(LayoutError::Incomplete)?
        }
        _ => (None, rest),
    };
    parts.push(match letter {
        '%' | 'n' => {
            push_text(parts, if letter == 'n' { "\n" } else { "%" });
            return Ok(rest);
        }
        'd' => Part::Date(DateFormat::parse(option.unwrap_or("ISO8601"))?, width),
        'c' => {
            let parts = |option: &str| {
                let number = option.trim().parse().ok().filter(|&parts: &usize| parts > 0);
                number.ok_or_else(|| LayoutError::Parts(option.to_owned()))
            };
            Part::Logger(option.map(parts).transpose()?, width)
        }
        'p' => Part::Level(width),
        'm' => Part::Message(width),
        't' => Part::Thread(width),
        'x' | 'X' => Part::Unknown("", width),
        'C' | 'F' | 'L' | 'M' | 'l' => Part::Unknown("?", width),
        other => return Err(LayoutError::UnknownConversion(other)),
    });
    Ok(rest)
}
