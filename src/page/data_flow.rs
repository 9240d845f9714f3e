//! What each path of a state made of its data. The history says what went in and what came out; what is between the two follows
//! from the definition, so it is computed as `TestState` does it, with the result that the history has. Pure.

use running::waiting;
pub use running::{Waiting, WaitsFor};
use serde_json::{Map, Value, json};
use txflow_asl::test_state::{
    MockErrorOutput, MockInput, TestState, TestStateAnswer, TestStateRequest,
};
use txflow_asl::{Payload, StartOptions, Timestamp as AslTimestamp, walk};

use crate::executions::{HIDDEN_TOKEN, Outcome, Run, StateKind, StateRun, Tree, json as document};
use crate::graph::{Graph, places};
use crate::report::style::rfc3339;

mod running;

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
    /// Whether its work has come to nothing so far, so that steps are known only up to that.
    pub pending: bool,
    /// What it waits for, if it is running.
    pub waiting: Option<Waiting>,
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
    let output = state.output.as_deref().map(document);
    let mut flow = DataFlow {
        assigned: history.assigned_by(index).cloned().unwrap_or_default(),
        variables: variables_before(definition, &tree, run, index),
        ..DataFlow::default()
    };
    let Some(input) = state.input.as_deref().map(document) else {
        flow.unknown = Some("AWS does not show the input of this state".to_owned());
        flow.push_output(output);
        return flow;
    };
    flow.push("Input", &[], input.clone());
    let tested = Tested {
        definition,
        written: written(definition, &state.name),
        run,
        state,
        tree,
        input,
        variables: flow.variables.clone(),
    };
    flow.push_computed(&tested, index, output.as_ref());
    flow.push_output(output);
    flow
}

impl DataFlow {
    /// What follows from the definition.
    fn push_computed(&mut self, tested: &Tested<'_>, index: usize, output: Option<&Value>) {
        let runs = tested.tree.outcome(index) == Outcome::Running;
        let work = match tested.work(index) {
            Ok(work) => work,
            Err(cause) => {
                self.unknown = Some(cause);
                return;
            }
        };
        self.pending = matches!(work, Work::Pending);
        let answer = match tested.answer(tested.request(work.mock())) {
            Ok(answer) => answer,
            Err(cause) => {
                self.unknown = Some(cause);
                return;
            }
        };
        let has = |name: &str| {
            name == "Result"
                || tested
                    .written
                    .is_some_and(|state| state.get(name).is_some())
        };
        for (step, name, befores) in STEPS.into_iter().filter(|(_, name, _)| has(name)) {
            if let Some(text) = answer.inspection_data.get(step).and_then(Value::as_str) {
                self.push(name, befores, document(text));
            }
        }
        if runs {
            self.waiting = waiting(tested, index, answer.waits);
        }
        let computed = answer.output.map(|output| output.value().clone());
        if computed
            .zip(output)
            .is_some_and(|(computed, output)| computed != *output)
        {
            let text = "computed again, the output is another one, such as because of chance or of the time, so the steps may be as well";
            self.unknown = Some(text.to_owned());
        }
    }

    fn push_output(&mut self, output: Option<Value>) {
        let befores = [
            "ResultPath",
            "ResultSelector",
            "Result",
            "Parameters",
            "Input",
        ];
        if let Some(output) = output {
            self.push("Output", &befores, output);
        }
    }

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

/// A state that is tested again with the data that it had.
struct Tested<'a> {
    definition: &'a Value,
    written: Option<&'a Value>,
    run: &'a Run,
    state: &'a StateRun,
    tree: Tree<'a>,
    input: Value,
    variables: Map<String, Value>,
}

/// What the work of a state came to.
enum Work {
    /// It does none.
    Without,
    /// Nothing yet, or nothing at all.
    Pending,
    Ended(MockInput),
}

