use std::fmt::Write as _;

use serde_json::Value;

use super::arguments::{Returned, text};

/// Replaces each `{}` in the template with an argument.
pub(super) fn format(arguments: &[Value]) -> Returned {
    let template = text(arguments, 0)?;
    let mut values = arguments.iter().skip(1);
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    let too_few = "there are more `{}` than arguments";
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('{' | '}' | '\\' | '\'')) => out.push(c),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                show(values.next().ok_or(too_few)?, &mut out);
            }
            c => out.push(c),
        }
    }
    if values.next().is_some() {
        return Err("there are more arguments than `{}`".into());
    }
    Ok(out.into())
}

/// Writes a value as Java prints maps and lists: `{a=1, b=[x, y]}`.
fn show(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                show(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                // Writing to a `String` cannot fail.
                let _ = write!(out, "{key}=");
                show(value, out);
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let _ = write!(out, "{value}");
        }
    }
}
