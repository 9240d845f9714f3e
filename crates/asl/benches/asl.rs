//! How fast definitions are checked and run, on a single core.
//!
//! `cargo bench -p txflow-asl`, or for one group `cargo bench -p txflow-asl -- states`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Map, Value, json};
use txflow_asl::replay::{Recording, Replay};
use txflow_asl::source::Source;
use txflow_asl::validate::validate;
use txflow_asl::{
    ExecutionKind, Machine, Payload, StartOptions, Status, TaskEnd, Timestamp, run_to_end,
};

/// Runs to the end and asserts success; every task returns its own parameters.
fn run(machine: &Machine, input: &Payload) -> Payload {
    let options = StartOptions::new(input.clone());
    let start = Timestamp::from_millis(1_767_225_600_000);
    let run = run_to_end(machine, options, start, |task| {
        TaskEnd::Done(Ok(task.parameters.clone()))
    });
    assert_eq!(run.outcome.status, Status::Succeeded);
    black_box(run.events);
    run.outcome
        .output
        .expect("an execution that succeeds has an output")
}

fn parse(definition: &Value) -> Machine {
    Machine::from_value(definition).unwrap()
}

/// A chain of `states` states, each created by `state`.
fn chain(states: usize, mut state: impl FnMut(&str) -> Value) -> Value {
    let name = |index: usize| format!("S{index}");
    let mut all = Map::new();
    for index in 0..states {
        all.insert(name(index), state(&name(index + 1)));
    }
    all.insert(name(states), json!({ "Type": "Succeed" }));
    json!({ "StartAt": name(0), "States": all })
}

/// Plain states, which measure the interpreter itself.
fn states(criterion: &mut Criterion) {
    const STATES: usize = 1_000;
    let pass = chain(STATES, |next| json!({ "Type": "Pass", "Next": next }));
    let paths = chain(STATES, |next| {
        json!({
            "Type": "Pass",
            "Parameters": { "type.$": "$.type", "amount.$": "$.amount" },
            "Next": next,
        })
    });
    let choice = chain(STATES, |next| {
        json!({
            "Type": "Choice",
            "Choices": [
                { "Variable": "$.type", "StringEquals": "REFUND", "Next": next },
                { "Variable": "$.amount", "NumericGreaterThan": 10, "Next": next },
            ],
            "Default": next,
        })
    });
    let mut expressions = chain(STATES, |next| {
        json!({
            "Type": "Pass",
            "Output": {
                "type": "{% $states.input.type %}",
                "amount": "{% $states.input.amount + 1 %}",
            },
            "Next": next,
        })
    });
    expressions["QueryLanguage"] = json!("JSONata");

    let input = Payload::from(json!({ "type": "PURCHASE", "amount": 20 }));
    let mut group = criterion.benchmark_group("states");
    group.throughput(Throughput::Elements(STATES as u64));
    for (name, definition) in [
        ("pass", pass),
        ("pass with parameters", paths),
        ("choice", choice),
        ("pass with jsonata", expressions),
    ] {
        let machine = parse(&definition);
        group.bench_function(name, |bencher| bencher.iter(|| run(&machine, &input)));
    }
    group.finish();
}

/// Items of an inline Map: the time should grow no faster than their number.
fn map(criterion: &mut Criterion) {
    let machine = parse(&json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 40,
        "ItemProcessor": {
            "StartAt": "One",
            "States": { "One": { "Type": "Pass", "End": true } },
        },
        "End": true,
    } } }));
    let mut group = criterion.benchmark_group("map");
    group.sample_size(10);
    for items in [100_usize, 1_000, 10_000] {
        // An Express workflow, since a Standard one ends at 25,000 events.
        let input = Payload::from(json!({ "items": (0..items).collect::<Vec<_>>() }));
        group.throughput(Throughput::Elements(items as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(items),
            &input,
            |bencher, input| {
                bencher.iter_batched(
                    || StartOptions {
                        kind: ExecutionKind::Express,
                        ..StartOptions::new(input.clone())
                    },
                    |options| {
                        let start = Timestamp::from_millis(0);
                        let run = run_to_end(&machine, options, start, |_| TaskEnd::Never);
                        assert_eq!(run.outcome.status, Status::Succeeded);
                        run
                    },
                    BatchSize::PerIteration,
                );
            },
        );
    }
    group.finish();
}

