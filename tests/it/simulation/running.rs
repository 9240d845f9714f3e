//! Executions that run while commands change what they run on, and functions that fail.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use txflow::exit::Exit;
use txflow_local_aws::{ChildSource, Weather};

use super::moments::{Person, tell, wish};
use super::truth::Truth;
use super::wish::Wish;

/// Invokes the handler `buy`.
fn buying() -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Parameters": { "FunctionName": "${buy}" },
    })
}

/// Waits for most of an hour first.
fn waiting() -> Value {
    json!({ "StartAt": "Wait", "States": {
        "Wait": { "Type": "Wait", "Seconds": 3000, "Next": "Buy" },
        "Buy": buying(),
    } })
}

async fn deploys(person: &mut Person, wish: &Wish, definition: &Value) -> String {
    person.checkout.write(wish);
    let text = definition.to_string();
    person.checkout.write_file("definition.asl.json", &text);
    let ended = person.run(&["deploy"]).await;
    assert_eq!(ended.exit, Some(Exit::Done), "{}", ended.printed);
    ended.printed
}

/// The API reference of DeleteStateMachine: "deleted only when all its executions are completed".
#[test]
fn a_destroy_stops_an_execution_that_would_hold_it_up() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        deploys(&mut person, &wish(), &waiting()).await;
        truth.start(":live").await;
        let began = Instant::now();
        let destroyed = person.run(&["destroy", "--yes"]).await;
        assert_eq!(destroyed.exit, Some(Exit::Done), "{}", destroyed.printed);
        assert!(began.elapsed() < Duration::from_mins(1));
        truth.nothing_of_the_stack_is_left().await;
    });
}

/// AWS does not say for which ARN the children of a Distributed Map assume the role, so its trust policy names all.
#[test]
fn a_distributed_map_runs_whatever_its_children_assume_the_role_for() {
    let map = json!({ "StartAt": "Items", "States": {
        "Items": { "Type": "Pass", "Result": [1, 2], "Next": "Each" },
        "Each": {
            "Type": "Map", "End": true,
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Buy", "States": { "Buy": buying() },
            },
        },
    } });
    tell(async || {
        for child_source in [
            ChildSource::Parent,
            ChildSource::Label,
            ChildSource::MapRun,
            ChildSource::Execution,
        ] {
            let mut person = Person::in_weather(Weather {
                qualified_source: true,
                child_source,
                ..Weather::calm()
            });
            deploys(&mut person, &wish(), &map).await;
            let tested = person.run(&["test"]).await;
            let told = format!("{child_source:?}: {}", tested.printed);
            assert_eq!(tested.exit, Some(Exit::Done), "{told}");
        }
    });
}

/// Only DescribeStateMachineForExecution says what such an execution runs.
#[test]
fn an_execution_on_the_bare_state_machine_keeps_the_version_that_it_pins() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        let release = |code| Wish {
            code: BTreeMap::from([("buy", code)]),
            keep: 1,
            ..wish()
        };
        deploys(&mut person, &release(0), &waiting()).await;
        let execution = truth.start("").await;
        deploys(&mut person, &release(1), &waiting()).await;
        let told = deploys(&mut person, &release(2), &waiting()).await;
        let calls = person.cloud.calls.lock().unwrap().join("\n");
        assert!(calls.contains("states:DescribeStateMachineForExecution 200"));
        assert!(
            told.contains("was started on the state machine itself"),
            "{told}"
        );
        assert_eq!(truth.versions("buy").await, [1, 2, 3], "{told}");
        sleep(Duration::from_hours(1)).await;
        let ends = truth.executions().await;
        assert_eq!(ends[&execution], "SUCCEEDED");
        deploys(&mut person, &release(0), &waiting()).await;
        assert_eq!(truth.versions("buy").await, [3, 4]);
    });
}

/// "Lambda function states" in Lambda's developer guide: "you must delete and recreate the function".
#[test]
fn a_function_whose_creation_failed_is_made_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather {
            failed_creations: 1.0,
            ..Weather::calm()
        });
        let truth = Truth::begin(&person.cloud).await;
        person.checkout.write(&wish());
        let failed = person.run(&["deploy"]).await;
        assert_eq!(failed.exit, Some(Exit::Failed), "{}", failed.printed);
        let reason = "`shop-dev-buy` failed with InternalError: An internal error occurred";
        assert!(failed.printed.contains(reason), "{}", failed.printed);
        person.cloud.aws.set_weather(Weather::calm());
        person.deploys(&wish()).await;
        let live = truth.live().await.expect("a release is live");
        truth.can_be_called(&live).await;
        let plan = person.run(&["plan", "--exit-code"]).await;
        assert_eq!(plan.exit, Some(Exit::Done), "{}", plan.printed);
    });
}

#[test]
fn an_update_that_failed_is_made_again() {
    tell(async || {
        let mut person = Person::in_weather(Weather::calm());
        let truth = Truth::begin(&person.cloud).await;
        person.deploys(&wish()).await;
        person.cloud.aws.set_weather(Weather {
            failed_updates: 1.0,
            ..Weather::calm()
        });
        let changed = Wish {
            memory: 256,
            ..wish()
        };
        person.checkout.write(&changed);
        let failed = person.run(&["deploy"]).await;
        assert_eq!(failed.exit, Some(Exit::Failed), "{}", failed.printed);
        let reason = "`shop-dev-buy` failed with InternalError: An internal error occurred";
        assert!(failed.printed.contains(reason), "{}", failed.printed);
        let live = truth.live().await.expect("the former release is live");
        assert!(live.is_of(&wish()), "{live:#?}");
        person.cloud.aws.set_weather(Weather::calm());
        person.deploys(&changed).await;
        let live = truth.live().await.expect("a release is live");
        assert!(live.is_of(&changed), "{live:#?}");
    });
}
