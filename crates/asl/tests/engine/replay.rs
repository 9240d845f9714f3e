//! Recorded executions against a definition.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use txflow_asl::replay::{Obstacle, Recording, Redaction, RedactionPath, Replay, Replayed, Why};
use txflow_asl::{
    Execution, Machine, Payload, Redrive, StartOptions, Stopped, TaskEnd, TaskError, TaskRequest,
    Timestamp, run_to_end,
};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function";

/// What the engine itself records: on AWS the histories look the same, which the conformance test shows.
fn recorded(definition: &Value, input: Value, answer: impl Fn(usize) -> TaskEnd) -> Value {
    let machine = Machine::from_value(definition).unwrap();
    let start = Timestamp::from_millis(1_767_225_600_000);
    let mut calls = 0;
    let mut options = StartOptions::new(input);
    options.seed = 99;
    let run = run_to_end(&machine, options, start, |_| {
        calls += 1;
        answer(calls)
    });
    let events: Vec<Value> = run.events.iter().map(|event| event.to_json()).collect();
    json!({ "name": "execution", "events": events })
}

fn replay(definition: &Value, recording: Value) -> Replayed {
    let recording = Recording::read(recording).unwrap();
    Replay::new(definition).unwrap().run(&recording)
}

fn redaction(paths: &[&str]) -> Redaction {
    let paths = { paths.iter() }.map(|text| RedactionPath::parse(text).unwrap());
    Redaction {
        paths: paths.collect(),
        forms: |text| vec![text.to_owned(), text.chars().rev().collect()],
        names: ["kept-4111".to_owned()].into(),
    }
}

/// Redacts one recording.
fn redact(record: &mut Value, paths: &[&str]) {
    let redaction = redaction(paths);
    let unused = redaction.apply(std::slice::from_mut(record)).unwrap();
    assert_eq!(unused.len(), 0);
}

fn done(value: Value) -> TaskEnd {
    TaskEnd::Done(Ok(Payload::from(value)))
}

fn task(function: &str, next: Option<&str>) -> Value {
    let mut task = json!({ "Type": "Task", "Resource": format!("{FUNCTION}:{function}") });
    match next {
        Some(next) => task["Next"] = next.into(),
        None => task["End"] = true.into(),
    }
    task
}

fn routed() -> Value {
    json!({ "StartAt": "Route", "States": {
        "Route": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.amount", "NumericGreaterThan": 100, "Next": "Check" }],
            "Default": "Buy",
        },
        "Check": task("check:1", Some("Buy")),
        "Buy": task("buy:1", None),
    } })
}

#[test]
fn the_first_state_that_differs_is_named_with_why() {
    let before = routed();
    let record = || {
        recorded(&before, json!({ "amount": 150 }), |call| {
            done(json!({ "call": call }))
        })
    };
    assert_eq!(replay(&before, record()).difference, None);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut after = before.clone();
        change(&mut after["States"]);
        let difference = replay(&after, record()).difference.unwrap();
        (
            difference.state.unwrap_or_default(),
            difference.why.to_string(),
            difference.same_path,
        )
    };
    let differs = |state: &str, why: &str| (state.to_owned(), why.to_owned(), false);
    assert_eq!(
        changed(&|states| states["Route"]["Choices"][0]["NumericGreaterThan"] = 200.into()),
        differs("Route", "a condition leads to `Buy` instead of `Check`")
    );
    assert_eq!(
        changed(&|states| states["Buy"]["Parameters"] = json!({ "call": 2 })),
        differs("Buy", "it is called with another `$.call`")
    );
    assert_eq!(
        changed(&|states| {
            states["Check"]["Next"] = "Ship".into();
            states["Ship"] = task("ship", Some("Buy"));
        }),
        differs("Ship", "the recording has no answer for this task")
    );
    assert_eq!(
        changed(&|states| {
            states["Route"]["Choices"][0]["Next"] = "Buy".into();
            states.as_object_mut().unwrap().remove("Check");
        }),
        differs("Check", "the state was removed")
    );
    let (state, why, same_path) =
        changed(&|states| states["Buy"]["ResultPath"] = "$.bought".into());
    assert_eq!((state.as_str(), same_path), ("Buy", true));
    assert!(why.starts_with("its output has another `$."), "{why}");
}

