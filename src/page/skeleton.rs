//! An input with what a definition reads of it, for whoever starts an execution by hand. Pure.

use regex_lite::Regex;
use serde_json::{Map, Value, json};
use txflow_asl::walk;

/// Fields whose paths do not read the input of the state.
const NOT_INPUT: [&str; 11] = [
    "Assign",
    "Branches",
    "Catch",
    "ItemProcessor",
    "Iterator",
    "Next",
    "OutputPath",
    "Output",
    "ResultPath",
    "ResultSelector",
    "Retry",
];

/// What the states read that see the input of the execution. A value is what a `Choice` compares it with, or an empty text.
pub fn skeleton(definition: &Value) -> Value {
    let mut found = json!({});
    let mut reader = Reader {
        definition,
        seen: Vec::new(),
        found: &mut found,
    };
    if let Some(start) = definition["StartAt"].as_str() {
        reader.state(start);
    }
    found
}

struct Reader<'a> {
    definition: &'a Value,
    seen: Vec<&'a str>,
    found: &'a mut Value,
}

impl<'a> Reader<'a> {
    fn state(&mut self, name: &'a str) {
        let mut states = walk::states(self.definition);
        let Some((name, state)) = states.find(|(known, _)| *known == name) else {
            return;
        };
        if self.seen.contains(&name) {
            return;
        }
        self.seen.push(name);
        self.fields(state);
        if passes_on(state) {
            for next in leads_to(state) {
                self.state(next);
            }
        }
    }

    fn fields(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text(text, None),
            Value::Array(items) => items.iter().for_each(|item| self.fields(item)),
            Value::Object(fields) => {
                if let Some(Value::String(path)) = fields.get("Variable") {
                    self.text(path, compared_with(fields));
                }
                let read = fields.iter();
                let read = read
                    .filter(|(name, _)| !NOT_INPUT.contains(&name.as_str()) && *name != "Variable");
                read.for_each(|(_, field)| self.fields(field));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A path, or an expression with several.
    fn text(&mut self, text: &str, example: Option<&Value>) {
        // They are fixed, and valid.
        let Ok(path) = Regex::new(
            r"(?:\$\$\.Execution\.Input|\$states\.(?:context\.Execution\.Input|input)|(?:^|[ ,(])\$)((?:\.[A-Za-z_][A-Za-z0-9_-]*)+)",
        ) else {
            return;
        };
        for found in path.captures_iter(text) {
            let names = found.get(1).map_or("", |names| names.as_str());
            let names: Vec<&str> = names.split('.').skip(1).collect();
            put(self.found, &names, example.cloned());
        }
    }
}

/// What a rule compares a variable with.
fn compared_with(rule: &Map<String, Value>) -> Option<&Value> {
    let mut operators = rule.iter().filter(|(name, _)| {
        ["Equals", "GreaterThan", "LessThan"]
            .iter()
            .any(|of| name.contains(of))
            && !name.ends_with("Path")
    });
    operators.next().map(|(_, value)| value)
}

/// Puts a value at a path, unless there is one.
fn put(found: &mut Value, names: &[&str], example: Option<Value>) {
    let (Some(fields), [name, inner @ ..]) = (found.as_object_mut(), names) else {
        return;
    };
    let empty = || {
        if inner.is_empty() {
            json!("")
        } else {
            json!({})
        }
    };
    let field = fields.entry(*name).or_insert_with(empty);
    match inner {
        [] => {
            if let Some(example) = example.filter(|_| *field == json!("")) {
                *field = example;
            }
        }
        inner => {
            if *field == json!("") {
                *field = json!({});
            }
            put(field, inner, example);
        }
    }
}

/// Whether the states behind it see the input of the execution, if it does.
fn passes_on(state: &Value) -> bool {
    let is_plain = ["InputPath", "OutputPath", "Output"]
        .iter()
        .all(|field| state.get(field).is_none());
    let keeps = match state["Type"].as_str() {
        Some("Choice" | "Wait" | "Succeed") => true,
        Some("Pass") => state.get("Result").is_none() && state.get("Parameters").is_none(),
        // It puts its result beside what there was.
        _ => {
            state["ResultPath"].as_str().is_some_and(|path| path != "$")
                || state.get("ResultPath").is_some_and(Value::is_null)
        }
    };
    is_plain && keeps
}

fn leads_to(state: &Value) -> Vec<&str> {
    let rules = state["Choices"].as_array().into_iter().flatten();
    let rules = rules.filter_map(|rule| rule["Next"].as_str());
    let others = [&state["Next"], &state["Default"]];
    rules
        .chain(others.into_iter().filter_map(Value::as_str))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_what_the_first_states_read_with_an_example() {
        let definition = json!({
            "StartAt": "Type",
            "States": {
                "Type": { "Type": "Choice", "Choices": [
                    { "Variable": "$.type", "StringEquals": "PURCHASE", "Next": "Buy" },
                    { "Variable": "$.order.total", "NumericGreaterThan": 100, "Next": "Buy" },
                ], "Default": "Buy" },
                "Buy": {
                    "Type": "Task",
                    "Parameters": { "id.$": "$.order.id", "text.$": "States.Format('{}', $.name)", "in.$": "$$.Execution.Input.tenant" },
                    "ResultSelector": { "x.$": "$.notInput" },
                    "Next": "Behind",
                },
                "Behind": { "Type": "Task", "InputPath": "$.result", "End": true },
            },
        });
        let expected = json!({ "type": "PURCHASE", "order": { "total": 100, "id": "" }, "name": "", "tenant": "" });
        assert_eq!(skeleton(&definition), expected);
    }

    #[test]
    fn expressions_of_jsonata_are_read_as_well_and_nothing_is_no_input() {
        let definition = json!({
            "StartAt": "Buy",
            "QueryLanguage": "JSONata",
            "States": { "Buy": { "Type": "Task", "Arguments": { "id": "{% $states.input.order.id & $states.input.name %}" }, "End": true } },
        });
        assert_eq!(
            skeleton(&definition),
            json!({ "order": { "id": "" }, "name": "" })
        );
        assert_eq!(skeleton(&json!({})), json!({}));
        let circle = json!({ "StartAt": "A", "States": { "A": { "Type": "Wait", "SecondsPath": "$.s", "Next": "A" } } });
        assert_eq!(skeleton(&circle), json!({ "s": "" }));
    }
}
