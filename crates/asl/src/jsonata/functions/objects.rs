use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::super::evaluate::{Appended, Evaluator, is_numeric, to_boolean};
use super::super::fault::Fault;
use super::super::value::{Flags, Object, Value};
use super::arguments::{argument, list, text};
use crate::budget::ENTRY;

pub(super) fn boolean(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(truth(argument(arguments, 0))?.map_or(Value::Undefined, Value::Bool))
}

pub(super) fn not(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let truth = truth(argument(arguments, 0))?;
    Ok(truth.map_or(Value::Undefined, |truth| Value::Bool(!truth)))
}

/// A function that is passed to another is a function of JavaScript there, which is not true.
fn truth(value: &Value) -> Result<Option<bool>, Fault> {
    match value {
        Value::Function(_) => Ok(Some(false)),
        value => to_boolean(value),
    }
}

pub(super) fn exists(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bool(!argument(arguments, 0).is_undefined()))
}

pub(super) fn kind(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let value = argument(arguments, 0);
    let name = match value {
        Value::Undefined => return Ok(Value::Undefined),
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Function(_) | Value::Thunk(_) => "function",
        value if is_numeric(value)? => "number",
        // Also what is not a number but has its type.
        _ => "object",
    };
    Ok(Value::string(name))
}

pub(super) fn keys(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut found = IndexMap::new();
    let input = argument(arguments, 0);
    collect_keys(evaluator, input, &mut found)?;
    let keys = match input {
        // The keys of all objects, in the order of one that has them all.
        Value::Array(_) => Object::new(found)
            .iter()
            .map(|(key, _)| Value::String(Arc::clone(key)))
            .collect(),
        _ => found.into_keys().map(Value::String).collect(),
    };
    evaluator.list(keys, Flags::SEQUENCE)
}

fn collect_keys(
    evaluator: &Evaluator<'_>,
    value: &Value,
    found: &mut IndexMap<Arc<str>, Value>,
) -> Result<(), Fault> {
    evaluator.host.budget.step(1)?;
    match value {
        Value::Object(object) => {
            for (key, _) in object.iter() {
                evaluator.host.budget.take(ENTRY)?;
                found.insert(Arc::clone(key), Value::Undefined);
            }
            Ok(())
        }
        Value::Array(array) => array
            .items()
            .iter()
            .try_for_each(|item| collect_keys(evaluator, item, found)),
        _ => Ok(()),
    }
}

pub(super) fn lookup(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let key = text(arguments, 1)?.map_or("undefined", |key| &**key);
    evaluator.lookup(argument(arguments, 0), key)
}

pub(super) fn spread(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    spread_value(evaluator, argument(arguments, 0))
}

fn spread_value(evaluator: &Evaluator<'_>, value: &Value) -> Result<Value, Fault> {
    evaluator.host.budget.step(1)?;
    match value {
        Value::Array(array) => {
            let mut appended = Appended::default();
            appended.push(Value::sequence(Vec::new()));
            for item in array.items() {
                appended.push(spread_value(evaluator, item)?);
            }
            evaluator.appended(appended)
        }
        Value::Object(object) => {
            let mut found = Vec::new();
            for (key, value) in object.iter() {
                evaluator
                    .host
                    .budget
                    .take(2 * ENTRY + size_of::<Object>())?;
                found.push(Value::object([(Arc::clone(key), value.clone())]));
            }
            evaluator.list(found, Flags::SEQUENCE)
        }
        value => Ok(value.clone()),
    }
}

pub(super) fn merge(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(list) = list(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let mut fields = IndexMap::new();
    for item in list.items() {
        if let Value::Object(object) = item {
            for (key, value) in object.iter() {
                evaluator.host.budget.take(ENTRY)?;
                fields.insert(Arc::clone(key), value.clone());
            }
        }
    }
    Ok(Value::Object(Rc::new(Object::new(fields))))
}

pub(super) fn clone(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    match argument(arguments, 0) {
        Value::Undefined => Ok(Value::Undefined),
        value => evaluator.cloned(value),
    }
}

pub(super) fn error(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let message = text(arguments, 0)?.filter(|message| !message.is_empty());
    let message = message.map_or("$error() function evaluated", |message| &**message);
    Err(Fault::new("D3137").part("message", message))
}

pub(super) fn assert(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    if argument(arguments, 0).is_truthy() {
        return Ok(Value::Undefined);
    }
    let message = text(arguments, 1)?.filter(|message| !message.is_empty());
    let message = message.map_or("$assert() statement failed", |message| &**message);
    Err(Fault::new("D3141").part("message", message))
}
