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
