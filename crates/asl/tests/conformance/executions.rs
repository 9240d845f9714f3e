//! `executions.jsonl`: whole executions, by result and by history.

use serde_json::{Value, json};
use txflow_asl::{
    ExecutionKind, Machine, Outcome, Payload, Run, StartOptions, Timestamp, run_to_end,
};

use crate::ages;
use crate::compare::{Difference, Wildcards};
use crate::lambda::Lambda;

pub fn run(row: &Value, lambda: &Lambda) -> Result<Run, String> {
    let machine = Machine::from_value(&row["definition"]).map_err(|error| error.to_string())?;
    let input = row["input"].as_str().unwrap_or("{}");
    let input = Payload::from_text(input).map_err(|error| error.to_string())?;
    let options = options(row, input);
    let start = Timestamp::from_millis(1_767_225_600_000);
    Ok(run_to_end(&machine, options, start, |task| {
        lambda.run(task)
    }))
}

fn options(row: &Value, input: Payload) -> StartOptions {
    const ACCOUNT: &str = "arn:aws:states:us-east-1:111111111111";
    let mut options = StartOptions::new(input);
    options.execution_arn = format!("{ACCOUNT}:execution:StateMachine:execution");
    options.state_machine_arn = format!("{ACCOUNT}:stateMachine:StateMachine");
    if row["kind"] == "express" {
        options.kind = ExecutionKind::Express;
        options.synchronous = row["expected"].get("start_sync_execution").is_some();
        options.execution_arn = format!("{ACCOUNT}:express:StateMachine:execution:1d2e3f40");
    }
    options
}

/// Status, output, error and cause.
pub fn compare_result(row: &Value, outcome: &Outcome) -> Result<(), Difference> {
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
    let output = outcome.output.as_ref();
    let ended = json!({
        "status": outcome.status.as_str(),
        "output": output.map_or(Value::Null, |output| output.value().clone()),
        "error": text(&outcome.error),
        "cause": text(&outcome.cause),
    });
    Wildcards::of(&row["compare"]).result(&row["expected"], &ended)
}

/// The whole history, exactly as AWS returned it at the time; `None` if none was recorded.
pub fn compare_history(row: &Value, run: &Run) -> Option<Result<(), Difference>> {
    let recorded = row["expected"]["events"].as_array()?;
    Some(compare_events(row, recorded, run))
}

/// The whole history, as AWS would return it today.
pub fn compare_history_up_to_date(row: &Value, run: &Run) -> Option<Result<(), Difference>> {
    let recorded = ages::up_to_date(row, &row["expected"]);
    Some(compare_events(row, recorded["events"].as_array()?, run))
}

fn compare_events(row: &Value, recorded: &[Value], run: &Run) -> Result<(), Difference> {
    let found: Vec<Value> = run.events.iter().map(|event| event.to_json()).collect();
    let unordered = row["unordered_parallel_events"] == true;
    Wildcards::of(&row["compare"]).history(recorded, &found, unordered)
}
