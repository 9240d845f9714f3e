//! Forks each recording at each state of the machine itself that it entered: the rest of its history must come out again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use txflow_asl::fork::{Wanted, fork};
use txflow_asl::replay::{History, Recording, Replay};

use crate::replay::Clean;
use crate::validation;

#[derive(Default)]
pub struct Forks {
    /// The states that were forked from.
    pub all: usize,
    pub reproduced: usize,
    /// Of these, the ones that something stands in front of.
    prepared: usize,
    reasons: BTreeMap<String, Vec<String>>,
}

pub fn all(recordings: &[Clean<'_>]) -> Forks {
    let mut forks = Forks::default();
    for clean in recordings {
        let history = History::read(clean.recording.clone()).expect("it was clean");
        let entered: BTreeSet<&str> = history.entered().collect();
        for state in entered {
            forks.all += 1;
            match reproduced(clean, &history, state) {
                Ok(prepared) => {
                    forks.reproduced += 1;
                    forks.prepared += usize::from(prepared);
                }
                Err(reason) => {
                    let place = format!("{} `{state}`", clean.id);
                    forks.reasons.entry(reason).or_default().push(place);
                }
            }
        }
    }
    forks
}

/// Whether states stand in front of the fork; otherwise why it does not reproduce the rest.
fn reproduced(clean: &Clean<'_>, history: &History, state: &str) -> Result<bool, String> {
    let wanted = Wanted {
        from: Some(state),
        ..Wanted::default()
    };
    let forked =
        fork(clean.definition, Some(history), wanted).map_err(|error| error.to_string())?;
    let errors = |definition: &Value| validation::errors(&json!({ "definition": definition }));
    if errors(clean.definition).is_empty()
        && let [first, ..] = &errors(&forked.definition)[..]
    {
        return Err(format!("AWS would refuse it: {first}"));
    }
    let rest = forked.rest_of(history).ok_or("it has no entry")?;
    let recording = Recording::read(rest).map_err(|obstacle| obstacle.to_string())?;
    let replay = Replay::new(&forked.definition).map_err(|error| error.to_string())?;
    let replayed = replay.run(&recording);
    match (replayed.difference, replayed.redacted) {
        (None, None) => Ok(forked.definition["StartAt"] != state),
        (None, Some(_)) => Err("a state decides by what was normalised".to_owned()),
        (Some(difference), _) => Err(format!("{:?}: {}", difference.state, difference.why)),
    }
}

impl Forks {
    pub fn report(&self) -> String {
        let reasons = self.reasons.iter().map(|(reason, places)| {
            let places = places.join("\n    ");
            format!("not reproduced: {reason}\n    {places}\n")
        });
        let prepared = format!("fork: with states in front {}\n", self.prepared);
        reasons.chain([prepared]).collect()
    }
}
