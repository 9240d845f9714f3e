//! Paths: each step is evaluated with each result of the one before.

use std::rc::Rc;

use super::super::fault::Fault;
use super::super::stack::grown;
use super::super::syntax::{Kind, Node, Stage};
use super::super::value::{Flags, Value};
use super::tuples::{CONTEXT, context};
use super::{Evaluator, Frame};

impl Evaluator<'_> {
    pub(super) fn path(
        &mut self,
        path: &Node,
        steps: &[Node],
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let first_is_variable = matches!(
            steps.first().map(|step| &step.kind),
            Some(Kind::Variable(_))
        );
        let mut inputs = match input {
            Value::Array(_) if !first_is_variable => input.clone(),
            value => Value::sequence(vec![value.clone()]),
        };
        let mut result = Value::Undefined;
        let mut tuples: Option<Value> = None;
        let mut in_tuples = false;
        for (at, step) in steps.iter().enumerate() {
            in_tuples |= step.step.tuple;
            if at == 0 && step.constructed {
                result = self.evaluate(step, &inputs, frame)?;
            } else if in_tuples {
                tuples = Some(self.tuple_step(step, &inputs, tuples.as_ref(), frame)?);
            } else {
                result = self.step(step, &inputs, frame, at + 1 == steps.len())?;
            }
            if !in_tuples && is_nothing(&result) {
                break;
            }
            if step.step.focus.is_none() {
                inputs = result.clone();
            }
        }
        if in_tuples {
            let tuples = tuples.unwrap_or_default();
            if path.step.tuple || path.group.is_some() {
                result = tuples;
            } else {
                let contexts = tuples.each().iter().map(|tuple| context(tuple, CONTEXT));
                result = self.list(contexts.collect(), Flags::SEQUENCE)?;
            }
        }
        if path.keep_singleton {
            result = kept(result)?;
        }
        match &path.group {
            Some(group) => self.group(&group.pairs, group.position, &result, frame),
            None => Ok(result),
        }
    }

    fn step(
        &mut self,
        step: &Node,
        inputs: &Value,
        frame: &Rc<Frame>,
        last: bool,
    ) -> Result<Value, Fault> {
        if let Kind::Sort(terms) = &step.kind {
            let sorted = self.sort_by(terms, step.position, inputs, frame)?;
            return self.stages(step, sorted, frame);
        }
        let mut results = Vec::new();
        for item in inputs.as_array().map_or(&[][..], |array| array.items()) {
            let mut found = self.evaluate(step, item, frame)?;
            for stage in step.step.stages.iter().flatten() {
                if let Stage::Filter(filter) = stage {
                    found = self.filter(filter, &found, frame)?;
                }
            }
            if !found.is_undefined() {
                self.room(1)?;
                results.push(found);
            }
        }
        if last
            && let [Value::Array(array)] = &results[..]
            && !array.flags.sequence
        {
            return Ok(Value::Array(array.clone()));
        }
        self.flattened(results)
    }

    /// A sequence of the results and of the items of those that are lists, unless these are written as such.
    fn flattened(&self, results: Vec<Value>) -> Result<Value, Fault> {
        let is_flat = |value: &Value| value.as_array().is_none_or(|array| array.flags.constructed);
        if results.iter().all(is_flat) {
            return self.list(results, Flags::SEQUENCE);
        }
        let mut items = Vec::new();
        for result in results {
            match result {
                Value::Array(array) if !array.flags.constructed => {
                    self.room(array.len())?;
                    items.extend_from_slice(array.items());
                }
                value => items.push(value),
            }
        }
        self.list(items, Flags::SEQUENCE)
    }

    pub(super) fn stages(
        &mut self,
        step: &Node,
        input: Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let mut result = input;
        for stage in step.step.stages.iter().flatten() {
            result = match stage {
                Stage::Filter(filter) => self.filter(filter, &result, frame)?,
                Stage::Index(name) => self.indexed(name, &result)?,
            };
        }
        Ok(result)
    }

    /// The values of a field of an object, or of the objects in a list.
    pub(in super::super) fn lookup(&self, input: &Value, key: &str) -> Result<Value, Fault> {
        match input {
            Value::Object(object) => Ok(object.get(key).cloned().unwrap_or_default()),
            Value::Array(array) => {
                let mut found = Vec::new();
                for item in array.items() {
                    self.host.budget.step(1)?;
                    match self.lookup(item, key)? {
                        Value::Undefined => {}
                        Value::Array(inner) => {
                            self.room(inner.len())?;
                            found.extend_from_slice(inner.items());
                        }
                        value => found.push(value),
                    }
                }
                self.list(found, Flags::SEQUENCE)
            }
            _ => Ok(Value::Undefined),
        }
    }

    pub(super) fn wildcard(&self, input: &Value) -> Result<Value, Fault> {
        let input = match input {
            Value::Array(array) if array.flags.outer && array.len() > 0 => &array.items()[0],
            value => value,
        };
        let values: Vec<&Value> = match input {
            Value::Object(object) => object.iter().map(|(_, value)| value).collect(),
            Value::Array(array) => array.items().iter().collect(),
            _ => Vec::new(),
        };
        let mut found = Vec::new();
        for value in &values {
            self.flatten(value, &mut found)?;
        }
        // What has been appended to is not a sequence any more.
        let appended = values.iter().any(|value| value.as_array().is_some());
        self.list(
            found,
            if appended {
                Flags::PLAIN
            } else {
                Flags::SEQUENCE
            },
        )
    }

    /// All that is in lists inside each other.
    fn flatten(&self, value: &Value, found: &mut Vec<Value>) -> Result<(), Fault> {
        match value {
            Value::Array(array) => array
                .items()
                .iter()
                .try_for_each(|item| self.flatten(item, found)),
            value => {
                self.room(1)?;
                found.push(value.clone());
                Ok(())
            }
        }
    }

    pub(super) fn descendants(&self, input: &Value) -> Result<Value, Fault> {
        let mut found = Vec::new();
        if input.is_undefined() {
            return Ok(Value::Undefined);
        }
        self.descend(input, &mut found)?;
        match found.len() {
            1 => Ok(found.remove(0)),
            _ => self.list(found, Flags::SEQUENCE),
        }
    }

    fn descend(&self, value: &Value, found: &mut Vec<Value>) -> Result<(), Fault> {
        self.room(1)?;
        match value {
            Value::Array(array) => array
                .items()
                .iter()
                .try_for_each(|item| grown(|| self.descend(item, found))),
            value => {
                found.push(value.clone());
                match value {
                    Value::Object(object) => object
                        .iter()
                        .try_for_each(|(_, value)| grown(|| self.descend(value, found))),
                    _ => Ok(()),
                }
            }
        }
    }
}

fn is_nothing(result: &Value) -> bool {
    match result {
        Value::Undefined => true,
        Value::Array(array) => array.len() == 0,
        _ => false,
    }
}

/// With `[]`, the result remains a list.
fn kept(result: Value) -> Result<Value, Fault> {
    let result = match &result {
        Value::Array(array) if array.flags.constructed && !array.flags.sequence => {
            Value::sequence(vec![result])
        }
        _ => result,
    };
    match result {
        Value::Array(array) => {
            let flags = Flags {
                keep_singleton: true,
                ..array.flags
            };
            Ok(Value::Array(array.with_flags(flags)))
        }
        Value::Object(_) | Value::Function(_) | Value::Thunk(_) => Ok(result),
        _ => Err(Fault::internal(
            "Cannot set properties of a value that is not an object (setting 'keepSingleton')",
        )),
    }
}
