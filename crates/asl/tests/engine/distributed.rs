//! Distributed Maps: what is kept of their items and of the results of their children.

use serde_json::{Value, json};
use txflow_asl::states::ItemsRead;
use txflow_asl::{
    ChildResults, Execution, Machine, Packed, Payload, Purpose, StartOptions, Status, Step,
};

use crate::{START, alone};

/// Reads its items, and writes its results.
fn map(children: &str, item: &Value) -> Value {
    json!({
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": { "InputType": "JSONL" },
            "Parameters": { "Bucket": "b", "Key": "k" },
        },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": children },
            "StartAt": "Item",
            "States": { "Item": item },
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": { "Bucket": "b", "Prefix": "p" },
        },
        "ToleratedFailurePercentage": 100,
        "End": true,
    })
}

/// Advances until there is a task, or the end. Each child is counted once it has ended.
fn advance(execution: &mut Execution) -> Step {
    loop {
        let step = execution.advance(START);
        if !step.tasks.is_empty() || step.end.is_some() {
            return step;
        }
    }
}

/// What is written of the results, as `index input output error`.
fn written(results: &ChildResults) -> Vec<String> {
    let shown = |text: Option<&str>| text.unwrap_or("-").to_owned();
    { results.iter() }
        .map(|child| {
            let (output, error) = (child.output.as_ref(), child.error.as_deref());
            let output = shown(output.map(Packed::text));
            format!(
                "{} {} {output} {}",
                child.index,
                child.input.text(),
                shown(error)
            )
        })
        .collect()
}

/// Runs a Map over these items, which `report` tells the engine. Returns what it writes.
fn run(map: Value, report: impl FnOnce(&mut Execution, txflow_asl::TaskId)) -> Vec<String> {
    let machine = Machine::from_value(&alone(map)).unwrap();
    let mut execution = Execution::start(&machine, StartOptions::new(json!({})), START);
    let step = advance(&mut execution);
    assert!(matches!(step.tasks[0].purpose, Purpose::ReadItems { .. }));
    report(&mut execution, step.tasks[0].id);
    let step = advance(&mut execution);
    let Purpose::WriteResults { results, .. } = &step.tasks[0].purpose else {
        panic!("{:?}", step.tasks);
    };
    let written = written(results);
    let named = results.iter().map(|child| results.named(child));
    let names: Vec<String> = named
        .inspect(|(arn, name)| assert!(arn.contains(name.as_str()), "{arn} {name}"))
        .map(|(_, name)| name)
        .collect();
    let number = |name: &String| u32::from_str_radix(&name[..8], 16).unwrap();
    for pair in names.windows(2) {
        assert_eq!(
            number(&pair[1]),
            number(&pair[0]).wrapping_add(1),
            "{names:?}"
        );
        assert_ne!(pair[1][8..], pair[0][8..]);
    }
    execution
        .task_succeeded(step.tasks[0].id, Payload::from(json!({})))
        .unwrap();
    let end = advance(&mut execution).end.unwrap();
    assert_eq!(end.status, Status::Succeeded);
    written
}

/// `n` items, of which the second fails.
fn items() -> Vec<Value> {
    vec![
        json!({ "id": 1, "price": 1.50 }),
        json!({ "id": 2 }),
        json!({ "id": 3, "price": 0.1 }),
    ]
}

#[test]
fn items_that_were_read_one_by_one_are_as_those_of_a_list() {
    let price = json!({ "Type": "Pass", "InputPath": "$.price", "End": true });
    for children in ["STANDARD", "EXPRESS"] {
        let one_by_one = run(map(children, &price), |execution, task| {
            let items: Vec<_> = items().iter().map(Packed::from).collect();
            execution.items_read(task, items.into()).unwrap();
        });
        let as_a_list = run(map(children, &price), |execution, task| {
            let list = Payload::from(Value::from(items()));
            execution.task_succeeded(task, list).unwrap();
        });
        assert_eq!(one_by_one, as_a_list);
        assert_eq!(
            one_by_one,
            [
                r#"0 {"id":1,"price":1.5} 1.5 -"#,
                r#"1 {"id":2} - States.Runtime"#,
                r#"2 {"id":3,"price":0.1} 0.1 -"#,
            ],
            "{children}"
        );
    }
}

/// What comes to its end is reported with it, in the order in which it came to it, and never again.
#[test]
fn each_step_reports_only_the_children_that_have_changed() {
    let wait = json!({ "Type": "Wait", "Seconds": 5, "End": true });
    let machine = Machine::from_value(&alone(map("STANDARD", &wait))).unwrap();
    let mut execution = Execution::start(&machine, StartOptions::new(json!({})), START);
    let task = advance(&mut execution).tasks[0].id;
    let items: Vec<_> = items().iter().map(Packed::from).collect();
    execution.items_read(task, items.into()).unwrap();
    let begun = execution.advance(START);
    assert_eq!(begun.children.len(), 3);
    assert!(begun.children.iter().all(|child| child.end.is_none()));
    assert_eq!(execution.advance(START).children.len(), 0);
    let ended = execution.advance(begun.wake.unwrap());
    let indices: Vec<usize> = { ended.children.iter() }
        .map(|update| update.child.index)
        .collect();
    assert_eq!(indices, [0, 1, 2]);
    assert!(ended.children.iter().all(|child| child.end.is_some()));
}

/// A text is kept as it was given, and a value has one.
#[test]
fn a_packed_payload_is_the_same_again() {
    let spaced = Payload::from_text(r#"{ "a": [1,  2.50] }"#).unwrap();
    assert_eq!(Packed::from(&spaced).text(), spaced.text());
    assert_eq!(Packed::from(&spaced).unpack(), spaced);
    let value = json!({ "b": "\u{1F600}\"", "c": [null, true, 1e300, 0.1] });
    let packed = Packed::from(&value);
    assert_eq!(packed.text(), value.to_string());
    assert_eq!(packed.unpack().into_value(), value);
}

/// The caller may say in which of several objects the items were.
#[test]
fn items_of_several_objects_have_their_sources() {
    let machine = json!({
        "Type": "Map",
        "End": true,
        "ItemReader": { "Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": { "Bucket": "b" } },
        "ItemSelector": { "s.$": "$$.Map.Item.Source" },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "P",
            "States": { "P": { "Type": "Pass", "OutputPath": "$.s", "End": true } },
        },
    });
    let machine = Machine::from_value(&alone(machine)).unwrap();
    let mut execution = Execution::start(&machine, StartOptions::new(json!({})), START);
    let task = advance(&mut execution).tasks[0].id;
    let sources = [("s3://b/one", 1), ("s3://b/none", 0), ("s3://b/two", 2)];
    let read = ItemsRead {
        items: items().iter().map(Packed::from).collect(),
        sources: sources.map(|(uri, count)| (uri.to_owned(), count)).into(),
    };
    execution.items_read(task, read).unwrap();
    let output = advance(&mut execution).end.unwrap().output.unwrap();
    assert_eq!(
        output.into_value(),
        json!(["s3://b/one", "s3://b/two", "s3://b/two"])
    );
}
