//! The states of a definition as JSON, also those inside `Map` and `Parallel` states.
//!
//! A [`Machine`](crate::Machine) takes definitions that can run. These functions take any: drafts, and definitions whose
//! placeholders are still in place. Whatever does not have the shape of a machine or a state is skipped.

use std::iter;

use serde_json::Value;

use crate::definition::QueryLanguage;
use crate::source::push_token;

/// The fields of a `Map` state that hold what it does with an item; `Iterator` is the former name.
const PROCESSORS: [&str; 2] = ["ItemProcessor", "Iterator"];

/// The states of one machine with their names, in the order of the definition.
pub fn states(machine: &Value) -> impl DoubleEndedIterator<Item = (&str, &Value)> {
    let states = machine.get("States").and_then(Value::as_object);
    let states = states.into_iter().flatten();
    states.map(|(name, state)| (name.as_str(), state))
}

/// The machines inside a state: the branches of a `Parallel`, the item processor of a `Map`.
pub fn inner_machines(state: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    let branches = state.get("Branches").and_then(Value::as_array);
    let processors = PROCESSORS.map(|field| state.get(field));
    let branches = branches.into_iter().flatten();
    branches.chain(processors.into_iter().flatten())
}

/// The states of a machine and all states inside them, each before its own inner ones.
///
/// ```
/// use serde_json::json;
/// use txflow_asl::walk::all_states;
///
/// let definition = json!({ "States": {
///     "Each": { "Type": "Map", "ItemProcessor": { "States": { "Charge": { "Type": "Task" } } } },
///     "Done": { "Type": "Succeed" },
/// }});
/// let names: Vec<&str> = all_states(&definition).map(|(name, _)| name).collect();
/// assert_eq!(names, ["Each", "Charge", "Done"]);
/// ```
pub fn all_states(machine: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let mut ahead: Vec<(&str, &Value)> = states(machine).rev().collect();
    iter::from_fn(move || {
        let (name, state) = ahead.pop()?;
        ahead.extend(inner_machines(state).flat_map(states).rev());
        Some((name, state))
    })
}

/// A state, and its place in the whole definition.
#[derive(Clone, Debug)]
pub struct PlacedState<'d> {
    /// The names of the states around it, and its own at the end.
    pub names: Vec<&'d str>,
    /// A JSON pointer: `/States/Each/ItemProcessor/States/Charge`.
    pub pointer: String,
    /// Of its expressions: its own, or that of the whole definition.
    pub language: QueryLanguage,
    pub value: &'d Value,
}

impl PlacedState<'_> {
    /// The JSON pointer of one of its fields.
    #[must_use]
    pub fn pointer_to(&self, field: &str) -> String {
        let mut pointer = self.pointer.clone();
        push_token(&mut pointer, field);
        pointer
    }
}

/// The same states as [`all_states`], in the same order, with their places.
#[must_use]
pub fn placed_states(definition: &Value) -> Vec<PlacedState<'_>> {
    let mut found = Vec::new();
    let language = language(definition).unwrap_or_default();
    place_states(definition, "", &[], language, &mut found);
    found
}

fn place_states<'d>(
    machine: &'d Value,
    pointer: &str,
    around: &[&'d str],
    inherited: QueryLanguage,
    found: &mut Vec<PlacedState<'d>>,
) {
    for (name, value) in states(machine) {
        let mut place = format!("{pointer}/States");
        push_token(&mut place, name);
        let names = [around, &[name]].concat();
        found.push(PlacedState {
            names: names.clone(),
            pointer: place.clone(),
            language: language(value).unwrap_or(inherited),
            value,
        });
        let branches = value.get("Branches").and_then(Value::as_array);
        for (index, branch) in branches.into_iter().flatten().enumerate() {
            let place = format!("{place}/Branches/{index}");
            place_states(branch, &place, &names, inherited, found);
        }
        for field in PROCESSORS {
            if let Some(processor) = value.get(field) {
                let place = format!("{place}/{field}");
                place_states(processor, &place, &names, inherited, found);
            }
        }
    }
}

/// The fields of a state, and of the objects in it, whose value is data: the language gives the keys in it no meaning.
const DATA: [&str; 9] = [
    "Parameters",
    "Arguments",
    "ResultSelector",
    "Result",
    "Output",
    "Assign",
    "ItemSelector",
    "Items",
    "BatchInput",
];

/// The JSON pointers of all data in the states of a definition, such as `/States/Charge/Parameters`.
#[must_use]
pub fn data(definition: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for mut state in placed_states(definition) {
        place_data(state.value, &mut state.pointer, &mut found);
    }
    found
}

