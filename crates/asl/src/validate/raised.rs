//! The errors whose names begin with `States.` that an execution may raise beside the reserved ones: those of Fail states.
//!
//! A handler may raise any other name, so none of those is doubted. It cannot raise these: "Custom error names […] must not begin
//! with the `States.` prefix". Source: <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>.

use serde_json::Value;

use super::placeholder::has_placeholder;
use crate::walk::all_states;

/// By name, as far as they are known.
pub(super) struct Raised<'s> {
    names: Vec<&'s str>,
    /// Whether there are others, which only an execution knows.
    any: bool,
}

impl<'s> Raised<'s> {
    pub(super) fn by(definition: &'s Value) -> Self {
        let mut raised = Self {
            names: Vec::new(),
            any: false,
        };
        let states = all_states(definition).map(|(_, state)| state);
        for state in states.filter(|state| state["Type"] == "Fail") {
            match state.get("Error").and_then(Value::as_str) {
                Some(name) if !name.starts_with("{%") && !has_placeholder(name) => {
                    raised.names.push(name);
                }
                Some(_) => raised.any = true,
                None => raised.any |= state.get("ErrorPath").is_some(),
            }
        }
        raised
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'s str> {
        self.names.iter().copied()
    }

    /// Whether some execution may raise it.
    pub(super) fn may_be(&self, name: &str) -> bool {
        self.any || self.names.contains(&name)
    }
}
