//! Services that are elsewhere.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;

use serde_json::json;

use crate::server::Server;

/// An emulator that answers one request after the other with the same, and tells what it was sent.
fn emulator(status: &'static str, body: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut request, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if let Some((name, value)) = line.split_once(": ")
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
                request += &line;
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut content = vec![0; length];
            stream.read_exact(&mut content).unwrap();
            request += &String::from_utf8(content).unwrap();
            let size = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nX-Of: upstream\r\nContent-Length: {size}\r\n\r\n{body}"
            );
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    (url, told)
}

async fn server(service: &str, url: &str) -> Server {
    let server = Server::start().await;
    let urls = BTreeMap::from([(service.to_owned(), url.to_owned())]);
    server.aws.add_upstreams(urls);
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_on_as_it_is() {
    let (url, told) = emulator("418 I'm a teapot", "{\"of\": \"upstream\"}");
    let server = server("bedrock", &url).await;
    let authorization = server.client.scope("bedrock");
    let headers = [("Authorization", authorization.as_str()), ("X-Own", "1")];
    let answer = server
        .client
        .send("POST", "/model/a%3Ab/invoke?x=1", &headers, "{\"in\": 1}");
    assert_eq!(answer.status, 418);
    assert_eq!(answer.header("x-of"), Some("upstream"));
    assert_eq!(answer.json(), json!({ "of": "upstream" }));
    let request = told.recv().unwrap();
    assert!(
        request.starts_with("POST /model/a%3Ab/invoke?x=1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains(&authorization), "{request}");
    assert!(request.to_lowercase().contains("x-own: 1"), "{request}");
    let host = format!("host: {}", server.aws.address());
    assert!(request.to_lowercase().contains(&host), "{request}");
    assert!(request.ends_with("{\"in\": 1}"), "{request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_does_not_answer_is_named() {
    // Nobody listens there any more.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let server = server("bedrock", &url).await;
    let authorization = server.client.scope("bedrock");
    let headers = [("Authorization", authorization.as_str())];
    let answer = server.client.send("GET", "/models", &headers, "");
    assert_eq!(answer.status, 501);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    let expected = format!("The upstream {url} of `bedrock` cannot be reached: ");
    assert!(message.starts_with(&expected), "{message}");
}

fn task(resource: &str) -> serde_json::Value {
    json!({ "StartAt": "Call", "States": { "Call": {
        "Type": "Task", "Resource": resource, "Parameters": { "Name": "db" }, "End": true
    } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_calls_an_upstream_in_aws_json() {
    let (url, told) = emulator("200 OK", "{\"Database\": {\"Name\": \"db\"}}");
    let server = server("glue", &url).await;
    let machine = server.state_machine("m", &task("arn:aws:states:::aws-sdk:glue:getDatabase"));
    allow(&server, "glue:GetDatabase");
    let ended = server.run(&machine, &json!({}));
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    assert_eq!(ended["output"], "{\"Database\":{\"Name\":\"db\"}}");
    let request = told.recv().unwrap();
    let target = "x-amz-target: awsglue.getdatabase";
    assert!(request.to_lowercase().contains(target), "{request}");
    assert!(request.ends_with("{\"Name\":\"db\"}"), "{request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_of_an_upstream_is_that_of_the_task() {
    let refusal = "{\"__type\": \"com.amazonaws#EntityNotFoundException\", \"message\": \"none\"}";
    let (url, _told) = emulator("400 Bad Request", refusal);
    let server = server("glue", &url).await;
    let machine = server.state_machine("m", &task("arn:aws:states:::aws-sdk:glue:getDatabase"));
    allow(&server, "glue:GetDatabase");
    let ended = server.run(&machine, &json!({}));
    assert_eq!(ended["status"], "FAILED", "{ended}");
    assert!(ended["cause"].as_str().unwrap().contains("none"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_an_upstream_is_not_taken_for_done() {
    let (url, _told) = emulator("200 OK", "{\"JobRunId\": \"1\"}");
    let server = server("glue", &url).await;
    let mut job = task("arn:aws:states:::glue:startJobRun.sync");
    job["States"]["Call"]["Parameters"] = json!({ "JobName": "nightly" });
    let machine = server.state_machine("m", &job);
    allow(&server, "glue:*");
    let ended = server.run(&machine, &json!({}));
    assert_eq!(ended["error"], "States.Runtime", "{ended}");
    let cause = ended["cause"].as_str().unwrap();
    assert!(cause.contains("does not wait for the jobs"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_of_them_the_three_ways_are_told() {
    let server = Server::start().await;
    let machine = server.state_machine("m", &task("arn:aws:states:::aws-sdk:glue:getDatabase"));
    allow(&server, "glue:GetDatabase");
    let ended = server.run(&machine, &json!({}));
    assert_eq!(ended["error"], "States.Runtime", "{ended}");
    let cause = ended["cause"].as_str().unwrap();
    for way in [
        "Mock the state `Call`",
        "send the calls of `glue` to another emulator with `upstream` in `[local]`",
        "run it in a real account",
    ] {
        assert!(cause.contains(way), "{cause}");
    }
}

/// Lets state machines do more.
fn allow(server: &Server, action: &str) {
    crate::server::role(server.client, "workflows", "states.amazonaws.com");
    let policy = json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } });
    let policy = policy.to_string();
    let policy: String = form_urlencoded::byte_serialize(policy.as_bytes()).collect();
    let put = server.client.iam(
        "PutRolePolicy",
        &format!("&RoleName=workflows&PolicyName=more&PolicyDocument={policy}"),
    );
    assert_eq!(put.status, 200, "{}", put.body);
}
