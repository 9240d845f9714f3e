use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::super::fault::Fault;
use super::super::syntax::Pairs;
use super::super::value::{Object, Value};
use super::construct::Appended;
use super::tuples::{CONTEXT, context};
use super::{Evaluator, Frame};
use crate::budget::ENTRY;

/// The items with one key, and which pair gave it.
struct Entry {
    items: Appended,
    pair: usize,
}

impl Evaluator<'_> {
    /// An object of the pairs, evaluated with each item. Values with the same key are evaluated with all of its items.
    pub(super) fn group(
        &mut self,
        pairs: &Pairs,
        position: usize,
        input: &Value,
        frame: &Rc<Frame>,
    ) -> Result<Value, Fault> {
        let tuples = input.is_tuple_stream();
        if tuples && input.each().is_empty() {
            return Err(Fault::internal(
                "Cannot read properties of undefined (reading '@')",
            ));
        }
        let nothing = [Value::Undefined];
        let items = match input.each() {
            [] => &nothing,
            items => items,
        };
        let mut entries: IndexMap<Arc<str>, Entry> = IndexMap::new();
        for item in items {
            let (inner, own) = match tuples {
                true => (self.tuple_frame(frame, item)?, context(item, CONTEXT)),
                false => (Rc::clone(frame), item.clone()),
            };
            for (pair, (key, _)) in pairs.iter().enumerate() {
                let key = match self.evaluate(key, &own, &inner)? {
                    Value::String(key) => key,
                    Value::Undefined => continue,
                    other => return Err(Fault::new("T1003").at(position).value(&other)),
                };
                self.host.budget.take(ENTRY + size_of::<Value>())?;
                let entry = entries.entry(Arc::clone(&key)).or_insert_with(|| Entry {
                    items: Appended::default(),
                    pair,
                });
                if entry.pair != pair {
                    return Err(Fault::new("D1009").at(position).text("value", &key));
                }
                entry.items.push(item.clone());
            }
        }
        let order = Object::new(
            entries
                .keys()
                .map(|key| (Arc::clone(key), Value::Undefined))
                .collect(),
        );
        let mut fields = IndexMap::new();
        for (key, _) in order.iter() {
            let Some(entry) = entries.swap_remove(key) else {
                continue;
            };
            let mut data = self.appended(entry.items)?;
            let mut inner = Rc::clone(frame);
            if tuples {
                let tuple = self.reduced(&data)?;
                inner = self.tuple_frame(frame, &tuple)?;
                data = context(&tuple, CONTEXT);
            }
            let Some((_, value)) = pairs.get(entry.pair) else {
                continue;
            };
            let value = self.evaluate(value, &data, &inner)?;
            if !value.is_undefined() {
                fields.insert(Arc::clone(key), value);
            }
        }
        Ok(Value::Object(Rc::new(Object::new(fields))))
    }
}
