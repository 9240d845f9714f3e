use std::cmp::Ordering;
use std::rc::Rc;

use super::super::fault::{Fault, Limit};
use super::super::sizes::{MAX_ITEMS, text_of_length};
use super::super::syntax::Node;
use super::super::value::{Array, Flags, Value};
use super::{Body, Evaluator, Frame, text};

/// JSONata's own limit for `[a..b]`.
const MAX_RANGE: f64 = 1e7;

impl Evaluator<'_> {
    pub(super) fn binary(
        &mut self,
        operator: &'static str,
        left: &Node,
        right: &Node,
        node: &Node,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let left = self.evaluate(left, input, frame)?;
        if matches!(operator, "and" | "or") {
            let found = self.boolean(operator, &left, right, input, frame);
            return found.map_err(|fault| fault.at(node.position).token(operator));
        }
        let right = self.evaluate(right, input, frame)?;
        let result = match operator {
            "+" | "-" | "*" | "/" | "%" => calculated(operator, &left, &right),
            "=" | "!=" => self.equality(operator == "=", &left, &right),
            "<" | "<=" | ">" | ">=" => compared(operator, &left, &right),
            "&" => self.concatenated(&left, &right),
            ".." => self.range(&left, &right),
            "in" => self.includes(&left, &right),
            _ => Ok(Value::Undefined),
        };
        result.map_err(|fault| fault.at(node.position).token(operator))
    }

    fn boolean(
        &mut self,
        operator: &str,
        left: &Value,
        right: &Node,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let left = to_boolean(left)?.unwrap_or(false);
        if left == (operator == "or") {
            return Ok(Value::Bool(left));
        }
        let right = self.evaluate(right, input, frame)?;
        Ok(Value::Bool(to_boolean(&right)?.unwrap_or(false)))
    }

    fn equality(&self, wanted: bool, left: &Value, right: &Value) -> Result<Value, Fault> {
        if left.is_undefined() || right.is_undefined() {
            return Ok(Value::Bool(false));
        }
        let equal = left.equals(right, &mut || self.host.budget.step(1))?;
        Ok(Value::Bool(equal == wanted))
    }

    fn concatenated(&self, left: &Value, right: &Value) -> Result<Value, Fault> {
        let (left, right) = (self.string(left)?, self.string(right)?);
        text_of_length(left.len() + right.len())?;
        self.text(left + &right)
    }

    /// `$string(value)`, and nothing for nothing.
    pub(in super::super) fn string(&self, value: &Value) -> Result<String, Fault> {
        Ok(match value {
            Value::Undefined | Value::Function(_) | Value::Thunk(_) => String::new(),
            Value::String(text) => text.to_string(),
            Value::Number(number) if !number.is_finite() => {
                return Err(Fault::new("D3001").value(value));
            }
            value => text::of(value, false, self.host.budget)?,
        })
    }

    fn range(&self, left: &Value, right: &Value) -> Result<Value, Fault> {
        let first = whole(left).ok_or_else(|| Fault::new("T2003").value(left))?;
        let last = whole(right).ok_or_else(|| Fault::new("T2004").value(right))?;
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(Value::Undefined);
        };
        if first > last {
            return Ok(Value::Undefined);
        }
        let size = last - first + 1.0;
        if size > MAX_RANGE {
            return Err(Fault::new("D2014").value(&Value::Number(size)));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 1e7"
        )]
        let count = size as u32;
        if count as usize > MAX_ITEMS {
            return Err(Fault::Limit(Limit::Memory));
        }
        self.room(count as usize)?;
        let items = (0..count).map(|index| Value::Number(first + f64::from(index)));
        Ok(Value::Array(Array::new(items.collect(), Flags::SEQUENCE)))
    }

    fn includes(&self, left: &Value, right: &Value) -> Result<Value, Fault> {
        if left.is_undefined() || right.is_undefined() {
            return Ok(Value::Bool(false));
        }
        self.host.budget.step(right.each().len())?;
        Ok(Value::Bool(right.each().iter().any(|item| item.is(left))))
    }

    pub(super) fn negation(
        &mut self,
        operand: &Node,
        node: &Node,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let value = self.evaluate(operand, input, frame)?;
        if value.is_undefined() {
            return Ok(value);
        }
        match value.as_number() {
            Some(number) if is_numeric(&value)? => Ok(Value::Number(-number)),
            _ => Err(Fault::new("D1002")
                .at(node.position)
                .token("-")
                .value(&value)),
        }
    }
}

