//! The recordings that need Lambda, over HTTP and with real processes; those that need other services are in `services/`.
//!
//! `TXFLOW_CONFORMANCE` names the folder of recordings, `TXFLOW_EMULATORS` a Python environment: the recorded functions
//! are written in Python.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

#[path = "../../../asl/tests/conformance/ages.rs"]
mod ages;
#[path = "../wire/client.rs"]
#[allow(dead_code, reason = "the wire's own tests use the rest")]
mod client;
#[path = "../in_memory/cloud.rs"]
#[allow(dead_code, reason = "the simulation's own tests use the rest")]
mod cloud;
#[path = "../../../asl/tests/conformance/compare.rs"]
mod compare;
#[path = "../../../asl/tests/conformance/lambda.rs"]
#[allow(
    dead_code,
    reason = "the engine's own suite plays the functions itself"
)]
mod lambda;
#[path = "../../../asl/tests/conformance/rows.rs"]
mod rows;
mod services;
#[path = "../../../asl/tests/conformance/tally.rs"]
#[allow(dead_code, reason = "the engine's own suite uses the rest")]
mod tally;
mod test_state;

use std::any::Any;
use std::io::Write;
use std::panic;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use client::{Answer, Client};
use compare::{Difference, Wildcards};
use lambda::Lambda;
use rows::failure;
use serde_json::{Value, json};
use txflow_local_aws::{LocalAws, Options, Weather};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The account of the recordings, after normalization.
const ACCOUNT: &str = "111111111111";
/// The number of concurrent executions: most of the time they wait for timeouts.
const SIDE_BY_SIDE: usize = 8;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs recordings of AWS and the emulators' Python environment"]
async fn recordings_that_need_functions() {
    let variable = |name| std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set"));
    let folder = variable("TXFLOW_CONFORMANCE");
    let environment = variable("TXFLOW_EMULATORS");
    let text = std::fs::read_to_string(Path::new(&folder).join("executions.jsonl")).unwrap();
    let mut rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["needs"] == "lambda")
        .collect();
    rows.retain(|row| match Lambda::of(row) {
        Ok(_) => true,
        Err(unknown) => {
            println!("unscored: {}: {unknown}", row["id"]);
            false
        }
    });
    let zip = zip(&Path::new(&environment).join("bin/python3"));

    let directory = std::env::temp_dir().join(format!("txflow-conformance-{}", std::process::id()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = Options::new(&directory, listener);
    options.behavior.weather = Weather::constant(Duration::ZERO);
    let aws = LocalAws::start(options).await.unwrap();
    let client = Client {
        address: aws.address(),
        access_key: ACCOUNT,
    };
    roles(client);

    let next = std::sync::atomic::AtomicUsize::new(0);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SIDE_BY_SIDE)
            .map(|_| {
                scope.spawn(|| {
                    let mut outcomes = Vec::new();
                    loop {
                        let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some(row) = rows.get(index) else {
                            return outcomes;
                        };
                        let run = || run(client, &zip, index, row);
                        let outcome = panic::catch_unwind(panic::AssertUnwindSafe(run));
                        outcomes
                            .push(outcome.unwrap_or_else(|panic| Outcome::failed(row, &*panic)));
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    aws.shutdown().await.unwrap();
    let _ = std::fs::remove_dir_all(directory);

    let (mut results, mut histories) = ((0, 0), (0, 0));
    for Outcome {
        id,
        result,
        history,
    } in outcomes
    {
        for (count, compared, what) in [
            (&mut results, Some(result), "result"),
            (&mut histories, history, "history"),
        ] {
            let Some(compared) = compared else { continue };
            count.1 += 1;
            match compared {
                Ok(()) => count.0 += 1,
                Err(Difference {
                    place,
                    recorded,
                    found,
                }) => {
                    println!("{id}: {what}{place}: recorded {recorded}, found {found}");
                }
            }
        }
    }
    println!(
        "executions over HTTP: result {}/{}, history {}/{}",
        results.0, results.1, histories.0, histories.1
    );
    // All recordings end as recorded.
    assert!(
        results.0 * 100 >= results.1 * 98,
        "results differ from the recordings"
    );
    assert!(
        histories.0 * 100 >= histories.1 * 95,
        "histories differ from the recordings"
    );
}

struct Outcome {
    id: String,
    result: Result<(), Difference>,
    history: Option<Result<(), Difference>>,
}

impl Outcome {
    fn failed(row: &Value, panic: &(dyn Any + Send)) -> Self {
        let failed = || Err(failure(&format!("panicked: {}", rows::message(panic))));
        let has_history = row["expected"]["events"].is_array() && row["kind"] != "express";
        Self {
            id: rows::text(row, "id"),
            result: failed(),
            history: has_history.then(failed),
        }
    }
}

fn run(client: Client, zip: &str, index: usize, row: &Value) -> Outcome {
    for stub in row["lambda_stubs"].as_array().unwrap() {
        let created = client.lambda(
            "POST",
            "/2015-03-31/functions",
            &json!({
                "FunctionName": stub["function_name"],
                "Runtime": "provided.al2023",
                "Handler": "bootstrap",
                "Role": format!("arn:aws:iam::{ACCOUNT}:role/functions"),
                "Code": { "ZipFile": zip },
                "Timeout": 90,
                "Environment": { "Variables": { "BEHAVIOR": stub["behavior"] } },
            }),
        );
        // Several recordings share a function.
        assert!([201, 409].contains(&created.status), "{}", created.body);
    }
    let created = ok(client.states(
        "CreateStateMachine",
        &json!({
            "name": format!("m{index}"),
            "definition": row["definition"].to_string(),
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/workflows"),
            "type": row["kind"].as_str().unwrap().to_uppercase(),
        }),
    ));
    let start = json!({ "stateMachineArn": created["stateMachineArn"], "input": row["input"] });
    let (ended, events) = if row["kind"] == "express" {
        (ok(client.states("StartSyncExecution", &start)), Vec::new())
    } else {
        let started = ok(client.states("StartExecution", &start));
        let named = json!({ "executionArn": started["executionArn"], "maxResults": 1000 });
        let ended = wait(client, &named);
        let history = ok(client.states("GetExecutionHistory", &named));
        (ended, history["events"].as_array().unwrap().clone())
    };
    let wildcards = Wildcards::of(&row["compare"]);
    let recorded = &row["expected"];
    let history = ages::up_to_date(row, recorded)["events"]
        .as_array()
        .filter(|_| row["kind"] != "express")
        .map(|recorded| {
            let unordered = row["unordered_parallel_events"] == true;
            wildcards.history(recorded, &events, unordered)
        });
    Outcome {
        id: row["id"].as_str().unwrap().to_owned(),
        result: wildcards.result(recorded, &with_output(&ended)),
        history,
    }
}

/// What describes an execution, with its output as a value.
fn with_output(described: &Value) -> Value {
    let output = described["output"].as_str();
    let mut described = described.clone();
    described["output"] = output.map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    described
}

fn wait(client: Client, named: &Value) -> Value {
    let deadline = Instant::now() + Duration::from_secs(120);
    while Instant::now() < deadline {
        let found = ok(client.states("DescribeExecution", named));
        if found["status"] != "RUNNING" {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{named} did not end");
}

fn ok(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn roles(client: Client) {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for (name, service) in [("functions", "lambda"), ("workflows", "states")] {
        let trust = json!({ "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": format!("{service}.amazonaws.com") },
        } });
        let trust = encode(&trust.to_string());
        let created = client.iam(
            "CreateRole",
            &format!("&RoleName={name}&AssumeRolePolicyDocument={trust}"),
        );
        assert_eq!(created.status, 200, "{}", created.body);
    }
    let policy = encode(
        r#"{"Statement":{"Effect":"Allow","Action":["lambda:InvokeFunction","states:StartExecution"],"Resource":"*"}}"#,
    );
    let put = client.iam(
        "PutRolePolicy",
        &format!("&RoleName=workflows&PolicyName=p&PolicyDocument={policy}"),
    );
    assert_eq!(put.status, 200, "{}", put.body);
}

/// The functions' code, as base64.
fn zip(python: &Path) -> String {
    let script = format!("#!{} -S\n{}", python.display(), include_str!("function.py"));
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(
        "bootstrap",
        SimpleFileOptions::default().unix_permissions(0o755),
    )
    .unwrap();
    zip.write_all(script.as_bytes()).unwrap();
    STANDARD.encode(zip.finish().unwrap().into_inner())
}
