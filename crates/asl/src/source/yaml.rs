//! YAML: the parser's events, folded into a JSON value and its positions.

use std::collections::HashMap;
use std::ops::Range;

use saphyr::Scalar;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

use super::short_forms::long_form;
use super::span_tree::{SpanChildren, SpanTree};
use super::{NESTED, Parsed, SyntaxError, integer};

/// The same depth that `serde_json` allows, so that both formats accept the same definitions.
const MAX_DEPTH: usize = 127;

/// Aliases can refer to nodes with aliases, so a short text can stand for any number of nodes. The largest definition
/// that AWS accepts (1 MiB) has fewer than this.
const MAX_NODES: usize = 200_000;

/// A long string that is referred to often can also expand to any size. This is far more than AWS accepts, and still
/// little memory.
const MAX_BYTES: usize = 16 << 20;

/// The key whose value is merged into the mapping. It is from YAML 1.1, and all parsers still take it; in quotes it is a
/// key like others.
const MERGE: &str = "<<";

pub(super) fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| builder.error(*error.marker(), error.info()))?;
        builder.take(event, span)?;
    }
    let Some(root) = builder.root else {
        return Err(SyntaxError::new("the document is empty", text, 0));
    };
    Ok(Parsed {
        value: root.value,
        root: root.place,
        duplicates: Vec::new(),
    })
}

#[derive(Clone)]
struct Node {
    value: Value,
    place: SpanTree,
    /// The size of this node and everything below it.
    size: Size,
}

/// The size of a node and everything below it.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    /// Of keys and strings.
    bytes: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.nodes += other.nodes;
        self.bytes += other.bytes;
    }

    fn is_too_large(self) -> bool {
        self.nodes > MAX_NODES || self.bytes > MAX_BYTES
    }
}

/// A sequence or mapping that is still open.
struct Open {
    anchor: usize,
    /// The key under which it stands, if a tag says so.
    function: Option<String>,
    start: Marker,
    size: Size,
    content: Content,
}

enum Content {
    Sequence(Vec<Value>, Vec<SpanTree>),
    Mapping {
        values: Map<String, Value>,
        places: Vec<(String, SpanTree)>,
        key: Option<Key>,
        /// What is merged into it at its end: its own keys count, wherever they are.
        merged: Vec<Node>,
    },
}

struct Key {
    name: String,
    range: Range<usize>,
    merges: bool,
}

