//! The states in front of the one at which a fork starts.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::limits::{MAX_ASSIGN_BYTES, MAX_PAYLOAD_BYTES};
use crate::replay::{Entry, History, ROOT};
use crate::walk::all_states;

/// What the names of the states begin with.
const BEGINNING: &str = "txflow fork ";

/// Whether a state is one that a fork has put in.
#[must_use]
pub fn is_own(state: &str) -> bool {
    state.starts_with(BEGINNING)
}

/// Names for states that no other state has.
pub(super) struct Names {
    taken: BTreeSet<String>,
    next: usize,
    jsonata: bool,
}

impl Names {
    pub fn of(definition: &Value) -> Self {
        let taken = all_states(definition).map(|(name, _)| name.to_owned());
        Self {
            taken: taken.collect(),
            next: 1,
            jsonata: definition["QueryLanguage"] == "JSONata",
        }
    }

    pub fn new_name(&mut self) -> String {
        loop {
            let name = format!("{BEGINNING}{}", self.next);
            self.next += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    pub fn is_jsonata(&self) -> bool {
        self.jsonata
    }

    /// A Pass state that puts out a value, whatever that looks like.
    pub fn literal(&self, value: &Value) -> Value {
        match self.jsonata {
            true => json!({ "Type": "Pass", "Output": quoted(value) }),
            false => json!({ "Type": "Pass", "Result": value }),
        }
    }
}

/// The value that such a state puts out.
pub(super) fn literal_of(state: &Value) -> Option<Value> {
    let result = state.get("Result").cloned();
    result.or_else(|| Some(unquoted(state.get("Output")?)))
}

/// Whether a fork was started with the input that the first execution got: then a state puts out what was recorded.
pub(super) fn keeps_execution_input(history: &History) -> bool {
    let first = Entry {
        scope: ROOT,
        visit: 0,
    };
    if history.entries(ROOT) == 0 || !is_own(history.state(first)) {
        return false;
    }
    let recorded = |value: Option<Value>| {
        let value = value.unwrap_or_default();
        let fields = value
            .as_object()
            .map(|fields| fields.keys().map(String::as_str));
        fields.is_some_and(|fields| fields.eq(["input", "variables"]))
    };
    recorded(history.output_of(first).flatten())
}

/// How a state gets its input and its variables.
#[derive(Debug)]
pub(super) struct Start {
    /// The state that puts out what was recorded, if that is not the execution's input.
    recorded: Option<String>,
    /// The states that pick the variables and the input out of that.
    picks: Vec<String>,
    jsonata: bool,
}

impl Start {
    /// Before a state that gets this input and reads these variables. If others read the input of the execution, that must
    /// stay what it was.
    pub fn new(
        names: &mut Names,
        keeps_execution_input: bool,
        input: &Value,
        variables: &Map<String, Value>,
    ) -> Self {
        let sent = input.to_string().len() + json!(variables).to_string().len();
        let jsonata = names.is_jsonata();
        if !keeps_execution_input && variables.is_empty() {
            return Self {
                recorded: None,
                picks: Vec::new(),
                jsonata,
            };
        }
        let fits = sent + 100 < MAX_PAYLOAD_BYTES;
        let recorded = (keeps_execution_input || !fits).then(|| names.new_name());
        let picks = chunks(variables).iter().map(|_| names.new_name()).collect();
        Self {
            recorded,
            picks,
            jsonata,
        }
    }

    /// With what the execution starts.
    pub fn input(
        &self,
        execution_input: Value,
        state_input: &Value,
        variables: &Map<String, Value>,
    ) -> Value {
        match (&self.recorded, self.picks.is_empty()) {
            (Some(_), _) => execution_input,
            (None, true) => state_input.clone(),
            (None, false) => self.picked_from(state_input, variables),
        }
    }

    /// The document that the states pick from.
    pub fn picked_from(&self, input: &Value, variables: &Map<String, Value>) -> Value {
        json!({ "input": input, "variables": variables })
    }

    /// The names of the states, and what each assigns.
    pub fn steps(&self, variables: &Map<String, Value>) -> Vec<(String, Map<String, Value>)> {
        let recorded = self.recorded.iter().map(|name| (name.clone(), Map::new()));
        let picks = self.picks.iter().cloned().zip(chunks(variables));
        recorded.chain(picks).collect()
    }

    /// The machine, which begins at this state with what it needs.
    pub fn put_before(
        &self,
        mut machine: Value,
        state: &str,
        input: &Value,
        variables: &Map<String, Value>,
    ) -> Value {
        let names = Names {
            taken: BTreeSet::new(),
            next: 1,
            jsonata: self.jsonata,
        };
        let steps = self.steps(variables);
        for (index, (name, assigned)) in steps.iter().enumerate() {
            let next = steps.get(index + 1).map_or(state, |(next, _)| next);
            let is_recorded = self.recorded.as_ref() == Some(name);
            let mut pass = match is_recorded {
                true => names.literal(&self.picked_from(input, variables)),
                false => self.pick(assigned, index + 1 == steps.len()),
            };
            pass["Next"] = next.into();
            machine["States"][name] = pass;
        }
        let first = steps.first().map_or(state, |(first, _)| first);
        machine["StartAt"] = first.into();
        machine
    }

    /// A state that assigns variables, of which the last one puts out the input.
    fn pick(&self, assigned: &Map<String, Value>, is_last: bool) -> Value {
        let mut pass = json!({ "Type": "Pass" });
        let assign: Map<String, Value> = { assigned.keys() }
            .map(|name| match self.jsonata {
                true => (
                    name.clone(),
                    format!("{{% $states.input.variables.`{name}` %}}").into(),
                ),
                false => (format!("{name}.$"), format!("$.variables['{name}']").into()),
            })
            .collect();
        if !assign.is_empty() {
            pass["Assign"] = assign.into();
        }
        if is_last {
            match self.jsonata {
                true => pass["Output"] = "{% $states.input.input %}".into(),
                false => pass["OutputPath"] = "$.input".into(),
            }
        }
        pass
    }
}

/// What one Assign takes each; at least one, since the input must be picked as well.
fn chunks(variables: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let mut chunks = vec![Map::new()];
    let mut bytes = 0;
    for (name, value) in variables {
        let size = name.len() + value.to_string().len() + 10;
        if bytes + size > MAX_ASSIGN_BYTES / 2 && bytes > 0 {
            chunks.push(Map::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(chunk) = chunks.last_mut() {
            chunk.insert(name.clone(), value.clone());
        }
    }
    chunks
}

/// A value as a JSONata template puts it: a text that looks like an expression becomes one that evaluates to it.
fn quoted(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("{%") || text.ends_with("%}") => {
            let literal = json!(text).to_string().replace('%', "\\u0025");
            format!("{{% {literal} %}}").into()
        }
        Value::Array(items) => items.iter().map(quoted).collect(),
        Value::Object(fields) => { fields.iter() }
            .map(|(name, value)| (name.clone(), quoted(value)))
            .collect(),
        other => other.clone(),
    }
}

fn unquoted(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let literal = text
                .strip_prefix("{% ")
                .and_then(|text| text.strip_suffix(" %}"));
            let literal = literal.and_then(|literal| serde_json::from_str(literal).ok());
            literal.unwrap_or_else(|| value.clone())
        }
        Value::Array(items) => items.iter().map(unquoted).collect(),
        Value::Object(fields) => { fields.iter() }
            .map(|(name, value)| (name.clone(), unquoted(value)))
            .collect(),
        other => other.clone(),
    }
}
