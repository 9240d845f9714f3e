//! The tests as the exploration takes them: their inputs, and what their tasks answer.

use std::collections::BTreeMap;

use serde_json::Value;
use txflow_asl::definition::Resource;
use txflow_asl::explore::{Case, Expected};
use txflow_asl::walk::all_states;
use txflow_asl::{Payload, TaskError, TaskResult};

use crate::config::{ExecutionStatus, MockAnswer, TaskAnswer, TestConfig};

/// A test with the executions that were recorded of it.
pub(super) fn case(test: &TestConfig, recorded: Vec<Value>, definition: &Value) -> Case {
    let mut mocks: BTreeMap<String, Vec<TaskResult>> = BTreeMap::new();
    let resources = resources(definition);
    for (state, answers) in &test.mocks {
        let answers = answers
            .iter()
            .map(|answer| mocked(answer, resources.get(state.as_str())));
        mocks.insert(state.clone(), answers.collect());
    }
    for (state, answers) in &test.answers {
        let answers = answers.value.iter().map(answered).collect();
        mocks.entry(state.clone()).or_insert(answers);
    }
    Case {
        name: test.name.clone(),
        input: input(&recorded).unwrap_or_else(|| test.input.clone()),
        mocks,
        recorded,
        expected: match test.expect.status.value {
            ExecutionStatus::Succeeded => Expected::Success,
            _ => Expected::Failure {
                error: test.expect.error.as_ref().map(|error| error.value.clone()),
            },
        },
    }
}

/// What the execution got: an event or a schedule has an input of its own.
fn input(recorded: &[Value]) -> Option<Value> {
    let text = recorded.first()?["input"].as_str()?;
    serde_json::from_str(text).ok()
}

fn resources(definition: &Value) -> BTreeMap<&str, Resource> {
    let states = all_states(definition);
    let called = states
        .filter_map(|(name, state)| Some((name, Resource::parse(state["Resource"].as_str()?))));
    called.collect()
}

fn mocked(answer: &MockAnswer, resource: Option<&Resource>) -> TaskResult {
    match answer {
        MockAnswer::Result(result) => {
            let result = result.clone();
            Ok(Payload::from(match resource {
                Some(resource) => resource.mocked_result(result),
                None => result,
            }))
        }
        MockAnswer::Items(items) => Ok(Payload::from(items.clone())),
        MockAnswer::Error { error, cause } => Err(failure(error, cause.as_deref())),
    }
}

fn answered(answer: &TaskAnswer) -> TaskResult {
    match answer {
        TaskAnswer::Success(output) => Ok(Payload::from(output.clone())),
        TaskAnswer::Failure { error, cause } => Err(failure(error, cause.as_deref())),
    }
}

fn failure(error: &str, cause: Option<&str>) -> TaskError {
    TaskError {
        error: error.to_owned(),
        cause: cause.unwrap_or_default().to_owned(),
    }
}
