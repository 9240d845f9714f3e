//! What each path of a state made of its data. The history says what went in and what came out; what is between the two follows
//! from the definition, so it is computed as `TestState` does it, with the result that the history has. Pure.

use serde_json::{Map, Value, json};
use txflow_asl::test_state::{MockErrorOutput, MockInput, TestState, TestStateRequest};
use txflow_asl::{Payload, StartOptions, Timestamp as AslTimestamp, walk};

use crate::executions::{Run, StateKind, StateRun, Tree, json as document};
use crate::graph::{Graph, places};
use crate::report::style::rfc3339;

/// The data of one entry into a state.
#[derive(Debug, Default, PartialEq)]
pub struct DataFlow {
    /// In the order in which data flows, from the input on.
    pub steps: Vec<FlowStep>,
    /// What was assigned before the state, as far as it could see it.
    pub variables: Map<String, Value>,
    /// What it assigned.
    pub assigned: Map<String, Value>,
    /// Why the steps between input and output are not known.
    pub unknown: Option<String>,
}

/// A document on its way.
#[derive(Debug, PartialEq)]
pub struct FlowStep {
    /// The field of the state that made it, such as `InputPath`; `Input`, `Result` or `Output`.
    pub name: &'static str,
    /// The name of an earlier step that it is compared with. Nothing for a document that is new.
    pub before: Option<&'static str>,
    pub value: Value,
}

/// AWS's names of the steps, those of the fields, and what each may be made from.
const STEPS: [(&str, &str, &[&str]); 9] = [
    ("afterInputPath", "InputPath", &["Input"]),
    ("afterItemsPath", "ItemsPath", &[]),
    ("afterItemSelector", "ItemSelector", &[]),
    ("afterItemBatcher", "ItemBatcher", &[]),
    ("afterParameters", "Parameters", &["InputPath", "Input"]),
    ("afterArguments", "Arguments", &["Input"]),
    ("result", "Result", &[]),
    ("afterResultSelector", "ResultSelector", &["Result"]),
    ("afterResultPath", "ResultPath", &["Input"]),
];

/// The data flow of a state, by its index in the history.
pub fn data_flow(definition: &Value, run: &Run, index: usize) -> DataFlow {
    let Some((tree, history)) = run.tree().zip(run.history.as_ref()) else {
        return DataFlow::default();
    };
    let state = tree.state(index);
    let variables = variables_before(definition, &tree, run, index);
    let input = state.input.as_deref().map(document);
    let output = state.output.as_deref().map(document);
    let mut flow = DataFlow {
        assigned: history.assigned_by(index).cloned().unwrap_or_default(),
        ..DataFlow::default()
    };
    let inspected = match &input {
        Some(input) => inspected(definition, run, &tree, index, input, &variables),
        None => Err("AWS does not show the input of this state".to_owned()),
    };
    flow.variables = variables;
    flow.steps.extend(input.map(|value| FlowStep {
        name: "Input",
        before: None,
        value,
    }));
    let computed = match inspected {
        Ok((found, end)) => {
            let written = written(definition, &state.name);
            let has = |name: &str| {
                name == "Result" || written.is_some_and(|state| state.get(name).is_some())
            };
            for (step, name, befores) in STEPS.into_iter().filter(|(_, name, _)| has(name)) {
                if let Some(text) = found.get(step).and_then(Value::as_str) {
                    flow.push(name, befores, document(text));
                }
            }
            end
        }
        Err(cause) => {
            flow.unknown = Some(cause);
            None
        }
    };
    if let Some(output) = output {
        if computed.is_some_and(|computed| computed != output) {
            let text = "computed again, the output is another one, such as because of chance or of the time, so the steps may be as well";
            flow.unknown = Some(text.to_owned());
        }
        let befores = [
            "ResultPath",
            "ResultSelector",
            "Result",
            "Parameters",
            "Input",
        ];
        flow.push("Output", &befores, output);
    }
    flow
}

impl DataFlow {
    /// `befores` are the steps that it may be compared with, of which the first counts that there is.
    fn push(&mut self, name: &'static str, befores: &[&'static str], value: Value) {
        let is_there = |before: &&&str| self.steps.iter().any(|step| step.name == **before);
        let before = befores.iter().find(is_there).copied();
        self.steps.push(FlowStep {
            name,
            before,
            value,
        });
    }
}

/// A state as the definition has it.
fn written<'a>(definition: &'a Value, name: &str) -> Option<&'a Value> {
    let mut states = walk::all_states(definition);
    let (_, state) = states.find(|(known, _)| *known == name)?;
    Some(state)
}

