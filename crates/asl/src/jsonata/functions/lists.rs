use super::super::evaluate::{Appended, Evaluator};
use super::super::fault::Fault;
use super::super::value::{Flags, Value};
use super::arguments::{argument, index, list};
use crate::count::count as as_count;

pub(super) fn count(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(index(list(arguments, 0)?.map_or(0, |list| list.len())))
}

pub(super) fn append(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut appended = Appended::default();
    appended.push(argument(arguments, 0).clone());
    appended.push(argument(arguments, 1).clone());
    evaluator.appended(appended)
}

pub(super) fn reverse(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    match list(arguments, 0)? {
        Some(list) if list.len() > 1 => {
            let items = list.items().iter().rev().cloned();
            evaluator.list(items.collect(), Flags::PLAIN)
        }
        _ => Ok(argument(arguments, 0).clone()),
    }
}

pub(super) fn shuffle(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(list) = list(arguments, 0)?.filter(|list| list.len() > 1) else {
        return Ok(argument(arguments, 0).clone());
    };
    let mut items = list.items().to_vec();
    for at in (1..items.len()).rev() {
        let room = index(at + 1).as_number().unwrap_or_default();
        items.swap(at, as_count(evaluator.host.random.fraction() * room));
    }
    evaluator.list(items, Flags::PLAIN)
}

pub(super) fn distinct(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Value::Array(list) = argument(arguments, 0) else {
        return Ok(argument(arguments, 0).clone());
    };
    if list.len() <= 1 {
        return Ok(argument(arguments, 0).clone());
    }
    let mut found: Vec<Value> = Vec::new();
    for item in list.items() {
        let mut known = false;
        for other in &found {
            known = known || item.equals(other, &mut || evaluator.host.budget.step(1))?;
        }
        if !known {
            found.push(item.clone());
        }
    }
    let flags = if list.flags.sequence {
        Flags::SEQUENCE
    } else {
        Flags::PLAIN
    };
    evaluator.list(found, flags)
}

pub(super) fn zip(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let length = |value: &Value| value.as_array().map_or(0, |list| list.len());
    let length = arguments.iter().map(length).min().unwrap_or_default();
    let mut zipped = Vec::new();
    for at in 0..length {
        let items = arguments
            .iter()
            .map(|list| argument(list.each(), at).clone());
        zipped.push(evaluator.list(items.collect(), Flags::PLAIN)?);
    }
    evaluator.list(zipped, Flags::PLAIN)
}
