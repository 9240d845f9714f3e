use serde_json::{Value, json};
use txflow_asl::{ExecutionKind, Machine, StartOptions, TaskEnd, run_to_end};

use crate::{
    FUNCTION, START, alone, event_types, fails, failure, output, output_of, run, run_with, succeeds,
};

fn map(extra: Value, inner: Value) -> Value {
    let mut state = json!({
        "Type": "Map",
        "ItemProcessor": { "StartAt": "I", "States": { "I": inner } },
        "End": true,
    });
    state
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    state
}

fn task() -> Value {
    json!({ "Type": "Task", "Resource": FUNCTION, "End": true })
}

#[test]
fn parallel_gives_the_outputs_in_the_order_of_its_branches() {
    let branch = |state: Value| json!({ "StartAt": "B", "States": { "B": state } });
    let state = json!({ "Type": "Parallel", "End": true, "Branches": [
        branch(json!({ "Type": "Wait", "Seconds": 9, "End": true })),
        branch(json!({ "Type": "Pass", "Result": "fast", "End": true })),
    ] });
    assert_eq!(
        output_of(state, json!({ "a": 1 })),
        json!([{ "a": 1 }, "fast"])
    );
}

#[test]
fn a_branch_that_fails_ends_the_others() {
    let branch = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
    let machine = json!({ "StartAt": "P", "States": {
        "P": { "Type": "Parallel", "Next": "H", "Branches": [
            branch("W", json!({ "Type": "Wait", "Seconds": 100, "End": true })),
            branch("F", json!({ "Type": "Fail", "Error": "Broken" })),
        ], "Catch": [{ "ErrorEquals": ["Broken"], "Next": "H" }] },
        "H": { "Type": "Pass", "InputPath": "$.Error", "End": true },
    } });
    let run = run(&machine, json!({}));
    assert_eq!(output(&run), "Broken");
    let types = event_types(&run);
    assert_eq!(
        types[3..8],
        [
            "WaitStateEntered",
            "FailStateEntered",
            "WaitStateAborted",
            "ParallelStateFailed",
            "ParallelStateExited",
        ]
    );
    assert_eq!(crate::seconds(&run), 0.0);
}

#[test]
fn map_selects_what_each_iteration_gets() {
    let state = map(
        json!({ "ItemsPath": "$.items", "ItemSelector": {
            "n.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.tag",
        }, "ResultPath": "$.out" }),
        json!({ "Type": "Pass", "End": true }),
    );
    let found = output_of(state, json!({ "items": ["a", "b"], "tag": 1 }));
    let expected = json!([{ "n": 0, "v": "a", "all": 1 }, { "n": 1, "v": "b", "all": 1 }]);
    assert_eq!(found["out"], expected);
}

#[test]
fn no_more_iterations_run_than_allowed() {
    let definition = alone(map(json!({ "MaxConcurrency": 2 }), task()));
    let machine = Machine::from_value(&definition).unwrap();
    let mut execution =
        txflow_asl::Execution::start(&machine, StartOptions::new(json!([1, 2, 3])), START);
    let first = execution.advance(START);
    assert_eq!(first.tasks.len(), 2);
    let output = first.tasks[1].parameters.clone();
    execution.task_succeeded(first.tasks[1].id, output).unwrap();
    let second = execution.advance(START);
    let sent: Vec<&Value> = second
        .tasks
        .iter()
        .map(|task| task.parameters.value())
        .collect();
    assert_eq!(sent, [&json!(3)]);
}

#[test]
fn the_history_of_an_iteration_hangs_together() {
    let run = run(
        &alone(map(
            json!({ "MaxConcurrency": 1 }),
            json!({ "Type": "Pass", "End": true }),
        )),
        json!([1, 2]),
    );
    let ids: Vec<(u64, u64)> = run
        .events
        .iter()
        .map(|e| (e.id, e.previous_event_id))
        .collect();
    // Entered, started, then for each item: started, entered, exited, succeeded; succeeded, exited.
    let expected = [
        (1, 0),
        (2, 0),
        (3, 2),
        (4, 3),
        (5, 4),
        (6, 5),
        (7, 6),
        (8, 6),
        (9, 8),
        (10, 9),
        (11, 10),
        (12, 11),
        (13, 11),
        (14, 13),
    ];
    assert_eq!(ids, expected);
}

