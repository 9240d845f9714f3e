//! Functions that look for a text, a regular expression, or what a function of the user finds.

use std::sync::Arc;

use super::super::evaluate::{Body, Evaluator, Function};
use super::super::fault::Fault;
use super::super::number;
use super::super::regex::{Match, Regex};
use super::super::sizes::text_of_length;
use super::super::value::{Flags, Value};
use super::arguments::{argument, index, number as number_of, required, text};
use crate::budget::ENTRY;
use crate::count::count;

/// A text as JavaScript counts it.
struct Units(Vec<u16>);

impl Units {
    fn of(text: &str) -> Self {
        Self(text.encode_utf16().collect())
    }

    /// `substring(from, to)`.
    fn part(&self, from: f64, to: f64) -> String {
        let place = |at: f64| count(at).min(self.0.len());
        let (from, to) = (place(from), place(to));
        String::from_utf16_lossy(&self.0[from.min(to)..from.max(to)])
    }

    fn rest(&self, from: f64) -> String {
        self.part(from, f64::INFINITY)
    }
}

/// What has been found.
struct Found {
    matched: Value,
    start: Value,
    end: Value,
    groups: Value,
    next: Value,
}

/// Finds one match after the other.
enum Matcher {
    Regex {
        regex: Arc<Regex>,
        text: Units,
        /// Where the next one is looked for. Nothing after the end.
        from: Option<usize>,
        first: bool,
    },
    Function(Value),
}

impl Matcher {
    fn new(by: &Value, text: &str) -> Self {
        if let Value::Function(function) = by
            && let Body::Regex(regex) = &function.body
        {
            return Self::Regex {
                regex: Arc::clone(regex),
                text: Units::of(text),
                from: Some(0),
                first: true,
            };
        }
        Self::Function(by.clone())
    }

    /// `given`: what a function is called with, which is nothing after the first call.
    fn next(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        given: Value,
    ) -> Result<Option<Found>, Fault> {
        match self {
            Self::Regex {
                regex,
                text,
                from,
                first,
            } => {
                let Some(start) = *from else {
                    return Ok(None);
                };
                let found = regex.find(&text.0, start, evaluator.host.budget)?;
                let Some(found) = found else {
                    *from = None;
                    return Ok(None);
                };
                if !std::mem::replace(first, false) && found.start == found.end {
                    return Err(Fault::new("D1004").text("value", regex.pattern()));
                }
                *from = (found.end < text.0.len()).then_some(found.end);
                let (matched, groups) = parts(evaluator, text, &found)?;
                Ok(Some(Found {
                    matched,
                    start: index(found.start),
                    end: index(found.end),
                    groups,
                    next: Value::Undefined,
                }))
            }
            Self::Function(function) => {
                if !function.is_function() {
                    return required(None);
                }
                let result = evaluator.apply(function, vec![given], &Value::Null)?;
                if result.is_undefined() {
                    return Ok(None);
                }
                let found = found_by_function(&result)?;
                *function = found.next.clone();
                Ok(Some(found))
            }
        }
    }
}

fn found_by_function(result: &Value) -> Result<Found, Fault> {
    let field = |name: &str| match result {
        Value::Object(object) => object.get(name).cloned().unwrap_or_default(),
        _ => Value::Undefined,
    };
    let found = Found {
        matched: field("match"),
        start: field("start"),
        end: field("end"),
        groups: field("groups"),
        next: field("next"),
    };
    if !result.is_truthy() {
        return Err(required::<()>(None)
            .err()
            .unwrap_or_else(|| Fault::new("T1010")));
    }
    let valid = found.start.as_number().is_some()
        || found.groups.as_array().is_some()
        || found.next.is_function();
    if valid {
        Ok(found)
    } else {
        Err(Fault::new("T1010"))
    }
}

/// The text of a match, and those of its groups.
fn parts(evaluator: &Evaluator<'_>, text: &Units, found: &Match) -> Result<(Value, Value), Fault> {
    let part = |(start, end): (usize, usize)| {
        evaluator.text(String::from_utf16_lossy(&text.0[start..end]))
    };
    let matched = part((found.start, found.end))?;
    let groups = found
        .groups
        .iter()
        .map(|group| group.map_or(Ok(Value::Undefined), part));
    let groups = evaluator.list(groups.collect::<Result<_, _>>()?, Flags::PLAIN)?;
    Ok((matched, groups))
}

/// The text that a regular expression is called with: what JavaScript makes of any value.
pub(in super::super) fn matching_text(
    evaluator: &Evaluator<'_>,
    arguments: &[Value],
) -> Result<Arc<str>, Fault> {
    match argument(arguments, 0) {
        Value::String(text) => Ok(Arc::clone(text)),
        value => {
            let mut text = String::new();
            javascript_text(evaluator, value, &mut text)?;
            Ok(text.into())
        }
    }
}

