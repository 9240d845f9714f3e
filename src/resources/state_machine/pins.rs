//! What a definition pins: versions of functions, and of other state machines.

use std::collections::BTreeMap;

use serde_json::Value;
use txflow_asl::FunctionReference;

use super::StateMachineState;
use crate::config::MachineName;
use crate::stack::Stack;

/// A version that a definition names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pin {
    Function { handler: String, version: String },
    StateMachine { machine: MachineName, version: u64 },
}

impl Pin {
    pub fn function(handler: &str, version: &str) -> Self {
        Self::Function {
            handler: handler.to_owned(),
            version: version.to_owned(),
        }
    }

    /// The version, if it is one of this state machine.
    pub fn of(&self, wanted: &MachineName) -> Option<u64> {
        match self {
            Self::StateMachine { machine, version } if machine == wanted => Some(*version),
            _ => None,
        }
    }

    /// The handler and the version, if it is one of a function.
    pub fn of_function(&self) -> Option<(&str, &str)> {
        match self {
            Self::Function { handler, version } => Some((handler, version)),
            Self::StateMachine { .. } => None,
        }
    }

    /// The state machine and the version, if it is one of those.
    pub fn of_state_machine(&self) -> Option<(&MachineName, u64)> {
        match self {
            Self::StateMachine { machine, version } => Some((machine, *version)),
            Self::Function { .. } => None,
        }
    }
}

/// What these state machines pin as they are.
pub(in crate::resources) fn pins_of_all(
    machines: &BTreeMap<MachineName, StateMachineState>,
    stack: &Stack,
) -> Vec<Pin> {
    let states = machines.values();
    let pins = states.flat_map(|state| pins(&state.definition, stack));
    pins.collect()
}

/// What a definition pins.
pub(crate) fn pins(definition: &Value, stack: &Stack) -> Vec<Pin> {
    let functions = stack.function_arn("");
    let machines = stack.state_machine_arn(&MachineName::Named(String::new()));
    let mut pins = Vec::new();
    each_text(definition, &mut |text| {
        pins.extend(after(text, &functions).filter_map(function));
        pins.extend(after(text, &machines).filter_map(state_machine));
    });
    pins
}

/// The definition with something else in place of each version that it pins.
pub(in crate::resources) fn with_pins(
    definition: &Value,
    stack: &Stack,
    by: &impl Fn(&Pin) -> String,
) -> Value {
    let text_with = |text: &str| {
        let functions = stack.function_arn("");
        let machines = stack.state_machine_arn(&MachineName::Named(String::new()));
        let text = replaced(text, &functions, function, by);
        replaced(&text, &machines, state_machine, by)
    };
    match definition {
        Value::String(text) => Value::String(text_with(text)),
        Value::Array(items) => {
            let items = items.iter().map(|item| with_pins(item, stack, by));
            items.collect()
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(key, item)| (text_with(key), with_pins(item, stack, by)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

fn replaced(
    text: &str,
    arn: &str,
    pin: impl Fn(&str) -> Option<Pin>,
    by: impl Fn(&Pin) -> String,
) -> String {
    let mut replaced = String::new();
    let mut parts = text.split(arn);
    replaced.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let reference = &part[..end_of_name(part)];
        match pin(reference) {
            Some(pin) => replaced.push_str(&by(&pin)),
            None => {
                replaced.push_str(arn);
                replaced.push_str(reference);
            }
        }
        replaced.push_str(&part[reference.len()..]);
    }
    replaced
}

/// `buy:7`
fn function(reference: &str) -> Option<Pin> {
    let function = FunctionReference::parse(reference)?;
    Some(Pin::function(function.name, function.qualifier?))
}

/// `ship:7`
fn state_machine(reference: &str) -> Option<Pin> {
    let (name, version) = reference.split_once(':')?;
    Some(Pin::StateMachine {
        machine: MachineName::Named(name.to_owned()),
        version: version.parse().ok()?,
    })
}

/// What stands behind each occurrence of the beginning of an ARN.
fn after<'a>(text: &'a str, arn: &str) -> impl Iterator<Item = &'a str> {
    text.match_indices(arn).map(|(start, found)| {
        let rest = &text[start + found.len()..];
        &rest[..end_of_name(rest)]
    })
}

/// Where the name and the version end that stand behind the beginning of an ARN.
fn end_of_name(rest: &str) -> usize {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:".contains(c)));
    end.unwrap_or(rest.len())
}

/// Calls `found` with each key, and with each string that is a value.
fn each_text(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, found)),
        Value::Object(fields) => {
            for (key, item) in fields {
                found(key);
                each_text(item, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::sample;
    use serde_json::json;

    #[test]
    fn a_definition_tells_the_versions_that_it_pins() {
        let definition = json!({"States": {"A": {"Arguments": {
            "FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:7",
            "Other": ["{% 'arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-sell:12' %}"],
            "Bare": "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy",
            "Child": "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev-ship:3",
            "Alias": "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev-ship:live",
            "Main": "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev:3",
            "Keys": { "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-ship:2": 1 },
        }}}});
        let ship = Pin::StateMachine {
            machine: MachineName::Named("ship".to_owned()),
            version: 3,
        };
        let mut found = pins(&definition, &sample::stack());
        found.sort();
        assert_eq!(
            found,
            [
                Pin::function("buy", "7"),
                Pin::function("sell", "12"),
                Pin::function("ship", "2"),
                ship
            ]
        );
    }
}
