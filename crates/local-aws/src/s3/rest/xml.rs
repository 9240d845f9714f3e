//! Documents to members and back.

use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::http::xml::Xml;

/// The members of a document. Of lists, S3 repeats the element.
pub(super) fn read(text: &[u8]) -> Result<Value, Fault> {
    let malformed = || {
        let message = "The XML you provided was not well-formed or did not validate against our published schema";
        Fault::bad("MalformedXML", message)
    };
    let text = str::from_utf8(text).map_err(|_| malformed())?;
    let document = Document::parse(text).map_err(|_| malformed())?;
    Ok(members(document.root_element()))
}

/// The documents of requests nest three deep; what lies deeper is left out.
fn members(element: Node<'_, '_>) -> Value {
    let mut members = Map::new();
    for child in element.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        match name {
            "Object" | "Part" => {
                let list = members
                    .entry(format!("{name}s"))
                    .or_insert_with(|| json!([]));
                if let Value::Array(list) = list {
                    list.push(texts(child));
                }
            }
            _ => {
                members.insert(name.to_owned(), child.text().unwrap_or_default().into());
            }
        }
    }
    Value::Object(members)
}

fn texts(element: Node<'_, '_>) -> Value {
    let children = element.children().filter(Node::is_element);
    let texts = children.map(|child| {
        let text = child.text().unwrap_or_default();
        (child.tag_name().name().to_owned(), Value::from(text))
    });
    Value::Object(texts.collect())
}

/// Adds the elements of a member.
pub(super) fn write(xml: &mut Xml, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) if name == "Buckets" => {
            xml.element(name, |xml| {
                items.iter().for_each(|item| write(xml, "Bucket", item))
            });
        }
        Value::Array(items) => {
            let each = match name {
                "Parts" => "Part",
                "Uploads" => "Upload",
                "Errors" => "Error",
                name => name,
            };
            items.iter().for_each(|item| write(xml, each, item));
        }
        Value::Object(members) => {
            xml.element(name, |xml| {
                members
                    .iter()
                    .for_each(|(name, value)| write(xml, name, value));
            });
        }
        Value::String(text) => {
            xml.text(name, text);
        }
        value => {
            xml.text(name, value.to_string());
        }
    }
}
