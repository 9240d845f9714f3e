use std::collections::BTreeSet;

use serde_json::Value;

use crate::walk::all_states;

/// The variables that a definition assigns anywhere. Which states have run when an expression is evaluated is not asked.
pub(super) struct Assigned<'s>(BTreeSet<&'s str>);

impl<'s> Assigned<'s> {
    pub(super) fn by(definition: &'s Value) -> Self {
        let mut names = BTreeSet::new();
        for (_, state) in all_states(definition) {
            let parts =
                ["Choices", "Catch"].map(|field| state.get(field).and_then(Value::as_array));
            let parts = parts.into_iter().flatten().flatten();
            for part in parts.chain([state]) {
                let assign = part.get("Assign").and_then(Value::as_object);
                let keys = assign.into_iter().flat_map(|assign| assign.keys());
                names.extend(keys.map(|key| key.strip_suffix(".$").unwrap_or(key)));
            }
        }
        Self(names)
    }

    pub(super) fn names(&self) -> &BTreeSet<&'s str> {
        &self.0
    }
}