/// The state that decided is named, not the one that it leads to and that has no answer.
#[test]
fn a_condition_that_leads_away_from_the_default_is_named() {
    let record = recorded(&routed(), json!({ "amount": 50 }), |_| done(json!({})));
    let mut after = routed();
    after["States"]["Route"]["Choices"][0]["NumericGreaterThan"] = 10.into();
    let difference = replay(&after, record).difference.unwrap();
    assert_eq!(difference.state.as_deref(), Some("Route"));
    assert_eq!(
        difference.why.to_string(),
        "a condition leads to `Check` instead of `Buy`"
    );
}

#[test]
fn a_timeout_of_the_machine_has_its_name() {
    let mut before = routed();
    before["States"]["Buy"] = json!({ "Type": "Wait", "Seconds": 60, "Next": "Done" });
    before["States"]["Done"] = json!({ "Type": "Succeed" });
    let record = recorded(&before, json!({ "amount": 1 }), |_| done(json!({})));
    let mut after = before;
    after["TimeoutSeconds"] = 30.into();
    let difference = replay(&after, record).difference.unwrap();
    assert_eq!(difference.state.as_deref(), Some("Buy"));
    assert_eq!(difference.why.to_string(), "it fails with `States.Timeout`");
}

/// `aws stepfunctions get-execution-history --max-items` prints the first page and a token for the next.
#[test]
fn a_part_of_a_history_is_refused() {
    let whole = recorded(&routed(), json!({ "amount": 1 }), |_| done(json!({})));
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut record = whole.clone();
        change(&mut record);
        Recording::read(record).err()
    };
    let events = |record: &mut Value, change: &dyn Fn(&mut Vec<Value>)| {
        change(record["events"].as_array_mut().unwrap());
    };
    for token in ["NextToken", "nextToken"] {
        let first = |record: &mut Value| record[token] = "more".into();
        assert_eq!(refused(&first), Some(Obstacle::Partial));
    }
    let last = |record: &mut Value| events(record, &|all| drop(all.drain(..3)));
    assert_eq!(refused(&last), Some(Obstacle::Partial));
    let between = |record: &mut Value| events(record, &|all| drop(all.remove(2)));
    assert_eq!(refused(&between), Some(Obstacle::Partial));
    let reverse = |record: &mut Value| events(record, &|all| all.reverse());
    assert_eq!(refused(&reverse), Some(Obstacle::NoOrder));
    let twice = |record: &mut Value| events(record, &|all| all.push(all[0].clone()));
    assert_eq!(refused(&twice), Some(Obstacle::NoOrder));
}

/// A release pins other versions of the same functions, and a state may have another name.
#[test]
fn another_version_and_another_name_are_the_same_way() {
    let record = recorded(&routed(), json!({ "amount": 150 }), |_| done(json!({})));
    let mut after = routed();
    after["States"]["Ask"] = task("check:2", Some("Buy"));
    after["States"]["Route"]["Choices"][0]["Next"] = "Ask".into();
    after["States"].as_object_mut().unwrap().remove("Check");
    let replayed = replay(&after, record);
    assert_eq!(replayed.difference, None);
    assert_eq!(
        replayed.renamed.get("Check").map(String::as_str),
        Some("Ask")
    );
}

#[test]
fn a_retry_that_is_gone_is_named() {
    let mut before = json!({ "StartAt": "Buy", "States": { "Buy": task("buy", None) } });
    before["States"]["Buy"]["Retry"] = json!([{ "ErrorEquals": ["Busy"], "MaxAttempts": 2 }]);
    let record = recorded(&before, json!({}), |call| match call {
        1 => TaskEnd::Done(Err(TaskError {
            error: "Busy".into(),
            cause: String::new(),
        })),
        _ => done(json!({})),
    });
    assert_eq!(replay(&before, record.clone()).difference, None);
    let after = json!({ "StartAt": "Buy", "States": { "Buy": task("buy", None) } });
    let difference = replay(&after, record).difference.unwrap();
    assert_eq!(
        difference.why,
        Why::Attempts {
            recorded: 2,
            replayed: 1
        }
    );
}