#[test]
fn an_item_that_fails_fails_the_map() {
    let run = run_with(&alone(map(json!({}), task())), json!([1, 2]), |task| {
        if task.parameters.value() == 1 {
            fails("Bad")
        } else {
            TaskEnd::Never
        }
    });
    assert_eq!(failure(&run).0, "Bad");
    let types = event_types(&run);
    assert_eq!(
        types[types.len() - 6..],
        [
            "MapIterationFailed",
            "TaskStateAborted",
            "MapIterationAborted",
            "TaskStateAborted",
            "MapStateFailed",
            "ExecutionFailed",
        ]
    );
}

fn distributed(extra: Value, inner: Value) -> Value {
    let mut state = map(extra, inner);
    state["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    state
}

#[test]
fn a_distributed_map_tolerates_failures() {
    let state = |tolerance: Value| alone(distributed(tolerance, task()));
    let run = |tolerance: Value| {
        run_with(&state(tolerance), json!([1, 2, 3, 4]), |task| {
            match task.parameters.value() {
                one if one == 1 => fails("Bad"),
                other => succeeds(other.clone()),
            }
        })
    };
    assert_eq!(
        output(&run(json!({ "ToleratedFailureCount": 1 }))),
        json!([2, 3, 4])
    );
    assert_eq!(
        output(&run(json!({ "ToleratedFailurePercentage": 25 }))),
        json!([2, 3, 4])
    );
    let (error, _) = failure(&run(json!({ "ToleratedFailurePercentage": 24 })));
    assert_eq!(error, "States.ExceedToleratedFailureThreshold");
    assert_eq!(
        failure(&run(json!({}))).0,
        "States.ExceedToleratedFailureThreshold"
    );
}

#[test]
fn a_distributed_map_has_its_children_outside_of_the_history() {
    let run = run(
        &alone(distributed(
            json!({}),
            json!({ "Type": "Pass", "End": true }),
        )),
        json!([1]),
    );
    assert_eq!(
        event_types(&run)[1..7],
        [
            "MapStateEntered",
            "MapStateStarted",
            "MapRunStarted",
            "MapRunSucceeded",
            "MapStateSucceeded",
            "MapStateExited",
        ]
    );
}

#[test]
fn items_come_in_batches() {
    let state = distributed(
        json!({ "ItemBatcher": { "MaxItemsPerBatch": 2, "BatchInput": { "tag.$": "$[0]" } } }),
        json!({ "Type": "Pass", "End": true }),
    );
    let batches = json!([
        { "Items": [1, 2], "BatchInput": { "tag": 1 } },
        { "Items": [3], "BatchInput": { "tag": 1 } },
    ]);
    assert_eq!(output_of(state, json!([1, 2, 3])), batches);
}

#[test]
fn variables_of_an_iteration_stay_in_it() {
    let machine = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Assign": { "x": "outer" }, "Next": "M" },
        "M": {
            "Type": "Map", "Next": "Z",
            "ItemProcessor": { "StartAt": "I", "States": {
                "I": { "Type": "Pass", "Assign": { "y.$": "$x" }, "End": true },
            } },
        },
        "Z": { "Type": "Pass", "Parameters": { "x.$": "$x", "y.$": "$y" }, "End": true },
    } });
    let (_, cause) = failure(&run(&machine, json!([1])));
    assert!(cause.contains("'$y'"), "{cause}");
}

#[test]
fn an_express_execution_has_no_limit_of_events() {
    let definition = alone(map(json!({}), json!({ "Type": "Pass", "End": true })));
    let machine = Machine::from_value(&definition).unwrap();
    let mut options = StartOptions::new(json!((0..10_000).collect::<Vec<_>>()));
    options.kind = ExecutionKind::Express;
    let run = run_to_end(&machine, options, START, |_| TaskEnd::Never);
    assert_eq!(output(&run).as_array().unwrap().len(), 10_000);
}

