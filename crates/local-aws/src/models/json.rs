//! Values as JSON services write them.

use serde_json::{Map, Value};

use super::{Kind, Location, Model, Shape, TimeFormat};
use crate::clock;

/// The value with the names and times of the wire. Of a structure only what the body holds.
pub(super) fn written(model: &Model, kind: Kind, value: &Value) -> Value {
    match (kind, model.shape(kind), value) {
        (_, Some(Shape::Structure(members)), Value::Object(given)) => {
            let mut written_members = Map::new();
            for (name, value) in given {
                let member = members.iter().find(|member| member.name == name);
                match member {
                    Some(member) if member.location != Location::Body => {}
                    Some(member) => {
                        let value = written(model, member.kind, value);
                        written_members.insert(member.wire.to_owned(), value);
                    }
                    None => {
                        written_members.insert(name.clone(), value.clone());
                    }
                }
            }
            Value::Object(written_members)
        }
        (_, Some(Shape::List { of, .. }), Value::Array(items)) => { items.iter() }
            .map(|item| written(model, *of, item))
            .collect(),
        (_, Some(Shape::Map { of, .. }), Value::Object(entries)) => { entries.iter() }
            .map(|(name, value)| (name.clone(), written(model, *of, value)))
            .collect::<Map<_, _>>()
            .into(),
        (Kind::Time(format), ..) => match format {
            TimeFormat::Usual | TimeFormat::Seconds => value.clone(),
            _ => time(format, value).into(),
        },
        _ => value.clone(),
    }
}

/// The value with the names of the model.
pub(super) fn read(model: &Model, kind: Kind, value: Value) -> Value {
    match (model.shape(kind), value) {
        (Some(Shape::Structure(members)), Value::Object(given)) => {
            let given = given.into_iter().filter(|(_, value)| !value.is_null());
            let named = given.map(|(name, value)| {
                match members.iter().find(|member| member.wire == name) {
                    Some(member) => (member.name.to_owned(), read(model, member.kind, value)),
                    None => (name, value),
                }
            });
            Value::Object(named.collect())
        }
        (Some(Shape::List { of, .. }), Value::Array(items)) => { items.into_iter() }
            .map(|item| read(model, *of, item))
            .collect(),
        (Some(Shape::Map { of, .. }), Value::Object(entries)) => { entries.into_iter() }
            .map(|(name, value)| (name, read(model, *of, value)))
            .collect::<Map<_, _>>()
            .into(),
        (_, value) => value,
    }
}

/// A time as text; one that is given as text stays.
pub(super) fn time(format: TimeFormat, value: &Value) -> String {
    let Some(millis) = millis(value) else {
        return text(value);
    };
    match format {
        TimeFormat::Seconds => value.to_string(),
        TimeFormat::HttpDate => clock::http(millis),
        TimeFormat::Usual | TimeFormat::Iso => clock::iso(millis),
    }
}

fn millis(seconds: &Value) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let millis = (seconds.as_f64()? * 1000.0).round() as u64;
    Some(millis)
}

/// A scalar as text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
