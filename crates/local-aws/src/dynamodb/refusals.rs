//! The engine's errors as DynamoDB's.

use dynoxide::errors::DynoxideError;
use serde_json::Value;

use crate::fault::Fault;

/// The `__type` of an error code.
pub(super) fn error_type(code: &str) -> String {
    let namespace = match code {
        "ValidationException" => "com.amazon.coral.validate",
        "AccessDeniedException" | "SerializationException" => "com.amazon.coral.service",
        _ => "com.amazonaws.dynamodb.v20120810",
    };
    format!("{namespace}#{code}")
}

/// A call that the engine refused.
pub(super) fn refusal(operation: &str, error: &DynoxideError) -> Fault {
    let message = match error {
        DynoxideError::EnvelopedValidation(message) => enveloped(operation, message),
        error => error.to_string(),
    };
    let code = error.error_type();
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    let fault = Fault::new(error.status_code(), code, message);
    match error {
        DynoxideError::ConditionalCheckFailedException(_, Some(item)) => {
            fault.with("Item", sorted(serde_json::to_value(item)))
        }
        DynoxideError::TransactionCanceledException(_, reasons) => {
            fault.with("CancellationReasons", sorted(serde_json::to_value(reasons)))
        }
        _ => fault,
    }
}

/// The engine marks its own errors in those of serde; what has no mark is serde's.
const MARKS: &[(&str, &str)] = &[
    ("VALIDATION:", "ValidationException"),
    ("VALIDATION_AS_READ:", "ValidationException"),
    ("SERIALIZATION:", "SerializationException"),
    ("SERIALIZATION_AS_READ:", "SerializationException"),
];

/// A request whose members are not what they must be.
pub(super) fn unreadable(operation: &str, error: &str) -> Fault {
    if let Some(message) = error.strip_prefix("VALIDATION_REQUEST:") {
        return Fault::bad("ValidationException", enveloped(operation, message));
    }
    for (mark, code) in MARKS {
        if let Some(message) = error.strip_prefix(mark) {
            return Fault::bad(code, message);
        }
    }
    if error.contains("empty AttributeValue") {
        return Fault::bad(
            "ValidationException",
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        );
    }
    let invalid = ["missing field", "unknown variant", "type: null", "Supplied"];
    let code = match invalid.iter().any(|words| error.contains(words)) {
        true => "ValidationException",
        false => "SerializationException",
    };
    Fault::bad(code, mistyped(error).unwrap_or_else(|| error.to_owned()))
}

/// As DynamoDB words a value of the wrong type: `NUMBER_VALUE cannot be converted to String`.
fn mistyped(error: &str) -> Option<String> {
    let (found, wanted) = error
        .strip_prefix("invalid type: ")?
        .split_once(", expected ")?;
    if found.starts_with("map") {
        return Some("Start of structure or map found where not expected.".to_owned());
    }
    if found.starts_with("sequence") {
        return Some("Unrecognized collection type class java.lang.Object".to_owned());
    }
    let found = match found.split(' ').next()? {
        "string" => "STRING_VALUE",
        "integer" => "NUMBER_VALUE",
        "floating" => "DECIMAL_VALUE",
        "boolean" if found.contains("true") => "TRUE_VALUE",
        "boolean" => "FALSE_VALUE",
        _ => return None,
    };
    let wanted = match wanted {
        "a string" => "String",
        "a boolean" => "Boolean",
        "i64" | "i32" | "u64" | "u32" | "usize" => "Integer",
        // What DynamoDB says of a structure names its class, which is not known here.
        _ => return Some("Unexpected value type in payload".to_owned()),
    };
    Some(format!("{found} cannot be converted to {wanted}"))
}

/// These operations report what is wrong with a value as one of possibly several errors.
fn enveloped(operation: &str, message: &str) -> String {
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            format!("1 validation error detected: {message}")
        }
        _ => message.to_owned(),
    }
}

fn sorted(value: serde_json::Result<Value>) -> Value {
    let mut value = value.unwrap_or_default();
    value.sort_all_objects();
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &str, code: &str, message: &str) {
        let fault = unreadable("PutItem", error);
        assert_eq!((fault.code, fault.message.as_str()), (code, message));
    }

    #[test]
    fn what_serde_says_is_worded_as_dynamodb_does() {
        check("VALIDATION:not that", "ValidationException", "not that");
        check(
            "VALIDATION_REQUEST:not that",
            "ValidationException",
            "1 validation error detected: not that",
        );
        check("SERIALIZATION:", "SerializationException", "");
        check(
            "invalid type: integer `23`, expected a string",
            "SerializationException",
            "NUMBER_VALUE cannot be converted to String",
        );
        check(
            "invalid type: boolean `true`, expected i64",
            "SerializationException",
            "TRUE_VALUE cannot be converted to Integer",
        );
    }
}
