//! What Step Functions logged of an execution → its [`History`]: all that is left of one that is EXPRESS.

use jiff::Timestamp;
use serde_json::{Map, Value, json as object};

use super::document::json;
use super::events::{named_request, started, text_at};
use super::history::{Failure, History, HistoryEvent, TaskCall, What};
use super::state_kind::StateKind;

/// The history of an execution in the form of [`crate::logs::recorded`].
pub fn logged(recorded: &Value) -> History {
    let mut history = History::default();
    let events = recorded["events"].as_array();
    for event in events.into_iter().flatten().filter_map(event) {
        history.take(event);
    }
    history
}

fn event(logged: &Value) -> Option<HistoryEvent> {
    let kind = logged["type"].as_str()?;
    let mut fields = logged.as_object()?.iter();
    let details = fields.find(|(name, _)| name.ends_with("EventDetails"));
    let details = details.map_or(&Value::Null, |(_, details)| details);
    let time = (logged["timestamp"].as_f64()? * 1000.0).round() as i64;
    Some(HistoryEvent {
        id: logged["id"].as_i64()?,
        previous_id: logged["previousEventId"].as_i64()?,
        time: Timestamp::from_millisecond(time).ok()?,
        what: what(kind, details).unwrap_or(What::Other),
    })
}

/// Nothing for one that lacks what it should have.
fn what(kind: &str, details: &Value) -> Option<What> {
    let text = |name: &str| details[name].as_str().map(str::to_owned);
    if kind.ends_with("StateEntered") {
        return Some(What::Entered {
            name: text("name")?,
            kind: StateKind::of_event(kind),
            input: text("input"),
        });
    }
    if kind.ends_with("StateExited") {
        return Some(What::Exited {
            name: text("name")?,
            output: text("output"),
            assigned: assigned(details),
        });
    }
    Some(match kind {
        "TaskScheduled" => {
            let parameters = text("parameters").unwrap_or_default();
            What::Scheduled {
                function_arn: text_at(&parameters, "/FunctionName"),
                call: Some(TaskCall {
                    service: text("resourceType")?,
                    action: text("resource")?,
                    parameters,
                }),
            }
        }
        "LambdaFunctionScheduled" => {
            let function = text("resource")?;
            let payload = json(&text("input").unwrap_or_default());
            let parameters = object!({ "FunctionName": function, "Payload": payload });
            What::Scheduled {
                function_arn: Some(function),
                call: Some(TaskCall {
                    service: "lambda".to_owned(),
                    action: "invoke".to_owned(),
                    parameters: parameters.to_string(),
                }),
            }
        }
        "TaskSubmitted" => What::Submitted {
            execution_arn: started(&text("resourceType")?, text("output").as_deref()),
        },
        "TaskSucceeded" | "LambdaFunctionSucceeded" => {
            let (service, output) = (text("resourceType").unwrap_or_default(), text("output"));
            What::Succeeded {
                request_id: { output.as_deref() }
                    .and_then(|output| text_at(output, "/SdkResponseMetadata/RequestId")),
                execution_arn: started(&service, output.as_deref()),
                result: output,
            }
        }
        "MapIterationStarted" => What::Iteration(
            details["index"]
                .as_i64()
                .and_then(|index| i32::try_from(index).ok())?,
        ),
        "MapIterationFailed" | "MapIterationAborted" => What::InnerFailed {
            kind: StateKind::Map,
            whole: false,
        },
        "MapStateFailed" | "MapStateAborted" => What::InnerFailed {
            kind: StateKind::Map,
            whole: true,
        },
        "ParallelStateFailed" | "ParallelStateAborted" => What::InnerFailed {
            kind: StateKind::Parallel,
            whole: true,
        },
        // What failed is a state, or the execution, which says so itself.
        _ if kind.starts_with("Execution") => What::Other,
        _ => failed(details)?,
    })
}

fn failed(details: &Value) -> Option<What> {
    let cause = details["cause"].as_str().unwrap_or_default();
    Some(What::Failed {
        failure: Failure {
            error: details["error"].as_str()?.to_owned(),
            cause: cause.to_owned(),
        },
        request_id: text_at(cause, "/requestId").or_else(|| named_request(cause)),
    })
}

fn assigned(details: &Value) -> Map<String, Value> {
    let assigned = details["assignedVariables"].as_object();
    let assigned = assigned.into_iter().flatten();
    let assigned = assigned.map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.clone(), json);
        (name.clone(), value)
    });
    assigned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::{Outcome, Tree};
    use crate::executions::{Status, history::StateRun};

    fn recorded(events: &[(&str, Value)]) -> Value {
        let events = events.iter().enumerate().map(|(at, (kind, details))| {
            object!({
                "id": at + 1, "previousEventId": at, "type": kind,
                "timestamp": at, "someEventDetails": details,
            })
        });
        object!({ "events": events.collect::<Vec<_>>() })
    }

    #[test]
    fn a_log_is_a_history_with_states_attempts_and_data() {
        let failure = object!({ "error": "Busy", "cause": "{\"requestId\":\"r-1\"}" });
        let call = object!({
            "resourceType": "lambda", "resource": "invoke",
            "parameters": "{\"FunctionName\":\"arn:buy\"}",
        });
        let history = logged(&recorded(&[
            ("ExecutionStarted", object!({ "input": "{}" })),
            (
                "TaskStateEntered",
                object!({ "name": "Buy", "input": "{\"a\":1}" }),
            ),
            ("TaskScheduled", call.clone()),
            ("TaskFailed", failure),
            ("TaskScheduled", call),
            (
                "TaskSucceeded",
                object!({ "resourceType": "lambda", "output": "2" }),
            ),
            (
                "TaskStateExited",
                object!({ "name": "Buy", "output": "2", "assignedVariables": { "b": "[3]" } }),
            ),
            ("FailStateEntered", object!({ "name": "No", "input": "2" })),
            ("ExecutionFailed", object!({ "error": "No" })),
        ]));
        let [buy, no] = history.states.as_slice() else {
            panic!("{history:?}");
        };
        assert_eq!((buy.name.as_str(), buy.kind), ("Buy", StateKind::Task));
        assert_eq!(buy.input.as_deref(), Some("{\"a\":1}"));
        assert_eq!(buy.output.as_deref(), Some("2"));
        let first = &buy.attempts[0];
        assert_eq!(first.function_arn.as_deref(), Some("arn:buy"));
        assert_eq!(first.request_id.as_deref(), Some("r-1"));
        assert_eq!(StateRun::retries(buy), 1);
        assert_eq!(history.result_of(0), Some("2"));
        assert_eq!(history.assigned_by(0).unwrap()["b"], object!([3]));
        assert_eq!((no.kind, no.failure.as_ref()), (StateKind::Fail, None));
        let failed = Status::Ended(crate::config::ExecutionStatus::Failed);
        let tree = Tree::new(&history, failed);
        assert_eq!(tree.failed(), Some(1));
        assert_eq!(tree.outcome(0), Outcome::Succeeded);
    }
}
