//! What the parser of TOML refuses, in the words of somebody who writes a file.

use std::ops::Range;

/// What is wrong, and what to do about it.
pub(super) struct Told {
    pub message: String,
    pub hint: Option<String>,
}

/// What the parser says, if it has not a better name.
pub(super) fn told(parser: &str, at: &Range<usize>, text: &str) -> Told {
    // What the parser expects then does not help.
    let (what, _) = parser.split_once(", expected ").unwrap_or((parser, ""));
    match what {
        "duplicate key" => duplicate(at, text),
        "invalid literal string" if !opens(at, text) => without_quotes(),
        "string values must be quoted" => without_quotes(),
        "invalid key-value pair"
        | "invalid unquoted key"
        | "key with no value"
        | "unquoted keys cannot be empty" => key(at, text),
        _ => known(what).unwrap_or_else(|| as_it_is(parser)),
    }
}

fn said(message: &str, hint: &str) -> Told {
    Told {
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    }
}

fn without_quotes() -> Told {
    said(
        "the value is missing, or is a string without quotes",
        "write a string as in `key = \"value\"`",
    )
}

fn known(what: &str) -> Option<Told> {
    Some(match what {
        "invalid basic string" => said(
            "the string has no end",
            "close it with `\"` in the same line; one of several lines is between `\"\"\"`",
        ),
        "invalid literal string" => said(
            "the string has no end",
            "close it with `'` in the same line; one of several lines is between `'''`",
        ),
        "unclosed table" => said(
            "the header of the table is not closed",
            "close it with `]`; put quotes around a name with other characters than letters, digits, `-` and `_`",
        ),
        "unclosed array table" => said(
            "the header of the list is not closed",
            "close it with `]]`; the header of a single table is between `[` and `]`",
        ),
        "unclosed array" => said("the array is not closed", "close it with `]`"),
        "unclosed inline table" => said("the table is not closed", "close it with `}`"),
        "unexpected key or value" => said(
            "something else follows the value",
            "write each key in a line of its own",
        ),
        "unexpected leading zero" => said(
            "a number does not begin with `0`",
            "leave out the `0`, or put quotes around a string",
        ),
        "invalid boolean" => said(
            "the value is not one that TOML has",
            "write `true` or `false`, or a string as in `key = \"value\"`",
        ),
        "missing escaped value" => said(
            "the string has a `\\` that escapes nothing",
            "write `\\\\`, or put the string between `'`, where `\\` is an ordinary character",
        ),
        "cannot recurse further; max recursion depth met" => said(
            "too many brackets are inside each other",
            "close them, or write the inner values as tables of their own",
        ),
        _ if what.starts_with("cannot extend value of type") => said(
            "the name has a value already, so it cannot be a table",
            "remove the value, or rename one of them",
        ),
        _ => return None,
    })
}

/// The parser's own words.
fn as_it_is(parser: &str) -> Told {
    match parser.split_once(", expected ") {
        Some((message, expected)) => said(message, &format!("expected {expected}")),
        None => Told {
            message: parser.to_owned(),
            hint: None,
        },
    }
}

/// What is wrong with a key, by what its line looks like. The line may hold a secret, so it is not repeated.
fn key(at: &Range<usize>, text: &str) -> Told {
    let before = text.get(..at.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..).unwrap_or_default();
    let line = line.lines().next().unwrap_or_default().trim();
    if let Some(inner) = line.strip_prefix('[') {
        let inner = inner.strip_prefix('[').unwrap_or(inner);
        return match inner.contains('[') {
            true => said(
                "a name in the header of a table has a `[`",
                "write `[functions.buy]` for a single table, and `[[triggers]]` for one of a list",
            ),
            false => said(
                "a name is missing in the header of a table",
                "write it as in `[functions.buy]`",
            ),
        };
    }
    let rest = line.trim_start_matches(is_bare);
    match rest.trim_start().chars().next() {
        _ if rest.len() == line.len() => said(
            "a key is missing",
            "a line is `key = value`, or the header of a table, such as `[functions.buy]`",
        ),
        Some(':') => said(
            "a `:` follows the key",
            "write `=` between a key and its value",
        ),
        None => said(
            "the key has no value",
            "write the value behind `=`, as in `key = \"value\"`",
        ),
        Some(_) => said(
            "the key has other characters than letters, digits, `-` and `_`",
            "put quotes around the key, as in `\"a key\" = \"value\"`",
        ),
    }
}

/// Whether a key may have it without quotes.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
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