#[test]
fn what_chance_decides_is_not_compared() {
    let definition = json!({ "StartAt": "Id", "States": {
        "Id": {
            "Type": "Pass",
            "Parameters": { "id.$": "States.UUID()", "dice.$": "States.MathRandom(1, 3)" },
            "Next": "Roll",
        },
        "Roll": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.dice", "NumericEquals": 1, "Next": "Buy" }],
            "Default": "Wait",
        },
        "Wait": { "Type": "Wait", "Seconds": 60, "Next": "Buy" },
        "Buy": task("buy", None),
    } });
    let record = recorded(&definition, json!({}), |_| done(json!({ "fixed": 1 })));
    let replayed = replay(&definition, record.clone());
    assert_eq!(replayed.difference, None);
    // But a change beside it is found.
    let mut after = definition;
    after["States"]["Id"]["Parameters"]["added"] = true.into();
    let difference = replay(&after, record).difference.unwrap();
    assert_eq!(difference.state.as_deref(), Some("Id"));
}

#[test]
fn an_execution_that_runs_is_replayed_as_far_as_it_came() {
    let mut record = recorded(&routed(), json!({ "amount": 150 }), |_| done(json!({})));
    let events = record["events"].as_array_mut().unwrap();
    let second = events
        .iter()
        .rposition(|event| event["type"] == "LambdaFunctionStarted");
    events.truncate(second.unwrap() + 1);
    assert_eq!(replay(&routed(), record.clone()).difference, None);
    let mut after = routed();
    after["States"]["Buy"]["Parameters"] = json!({ "other": true });
    let difference = replay(&after, record).difference.unwrap();
    assert_eq!(difference.state.as_deref(), Some("Buy"));
}

#[test]
fn what_is_redacted_is_gone_everywhere_and_does_not_count() {
    let mut record = recorded(
        &routed(),
        json!({ "amount": 150, "card": "4111-1111" }),
        |_| done(json!({ "receipt": "paid with 4111-1111", "ok": true })),
    );
    redact(&mut record, &["$.card"]);
    assert!(!record.to_string().contains("4111"), "{record}");
    assert!(record.to_string().contains("paid with [redacted]"));
    assert_eq!(replay(&routed(), record.clone()).difference, None);
    // A condition on something else is still compared, one on the card is not.
    let mut other = routed();
    other["States"]["Route"]["Choices"][0]["NumericGreaterThan"] = 200.into();
    assert!(replay(&other, record.clone()).difference.is_some());
    let mut by_card = routed();
    by_card["States"]["Route"]["Choices"][0] =
        json!({ "Variable": "$.card", "StringEquals": "4111-1111", "Next": "Check" });
    let replayed = replay(&by_card, record);
    assert_eq!(
        (replayed.difference, replayed.redacted.as_deref()),
        (None, Some("Route"))
    );
    for refused in [
        "card",
        "$",
        "$[?(@.a == 1)]",
        "$$.Execution",
        "$.a[",
        "$.a[0]~",
        "$~",
    ] {
        assert!(RedactionPath::parse(refused).is_err(), "{refused}");
    }
}

/// A state may have moved a value. A short text is redacted where it stands alone, a short number only under its name.
#[test]
fn what_was_moved_is_redacted_as_well() {
    let mut before = routed();
    before["States"]["Buy"]["Parameters"] =
        json!({ "order": { "id.$": "$.id", "vip.$": "$.vip", "pin.$": "$.pin" }, "count": 42 });
    let input = json!({ "amount": 1, "id": "p-1", "vip": true, "pin": 42 });
    let mut record = recorded(&before, input, |_| done(json!({ "said": "p-1 is here" })));
    redact(&mut record, &["$.id", "$.vip", "$.pin"]);
    let scheduled = &record["events"][4]["lambdaFunctionScheduledEventDetails"]["input"];
    let scheduled: Value = serde_json::from_str(scheduled.as_str().unwrap()).unwrap();
    assert_eq!(scheduled["order"]["id"], "[redacted]");
    assert_ne!(scheduled["order"]["vip"], true);
    assert_ne!(scheduled["order"]["pin"], 42);
    assert_eq!(scheduled["count"], 42);
    assert_eq!(replay(&before, record).difference, None);
}

