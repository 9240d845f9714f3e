//! Splits a path into its segments, as Jayway JsonPath 2.0.0 does: it is lenient, and what it is lenient about has a
//! meaning that workflows on AWS rely on.

use super::Segment;
use super::brackets;
use super::refused::{Compiled, Refused};

/// Compiles what follows the root; `filter` compiles filters.
pub(super) fn segments(text: &str, filter: brackets::FilterCompiler) -> Compiled<Vec<Segment>> {
    let text = trim_end(text);
    if text.ends_with("..") {
        return Err(Refused::new(
            text.len(),
            "a path must not end with `..`: add the name to search for, as in `$..id`",
        ));
    }
    if !text.is_empty() && !text.starts_with(['.', '[']) {
        return Err(Refused::new(0, "expected `.` or `[` after the root"));
    }
    let mut segments = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        match first {
            ' ' => return Err(Refused::new(at, BLANK)),
            '$' => {
                segments.push(Segment::Root);
                at += 1;
            }
            '*' => {
                segments.push(Segment::Wildcard);
                at += 1;
            }
            '[' => {
                let fragment = bracketed(rest);
                let segment = brackets::segment(fragment, filter);
                segments.push(segment.map_err(|refused| refused.after(at))?);
                at += fragment.len();
            }
            '.' if rest.starts_with("..") => {
                segments.push(Segment::Scan);
                at += 2;
            }
            '.' if rest.len() == 1 => {
                return Err(Refused::new(
                    at + 1,
                    "a path must not end with `.`: add a name, or remove the `.`",
                ));
            }
            '.' => {
                let name = plain_name(&rest[1..]);
                match name {
                    "" => {}
                    "*" => segments.push(Segment::Wildcard),
                    name => segments.push(named(name)),
                }
                at += 1 + name.len();
            }
            _ => {
                let name = plain_name(rest);
                segments.push(named(name));
                at += name.len();
            }
        }
    }
    Ok(segments)
}

const BLANK: &str =
    "a path must not contain a blank outside of brackets: quote the name, as in `$['order id']`";

/// The name at the start of the text. Almost every character can be part of it.
fn plain_name(text: &str) -> &str {
    &text[..text.find(['.', '[', ' ']).unwrap_or(text.len())]
}

/// What a plain name selects: itself, unless it has a `'` or `]`, which mean what they mean between brackets.
fn named(name: &str) -> Segment {
    let quoted = brackets::names(&format!("'{name}']"));
    quoted.unwrap_or_else(|| Segment::Name(name.to_owned()))
}

/// The text up to the `]` that belongs to the `[` at its start; all of it if there is none. Quotes do not count.
fn bracketed(text: &str) -> &str {
    let mut depth = 0_usize;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 1 => return &text[..=i],
            b']' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// Removes what Java's `String.trim` removes: blanks and control characters.
pub(super) fn trim(text: &str) -> &str {
    trim_end(text).trim_start_matches(|c| c <= ' ')
}

fn trim_end(text: &str) -> &str {
    text.trim_end_matches(|c| c <= ' ')
}
