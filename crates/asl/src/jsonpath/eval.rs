use serde_json::Value;

use super::{Found, NotFound, Segment, write_segments};
use crate::budget::Budget;

pub(super) fn is_definite(segments: &[Segment]) -> bool {
    segments
        .iter()
        .all(|s| matches!(s, Segment::Name(_) | Segment::Index(_)))
}

pub(super) fn find<'v>(
    segments: &[Segment],
    root: &'v Value,
    budget: &Budget,
) -> Result<Found<'v>, NotFound> {
    if is_definite(segments) {
        return one(segments, root).map(Found::One);
    }
    let mut found = vec![root];
    let mut descend = false;
    for segment in segments {
        if *segment == Segment::Descend {
            descend = true;
            continue;
        }
        if std::mem::take(&mut descend) {
            found = each(found, budget, |value, found| {
                with_descendants(value, budget, found)
            })?;
        }
        found = each(found, budget, |value, found| {
            step(segment, value, budget, found)
        })?;
    }
    Ok(Found::Many(found))
}

fn one<'v>(segments: &[Segment], root: &'v Value) -> Result<&'v Value, NotFound> {
    let mut value = root;
    for (i, segment) in segments.iter().enumerate() {
        let next = match segment {
            Segment::Name(name) => value.get(name.as_str()),
            Segment::Index(index) => at(value, *index),
            _ => None,
        };
        value = next.ok_or_else(|| not_found(segments, i, value))?;
    }
    Ok(value)
}

/// The message for a path whose step `i` does not apply to `value`.
fn not_found(segments: &[Segment], i: usize, value: &Value) -> NotFound {
    let path_to = |n: usize| {
        let mut text = "$".to_owned();
        write_segments(&segments[..n], &mut text);
        text
    };
    NotFound::new(match &segments[i] {
        Segment::Name(name) if !value.is_object() => format!(
            "Expected to find an object with property ['{name}'] in path {} but found '{}'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.",
            path_to(i),
            node_class(value),
        ),
        Segment::Name(_) if i + 1 < segments.len() => {
            format!("Missing property in path {}", path_to(i + 1))
        }
        Segment::Index(_) if value.is_null() => format!("The path {} is null", path_to(i)),
        Segment::Index(index) if !value.is_array() => {
            format!("Filter: [{index}] can only be applied to arrays. Current context is: {value}")
        }
        _ => format!("No results for path: {}", path_to(segments.len())),
    })
}

/// The name that Step Functions shows for a type of value: the class in its JSON library.
fn node_class(value: &Value) -> &'static str {
    match value {
        Value::Null => "com.fasterxml.jackson.databind.node.NullNode",
        Value::Bool(_) => "com.fasterxml.jackson.databind.node.BooleanNode",
        Value::Number(n) if n.is_f64() => "com.fasterxml.jackson.databind.node.DoubleNode",
        Value::Number(_) => "com.fasterxml.jackson.databind.node.IntNode",
        Value::String(_) => "com.fasterxml.jackson.databind.node.TextNode",
        Value::Array(_) => "com.fasterxml.jackson.databind.node.ArrayNode",
        Value::Object(_) => "com.fasterxml.jackson.databind.node.ObjectNode",
    }
}

/// Applies `step` to each of the values, in order.
fn each<'v>(
    values: Vec<&'v Value>,
    budget: &Budget,
    step: impl Fn(&'v Value, &mut Vec<&'v Value>) -> Result<(), NotFound>,
) -> Result<Vec<&'v Value>, NotFound> {
    let mut found = Vec::new();
    for value in values {
        let before = found.len();
        step(value, &mut found)?;
        budget.take((found.len() - before) * size_of::<&Value>())?;
    }
    Ok(found)
}

fn step<'v>(
    segment: &Segment,
    value: &'v Value,
    budget: &Budget,
    found: &mut Vec<&'v Value>,
) -> Result<(), NotFound> {
    match (segment, value) {
        (Segment::Name(name), _) => found.extend(value.get(name.as_str())),
        (Segment::Names(names), Value::Object(_)) => {
            found.extend(names.iter().filter_map(|n| value.get(n.as_str())));
        }
        (Segment::Index(index), _) => found.extend(at(value, *index)),
        (Segment::Indices(list), _) => found.extend(list.iter().filter_map(|i| at(value, *i))),
        (Segment::Slice(from, to), Value::Array(items)) => found.extend(slice(items, *from, *to)),
        (Segment::Wildcard, _) => found.extend(children(value)),
        (Segment::Filter(filter), Value::Array(items)) => {
            for item in items {
                if filter.keeps(item, budget)? {
                    found.push(item);
                }
            }
        }
        (Segment::Filter(filter), Value::Object(_)) if filter.keeps(value, budget)? => {
            found.push(value);
        }
        _ => {}
    }
    Ok(())
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

fn with_descendants<'v>(
    value: &'v Value,
    budget: &Budget,
    found: &mut Vec<&'v Value>,
) -> Result<(), NotFound> {
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        budget.step(1)?;
        found.push(value);
        stack.extend(children(value).into_iter().rev());
    }
    Ok(())
}

fn at(value: &Value, index: i64) -> Option<&Value> {
    let items = value.as_array()?;
    items.get(position(index, items.len())?)
}

fn position(index: i64, length: usize) -> Option<usize> {
    let from_end = i64::try_from(length).ok()?.checked_add(index)?;
    usize::try_from(if index < 0 { from_end } else { index }).ok()
}

fn slice(items: &[Value], from: Option<i64>, to: Option<i64>) -> Vec<&Value> {
    let bound = |n: i64| {
        let at = position(n, items.len()).unwrap_or(0);
        at.min(items.len())
    };
    let from = from.map_or(0, bound);
    let to = to.map_or(items.len(), bound);
    items.get(from..to).unwrap_or_default().iter().collect()
}
