use std::cmp::Ordering;
use std::rc::Rc;

use super::super::fault::Fault;
use super::super::syntax::Term;
use super::super::value::{Flags, Value};
use super::operators::{kind, order};
use super::tuples::{CONTEXT, context};
use super::{Evaluator, Frame, text};

impl Evaluator<'_> {
    /// `^(…)`.
    pub(super) fn sort_by(
        &mut self,
        terms: &[Term],
        position: usize,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let tuples = input.is_tuple_stream();
        self.sorted(input, |this, a, b| {
            for term in terms {
                let mut of = |item: &Value| match tuples {
                    true => {
                        let inner = this.tuple_frame(frame, item)?;
                        this.evaluate(&term.expression, &context(item, CONTEXT), &inner)
                    }
                    false => this.evaluate(&term.expression, item, frame),
                };
                let (a, b) = (of(a)?, of(b)?);
                match compared(&a, &b, term.descending).map_err(|fault| fault.at(position))? {
                    Ordering::Equal => {}
                    order => return Ok(order == Ordering::Greater),
                }
            }
            Ok(false)
        })
    }

    /// Sorts by merging. `after` says whether the first of two items comes after the second.
    pub(in super::super) fn sorted(
        &mut self,
        input: &Value,
        mut after: impl FnMut(&mut Self, &Value, &Value) -> Result<bool, Fault>,
    ) -> Result<Value, Fault> {
        let Value::Array(array) = input else {
            return Ok(input.clone());
        };
        if array.len() <= 1 {
            return Ok(input.clone());
        }
        self.room(array.len())?;
        let sorted = self.merge_sorted(array.items().to_vec(), &mut after)?;
        self.list(sorted, Flags::PLAIN)
    }

    fn merge_sorted(
        &mut self,
        mut items: Vec<Value>,
        after: &mut impl FnMut(&mut Self, &Value, &Value) -> Result<bool, Fault>,
    ) -> Result<Vec<Value>, Fault> {
        if items.len() <= 1 {
            return Ok(items);
        }
        let right = items.split_off(items.len() / 2);
        let mut left = self.merge_sorted(items, after)?.into_iter().peekable();
        let mut right = self.merge_sorted(right, after)?.into_iter().peekable();
        let mut merged = Vec::with_capacity(left.len() + right.len());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            self.host.budget.step(1)?;
            let next = if after(self, a, b)? {
                right.next()
            } else {
                left.next()
            };
            merged.extend(next);
        }
        merged.extend(left);
        merged.extend(right);
        Ok(merged)
    }
}

/// What is missing comes last, in either direction.
fn compared(a: &Value, b: &Value, descending: bool) -> Result<Ordering, Fault> {
    match (a.is_undefined(), b.is_undefined()) {
        (true, true) => return Ok(Ordering::Equal),
        (true, false) => return Ok(Ordering::Greater),
        (false, true) => return Ok(Ordering::Less),
        (false, false) => {}
    }
    let (Some(first), Some(second)) = (kind(a), kind(b)) else {
        return Err(Fault::new("T2008").value(if kind(a).is_some() { b } else { a }));
    };
    if first != second {
        let fault = Fault::new("T2007").value(a);
        return Err(fault.part("value2", text::shown(b)));
    }
    // What cannot be compared, which is `NaN` only, comes after.
    let order = order(a, b).unwrap_or(Ordering::Greater);
    Ok(if descending { order.reverse() } else { order })
}
