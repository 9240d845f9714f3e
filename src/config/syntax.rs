//! What the parser of TOML refuses, in the words of somebody who writes a file.

use std::ops::Range;

const WITHOUT_QUOTES: &str = "string values must be quoted, expected literal string";

/// What is wrong, and what to do about it.
pub(super) struct Told {
    pub message: String,
    pub hint: Option<String>,
}

/// What the parser says, if it has not a better name.
pub(super) fn told(parser: &str, at: &Range<usize>, text: &str) -> Told {
    let known = |message: &str, hint: &str| Told {
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    };
    match parser {
        "duplicate key" => duplicate(at, text),
        "invalid basic string, expected `\"`" => known(
            "the string has no end",
            "close it with `\"` in the same line; one of several lines is between `\"\"\"`",
        ),
        "invalid literal string, expected `'`" if !opens(at, text) => {
            told(WITHOUT_QUOTES, at, text)
        }
        "invalid literal string, expected `'`" => known(
            "the string has no end",
            "close it with `'` in the same line; one of several lines is between `'''`",
        ),
        WITHOUT_QUOTES => known(
            "the value is missing, or is a string without quotes",
            "write a string as in `key = \"value\"`",
        ),
        other => Told {
            message: other.to_owned(),
            hint: None,
        },
    }
}

/// Whether a literal string begins before a place in its line.
fn opens(at: &Range<usize>, text: &str) -> bool {
    let before = text.get(..at.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let rest = text.get(at.start..).unwrap_or_default();
    line.contains('\'') || rest.starts_with('\'')
}

/// A key, or a table, that is there already.
fn duplicate(at: &Range<usize>, text: &str) -> Told {
    let start = text[..at.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let Some(header) = header(line) else {
        let key = &text[at.clone()];
        return Told {
            message: format!("`{key}` is set twice in the same table"),
            hint: Some("remove one of them".to_owned()),
        };
    };
    let before = text[..start].lines().enumerate();
    let mut before = before.map(|(number, line)| (number + 1, line));
    let first = before.find(|(_, line)| self::header(line) == Some(header));
    let first = first.map_or_else(String::new, |(number, _)| {
        format!(", first in line {number}")
    });
    Told {
        message: format!("the table `{header}` is written twice{first}"),
        hint: Some("write all of its keys below the first one".to_owned()),
    }
}

/// Such as `[functions.buy]`.
fn header(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let end = line.rfind(']').filter(|_| line.starts_with('['))?;
    Some(&line[..=end])
}
