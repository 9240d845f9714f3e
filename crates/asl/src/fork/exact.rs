//! Whether what goes on inside of a `Map` or `Parallel` state would get what it got.

use serde_json::{Value, json};

use super::inside::{Inside, OTHER_INPUT, not_exact};
use super::{Fork, ForkError};
use crate::replay::{History, ROOT, first_inputs};

impl Inside<'_> {
    /// Checks that what is answered or goes on would get the same as it got: the items may be others now.
    pub fn check_exact(
        &self,
        history: &History,
        fork: &Fork,
        definition: &Value,
    ) -> Result<(), ForkError> {
        let inexact = |reason: &str| not_exact(&fork.state, reason);
        let rest = fork.rest_of(history).unwrap_or_default();
        let state = &definition["States"][&fork.state];
        let begun = |state: Value| {
            let mut anew = fork.definition.clone();
            anew["States"][&fork.state] = state;
            first_inputs(&anew, rest.clone()).map_err(|reason| inexact(&reason))
        };
        // What is inside of the state itself begins whatever has become of what is beside it.
        let (outer, inner) = (begun(hollow(state))?, begun(state.clone())?);
        let (before, from) = (fork.states_before(), fork.entry.unwrap_or_default());
        let scopes = self.answered.iter().chain(self.resumed.keys());
        for scope in scopes.filter(|scope| **scope != ROOT) {
            let later = |visit: usize| (visit + before).saturating_sub(from);
            let around = history.around(*scope);
            let got = match around.filter(|around| around.scope == ROOT) {
                Some(around) => {
                    // A branch is named after its first state, which a fork may have put in front.
                    let name = match self.branches.get(scope) {
                        Some(first) => format!("{first}#0"),
                        None => history.name_of(*scope).to_owned(),
                    };
                    outer.get(&format!("/{}.1:{name}", later(around.visit)))
                }
                None => inner.get(&history.path_in(*scope, later)),
            };
            if got != history.first_input(*scope) {
                return Err(inexact(OTHER_INPUT));
            }
        }
        Ok(())
    }
}

/// A Map or Parallel state of which each branch and iteration ends with what it gets.
fn hollow(state: &Value) -> Value {
    fn empty(program: &mut Value) {
        let first = program["StartAt"].as_str().unwrap_or_default().to_owned();
        program["States"] = json!({ first: { "Type": "Pass", "End": true } });
    }
    let mut state = state.clone();
    for field in ["ItemProcessor", "Iterator"] {
        state.get_mut(field).into_iter().for_each(empty);
    }
    let branches = state.get_mut("Branches").and_then(Value::as_array_mut);
    branches.into_iter().flatten().for_each(empty);
    state
}