/// `pointer` points to a state or to a part of it, and does so again on return.
fn place_data(part: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match part {
        Value::Object(fields) => {
            for (name, value) in fields {
                push_token(pointer, name);
                if DATA.contains(&name.as_str()) {
                    found.push(pointer.clone());
                } else if name != "Branches" && !PROCESSORS.contains(&name.as_str()) {
                    place_data(value, pointer, found);
                }
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                push_token(pointer, &index.to_string());
                place_data(item, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// The language that an object sets.
fn language(value: &Value) -> Option<QueryLanguage> {
    match value.get("QueryLanguage")?.as_str()? {
        "JSONata" => Some(QueryLanguage::Jsonata),
        "JSONPath" => Some(QueryLanguage::JsonPath),
        _ => None,
    }
}

/// Calls `change` with the same states as [`all_states`], in the same order.
pub fn change_all_states(machine: &mut Value, change: &mut impl FnMut(&str, &mut Value)) {
    let states = machine.get_mut("States").and_then(Value::as_object_mut);
    for (name, state) in states.into_iter().flatten() {
        change(name, state);
        let branches = state.get_mut("Branches").and_then(Value::as_array_mut);
        for branch in branches.into_iter().flatten() {
            change_all_states(branch, change);
        }
        for field in PROCESSORS {
            if let Some(processor) = state.get_mut(field) {
                change_all_states(processor, change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{all_states, change_all_states, data, inner_machines, placed_states};
    use crate::definition::QueryLanguage;

    fn nested() -> Value {
        let machine = |name: &str, state: Value| json!({ "States": { name: state } });
        let succeed = json!({ "Type": "Succeed" });
        let processor = machine("Deep", succeed.clone());
        json!({ "StartAt": "First", "States": {
            "First": { "Type": "Pass", "Next": "Both" },
            "Both": { "Type": "Parallel", "Branches": [
                machine("Left", json!({ "Type": "Map", "ItemProcessor": processor })),
                machine("Right", succeed.clone()),
            ]},
            "Old": { "Type": "Map", "Iterator": machine("Item", succeed) },
            "Last": { "Type": "Succeed" },
        }})
    }

    const NAMES: [&str; 8] = [
        "First", "Both", "Left", "Deep", "Right", "Old", "Item", "Last",
    ];

    #[test]
    fn each_state_comes_before_those_inside_it() {
        let definition = nested();
        let names: Vec<&str> = all_states(&definition).map(|(name, _)| name).collect();
        assert_eq!(names, NAMES);
        let both = &definition["States"]["Both"];
        assert_eq!(inner_machines(both).count(), 2);
    }

    #[test]
    fn the_same_states_can_be_changed() {
        let mut definition = nested();
        let mut names = Vec::new();
        change_all_states(&mut definition, &mut |name, state| {
            names.push(name.to_owned());
            state["Comment"] = name.into();
        });
        assert_eq!(names, NAMES);
        assert!(all_states(&definition).all(|(name, state)| state["Comment"] == name));
    }

    #[test]
    fn a_placed_state_is_where_its_pointer_says() {
        let mut definition = nested();
        definition["States"]["Old"]["QueryLanguage"] = "JSONata".into();
        let placed = placed_states(&definition);
        let names: Vec<&str> = placed
            .iter()
            .filter_map(|s| s.names.last().copied())
            .collect();
        assert_eq!(names, NAMES);
        for state in &placed {
            assert_eq!(definition.pointer(&state.pointer), Some(state.value));
        }
        assert_eq!(placed[3].names, ["Both", "Left", "Deep"]);
        let languages = placed
            .iter()
            .filter(|s| s.language == QueryLanguage::Jsonata);
        assert_eq!(languages.count(), 1, "states inside inherit from the whole");
    }

    #[test]
    fn data_is_found_in_each_state_and_in_the_parts_of_it() {
        let definition = json!({ "Parameters": 1, "States": {
            "Output": { "Type": "Task", "Parameters": { "Output": { "Result": 1 } }, "ResultSelector": {},
                "Catch": [{ "Next": "Pick", "Output": {} }] },
            "Pick": { "Type": "Choice", "Choices": [{ "Next": "Each", "Assign": {} }] },
            "Each": { "Type": "Map", "ItemBatcher": { "BatchInput": {} }, "ItemReader": { "Arguments": {} },
                "ItemProcessor": { "States": { "Items": { "Type": "Pass", "Result": {} } } } },
        }});
        assert_eq!(
            data(&definition),
            [
                "/States/Output/Parameters",
                "/States/Output/ResultSelector",
                "/States/Output/Catch/0/Output",
                "/States/Pick/Choices/0/Assign",
                "/States/Each/ItemBatcher/BatchInput",
                "/States/Each/ItemReader/Arguments",
                "/States/Each/ItemProcessor/States/Items/Result",
            ]
        );
    }

    #[test]
    fn what_does_not_have_the_shape_of_a_state_or_a_machine_is_skipped() {
        let mut definition = json!({ "States": {
            "Number": 1,
            "Odd": { "Branches": [null, { "States": [] }, {}], "ItemProcessor": "x", "Iterator": { "States": 2 } },
        }});
        let names: Vec<&str> = all_states(&definition).map(|(name, _)| name).collect();
        assert_eq!(names, ["Number", "Odd"]);
        let mut count = 0;
        change_all_states(&mut definition, &mut |_, _| count += 1);
        assert_eq!(count, 2);
        assert_eq!(all_states(&json!([])).count(), 0);
        assert_eq!(placed_states(&json!([])).len(), 0);
    }
}