struct Builder<'t> {
    text: &'t str,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    /// Everything that has been read or expanded so far.
    total: Size,
    /// The nodes that aliases may refer to, which are kept in addition to the document itself.
    anchored: Size,
    /// The byte offset of each character. Empty if the text is ASCII, where both counts agree.
    offsets: Vec<usize>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            let starts = text.char_indices().map(|(offset, _)| offset);
            starts.chain([text.len()]).collect()
        };
        Self {
            text,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            total: Size::default(),
            anchored: Size::default(),
            offsets,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let function = self.function(&event, span.start)?;
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.wants_key() {
                    let merges = text == MERGE && style == ScalarStyle::Plain;
                    return self.take_key(text.into_owned(), merges, span);
                }
                let tag = tag.filter(|_| function.is_none());
                let untagged = style == ScalarStyle::Plain && tag.is_none();
                let value = match integer::large(&text).filter(|_| untagged) {
                    Some(integer) => integer
                        .map(Value::from)
                        .ok_or_else(|| self.error(span.start, integer::ROUNDED))?,
                    None => {
                        let scalar = Scalar::parse_from_cow_and_metadata(text, style, tag.as_ref());
                        let scalar = scalar.ok_or_else(|| {
                            self.error(span.start, "this value does not match its tag")
                        })?;
                        self.json_value(scalar, span.start)?
                    }
                };
                let place = self.place(span.start, span.end, SpanChildren::None);
                let size = Size {
                    nodes: 1,
                    bytes: value.as_str().map_or(0, str::len),
                };
                self.grow(size, span.start)?;
                let node = Node { value, place, size };
                self.close(node, function, anchor, span.start)
            }
            Event::SequenceStart(anchor, _) => {
                let content = Content::Sequence(Vec::new(), Vec::new());
                self.open(anchor, function, span, content)
            }
            Event::MappingStart(anchor, _) => {
                let content = Content::Mapping {
                    values: Map::new(),
                    places: Vec::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.open(anchor, function, span, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let size = self.anchors.get(&anchor).map(|node| node.size);
                // Must come before anything is copied.
                self.grow(size.unwrap_or_default(), span.start)?;
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| {
                    self.error(
                        span.start,
                        "an alias cannot be inside the node that it refers to",
                    )
                })?;
                self.close(node, None, 0, span.start)
            }
            Event::DocumentStart(_) if self.root.is_some() => Err(self.error(
                span.start,
                "a definition must be a single document, but a second one starts here",
            )),
            _ => Ok(()),
        }
    }

    /// What a tag stands for. Tags of YAML itself say what type a value has, and those of CloudFormation are the short forms
    /// of its functions: `!Ref a` is `Ref: a`, so that whoever reads the value finds both in one form. Others ask for
    /// something that nobody would do: their values would stay as they are.
    fn function(&self, event: &Event<'_>, at: Marker) -> Result<Option<String>, SyntaxError> {
        let (Event::Scalar(_, _, _, tag)
        | Event::SequenceStart(_, tag)
        | Event::MappingStart(_, tag)) = event
        else {
            return Ok(None);
        };
        let Some(tag) = tag.as_ref().filter(|tag| {
            !(tag.is_yaml_core_schema() || tag.handle.is_empty() && tag.suffix == "!")
        }) else {
            return Ok(None);
        };
        let is_local = tag.handle == "!" && !self.wants_key();
        if let Some(long) = long_form(&tag.suffix).filter(|_| is_local) {
            return Ok(Some(long));
        }
        let message = format!("the tag `{}{}` is not evaluated", tag.handle, tag.suffix);
        let mut error = self.error(at, &message);
        error.hint = Some("leave it out, and write the value that it stands for");
        Err(error)
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Content::Mapping { key: None, .. },
                ..
            })
        )
    }

    /// Counts nodes that are about to become part of the document.
    fn grow(&mut self, size: Size, at: Marker) -> Result<(), SyntaxError> {
        self.total.add(size);
        if self.total.is_too_large() {
            return Err(self.too_large(at));
        }
        Ok(())
    }

    fn take_key(&mut self, name: String, merges: bool, span: Span) -> Result<(), SyntaxError> {
        let range = self.range(span.start, span.end);
        let bytes = name.len();
        self.grow(Size { nodes: 0, bytes }, span.start)?;
        if let Some(Open {
            content: Content::Mapping { values, key, .. },
            size,
            ..
        }) = self.open.last_mut()
        {
            size.bytes += bytes;
            if values.contains_key(&name) {
                let message = format!("the key `{name}` is repeated in this mapping");
                return Err(self.error(span.start, &message));
            }
            *key = Some(Key {
                name,
                range,
                merges,
            });
        }
        Ok(())
    }

    fn open(
        &mut self,
        anchor: usize,
        function: Option<String>,
        span: Span,
        content: Content,
    ) -> Result<(), SyntaxError> {
        if self.wants_key() {
            return Err(self.error(span.start, "a key must be a string"));
        }
        let functions = self.open.iter().filter(|open| open.function.is_some());
        let levels = self.open.len() + functions.count() + usize::from(function.is_some());
        if levels >= MAX_DEPTH {
            return Err(self.error(span.start, NESTED));
        }
        let size = Size { nodes: 1, bytes: 0 };
        self.grow(size, span.start)?;
        self.open.push(Open {
            anchor,
            function,
            start: span.start,
            size,
            content,
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (value, children) = match open.content {
            Content::Sequence(values, places) => {
                (Value::Array(values), SpanChildren::Items(places))
            }
            Content::Mapping {
                mut values,
                mut places,
                merged,
                ..
            } => {
                for node in merged {
                    self.merge(node, &mut values, &mut places)?;
                }
                (Value::Object(values), SpanChildren::Fields(places))
            }
        };
        let node = Node {
            value,
            place: self.place(open.start, span.end, children),
            size: open.size,
        };
        self.close(node, open.function, open.anchor, span.start)
    }

    /// The node under the key of a function, where it stands.
    fn under(&mut self, node: Node, function: String, at: Marker) -> Result<Node, SyntaxError> {
        let more = Size {
            nodes: 1,
            bytes: function.len(),
        };
        self.grow(more, at)?;
        let mut size = node.size;
        size.add(more);
        let range = node.place.value.clone();
        let inner = SpanTree {
            key: Some(range.clone()),
            ..node.place
        };
        Ok(Node {
            value: Value::Object(Map::from_iter([(function.clone(), node.value)])),
            place: SpanTree {
                key: None,
                value: range,
                children: SpanChildren::Fields(vec![(function, inner)]),
            },
            size,
        })
    }

    /// Adds a complete node to the innermost open collection, or makes it the root.
    fn close(
        &mut self,
        mut node: Node,
        function: Option<String>,
        anchor: usize,
        at: Marker,
    ) -> Result<(), SyntaxError> {
        if let Some(function) = function {
            node = self.under(node, function, at)?;
        }
        if anchor != 0 {
            self.anchored.add(node.size);
            if self.anchored.is_too_large() {
                return Err(self.too_large(at));
            }
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.size.add(node.size);
        match &mut parent.content {
            Content::Sequence(values, places) => {
                values.push(node.value);
                places.push(node.place);
            }
            Content::Mapping {
                values,
                places,
                key,
                merged,
            } => {
                let Some(Key {
                    name,
                    range,
                    merges,
                }) = key.take()
                else {
                    return Err(self.error(at, "a key must be a string"));
                };
                node.place.key = Some(range);
                if merges {
                    merged.push(node);
                    return Ok(());
                }
                values.insert(name.clone(), node.value);
                places.push((name, node.place));
            }
        }
        Ok(())
    }

    /// Adds the keys of a mapping, or of each mapping in a list, that are not there yet.
    fn merge(
        &self,
        node: Node,
        values: &mut Map<String, Value>,
        places: &mut Vec<(String, SpanTree)>,
    ) -> Result<(), SyntaxError> {
        let at = node.place.key.unwrap_or(node.place.value).start;
        let refused = || {
            SyntaxError::new(
                "`<<` merges a mapping, or a list of mappings",
                self.text,
                at,
            )
        };
        let mappings = match (node.value, node.place.children) {
            (Value::Array(values), SpanChildren::Items(places)) => {
                let places = places.into_iter().map(|place| place.children);
                values.into_iter().zip(places).collect()
            }
            single => vec![single],
        };
        for mapping in mappings {
            let (Value::Object(members), SpanChildren::Fields(fields)) = mapping else {
                return Err(refused());
            };
            for ((name, value), field) in members.into_iter().zip(fields) {
                if !values.contains_key(&name) {
                    values.insert(name, value);
                    places.push(field);
                }
            }
        }
        Ok(())
    }

    fn place(&self, start: Marker, end: Marker, children: SpanChildren) -> SpanTree {
        SpanTree {
            key: None,
            value: self.range(start, end),
            children,
        }
    }

    fn range(&self, start: Marker, end: Marker) -> Range<usize> {
        self.byte(start)..self.byte(end).max(self.byte(start))
    }

    fn byte(&self, marker: Marker) -> usize {
        match self.offsets.last() {
            None => marker.index(),
            Some(last) => *self.offsets.get(marker.index()).unwrap_or(last),
        }
    }

    fn too_large(&self, at: Marker) -> SyntaxError {
        self.error(
            at,
            "the document is too large after its aliases are expanded",
        )
    }

    fn error(&self, marker: Marker, message: &str) -> SyntaxError {
        SyntaxError::new(message, self.text, self.byte(marker))
    }

    fn json_value(&self, scalar: Scalar<'_>, at: Marker) -> Result<Value, SyntaxError> {
        Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::Bool(value),
            Scalar::Integer(value) => Value::from(value),
            Scalar::FloatingPoint(value) => Number::from_f64(value.into_inner())
                .map(Value::Number)
                .ok_or_else(|| self.error(at, "JSON cannot represent this number"))?,
            Scalar::String(value) => Value::String(value.into_owned()),
        })
    }
}
