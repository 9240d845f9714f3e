use std::time::Duration;

use serde_json::{Value, json};
use txflow_asl::{
    Execution, ExecutionKind, Machine, Payload, StartOptions, Status, TaskEnd, TaskRequest,
    UnknownTask, run_to_end,
};

use crate::{FUNCTION, START, alone};

fn start(state: Value) -> Execution {
    let machine = Machine::from_value(&alone(state)).unwrap();
    Execution::start(&machine, StartOptions::new(json!({ "a": 1 })), START)
}

fn types(step: &txflow_asl::Step) -> Vec<String> {
    step.events.iter().map(|event| event.type_name()).collect()
}

const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

#[test]
fn an_execution_can_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Execution>();
}

#[test]
fn a_task_with_a_callback_goes_through_its_events() {
    let mut execution = start(json!({
        "Type": "Task", "Resource": CALLBACK, "HeartbeatSeconds": 10, "End": true,
        "Parameters": { "token.$": "$$.Task.Token" },
    }));
    let step = execution.advance(START);
    let task = &step.tasks[0];
    assert_eq!(
        task.parameters.value()["token"].as_str(),
        task.token.as_deref()
    );
    assert_eq!(step.wake, Some(START + Duration::from_secs(10)));
    execution.task_started(task.id, None).unwrap();
    execution
        .task_submitted(task.id, Payload::from(json!({ "MessageId": "1" })))
        .unwrap();
    assert_eq!(
        types(&execution.advance(START)),
        ["TaskStarted", "TaskSubmitted"]
    );

    let later = START + Duration::from_secs(8);
    execution.heartbeat(task.id).unwrap();
    assert_eq!(
        execution.advance(later).wake,
        Some(later + Duration::from_secs(10))
    );

    execution
        .task_succeeded(task.id, Payload::from(json!(1)))
        .unwrap();
    let step = execution.advance(later);
    assert_eq!(
        types(&step),
        ["TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    );
    assert_eq!(step.end.unwrap().status, Status::Succeeded);
}

#[test]
fn a_missed_heartbeat_is_a_timeout_with_a_name_of_its_own() {
    let machine = json!({ "StartAt": "S", "States": {
        "S": { "Type": "Task", "Resource": CALLBACK, "HeartbeatSeconds": 10, "TimeoutSeconds": 60,
            "Catch": [{ "ErrorEquals": ["States.HeartbeatTimeout"], "Next": "H" }], "End": true },
        "H": { "Type": "Pass", "End": true },
    } });
    let machine = Machine::from_value(&machine).unwrap();
    let mut execution = Execution::start(&machine, StartOptions::default(), START);
    let task = execution.advance(START).tasks[0].id;
    let step = execution.advance(START + Duration::from_secs(10));
    assert_eq!(types(&step)[..2], ["TaskStarted", "TaskTimedOut"]);
    assert_eq!(step.cancelled, [task]);
    assert_eq!(
        step.end.unwrap().output.unwrap().value(),
        &json!({ "Error": "States.Timeout", "Cause": "" })
    );
    assert_eq!(
        execution.task_succeeded(task, Payload::from(json!(1))),
        Err(UnknownTask)
    );
}

#[test]
fn stopping_gives_up_what_runs() {
    let mut execution =
        start(json!({ "Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 9, "End": true }));
    let task = execution.advance(START).tasks[0].id;
    execution.stop(Some("Enough".into()), None);
    let step = execution.advance(START);
    assert_eq!(types(&step), ["ExecutionAborted"]);
    assert_eq!((step.cancelled, step.wake), (vec![task], None));
    let end = step.end.unwrap();
    assert_eq!(
        (end.status, end.error.as_deref()),
        (Status::Aborted, Some("Enough"))
    );
    // Nothing happens any more.
    let after = execution.advance(START + Duration::from_secs(100));
    assert!(after.events.is_empty() && after.end.is_none() && after.wake.is_none());
    assert_eq!(execution.outcome(), Some(&end));
}

#[test]
fn a_report_is_taken_once() {
    let mut execution = start(json!({ "Type": "Task", "Resource": FUNCTION, "End": true }));
    let task = execution.advance(START).tasks[0].id;
    execution
        .task_failed(task, Some("First".into()), None)
        .unwrap();
    assert_eq!(
        execution.task_succeeded(task, Payload::from(json!(1))),
        Err(UnknownTask)
    );
    assert_eq!(
        execution.advance(START).end.unwrap().error.as_deref(),
        Some("First")
    );
}

#[test]
fn an_activity_has_events_and_a_token_of_its_own() {
    let activity = "arn:aws:states:us-east-1:123456789012:activity:pack";
    let mut execution = start(json!({ "Type": "Task", "Resource": activity, "End": true }));
    let step = execution.advance(START);
    assert!(step.tasks[0].token.is_some());
    execution
        .task_started(step.tasks[0].id, Some("worker-1".into()))
        .unwrap();
    execution
        .task_succeeded(step.tasks[0].id, Payload::from(json!(1)))
        .unwrap();
    let step = execution.advance(START);
    assert_eq!(types(&step)[..2], ["ActivityStarted", "ActivitySucceeded"]);
    assert_eq!(
        step.events[0].to_json()["activityStartedEventDetails"],
        json!({ "workerName": "worker-1" })
    );
}

#[test]
fn the_time_of_an_activity_counts_from_its_start() {
    let activity = "arn:aws:states:us-east-1:123456789012:activity:pack";
    let mut execution = start(json!({
        "Type": "Task", "Resource": activity, "TimeoutSeconds": 20, "HeartbeatSeconds": 5,
        "End": true,
    }));
    let step = execution.advance(START);
    assert_eq!((step.wake, step.tasks[0].deadline), (None, None));
    let later = START + Duration::from_secs(100);
    execution.task_started(step.tasks[0].id, None).unwrap();
    let step = execution.advance(later);
    assert_eq!(step.wake, Some(later + Duration::from_secs(5)));
    let step = execution.advance(later + Duration::from_secs(5));
    assert_eq!(types(&step)[0], "ActivityTimedOut");
}

#[test]
fn an_activity_that_no_worker_has_taken_ends_without_a_start() {
    let activity = "arn:aws:states:us-east-1:123456789012:activity:pack";
    let mut execution = start(json!({ "Type": "Task", "Resource": activity, "End": true }));
    let step = execution.advance(START);
    execution
        .task_failed(step.tasks[0].id, Some("E".into()), None)
        .unwrap();
    let step = execution.advance(START);
    assert_eq!(types(&step)[..2], ["ActivityFailed", "ExecutionFailed"]);
}

#[test]
fn an_endless_express_loop_lets_others_have_a_turn() {
    let machine = Machine::from_value(&alone(json!({ "Type": "Pass", "Next": "S" }))).unwrap();
    let options = StartOptions {
        kind: ExecutionKind::Express,
        ..StartOptions::default()
    };
    let mut execution = Execution::start(&machine, options, START);
    for _ in 0..2 {
        let step = execution.advance(START);
        assert_eq!(step.wake, Some(START));
        assert!(step.end.is_none());
    }
}

#[test]
fn a_step_ends_before_its_events_fill_the_memory() {
    let state = json!({ "Type": "Pass", "Parameters": { "a.$": "$.a" }, "Next": "S" });
    let machine = Machine::from_value(&alone(state)).unwrap();
    let input = json!({ "a": vec![0; 100_000] });
    let mut execution = Execution::start(&machine, StartOptions::new(input), START);
    for _ in 0..3 {
        let step = execution.advance(START);
        assert_eq!(step.wake, Some(START));
        assert!((10..100).contains(&step.events.len()));
    }
}

#[test]
fn an_endless_express_loop_times_out_in_virtual_time() {
    let task = json!({ "Type": "Task", "Resource": FUNCTION, "Next": "S" });
    for state in [json!({ "Type": "Pass", "Next": "S" }), task] {
        let machine = Machine::from_value(&alone(state)).unwrap();
        let options = StartOptions {
            kind: ExecutionKind::Express,
            ..StartOptions::default()
        };
        let answer = |_: &TaskRequest| TaskEnd::Done(Ok(Payload::from(json!({}))));
        let run = run_to_end(&machine, options, START, answer);
        assert_eq!(run.outcome.status, Status::TimedOut);
    }
}

#[test]
fn the_same_seed_runs_the_same() {
    let run = |seed| {
        let state = json!({ "Type": "Pass", "Parameters": { "id.$": "States.UUID()", "n.$": "States.MathRandom(0, 1000000)" }, "End": true });
        let machine = Machine::from_value(&alone(state)).unwrap();
        let options = StartOptions {
            seed,
            ..StartOptions::default()
        };
        Execution::start(&machine, options, START)
            .advance(START)
            .end
            .unwrap()
            .output
            .unwrap()
            .text()
            .to_owned()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
