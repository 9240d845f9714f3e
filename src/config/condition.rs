//! The condition of a statement of an IAM policy.

use serde_json::{Value, json};

use super::nearest;
use super::node::Node;
use super::setting::{Definitions, Reader, Setting};
use super::template::JsonTemplate;

/// Operators, each with keys and their values, as IAM accepts them.
#[derive(Debug, Clone)]
pub(super) struct Condition(pub JsonTemplate);

const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

impl Setting for Condition {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = JsonTemplate::read(node, reader);
        let Some(operators) = node.fields() else {
            reader.wrong_type(node, "a table");
            return None;
        };
        for (operator, keys) in operators.rest().0 {
            check_operator(operator, &keys, reader);
            let Some(keys) = keys.fields() else {
                reader.wrong_type(&keys, "a table of condition keys");
                continue;
            };
            for (_, values) in keys.rest().0 {
                check_values(&values, reader);
            }
        }
        value.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "object", "additionalProperties": { "type": "object" } })
    }
}

fn check_operator(operator: &str, node: &Node<'_>, reader: &mut Reader<'_>) {
    let bare = ["ForAllValues:", "ForAnyValue:"]
        .iter()
        .find_map(|quantifier| operator.strip_prefix(quantifier))
        .unwrap_or(operator);
    // `Null` asks whether a key exists, so it cannot depend on that.
    let bare = match bare.strip_suffix("IfExists") {
        Some("Null") | None => bare,
        Some(bare) => bare,
    };
    if OPERATORS.contains(&bare) {
        return;
    }
    let hint = (!reader.findings.are_many())
        .then(|| nearest::hint(bare, "the operators are", OPERATORS))
        .flatten();
    let message = format!("IAM has no condition operator `{operator}`");
    reader.error("invalid-name", node.key(), message, hint);
}

/// One value, or a list of them.
fn check_values(node: &Node<'_>, reader: &mut Reader<'_>) {
    let is_list = node.value().is_array();
    let mut items = node.value().as_array().into_iter().flatten();
    let nested = items.any(|item| item.get_ref().is_array() || item.get_ref().is_table());
    if nested || (node.value().is_table() && !is_list) {
        reader.wrong_type(node, "a value or an array of values");
    }
}
