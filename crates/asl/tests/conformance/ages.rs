//! What AWS has changed since some of the recordings were made. The crate does what AWS does today, and differs from 32
//! recordings that newer ones contradict. In addition to the strict count, histories are counted with those older
//! recordings brought up to date.

use serde_json::{Map, Value};

/// On 15 November 2023, together with redrive, `$$.Execution` of standard executions got a `RedriveCount`, and the
/// description of an execution says whether it can be redriven.
const REDRIVE: &str = "2023-11-15";

/// In recordings up to June 2024, the exit of a distributed Map follows `MapRunSucceeded`; in those from November 2024
/// on, it follows `MapRunStarted`.
const MAP_RUN_EXIT: &str = "2024-07-01";

/// In recordings up to November 2024, `EvaluationFailed` follows the same event as the entry of its state; in those from
/// the end of December 2024 on, it follows the entry.
const EVALUATION_FAILED: &str = "2024-12-01";

/// The recorded end and the recorded events as they would be recorded today.
pub fn up_to_date(row: &Value, recorded: &Value) -> Value {
    let mut recorded = recorded.clone();
    let date = recorded_on(row);
    if date.as_str() < REDRIVE && row["kind"] == "standard" {
        add_redrive_count(&mut recorded);
    }
    if let Some(events) = recorded["events"].as_array_mut()
        && date.as_str() < MAP_RUN_EXIT
    {
        follow_map_run_started(events);
    }
    if let Some(events) = recorded["events"].as_array_mut()
        && date.as_str() < EVALUATION_FAILED
    {
        follow_entry(events);
    }
    recorded
}

/// `2024-12-27`, from `27-12-2024, 16:02:37`.
fn recorded_on(row: &Value) -> String {
    let date = row["recorded_date"].as_str().unwrap_or_default();
    let day = date.split(',').next().unwrap_or_default();
    let parts: Vec<&str> = day.split('-').rev().collect();
    parts.join("-")
}

fn add_redrive_count(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_redrive_count),
        Value::Object(fields) => {
            if let Some(Value::Object(execution)) = fields.get_mut("Execution")
                && execution.contains_key("RoleArn")
            {
                execution.insert("RedriveCount".into(), 0.into());
            }
            if fields.contains_key("ExecutionArn") && fields.contains_key("StopDate") {
                add_redrive_status(fields);
            }
            fields.values_mut().for_each(add_redrive_count);
        }
        _ => {}
    }
}

fn add_redrive_status(description: &mut Map<String, Value>) {
    description.insert("RedriveCount".into(), 0.into());
    let status = match description["Status"].as_str() {
        Some(status @ "SUCCEEDED") => {
            let reason = format!("Execution is {status} and cannot be redriven");
            description.insert("RedriveStatusReason".into(), reason.into());
            "NOT_REDRIVABLE"
        }
        _ => "REDRIVABLE",
    };
    description.insert("RedriveStatus".into(), status.into());
}

fn follow_entry(events: &mut [Value]) {
    for index in 1..events.len() {
        let (entry, failed) = (events[index - 1].clone(), &mut events[index]);
        let enters = entry["type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with("StateEntered"));
        let same = entry["previousEventId"] == failed["previousEventId"];
        if failed["type"] == "EvaluationFailed" && enters && same {
            failed["previousEventId"] = entry["id"].clone();
        }
    }
}

fn follow_map_run_started(events: &mut [Value]) {
    let (mut started, mut succeeded) = (Value::Null, Value::Null);
    for event in events {
        match event["type"].as_str() {
            Some("MapRunStarted") => started = event["id"].clone(),
            Some("MapRunSucceeded") => succeeded = event["id"].clone(),
            Some("MapStateExited") if event["previousEventId"] == succeeded => {
                event["previousEventId"] = started.clone();
            }
            _ => {}
        }
    }
}
