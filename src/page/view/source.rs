//! A file with the numbers of its lines, each of which can be linked to.

use std::collections::BTreeMap;

use maud::{Markup, html};

/// More lines are not shown: the file is elsewhere.
const MOST_LINES: usize = 20_000;

/// What tests reached of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineMark {
    Reached,
    Missed,
}

/// The anchor of a line.
pub fn anchor(line: usize) -> String {
    format!("L{line}")
}

/// `marks` are by line, from 1.
pub fn source(path: &str, text: &str, marks: &BTreeMap<usize, LineMark>) -> Markup {
    html! {
        div.source tabindex="0" role="region" aria-label=(path) {
            @for (number, line) in (1..).zip(text.lines()).take(MOST_LINES) {
                @let mark = marks.get(&number);
                div class={ "line " (mark.map_or("", |mark| mark.class())) } id=(anchor(number)) {
                    a.at href={ "#" (anchor(number)) } aria-label={ "Line " (number) } { (number) }
                    span.mark { @if let Some(mark) = mark { span.unseen { (mark.word()) } } }
                    code { (colored(line)) }
                }
            }
            @if text.lines().count() > MOST_LINES {
                p.faint { "The file has more lines." }
            }
        }
    }
}

impl LineMark {
    fn class(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Missed => "missed",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Reached => "reached by tests",
            Self::Missed => "not reached by tests",
        }
    }
}

/// A line of JSON with its names, texts and other values told apart. Other lines stay as they are.
fn colored(line: &str) -> Markup {
    html! {
        @for part in parts(line) {
            @match part {
                Part::Name(text) => { span.name { (text) } },
                Part::Text(text) => { span.string { (text) } },
                Part::Rest(text) => { (text) },
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Name(&'a str),
    Text(&'a str),
    Rest(&'a str),
}

fn parts(line: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find('"') {
        let Some(length) = quoted(&rest[start..]) else {
            break;
        };
        let (before, text) = rest.split_at(start);
        let (text, after) = text.split_at(length);
        if !before.is_empty() {
            parts.push(Part::Rest(before));
        }
        parts.push(match after.trim_start().starts_with(':') {
            true => Part::Name(text),
            false => Part::Text(text),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Rest(rest));
    }
    parts
}

/// The length of the string that a text begins with, with its quotes.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_told_apart_and_nothing_is_lost() {
        let line = r#"  "a \" b": ["x", 1, "ü:"],"#;
        let expected = [
            Part::Rest("  "),
            Part::Name(r#""a \" b""#),
            Part::Rest(": ["),
            Part::Text("\"x\""),
            Part::Rest(", 1, "),
            Part::Text("\"ü:\""),
            Part::Rest("],"),
        ];
        assert_eq!(parts(line), expected);
        for line in ["", "\"", "\"\\", "no \"end", "StartAt: Buy"] {
            assert_eq!(parts(line).len(), usize::from(!line.is_empty()), "{line}");
        }
    }

    #[test]
    fn each_line_has_its_number_and_is_text() {
        let marks = [(1, LineMark::Reached), (2, LineMark::Missed)].into();
        let page = source("a<b>.json", "\"<script>\": 1\n\u{202e}\n", &marks).into_string();
        assert!(page.contains("&quot;&lt;script&gt;&quot;"), "{page}");
        assert!(!page.contains("<script"), "{page}");
        assert!(
            page.contains("id=\"L2\"") && !page.contains("id=\"L3\""),
            "{page}"
        );
        assert!(page.contains("not reached by tests"), "{page}");
    }
}
