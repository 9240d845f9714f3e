//! `txflow local`: served, shared, interrupted, killed.

use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{deployed, revision};
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};

#[tokio::test]
async fn it_says_what_to_export_and_ends_with_ctrl_c() {
    let project = Project::transactions().write();
    let mut server = LocalServer::start(project.path(), &[]).await;
    let endpoint = format!("export AWS_ENDPOINT_URL={}", server.url);
    assert_eq!(server.next_line().await, endpoint);
    let region = "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1";
    assert_eq!(server.next_line().await, region);
    let keys = "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local";
    assert_eq!(server.next_line().await, keys);
    let prefix = "export AWS_DISABLE_HOST_PREFIX_INJECTION=true";
    assert_eq!(server.next_line().await, prefix);

    // Also on its very port, which another would not help.
    let port = server.url.rsplit(':').next().expect("a port").to_owned();
    for port in ["0", &port] {
        let second = project.alone(&["local", "--port", port]).run().await;
        let second = second
            .exits_with(1)
            .stderr
            .replace(&server.url, "[its endpoint]");
        assert_shown!("second_server", second);
    }

    // It was to serve until then, so that is no failure.
    assert_eq!(server.signal(Signal::INT).await.code(), Some(0));
    LocalServer::start(project.path(), &[]).await;
}

#[tokio::test]
async fn a_bad_day_tells_how_to_repeat_it() {
    let project = Project::transactions().write();
    let drawn = told(&project, &["--realistic"]).await;
    let seed = drawn
        .trim_start()
        .strip_prefix("Note AWS has a bad day; `--weather ")
        .and_then(|rest| rest.strip_suffix("` repeats it"))
        .unwrap_or_else(|| panic!("{drawn}"));
    assert_eq!(told(&project, &["--weather", seed]).await, drawn);
    let wrong = project.alone(&["local", "--weather", "7"]).run().await;
    wrong
        .exits_with(2)
        .says("it must be `seed=` and a number, such as `seed=7`");
}

#[tokio::test]
async fn a_seed_fails_the_same_calls_on_each_server() {
    let (one, again, other) = tokio::join!(failing("seed=7"), failing("seed=7"), failing("seed=8"));
    assert!(!one.is_empty());
    assert_eq!(one, again);
    assert_ne!(one, other);
}

/// Which of many calls fail on a server of its own, and how: by 5xx answers and by connections that break.
async fn failing(weather: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let server = LocalServer::start(folder.path(), &["--weather", weather]).await;
    // Few at once, so that none is throttled.
    let functions = (0..5).map(async |function| {
        let mut failed = Vec::new();
        for call in 0..60 {
            let head = format!("GET /2015-03-31/functions/f{function} HTTP/1.1");
            let answer = answer(&server.url, ("lambda", &head)).await;
            let status = answer.split(' ').nth(1).unwrap_or("cut");
            if status != "404" {
                failed.push(format!("call {call} of f{function}: {status}"));
            }
        }
        failed
    });
    futures_util::future::join_all(functions).await.concat()
}

/// What a server says about its weather.
async fn told(project: &Project, arguments: &[&str]) -> String {
    let mut server = LocalServer::start(project.path(), arguments).await;
    assert_eq!(server.signal(Signal::INT).await.code(), Some(0));
    let said = server.calls();
    let mut about = said.iter().filter(|line| line.contains("bad day"));
    about.next().unwrap_or_else(|| panic!("{said:#?}")).clone()
}

#[tokio::test]
async fn other_commands_use_the_server_that_runs() {
    let project = Project::transactions().write();
    let mut server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    assert_eq!(revision(&project, "dev", "PURCHASE").await, 1);
    for request in [
        // As a client of a service that is not here.
        (
            "kinesis",
            "POST / HTTP/1.1\r\nX-Amz-Target: Kinesis_20131202.PutRecord",
        ),
        ("apigateway", "GET /restapis HTTP/1.1"),
    ] {
        let answer = answer(&server.url, request).await;
        assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
    }
    assert_eq!(server.signal(Signal::INT).await.code(), Some(0));
    let calls = server.calls();
    for call in [
        "lambda:CreateFunction 201",
        "states:StartExecution 200",
        "kinesis:PutRecord 501 ",
        "apigateway:GET /restapis 501 ",
    ] {
        let logged = calls.iter().any(|line| line.starts_with(call));
        assert!(logged, "{call} is missing in {calls:#?}");
    }
    // What they made is the project's own.
    assert_eq!(revision(&project, "dev", "PURCHASE").await, 1);
}

