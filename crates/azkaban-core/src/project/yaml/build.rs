//! From parser events to a [`Document`].

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::{Document, Node, NodeId, Place, Value, YamlError};

/// A sequence or mapping whose end is still to come.
struct Open {
    id: NodeId,
    anchor: usize,
    is_mapping: bool,
    /// Of a mapping: keys and values in turn.
    children: Vec<NodeId>,
}

#[derive(Default)]
struct Builder<'t> {
    nodes: Vec<Node<'t>>,
    open: Vec<Open>,
    /// By the parser's number; `None` until the anchored node is complete.
    anchors: Vec<Option<NodeId>>,
    root: Option<NodeId>,
    documents: usize,
}

/// Parses a text that holds at most one document.
pub(super) fn build(text: &str) -> Result<Document<'_>, YamlError> {
    let mut builder = Builder::default();
    // Blanks of a last line without a line break are nothing, and the parser takes them for a line of a block scalar.
    let trimmed = text.trim_end_matches(' ');
    let text = if trimmed.ends_with('\n') { trimmed } else { text };
    // The parser adds the line break that the last line of a block scalar lacks; SnakeYAML does not.
    let unended = (!text.ends_with(['\n', '\r'])).then(|| text.chars().count());
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (mut event, span) = event.map_err(|error| YamlError::new(place(error.marker()), error.info()))?;
        if let Event::Scalar(text, ScalarStyle::Literal | ScalarStyle::Folded, ..) = &mut event
            && unended == Some(span.end.index())
            && text.ends_with('\n')
        {
            text.to_mut().pop();
        }
        builder.event(event, place(&span.start))?;
    }
    Ok(Document { nodes: builder.nodes, root: builder.root })
}

fn place(marker: &Marker) -> Place {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: number(marker.line()), column: number(marker.col() + 1) }
}

impl<'t> Builder<'t> {
    fn event(&mut self, event: Event<'t>, place: Place) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(YamlError::new(
                        place,
                        "expected a single document in the stream, but found another document",
                    ));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_string = check_tag(tag.as_deref(), "str", place)?;
                let plain = style == ScalarStyle::Plain && !is_string;
                let id = self.add(Value::Scalar { text, plain }, place);
                self.complete(anchor, id);
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq", place)?;
                self.open(anchor, false, place);
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map", place)?;
                self.open(anchor, true, place);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(anchor).copied().flatten() {
                Some(id) => self.attach(id),
                None => {
                    return Err(YamlError::new(place, "found an alias inside the node that it stands for"));
                }
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn add(&mut self, value: Value<'t>, place: Place) -> NodeId {
        // The parser's input is limited to far less than 4 GiB by the size limit of flow files.
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { value, place });
        id
    }

    fn open(&mut self, anchor: usize, is_mapping: bool, place: Place) {
        let id = self.add(Value::Sequence(Vec::new()), place);
        self.open.push(Open { id, anchor, is_mapping, children: Vec::new() });
    }

    fn close(&mut self) {
        let Some(Open { id, anchor, is_mapping, children }) = self.open.pop() else { return };
        self.nodes[id.0 as usize].value = if is_mapping {
            Value::Mapping(children.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
        } else {
            Value::Sequence(children)
        };
        self.complete(anchor, id);
    }

    fn complete(&mut self, anchor: usize, id: NodeId) {
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = Some(id);
        }
        self.attach(id);
    }

    fn attach(&mut self, id: NodeId) {
        match self.open.last_mut() {
            Some(around) => around.children.push(id),
            None => self.root = Some(id),
        }
    }
}

/// Whether the node is tagged as what it is anyway; any other tag is refused, since a tag can name a class to make.
fn check_tag(tag: Option<&Tag>, own: &str, place: Place) -> Result<bool, YamlError> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == own => Ok(true),
        Some(tag) => Err(YamlError::new(
            place,
            format!("tags are not allowed, a text that starts with '!' needs quotes: {tag}"),
        )),
    }
}