/// In names of executions and fields, in other recordings, in every form, and however deep in texts that are documents.
#[test]
fn nothing_is_left_of_what_is_redacted() {
    let inner = r#"{"n":{"\u0034111-1111":"\u00e9 \u00341\u00311-1111"}}"#;
    let hidden = Value::from(Value::from(inner).to_string()).to_string();
    let answer =
        json!({ "by-card": { "4111-1111": 1, "x4111-1111": 2 }, "kept-4111": 3, "hidden": hidden });
    let input = json!({ "amount": 150, "body": json!({ "card": "4111-1111" }).to_string() });
    let mut first = recorded(&routed(), input, |_| done(answer.clone()));
    first["name"] = "order-of-4111-1111".into();
    first["executionArn"] = "arn:aws:states:us-east-1:1:execution:shop:order-of-4111-1111".into();
    let mut second = recorded(
        &routed(),
        json!({ "amount": 1, "said": "1111-1114" }),
        |_| done(json!({ "of": "4111-1111" })),
    );
    second["cause"] = "card 4111-1111 was refused".into();
    let mut all = [first, second];
    let redaction = redaction(&["$..card", "$.crad"]);
    let unused = redaction.apply(&mut all).unwrap();
    let unused: Vec<&str> = unused.into_iter().map(RedactionPath::text).collect();
    assert_eq!(unused, ["$.crad"]);
    let text = format!("{} {}", all[0], all[1]);
    for left in ["4111-1111", "1111-1114", "u0034"] {
        assert!(!text.contains(left), "{left} in {text}");
    }
    assert!(text.contains("kept-4111"), "{text}");
    assert_eq!(all[0]["name"], "order-of-[redacted]");
    let exit = |record: &Value| {
        let events = record["events"].as_array().unwrap().iter();
        let mut exits = events.filter(|event| event["type"] == "TaskStateExited");
        let output = exits.next_back().unwrap()["stateExitedEventDetails"]["output"].clone();
        serde_json::from_str::<Value>(output.as_str().unwrap()).unwrap()
    };
    let by_card = json!({ "[redacted]": 1, "x[redacted]": 2 });
    assert_eq!(exit(&all[0])["by-card"], by_card);
    for record in all {
        assert_eq!(replay(&routed(), record).difference, None);
    }
}

#[test]
fn names_are_redacted_if_a_path_means_them() {
    let input = json!({ "amount": 1, "accounts": { "ann": 1, "bob": 2 }, "said": "ann" });
    let mut definition = routed();
    definition["States"]["Buy"]["Parameters"] =
        json!({ "one.$": "$.accounts.ann", "all.$": "$.accounts" });
    let mut record = recorded(&definition, input, |_| done(json!({})));
    redact(&mut record, &["$.accounts.*~"]);
    let input = &record["events"][0]["executionStartedEventDetails"]["input"];
    let input: Value = serde_json::from_str(input.as_str().unwrap()).unwrap();
    assert_eq!(
        input["accounts"],
        json!({ "[redacted]": 1, "[redacted] 2": 2 })
    );
    assert_eq!(input["said"], "[redacted]");
    // The path leads to nothing that anybody knows.
    let replayed = replay(&definition, record);
    assert_eq!(replayed.difference, None);
    assert_eq!(replayed.redacted.as_deref(), Some("Buy"));
}

#[test]
fn the_same_type_stands_for_a_redacted_number() {
    let mut record = recorded(&routed(), json!({ "amount": 150 }), |_| done(json!({})));
    redact(&mut record, &["$..amount"]);
    let input = &record["events"][0]["executionStartedEventDetails"]["input"];
    let input: Value = serde_json::from_str(input.as_str().unwrap()).unwrap();
    assert!(input["amount"].is_u64() && input["amount"] != 150);
}

