//! Values as XML services write them.

use roxmltree::Node;
use serde_json::{Map, Value, json};

use super::json::{text, time};
use super::{Kind, Location, Model, Shape, TimeFormat};
use crate::http::xml::Xml;

/// Adds an element.
pub(super) fn write(model: &Model, xml: &mut Xml, name: &str, kind: Kind, value: &Value) {
    match (model.shape(kind), value) {
        (_, Value::Null) => {}
        (Some(Shape::Structure(_)), Value::Object(_)) => {
            xml.element(name, |xml| write_members(model, xml, kind, value));
        }
        (Some(Shape::List { of, item: "!" }), Value::Array(items)) => {
            for value in items {
                write(model, xml, name, *of, value);
            }
        }
        (Some(Shape::List { of, item }), Value::Array(items)) => {
            xml.element(name, |xml| {
                for value in items {
                    write(model, xml, item, *of, value);
                }
            });
        }
        (
            Some(Shape::Map {
                of,
                entry,
                key,
                value,
            }),
            Value::Object(entries),
        ) => {
            xml.element(name, |xml| {
                for (own, given) in entries {
                    xml.element(entry, |xml| {
                        xml.text(key, own);
                        write(model, xml, value, *of, given);
                    });
                }
            });
        }
        (_, value) => {
            let text = match kind {
                Kind::Time(TimeFormat::Usual) => time(TimeFormat::Iso, value),
                Kind::Time(format) => time(format, value),
                _ => text(value),
            };
            xml.text(name, text);
        }
    }
}

/// Adds the members that the body holds.
pub(super) fn write_members(model: &Model, xml: &mut Xml, kind: Kind, value: &Value) {
    for member in model.members(kind) {
        if member.location == Location::Body {
            write(model, xml, member.wire, member.kind, &value[member.name]);
        }
    }
}

/// What an element holds.
pub(super) fn read(model: &Model, kind: Kind, element: Node<'_, '_>) -> Value {
    match model.shape(kind) {
        Some(Shape::Structure(members)) => {
            let mut values = Map::new();
            for member in members {
                if member.location == Location::Attribute {
                    let name = member.wire.rsplit(':').next().unwrap_or_default();
                    let found = element.attributes().find(|known| known.name() == name);
                    values
                        .extend(found.map(|known| (member.name.to_owned(), known.value().into())));
                }
                let value = match member.location {
                    Location::Body => member_of(model, member.kind, member.wire, element),
                    _ => None,
                };
                values.extend(value.map(|value| (member.name.to_owned(), value)));
            }
            Value::Object(values)
        }
        Some(Shape::List { of, .. }) => children(element)
            .map(|item| read(model, *of, item))
            .collect(),
        Some(Shape::Map { of, key, value, .. }) => {
            entries(model, *of, (key, value), children(element))
        }
        None => scalar(kind, element.text().unwrap_or_default()),
    }
}

fn member_of(model: &Model, kind: Kind, wire: &str, parent: Node<'_, '_>) -> Option<Value> {
    let mut named = children(parent).filter(|child| child.tag_name().name() == wire);
    match model.shape(kind) {
        Some(Shape::List { of, item: "!" }) => {
            let items: Vec<Value> = named.map(|item| read(model, *of, item)).collect();
            (!items.is_empty()).then(|| Value::Array(items))
        }
        Some(Shape::Map {
            of,
            entry: "!",
            key,
            value,
        }) => {
            let mut named = named.peekable();
            named.peek()?;
            Some(entries(model, *of, (key, value), named))
        }
        _ => Some(read(model, kind, named.next()?)),
    }
}

fn entries<'a, 'input: 'a>(
    model: &Model,
    of: Kind,
    (key, value): (&str, &str),
    entries: impl Iterator<Item = Node<'a, 'input>>,
) -> Value {
    let entries = entries.filter_map(|entry| {
        let own = children(entry).find(|child| child.tag_name().name() == key)?;
        let value = children(entry).find(|child| child.tag_name().name() == value);
        let value = value.map_or(Value::Null, |value| read(model, of, value));
        Some((own.text().unwrap_or_default().to_owned(), value))
    });
    Value::Object(entries.collect())
}

/// A text as what it stands for. What is not of that kind stays text.
pub(super) fn scalar(kind: Kind, text: &str) -> Value {
    let parsed = match kind {
        Kind::Integer => text.parse::<i64>().ok().map(Value::from),
        Kind::Number | Kind::Time(TimeFormat::Seconds) => text.parse::<f64>().ok().map(Value::from),
        Kind::Boolean => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| json!(text))
}

pub(super) fn children<'a, 'input>(
    element: Node<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> {
    element.children().filter(Node::is_element)
}
