//! `test-state.jsonl`: calls of `TestState`, which runs a single state and shows its data flow, over HTTP.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use txflow_local_aws::{LocalAws, Options, Weather};

use crate::ACCOUNT;
use crate::client::Client;
use crate::compare::{Difference, Wildcards};
use crate::rows::{bounded, failure, rows, text};
use crate::tally::Tally;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs recordings of AWS"]
async fn recordings_that_need_a_single_state() {
    let folder = std::env::var_os("TXFLOW_CONFORMANCE");
    let folder = folder.expect("TXFLOW_CONFORMANCE is not set to the folder with the recordings");
    let directory = std::env::temp_dir().join(format!("txflow-test-state-{}", std::process::id()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = Options::new(&directory, listener);
    options.behavior.weather = Weather::constant(Duration::ZERO);
    let aws = LocalAws::start(options).await.unwrap();
    let client = Client {
        address: aws.address(),
        access_key: ACCOUNT,
    };
    let mut tally = Tally::new("test-state");
    for row in rows(Path::new(&folder), "test-state.jsonl") {
        let id = text(&row, "id");
        if !row["lambda_stubs"].as_array().is_none_or(Vec::is_empty) {
            println!("unscored: {id}: it invokes a function");
            continue;
        }
        let compared = bounded(&row, move |row| Ok(call(client, row)))
            .map_err(|error| failure(&error))
            .and_then(|answer| compare(&row, &answer));
        let file = text(&row, "file");
        let category = file.rsplit('/').next().unwrap_or_default();
        tally.add(category, &id, compared);
    }
    aws.shutdown().await.unwrap();
    let _ = std::fs::remove_dir_all(directory);
    tally.print();
    print!("{}", tally.differences());
    println!("test-state: {}", tally.total());
    assert!(tally.total().reaches(95), "{} is below 95 %", tally.total());
}

/// What the recorded client would have got.
fn call(client: Client, row: &Value) -> Value {
    let mut request = row["params"].clone();
    request["definition"] = match &request["definition"] {
        Value::String(text) => text.as_str().into(),
        definition => definition.to_string().into(),
    };
    // The recordings leave out the role, which all calls with a mock had.
    if request["mock"].is_object() {
        request["roleArn"] = format!("arn:aws:iam::{ACCOUNT}:role/Role").into();
    }
    let answer = client.states("TestState", &request);
    let mut body = answer.json();
    if answer.status == 200 {
        return body;
    }
    let code = body["__type"].as_str().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default().to_owned();
    let message = text(&body, "message");
    if row["expected"].is_string() {
        return exception(&code, &message).into();
    }
    body = serde_json::json!({ "Error": { "Code": code, "Message": message }, "message": message });
    body
}

/// The text of boto3's exception. It refuses itself what is shorter than the model allows, and never sends it.
fn exception(code: &str, message: &str) -> String {
    let short = message
        .strip_prefix("1 validation error detected: Value '' at '")
        .and_then(|message| message.split_once('\''))
        .filter(|(_, what)| what.ends_with("greater than or equal to 1"));
    match short {
        Some((member, _)) => format!(
            "Parameter validation failed:\nInvalid length for parameter {member}, value: 0, valid min length: 1"
        ),
        None => {
            format!("An error occurred ({code}) when calling the TestState operation: {message}")
        }
    }
}

fn compare(row: &Value, answer: &Value) -> Result<(), Difference> {
    let mut recorded = row["expected"].clone();
    if let Some(recorded) = recorded.as_object_mut() {
        // The client adds it.
        recorded.remove("ResponseMetadata");
    }
    Wildcards::of(&row["compare"]).compare(&recorded, answer)
}
