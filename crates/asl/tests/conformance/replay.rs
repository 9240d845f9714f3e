//! Each recording that has a history, against its own definition.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use txflow_asl::replay::{Obstacle, REDACTED_TEXT, Recording, Replay};

use crate::compare::Wildcards;
use crate::rows::text;

pub struct Replays {
    pub all: usize,
    pub replayable: usize,
    reasons: BTreeMap<String, Vec<String>>,
}

/// A recording that went the same way again.
pub struct Clean<'a> {
    pub id: String,
    pub definition: &'a Value,
    pub recording: Value,
}

pub fn all(rows: &[Value]) -> (Replays, Vec<Clean<'_>>) {
    let mut replays = Replays {
        all: 0,
        replayable: 0,
        reasons: BTreeMap::new(),
    };
    let mut clean = Vec::new();
    for row in rows {
        let Some(recording) = recording(row) else {
            continue;
        };
        replays.all += 1;
        let (id, definition) = (text(row, "id"), &row["definition"]);
        let mut not_clean = |reason: String| {
            replays.reasons.entry(reason).or_default().push(id.clone());
        };
        match Recording::read(recording.clone()) {
            Err(obstacle) => not_clean(obstacle.to_string()),
            Ok(read) => {
                replays.replayable += 1;
                match Replay::new(definition).map(|replay| replay.run(&read)) {
                    Err(error) => not_clean(error.to_string()),
                    Ok(replayed) => match (replayed.difference, replayed.redacted) {
                        (None, None) => clean.push(Clean {
                            id,
                            definition,
                            recording,
                        }),
                        (None, Some(state)) => {
                            not_clean(format!("`{state}` decides by what was normalised"));
                        }
                        (Some(difference), _) => {
                            not_clean(format!("{:?}: {:?}", difference.state, difference.why));
                        }
                    },
                }
            }
        }
    }
    (replays, clean)
}

/// The recording as a document, with a mark in each place that was normalised.
fn recording(row: &Value) -> Option<Value> {
    let events = row["expected"]["events"].as_array()?;
    let wildcards = Wildcards::of(&row["compare"]);
    Some(json!({ "events": masked(&events.clone().into(), &wildcards) }))
}

fn masked(recorded: &Value, wildcards: &Wildcards) -> Value {
    match recorded {
        Value::String(word) if wildcards.whole.contains(word) => REDACTED_TEXT.into(),
        Value::String(text) => wildcards.inside.replace_all(text, REDACTED_TEXT).into(),
        Value::Array(items) => items.iter().map(|item| masked(item, wildcards)).collect(),
        Value::Object(fields) => { fields.iter() }
            .map(|(name, value)| (name.clone(), masked(value, wildcards)))
            .collect(),
        other => other.clone(),
    }
}

impl Replays {
    pub fn report(&self) -> String {
        let obstacles = [Obstacle::DistributedMap.to_string()];
        let reasons = self.reasons.iter().map(|(reason, ids)| {
            let ids = match obstacles.contains(reason) {
                true => String::new(),
                false => format!("\n    {}", ids.join("\n    ")),
            };
            let count = self.reasons[reason].len();
            format!("not clean: {count} × {reason}{ids}\n")
        });
        reasons.collect()
    }
}
