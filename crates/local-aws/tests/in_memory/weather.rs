//! Each kind of bad weather, alone and certain.

use std::time::Duration;

use serde_json::json;
use txflow_local_aws::{Cut, Failures, Lag, Span, Weather};

use crate::cloud::{Cloud, MACHINE, invoking, zip};

const LATE: Span = Span::exactly(Duration::from_secs(5));
const CERTAIN: Lag = Lag::new(1.0, LATE);

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_not_in_force_at_once() {
    let cloud = Cloud::new(Weather {
        policy_propagation: LATE,
        ..Weather::calm()
    });
    cloud.function("f").await;
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    pass(10).await;
    let input = json!({ "name": "m", "definition": invoking("f"), "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
    cloud
        .allow("workflow", json!("lambda:InvokeFunction"))
        .await
        .ok();
    let early = cloud.run(MACHINE).await;
    assert_eq!(early["status"], "FAILED");
    let cause = early["cause"].as_str().unwrap();
    let words = "no identity-based policy allows the lambda:InvokeFunction action";
    assert!(cause.contains(words), "{cause}");
    pass(5).await;
    assert_eq!(cloud.run(MACHINE).await["status"], "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_starts_early_keeps_its_credentials_while_it_is_warm() {
    let cloud = Cloud::new(Weather {
        policy_propagation: LATE,
        ..Weather::calm()
    });
    let reads = async || {
        let answer = cloud.lambda("POST", "/f/invocations", json!({})).await;
        answer.ok().json()["reads"].clone()
    };
    cloud.function("f").await;
    cloud.allow("f-role", json!("s3:GetObject")).await.ok();
    assert_eq!(reads().await, false);
    pass(60).await;
    assert_eq!(reads().await, false);
    pass(600).await;
    assert_eq!(reads().await, true);
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumable_by_each_service_at_its_own_time() {
    let cloud = Cloud::new(Weather {
        role_propagation: Span::millis(0, 60_000),
        ..Weather::calm()
    });
    let trust = json!({ "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": ["lambda.amazonaws.com", "states.amazonaws.com"] },
    } });
    let role = cloud.role_with("r", &trust).await;
    let mut times = Vec::new();
    for second in 0..=60 {
        let machine = json!({
            "name": format!("m{second}"), "definition": invoking("f"), "roleArn": role,
        });
        let machine = cloud.states("CreateStateMachine", machine).await;
        let function = cloud
            .create_function(&format!("f{second}"), &role, json!({}))
            .await;
        times.push((function.status, machine.status));
        pass(1).await;
    }
    assert_eq!(times[0], (400, 400));
    assert_eq!(times[60], (201, 200));
    assert!(
        times
            .iter()
            .any(|(function, machine)| (*function == 201) != (*machine == 200))
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_just_created_is_not_found() {
    let cloud = Cloud::new(Weather {
        late_creations: CERTAIN,
        ..Weather::calm()
    });
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    let named = [("RoleName", "r")];
    let tag = [
        ("RoleName", "r"),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    for refused in [
        cloud.iam("GetRole", &named).await,
        cloud.allow("r", json!("s3:*")).await,
        cloud.iam("TagRole", &tag).await,
    ] {
        refused.refused(404, &["NoSuchEntity"]);
    }
    pass(6).await;
    cloud.iam("GetRole", &named).await.ok();
    cloud.allow("r", json!("s3:*")).await.ok();
    cloud.create_function("f", &role, json!({})).await.ok();
    cloud.lambda("GET", "/f", json!({})).await.refused(404, &[]);
    pass(6).await;
    cloud.lambda("POST", "/f/versions", json!({})).await.ok();
    let version = "/f/configuration?Qualifier=1";
    cloud.lambda("GET", "/f", json!({})).await.ok();
    cloud
        .lambda("GET", version, json!({}))
        .await
        .refused(404, &[]);
    pass(6).await;
    cloud.lambda("GET", version, json!({})).await.ok();
    cloud.machine().await;
    let machine = json!({ "stateMachineArn": MACHINE });
    let started = cloud.states("StartExecution", machine.clone()).await;
    let execution = json!({ "executionArn": started.ok().json()["executionArn"] });
    let early = cloud.states("DescribeExecution", execution.clone()).await;
    early.refused(400, &["ExecutionDoesNotExist"]);
    let described = cloud.states("DescribeStateMachine", machine).await;
    described.refused(400, &["StateMachineDoesNotExist"]);
    pass(6).await;
    cloud.states("DescribeExecution", execution).await.ok();
}

#[tokio::test(start_paused = true)]
async fn reads_and_lists_are_stale() {
    let cloud = Cloud::new(Weather {
        stale_reads: CERTAIN,
        stale_lists: CERTAIN,
        ..Weather::calm()
    });
    cloud.function("f").await;
    let timeout = async || {
        let found = cloud.lambda("GET", "/f/configuration", json!({})).await;
        found.ok().json()["Timeout"].clone()
    };
    let update = json!({ "Timeout": 9 });
    cloud.lambda("PUT", "/f/configuration", update).await.ok();
    assert_eq!(timeout().await, 3);
    pass(6).await;
    assert_eq!(timeout().await, 9);
    cloud.lambda("POST", "/f/versions", json!({})).await.ok();
    let versions = async || {
        let found = cloud.lambda("GET", "/f/versions", json!({})).await;
        found.ok().json()["Versions"].as_array().unwrap().len()
    };
    assert_eq!(versions().await, 1);
    pass(6).await;
    assert_eq!(versions().await, 2);
    cloud.lambda("DELETE", "/f", json!({})).await.ok();
    let functions = async || {
        let found = cloud.lambda("GET", "", json!({})).await;
        found.ok().json()["Functions"].as_array().unwrap().len()
    };
    assert_eq!(functions().await, 1);
    pass(6).await;
    assert_eq!(functions().await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_execution_runs_what_was_there_before() {
    let cloud = Cloud::new(Weather {
        late_routing: CERTAIN,
        ..Weather::calm()
    });
    cloud.function("f").await;
    let code = json!({ "ZipFile": zip("second"), "Publish": true });
    cloud.lambda("POST", "/f/versions", json!({})).await.ok();
    cloud.lambda("PUT", "/f/code", code).await.ok();
    cloud.machine().await;
    let release = async |version: u64| {
        let update = json!({
            "stateMachineArn": MACHINE, "definition": invoking(&format!("f:{version}")), "publish": true,
        });
        cloud.states("UpdateStateMachine", update).await.ok();
        json!([{ "stateMachineVersionArn": format!("{MACHINE}:{version}"), "weight": 100 }])
    };
    let routes = release(1).await;
    let alias = json!({ "name": "live", "routingConfiguration": routes });
    cloud.states("CreateStateMachineAlias", alias).await.ok();
    pass(6).await;
    let live = format!("{MACHINE}:live");
    let ran = async |arn: &str| {
        let output = cloud.run(arn).await["output"].clone();
        let output: serde_json::Value = serde_json::from_str(output.as_str().unwrap()).unwrap();
        output["version"].clone()
    };
    let routes = release(2).await;
    assert_eq!(ran(MACHINE).await, "1");
    let update = json!({ "stateMachineAliasArn": live, "routingConfiguration": routes });
    cloud.states("UpdateStateMachineAlias", update).await.ok();
    assert_eq!(ran(&live).await, "1");
    assert_eq!(ran(&format!("{MACHINE}:2")).await, "2");
    pass(6).await;
    assert_eq!(
        (ran(MACHINE).await, ran(&live).await),
        (json!("2"), json!("2"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_may_have_been_served() {
    let create = async |failures| {
        let cloud = Cloud::new(Weather {
            failures,
            ..Weather::calm()
        });
        let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}}"#;
        let parameters = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust)];
        let created = cloud.try_iam("CreateRole", &parameters).await;
        cloud.aws.set_weather(Weather::calm());
        let found = cloud.iam("GetRole", &[("RoleName", "r")]).await;
        (created.map(|answer| answer.status), found.status == 200)
    };
    let none = Failures::default();
    let before = Failures {
        before: 1.0,
        ..none
    };
    assert_eq!(create(before).await, (Ok(503), false));
    let after = Failures { after: 1.0, ..none };
    assert_eq!(create(after).await, (Ok(503), true));
    let cut_before = Failures {
        cut_before: 1.0,
        ..none
    };
    assert_eq!(create(cut_before).await, (Err(Cut), false));
    let cut_after = Failures {
        cut_after: 1.0,
        ..none
    };
    assert_eq!(create(cut_after).await, (Err(Cut), true));
}

/// The message is the one that hashicorp/terraform-provider-aws waits for.
#[tokio::test(start_paused = true)]
async fn ec2_throttles_what_enters_a_vpc() {
    let cloud = Cloud::new(Weather {
        throttled_by_ec2: 1.0,
        ..Weather::calm()
    });
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    cloud.allow("r", json!("ec2:*")).await.ok();
    cloud.settle().await;
    let vpc = json!({ "VpcConfig": { "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"] } });
    let refused = cloud.create_function("f", &role, vpc).await;
    refused.refused(400, &["Your request has been throttled by EC2"]);
}
