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