/// `String(value)`.
fn javascript_text(
    evaluator: &Evaluator<'_>,
    value: &Value,
    text: &mut String,
) -> Result<(), Fault> {
    let before = text.len();
    match value {
        Value::Undefined => text.push_str("undefined"),
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(_) | Value::Long(_) => text.push_str(&number::text(number_in(value))),
        Value::String(value) => text.push_str(value),
        Value::Object(_) | Value::Function(_) | Value::Thunk(_) => text.push_str("[object Object]"),
        Value::Array(array) => {
            for (at, item) in array.items().iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                if !matches!(item, Value::Undefined | Value::Null) {
                    javascript_text(evaluator, item, text)?;
                }
            }
            return Ok(evaluator.host.budget.take(array.len())?);
        }
    }
    Ok(evaluator.host.budget.take(text.len() - before)?)
}

/// What a regular expression gives as a function.
pub(in super::super) fn find_match(
    evaluator: &Evaluator<'_>,
    regex: &Arc<Regex>,
    text: &Arc<str>,
    from: usize,
) -> Result<Value, Fault> {
    let units = Units::of(text);
    evaluator.host.budget.step(units.0.len())?;
    if from > 0 && from >= units.0.len() {
        return Ok(Value::Undefined);
    }
    let Some(found) = regex.find(&units.0, from, evaluator.host.budget)? else {
        return Ok(Value::Undefined);
    };
    if from > 0 && found.start == found.end {
        return Err(Fault::new("D1004").text("value", regex.pattern()));
    }
    let (matched, groups) = parts(evaluator, &units, &found)?;
    let next = Function::value(Body::NextMatch {
        regex: Arc::clone(regex),
        text: Arc::clone(text),
        from: found.end,
    });
    evaluator.host.budget.take(5 * ENTRY)?;
    Ok(object([
        ("match", matched),
        ("start", index(found.start)),
        ("end", index(found.end)),
        ("groups", groups),
        ("next", next),
    ]))
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::object(fields.map(|(name, value)| (Arc::from(name), value)))
}

pub(super) fn contains(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    Ok(Value::Bool(match argument(arguments, 1) {
        Value::String(wanted) => text.contains(&**wanted),
        by => {
            let found = Matcher::new(by, text).next(evaluator, argument(arguments, 0).clone())?;
            found.is_some()
        }
    }))
}

pub(super) fn matches(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let limit = limit(arguments, 2, "D3040")?;
    let mut matcher = Matcher::new(argument(arguments, 1), text);
    let mut given = argument(arguments, 0).clone();
    let mut result = Vec::new();
    let mut next = limit.first(&mut matcher, evaluator, &mut given)?;
    while let Some(found) = next {
        evaluator.host.budget.take(3 * ENTRY + size_of::<Value>())?;
        result.push(object([
            ("match", found.matched),
            ("index", found.start),
            ("groups", found.groups),
        ]));
        next = limit.next(result.len(), &mut matcher, evaluator)?;
    }
    evaluator.list(result, Flags::SEQUENCE)
}

pub(super) fn split(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let limit = limit(arguments, 2, "D3020")?;
    let mut parts = Vec::new();
    if !limit.allows(0) {
        return Ok(Value::array(parts));
    }
    if let Value::String(separator) = argument(arguments, 1) {
        let most = limit.0.map_or(usize::MAX, count);
        let mut push = |part: &str| {
            parts.push(evaluator.text(part.to_owned())?);
            Ok::<_, Fault>(())
        };
        if separator.is_empty() {
            let characters = text.char_indices().take(most);
            characters
                .into_iter()
                .try_for_each(|(at, c)| push(&text[at..at + c.len_utf8()]))?;
        } else {
            text.split(&**separator).take(most).try_for_each(push)?;
        }
        return evaluator.list(parts, Flags::PLAIN);
    }
    let units = Units::of(text);
    let mut matcher = Matcher::new(argument(arguments, 1), text);
    let mut given = argument(arguments, 0).clone();
    let mut start = 0.0;
    let mut next = limit.first(&mut matcher, evaluator, &mut given)?;
    while let Some(found) = next {
        parts.push(evaluator.text(units.part(start, number_in(&found.start)))?);
        start = number_in(&found.end);
        next = limit.next(parts.len(), &mut matcher, evaluator)?;
    }
    if limit.allows(parts.len()) {
        parts.push(evaluator.text(units.rest(start))?);
    }
    evaluator.list(parts, Flags::PLAIN)
}

