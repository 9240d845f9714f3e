//! What the definition of a fork says of the branches and iterations that it had not come to when it ended.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::start::{is_own, literal_of};
use crate::walk::all_states;

/// The definition that the execution ran, if that was a fork.
#[derive(Clone, Copy)]
pub(super) struct Earlier<'a>(pub Option<&'a Value>);

/// How a branch or an iteration was to go on.
#[derive(Clone)]
pub(super) enum Planned {
    Answered(Value),
    At {
        state: String,
        input: Value,
        variables: Map<String, Value>,
    },
}

impl<'a> Earlier<'a> {
    /// The state of this name.
    pub fn state(self, name: &str) -> Option<&'a Value> {
        let mut states = all_states(self.0?);
        states
            .find(|(known, _)| *known == name)
            .map(|(_, state)| state)
    }

    /// The branch of a Parallel state that has this state.
    pub fn branch(self, parallel: &str, inner: &str) -> Option<&'a Value> {
        let mut branches = self.state(parallel)?["Branches"].as_array()?.iter();
        branches.find(|branch| branch["States"].get(inner).is_some())
    }

    /// The iterations of a Map state that were not to begin anew, by index.
    pub fn iterations(self, map: &str) -> BTreeMap<usize, Planned> {
        let state = self.state(map);
        let processor = { ["ItemProcessor", "Iterator"].iter() }
            .find_map(|field| state?.get(field))
            .unwrap_or(&Value::Null);
        let first = processor["StartAt"].as_str().unwrap_or_default();
        let choices = &processor["States"][first]["Choices"];
        let choices = choices.as_array().filter(|_| is_own(first));
        let planned = choices.into_iter().flatten().filter_map(|choice| {
            let start = choice["Next"].as_str()?;
            Some((index(choice)?, planned(processor, start)?))
        });
        planned.collect()
    }
}

/// How a program goes on that begins at a state of a fork's own.
pub(super) fn planned(program: &Value, start: &str) -> Option<Planned> {
    let mut recorded: Option<Value> = None;
    let mut name = start;
    for _ in 0..=program["States"].as_object()?.len() {
        let state = program["States"].get(name)?;
        if !is_own(name) {
            let recorded = recorded?;
            return Some(Planned::At {
                state: name.to_owned(),
                input: recorded["input"].clone(),
                variables: recorded["variables"].as_object()?.clone(),
            });
        }
        let literal = || literal_of(state);
        if state["End"] == true {
            return literal().map(Planned::Answered);
        }
        recorded = recorded.or_else(literal);
        name = state["Next"].as_str()?;
    }
    None
}

/// The index that a rule of a fork's own asks for.
fn index(choice: &Value) -> Option<usize> {
    let number = match choice["Condition"].as_str() {
        Some(condition) => condition
            .split_once(" = ")?
            .1
            .trim_end_matches(" %}")
            .parse()
            .ok(),
        None => choice["NumericEquals"].as_u64(),
    };
    usize::try_from(number?).ok()
}
