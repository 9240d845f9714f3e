use std::collections::BTreeMap;

use serde_json::Value;

use super::handlers::is_for_engine;
use crate::Decision;
use crate::coverage::{Item, Part};
use crate::walk::placed_states;

/// The states of a definition, nested ones too.
#[derive(Debug)]
pub(super) struct States {
    by_name: BTreeMap<String, Known>,
    /// In the order of the definition.
    order: Vec<String>,
}

/// What is known of a state.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) pointer: String,
    pub(super) value: Value,
    /// The states around it, the outermost first.
    pub(super) around: Vec<String>,
}

impl States {
    pub(super) fn of(definition: &Value) -> Self {
        let mut by_name = BTreeMap::new();
        let mut order = Vec::new();
        for mut placed in placed_states(definition) {
            let Some(name) = placed.names.pop() else {
                continue;
            };
            order.push(name.to_owned());
            let known = Known {
                pointer: placed.pointer,
                value: placed.value.clone(),
                around: placed.names.into_iter().map(str::to_owned).collect(),
            };
            by_name.entry(name.to_owned()).or_insert(known);
        }
        Self { by_name, order }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.by_name.get(name)
    }

    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether it is an entry of `Retry` or `Catch` for errors that only the engine raises, so that no fault can lead there.
    pub(super) fn is_for_engine(&self, item: &Item) -> bool {
        let (field, index) = match item.part {
            Part::Decision(Decision::Retrier(index)) => ("Retry", index),
            Part::Decision(Decision::Catcher(index)) => ("Catch", index),
            _ => return false,
        };
        let state = self.get(&item.state);
        state.is_some_and(|state| is_for_engine(&state.value[field][index]))
    }

    pub(super) fn names(&self) -> &[String] {
        &self.order
    }
}
