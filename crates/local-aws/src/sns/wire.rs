//! The query protocol: forms to the members of requests, and results to XML.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::http::query::Form;
use crate::http::xml::Xml;

/// What a form has under one name, by the next part of the names.
#[derive(Default)]
struct Node {
    text: Option<String>,
    parts: BTreeMap<String, Node>,
}

/// `Tags.member.1.Key=a` is a list, `Attributes.entry.1.key=a` with `….value=b` a map. All scalars are texts.
pub(super) fn input(form: &Form) -> Value {
    let mut root = Node::default();
    for (name, value) in form.pairs_in_order() {
        let parts = name.split('.');
        let node = parts.fold(&mut root, |node, part| {
            node.parts.entry(part.to_owned()).or_default()
        });
        node.text = Some(value.to_owned());
    }
    root.value()
}

impl Node {
    fn value(self) -> Value {
        if self.parts.is_empty() {
            return json!(self.text);
        }
        let mut parts = self.parts;
        if let Some(members) = parts.remove("member") {
            let members = members.in_order();
            return members.into_iter().map(Node::value).collect();
        }
        if let Some(entries) = parts.remove("entry") {
            let entries = entries.in_order().into_iter().map(Node::entry);
            return Value::Object(entries.flatten().collect());
        }
        let members = parts.into_iter();
        let members: Map<String, Value> =
            members.map(|(name, node)| (name, node.value())).collect();
        Value::Object(members)
    }

    /// The items of a list, which are numbered.
    fn in_order(self) -> Vec<Node> {
        let items = self.parts.into_iter();
        let mut items: Vec<(u64, Node)> = items
            .filter_map(|(number, node)| Some((number.parse().ok()?, node)))
            .collect();
        items.sort_by_key(|(number, _)| *number);
        items.into_iter().map(|(_, node)| node).collect()
    }

    /// The name and the value of an entry of a map.
    fn entry(mut self) -> Option<(String, Value)> {
        let name = self.parts.remove("key").or(self.parts.remove("Name"))?;
        let value = self.parts.remove("value").or(self.parts.remove("Value"))?;
        Some((name.text?, value.value()))
    }
}

pub(super) fn output(output: &Value, xml: &mut Xml) {
    for (name, value) in output.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("Attributes", Value::Object(attributes)) => {
                xml.element(name, |xml| entries(attributes, xml));
            }
            (_, Value::Array(items)) => {
                xml.list(name, items, |xml, item| self::output(item, xml));
            }
            (_, Value::String(text)) => {
                xml.text(name, text);
            }
            (_, Value::Null) => {}
            (_, other) => {
                xml.text(name, other.to_string());
            }
        }
    }
}

fn entries(attributes: &Map<String, Value>, xml: &mut Xml) {
    for (name, value) in attributes {
        xml.element("entry", |xml| {
            xml.text("key", name)
                .text("value", value.as_str().unwrap_or_default());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_members() {
        let form = "Action=Publish&Message=a%26b&Tags.member.2.Key=second&Tags.member.1.Key=first\
                    &Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value=true\
                    &MessageAttributes.entry.1.Name=n&MessageAttributes.entry.1.Value.DataType=String\
                    &TagKeys.member.1=a";
        assert_eq!(
            input(&Form::parse(form.as_bytes())),
            json!({
                "Action": "Publish",
                "Attributes": { "FifoTopic": "true" },
                "Message": "a&b",
                "MessageAttributes": { "n": { "DataType": "String" } },
                "TagKeys": ["a"],
                "Tags": [{ "Key": "first" }, { "Key": "second" }],
            })
        );
    }

    #[test]
    fn a_result_becomes_xml() {
        let mut xml = Xml::default();
        let result = json!({
            "Attributes": { "DisplayName": "<a>" },
            "Topics": [{ "TopicArn": "arn" }],
            "NextToken": null,
        });
        output(&result, &mut xml);
        assert_eq!(
            xml.into_string(),
            "<Attributes><entry><key>DisplayName</key><value>&lt;a&gt;</value></entry></Attributes>\
             <Topics><member><TopicArn>arn</TopicArn></member></Topics>"
        );
    }
}
