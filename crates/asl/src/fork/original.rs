//! The definition that was forked, as far as the fork has kept it.

use serde_json::{Value, json};

use super::start::is_own;

/// Without the states that a fork has put in. Of a branch that it answers as before, only the name of the first state is left.
#[must_use]
pub fn original(definition: &Value) -> Value {
    let mut machine = definition.clone();
    let first = first(definition);
    if let Some(states) = machine.get_mut("States").and_then(Value::as_object_mut) {
        states.retain(|name, _| !is_own(name));
        states.values_mut().for_each(inner);
        if let Some(first) = first.filter(|first| !states.contains_key(*first)) {
            states.insert(first.to_owned(), json!({ "Type": "Pass", "End": true }));
        }
    }
    if let Some(first) = first {
        machine["StartAt"] = first.into();
    }
    machine
}

fn inner(state: &mut Value) {
    for field in ["ItemProcessor", "Iterator"] {
        if let Some(processor) = state.get_mut(field) {
            *processor = original(processor);
        }
    }
    let branches = state.get_mut("Branches").and_then(Value::as_array_mut);
    for branch in branches.into_iter().flatten() {
        *branch = original(branch);
    }
}

/// The state that a machine begins with after those that a fork has put in front.
fn first(machine: &Value) -> Option<&str> {
    let states = machine.get("States")?.as_object()?;
    let mut name = machine.get("StartAt")?.as_str()?;
    for _ in 0..=states.len() {
        if !is_own(name) {
            return Some(name);
        }
        let state = states.get(name)?;
        let next = ["Default", "Next", "Comment"].iter();
        name = next
            .filter_map(|field| state.get(*field))
            .find_map(Value::as_str)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_fork_has_put_in_is_left_out_at_each_depth() {
        let pass = json!({ "Type": "Pass", "End": true });
        let to = |next: &str| json!({ "Type": "Pass", "Next": next });
        let fork = json!({ "StartAt": "txflow fork 1", "States": {
            "txflow fork 1": to("txflow fork 2"),
            "txflow fork 2": to("Both"),
            "Both": { "Type": "Parallel", "Next": "Each", "Branches": [
                { "StartAt": "txflow fork 3", "States": {
                    "txflow fork 3": { "Type": "Pass", "Result": 1, "End": true, "Comment": "Book" },
                } },
                { "StartAt": "txflow fork 4", "States": { "txflow fork 4": to("Pay"), "Pay": pass } },
            ] },
            "Each": { "Type": "Map", "End": true, "ItemProcessor": { "StartAt": "txflow fork 6", "States": {
                "txflow fork 5": pass,
                "txflow fork 6": { "Type": "Choice", "Choices": [
                    { "Variable": "$$.Map.Item.Index", "NumericEquals": 0, "Next": "txflow fork 5" },
                ], "Default": "Good" },
                "Good": pass,
            } } },
        } });
        let expected = json!({ "StartAt": "Both", "States": {
            "Both": { "Type": "Parallel", "Next": "Each", "Branches": [
                { "StartAt": "Book", "States": { "Book": pass } },
                { "StartAt": "Pay", "States": { "Pay": pass } },
            ] },
            "Each": { "Type": "Map", "End": true, "ItemProcessor": { "StartAt": "Good", "States": { "Good": pass } } },
        } });
        assert_eq!(original(&fork), expected);
        assert_eq!(original(&expected), expected);
        assert_eq!(original(&json!(7)), json!(7));
    }
}
