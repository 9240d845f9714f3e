//! How long a Distributed Map over many JSON lines takes, and how much memory the server needs for it at most.
//!
//! `cargo bench --workspace --bench distributed_map` prints a row for each type of child, in a process of its own, for
//! 100,000 lines, or as many as an argument says. It fails if an execution fails. What it measures is the server on
//! disk; the client only starts it and waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "../../test-support/src/load.rs"]
#[allow(dead_code)]
mod load;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use load::{Connection, Failure, Load};
use serde_json::{Value, json};
use txflow_local_aws::{LocalAws, Options, Weather};

/// The number of lines, unless an argument gives it.
const LINES: usize = 100_000;
const REGION: &str = "us-east-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/mapping";
const TRUST: &str = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"states.amazonaws.com"}}}"#;
const POLICY: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
/// The type of the children that a process measures.
const CHILDREN: &str = "DISTRIBUTED_MAP_CHILDREN";
/// Their number.
const COUNT: &str = "DISTRIBUTED_MAP_LINES";

fn main() -> Result<(), Failure> {
    if let Ok(children) = std::env::var(CHILDREN) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let lines = std::env::var(COUNT)?.parse()?;
        return runtime.block_on(measure(&children, lines));
    }
    let mut arguments = std::env::args().skip(1);
    let lines = arguments.find_map(|argument| argument.parse().ok());
    let lines: usize = lines.unwrap_or(LINES);
    println!(
        "{:<44} {:>10} {:>10}",
        format!("a Distributed Map over {lines} JSON lines"),
        "seconds",
        "peak MB"
    );
    for children in ["EXPRESS", "STANDARD"] {
        // The peak of a process is of all that it did.
        let status = Command::new(std::env::current_exe()?)
            .env(CHILDREN, children)
            .env(COUNT, lines.to_string())
            .status()?;
        if !status.success() {
            return Err(format!("{children}: {status}").into());
        }
    }
    Ok(())
}

async fn measure(children: &str, lines: usize) -> Result<(), Failure> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("map-{children}"));
    let _ = std::fs::remove_dir_all(&folder);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut options = Options::new(folder, listener);
    options.behavior.weather = Weather::constant(Duration::ZERO);
    let aws = LocalAws::start(options).await?;
    let (url, kind) = (aws.endpoint_url(), children.to_owned());
    let took = tokio::task::spawn_blocking(move || map(&url, &kind, lines)).await??;
    aws.shutdown().await?;
    println!(
        "{children:<44} {:>10.1} {:>10}",
        took.as_secs_f64(),
        peak()?
    );
    Ok(())
}

/// From the start of the execution to its end.
fn map(url: &str, children: &str, lines: usize) -> Result<Duration, Failure> {
    let address = url.trim_start_matches("http://");
    let connection = |service| Connection::new(address, service, REGION);
    for body in role() {
        connection("iam").post("Content-Type: application/x-www-form-urlencoded\r\n", &body)?;
    }
    connection("s3").send("PUT /items", "", "")?;
    connection("s3").send("PUT /items/lines.jsonl", "", &text(lines))?;
    let mut states = connection("states");
    let began = Instant::now();
    let machine = loop {
        // The new role cannot be assumed at once.
        match states.call("AWSStepFunctions.CreateStateMachine", &machine(children)) {
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
    Ok(load.one_by_one(1, 1)?.all)
}

fn text(count: usize) -> String {
    let mut lines = String::new();
    for number in 0..count {
        // Writing to a string does not fail.
        let _ = writeln!(
            lines,
            r#"{{"id":{number},"name":"item number {number}","price":{}.99,"tags":["a","b"]}}"#,
            number % 100
        );
    }
    lines
}

fn machine(children: &str) -> Value {
    let definition = json!({ "StartAt": "Map", "States": { "Map": {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": { "InputType": "JSONL" },
            "Parameters": { "Bucket": "items", "Key": "lines.jsonl" },
        },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": children },
            "StartAt": "Price",
            "States": { "Price": {
                "Type": "Pass", "Parameters": { "price.$": "$.price", "id.$": "$.id" }, "End": true,
            } },
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": { "Bucket": "items", "Prefix": "results" },
        },
        "End": true,
    } } });
    json!({ "name": "mapping", "definition": definition.to_string(), "roleArn": ROLE })
}

/// The bodies of the calls that make the role.
fn role() -> [String; 2] {
    let form = |parameters: &[(&str, &str)]| {
        form_urlencoded::Serializer::new("Version=2010-05-08&".to_owned())
            .extend_pairs(parameters)
            .finish()
    };
    [
        form(&[
            ("Action", "CreateRole"),
            ("RoleName", "mapping"),
            ("AssumeRolePolicyDocument", TRUST),
        ]),
        form(&[
            ("Action", "PutRolePolicy"),
            ("RoleName", "mapping"),
            ("PolicyName", "all"),
            ("PolicyDocument", POLICY),
        ]),
    ]
}

/// The most memory that this process has held, in MB.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("no VmHWM")?.parse::<u64>()? / 1024)
}
