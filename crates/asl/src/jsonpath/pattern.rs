//! `/…/` and `/…/i`: a regular expression in a filter.

use regex::{Regex, RegexBuilder};
use serde_json::{Number, Value};

use super::refused::{Compiled, Refused};

/// The memory that one compiled expression may take.
const MAX_SIZE: usize = 1 << 20;

#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    source: String,
    ignore_case: bool,
    /// `None` if only a backtracking engine, such as Java's, can evaluate it.
    regex: Option<Regex>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.ignore_case) == (&other.source, other.ignore_case)
    }
}

impl Pattern {
    /// `None` if the text is not a pattern.
    pub(super) fn compile(text: &str) -> Compiled<Option<Self>> {
        let Some(rest) = text.strip_prefix('/') else {
            return Ok(None);
        };
        let ignore_case = text.ends_with("/i");
        let Some(source) = rest.strip_suffix(if ignore_case { "/i" } else { "/" }) else {
            return match text {
                "/" | "/i" => Err(Refused::new(0, "the pattern is not closed with a `/`")),
                _ => Ok(None),
            };
        };
        let build = |source: &str| {
            let mut builder = RegexBuilder::new(source);
            let builder = builder.case_insensitive(ignore_case);
            builder.size_limit(MAX_SIZE).build()
        };
        // The expression by itself must be valid: `a)(b` is, within parentheses.
        let regex = build(source).and_then(|_| build(&format!(r"\A(?:{source})\z")));
        let regex = match regex {
            Ok(regex) => Some(regex),
            Err(_) if needs_backtracking(source) => None,
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default();
                let reason = reason.trim_start_matches("error: ");
                let message = format!("`/{source}/` is not a valid pattern: {reason}");
                return Err(Refused::new(0, message));
            }
        };
        Ok(Some(Self {
            source: source.to_owned(),
            ignore_case,
            regex,
        }))
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole text matches; `None` if it is not known.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        Some(self.regex.as_ref()?.is_match(text))
    }
}

/// Whether the expression looks around, refers back, or is possessive: valid in Java, and without an upper limit to the time
/// that it takes.
fn needs_backtracking(source: &str) -> bool {
    let marks = [
        "(?=", "(?!", "(?<", "(?>", "++", "*+", "?+", "}+", r"\k", r"\Q", "&&",
    ];
    let refers_back = |pair: &[u8]| pair[0] == b'\\' && pair[1].is_ascii_digit();
    marks.iter().any(|mark| source.contains(mark)) || source.as_bytes().windows(2).any(refers_back)
}

/// A value as Java shows it to a pattern.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => shown_number(number),
        other => other.to_string(),
    }
}

/// `1`, `1.0`, `1.0E10`.
fn shown_number(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    if float == 0.0 || (1e-3..1e7).contains(&float.abs()) {
        return format!("{float:?}");
    }
    let text = format!("{float:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}
