//! YAML with the text of scalars kept, under bounds.
//!
//! Azkaban binds YAML to typed beans, where `010`, `1_000`, `yes` and `2001-01-02` stay the texts they are
//! (projects-and-jobs §3.2). So nothing here guesses types; only null, integers and floats are told from a plain text
//! where a caller asks.

mod build;
mod reader;
mod scalar;

use std::borrow::Cow;

use thiserror::Error;

pub(super) use reader::{Failure, Reader};
pub(super) use scalar::{float, integer};

/// A document: an arena, so that an alias is one more reference and depth costs no stack.
#[derive(Debug)]
pub(super) struct Document<'t> {
    nodes: Vec<Node<'t>>,
    root: Option<NodeId>,
}

/// A place in a [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(u32);

/// A YAML node and where it starts.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) value: Value<'t>,
    pub(super) place: Place,
}

/// Line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    line: u32,
    column: u32,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Value<'t> {
    /// `plain` scalars are those without quotes that are no block.
    Scalar {
        text: Cow<'t, str>,
        plain: bool,
    },
    Sequence(Vec<NodeId>),
    /// In the order of the text, equal keys and merge keys included.
    Mapping(Vec<(NodeId, NodeId)>),
}

/// A text that is not acceptable YAML.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem} in line {}, column {}", .place.line, .place.column)]
pub(super) struct YamlError {
    problem: String,
    place: Place,
}

impl YamlError {
    pub(super) fn new(place: Place, problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), place }
    }
}

impl Node<'_> {
    /// Whether this is null: a plain empty text, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if scalar::is_null(text))
    }
}

impl<'t> Document<'t> {
    /// Parses a text, as [`decode`] gives it, that holds at most one document.
    pub(super) fn parse(text: &'t str) -> Result<Self, YamlError> {
        refuse_unprintable(text)?;
        build::build(text)
    }

    /// The root; `None` if there is no document or it is null.
    pub(super) fn root(&self) -> Option<NodeId> {
        self.root.filter(|&root| !self.node(root).is_null())
    }

    pub(super) fn node(&self, id: NodeId) -> &Node<'t> {
        &self.nodes[id.0 as usize]
    }
}

/// The text of a file: UTF-8, or UTF-16 if a byte order mark says so.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, YamlError> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks(2).map(|pair| unit([pair[0], pair.get(1).copied().unwrap_or(0)]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.map(Cow::Owned).map_err(|_| YamlError::new(Place::START, "the text is not valid UTF-16"))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, YamlError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        YamlError::new(Place::after(&valid), "the text is not valid UTF-8")
    })
}

/// Control characters are no part of YAML; a NUL would also end the parser's input early.
fn refuse_unprintable(text: &str) -> Result<(), YamlError> {
    let printable = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => !c.is_control(),
    };
    match text.char_indices().find(|&(_, c)| !printable(c)) {
        None => Ok(()),
        Some((at, c)) => {
            let problem = format!("special characters are not allowed: U+{:04X}", u32::from(c));
            Err(YamlError::new(Place::after(&text[..at]), problem))
        }
    }
}

impl Place {
    const START: Place = Place { line: 1, column: 1 };

    fn after(text: &str) -> Self {
        let line_start = text.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            line: count(text.bytes().filter(|&b| b == b'\n').count() + 1),
            column: count(text[line_start..].chars().count() + 1),
        }
    }
}
