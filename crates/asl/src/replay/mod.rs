//! Runs a definition against executions that were recorded: would they have gone the same way?
//!
//! A [`Replay`] runs on virtual time, and calls nothing: each task is answered by what the history recorded for it. What is
//! left to chance (random numbers, ids, tokens, the time of day) is found by a second run, in which chance fell out
//! otherwise: what differs between the two says nothing about the definition.

mod compare;
mod difference;
mod drive;
mod event;
mod history;
mod reason;
mod recording;
mod redacted;
mod redacted_use;
mod redacted_values;
mod redaction;
mod trace;
mod visit;

use std::collections::BTreeMap;

use serde_json::Value;

pub use difference::Change;
pub(crate) use difference::unpinned;
pub use history::History;
pub(crate) use history::{Entry, PassedThrough, ROOT, first_inputs};
pub use reason::Why;
pub use recording::{Obstacle, Recording};
pub use redacted::{REDACTED_NUMBER, REDACTED_TEXT, rename};
pub use redaction::{Redaction, RedactionPath};
pub(crate) use trace::{Call, Trace};

use crate::definition::DefinitionError;
use crate::walk::all_states;
use crate::{Decided, Machine};
use compare::Comparison;
use drive::{Chance, drive};

/// A definition that recordings are run against.
#[derive(Debug)]
pub struct Replay {
    machine: Machine,
    /// Its states by name, nested ones too.
    states: BTreeMap<String, Value>,
}

/// How a recording ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// The first difference; `None` if it went the same way to the same end.
    pub difference: Option<Difference>,
    /// How many values were not compared, since chance decides on them.
    pub by_chance: usize,
    /// The state that decides or computes with redacted data. What differs from there on says nothing.
    pub redacted: Option<String>,
    /// States that have another name now.
    pub renamed: BTreeMap<String, String>,
    /// The rules, retriers and catchers that were used, in order.
    pub decided: Vec<Decided>,
}

/// The first difference between a recording and its replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The state; `None` if the start of the machine differs.
    pub state: Option<String>,
    pub why: Why,
    /// Whether the same states ran with the same calls, and only the output differs.
    pub same_path: bool,
}

/// If chance leads a replay elsewhere, others are tried.
const TRIES: u64 = 6;

impl Replay {
    /// # Errors
    ///
    /// If it is not a definition that can run.
    pub fn new(definition: &Value) -> Result<Self, DefinitionError> {
        let states = all_states(definition);
        Ok(Self {
            machine: Machine::from_value(definition)?,
            states: { states.map(|(name, state)| (name.to_owned(), state.clone())) }.collect(),
        })
    }

    /// Runs the definition against a recording.
    #[must_use]
    pub fn run(&self, recording: &Recording) -> Replayed {
        let first = drive(&self.machine, recording, Chance::number(0));
        let mut comparison = Comparison::new(&self.states, recording, &first, None);
        let replayed = comparison.run();
        if replayed.difference.is_none() {
            return replayed;
        }
        // Only now it matters what chance decides.
        let mut best: Option<(usize, Replayed)> = None;
        let other = drive(&self.machine, recording, Chance::number(TRIES));
        for seed in 0..TRIES {
            let driven = match seed {
                0 => None,
                seed => Some(drive(&self.machine, recording, Chance::number(seed))),
            };
            let driven = driven.as_ref().unwrap_or(&first);
            let mut comparison = Comparison::new(&self.states, recording, driven, Some(&other));
            let replayed = comparison.run();
            if replayed.difference.is_none() {
                return replayed;
            }
            let reached = comparison.reached();
            if best
                .as_ref()
                .is_none_or(|(furthest, _)| *furthest < reached)
            {
                best = Some((reached, replayed));
            }
        }
        best.map_or(replayed, |(_, replayed)| replayed)
    }
}
