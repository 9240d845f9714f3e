//! The condition of a statement of an IAM policy.

use serde_json::{Value, json};
use txflow_asl::policy::{OPERATORS, Operator};

use super::nearest;
use super::node::Node;
use super::setting::{Definitions, Reader, Setting};
use super::template::JsonTemplate;
use super::template_keys::FilledJson;

/// Operators, each with keys and their values, as IAM accepts them.
#[derive(Debug, Clone)]
pub(super) struct Condition(pub JsonTemplate);

impl Setting for Condition {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let filled = FilledJson::read(node, reader);
        let Some(operators) = node.fields() else {
            reader.wrong_type(node, "a table");
            return None;
        };
        // What stands for a variable that is not set follows no rule.
        let known = filled.as_ref().filter(|filled| !filled.unset);
        let document = known.map_or(Value::Null, |filled| {
            filled
                .template
                .resolve(|pseudo| pseudo.example().to_owned())
        });
        for (name, keys) in operators.rest().0 {
            let operator = operator(name, &keys, reader);
            let Some(fields) = keys.fields() else {
                reader.wrong_type(&keys, "a table of condition keys");
                continue;
            };
            for (key, values) in fields.rest().0 {
                check_form(&values, reader);
                if let Some(operator) = operator {
                    check_values(operator, &document[name][key], &values, reader);
                }
            }
        }
        filled.map(|filled| Self(filled.template))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "object", "additionalProperties": { "type": "object" } })
    }
}

fn operator(name: &str, node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Operator> {
    let operator = Operator::parse(name);
    if operator.is_none() {
        let bare = name.split_once(':').map_or(name, |(_, bare)| bare);
        let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
        let hint = (!reader.findings.are_many())
            .then(|| nearest::hint(bare, "the operators are", OPERATORS))
            .flatten();
        let message = format!("IAM has no condition operator `{name}`");
        reader.error("invalid-name", node.key(), message, hint);
    }
    operator
}

/// Whether the operator can compare the values.
fn check_values(operator: Operator, values: &Value, node: &Node<'_>, reader: &mut Reader<'_>) {
    let single = std::slice::from_ref(values);
    let values = values.as_array().map_or(single, Vec::as_slice);
    for (index, value) in values.iter().enumerate() {
        let Some(text) = value.as_str() else { continue };
        if let Err(refusal) = operator.check(text) {
            let item = node.value().as_array().and_then(|items| items.get(index));
            let span = item.map_or_else(|| node.span(), |item| item.span());
            let message = format!("IAM refuses `{}`: {}", node.path(), refusal.message);
            reader.error("invalid-value", span, message, refusal.hint.to_owned());
        }
    }
}

/// One value, or a list of them.
fn check_form(node: &Node<'_>, reader: &mut Reader<'_>) {
    let is_list = node.value().is_array();
    let mut items = node.value().as_array().into_iter().flatten();
    let nested = items.any(|item| item.get_ref().is_array() || item.get_ref().is_table());
    if nested || (node.value().is_table() && !is_list) {
        reader.wrong_type(node, "a value or an array of values");
    }
}
