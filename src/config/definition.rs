//! The definition: parsed, and with its values in place.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use txflow_asl::walk;

use super::definition_text::DefinitionText;
use super::placeholder::{Piece, Placeholder, pieces};
use super::template::resolve_with_keys;

/// The state machine's definition. The values of `[substitutions]` are in place; functions and pseudo parameters are
/// still placeholders.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub path: PathBuf,
    /// Parsed JSON, keys in the order of the file. Placeholders live inside strings, and inside the keys of data:
    /// `${purchase-handler}`, `${AWS::AccountId}`, `${AWS::Region}`, `${AWS::Partition}`. What must not be taken for one
    /// is escaped: `${!text}`.
    pub template: Value,
    /// Where its parts are in the file.
    pub text: DefinitionText,
    /// Whether a value in it comes from a variable that is not set, so that the whole is not known.
    pub incomplete: bool,
}

impl Definition {
    /// A hash of its text.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.text.whole()))
    }

    /// The JSON pointer of a state, by the names of the states around it and its own.
    pub fn pointer(&self, names: &[String]) -> Option<String> {
        let mut states = walk::placed_states(&self.template).into_iter();
        let found = states.find(|state| state.names == names);
        found.map(|state| state.pointer)
    }

    /// The placeholders in its strings and keys, without repetition.
    pub fn placeholders(&self) -> BTreeSet<Placeholder> {
        placeholders(&self.template)
    }

    /// The functions and state machines that its states name, without repetition.
    pub fn names(&self) -> BTreeSet<String> {
        names(&self.template)
    }

    /// Those that one of its states names.
    pub fn names_of(&self, state: &str) -> BTreeSet<String> {
        let mut states = walk::all_states(&self.template);
        let found = states.find(|(name, _)| *name == state);
        found.map_or_else(BTreeSet::new, |(_, state)| names(state))
    }

    /// The definition with each placeholder replaced by its `value`, which is never parsed again as JSON
    /// or as a placeholder.
    pub fn resolve(&self, value: impl Fn(&Placeholder) -> String) -> Value {
        let mut definition = self.template.clone();
        resolve_with_keys(&mut definition, &value);
        definition
    }

    /// Whether one of its states is a Distributed Map.
    pub fn has_distributed_map(&self) -> bool {
        walk::all_states(&self.template)
            .any(|(_, state)| state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED")
    }

    /// The names of the states that are not inside others.
    pub fn top_level_states(&self) -> Vec<String> {
        let states = walk::states(&self.template);
        states.map(|(name, _)| name.to_owned()).collect()
    }

    /// The names of all states, also of those inside `Map` and `Parallel` states.
    pub fn states(&self) -> Vec<String> {
        let states = walk::all_states(&self.template);
        states.map(|(name, _)| name.to_owned()).collect()
    }
}

fn placeholders(value: &Value) -> BTreeSet<Placeholder> {
    let mut found = BTreeSet::new();
    each_text(value, &mut |text| {
        found.extend(pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Placeholder(placeholder) => Some(placeholder),
            Piece::Text(_) | Piece::Malformed(_) => None,
        }));
    });
    found
}

fn names(value: &Value) -> BTreeSet<String> {
    let name = |placeholder| match placeholder {
        Placeholder::Named(name) => Some(name),
        _ => None,
    };
    placeholders(value).into_iter().filter_map(name).collect()
}

/// Calls `found` with each key, and with each string that is a value.
fn each_text(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, found)),
        Value::Object(members) => {
            for (key, member) in members {
                found(key);
                each_text(member, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;

    fn definition(template: Value) -> Definition {
        Definition {
            path: PathBuf::from("definition.asl.json"),
            template,
            text: DefinitionText::default(),
            incomplete: false,
        }
    }

    #[test]
    fn placeholders_are_replaced_in_values_and_in_keys() {
        let definition = definition(json!({
            "a ${b}": ["${a} and ${AWS::Region}", 1],
            "${!c}": { "${AWS::AccountId}.$": "$.c" },
            "Comment": "{% ${\"a\": 1} %}",
        }));
        let resolved = definition.resolve(|placeholder| match placeholder {
            // The value must not be taken for JSON or for another placeholder.
            Placeholder::Named(name) => format!("\"${{{name}}}\""),
            other => other.name().to_lowercase(),
        });
        let expected = json!({
            "a \"${b}\"": ["\"${a}\" and aws::region", 1],
            "${c}": { "aws::accountid.$": "$.c" },
            "Comment": "{% ${\"a\": 1} %}",
        });
        assert_eq!(resolved, expected);
        let in_order = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(in_order(&resolved), in_order(&expected));
        let names: Vec<String> = definition
            .placeholders()
            .iter()
            .map(Placeholder::to_string)
            .collect();
        assert_eq!(
            names,
            ["${a}", "${b}", "${AWS::AccountId}", "${AWS::Region}"]
        );
    }

    #[test]
    fn a_key_that_would_be_another_one_stays_as_it_is() {
        let definition = definition(json!({ "${AWS::Region}": 1, "x": 2, "${AWS::Partition}": 3 }));
        let resolved = definition.resolve(|_| "x".to_owned());
        assert_eq!(
            resolved,
            json!({ "${AWS::Region}": 1, "x": 2, "${AWS::Partition}": 3 })
        );
        let resolved = definition.resolve(|_| "y".to_owned());
        assert_eq!(resolved, json!({ "y": 1, "x": 2, "${AWS::Partition}": 3 }));
    }

    #[test]
    fn states_inside_of_states_have_names_too() {
        let inner = json!({ "States": { "C": { "Type": "Succeed" } } });
        let definition = definition(json!({ "States": {
            "A": { "Type": "Parallel", "Branches": [{ "States": { "B": {} } }] },
            "M": { "Type": "Map", "ItemProcessor": inner },
        }}));
        assert_eq!(definition.states(), ["A", "B", "M", "C"]);
        assert_eq!(definition.top_level_states(), ["A", "M"]);
    }

    #[test]
    fn the_handler_of_a_state_is_found_inside_of_others_too() {
        let task = |name: &str| json!({ "Type": "Task", "Resource": format!("${{{name}}}") });
        let definition = definition(json!({ "States": {
            "A": task("a"),
            "Each": { "Type": "Map", "ItemProcessor": { "States": { "B": task("b") } } },
            "Both": { "Type": "Parallel", "Branches": [{ "States": { "C": task("c") } }] },
        }}));
        for (state, handler) in [("A", "a"), ("B", "b"), ("C", "c")] {
            let names: Vec<String> = definition.names_of(state).into_iter().collect();
            assert_eq!(names, [handler], "{state}");
        }
        assert!(definition.names_of("D").is_empty());
    }
}