#[test]
fn what_cannot_be_replayed_says_why() {
    let whole = || recorded(&routed(), json!({ "amount": 1 }), |_| done(json!({})));
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut record = whole();
        change(&mut record);
        Recording::read(record).err()
    };
    assert_eq!(refused(&|_| {}), None);
    let none = |record: &mut Value| record["events"] = json!([]);
    assert_eq!(refused(&none), Some(Obstacle::NoHistory));
    let express = |record: &mut Value| {
        record["events"] = json!([]);
        record["executionArn"] = "arn:aws:states:us-east-1:1:express:a:b:c".into();
    };
    assert_eq!(refused(&express), Some(Obstacle::Express));
    let details = |record: &mut Value| {
        record["events"][1]["stateEnteredEventDetails"]
            .as_object_mut()
            .unwrap()
            .remove("input");
    };
    assert_eq!(refused(&details), Some(Obstacle::NoData));
    let cut = |record: &mut Value| {
        record["events"][1]["stateEnteredEventDetails"]["inputDetails"] =
            json!({ "truncated": true });
    };
    assert_eq!(refused(&cut), Some(Obstacle::Truncated));
    let children = |record: &mut Value| record["events"][1]["type"] = "MapRunStarted".into();
    assert_eq!(refused(&children), Some(Obstacle::DistributedMap));
}

/// The same execution, which is redriven an hour after it ended; `answer` gets the number of the call in its run.
fn redriven(
    definition: &Value,
    mut record: Value,
    answer: impl Fn(usize, &TaskRequest) -> TaskEnd,
) -> Value {
    let machine = Machine::from_value(definition).unwrap();
    let events = record["events"].as_array_mut().unwrap();
    let last = events.last().unwrap()["timestamp"].as_f64().unwrap();
    let start = Timestamp::from_millis(1_767_225_600_000);
    let later = (last + 3600.0) * 1000.0;
    let time = Timestamp::from_millis(later as i64);
    let count = { events.iter() }
        .filter(|event| event["type"] == "ExecutionRedriven")
        .count()
        + 1;
    let last_event = events.len() as u64 + 1;
    events.push(json!({
        "id": last_event, "previousEventId": 0, "type": "ExecutionRedriven", "timestamp": later / 1000.0,
        "executionRedrivenEventDetails": { "redriveCount": count },
    }));
    let input = events[0]["executionStartedEventDetails"]["input"].as_str();
    let mut options = StartOptions::new(Payload::from_text(input.unwrap()).unwrap());
    options.seed = 98;
    options.redrive = Some(Redrive {
        count: count as u64,
        time,
        started: start,
        last_event,
        at: Stopped::of(machine.program(), events),
        map_runs: BTreeMap::new(),
    });
    let calls = Cell::new(0);
    let run = run_to_end(&machine, options, time, |request| {
        calls.set(calls.get() + 1);
        answer(calls.get(), request)
    });
    events.extend(run.events.iter().map(|event| event.to_json()));
    record
}

fn failed(error: &str) -> TaskEnd {
    TaskEnd::Done(Err(TaskError {
        error: error.to_owned(),
        cause: String::new(),
    }))
}

fn branch(name: &str, state: Value) -> Value {
    json!({ "StartAt": name, "States": { name: state } })
}

/// Each with the calls that fail in its first run, and how often they fail again.
fn that_are_redriven() -> Vec<(Value, Value)> {
    let mut one = routed();
    one["States"]["Buy"]["Retry"] = json!([{ "ErrorEquals": ["Bad"], "MaxAttempts": 1 }]);
    let slow = json!({ "StartAt": "W", "States": {
        "W": { "Type": "Pass", "Assign": { "w": 5 }, "Next": "W2" },
        "W2": { "Type": "Wait", "Seconds": 50, "Next": "W3" },
        "W3": { "Type": "Pass", "Parameters": { "w.$": "$w" }, "End": true },
    } });
    let parallel = json!({ "Type": "Parallel", "Next": "Last", "Branches": [
        branch("D", task("d", None)), slow, branch("F", task("f", None)),
    ] });
    let parallel =
        json!({ "StartAt": "P", "States": { "P": parallel, "Last": task("last", None) } });
    let each =
        json!({ "StartAt": "I", "States": { "I": task("i", Some("J")), "J": task("j", None) } });
    let map = json!({ "StartAt": "M", "States": { "M": {
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "End": true, "ItemProcessor": each,
    } } });
    let mut at_once = map.clone();
    at_once["States"]["M"]["MaxConcurrency"] = 0.into();
    let input = json!({ "amount": 1, "items": [1, 2, 3] });
    [one, parallel, map, at_once]
        .map(|definition| (definition, input.clone()))
        .into()
}

