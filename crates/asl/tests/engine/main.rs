//! The engine, feature by feature, each with a small definition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod bombs;
mod branches;
mod causes;
mod chains;
mod coverage;
mod data_flow;
mod distributed;
mod driving;
mod early_ends;
mod explore;
mod failures;
mod fork;
mod intrinsics;
mod jsonata;
mod jsonpath;
mod properties;
mod redrive;
mod replay;
mod single_state;
mod states;

use serde_json::{Value, json};
use txflow_asl::history::Event;
use txflow_asl::{
    Machine, Payload, Run, StartOptions, Status, TaskEnd, TaskError, TaskRequest, Timestamp,
    run_to_end,
};

/// The start time: 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A Task's `Resource`.
pub const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:work";

pub fn run_with(
    definition: &Value,
    input: Value,
    task: impl FnMut(&TaskRequest) -> TaskEnd,
) -> Run {
    let machine = Machine::from_value(definition).unwrap();
    run_to_end(&machine, StartOptions::new(input), START, task)
}

/// Runs a definition whose tasks return their input.
pub fn run(definition: &Value, input: Value) -> Run {
    run_with(definition, input, |task| {
        TaskEnd::Done(Ok(task.parameters.clone()))
    })
}

/// The output of one state that is the whole machine.
pub fn output_of(state: Value, input: Value) -> Value {
    output(&run(&alone(state), input))
}

/// A machine with one state, `S`.
pub fn alone(state: Value) -> Value {
    json!({ "StartAt": "S", "States": { "S": state } })
}

pub fn output(run: &Run) -> Value {
    assert_eq!(run.outcome.status, Status::Succeeded, "{:?}", run.outcome);
    run.outcome.output.clone().unwrap().into_value()
}

/// The error and the cause of a run that failed.
pub fn failure(run: &Run) -> (String, String) {
    assert_eq!(run.outcome.status, Status::Failed, "{:?}", run.outcome);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    (text(&run.outcome.error), text(&run.outcome.cause))
}

pub fn event_types(run: &Run) -> Vec<String> {
    run.events.iter().map(|event| event.type_name()).collect()
}

/// The type of each event, and the event that it follows.
pub fn chain(events: &[Event]) -> Vec<(String, u64)> {
    let chain = events.iter();
    chain
        .map(|event| (event.type_name(), event.previous_event_id))
        .collect()
}

/// The details that the API shows of an event.
pub fn details(event: &Event) -> Value {
    let event = event.to_json();
    let mut fields = event.as_object().unwrap().iter();
    let details = fields.find(|(name, _)| name.ends_with("EventDetails"));
    details.map_or(Value::Null, |(_, details)| details.clone())
}

/// How long the run took on its own clock.
pub fn seconds(run: &Run) -> f64 {
    let end = run.events.last().unwrap().timestamp;
    (end.as_millis() - START.as_millis()) as f64 / 1000.0
}

pub fn fails(error: &str) -> TaskEnd {
    TaskEnd::Done(Err(TaskError {
        error: error.into(),
        cause: format!("because of {error}"),
    }))
}

pub fn succeeds(output: Value) -> TaskEnd {
    TaskEnd::Done(Ok(Payload::from(output)))
}
