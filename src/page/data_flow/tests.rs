use super::*;
use crate::config::ExecutionStatus;
use crate::executions::{History, HistoryEvent, Status, What};
use crate::report::style::since_1970;

fn event(id: i64, what: What) -> HistoryEvent {
    HistoryEvent {
        id,
        previous_id: id - 1,
        time: since_1970(id as f64),
        what,
    }
}

fn entered(name: &str, kind: StateKind, input: Value) -> What {
    What::Entered {
        name: name.to_owned(),
        kind,
        input: Some(input.to_string()),
    }
}

fn exited(name: &str, output: Value, assigned: Value) -> What {
    What::Exited {
        name: name.to_owned(),
        output: Some(output.to_string()),
        assigned: assigned.as_object().unwrap().clone(),
    }
}

fn answered(result: Value) -> What {
    What::Succeeded {
        request_id: None,
        execution_arn: None,
        result: Some(result.to_string()),
    }
}

const SCHEDULED: What = What::Scheduled {
    function_arn: None,
    call: None,
};

fn run(events: Vec<What>) -> Run {
    let mut history = History::default();
    for (id, what) in (1..).zip(events) {
        history.take(event(id, what));
    }
    Run {
        input: Some(json!({ "who": "me" })),
        history: Some(history),
        ..Run::sample(Status::Ended(ExecutionStatus::Succeeded))
    }
}

fn steps(flow: &DataFlow) -> Vec<(&'static str, Value)> {
    let steps = flow.steps.iter();
    steps.map(|step| (step.name, step.value.clone())).collect()
}

#[test]
fn each_path_of_a_task_is_a_step_from_its_input_to_its_output() {
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "InputPath": "$.order",
        "Parameters": { "FunctionName": "buy", "Payload": { "id.$": "$.id", "of.$": "$$.Execution.Input.who" } },
        "ResultSelector": { "paid.$": "$.Payload.paid" },
        "ResultPath": "$.receipt",
        "OutputPath": "$.receipt",
        "End": true,
    } } });
    let input = json!({ "order": { "id": 7 } });
    let result = json!({ "Payload": { "paid": true }, "StatusCode": 200 });
    let run = run(vec![
        entered("Buy", StateKind::Task, input.clone()),
        SCHEDULED,
        answered(result.clone()),
        exited("Buy", json!({ "paid": true }), json!({})),
    ]);
    let flow = data_flow(&definition, &run, 0);
    assert_eq!(flow.unknown, None);
    let parameters = json!({ "FunctionName": "buy", "Payload": { "id": 7, "of": "me" } });
    assert_eq!(
        steps(&flow),
        [
            ("Input", input),
            ("InputPath", json!({ "id": 7 })),
            ("Parameters", parameters),
            ("Result", result),
            ("ResultSelector", json!({ "paid": true })),
            (
                "ResultPath",
                json!({ "order": { "id": 7 }, "receipt": { "paid": true } })
            ),
            ("Output", json!({ "paid": true })),
        ]
    );
}

#[test]
fn variables_are_those_of_the_machines_around_it_and_of_its_own_item() {
    let each = json!({ "StartAt": "In", "States": {
        "In": { "Type": "Pass", "Assign": { "item.$": "$" }, "Next": "Out" },
        "Out": { "Type": "Pass", "End": true },
    } });
    let definition = json!({ "StartAt": "Set", "States": {
        "Set": { "Type": "Pass", "Assign": { "kept.$": "$.who" }, "Next": "Each" },
        "Each": { "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": each, "End": true },
    } });
    let input = json!({ "who": "me", "items": [1, 2] });
    let run = run(vec![
        entered("Set", StateKind::Pass, input.clone()),
        exited("Set", input.clone(), json!({ "kept": "me" })),
        entered("Each", StateKind::Map, input.clone()),
        What::Iteration(0),
        entered("In", StateKind::Pass, json!(1)),
        exited("In", json!(1), json!({ "item": 1 })),
        entered("Out", StateKind::Pass, json!(1)),
        exited("Out", json!(1), json!({})),
    ]);
    let set = data_flow(&definition, &run, 0);
    assert_eq!(Value::from(set.variables), json!({}));
    assert_eq!(Value::from(set.assigned), json!({ "kept": "me" }));
    let out = data_flow(&definition, &run, 3);
    assert_eq!(
        Value::from(out.variables),
        json!({ "kept": "me", "item": 1 })
    );
    // It has not ended, so it is not known what its work came to.
    let each = data_flow(&definition, &run, 1);
    let items = json!([1, 2]);
    assert_eq!(steps(&each), [("Input", input), ("ItemsPath", items)]);
    assert!(each.pending && each.unknown.is_none(), "{each:?}");
}

#[test]
fn a_failure_that_was_caught_is_what_its_catcher_made_of_it() {
    let definition = json!({ "StartAt": "Buy", "States": {
        "Buy": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:buy",
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.why", "Next": "Done" }],
            "End": true,
        },
        "Done": { "Type": "Succeed" },
    } });
    let why = json!({ "Error": "Refused", "Cause": "no" });
    let output = json!({ "id": 7, "why": why });
    let run = run(vec![
        entered("Buy", StateKind::Task, json!({ "id": 7 })),
        SCHEDULED,
        What::Failed {
            failure: crate::executions::Failure {
                error: "Refused".to_owned(),
                cause: "no".to_owned(),
            },
            request_id: None,
        },
        exited("Buy", output.clone(), json!({})),
    ]);
    let flow = data_flow(&definition, &run, 0);
    assert_eq!(flow.unknown, None, "{flow:?}");
    assert_eq!(steps(&flow).last(), Some(&("Output", output)));
}

