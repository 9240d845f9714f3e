//! Starts a definition in the middle: from a state of an execution that was recorded, with what it had there.
//!
//! A definition whose `StartAt` is that state is enough if nothing behind it asks for more than its input. Otherwise Pass states
//! in front of it put the recorded input and assign the recorded variables, and the execution gets the input that the
//! first one got, so that `$$.Execution.Input` is what it was.

mod earlier;
mod error;
mod exact;
mod inside;
mod original;
mod place;
mod reads;
mod start;
mod tasks;

use serde_json::{Map, Value};

pub use error::ForkError;
pub use original::original;
pub use start::is_own;
pub use tasks::Called;

use crate::Machine;
use crate::limits::MAX_DEFINITION_BYTES;
use crate::replay::{Entry, History, PassedThrough, ROOT};
use earlier::Earlier;
use inside::Inside;
use place::place;
use reads::{Reads, assigned_before, remove_unreachable};
use start::{Names, Start};

/// What is to be forked.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// The state to start from; without one, the state that failed.
    pub from: Option<&'a str>,
    /// What the state gets instead of its recorded input.
    pub input: Option<Value>,
    /// Whether the execution was itself a fork, so that its input need not be what the first one got.
    pub forked: bool,
    /// The definition that the execution ran, if it was a fork: only that says how it went on.
    pub ran: Option<&'a Value>,
}

/// How to start a definition from a state.
#[derive(Debug)]
pub struct Fork {
    /// The state of the machine itself at which it starts.
    pub state: String,
    /// The states inside of that at which its branches and iterations go on.
    pub inside: Vec<String>,
    /// How many branches and iterations are answered with what they put out before.
    pub answered: usize,
    pub definition: Value,
    /// The input of the execution.
    pub input: Value,
    /// What the state gets.
    pub state_input: Value,
    /// What is assigned before.
    pub variables: Map<String, Value>,
    /// The tasks that ran and do not run again.
    pub ran: Vec<Called>,
    /// The tasks that ran and run again.
    pub again: Vec<Called>,
    /// What states behind it read of the execution that is not the same in another one, such as `$$.Execution.Name`.
    pub differing: Vec<String>,
    /// The variables that states may read and that only states assign which do not run.
    pub unassigned: Vec<String>,
    start: Start,
    /// Which entry of the history it is.
    entry: Option<usize>,
}

/// Starts a definition from a state of a recorded execution. Without a history, the state and its input must be given.
///
/// # Errors
///
/// If there is no such state, or if it cannot get what it had.
pub fn fork(
    definition: &Value,
    history: Option<&History>,
    wanted: Wanted<'_>,
) -> Result<Fork, ForkError> {
    let place = place(definition, history, &wanted)?;
    let state = place.state.clone();
    let at = place.entry.map(|visit| Entry { scope: ROOT, visit });
    let recorded = || history?.input_of(at?);
    let cut = || ForkError::Cut {
        state: state.clone(),
    };
    let edited = wanted.input.is_some();
    let state_input = wanted.input.or_else(recorded).ok_or_else(cut)?;
    let mut names = Names::of(definition);
    let mut forked = definition.clone();
    let mut inside = Inside::new(definition, Earlier(wanted.ran));
    if place.descends
        && let (Some(history), Some(at)) = (history, at)
    {
        let entered = &definition["States"][&state];
        forked["States"][&state] = inside.resume(entered, history, at, &place, &mut names)?;
        if let Some(target) = place
            .target
            .as_ref()
            .filter(|target| !inside.goes_on_at(history, target))
        {
            return Err(ForkError::SucceededInside {
                state: target.clone(),
                around: state,
            });
        }
    }
    let reads = Reads::from(&forked, &state);
    let mut variables = match (history, at) {
        (Some(history), Some(at)) => history.variables_at(at),
        (Some(history), None) => history.variables_at(Entry {
            scope: ROOT,
            visit: history.entries(ROOT),
        }),
        (None, _) => Map::new(),
    };
    let mut unassigned = assigned_before(definition, &state);
    unassigned.retain(|name| reads.variable(name) && !variables.contains_key(name));
    variables.retain(|name, _| reads.variable(name));
    let execution_input = match history {
        Some(history) => history.input().ok_or_else(cut)?,
        None => state_input.clone(),
    };
    let is_first = !wanted.forked || history.is_some_and(start::keeps_execution_input);
    if reads.execution_input && !is_first {
        return Err(ForkError::ForkOfFork { state });
    }
    let start = Start::new(
        &mut names,
        reads.execution_input && (execution_input != state_input || !variables.is_empty()),
        &state_input,
        &variables,
    );
    let input = start.input(execution_input, &state_input, &variables);
    forked = start.put_before(forked, &state, &state_input, &variables);
    remove_unreachable(&mut forked);
    let (ran, again) = tasks::split(history, at, &inside);
    let fork = Fork {
        definition: forked,
        input,
        inside: inside.resumed_at(history),
        answered: inside.answered(),
        differing: reads.differing,
        unassigned: unassigned.into_iter().collect(),
        start,
        entry: place.entry,
        state,
        state_input,
        variables,
        ran,
        again,
    };
    fork.check()?;
    if let Some(history) = history.filter(|_| place.descends && !edited) {
        inside.check_exact(history, &fork, definition)?;
    }
    Ok(fork)
}

impl Fork {
    /// Whether what has succeeded inside of the state does not run again.
    #[must_use]
    pub fn goes_on_inside(&self) -> bool {
        !self.inside.is_empty() || self.answered > 0
    }

    /// Why such a fork cannot have another input.
    #[must_use]
    pub fn needs_recorded_input(&self) -> ForkError {
        let around = self.state.clone();
        match self.inside.first().cloned() {
            Some(state) => ForkError::InputInside { state, around },
            None => ForkError::NotExact {
                state: around,
                reason: inside::OTHER_INPUT.to_owned(),
            },
        }
    }

    /// What a recorded execution did from this state on, as the history of one that started there. Of a fork into a Map or
    /// Parallel state, it is what would happen if that began anew.
    #[must_use]
    pub fn rest_of(&self, history: &History) -> Option<Value> {
        let output = self.start.picked_from(&self.state_input, &self.variables);
        let steps = self.start.steps(&self.variables);
        let mut input = self.input.clone();
        let mut before = Vec::new();
        let mut passed = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let last = index + 1 == steps.len();
            let next = match last {
                true => self.state_input.clone(),
                false => output.clone(),
            };
            passed.push((step, std::mem::replace(&mut input, next.clone()), next));
        }
        for ((name, assigned), input, output) in &passed {
            before.push(PassedThrough {
                name,
                input,
                output,
                assigned: assigned.clone(),
            });
        }
        Some(history.rest(self.entry?, &self.input, &before))
    }

    /// How many states stand in front of it.
    fn states_before(&self) -> usize {
        self.start.steps(&self.variables).len()
    }

    fn check(&self) -> Result<(), ForkError> {
        let bytes = self.definition.to_string().len();
        if bytes > MAX_DEFINITION_BYTES {
            return Err(ForkError::TooLarge {
                state: self.state.clone(),
                bytes,
            });
        }
        Machine::from_value(&self.definition)
            .map(drop)
            .map_err(|error| ForkError::NotRunnable {
                cause: error.to_string(),
            })
    }
}
