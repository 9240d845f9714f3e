//! Filter policies: which messages a subscription gets.

use serde_json::{Map, Value};
use txflow_triggers::EventPattern;

use super::faults::invalid;
use crate::fault::Fault;

pub(super) struct Filter {
    pattern: EventPattern,
    of_body: bool,
}

/// SNS's limits of a policy: fields, and combinations of their values.
const FIELDS: usize = 5;
const COMBINATIONS: usize = 150;

impl Filter {
    /// `None` if everything passes.
    pub(super) fn parse(policy: &str, scope: Option<&str>) -> Result<Option<Filter>, Fault> {
        let refused = |reason: &str| invalid(format!("FilterPolicy: {reason}"));
        let policy: Value = serde_json::from_str(policy)
            .map_err(|error| refused(&format!("failed to parse JSON. {error}")))?;
        if policy.as_object().is_some_and(Map::is_empty) {
            return Ok(None);
        }
        let pattern = EventPattern::parse(&policy).map_err(|errors| {
            let first = errors.into_iter().next();
            refused(&first.map(|error| error.message).unwrap_or_default())
        })?;
        let leaves = leaves(&policy);
        if leaves.len() > FIELDS {
            return Err(refused("Filter policy can not have more than 5 keys"));
        }
        if leaves.iter().product::<usize>() > COMBINATIONS {
            return Err(refused("Filter policy is too complex"));
        }
        let of_body = scope == Some("MessageBody");
        let nested = policy.as_object().into_iter().flatten();
        let mut nested = nested.filter(|(name, _)| *name != "$or");
        if !of_body && nested.any(|(_, value)| value.is_object()) {
            return Err(refused(
                "Filter policy scope MessageAttributes does not support nested filter policy",
            ));
        }
        Ok(Some(Filter { pattern, of_body }))
    }

    /// Whether a message passes, with its attributes as the API has them.
    pub(super) fn passes(&self, body: &str, attributes: &Map<String, Value>) -> bool {
        if !self.of_body {
            return self.pattern.matches(&values(attributes));
        }
        let body: Option<Value> = serde_json::from_str(body).ok();
        body.is_some_and(|body| body.is_object() && self.pattern.matches(&body))
    }
}

/// How many conditions each field has.
fn leaves(policy: &Value) -> Vec<usize> {
    let members = policy.as_object().into_iter().flatten();
    members
        .flat_map(|(name, value)| match value {
            Value::Array(any) if name == "$or" => any.iter().flat_map(leaves).collect(),
            Value::Array(conditions) => vec![conditions.len()],
            nested => leaves(nested),
        })
        .collect()
}

