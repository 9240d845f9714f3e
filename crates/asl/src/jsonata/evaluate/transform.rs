//! `|pattern|update, delete|`: a copy of a value with changes.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;

use super::super::fault::Fault;
use super::super::number;
use super::super::stack::grown;
use super::super::syntax::{Signature, Transform};
use super::super::value::{Object, Value};
use super::{Evaluator, Frame, MAX_NESTING};
use crate::budget::ENTRY;

pub(super) fn signature() -> &'static Signature {
    static SIGNATURE: LazyLock<Option<Signature>> =
        LazyLock::new(|| Signature::parse("<(oa):o>").ok());
    static NONE: LazyLock<Signature> = LazyLock::new(Signature::default);
    SIGNATURE.as_ref().unwrap_or(&NONE)
}

/// The objects that have changed, by where they were.
type Changes = HashMap<*const Object, (Rc<Object>, IndexMap<Arc<str>, Value>)>;

impl Evaluator<'_> {
    pub(super) fn transform(
        &mut self,
        transform: &Transform,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        if input.is_undefined() {
            return Ok(Value::Undefined);
        }
        let clone = self.bound("clone", frame).unwrap_or_default();
        if !clone.is_function() {
            return Err(Fault::new("T2013").at(transform.position));
        }
        let copy = self.apply(&clone, vec![input.clone()], &Value::Null)?;
        let matches = self.evaluate(&transform.pattern, &copy, frame)?;
        let mut changes = Changes::new();
        if !matches.is_undefined() {
            for found in matches.each() {
                self.change(transform, found, &mut changes, frame)?;
            }
        }
        self.changed(&copy, &changes)
    }

    fn change(
        &mut self,
        transform: &Transform,
        found: &Value,
        changes: &mut Changes,
        frame: &Rc<Frame>,
    ) -> Result<(), Fault> {
        let current = self.changed(found, changes)?;
        let update = self.evaluate(&transform.update, &current, frame)?;
        // The objects inside keep their place, by which later changes find them.
        let mut fields = match found {
            Value::Object(object) => match changes.get(&Rc::as_ptr(object)) {
                Some((_, fields)) => fields.clone(),
                None => object.fields().clone(),
            },
            _ => IndexMap::new(),
        };
        match &update {
            Value::Undefined => {}
            Value::Object(update) => {
                let scalar = !matches!(current, Value::Object(_) | Value::Array(_));
                if let Some((name, _)) = update.iter().next().filter(|_| scalar) {
                    let message =
                        format!("Cannot create property '{name}' on a value that is not an object");
                    return Err(Fault::internal(message));
                }
                for (name, value) in update.iter() {
                    self.host.budget.take(ENTRY)?;
                    fields.insert(Arc::clone(name), value.clone());
                }
            }
            other => {
                return Err(Fault::new("T2011")
                    .at(transform.update.position)
                    .value(other));
            }
        }
        if let Some(delete) = &transform.delete {
            // It sees what has been updated.
            let updated = match &current {
                Value::Object(_) => {
                    let updated = Value::Object(Rc::new(Object::new(fields.clone())));
                    self.changed(&updated, changes)?
                }
                value => value.clone(),
            };
            let names = self.evaluate(delete, &updated, frame)?;
            if !names.is_undefined() {
                if names.each().iter().any(|name| name.as_str().is_none()) {
                    return Err(Fault::new("T2012").at(delete.position).value(&names));
                }
                for name in names.each().iter().filter_map(Value::as_str) {
                    fields.shift_remove(name);
                }
            }
        }
        // What the update put somewhere is the object itself, not what it was: it may now be inside of itself.
        for object in [found, &current] {
            if let Value::Object(object) = object {
                changes.insert(Rc::as_ptr(object), (Rc::clone(object), fields.clone()));
            }
        }
        Ok(())
    }

    /// The value as it is with all changes so far.
    fn changed(&self, value: &Value, changes: &Changes) -> Result<Value, Fault> {
        if changes.is_empty() {
            return Ok(value.clone());
        }
        self.changed_at(0, value, changes)
    }

    fn changed_at(&self, depth: usize, value: &Value, changes: &Changes) -> Result<Value, Fault> {
        self.host.budget.step(1)?;
        if depth > MAX_NESTING {
            // JavaScript's words for the JSON of an object that is inside of itself.
            return Err(Fault::internal("Maximum call stack size exceeded"));
        }
        let inner = |value| grown(|| self.changed_at(depth + 1, value, changes));
        match value {
            Value::Array(array) => {
                let items = array.items().iter().map(inner);
                self.list(items.collect::<Result<_, _>>()?, array.flags)
            }
            Value::Object(object) => {
                let fields = match changes.get(&Rc::as_ptr(object)) {
                    Some((_, fields)) => fields,
                    None => object.fields(),
                };
                self.host.budget.take(fields.len() * ENTRY)?;
                let fields = fields
                    .iter()
                    .map(|(name, value)| Ok((Arc::clone(name), inner(value)?)));
                let fields = fields.collect::<Result<_, Fault>>()?;
                Ok(Value::Object(Rc::new(Object::new(fields))))
            }
            value => Ok(value.clone()),
        }
    }

    /// `$clone(value)`: what JSON keeps of it.
    pub(in super::super) fn cloned(&self, value: &Value) -> Result<Value, Fault> {
        self.host.budget.step(1)?;
        Ok(match value {
            Value::Number(_) | Value::Long(_) => {
                let number = value.as_number().unwrap_or(f64::NAN);
                if number.is_infinite() {
                    return Err(Fault::new("D1001").value(value));
                }
                match number.is_nan() {
                    true => Value::Null,
                    false => Value::Number(number::rounded_to_15_digits(number)),
                }
            }
            Value::Array(array) if array.flags.outer && array.len() > 0 => {
                self.cloned(&array.items()[0])?
            }
            Value::Array(array) => {
                let items = array.items().iter().map(|item| grown(|| self.cloned(item)));
                self.list(
                    items.collect::<Result<_, _>>()?,
                    super::super::value::Flags::PLAIN,
                )?
            }
            Value::Object(object) => {
                self.host.budget.take(object.len() * ENTRY)?;
                let fields = object
                    .iter()
                    .map(|(name, value)| Ok((Arc::clone(name), grown(|| self.cloned(value))?)));
                let fields = fields.collect::<Result<_, Fault>>()?;
                Value::Object(Rc::new(Object::new(fields)))
            }
            Value::Function(_) | Value::Thunk(_) => Value::string(""),
            Value::Undefined => Value::Null,
            value => value.clone(),
        })
    }
}
