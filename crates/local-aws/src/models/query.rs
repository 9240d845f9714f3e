//! The forms of the query protocol.

use form_urlencoded::Serializer;
use serde_json::Value;

use super::json::{text, time};
use super::{Kind, Model, Operation, Protocol, Shape, TimeFormat};

/// The body of a call.
pub(super) fn form(model: &Model, operation: &Operation, input: &Value) -> String {
    let mut form = Form {
        model,
        pairs: Serializer::new(String::new()),
    };
    form.pairs.append_pair("Action", operation.name);
    form.pairs.append_pair("Version", model.version);
    form.add("", operation.input, input);
    form.pairs.finish()
}

struct Form<'m> {
    model: &'m Model,
    pairs: Serializer<'static, String>,
}

impl Form<'_> {
    fn add(&mut self, name: &str, kind: Kind, value: &Value) {
        let ec2 = self.model.protocol == Protocol::Ec2;
        match (self.model.shape(kind), value) {
            (_, Value::Null) => {}
            (Some(Shape::Structure(members)), Value::Object(given)) => {
                for (own, value) in given {
                    let member = members.iter().find(|member| member.name == own);
                    let (wire, kind) =
                        member.map_or((own.as_str(), Kind::Text), |found| (found.wire, found.kind));
                    let wire = match ec2 {
                        true => super::capitalized(wire),
                        false => wire.to_owned(),
                    };
                    self.add(&joined(name, &wire), kind, value);
                }
            }
            (Some(Shape::List { of, item }), Value::Array(items)) => {
                let start = match ec2 || *item == "!" {
                    true => name.to_owned(),
                    false => joined(name, item),
                };
                for (number, value) in items.iter().enumerate() {
                    self.add(&format!("{start}.{}", number + 1), *of, value);
                }
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
                let start = match *entry {
                    "!" => name.to_owned(),
                    entry => joined(name, entry),
                };
                for (number, (own, given)) in entries.iter().enumerate() {
                    let entry = format!("{start}.{}", number + 1);
                    self.pairs.append_pair(&joined(&entry, key), own);
                    self.add(&joined(&entry, value), *of, given);
                }
            }
            (_, value) => {
                let text = match kind {
                    Kind::Time(TimeFormat::Usual) => time(TimeFormat::Iso, value),
                    Kind::Time(format) => time(format, value),
                    _ => text(value),
                };
                self.pairs.append_pair(name, &text);
            }
        }
    }
}

fn joined(name: &str, own: &str) -> String {
    match name {
        "" => own.to_owned(),
        name => format!("{name}.{own}"),
    }
}
