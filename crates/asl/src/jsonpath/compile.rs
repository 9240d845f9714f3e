//! Compiles a path.

use super::filter::Filter;
use super::refused::{Compiled, Refused};
use super::segments::segments;
use super::{JsonPath, Root, Segment, SyntaxError};

/// Compiles the path of a field: `$…`, `$$…` or `$name…`.
pub(super) fn path(text: &str) -> Result<JsonPath, SyntaxError> {
    let compiled_filter = |text: &str, mark| Filter::compile(text, mark).map(Segment::Filter);
    let compiled = root(text).and_then(|(root, length)| {
        let segments = segments(&text[length..], &compiled_filter);
        let segments = segments.map_err(|refused| refused.after(length))?;
        Ok(JsonPath::new(text, root, segments))
    });
    compiled.map_err(|refused| SyntaxError {
        path: text.to_owned(),
        message: refused.message,
        position: refused.at,
    })
}

/// The root of a path, and its length.
fn root(text: &str) -> Compiled<(Root, usize)> {
    let Some(rest) = text.strip_prefix('$') else {
        return Err(Refused::new(0, "a path starts with `$`"));
    };
    if rest.starts_with('$') {
        return Ok((Root::Context, 2));
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    let name = &rest[..end.unwrap_or(rest.len())];
    match name.chars().next() {
        None => Ok((Root::Input, 1)),
        Some(c) if c.is_numeric() => Err(Refused::new(1, "a variable's name starts with a letter")),
        Some(_) => Ok((Root::Variable(name.to_owned()), 1 + name.len())),
    }
}
