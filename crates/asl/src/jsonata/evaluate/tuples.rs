//! Paths that bind variables with `@` and `#` or refer to a parent with `%`: each result carries along what is bound.

use std::rc::Rc;
use std::sync::Arc;

use super::super::fault::Fault;
use super::super::syntax::{Kind, Node};
use super::super::value::{Flags, Object, Value};
use super::construct::Appended;
use super::{Evaluator, Frame};
use crate::budget::ENTRY;

/// The key of the value itself.
pub(super) const CONTEXT: &str = "@";

/// What is bound to a name.
pub(super) fn context(tuple: &Value, name: &str) -> Value {
    match tuple {
        Value::Object(object) => object.get(name).cloned().unwrap_or_default(),
        _ => Value::Undefined,
    }
}

impl Evaluator<'_> {
    pub(super) fn tuple_step(
        &mut self,
        step: &Node,
        inputs: &Value,
        tuples: Option<&Value>,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let result = if let Kind::Sort(terms) = &step.kind {
            match tuples {
                // What is sorted is a plain list in jsonata-js, so filters behind it see the tuples themselves.
                Some(tuples) => self.sort_by(terms, step.position, tuples, frame)?,
                None => {
                    let sorted = self.sort_by(terms, step.position, inputs, frame)?;
                    let mut found = Vec::new();
                    for (at, item) in sorted.each().iter().enumerate() {
                        let index = step
                            .step
                            .index
                            .as_ref()
                            .map(|name| (Arc::clone(name), number(at)));
                        let context = (Arc::from(CONTEXT), item.clone());
                        found.push(self.tuple([context].into_iter().chain(index))?);
                    }
                    self.list(found, Flags::TUPLES)?
                }
            }
        } else {
            let tuples = match tuples {
                Some(tuples) => tuples.each().to_vec(),
                None => {
                    let items = inputs.each().iter();
                    let tuples = items.map(|item| self.tuple([(Arc::from(CONTEXT), item.clone())]));
                    tuples.collect::<Result<_, _>>()?
                }
            };
            let mut found = Vec::new();
            for tuple in &tuples {
                self.each_of_step(step, tuple, frame, &mut found)?;
            }
            self.list(found, Flags::TUPLES)?
        };
        self.stages(step, result, frame)
    }

    fn each_of_step(
        &mut self,
        step: &Node,
        tuple: &Value,
        frame: &Rc<Frame>,
        found: &mut Vec<Value>,
    ) -> Result<(), Fault> {
        let inner = self.tuple_frame(frame, tuple)?;
        let own = context(tuple, CONTEXT);
        let results = self.evaluate(step, &own, &inner)?;
        if results.is_undefined() {
            return Ok(());
        }
        let carries = results.is_tuple_stream();
        for (at, result) in results.each().iter().enumerate() {
            let mut added: Vec<(Arc<str>, Value)> = Vec::new();
            match result {
                Value::Object(object) if carries => {
                    added.extend(
                        object
                            .iter()
                            .map(|(name, value)| (Arc::clone(name), value.clone())),
                    );
                }
                _ => {
                    match &step.step.focus {
                        Some(focus) => added.push((Arc::clone(focus), result.clone())),
                        None => added.push((Arc::from(CONTEXT), result.clone())),
                    }
                    if let Some(index) = &step.step.index {
                        added.push((Arc::clone(index), number(at)));
                    }
                    if let Some(ancestor) = &step.step.ancestor {
                        added.push((ancestor.name(), own.clone()));
                    }
                }
            }
            let before = fields(tuple);
            found.push(self.tuple(before.chain(added))?);
        }
        Ok(())
    }

    fn tuple(&self, bound: impl IntoIterator<Item = (Arc<str>, Value)>) -> Result<Value, Fault> {
        let fields: indexmap::IndexMap<_, _> = bound.into_iter().collect();
        let size = size_of::<Object>() + fields.len() * (ENTRY + size_of::<(Arc<str>, Value)>());
        self.host.budget.take(size)?;
        Ok(Value::Object(Rc::new(Object::new(fields))))
    }

    pub(super) fn tuple_frame(&self, frame: &Rc<Frame>, tuple: &Value) -> Result<Rc<Frame>, Fault> {
        let inner = self.frame(frame)?;
        for (name, value) in fields(tuple) {
            inner.add(name, value);
        }
        Ok(inner)
    }

    /// `#$name` behind filters.
    pub(super) fn indexed(&self, name: &Arc<str>, tuples: &Value) -> Result<Value, Fault> {
        let mut found = Vec::new();
        for (at, tuple) in tuples.each().iter().enumerate() {
            let index = (Arc::clone(name), number(at));
            found.push(self.tuple(fields(tuple).chain([index]))?);
        }
        let flags = tuples.as_array().map(|array| array.flags);
        self.list(found, flags.unwrap_or(Flags::TUPLES))
    }

    /// One tuple of several: each name is bound to all of its values.
    pub(super) fn reduced(&self, tuples: &Value) -> Result<Value, Fault> {
        let Value::Array(array) = tuples else {
            return Ok(tuples.clone());
        };
        let mut all: indexmap::IndexMap<Arc<str>, Appended> = indexmap::IndexMap::new();
        for tuple in array.items() {
            for (name, value) in fields(tuple) {
                all.entry(name).or_default().push(value);
            }
        }
        let mut reduced = Vec::new();
        for (name, values) in all {
            reduced.push((name, self.appended(values)?));
        }
        self.tuple(reduced)
    }
}

fn fields(tuple: &Value) -> impl Iterator<Item = (Arc<str>, Value)> {
    let object = match tuple {
        Value::Object(object) => Some(object),
        _ => None,
    };
    let fields = object.into_iter().flat_map(|object| object.iter());
    fields.map(|(name, value)| (Arc::clone(name), value.clone()))
}

fn number(index: usize) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
    Value::Number(index as f64)
}