#[test]
fn what_chance_decided_is_said_to_be_another_one() {
    let definition = json!({ "StartAt": "Id", "States": { "Id": {
        "Type": "Pass", "Parameters": { "id.$": "States.UUID()" }, "End": true,
    } } });
    let run = run(vec![
        entered("Id", StateKind::Pass, json!({})),
        exited("Id", json!({ "id": "6b1f" }), json!({})),
    ]);
    let flow = data_flow(&definition, &run, 0);
    assert!(flow.unknown.unwrap().contains("chance"));
    assert_eq!(flow.steps.last().unwrap().value, json!({ "id": "6b1f" }));
    // A definition that nobody knows leaves what the history says.
    let flow = data_flow(&json!({}), &run, 0);
    assert_eq!(flow.steps.len(), 2, "{flow:?}");
    assert!(flow.unknown.is_some());
}

/// What the last state waits for, if the execution is running.
fn waits(definition: &Value, events: Vec<What>) -> Waiting {
    let run = Run {
        status: Status::Running,
        stopped: None,
        ..run(events)
    };
    let last = run.history.as_ref().unwrap().states.len() - 1;
    data_flow(definition, &run, last).waiting.unwrap()
}

fn machine(state: Value) -> Value {
    json!({ "StartAt": "It", "States": { "It": state, "End": { "Type": "Succeed" } } })
}

#[test]
fn a_wait_ends_when_its_definition_says() {
    let input = json!({ "seconds": 30, "at": "1970-01-01T00:02:00Z" });
    for (field, value, until) in [
        ("Seconds", json!(10), Some(11.0)),
        ("SecondsPath", json!("$.seconds"), Some(31.0)),
        ("TimestampPath", json!("$.at"), Some(120.0)),
        // A test has another start than the execution.
        ("TimestampPath", json!("$$.Execution.StartTime"), None),
    ] {
        let state = json!({ "Type": "Wait", field: value, "Next": "End" });
        let found = waits(
            &machine(state),
            vec![entered("It", StateKind::Wait, input.clone())],
        );
        assert_eq!(found.what, WaitsFor::Time);
        assert_eq!(found.until, until.map(since_1970), "{field}");
    }
}

fn scheduled(service: &str, action: &str) -> What {
    What::Scheduled {
        function_arn: None,
        call: Some(crate::executions::TaskCall {
            service: service.to_owned(),
            action: action.to_owned(),
            parameters: "{}".to_owned(),
        }),
    }
}

fn refused(error: &str) -> What {
    What::Failed {
        failure: crate::executions::Failure {
            error: error.to_owned(),
            cause: String::new(),
        },
        request_id: None,
    }
}

#[test]
fn the_next_attempt_comes_after_the_pause_of_its_own_retrier() {
    let definition = machine(json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "buy", "Payload.$": "$" },
        "Retry": [
            { "ErrorEquals": ["Busy"], "IntervalSeconds": 10, "BackoffRate": 3, "MaxAttempts": 3 },
            { "ErrorEquals": ["Down"], "IntervalSeconds": 7, "JitterStrategy": "FULL" },
        ],
        "Next": "End",
    }));
    let call = || scheduled("lambda", "invoke");
    let mut events = vec![
        entered("It", StateKind::Task, json!({ "a": 1 })),
        call(),
        refused("Busy"),
    ];
    let found = waits(&definition, events.clone());
    let next = |number, jitter| WaitsFor::Attempt { number, jitter };
    assert_eq!(
        (found.what, found.until),
        (next(2, false), Some(since_1970(13.0)))
    );
    // One that failed in another way has another retrier, and does not count.
    events.extend([call(), refused("Down")]);
    let found = waits(&definition, events.clone());
    assert_eq!(
        (found.what, found.until),
        (next(3, true), Some(since_1970(12.0)))
    );
    events.extend([call(), refused("Busy")]);
    let found = waits(&definition, events.clone());
    assert_eq!(
        (found.what, found.until),
        (next(4, false), Some(since_1970(37.0)))
    );
    events.push(call());
    let found = waits(&definition, events);
    assert_eq!(found.what, WaitsFor::Answer { attempt: 4 });
}

#[test]
fn a_task_that_handed_out_its_token_shows_what_it_sent_and_how_long_it_waits() {
    let definition = machine(json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": { "QueueUrl": "q", "MessageBody": { "order.$": "$.order", "token.$": "$$.Task.Token" } },
        "TimeoutSeconds": 60,
        "HeartbeatSeconds": 20,
        "ResultSelector": { "a.$": "$.is.not.there" },
        "Next": "End",
    }));
    let input = json!({ "order": 17 });
    let events = vec![
        entered("It", StateKind::Task, input.clone()),
        scheduled("sqs", "sendMessage.waitForTaskToken"),
        What::Submitted {
            execution_arn: None,
        },
    ];
    let found = waits(&definition, events.clone());
    assert_eq!(found.what, WaitsFor::Token);
    assert_eq!(found.until, Some(since_1970(62.0)));
    assert_eq!(found.heartbeat, Some(std::time::Duration::from_secs(20)));
    let run = Run {
        status: Status::Running,
        ..run(events)
    };
    let flow = data_flow(&definition, &run, 0);
    let body = json!({ "order": 17, "token": "(the task token)" });
    let parameters = json!({ "QueueUrl": "q", "MessageBody": body });
    assert_eq!(steps(&flow), [("Input", input), ("Parameters", parameters)]);
    assert!(flow.pending && flow.unknown.is_none(), "{flow:?}");
}