pub(super) fn replace(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let pattern = argument(arguments, 1);
    if pattern.as_str() == Some("") {
        return Err(Fault::new("D3010").value(pattern));
    }
    let limit = limit(arguments, 3, "D3011")?;
    if !limit.allows(0) {
        return Ok(argument(arguments, 0).clone());
    }
    let replacement = argument(arguments, 2);
    if let Value::String(pattern) = pattern {
        let with = match replacement {
            Value::String(with) => &**with,
            // JavaScript would put in the source of the function.
            _ if text.contains(&**pattern) => return required(None),
            _ => return Ok(argument(arguments, 0).clone()),
        };
        let mut result = String::new();
        let mut rest = &**text;
        let mut found = 0;
        while let Some((before, after)) = limit
            .allows(found)
            .then(|| rest.split_once(&**pattern))
            .flatten()
        {
            evaluator.host.budget.step(1)?;
            result.push_str(before);
            result.push_str(with);
            text_of_length(result.len())?;
            rest = after;
            found += 1;
        }
        result.push_str(rest);
        return evaluator.text(result);
    }
    let units = Units::of(text);
    let mut matcher = Matcher::new(pattern, text);
    let mut given = argument(arguments, 0).clone();
    let mut result = String::new();
    let mut position = 0.0;
    let mut replaced = 0;
    let mut next = limit.first(&mut matcher, evaluator, &mut given)?;
    while let Some(found) = next {
        let start = number_in(&found.start);
        result.push_str(&units.part(position, start));
        let length = found
            .matched
            .as_str()
            .map_or(0, |matched| matched.encode_utf16().count());
        match replacement {
            Value::String(template) => substitute(template, &found, &mut result),
            function => result.push_str(&replaced_by(evaluator, function, found)?),
        }
        text_of_length(result.len())?;
        position = start + number_in(&index(length));
        replaced += 1;
        next = limit.next(replaced, &mut matcher, evaluator)?;
    }
    result.push_str(&units.rest(position));
    evaluator.text(result)
}

fn replaced_by(
    evaluator: &mut Evaluator<'_>,
    function: &Value,
    found: Found,
) -> Result<String, Fault> {
    let found = object([
        ("match", found.matched),
        ("start", found.start),
        ("end", found.end),
        ("groups", found.groups),
    ]);
    match evaluator.apply(function, vec![found], &Value::Null)? {
        Value::String(text) => Ok(text.to_string()),
        other => Err(Fault::new("D3012").value(&other)),
    }
}

/// Fills in `$0`, `$1` and so on.
fn substitute(template: &str, found: &Found, result: &mut String) {
    let groups = found
        .groups
        .as_array()
        .map_or(&[][..], |groups| groups.items());
    let digits = groups.len().max(1).ilog10() as usize + 1;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('0') {
            result.push_str(found.matched.as_str().unwrap_or_default());
            rest = after;
        } else {
            let parsed =
                |digits: usize| number::parse_int(&rest.chars().take(digits).collect::<String>());
            let mut group = parsed(digits);
            if digits > 1 && group > number_in(&index(groups.len())) {
                group = parsed(digits - 1);
            }
            if group.is_nan() {
                result.push('$');
                continue;
            }
            let wanted = if group >= 1.0 {
                groups.get(count(group) - 1)
            } else {
                None
            };
            result.push_str(wanted.and_then(Value::as_str).unwrap_or_default());
            let length = number::text(group).len();
            let end = rest
                .char_indices()
                .nth(length)
                .map_or(rest.len(), |(at, _)| at);
            rest = &rest[end..];
        }
    }
    result.push_str(rest);
}

fn number_in(value: &Value) -> f64 {
    value.as_number().unwrap_or(f64::NAN)
}

/// At most so many matches.
struct Limit(Option<f64>);

impl Limit {
    fn first(
        &self,
        matcher: &mut Matcher,
        evaluator: &mut Evaluator<'_>,
        given: &mut Value,
    ) -> Result<Option<Found>, Fault> {
        if !self.allows(0) {
            return Ok(None);
        }
        matcher.next(evaluator, std::mem::take(given))
    }

    /// The next match. It is looked for even if it is one too many, which can fail.
    fn next(
        &self,
        found: usize,
        matcher: &mut Matcher,
        evaluator: &mut Evaluator<'_>,
    ) -> Result<Option<Found>, Fault> {
        let next = matcher.next(evaluator, Value::Undefined)?;
        Ok(next.filter(|_| self.allows(found)))
    }

    fn allows(&self, found: usize) -> bool {
        self.0.is_none_or(|limit| number_in(&index(found)) < limit)
    }
}

fn limit(arguments: &[Value], at: usize, code: &'static str) -> Result<Limit, Fault> {
    match number_of(arguments, at)? {
        Some(limit) if limit < 0.0 => Err(Fault::new(code).value(&Value::Number(limit))),
        limit => Ok(Limit(limit)),
    }
}
