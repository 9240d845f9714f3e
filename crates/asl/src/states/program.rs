use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::State;
use crate::definition::{DefinitionError, Fields};

/// States with a start state: a whole state machine, a branch of a Parallel, or the item processor of a Map.
#[derive(Debug)]
pub struct Program {
    pub comment: Option<String>,
    pub start_at: String,
    /// Only a whole state machine can have it.
    pub timeout_seconds: Option<f64>,
    first: Arc<State>,
    states: IndexMap<String, Arc<State>>,
}

/// Programs are parsed recursively. One with deeper nesting is rejected.
const MAX_DEPTH: usize = 32;

impl Program {
    pub(crate) fn parse(value: &Value) -> Result<Self, DefinitionError> {
        Self::from_fields(&Fields::root(value)?, 0)
    }

    pub(crate) fn from_fields(fields: &Fields, depth: usize) -> Result<Self, DefinitionError> {
        if depth > MAX_DEPTH {
            return Err(fields.error(
                "States",
                format!("States are nested more than {MAX_DEPTH} deep"),
            ));
        }
        let start_at = fields.required_string("StartAt")?;
        let missing = || fields.error("", "These fields are required: [States]");
        let states_value = fields.get("States").ok_or_else(missing)?;
        let place = fields.child("States", states_value)?;
        let mut states = IndexMap::new();
        for (name, state) in fields.object("States")?.into_iter().flatten() {
            let state = State::parse(name, &place.child(name, state)?, depth)?;
            states.insert(name.clone(), Arc::new(state));
        }
        let missing = || fields.error("StartAt", format!("Missing 'Next' target: {start_at}"));
        let program = Self {
            first: states.get(start_at).map(Arc::clone).ok_or_else(missing)?,
            comment: fields.string("Comment")?.map(str::to_owned),
            start_at: start_at.to_owned(),
            timeout_seconds: fields.number("TimeoutSeconds")?,
            states,
        };
        program.check_targets(fields)?;
        Ok(program)
    }

    fn check_targets(&self, fields: &Fields) -> Result<(), DefinitionError> {
        for state in self.states() {
            for target in state.targets() {
                if self.state(target).is_none() {
                    let at = format!("States/{}", state.name);
                    return Err(fields.error(&at, format!("Missing 'Next' target: {target}")));
                }
            }
        }
        Ok(())
    }

    /// The states, in the order of the definition.
    pub fn states(&self) -> impl Iterator<Item = &Arc<State>> {
        self.states.values()
    }

    /// The state that `StartAt` names.
    #[must_use]
    pub fn first(&self) -> &Arc<State> {
        &self.first
    }

    #[must_use]
    pub fn state(&self, name: &str) -> Option<&Arc<State>> {
        self.states.get(name)
    }
}
