//! `StartSyncExecution` on a bad day. No name tells AWS that it is the same execution, so one that may have run is not started
//! again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;
use txflow::aws::{Aws, ConnectOptions, connect};
use txflow::config::StateMachineKind;
use txflow::executions::{Start, execute_sync};
use txflow::world::AwsAccess;
use txflow_local_aws::{Failures, Time, Weather};

use super::cloud::{Cloud, start};

/// How many executions are started.
const STARTS: usize = 40;

#[tokio::test(start_paused = true)]
async fn an_execution_is_started_once_whether_or_not_its_answer_arrives() {
    let weather = Weather {
        failures: Failures {
            before: 0.1,
            after: 0.1,
            cut_before: 0.1,
            cut_after: 0.2,
        },
        ..Weather::constant(Duration::ZERO)
    };
    let cloud = Cloud::new(7, weather);
    let aws = client(&cloud).await;
    let machine = express(&aws).await;
    let mut endings: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..STARTS {
        let started = Start {
            state_machine_arn: &machine,
            kind: StateMachineKind::Express,
            name: &format!("run-{number}"),
            input: &json!({}),
        };
        let ending = match execute_sync(&aws, &started).await {
            Ok(_) => "ran",
            Err(error) if error.message.contains("may have run") => "lost",
            Err(_) => "failed",
        };
        *endings.entry(ending).or_default() += 1;
    }
    let calls = cloud.calls.lock().unwrap();
    let calls = calls
        .iter()
        .filter(|call| call.contains("states:StartSyncExecution"));
    assert_eq!(calls.count(), STARTS);
    for ending in ["ran", "lost", "failed"] {
        assert!(endings.contains_key(ending), "{endings:?}");
    }
}

async fn client(cloud: &Cloud) -> Aws {
    let began = Instant::now();
    let at_first = Timestamp::try_from(start()).unwrap();
    let options = || ConnectOptions {
        region: Some("eu-west-1".to_owned()),
        profile: None,
        endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
        account: None,
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        now: Arc::new(move || at_first + began.elapsed()),
        access: AwsAccess {
            http_client: Some(cloud.line().client()),
            access_key_id: Some("simulated".to_owned()),
            policy_propagation: None,
        },
        embedded: true,
        handover: None,
        time: Time::Real,
        on_retry: Arc::new(|_, _| {}),
    };
    connect(options()).await.unwrap().identified.await.unwrap()
}

/// The ARN of an EXPRESS state machine, which is made whatever happens.
async fn express(aws: &Aws) -> String {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "states.amazonaws.com" },
            "Action": "sts:AssumeRole"
        }]
    });
    let definition = json!({ "StartAt": "Done", "States": { "Done": { "Type": "Succeed" } } });
    for _ in 0..100 {
        // It may have been made although that failed.
        let made = aws.iam.create_role().role_name("express");
        let _ = made
            .assume_role_policy_document(trust.to_string())
            .send()
            .await;
        let Ok(role) = aws.iam.get_role().role_name("express").send().await else {
            continue;
        };
        let role = role.role.unwrap().arn;
        let machine = aws
            .sfn
            .create_state_machine()
            .name("express")
            .role_arn(role);
        let machine = machine
            .definition(definition.to_string())
            .r#type(aws_sdk_sfn::types::StateMachineType::Express);
        if let Ok(machine) = machine.send().await {
            return machine.state_machine_arn;
        }
    }
    panic!("it is never made");
}
