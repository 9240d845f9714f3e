use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::super::evaluate::{Evaluator, is_numeric, order, to_boolean};
use super::super::fault::Fault;
use super::super::value::{Flags, Object, Value};
use super::arguments::{argument, index, list, required};
use crate::budget::ENTRY;

/// Calls a function with as many arguments as it has parameters, but one at least.
fn call(
    evaluator: &mut Evaluator<'_>,
    function: &Value,
    first: &Value,
    second: Value,
    third: &Value,
) -> Result<Value, Fault> {
    let arity = match function {
        Value::Function(function) => function.arity(),
        _ => return required(None),
    };
    let mut arguments = vec![first.clone()];
    if arity >= 2 {
        arguments.push(second);
    }
    if arity >= 3 {
        arguments.push(third.clone());
    }
    evaluator.apply(function, arguments, &Value::Null)
}

fn is_true(value: &Value) -> Result<bool, Fault> {
    Ok(to_boolean(value)? == Some(true))
}

/// The items of a list, with a function's result for each. False if there is no list.
fn each_item(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
    mut take: impl FnMut(&Evaluator<'_>, &Value, Value) -> Result<(), Fault>,
) -> Result<bool, Fault> {
    let Some(items) = list(arguments, 0)? else {
        return Ok(false);
    };
    for (at, item) in items.items().iter().enumerate() {
        let result = call(
            evaluator,
            argument(arguments, 1),
            item,
            index(at),
            argument(arguments, 0),
        )?;
        take(evaluator, item, result)?;
    }
    Ok(true)
}

pub(super) fn map(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut found = Vec::new();
    let listed = each_item(evaluator, arguments, |evaluator, _, result| {
        if !result.is_undefined() {
            evaluator.room(1)?;
            found.push(result);
        }
        Ok(())
    })?;
    sequence(evaluator, listed, found)
}

pub(super) fn filter(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut found = Vec::new();
    let listed = each_item(evaluator, arguments, |_, item, result| {
        if is_true(&result)? {
            found.push(item.clone());
        }
        Ok(())
    })?;
    sequence(evaluator, listed, found)
}

/// What was found in a list; nothing if there is no list.
fn sequence(evaluator: &Evaluator<'_>, listed: bool, found: Vec<Value>) -> Result<Value, Fault> {
    match listed {
        true => evaluator.list(found, Flags::SEQUENCE),
        false => Ok(Value::Undefined),
    }
}

pub(super) fn single(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut found = None;
    let mut take = |item: &Value| match found.replace(item.clone()) {
        Some(_) => Err(Fault::new("D3138")),
        None => Ok(()),
    };
    if argument(arguments, 1).is_undefined() {
        let Some(items) = list(arguments, 0)? else {
            return Ok(Value::Undefined);
        };
        items.items().iter().try_for_each(take)?;
    } else {
        let listed = each_item(evaluator, arguments, |_, item, result| {
            match is_true(&result)? {
                true => take(item),
                false => Ok(()),
            }
        })?;
        if !listed {
            return Ok(Value::Undefined);
        }
    }
    found.ok_or_else(|| Fault::new("D3139"))
}

pub(super) fn reduce(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(items) = list(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let function = argument(arguments, 1);
    let arity = match function {
        Value::Function(function) => function.arity(),
        _ => return required(None),
    };
    if arity < 2 {
        return Err(Fault::new("D3050"));
    }
    let initial = argument(arguments, 2);
    let (mut result, start) = match items.items() {
        [first, ..] if initial.is_undefined() => (first.clone(), 1),
        _ => (initial.clone(), 0),
    };
    for (at, item) in items.items().iter().enumerate().skip(start) {
        let mut given = vec![result, item.clone()];
        if arity >= 3 {
            given.push(index(at));
        }
        if arity >= 4 {
            given.push(argument(arguments, 0).clone());
        }
        result = evaluator.apply(function, given, &Value::Null)?;
    }
    Ok(result)
}

/// The fields of an object, with a function's result for each.
fn each_field(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
    mut take: impl FnMut(&Evaluator<'_>, &Arc<str>, &Value, Value) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Value::Object(object) = argument(arguments, 0) else {
        return Ok(());
    };
    for (key, value) in object.iter() {
        let name = Value::String(Arc::clone(key));
        let result = call(
            evaluator,
            argument(arguments, 1),
            value,
            name,
            argument(arguments, 0),
        )?;
        take(evaluator, key, value, result)?;
    }
    Ok(())
}

pub(super) fn each(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut found = Vec::new();
    each_field(evaluator, arguments, |_, _, _, result| {
        if !result.is_undefined() {
            found.push(result);
        }
        Ok(())
    })?;
    evaluator.list(found, Flags::SEQUENCE)
}

pub(super) fn sift(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut fields = IndexMap::new();
    each_field(evaluator, arguments, |evaluator, key, value, result| {
        if is_true(&result)? {
            evaluator.host.budget.take(ENTRY)?;
            fields.insert(Arc::clone(key), value.clone());
        }
        Ok(())
    })?;
    if fields.is_empty() {
        return Ok(Value::Undefined);
    }
    Ok(Value::Object(Rc::new(Object::new(fields))))
}

pub(super) fn sort(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let input = argument(arguments, 0);
    let Some(items) = list(arguments, 0)?.filter(|items| items.len() > 1) else {
        return Ok(input.clone());
    };
    let comparator = argument(arguments, 1);
    if comparator.is_undefined() {
        let mut numbers = true;
        for item in items.items() {
            numbers &= is_numeric(item)?;
        }
        if !numbers && items.items().iter().any(|item| item.as_str().is_none()) {
            return Err(Fault::new("D3070"));
        }
        return evaluator.sorted(input, |_, a, b| Ok(order(a, b) == Some(Ordering::Greater)));
    }
    evaluator.sorted(input, |evaluator, a, b| {
        let result = evaluator.apply(comparator, vec![a.clone(), b.clone()], &Value::Null)?;
        Ok(result.is_truthy())
    })
}
