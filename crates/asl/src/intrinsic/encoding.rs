use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::arguments::{Returned, expected, text};
use crate::hash;

/// The maximum number of characters that Base64 and hash functions accept.
const MAX_CHARACTERS: usize = 10_000;

fn short_text(arguments: &[Value]) -> Result<&str, String> {
    let text = text(arguments, 0)?;
    if text.chars().count() > MAX_CHARACTERS {
        return Err(format!(
            "the text has more than {MAX_CHARACTERS} characters"
        ));
    }
    Ok(text)
}

pub(super) fn base64_encode(arguments: &[Value]) -> Returned {
    Ok(STANDARD.encode(short_text(arguments)?).into())
}

pub(super) fn base64_decode(arguments: &[Value]) -> Returned {
    let bytes = STANDARD.decode(short_text(arguments)?);
    let bytes = bytes.map_err(|problem| format!("the text is not Base64: {problem}"))?;
    Ok(String::from_utf8_lossy(&bytes).into())
}

pub(super) fn hash(arguments: &[Value]) -> Returned {
    let algorithm = text(arguments, 1)?;
    let data = match arguments.first() {
        Some(Value::String(_)) => short_text(arguments)?.to_owned(),
        other => other.unwrap_or(&Value::Null).to_string(),
    };
    match hash::hexadecimal(algorithm, &data) {
        Some(hash) => Ok(hash.into()),
        None => Err(expected(
            1,
            "one of MD5, SHA-1, SHA-256, SHA-384, SHA-512",
            arguments.get(1),
        )),
    }
}

/// Step Functions merges one level deep and rejects `true`, which asks for a deep merge.
pub(super) fn json_merge(arguments: &[Value]) -> Returned {
    match arguments {
        [
            Value::Object(first),
            Value::Object(second),
            Value::Bool(false),
        ] => {
            let mut merged = first.clone();
            merged.extend(second.clone());
            Ok(merged.into())
        }
        [Value::Object(_), Value::Object(_), flag] => Err(expected(2, "false", Some(flag))),
        [Value::Object(_), second, _] => Err(expected(1, "an object", Some(second))),
        _ => Err(expected(0, "an object", arguments.first())),
    }
}

pub(super) fn json_to_string(arguments: &[Value]) -> Returned {
    let value = arguments.first().unwrap_or(&Value::Null);
    Ok(value.to_string().into())
}

/// A blank string is null.
pub(super) fn string_to_json(arguments: &[Value]) -> Returned {
    let text = text(arguments, 0)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    match serde_json::from_str(text) {
        // As an integer, `-0` loses its sign.
        Ok(Value::Number(zero)) if zero.as_f64() == Some(0.0) && text.trim() == "-0" => {
            Ok(0.into())
        }
        Ok(value) => Ok(value),
        Err(problem) => Err(format!("the text is not JSON: {problem}")),
    }
}