#[test]
fn a_redriven_execution_goes_the_same_way_again() {
    for (definition, input) in that_are_redriven() {
        for fails in 1..=4 {
            let bad = |call: usize| match call == fails || call == fails + 1 {
                true => failed("Bad"),
                false => done(json!({ "call": call })),
            };
            let record = recorded(&definition, input.clone(), bad);
            let ended = |record: &Value| {
                let events = record["events"].as_array().unwrap();
                events.last().unwrap()["type"].as_str().unwrap().to_owned()
            };
            if ended(&record) != "ExecutionFailed" {
                continue;
            }
            let again = redriven(&definition, record, |call, _| match call {
                1 => failed("Worse"),
                call => done(json!({ "again": call })),
            });
            let third = redriven(&definition, again.clone(), |call, _| {
                done(json!({ "third": call }))
            });
            assert_eq!(ended(&third), "ExecutionSucceeded", "{third:#}");
            for record in [again, third] {
                let replayed = replay(&definition, record.clone());
                assert_eq!(replayed.difference, None, "{fails}: {record:#}");
            }
        }
    }
}

#[test]
fn what_a_change_would_do_to_a_redriven_execution_is_named() {
    let definition = routed();
    let record = recorded(&definition, json!({ "amount": 1 }), |_| failed("Bad"));
    let record = redriven(&definition, record, |call, _| {
        done(json!({ "again": call }))
    });
    let differs = |change: &dyn Fn(&mut Value)| {
        let mut changed = definition.clone();
        change(&mut changed);
        let difference = replay(&changed, record.clone()).difference.unwrap();
        (difference.state.unwrap(), difference.why)
    };
    let (state, why) = differs(&|changed| {
        changed["States"]["Buy"]["Catch"] = json!([{ "ErrorEquals": ["Bad"], "Next": "Check" }]);
    });
    assert_eq!(state, "Buy");
    assert!(matches!(why, Why::Caught { .. }), "{why:?}");
    let (state, why) = differs(&|changed| {
        changed["States"]["Buy"]["Parameters"] = json!({ "more": 1 });
    });
    assert_eq!(state, "Buy");
    assert!(matches!(why, Why::Parameters { .. }), "{why:?}");
    let (state, _) = differs(&|changed| {
        changed["States"]["Buy"]["ResultPath"] = "$.result".into();
    });
    assert_eq!(state, "Buy");
}

/// Somebody stopped it while a task ran.
#[test]
fn an_execution_that_was_stopped_and_redriven_goes_the_same_way_again() {
    let mut definition = routed();
    definition["States"]["Buy"]["TimeoutSeconds"] = 600.into();
    let machine = Machine::from_value(&definition).unwrap();
    let start = Timestamp::from_millis(1_767_225_600_000);
    let options = StartOptions::new(json!({ "amount": 1 }));
    let mut execution = Execution::start(&machine, options, start);
    let mut events = execution.advance(start).events;
    execution.stop(None, None);
    let later = start + Duration::from_secs(20);
    events.extend(execution.advance(later).events);
    let events: Vec<Value> = events.iter().map(|event| event.to_json()).collect();
    let record = json!({ "name": "execution", "events": events });
    let record = redriven(&definition, record, |call, _| {
        done(json!({ "again": call }))
    });
    let replayed = replay(&definition, record.clone());
    assert_eq!(replayed.difference, None, "{record:#}");
    definition["States"]["Buy"]["Parameters"] = json!({ "more": 1 });
    let replayed = replay(&definition, record);
    assert_eq!(replayed.difference.unwrap().state.as_deref(), Some("Buy"));
}

#[test]
fn times_that_cannot_be_are_no_panic() {
    let definition = routed();
    let recording = recorded(&definition, json!({ "amount": 1 }), |_| done(json!({})));
    for at in 0..recording["events"].as_array().unwrap().len() {
        for time in [
            json!(i64::MIN),
            json!(i64::MAX),
            json!("soon"),
            json!(-1e300),
        ] {
            let mut recording = recording.clone();
            recording["events"][at]["timestamp"] = time;
            if let Ok(recording) = Recording::read(recording) {
                let replayed = Replay::new(&definition).unwrap().run(&recording);
                assert_eq!(replayed.renamed.len(), 0);
            }
        }
    }
}
