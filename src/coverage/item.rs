//! What was reached of one state machine, item by item.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use txflow_asl::Decision;
use txflow_asl::coverage::{Coverage, Item, Part, Reach};

use super::kind::Kind;
use crate::config::Definition;

/// What tests reached of one state machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineCoverage {
    /// Its name under `[state-machines]`; `null` for the main one.
    pub state_machine: Option<String>,
    /// The file with its definition, as deploy.toml or the user names it.
    pub file: PathBuf,
    /// In the order of the definition.
    pub items: Vec<ItemCoverage>,
    /// Why not all is known of some executions.
    pub unknown: Vec<Unknown>,
}

/// Something that an execution reaches or does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemCoverage {
    pub kind: Kind,
    /// The state that it is or belongs to.
    pub state: String,
    /// In words, such as "retrier 1 of `Charge` (`States.Timeout`)".
    pub item: String,
    pub line: usize,
    /// How often it was reached; `null` if that is not known.
    pub times: Option<u64>,
    /// A JSON pointer to it in the definition.
    pub pointer: String,
    /// Where a rule or a catcher leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How often a state was left other than by a `Catch`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left: u64,
}

/// Why not all is known of what executions reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unknown {
    pub reason: String,
    pub executions: usize,
}

impl MachineCoverage {
    pub fn new(name: Option<&str>, definition: &Definition, coverage: &Coverage) -> Self {
        let items = coverage.items();
        let reasons = coverage.reasons().iter();
        Self {
            state_machine: name.map(str::to_owned),
            file: definition.path.clone(),
            items: items
                .map(|(item, reach)| {
                    let mut found = ItemCoverage::new(definition, item, reach);
                    if found.kind == Kind::State {
                        found.left = coverage.left(&item.state);
                    }
                    found
                })
                .collect(),
            unknown: reasons
                .map(|(reason, executions)| Unknown {
                    reason: reason.to_string(),
                    executions: *executions,
                })
                .collect(),
        }
    }
}

impl MachineCoverage {
    /// A state with its parts.
    pub fn items_of<'a>(&'a self, state: &'a str) -> impl Iterator<Item = &'a ItemCoverage> {
        self.items.iter().filter(move |item| item.state == state)
    }
}

impl ItemCoverage {
    fn new(definition: &Definition, item: &Item, reach: Reach) -> Self {
        let value = definition.template.pointer(&item.pointer);
        let place = definition.text.key_place(&item.pointer);
        let next = value.and_then(|value| match item.part {
            Part::Decision(Decision::Default) => value.as_str(),
            Part::Decision(_) => value["Next"].as_str(),
            _ => None,
        });
        Self {
            kind: Kind::of(item.part),
            state: item.state.clone(),
            item: words(item, value.unwrap_or(&Value::Null)),
            line: place.map_or(1, |place| place.line),
            times: match reach {
                Reach::Reached(times) => Some(times),
                Reach::NotReached => Some(0),
                Reach::Unknown => None,
            },
            pointer: item.pointer.clone(),
            next: next.map(str::to_owned),
            left: 0,
        }
    }

    /// Whether it is known to have been reached.
    pub fn is_reached(&self) -> bool {
        self.times.is_some_and(|times| times > 0)
    }

    /// Whether another one is inside of it.
    pub fn contains(&self, other: &Self) -> bool {
        let below = other.pointer.strip_prefix(&self.pointer);
        below.is_some_and(|below| below.starts_with('/'))
    }
}

fn is_zero(times: &u64) -> bool {
    *times == 0
}

fn words(item: &Item, value: &Value) -> String {
    let state = &item.state;
    let next = || value["Next"].as_str().unwrap_or_default();
    match item.part {
        Part::State => format!("state `{state}`"),
        Part::Decision(Decision::Rule(at)) => {
            format!("rule {} of `{state}` (→ `{}`)", at + 1, next())
        }
        Part::Decision(Decision::Default) => {
            let next = value.as_str().unwrap_or_default();
            format!("default of `{state}` (→ `{next}`)")
        }
        Part::Decision(Decision::Retrier(at)) => {
            format!("retrier {} of `{state}` ({})", at + 1, errors(value))
        }
        Part::Decision(Decision::Catcher(at)) => {
            format!("catcher {} of `{state}` ({})", at + 1, errors(value))
        }
        Part::Branch(at) => format!("branch {} of `{state}`", at + 1),
        Part::Processor => format!("the items of `{state}`"),
    }
}

fn errors(handler: &Value) -> String {
    let errors = handler["ErrorEquals"].as_array().into_iter().flatten();
    let errors = errors.filter_map(Value::as_str);
    let errors: Vec<String> = errors.map(|error| format!("`{error}`")).collect();
    match errors.as_slice() {
        // The definition has them all, and a line has 80 columns.
        [first, rest @ ..] if rest.len() > 2 => format!("{first} and {} more", rest.len()),
        few => few.join(", "),
    }
}