/// The attributes as the event that a policy is matched against. One of bytes has no value, and does not exist.
fn values(attributes: &Map<String, Value>) -> Value {
    let values = attributes.iter().filter_map(|(name, attribute)| {
        let text = attribute["StringValue"].as_str()?;
        let kind = attribute["DataType"].as_str().unwrap_or_default();
        let parsed = || serde_json::from_str::<Value>(text).ok();
        let value = match kind {
            "Number" => parsed().filter(Value::is_number)?,
            "String.Array" => parsed().filter(Value::is_array)?,
            kind if kind.starts_with("Binary") => return None,
            _ => Value::String(text.to_owned()),
        };
        Some((name.clone(), value))
    });
    Value::Object(values.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attributes() -> Map<String, Value> {
        let text = |kind: &str, text: &str| json!({ "DataType": kind, "StringValue": text });
        let attributes = json!({
            "store": text("String", "books"),
            "price": text("Number", "210.75"),
            "tags": text("String.Array", r#"["new", 7, true, null]"#),
            "source": text("String", "10.0.0.7"),
            "raw": { "DataType": "Binary", "BinaryValue": "AA==" },
        });
        attributes.as_object().unwrap().clone()
    }

    #[test]
    fn a_policy_says_which_attributes_pass() {
        for (policy, passes) in [
            (json!({ "store": ["books"] }), true),
            (json!({ "store": ["toys", "books"] }), true),
            (json!({ "store": ["toys"] }), false),
            (
                json!({ "store": ["books"], "price": [{ "numeric": ["<", 100] }] }),
                false,
            ),
            (
                json!({ "price": [{ "numeric": [">=", 100, "<", 300] }] }),
                true,
            ),
            (json!({ "price": [210.75] }), true),
            (json!({ "store": [{ "prefix": "boo" }] }), true),
            (json!({ "store": [{ "suffix": "ks" }] }), true),
            (
                json!({ "store": [{ "equals-ignore-case": "BOOKS" }] }),
                true,
            ),
            (json!({ "store": [{ "wildcard": "b*s" }] }), true),
            (json!({ "store": [{ "anything-but": ["toys"] }] }), true),
            (
                json!({ "store": [{ "anything-but": { "prefix": "boo" } }] }),
                false,
            ),
            (json!({ "none": [{ "anything-but": ["toys"] }] }), false),
            (json!({ "none": [{ "exists": false }] }), true),
            (json!({ "store": [{ "exists": true }] }), true),
            (json!({ "raw": [{ "exists": true }] }), false),
            (json!({ "tags": ["new"] }), true),
            (json!({ "tags": [7] }), true),
            (json!({ "tags": [true] }), true),
            (json!({ "tags": ["old"] }), false),
            (json!({ "source": [{ "cidr": "10.0.0.0/24" }] }), true),
            (
                json!({ "$or": [{ "store": ["toys"] }, { "price": [210.75] }] }),
                true,
            ),
            (
                json!({ "$or": [{ "store": ["toys"] }, { "price": [1] }] }),
                false,
            ),
        ] {
            let filter = Filter::parse(&policy.to_string(), None).ok().flatten();
            let passed = filter.unwrap().passes("{}", &attributes());
            assert_eq!(passed, passes, "{policy}");
        }
    }

    #[test]
    fn a_policy_of_the_body_looks_at_nothing_else() {
        let scope = Some("MessageBody");
        for (policy, body, passes) in [
            (
                json!({ "order": { "total": [{ "numeric": [">", 10] }] } }),
                r#"{"order":{"total":11}}"#,
                true,
            ),
            (
                json!({ "order": { "total": [{ "numeric": [">", 10] }] } }),
                r#"{"order":{"total":9}}"#,
                false,
            ),
            (
                json!({ "items": { "sku": ["tea"] } }),
                r#"{"items":[{"sku":"cup"},{"sku":"tea"}]}"#,
                true,
            ),
            (json!({ "store": ["books"] }), r#"{"a":1}"#, false),
            (
                json!({ "store": [{ "exists": false }] }),
                "plain text",
                false,
            ),
        ] {
            let filter = Filter::parse(&policy.to_string(), scope).ok().flatten();
            let passed = filter.unwrap().passes(body, &attributes());
            assert_eq!(passed, passes, "{policy} {body}");
        }
    }

    #[test]
    fn a_policy_that_is_wrong_is_refused() {
        assert!(Filter::parse("{}", None).is_ok_and(|filter| filter.is_none()));
        let six = r#"{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}"#;
        let values: Vec<usize> = (0..151).collect();
        let many = json!({ "a": values }).to_string();
        for (policy, text) in [
            ("no", "failed to parse JSON"),
            (r#"{"a":"b"}"#, "must be an array"),
            (r#"{"a":[{"prefx":"b"}]}"#, "no operator"),
            (r#"{"a":{"b":["c"]}}"#, "does not support nested"),
            (six, "more than 5 keys"),
            (&many, "too complex"),
        ] {
            let refused = Filter::parse(policy, None).err().unwrap();
            assert_eq!(refused.code, "InvalidParameter");
            let start = "Invalid parameter: FilterPolicy: ";
            assert!(refused.message.starts_with(start), "{}", refused.message);
            assert!(refused.message.contains(text), "{}", refused.message);
        }
    }
}
