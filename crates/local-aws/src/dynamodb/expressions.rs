//! The sizes of expressions, which the engine does not limit: it evaluates them by recursion.

use serde_json::Value;

use crate::fault::Fault;

/// AWS's limit for an expression.
const MOST_BYTES: usize = 4096;

/// An expression nests by a parenthesis or an operator at least. Up to so many need no more than the stack of a task.
const SHALLOW: usize = 32;

/// How deep the expressions of a call may nest at most. Refuses one that AWS would find too long.
pub(super) fn depth(input: &Value) -> Result<usize, Fault> {
    match input {
        Value::Object(members) => {
            let mut deepest = 0;
            for (name, value) in members {
                deepest = deepest.max(match value {
                    Value::String(text) if name.ends_with("Expression") => of(name, text)?,
                    // Items are data, whatever their attributes are named.
                    Value::Object(_) if matches!(name.as_str(), "Item" | "Key") => 0,
                    value => depth(value)?,
                });
            }
            Ok(deepest)
        }
        Value::Array(items) => {
            let depths = items.iter().map(depth).collect::<Result<Vec<_>, _>>()?;
            Ok(depths.into_iter().max().unwrap_or_default())
        }
        _ => Ok(0),
    }
}

pub(super) fn is_shallow(depth: usize) -> bool {
    depth <= SHALLOW
}

fn of(name: &str, expression: &str) -> Result<usize, Fault> {
    if expression.len() > MOST_BYTES {
        let message = format!(
            "Invalid {name}: Expression size has exceeded the maximum allowed size; expression size: {}",
            expression.len()
        );
        return Err(Fault::bad("ValidationException", message));
    }
    let opened = expression.bytes().filter(|byte| *byte == b'(').count();
    Ok(opened + expression.split_whitespace().count())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_nests_is_found_wherever_it_stands() {
        let nested = format!("{}id = :v", "NOT ".repeat(300));
        assert!(!is_shallow(
            depth(&json!({ "FilterExpression": nested })).unwrap()
        ));
        let within =
            json!({ "TransactItems": [{ "Put": { "ConditionExpression": "(".repeat(40) } }] });
        assert!(!is_shallow(depth(&within).unwrap()));
        let plain = json!({ "KeyConditionExpression": "id = :id AND sort > :sort" });
        assert!(is_shallow(depth(&plain).unwrap()));
        let data = json!({ "Item": { "AnExpression": { "S": "(".repeat(5000) } } });
        assert_eq!(depth(&data).unwrap(), 0);
        let long = depth(&json!({ "FilterExpression": "x".repeat(4097) })).unwrap_err();
        assert_eq!(long.code, "ValidationException");
    }
}
