//! The functions that a definition names.

use serde_json::Value;
use txflow_asl::FunctionReference;

use crate::stack::Stack;

/// A handler and the version of its function that a definition names.
pub type Pin = (String, String);

/// The functions and versions that a definition names.
pub(in crate::resources) fn pins(definition: &Value, stack: &Stack) -> Vec<Pin> {
    let mut pins = Vec::new();
    collect(definition, &stack.function_arn(""), &mut pins);
    pins
}

/// Finds `<functions><handler>:<version>` in every string.
fn collect(value: &Value, functions: &str, pins: &mut Vec<Pin>) {
    match value {
        Value::String(text) => {
            for (start, _) in text.match_indices(functions) {
                let rest = &text[start + functions.len()..];
                let end = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "-_:".contains(c)))
                    .unwrap_or(rest.len());
                if let Some(function) = FunctionReference::parse(&rest[..end])
                    && let Some(version) = function.qualifier
                {
                    pins.push((function.name.to_owned(), version.to_owned()));
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, functions, pins)),
        Value::Object(fields) => fields
            .values()
            .for_each(|item| collect(item, functions, pins)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_definition_tells_the_versions_that_it_pins() {
        let definition = json!({"States": {"A": {"Arguments": {
            "FunctionName": "arn:aws:lambda:eu-west-1:1:function:shop-dev-buy:7",
            "Other": ["{% 'arn:aws:lambda:eu-west-1:1:function:shop-dev-sell:12' %}"],
            "Bare": "arn:aws:lambda:eu-west-1:1:function:shop-dev-buy",
        }}}});
        let mut pins = Vec::new();
        let functions = "arn:aws:lambda:eu-west-1:1:function:shop-dev-";
        collect(&definition, functions, &mut pins);
        let pin = |handler: &str, version: &str| (handler.to_owned(), version.to_owned());
        assert_eq!(pins, [pin("buy", "7"), pin("sell", "12")]);
    }
}
