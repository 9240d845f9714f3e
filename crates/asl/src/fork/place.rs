//! Where a fork starts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::start::is_own;
use super::{ForkError, Wanted};
use crate::Status;
use crate::nearest::nearest;
use crate::replay::{Entry, History, ROOT};
use crate::walk::{all_states, placed_states};

/// Where a fork starts.
pub(super) struct Place {
    /// A state of the machine itself.
    pub state: String,
    /// Which entry of the history; `None` if it was never entered.
    pub entry: Option<usize>,
    /// Whether what has succeeded inside of it is not run again.
    pub descends: bool,
    /// The state inside of it that is meant.
    pub target: Option<String>,
}

pub(super) fn place(
    definition: &Value,
    history: Option<&History>,
    wanted: &Wanted<'_>,
) -> Result<Place, ForkError> {
    match (wanted.from, history) {
        (Some(state), _) => named(definition, history, state, wanted.input.is_some()),
        (None, Some(history)) => failed(definition, history, wanted.input.is_some()),
        (None, None) => Err(ForkError::NoHistory),
    }
}

fn named(
    definition: &Value,
    history: Option<&History>,
    state: &str,
    edited: bool,
) -> Result<Place, ForkError> {
    let placed = placed_states(definition);
    let found = placed.iter().find(|one| one.names.last() == Some(&state));
    let Some(found) = found else {
        let nearest_to = nearest_state(definition, state);
        let state = state.to_owned();
        return Err(ForkError::Unknown { state, nearest_to });
    };
    let (around, is_inside) = (found.names[0], found.names.len() > 1);
    if is_inside && edited {
        return Err(ForkError::InputInside {
            state: state.to_owned(),
            around: around.to_owned(),
        });
    }
    let Some(history) = history else {
        return match edited {
            true => Ok(top(state, None)),
            false => Err(ForkError::NoHistory),
        };
    };
    let visits = 0..history.entries(ROOT);
    let entry = visits.rev().find(|visit| {
        let at = Entry {
            scope: ROOT,
            visit: *visit,
        };
        history.state(at) == around && (!is_inside || is_in(history, at, state))
    });
    if entry.is_none() && !edited {
        if is_inside && is_distributed(&definition["States"][around]) {
            return Err(distributed(around));
        }
        let mut known = BTreeSet::new();
        let entered = history
            .entered()
            .filter(|name| !is_own(name) && known.insert(*name));
        return Err(ForkError::NotEntered {
            state: state.to_owned(),
            entered: entered.map(str::to_owned).collect(),
        });
    }
    Ok(Place {
        descends: is_inside,
        target: is_inside.then(|| state.to_owned()),
        ..top(around, entry)
    })
}

/// The state in which the execution failed.
fn failed(definition: &Value, history: &History, edited: bool) -> Result<Place, ForkError> {
    match history.status() {
        None => return Err(ForkError::Running),
        Some(Status::Succeeded) => return Err(ForkError::Succeeded),
        Some(Status::Failed | Status::TimedOut | Status::Aborted) => {}
    }
    let entry = |visit| Entry { scope: ROOT, visit };
    let last = history.entries(ROOT).checked_sub(1);
    let mut visit = last.ok_or(ForkError::NoneFailed)?;
    let state = history.state(entry(visit));
    if history.kind(entry(visit)) == "Fail" {
        // What failed is what was caught, and led there.
        let caught = (0..visit).rev().find(|visit| history.failed(entry(*visit)));
        let state = state.to_owned();
        visit = caught.ok_or(ForkError::FailState { state })?;
    } else if history.output_of(entry(visit)).is_some() {
        return Err(ForkError::NoneFailed);
    }
    let at = entry(visit);
    let state = history.state(at);
    let Some(found) = definition["States"].get(state) else {
        return Err(ForkError::Removed {
            state: state.to_owned(),
            nearest_to: nearest_state(definition, state),
        });
    };
    if is_distributed(found) && !edited {
        return Err(distributed(state));
    }
    Ok(Place {
        descends: !edited && !history.inside(at).is_empty(),
        ..top(state, Some(visit))
    })
}

fn top(state: &str, entry: Option<usize>) -> Place {
    Place {
        state: state.to_owned(),
        entry,
        descends: false,
        target: None,
    }
}

/// Whether a state was entered inside of another one.
pub(super) fn is_in(history: &History, around: Entry, state: &str) -> bool {
    let inside = history.inside(around).into_iter();
    let entries = inside.flat_map(|(scope, _)| {
        (0..history.entries(scope)).map(move |visit| Entry { scope, visit })
    });
    entries
        .into_iter()
        .any(|at| history.state(at) == state || is_in(history, at, state))
}

pub(super) fn is_distributed(state: &Value) -> bool {
    let fields = ["ItemProcessor", "Iterator"];
    let modes = fields.map(|field| &state[field]["ProcessorConfig"]["Mode"]);
    modes.iter().any(|mode| *mode == "DISTRIBUTED")
}

fn distributed(state: &str) -> ForkError {
    ForkError::NotExact {
        state: state.to_owned(),
        reason: "the iterations of a Distributed Map are executions of their own, which its history does not hold"
            .to_owned(),
    }
}

pub(super) fn nearest_state(definition: &Value, state: &str) -> Option<String> {
    let known = all_states(definition).map(|(name, _)| name);
    nearest(state, known).map(str::to_owned)
}
