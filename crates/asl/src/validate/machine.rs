//! Machines and their states: the workflow itself, the branches of a Parallel state, and the item processor of a Map
//! state.

use serde_json::{Map, Value};

use super::assigned::Assigned;
use super::at::At;
use super::checker::{CheckContext, Checker};
use super::finding::Code;
use super::parts::{BRANCH, ITEM_PROCESSOR, WORKFLOW};
use super::placeholder::has_placeholder;
use super::report::Mark;
use super::schema::Shape;
use super::{LONE_STATE, graph, states};
use crate::definition::QueryLanguage;

/// The maximum length of a state's name, in characters.
const MAX_STATE_NAME: usize = 80;

/// The maximum length of a Map state's label, in characters.
const MAX_LABEL: usize = 40;

impl<'s> Checker<'s> {
    pub(super) fn workflow(&mut self, value: &'s Value, express: bool) {
        let language = language(value).unwrap_or_default();
        let context = CheckContext::of_workflow(language, express);
        self.machine(&WORKFLOW, value, &At::ROOT, context);
    }

    /// A state without a machine around it.
    pub(super) fn lone_state(&mut self, value: &'s Value) {
        let context = CheckContext::of_workflow(QueryLanguage::default(), false);
        let states = At::ROOT.key("States");
        self.state(LONE_STATE, value, &states.key(LONE_STATE), context);
    }

    pub(super) fn branches(&mut self, value: &'s Value, at: &At<'_>, context: CheckContext) {
        match value.as_array() {
            None => self.report.value(at, "Expected value of type Array"),
            Some(branches) if branches.is_empty() => {
                self.report.value(at, "Value cannot be empty");
            }
            Some(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    self.machine(&BRANCH, branch, &at.index(index), context);
                }
            }
        }
    }

    pub(super) fn processor(&mut self, value: &'s Value, at: &At<'_>, context: CheckContext) {
        if is_distributed(value) {
            // Its states do not see the variables around it.
            let around = std::mem::take(&mut self.scopes);
            self.machine(&ITEM_PROCESSOR, value, at, context);
            self.scopes = around;
        } else {
            self.machine(&ITEM_PROCESSOR, value, at, context);
        }
    }

    fn machine(&mut self, shape: &Shape, value: &'s Value, at: &At<'_>, context: CheckContext) {
        self.object(shape, value, at, context);
        let Some(states) = value.get("States") else {
            return;
        };
        let place = at.key("States");
        let Some(states) = states.as_object() else {
            self.report.value(&place, "Expected value of type Object");
            return;
        };
        if states.is_empty() {
            self.report.value(&place, "Value cannot be empty");
        }
        let context = CheckContext {
            express: runs_express(value).unwrap_or(context.express),
            language: context.machine_language,
            language_is_refused: false,
            catching: false,
            resulting: false,
            ..context
        };
        self.scopes.push(Assigned::in_states(states.values()));
        for (name, state) in states {
            self.state(name, state, &place.key(name), context);
        }
        self.scopes.pop();
        let start = value.get("StartAt").and_then(Value::as_str);
        graph::check(self, states, start, at);
    }

    fn state(&mut self, name: &'s str, value: &'s Value, at: &At<'_>, context: CheckContext) {
        if name.chars().count() > MAX_STATE_NAME {
            let message = format!(
                "State name '{name}' exceeds the {MAX_STATE_NAME}-character limit allowed by the \
                 service"
            );
            let code = Code::InvalidStateName;
            self.report.error(code, at, Mark::Key, message);
        }
        if !self.state_names.insert(name) {
            let message = format!("Duplicate State name: {name}");
            let code = Code::DuplicateStateName;
            self.report.error(code, at, Mark::Key, message);
        }
        let Some(state) = value.as_object() else {
            self.report.value(at, "Expected value of type Object");
            return;
        };
        self.label(state, at);
        let context = self.state_context(value, at, context);
        match state.get("Type").map(Value::as_str) {
            None => {
                let message = "These fields are required: [Type]";
                self.report.schema(at, Mark::Key, message);
            }
            Some(kind) => match kind.and_then(states::shape) {
                Some(shape) => {
                    let resulting = ["Task", "Parallel", "Map"].map(Value::from);
                    let context = CheckContext {
                        resulting: resulting.contains(&state["Type"]),
                        ..context
                    };
                    self.object(shape, value, at, context);
                }
                None => self.unknown_type(&state["Type"], &at.key("Type")),
            },
        }
    }

    fn unknown_type(&mut self, value: &Value, at: &At<'_>) {
        match value.as_str() {
            Some(kind) if !has_placeholder(kind) => {
                let types = states::TYPES.join(", ");
                let message =
                    format!("The field 'Type' should have one of these values: [{types}]");
                self.report.value(at, message);
                self.report.suggest(kind, states::TYPES.iter().copied());
            }
            _ => self.one_of(states::TYPES, value, at),
        }
    }

    fn state_context(&mut self, state: &Value, at: &At<'_>, context: CheckContext) -> CheckContext {
        let Some(language) = language(state) else {
            return context;
        };
        let machine = context.machine_language;
        let language_is_refused =
            machine == QueryLanguage::Jsonata && language == QueryLanguage::JsonPath;
        if language_is_refused {
            let message =
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            let mark = Mark::Field("QueryLanguage");
            self.report.schema(at, mark, message);
        }
        CheckContext {
            language,
            language_is_refused,
            ..context
        }
    }

    fn label(&mut self, state: &'s Map<String, Value>, at: &At<'_>) {
        let Some(label) = state.get("Label").and_then(Value::as_str) else {
            return;
        };
        let at = at.key("Label");
        // The characters that the developer guide excludes.
        let excluded =
            |c: char| c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"".contains(c);
        let message = if label.is_empty() {
            "Label cannot be empty".to_owned()
        } else if label.chars().count() > MAX_LABEL {
            format!(
                "Label '{label}' exceeds the {MAX_LABEL}-character limit allowed by the service"
            )
        } else if label.contains(excluded) {
            format!("Label '{label}' contains invalid characters")
        } else if !self.labels.insert(label) {
            let message = format!("Duplicate Label name: {label}");
            let code = Code::DuplicateLabelName;
            self.report.error(code, &at, Mark::Value, message);
            return;
        } else {
            return;
        };
        let code = Code::InvalidLabelName;
        self.report.error(code, &at, Mark::Value, message);
    }
}

/// The query language that an object sets. Every value other than `JSONPath` counts as JSONata.
fn language(value: &Value) -> Option<QueryLanguage> {
    let language = value.get("QueryLanguage")?;
    Some(match language.as_str() {
        Some("JSONPath") => QueryLanguage::JsonPath,
        _ => QueryLanguage::Jsonata,
    })
}

fn is_distributed(processor: &Value) -> bool {
    processor["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
}

/// Whether the child executions of a distributed Map are Express.
fn runs_express(processor: &Value) -> Option<bool> {
    let kind = processor.get("ProcessorConfig")?.get("ExecutionType")?;
    kind.as_str().map(|kind| kind == "EXPRESS")
}
