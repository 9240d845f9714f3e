//! The definition: parsed, and with its values in place.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use txflow_asl::walk;

use super::definition_text::DefinitionText;
use super::placeholder::{Piece, Placeholder, pieces};
use super::template::resolve;

/// The state machine's definition. The values of `[substitutions]` are in place; functions and pseudo parameters are
/// still placeholders.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub path: PathBuf,
    /// Parsed JSON, keys in the order of the file. Placeholders live inside strings:
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

    /// The placeholders in its strings, without repetition.
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
        resolve(&mut definition, &value);
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
    each_string(value, "", &mut |_, text| {
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

/// Calls `found` with the JSON pointer and the text of each string that is a value.
pub(super) fn each_string(value: &Value, pointer: &str, found: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => found(pointer, text),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                each_string(item, &format!("{pointer}/{i}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                each_string(member, &format!("{pointer}/{key}"), found);
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
    fn placeholders_are_replaced_in_values_and_nowhere_else() {
        let definition = definition(json!({
            "${a}": ["${a} and ${AWS::Region}", 1],
            "Comment": "{% ${\"a\": 1} %}",
        }));
        let resolved = definition.resolve(|placeholder| match placeholder {
            // The value must not be taken for JSON or for another placeholder.
            Placeholder::Named(name) => format!("\"${{{name}}}\""),
            other => other.name().to_lowercase(),
        });
        assert_eq!(
            resolved,
            json!({
                "${a}": ["\"${a}\" and aws::region", 1],
                "Comment": "{% ${\"a\": 1} %}",
            })
        );
        let names: Vec<String> = definition
            .placeholders()
            .iter()
            .map(Placeholder::to_string)
            .collect();
        assert_eq!(names, ["${a}", "${AWS::Region}"]);
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
