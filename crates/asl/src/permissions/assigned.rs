//! The variables that states assign.

use serde_json::Value;

use crate::definition::QueryLanguage;
use crate::source::push_token;
use crate::walk::PlacedState;

/// One assignment of a variable.
pub(super) struct Assigned<'d> {
    pub(super) name: &'d str,
    pub(super) value: &'d Value,
    /// Whether the value is a path or a call of an intrinsic function.
    pub(super) is_path: bool,
    pub(super) language: QueryLanguage,
    /// The JSON pointer of the value.
    pub(super) place: String,
    /// That of the states which see the variable: those beside the state that assigns it, and those inside of them.
    states: String,
}

impl Assigned<'_> {
    /// Whether what stands at `place` sees it.
    pub(super) fn is_visible_at(&self, place: &str) -> bool {
        place.starts_with(&self.states)
    }
}

/// All assignments of a definition: those of states, and of their `Choices` and `Catch`.
pub(super) fn assigned<'d>(states: &[PlacedState<'d>]) -> Vec<Assigned<'d>> {
    let mut found = Vec::new();
    for state in states {
        of(state, state.value, &state.pointer, &mut found);
        for field in ["Choices", "Catch"] {
            let rules = state.value.get(field).and_then(Value::as_array);
            for (index, rule) in rules.into_iter().flatten().enumerate() {
                let place = format!("{}/{field}/{index}", state.pointer);
                of(state, rule, &place, &mut found);
            }
        }
    }
    found
}

fn of<'d>(
    state: &PlacedState<'d>,
    holder: &'d Value,
    pointer: &str,
    found: &mut Vec<Assigned<'d>>,
) {
    let variables = holder.get("Assign").and_then(Value::as_object);
    for (key, value) in variables.into_iter().flatten() {
        let path = key
            .strip_suffix(".$")
            .filter(|_| state.language == QueryLanguage::JsonPath);
        let mut place = format!("{pointer}/Assign");
        push_token(&mut place, key);
        let states = state.pointer.rsplit_once('/');
        found.push(Assigned {
            name: path.unwrap_or(key),
            value,
            is_path: path.is_some(),
            language: state.language,
            place,
            states: states.map_or_else(String::new, |(states, _)| format!("{states}/")),
        });
    }
}
