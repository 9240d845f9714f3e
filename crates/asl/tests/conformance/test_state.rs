//! `test-state.jsonl`: calls of TestState, which runs a single state and shows its data flow.

use serde_json::Value;

use crate::compare::{Difference, Wildcards};

pub fn run(_row: &Value) -> Result<Value, String> {
    Err("the crate has no TestState yet".into())
}

pub fn compare(row: &Value, answer: &Value) -> Result<(), Difference> {
    let mut recorded = row["expected"].clone();
    if let Some(recorded) = recorded.as_object_mut() {
        // The HTTP side of the answer is not the engine's.
        recorded.remove("ResponseMetadata");
    }
    Wildcards::of(&row["compare"]).compare(&recorded, answer)
}