/// The inputs of the children of a distributed Map over an object: the AWS documentation of ItemsPath ("passing the pair
/// to the iteration as input") and of the context object (`Key`, only for objects).
#[test]
fn a_distributed_map_iterates_over_the_members_of_an_object() {
    let distributed = |extra: Value| {
        let mut state = map(extra, json!({ "Type": "Pass", "End": true }));
        state["ItemProcessor"]["ProcessorConfig"] =
            json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
        state
    };
    let input = json!({ "o": { "b": 1, "a": { "x": 2 } } });
    let pairs = json!([{ "Key": "b", "Value": 1 }, { "Key": "a", "Value": { "x": 2 } }]);
    let by_path = distributed(json!({ "ItemsPath": "$.o" }));
    assert_eq!(output_of(by_path, input.clone()), pairs);
    let expression = json!({ "QueryLanguage": "JSONata", "Items": "{% $states.input.o %}" });
    assert_eq!(output_of(distributed(expression), input.clone()), pairs);
    let literal = json!({ "QueryLanguage": "JSONata", "Items": { "k": "{% 1 + 1 %}" } });
    let expected = json!([{ "Key": "k", "Value": 2 }]);
    assert_eq!(output_of(distributed(literal), input.clone()), expected);
    assert_eq!(
        output_of(distributed(json!({})), json!({ "k": 2 })),
        expected
    );
    let selected = distributed(json!({ "ItemsPath": "$.o", "ItemSelector": {
        "key.$": "$$.Map.Item.Key", "value.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index",
    } }));
    let expected = json!([
        { "key": "b", "value": 1, "index": 0 },
        { "key": "a", "value": { "x": 2 }, "index": 1 },
    ]);
    assert_eq!(output_of(selected, input.clone()), expected);
    let batched = distributed(json!({
        "ItemsPath": "$.o", "ItemBatcher": { "MaxItemsPerBatch": 2 },
        "ItemSelector": { "k.$": "$$.Map.Item.Key" },
    }));
    let expected = json!([{ "Items": [{ "k": "b" }, { "k": "a" }] }]);
    assert_eq!(output_of(batched, input), expected);
}

#[test]
fn an_inline_map_refuses_an_object() {
    let state = map(
        json!({ "ItemsPath": "$.o" }),
        json!({ "Type": "Pass", "End": true }),
    );
    let (error, cause) = failure(&run(&alone(state), json!({ "o": { "a": 1 } })));
    assert_eq!(error, "States.Runtime");
    assert!(cause.contains("must point to array"), "{cause}");
    let state = map(
        json!({ "QueryLanguage": "JSONata", "Items": "{% $states.input.o %}" }),
        json!({ "Type": "Pass", "End": true }),
    );
    let (error, cause) = failure(&run(&alone(state), json!({ "o": { "a": 1 } })));
    assert_eq!(error, "States.QueryEvaluationError");
    assert!(cause.contains("Expected 'array'"), "{cause}");
    // A list has no keys.
    let state = map(
        json!({ "ItemSelector": { "k.$": "$$.Map.Item.Key" } }),
        json!({ "Type": "Pass", "End": true }),
    );
    assert_eq!(failure(&run(&alone(state), json!([1]))).0, "States.Runtime");
}

/// `$$.Map.Item.Source`: `STATE_DATA` for items of the input, and the URI of the object or of the listed bucket for those that an
/// `ItemReader` finds. Source: the developer guide's page on the context object. It writes `S3://`; a run on AWS that was published
/// in 2026 had `s3://`.
#[test]
fn an_item_says_where_it_comes_from() {
    let selector =
        json!({ "ItemSelector": { "v.$": "$$.Map.Item.Value", "s.$": "$$.Map.Item.Source" } });
    let pass = json!({ "Type": "Pass", "End": true });
    let expected = json!([{ "v": 1, "s": "STATE_DATA" }]);
    assert_eq!(
        output_of(map(selector.clone(), pass.clone()), json!([1])),
        expected
    );
    let mut distributed = map(selector, pass);
    distributed["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    assert_eq!(output_of(distributed.clone(), json!([1])), expected);

    let mut read = |resource: &str, parameters: Value| {
        distributed["ItemReader"] = json!({ "Resource": format!("arn:aws:states:::s3:{resource}"), "Parameters": parameters });
        let run = run_with(&alone(distributed.clone()), json!({}), |_| {
            TaskEnd::Done(Ok(json!([1, 2, 3]).into()))
        });
        let output = output(&run);
        let sources = output
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["s"].clone());
        sources.collect::<Value>()
    };
    let object = json!({ "Bucket": "b", "Key": "k/o.json" });
    assert_eq!(
        read("getObject", object),
        json!(["s3://b/k/o.json", "s3://b/k/o.json", "s3://b/k/o.json"])
    );
    let bucket = json!({ "Bucket": "b", "Prefix": "k/" });
    assert_eq!(
        read("listObjectsV2", bucket),
        json!(["s3://b", "s3://b", "s3://b"])
    );
}
