use std::collections::BTreeSet;

use serde_json::Value;

use crate::walk::all_states;

/// The variables that states assign. Which of them have run when an expression is evaluated is not asked.
#[derive(Default)]
pub(super) struct Assigned<'s> {
    names: BTreeSet<&'s str>,
    /// Those that are not only assigned in `Catch`.
    by_states: BTreeSet<&'s str>,
}

impl<'s> Assigned<'s> {
    pub(super) fn by(definition: &'s Value) -> Self {
        Self::in_states(all_states(definition).map(|(_, state)| state))
    }

    /// Those of these states, without the states inside of them.
    pub(super) fn in_states(states: impl Iterator<Item = &'s Value>) -> Self {
        let mut assigned = Self::default();
        for state in states {
            let parts = |field: &str| state.get(field).and_then(Value::as_array);
            let choices = parts("Choices").into_iter().flatten();
            for part in choices.chain([state]) {
                assigned.by_states.extend(variables(part));
            }
            for catcher in parts("Catch").into_iter().flatten() {
                assigned.names.extend(variables(catcher));
            }
        }
        assigned.names.extend(&assigned.by_states);
        assigned
    }

    pub(super) fn names(&self) -> &BTreeSet<&'s str> {
        &self.names
    }

    pub(super) fn by_states(&self) -> &BTreeSet<&'s str> {
        &self.by_states
    }
}

fn variables(part: &Value) -> impl Iterator<Item = &str> {
    let assign = part.get("Assign").and_then(Value::as_object);
    let keys = assign.into_iter().flat_map(|assign| assign.keys());
    keys.map(|key| key.strip_suffix(".$").unwrap_or(key))
}