fn calculated(operator: &str, left: &Value, right: &Value) -> Result<Value, Fault> {
    let number = |value: &Value, code| match is_numeric(value)? {
        true => Ok(value.as_number()),
        false if value.is_undefined() => Ok(None),
        false => Err(Fault::new(code).value(value)),
    };
    let left = number(left, "T2001")?;
    let right = number(right, "T2002")?;
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(Value::Undefined);
    };
    Ok(Value::Number(match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        _ => left % right,
    }))
}

fn compared(operator: &str, left: &Value, right: &Value) -> Result<Value, Fault> {
    let comparable = |value: &Value| value.is_undefined() || kind(value).is_some();
    if !comparable(left) || !comparable(right) {
        let shown = if kind(left).is_some() { right } else { left };
        return Err(Fault::new("T2010").value(shown));
    }
    if left.is_undefined() || right.is_undefined() {
        return Ok(Value::Undefined);
    }
    if kind(left) != kind(right) {
        let fault = Fault::new("T2009").value(left);
        return Err(fault.part("value2", text::shown(right)));
    }
    let order = order(left, right);
    Ok(Value::Bool(match operator {
        "<" => order == Some(Ordering::Less),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        ">" => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }))
}

/// What can be compared: a text or a number.
pub(super) fn kind(value: &Value) -> Option<&'static str> {
    match value {
        Value::String(_) => Some("string"),
        Value::Number(_) | Value::Long(_) => Some("number"),
        _ => None,
    }
}

/// The order of two texts or two numbers. Texts are compared by their UTF-16 units.
pub(in super::super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            Some(left.encode_utf16().cmp(right.encode_utf16()))
        }
        _ => left.as_number()?.partial_cmp(&right.as_number()?),
    }
}

/// A whole number, `Some(None)` for nothing.
fn whole(value: &Value) -> Option<Option<f64>> {
    if value.is_undefined() {
        return Some(None);
    }
    let number = value.as_number()?;
    (number.is_finite() && number.fract() == 0.0).then_some(Some(number))
}

/// Whether it is a number. An infinite one is an error wherever that is asked.
pub(in super::super) fn is_numeric(value: &Value) -> Result<bool, Fault> {
    match value.as_number() {
        Some(number) if number.is_infinite() => Err(Fault::new("D1001").value(value)),
        Some(number) => Ok(!number.is_nan()),
        None => Ok(false),
    }
}

/// `$boolean(value)`, `None` for nothing.
pub(in super::super) fn to_boolean(value: &Value) -> Result<Option<bool>, Fault> {
    Ok(Some(match value {
        Value::Undefined => return Ok(None),
        Value::Null | Value::Thunk(_) => false,
        // In jsonata-js, these are functions of JavaScript, and all others are objects.
        Value::Function(function) => {
            !matches!(function.body, Body::Regex(_) | Body::NextMatch { .. })
        }
        Value::Bool(value) => *value,
        Value::Number(number) => is_numeric(value)? && *number != 0.0,
        Value::Long(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Object(object) => object.len() > 0,
        Value::Array(array) => match array.items() {
            [item] => return to_boolean(item).map(|found| Some(found.unwrap_or(false))),
            items => {
                let mut any = false;
                for item in items {
                    any |= to_boolean(item)? == Some(true);
                }
                any
            }
        },
    }))
}
