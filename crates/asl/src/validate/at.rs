//! Where a check stands in the definition: a chain on the stack, spelled out only for a finding.

use std::fmt::Write as _;

use crate::source::push_token;

#[derive(Clone, Copy)]
enum Segment<'a> {
    Key(&'a str),
    Index(usize),
}

/// A place in the definition and the places around it.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    parent: Option<&'a At<'a>>,
    segment: Segment<'a>,
}

impl<'a> At<'a> {
    pub(super) const ROOT: At<'static> = At {
        parent: None,
        segment: Segment::Key(""),
    };

    pub(super) fn key(&'a self, key: &'a str) -> At<'a> {
        At {
            parent: Some(self),
            segment: Segment::Key(key),
        }
    }

    pub(super) fn index(&'a self, index: usize) -> At<'a> {
        At {
            parent: Some(self),
            segment: Segment::Index(index),
        }
    }

    /// As AWS writes it: `/States/Choose/Choices[0]/Next`, and `/` for the whole.
    pub(super) fn location(&self) -> String {
        let mut text = String::new();
        for segment in self.segments() {
            // Writing to a String cannot fail.
            let _ = match segment {
                Segment::Key(key) => write!(text, "/{key}"),
                Segment::Index(index) => write!(text, "[{index}]"),
            };
        }
        if text.is_empty() {
            text.push('/');
        }
        text
    }

    /// As RFC 6901 writes it, for a look-up in the source.
    pub(super) fn pointer(&self) -> String {
        let mut text = String::new();
        for segment in self.segments() {
            match segment {
                Segment::Key(key) => push_token(&mut text, key),
                Segment::Index(index) => push_token(&mut text, &index.to_string()),
            }
        }
        text
    }

    fn segments(&self) -> Vec<Segment<'a>> {
        let mut segments = Vec::new();
        let mut place = *self;
        while let Some(parent) = place.parent {
            segments.push(place.segment);
            place = *parent;
        }
        segments.reverse();
        segments
    }
}