/// The steps by AWS's names, and the output that follows from them.
fn inspected(
    definition: &Value,
    run: &Run,
    tree: &Tree<'_>,
    index: usize,
    input: &Value,
    variables: &Map<String, Value>,
) -> Result<(Map<String, Value>, Option<Value>), String> {
    let state = tree.state(index);
    let mock = mock(definition, run, tree, index)?;
    let in_map = {
        let around = std::iter::successors(state.parent, |parent| tree.state(*parent).parent);
        around
            .into_iter()
            .any(|around| tree.state(around).kind == StateKind::Map)
    };
    let request = TestStateRequest {
        definition: definition.to_string(),
        state_name: Some(state.name.clone()),
        // One in a Map sees its item, which no context that is given may have.
        context: (mock.is_some() && !in_map).then(|| context(run, state).to_string()),
        variables: Some(Value::Object(variables.clone()).to_string()),
        mock,
        role_arn: Some("arn:aws:iam::123456789012:role/role".to_owned()),
        inspection_level: Some("DEBUG".to_owned()),
        ..TestStateRequest::default()
    };
    let options = StartOptions {
        execution_arn: run.execution_arn.clone(),
        name: run.name().to_owned(),
        ..StartOptions::new(Payload::from(input.clone()))
    };
    let now = AslTimestamp::from_millis(state.entered.as_millisecond());
    let no_items = |_: &Value, _: &str| Err("items of an ItemReader are not read".to_owned());
    match TestState::begin(request, options, now, no_items) {
        Ok(TestState::Done(answer)) => {
            let output = answer.output.map(|output| output.value().clone());
            Ok((answer.inspection_data, output))
        }
        Ok(TestState::Task(..)) => Err("the state has not ended".to_owned()),
        Err(refused) => Err(refused.message),
    }
}

/// What the state's work came to. `None` if it does none.
fn mock(
    definition: &Value,
    run: &Run,
    tree: &Tree<'_>,
    index: usize,
) -> Result<Option<MockInput>, String> {
    let state = tree.state(index);
    if !matches!(
        state.kind,
        StateKind::Task | StateKind::Map | StateKind::Parallel
    ) {
        return Ok(None);
    }
    let mut mock = MockInput {
        field_validation_mode: Some("NONE".to_owned()),
        ..MockInput::default()
    };
    if let Some(failure) = state.failure() {
        mock.error_output = Some(MockErrorOutput {
            error: Some(failure.error.clone()),
            cause: Some(failure.cause.clone()),
        });
        return Ok(Some(mock));
    }
    if state.exited.is_none() {
        return Err("the state was not left".to_owned());
    }
    let result = match state.kind {
        StateKind::Task => run
            .history
            .as_ref()
            .and_then(|history| history.result_of(index))
            .map(str::to_owned),
        _ => outputs_inside(definition, tree, index).map(|outputs| outputs.to_string()),
    };
    mock.result =
        Some(result.ok_or("the history does not say what the work of this state came to")?);
    Ok(Some(mock))
}

/// The outputs of the branches or items of a state, in order.
fn outputs_inside(definition: &Value, tree: &Tree<'_>, index: usize) -> Option<Value> {
    let output = |last: &usize| Some(document(tree.state(*last).output.as_deref()?));
    if tree.state(index).kind == StateKind::Map {
        let items = tree.items(index);
        let outputs = items.values().map(|states| output(states.last()?));
        // A distributed one has its items in other executions.
        return match items.is_empty() {
            true => None,
            false => outputs.collect::<Option<Vec<_>>>().map(Value::Array),
        };
    }
    let parallel = written(definition, &tree.state(index).name)?;
    let inside = tree.inside(Some(index));
    let outputs = walk::inner_machines(parallel).map(|branch| {
        let is_of_branch =
            |inner: &&usize| branch["States"].get(&tree.state(**inner).name).is_some();
        output(inside.iter().rfind(is_of_branch)?)
    });
    outputs.collect::<Option<Vec<_>>>().map(Value::Array)
}

/// What the state saw of the execution.
fn context(run: &Run, state: &StateRun) -> Value {
    json!({
        "Execution": {
            "Id": run.execution_arn,
            "Input": run.input,
            "Name": run.name(),
            "StartTime": rfc3339(run.started),
            "RedriveCount": run.redrives,
        },
        "State": { "EnteredTime": rfc3339(state.entered), "Name": state.name },
        "StateMachine": { "Name": run.state_machine() },
    })
}

/// What had been assigned when a state was entered, in the machines that it runs inside of.
fn variables_before(
    definition: &Value,
    tree: &Tree<'_>,
    run: &Run,
    index: usize,
) -> Map<String, Value> {
    let Some(history) = run.history.as_ref() else {
        return Map::new();
    };
    let graph = Graph::of(definition);
    let places = places(&graph, tree.states());
    let machine = |state: usize| places[state].map(|place| graph.states[place].machine);
    // The state and those around it: what ran before one of them in the same machine and for the same item.
    let around: Vec<usize> =
        std::iter::successors(Some(index), |state| tree.state(*state).parent).collect();
    let mut variables = Map::new();
    for earlier in 0..index {
        let Some(assigned) = history.assigned_by(earlier) else {
            continue;
        };
        let is_before = around.iter().any(|state| {
            let (one, other) = (tree.state(earlier), tree.state(*state));
            earlier < *state
                && one.parent == other.parent
                && one.iteration == other.iteration
                && machine(earlier) == machine(*state)
        });
        if is_before {
            variables.extend(assigned.clone());
        }
    }
    variables
}

#[cfg(test)]
mod tests;
