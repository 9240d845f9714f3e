//! The current position of the checks in the definition: a linked list on the stack, which is only formatted for a
//! finding.

use std::fmt::Write as _;

use crate::source::push_token;

#[derive(Clone, Copy)]
enum Segment<'a> {
    Key(&'a str),
    Index(usize),
}

/// A position in the definition, linked to the enclosing ones.
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

    /// In AWS's notation: `/States/Choose/Choices[0]/Next`, and `/` for the whole definition.
    pub(super) fn location(&self) -> String {
        let mut text = String::new();
        for segment in self.segments() {
            // Writing to a `String` cannot fail.
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

    /// As a JSON pointer (RFC 6901), for a lookup in the source.
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
