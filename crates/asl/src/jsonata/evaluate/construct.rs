//! Lists and objects that are written in an expression.

use std::rc::Rc;

use super::super::fault::Fault;
use super::super::syntax::{Kind, Node, Unary};
use super::super::value::{Array, Flags, Value};
use super::{Evaluator, Frame};

/// Values that are appended to each other: lists are joined, and a single value remains as it is.
#[derive(Default)]
pub(in super::super) struct Appended(Vec<Value>);

impl Appended {
    pub(in super::super) fn push(&mut self, value: Value) {
        if !value.is_undefined() {
            self.0.push(value);
        }
    }
}

impl Evaluator<'_> {
    pub(in super::super) fn appended(&self, values: Appended) -> Result<Value, Fault> {
        let mut values = values.0;
        if values.len() < 2 {
            return Ok(values.pop().unwrap_or_default());
        }
        let mut items = Vec::new();
        for value in &values {
            self.room(value.each().len())?;
            items.extend_from_slice(value.each());
        }
        self.list(items, Flags::PLAIN)
    }

    pub(super) fn unary(
        &mut self,
        unary: &Unary,
        node: &Node,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        match unary {
            Unary::Negation(operand) => self.negation(operand, node, input, frame),
            Unary::Object(pairs) => self.group(pairs, node.position, input, frame),
            Unary::Array(items) => {
                let mut found = Vec::new();
                for item in items {
                    let value = self.evaluate(item, input, frame)?;
                    let nested = matches!(item.kind, Kind::Unary(Unary::Array(_)));
                    match value {
                        Value::Undefined => {}
                        Value::Array(array) if !nested => {
                            self.room(array.len())?;
                            found.extend_from_slice(array.items());
                        }
                        value => found.push(value),
                    }
                }
                let flags = Flags {
                    constructed: node.constructed,
                    ..Flags::PLAIN
                };
                let single_range =
                    matches!(&items[..], [item] if matches!(item.kind, Kind::Binary("..", ..)));
                if single_range {
                    // Its items have been counted.
                    return Ok(Value::Array(Array::new(found, flags)));
                }
                self.list(found, flags)
            }
        }
    }
}