/// The transaction workflow: a Choice, a handler and the result's handler.
fn workflow(criterion: &mut Criterion) {
    let task = |function: &str, next: &str| {
        json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": function, "Payload.$": "$" },
            "ResultSelector": { "result.$": "$.Payload" },
            "ResultPath": "$.handled",
            "Retry": [{ "ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 3 }],
            "Next": next,
        })
    };
    let machine = parse(&json!({ "StartAt": "Route", "States": {
        "Route": {
            "Type": "Choice",
            "Choices": [
                { "Variable": "$.type", "StringEquals": "PURCHASE", "Next": "Purchase" },
                { "Variable": "$.type", "StringEquals": "REFUND", "Next": "Refund" },
            ],
            "Default": "Unknown",
        },
        "Purchase": task("purchase-handler", "Result"),
        "Refund": task("refund-handler", "Result"),
        "Result": task("result-handler", "Done"),
        "Unknown": { "Type": "Fail", "Error": "UnknownType" },
        "Done": { "Type": "Succeed" },
    } }));
    let input = Payload::from(json!({ "type": "PURCHASE", "transactionId": "t-1", "amount": 42 }));
    criterion.bench_function("workflow/purchase", |bencher| {
        bencher.iter(|| run(&machine, &input));
    });
}

/// Recorded executions of the repository's own workflow against its definition. A pull request may replay hundreds.
fn replay(criterion: &mut Criterion) {
    let arn = |name: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
    let definition = include_str!("../../../definition.asl.json");
    let mut text = definition.to_owned();
    for handler in ["purchase-handler", "refund-handler", "result-handler"] {
        text = text.replace(&format!("${{{handler}}}"), &arn(handler));
    }
    let definition: Value = serde_json::from_str(&text).unwrap();
    let machine = parse(&definition);
    let input = json!({ "type": "PURCHASE", "transactionId": "tx-1", "amount": "42.00" });
    let start = Timestamp::from_millis(1_767_225_600_000);
    let run = run_to_end(&machine, StartOptions::new(input), start, |task| {
        TaskEnd::Done(Ok(json!({
            "ExecutedVersion": "1",
            "Payload": task.parameters.value()["Payload"],
            "StatusCode": 200,
        })
        .into()))
    });
    assert_eq!(run.outcome.status, Status::Succeeded);
    let events: Vec<Value> = run.events.iter().map(|event| event.to_json()).collect();
    let document = json!({ "events": events });
    let replay = Replay::new(&definition).unwrap();
    let mut group = criterion.benchmark_group("replay");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(1_000));
    group.bench_function("1,000 recordings", |bencher| {
        bencher.iter(|| {
            for _ in 0..1_000 {
                let recording = Recording::read(document.clone()).unwrap();
                assert_eq!(black_box(replay.run(&recording)).difference, None);
            }
        });
    });
    group.finish();
}

/// A definition of 1 MiB, the largest that the service accepts.
fn check(criterion: &mut Criterion) {
    let state = |next: &str| {
        json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": "handler", "Payload": { "id.$": "$.id" } },
            "ResultPath": "$.result",
            "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "BackoffRate": 1.5 }],
            "Next": next,
        })
    };
    let one = state("S1000").to_string().len() + 9;
    let text = chain(1024 * 1024 / one, state).to_string();
    let source = Source::from_json(text.as_str()).unwrap();
    assert!(validate(&source, ExecutionKind::Standard).is_empty());

    let mut group = criterion.benchmark_group("definition of 1 MiB");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read with positions", |bencher| {
        bencher.iter(|| Source::from_json(text.as_str()).unwrap());
    });
    group.bench_function("validate", |bencher| {
        bencher.iter(|| validate(&source, ExecutionKind::Standard));
    });
    group.bench_function("parse to run", |bencher| {
        bencher.iter(|| Machine::parse(&text).unwrap());
    });
    group.finish();
}

criterion_group!(benches, states, map, workflow, replay, check);
criterion_main!(benches);
