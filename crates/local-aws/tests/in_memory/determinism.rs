//! A seed determines everything, and nothing takes real time.

use std::time::Duration;

use serde_json::json;
use txflow_local_aws::{Time, Weather};

use crate::cloud::{Cloud, MACHINE, zip};

/// Everything that some calls were answered, also by executions that wait for a day.
async fn answers(weather: Weather, seed: u64) -> String {
    let cloud = Cloud::with_seed(weather, seed);
    let mut told = String::new();
    let role = cloud.role("f-role", "lambda.amazonaws.com").await;
    told += &cloud.iam("GetRole", &[("RoleName", "f-role")]).await.text;
    cloud.settle().await;
    told += &cloud.create_function("f", &role, json!({})).await.text;
    told += &cloud.lambda("GET", "/f", json!({})).await.text;
    cloud.settle().await;
    let code = json!({ "ZipFile": zip("second"), "Publish": true });
    told += &cloud.lambda("PUT", "/f/code", code).await.text;
    cloud.settle().await;
    cloud.machine().await;
    cloud.settle().await;
    let ran = cloud.run(MACHINE).await;
    told += &ran.to_string();
    let history = json!({ "executionArn": ran["executionArn"] });
    told += &cloud.states("GetExecutionHistory", history).await.text;
    told
}

#[tokio::test(start_paused = true)]
async fn two_runs_with_a_seed_are_alike() {
    let first = answers(Weather::calm(), 7).await;
    assert_eq!(first, answers(Weather::calm(), 7).await);
    assert_ne!(first, answers(Weather::calm(), 8).await);
}

/// What a client meets that does the same calls whatever it is answered.
async fn met(seed: u64) -> Vec<(u128, String)> {
    let cloud = Cloud::new(Weather::realistic(seed));
    let begun = tokio::time::Instant::now();
    let mut met = Vec::new();
    let trust = json!({ "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": ["lambda.amazonaws.com", "states.amazonaws.com"] },
    } })
    .to_string();
    let create = [
        ("RoleName", "r"),
        ("AssumeRolePolicyDocument", trust.as_str()),
    ];
    let named = [("RoleName", "r")];
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": "arn:aws:iam::000000000000:role/r", "Code": { "ZipFile": zip("first") },
        "Environment": { "Variables": { "KEY": "value" } },
    });
    for _ in 0..60 {
        let answers = [
            cloud.try_iam("CreateRole", &create).await,
            cloud.try_iam("GetRole", &named).await,
            cloud.try_lambda("POST", "", function.clone()).await,
            cloud.try_lambda("GET", "/f", json!({})).await,
            cloud.try_lambda("POST", "/f/versions", json!({})).await,
            cloud.try_lambda("GET", "/f/versions", json!({})).await,
        ];
        for answer in answers {
            let text = answer.map_or_else(|cut| cut.to_string(), |answer| answer.text);
            met.push((begun.elapsed().as_millis(), text));
        }
    }
    met
}

#[tokio::test(start_paused = true)]
async fn a_seed_determines_the_weather() {
    let first = met(7).await;
    assert_eq!(first, met(7).await);
    assert_ne!(first, met(8).await);
    let told = |text: &str| first.iter().any(|(_, met)| met.contains(text));
    assert!(told("cannot be assumed by Lambda"));
    assert!(told("Function not found"));
}

#[tokio::test(start_paused = true)]
async fn a_day_of_waiting_takes_no_time() {
    let cloud = Cloud::new(Weather::calm());
    cloud.machine().await;
    let waiting = json!({ "QueryLanguage": "JSONata", "StartAt": "W", "States": {
        "W": { "Type": "Wait", "Seconds": "{% 86000 + 400 %}", "End": true },
    } });
    let update = json!({ "stateMachineArn": MACHINE, "definition": waiting.to_string() });
    cloud.states("UpdateStateMachine", update).await.ok();
    let begun = tokio::time::Instant::now();
    let ran = cloud.run(MACHINE).await;
    assert_eq!(ran["status"], "SUCCEEDED", "{ran}");
    let took = ran["stopDate"].as_f64().unwrap() - ran["startDate"].as_f64().unwrap();
    assert!((86_400.0..86_401.0).contains(&took), "{took}");
    assert!(begun.elapsed() >= Duration::from_hours(24));
    assert_eq!(Time::default(), Time::Real);
}

#[tokio::test(start_paused = true)]
async fn the_guard_is_the_same_as_on_a_socket() {
    let cloud = Cloud::new(Weather::calm());
    let request = hyper::Request::post("http://evil.example/");
    let answer = cloud.try_call("states", request, String::new()).await;
    answer.unwrap().refused(403, &["evil.example"]);
}