impl Work {
    /// Whatever comes later does not change what comes before the work. A failure is followed by no step.
    fn mock(self) -> Option<MockInput> {
        match self {
            Self::Without => None,
            Self::Pending => Some(failed("States.Timeout", "")),
            Self::Ended(mock) => Some(mock),
        }
    }
}

fn failed(error: &str, cause: &str) -> MockInput {
    MockInput {
        error_output: Some(MockErrorOutput {
            error: Some(error.to_owned()),
            cause: Some(cause.to_owned()),
        }),
        field_validation_mode: Some("NONE".to_owned()),
        ..MockInput::default()
    }
}

impl Tested<'_> {
    fn request(&self, mock: Option<MockInput>) -> TestStateRequest {
        let around =
            std::iter::successors(self.state.parent, |parent| self.tree.state(*parent).parent);
        let in_map =
            { around.into_iter() }.any(|around| self.tree.state(around).kind == StateKind::Map);
        TestStateRequest {
            definition: self.definition.to_string(),
            state_name: Some(self.state.name.clone()),
            // One in a Map sees its item, which no context that is given may have.
            context: (mock.is_some() && !in_map).then(|| self.context().to_string()),
            variables: Some(Value::Object(self.variables.clone()).to_string()),
            mock,
            role_arn: Some("arn:aws:iam::123456789012:role/role".to_owned()),
            inspection_level: Some("DEBUG".to_owned()),
            ..TestStateRequest::default()
        }
    }

    fn answer(&self, request: TestStateRequest) -> Result<TestStateAnswer, String> {
        let options = StartOptions {
            execution_arn: self.run.execution_arn.clone(),
            name: self.run.name().to_owned(),
            ..StartOptions::new(Payload::from(self.input.clone()))
        };
        let now = AslTimestamp::from_millis(self.state.entered.as_millisecond());
        let no_items = |_: &Value, _: &str| Err("items of an ItemReader are not read".to_owned());
        match TestState::begin(request, options, now, no_items) {
            Ok(TestState::Done(answer)) => Ok(answer),
            Ok(TestState::Task(..)) => Err("the state has not ended".to_owned()),
            Err(refused) => Err(refused.message),
        }
    }

    /// What the state saw of the execution.
    fn context(&self) -> Value {
        let (run, state) = (self.run, self.state);
        let mut context = json!({
            "Execution": {
                "Id": run.execution_arn,
                "Input": run.input,
                "Name": run.name(),
                "StartTime": rfc3339(run.started),
                "RedriveCount": run.redrives,
            },
            "State": { "EnteredTime": rfc3339(state.entered), "Name": state.name },
            "StateMachine": { "Name": run.state_machine() },
        });
        let resource = self
            .written
            .and_then(|written| written["Resource"].as_str());
        if resource.is_some_and(|resource| resource.ends_with(".waitForTaskToken")) {
            // Nobody who looks at the page needs it.
            context["Task"] = json!({ "Token": HIDDEN_TOKEN });
        }
        context
    }

    fn work(&self, index: usize) -> Result<Work, String> {
        let state = self.state;
        if !matches!(
            state.kind,
            StateKind::Task | StateKind::Map | StateKind::Parallel
        ) {
            return Ok(Work::Without);
        }
        if let Some(failure) = state.failure() {
            return Ok(Work::Ended(failed(&failure.error, &failure.cause)));
        }
        if state.exited.is_none() {
            return Ok(Work::Pending);
        }
        let result = match state.kind {
            StateKind::Task => { self.run.history.as_ref() }
                .and_then(|history| history.result_of(index))
                .map(str::to_owned),
            _ => outputs_inside(self.definition, &self.tree, index)
                .map(|outputs| outputs.to_string()),
        };
        let unknown = "the history does not say what the work of this state came to";
        Ok(Work::Ended(MockInput {
            result: Some(result.ok_or(unknown)?),
            field_validation_mode: Some("NONE".to_owned()),
            ..MockInput::default()
        }))
    }
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
