//! `rules.jsonl`: small examples of the rules that the recordings show.

use std::collections::VecDeque;

use serde_json::{Value, json};
use txflow_asl::source::Source;
use txflow_asl::validate::{Severity, validate};
use txflow_asl::{
    ExecutionKind, Machine, Payload, Run, StartOptions, TaskEnd, TaskError, Timestamp, run_to_end,
};

use crate::compare::Difference;
use crate::rows::text;
use crate::test_state;

/// What became of an example.
pub enum Checked {
    Compared(Result<(), Difference>),
    /// Nobody here can play it: this is why.
    Unscored(String),
}

/// The name of an example, which is in this line.
pub fn name(row: &Value, line: usize) -> String {
    format!("{}, line {line} ({})", text(row, "rule"), text(row, "op"))
}

pub fn check(row: &Value) -> Checked {
    match row["op"].as_str() {
        Some("run") => match Tasks::of(row) {
            Ok(tasks) => Checked::Compared(run(row, tasks)),
            Err(unknown) => Checked::Unscored(unknown),
        },
        Some("teststate") => Checked::Compared(tested(row)),
        Some("validate") => Checked::Compared(validated(row)),
        other => Checked::Unscored(format!("no `op` is called {other:?}")),
    }
}

/// How the tasks end, in order. What is asked for beyond that never ends.
struct Tasks(VecDeque<TaskEnd>);

impl Tasks {
    fn of(row: &Value) -> Result<Self, String> {
        let answers = row["tasks"].as_array().into_iter().flatten();
        let ends = answers.map(|answer| {
            if let Some(output) = answer.get("ok") {
                return Ok(TaskEnd::Done(Ok(Payload::from(output.clone()))));
            }
            let error = answer["error"].as_str();
            let error = error.ok_or_else(|| format!("no task ends with {answer}"))?;
            let cause = text(answer, "cause");
            let error = error.to_owned();
            Ok(TaskEnd::Done(Err(TaskError { error, cause })))
        });
        ends.collect::<Result<_, String>>().map(Self)
    }
}

fn run(row: &Value, mut tasks: Tasks) -> Result<(), Difference> {
    let machine = Machine::from_value(&row["definition"]);
    let machine = machine.map_err(|error| differs("the definition", &row["definition"], &error))?;
    let mut options = StartOptions::new(row["input"].clone());
    if row["kind"] == "express" {
        options.kind = ExecutionKind::Express;
    }
    let start = Timestamp::from_millis(1_767_225_600_000);
    let run = run_to_end(&machine, options, start, |_| {
        tasks.0.pop_front().unwrap_or(TaskEnd::Never)
    });
    let expected = row["expect"].as_object().into_iter().flatten();
    for (field, expected) in expected {
        holds(field, expected, &run)?;
    }
    Ok(())
}

/// Whether an execution went as a field of `expect` says.
fn holds(field: &str, expected: &Value, run: &Run) -> Result<(), Difference> {
    let (outcome, events) = (&run.outcome, &run.events);
    let cause = outcome.cause.clone().unwrap_or_default();
    let found = match field {
        "status" => outcome.status.as_str().into(),
        "output" => match &outcome.output {
            Some(output) => output.value().clone(),
            None => Value::Null,
        },
        "error" => outcome.error.clone().unwrap_or_default().into(),
        "cause" => cause.into(),
        "causeEnds" if cause.ends_with(expected.as_str().unwrap_or_default()) => return Ok(()),
        "causeEnds" => cause.into(),
        "chain" => events
            .iter()
            .map(|event| json!([event.type_name(), event.previous_event_id]))
            .collect(),
        "last" => events
            .last()
            .map_or(Value::Null, |event| details(&event.to_json())),
        "nolocation" => {
            let mut failed = events
                .iter()
                .filter(|event| event.type_name() == "EvaluationFailed");
            let locates = |details: Value| details.get("location").is_some();
            (!failed.any(|event| locates(details(&event.to_json())))).into()
        }
        other => json!(format!("no execution has a `{other}`")),
    };
    equal(field, expected, &found)
}

fn details(event: &Value) -> Value {
    let mut fields = event.as_object().into_iter().flatten();
    let details = fields.find(|(name, _)| name.ends_with("EventDetails"));
    details.map_or(Value::Null, |(_, details)| details.clone())
}

/// A call of TestState.
fn tested(row: &Value) -> Result<(), Difference> {
    let expected = &row["expect"];
    let answer = test_state::call(&row["params"]);
    let answer = answer.map_err(|error| differs("the call", expected, &error))?;
    if expected.get("refused").is_some() {
        equal("refused", &expected["refused"], &answer["Error"]["Code"])?;
        return equal("message", &expected["message"], &answer["message"]);
    }
    if let Some(output) = expected.get("output") {
        let text = answer["output"].as_str().unwrap_or_default();
        let found = serde_json::from_str(text).unwrap_or_else(|_| answer.clone());
        equal("output", output, &found)?;
    }
    let inspection = expected["inspection"].as_object().into_iter().flatten();
    for (field, expected) in inspection {
        equal(field, expected, &answer["inspectionData"][field])?;
    }
    Ok(())
}

/// The findings, in order.
fn validated(row: &Value) -> Result<(), Difference> {
    let source = Source::from_json(row["definition"].to_string());
    let source = source.map_err(|error| differs("the definition", &row["expect"], &error))?;
    let findings = validate(&source, ExecutionKind::Standard);
    let found = findings.iter().map(|finding| {
        let severity = match finding.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        format!("{severity} {finding}")
    });
    equal("findings", &row["expect"], &found.collect())
}

fn equal(place: &str, expected: &Value, found: &Value) -> Result<(), Difference> {
    let same_number = || Some(expected.as_f64()? == found.as_f64()?);
    match expected == found || same_number() == Some(true) {
        true => Ok(()),
        false => Err(differs(place, expected, found)),
    }
}

fn differs(place: &str, recorded: &Value, found: &impl ToString) -> Difference {
    Difference {
        place: place.to_owned(),
        recorded: recorded.to_string(),
        found: found.to_string(),
    }
}