#[tokio::test]
async fn its_log_has_a_line_an_execution_and_its_address_says_what_is_deployed() {
    let project = Project::transactions().write();
    let mut server = LocalServer::start_quietly(project.path()).await;
    let index = opened(&server.url).await;
    assert!(index.contains("Nothing is deployed."), "{index}");
    deployed(&project, "dev").await;
    assert_shown!("index", opened(&server.url).await);
    for arguments in [
        &["--name", "first", "--wait"][..],
        &["--name", "second", "--wait"],
    ] {
        let start = ["start", "--local", "--input", r#"{"type":"PURCHASE"}"#];
        let start = project.alone(&[&start, arguments].concat()).run().await;
        start.succeeded();
    }
    assert_eq!(server.signal(Signal::INT).await.code(), Some(0));
    assert_shown!("quiet_log", server.calls().join("\n"));
}

/// What a person gets who opens an address.
async fn opened(url: &str) -> String {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("it takes the request");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer).await;
    read.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    body.replace(host, "[its address]")
}

#[tokio::test]
async fn a_kill_aborts_what_ran_and_loses_nothing_that_had_ended() {
    let mut purchase = task("purchase-handler");
    purchase["End"] = json!(false);
    purchase["Next"] = json!("Hold");
    let definition = json!({ "StartAt": "Purchase", "States": {
        "Purchase": purchase,
        "Hold": { "Type": "Wait", "SecondsPath": "$.event.hold", "End": true }
    } });
    let project = Project::new("held")
        .handler("purchase-handler")
        .definition(definition)
        .settings("[tests.SHORT]\ninput = { hold = 0 }\n")
        .write();
    let mut server = LocalServer::start(project.path(), &[]).await;
    let live = deployed(&project, "dev").await;
    let arn = live["alias_arn"].as_str().expect("an ARN");
    let account = Account::at(&server.url).await;
    let ended = start(&account, arn, 0).await;
    while status(&account, &ended).await != ExecutionStatus::Succeeded {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut running = Vec::new();
    for _ in 0..5 {
        running.push(start(&account, arn, 3600).await);
    }
    // One waits already; where the others are is left to chance.
    while !entered(&account, &running[0], "Hold").await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.signal(Signal::KILL).await;

    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    assert_eq!(status(&account, &ended).await, ExecutionStatus::Succeeded);
    for execution in &running {
        let describe = account.states.describe_execution().execution_arn(execution);
        let found = describe.send().await.expect("DescribeExecution");
        assert_eq!(*found.status(), ExecutionStatus::Aborted);
        assert!(found.cause().unwrap_or_default().contains("was stopped"));
    }
    let test = project.alone(&["test", "--local"]).run().await;
    test.succeeded();
}

/// Makes a call of a service, and gives the answer.
async fn answer(url: &str, (service, head): (&str, &str)) -> String {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let request = format!(
        "{head}\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=k/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n"
    );
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("it takes the request");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

async fn start(account: &Account, state_machine: &str, hold: u32) -> String {
    let start = account.states.start_execution();
    let start = start.state_machine_arn(state_machine);
    let start = start.input(json!({ "hold": hold }).to_string());
    let started = start.send().await.expect("StartExecution");
    started.execution_arn
}

async fn status(account: &Account, execution: &str) -> ExecutionStatus {
    let describe = account.states.describe_execution().execution_arn(execution);
    describe.send().await.expect("DescribeExecution").status
}

async fn entered(account: &Account, execution: &str, state: &str) -> bool {
    let history = account.states.get_execution_history();
    let history = history.execution_arn(execution).send().await;
    let history = history.expect("GetExecutionHistory");
    history.events().iter().any(|event| {
        let entered = event.state_entered_event_details();
        entered.is_some_and(|entered| entered.name() == state)
    })
}
