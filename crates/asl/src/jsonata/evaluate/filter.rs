use std::rc::Rc;

use super::super::fault::Fault;
use super::super::syntax::{Filter, Kind, Literal};
use super::super::value::{Flags, Value};
use super::operators::{is_numeric, to_boolean};
use super::tuples::{CONTEXT, context};
use super::{Evaluator, Frame};

impl Evaluator<'_> {
    /// Keeps the items with an index that the condition gives, or for which it is true.
    pub(super) fn filter(
        &mut self,
        filter: &Filter,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let tuples = input.is_tuple_stream();
        let flags = if tuples {
            Flags::TUPLES
        } else {
            Flags::SEQUENCE
        };
        let items = input.each();
        if let Kind::Literal(Literal::Number(index)) = &filter.condition.kind {
            return Ok(match at(items, *index) {
                None | Some(Value::Undefined) => Value::sequence(Vec::new()).with_flags(flags),
                Some(list @ Value::Array(_)) => list.clone(),
                Some(item) => Value::sequence(vec![item.clone()]).with_flags(flags),
            });
        }
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let result = if tuples {
                let inner = self.tuple_frame(frame, item)?;
                self.evaluate(&filter.condition, &context(item, CONTEXT), &inner)?
            } else {
                self.evaluate(&filter.condition, item, frame)?
            };
            match indexes(&result)? {
                Some(indexes) => {
                    for wanted in indexes {
                        self.host.budget.step(1)?;
                        if wanted
                            .as_number()
                            .and_then(|wanted| resolve(wanted, items.len()))
                            == Some(index)
                        {
                            found.push(item.clone());
                        }
                    }
                }
                None if to_boolean(&result)? == Some(true) => found.push(item.clone()),
                None => {}
            }
        }
        self.list(found, flags)
    }
}

/// A number, or a list of nothing but numbers.
fn indexes(result: &Value) -> Result<Option<&[Value]>, Fault> {
    if is_numeric(result)? {
        return Ok(Some(std::slice::from_ref(result)));
    }
    let Value::Array(array) = result else {
        return Ok(None);
    };
    let mut all = true;
    for item in array.items() {
        all &= is_numeric(item)?;
    }
    Ok(all.then(|| array.items()))
}

fn at(items: &[Value], index: f64) -> Option<&Value> {
    items.get(resolve(index, items.len())?)
}

/// A negative index counts from the end.
fn resolve(index: f64, length: usize) -> Option<usize> {
    #[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
    let length = length as f64;
    let index = index.floor();
    let index = if index < 0.0 { length + index } else { index };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the length"
    )]
    (0.0..length).contains(&index).then_some(index as usize)
}
