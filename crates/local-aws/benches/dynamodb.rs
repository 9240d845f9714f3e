//! How many items a second workflows put into a table of DynamoDB: one state, one item, an execution each.
//!
//! `TXFLOW_EMULATORS=… cargo bench -p txflow-local-aws --bench dynamodb` prints a table: the embedded AWS in memory,
//! without HTTP; the same on disk, over HTTP; and ministack in the same run, over HTTP as well. It fails where an execution
//! fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr
)]

// Not by their crate, which would bring AWS's SDK with it.
#[path = "../../test-support/src/emulators.rs"]
#[allow(dead_code)]
mod emulators;
#[path = "../../test-support/src/load.rs"]
#[allow(dead_code)]
mod load;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use emulators::Emulators;
use hyper::Request;
use load::{Connection, Failure, Load};
use serde_json::{Value, json};
use txflow_local_aws::{Behavior, InMemoryAws, LocalAws, Options, Weather};

const CONCURRENCY: usize = 20;
const COUNT: usize = 4000;
const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/putting";
const TRUST: &str = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"states.amazonaws.com"}}}"#;
const POLICY: &str =
    r#"{"Statement":{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"*"}}"#;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    println!(
        "{:<44} {:>12}",
        "executions that put an item, 20 at a time", "a second"
    );
    row(
        "the embedded AWS in memory, without HTTP",
        in_memory().await?,
    );
    let aws = on_disk().await?;
    let url = aws.endpoint_url();
    let local = tokio::task::spawn_blocking(move || over_http(&url)).await??;
    row("the embedded AWS on disk, over HTTP", local);
    aws.shutdown().await?;
    if let Some(emulators) = Emulators::find() {
        let ministack = emulators.ministack().await;
        let url = ministack.url();
        let measured = tokio::task::spawn_blocking(move || over_http(&url)).await??;
        row("ministack, in memory, over HTTP", measured);
    }
    Ok(())
}

fn row(name: &str, a_second: f64) {
    println!("{name:<44} {a_second:>12.0}");
}

fn table() -> Value {
    json!({
        "TableName": "items",
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

fn machine() -> Value {
    let item = json!({
        "id": { "S.$": "$$.Execution.Name" },
        "status": { "S": "NEW" },
        "total": { "N": "19.99" },
    });
    let definition = json!({ "StartAt": "Put", "States": { "Put": {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": { "TableName": "items", "Item": item },
        "End": true,
    } } });
    json!({ "name": "putting", "definition": definition.to_string(), "roleArn": ROLE })
}

/// The bodies of the calls that make the role.
fn role() -> [String; 2] {
    let form = |parameters: &[(&str, &str)]| {
        let all = parameters.iter().map(|(name, value)| {
            let value =
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("&{name}={value}")
        });
        format!("Version=2010-05-08{}", all.collect::<String>())
    };
    [
        form(&[
            ("Action", "CreateRole"),
            ("RoleName", "putting"),
            ("AssumeRolePolicyDocument", TRUST),
        ]),
        form(&[
            ("Action", "PutRolePolicy"),
            ("RoleName", "putting"),
            ("PolicyName", "put"),
            ("PolicyDocument", POLICY),
        ]),
    ]
}

fn over_http(url: &str) -> Result<f64, Failure> {
    let address = url.trim_start_matches("http://");
    let connection = |service| Connection::new(address, service, REGION);
    for body in role() {
        connection("iam").post("Content-Type: application/x-www-form-urlencoded\r\n", &body)?;
    }
    connection("dynamodb").call("DynamoDB_20120810.CreateTable", &table())?;
    let mut states = connection("states");
    let began = Instant::now();
    let machine = loop {
        // The new role cannot be assumed at once.
        match states.call("AWSStepFunctions.CreateStateMachine", &machine()) {
            Ok(created) => break created["stateMachineArn"].as_str().unwrap().to_owned(),
            Err(error) if began.elapsed() > Duration::from_secs(60) => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    let load = Load {
        address,
        region: REGION,
        state_machine_arn: &machine,
        input: "{}",
    };
    load.one_by_one(CONCURRENCY, CONCURRENCY)?;
    Ok(load.one_by_one(COUNT, CONCURRENCY)?.a_second())
}

async fn in_memory() -> Result<f64, Failure> {
    let behavior = Behavior {
        weather: Weather::constant(Duration::ZERO),
        ..Behavior::default()
    };
    let aws = InMemoryAws::start(behavior, Arc::new(|_: &_| Ok(json!({}))))?;
    let aws = Arc::new(Memory(aws));
    for body in role() {
        aws.post(
            "iam",
            "content-type",
            "application/x-www-form-urlencoded",
            body,
        )
        .await?;
    }
    aws.call("dynamodb", "DynamoDB_20120810.CreateTable", &table())
        .await?;
    let created = aws
        .call("states", "AWSStepFunctions.CreateStateMachine", &machine())
        .await?;
    let machine = created["stateMachineArn"].clone();
    let (began, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let clients = (0..CONCURRENCY).map(|_| {
        let (aws, next, machine) = (Arc::clone(&aws), Arc::clone(&next), machine.clone());
        tokio::spawn(async move {
            while next.fetch_add(1, Ordering::Relaxed) < COUNT {
                aws.execute(&machine).await?;
            }
            Ok::<_, Failure>(())
        })
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        client.await??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of executions")]
    let count = COUNT as f64;
    Ok(count / began.elapsed().as_secs_f64())
}

struct Memory(InMemoryAws);

impl Memory {
    async fn call(&self, service: &str, target: &str, input: &Value) -> Result<Value, Failure> {
        let answer = self
            .post(service, "x-amz-target", target, input.to_string())
            .await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    async fn post(
        &self,
        service: &str,
        header: &str,
        value: &str,
        body: String,
    ) -> Result<Vec<u8>, Failure> {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = Request::post(InMemoryAws::endpoint_url())
            .header("authorization", credential)
            .header(header, value)
            .body(body.into())?;
        let answer = self
            .0
            .call(request)
            .await
            .map_err(|_| "the connection was cut")?;
        if !answer.status().is_success() {
            return Err(String::from_utf8_lossy(answer.body()).into());
        }
        Ok(answer.body().to_vec())
    }

    /// Starts an execution, and asks until it has ended.
    async fn execute(&self, machine: &Value) -> Result<(), Failure> {
        let start = json!({ "stateMachineArn": machine, "input": "{}" });
        let started = self
            .call("states", "AWSStepFunctions.StartExecution", &start)
            .await?;
        let describe = json!({ "executionArn": started["executionArn"] });
        loop {
            let found = self
                .call("states", "AWSStepFunctions.DescribeExecution", &describe)
                .await?;
            match found["status"].as_str() {
                Some("SUCCEEDED") => return Ok(()),
                Some("RUNNING") => tokio::time::sleep(Duration::from_millis(1)).await,
                _ => return Err(format!("an execution did not succeed: {found}").into()),
            }
        }
    }
}

/// A server in an empty folder.
async fn on_disk() -> Result<LocalAws, Failure> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dynamodb");
    let _ = std::fs::remove_dir_all(&folder);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut options = Options::new(folder, listener);
    options.behavior.weather = Weather::constant(Duration::ZERO);
    Ok(LocalAws::start(options).await?)
}
