//! Services that are elsewhere.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;

use serde_json::json;

use crate::server::Server;

/// An emulator that answers one request after the other with the same, and tells what it was sent.
fn emulator(status: &'static str, body: &'static str) -> (String, mpsc::Receiver<String>) {
    emulator_of(status, vec![body])
}

/// One that gives these answers in order, and the last of them for ever.
fn emulator_of(
    status: &'static str,
    bodies: Vec<&'static str>,
) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let body = bodies[number.min(bodies.len() - 1)];
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
    assert_eq!(ended["error"], "Glue.EntityNotFoundException", "{ended}");
    assert!(ended["cause"].as_str().unwrap().contains("none"), "{ended}");
}

/// The shapes of the results are those of definitions that run on AWS: `$.JobRunState` behind `glue:startJobRun.sync`.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_an_upstream_is_waited_for() {
    for (state, status) in [("SUCCEEDED", "SUCCEEDED"), ("TIMEOUT", "FAILED")] {
        let ended = match state {
            "SUCCEEDED" => {
                "{\"JobRun\": {\"Id\": \"r\", \"JobRunState\": \"SUCCEEDED\", \"StartedOn\": 1.5}}"
            }
            _ => "{\"JobRun\": {\"Id\": \"r\", \"JobRunState\": \"TIMEOUT\", \"StartedOn\": 1.5}}",
        };
        let running = "{\"JobRun\": {\"JobRunState\": \"RUNNING\"}}";
        let answers = vec!["{\"JobRunId\": \"r\"}", running, ended];
        let (url, told) = emulator_of("200 OK", answers);
        let server = server("glue", &url).await;
        let mut job = task("arn:aws:states:::glue:startJobRun.sync");
        job["States"]["Call"]["Parameters"] = json!({ "JobName": "nightly" });
        let machine = server.state_machine("m", &job);
        allow(&server, "*");
        let execution = server.start_execution(&machine, &json!({})).json();
        let execution = execution["executionArn"].as_str().unwrap();
        let done = server.ended(execution);
        assert_eq!(done["status"], status, "{done}");
        let member = if status == "FAILED" {
            "cause"
        } else {
            "output"
        };
        let result: serde_json::Value =
            serde_json::from_str(done[member].as_str().unwrap()).unwrap();
        let expected = json!({ "Id": "r", "JobRunState": state, "StartedOn": 1500 });
        assert_eq!(result, expected);
        let told: Vec<String> = told.try_iter().collect();
        let stops = told
            .iter()
            .any(|request| request.contains("BatchStopJobRun"));
        assert!(!stops, "{told:?}");
        assert!(
            told[1].ends_with("{\"JobName\":\"nightly\",\"RunId\":\"r\"}"),
            "{told:?}"
        );
        let history = server
            .client
            .states("GetExecutionHistory", &json!({ "executionArn": execution }));
        let history = history.json()["events"].to_string();
        assert!(history.contains("\"TaskSubmitted\""), "{history}");
    }
}

/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync>: Step Functions attempts to
/// cancel the task if the execution is stopped, or if another branch or iteration fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_stopped_with_the_task_that_waits_for_it() {
    for way in ["StopExecution", "branch", "timeout"] {
        let running = "{\"JobRun\": {\"JobRunState\": \"RUNNING\"}}";
        let (url, told) = emulator_of("200 OK", vec!["{\"JobRunId\": \"r\"}", running]);
        let server = server("glue", &url).await;
        let mut job = task("arn:aws:states:::glue:startJobRun.sync");
        job["States"]["Call"]["Parameters"] = json!({ "JobName": "nightly" });
        if way == "timeout" {
            job["States"]["Call"]["TimeoutSeconds"] = json!(1);
        }
        let failing = json!({ "StartAt": "Wait", "States": {
            "Wait": { "Type": "Wait", "Seconds": 1, "Next": "Fail" }, "Fail": { "Type": "Fail" },
        } });
        let definition = match way {
            "branch" => json!({ "StartAt": "Both", "States": { "Both": {
                "Type": "Parallel", "End": true, "Branches": [job, failing],
            } } }),
            _ => job,
        };
        let machine = server.state_machine("m", &definition);
        allow(&server, "*");
        let execution = server.start_execution(&machine, &json!({})).json();
        let execution = &execution["executionArn"];
        // Once it was asked after, the job is known to run.
        let mut told = told.iter();
        told.find(|request| request.contains("AWSGlue.GetJobRun"))
            .unwrap();
        if way == "StopExecution" {
            let stop = json!({ "executionArn": execution });
            assert_eq!(server.client.states("StopExecution", &stop).status, 200);
        }
        let stopped = told.find(|request| request.contains("AWSGlue.BatchStopJobRun"));
        let expected = "{\"JobName\":\"nightly\",\"JobRunIds\":[\"r\"]}";
        assert!(stopped.unwrap().ends_with(expected), "{way}");
        let ended = server.ended(execution.as_str().unwrap());
        let status = match way {
            "StopExecution" => "ABORTED",
            _ => "FAILED",
        };
        assert_eq!(ended["status"], status, "{ended}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_be_asked_after_is_not_started() {
    let (url, told) = emulator("200 OK", "{\"JobFlowId\": \"1\"}");
    let server = server("elasticmapreduce", &url).await;
    let mut job = task("arn:aws:states:::elasticmapreduce:createCluster.sync");
    job["States"]["Call"]["Parameters"] = json!({ "Name": "c", "Instances": {} });
    allow(&server, "*");
    let machine = server.state_machine("m", &job);
    let ended = server.run(&machine, &json!({}));
    assert_eq!(ended["error"], "States.Runtime", "{ended}");
    let cause = ended["cause"].as_str().unwrap();
    assert!(cause.contains("not for those of"), "{cause}");
    assert!(told.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_calls_an_upstream_in_its_own_protocol() {
    let identity = "<GetEmailIdentityResponse/>";
    for (service, resource, parameters, body, sent, output) in [
        (
            "ses",
            "aws-sdk:ses:verifyEmailIdentity",
            json!({ "EmailAddress": "a@b" }),
            identity,
            "Action=VerifyEmailIdentity&Version=2010-12-01&EmailAddress=a%40b",
            json!({}),
        ),
        (
            "bedrock",
            "bedrock:invokeModel",
            json!({ "ModelId": "m", "Body": { "a": 1 }, "ContentType": "application/json" }),
            "{\"b\":2}",
            "{\"a\":1}",
            json!({ "b": 2 }),
        ),
        (
            "s3",
            "aws-sdk:s3:deleteObjects",
            json!({ "Bucket": "b", "Delete": { "Objects": [{ "Key": "k" }] } }),
            "<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>",
            "<Delete><Object><Key>k</Key></Object></Delete>",
            json!([{ "Key": "k" }]),
        ),
    ] {
        let (url, told) = emulator("200 OK", body);
        let server = server(service, &url).await;
        let mut definition = task(&format!("arn:aws:states:::{resource}"));
        definition["States"]["Call"]["Parameters"] = parameters;
        let machine = server.state_machine("m", &definition);
        allow(&server, "*");
        let ended = server.run(&machine, &json!({}));
        assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
        let result: serde_json::Value =
            serde_json::from_str(ended["output"].as_str().unwrap()).unwrap();
        let found = match service {
            "bedrock" => result["Body"].clone(),
            "s3" => result["Deleted"].clone(),
            _ => result,
        };
        assert_eq!(found, output, "{resource}");
        let request = told.recv().unwrap();
        assert!(request.ends_with(sent), "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_distributed_map_reads_from_an_upstream_and_writes_to_it() {
    let (url, told) = emulator_of("200 OK", vec!["{\"n\":1}\n{\"n\":2}\n", ""]);
    let server = server("s3", &url).await;
    let machine = json!({ "StartAt": "M", "States": { "M": {
        "Type": "Map", "End": true,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": { "InputType": "JSONL" },
            "Parameters": { "Bucket": "b", "Key": "in/lines.jsonl" },
        },
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" },
            "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } },
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": { "Bucket": "b", "Prefix": "out" },
            "WriterConfig": { "Transformation": "COMPACT", "OutputType": "JSONL" },
        },
    } } });
    let machine = server.state_machine("m", &machine);
    allow(&server, "*");
    let ended = server.run(&machine, &json!({}));
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let told: Vec<String> = told.try_iter().collect();
    assert!(told[0].starts_with("GET /b/in/lines.jsonl"), "{told:?}");
    assert!(told[1].starts_with("PUT /b/out/"), "{told:?}");
    assert!(told[1].ends_with("{\"n\":1}\n{\"n\":2}\n"), "{told:?}");
    assert!(
        told.iter()
            .any(|request| request.contains("/manifest.json")),
        "{told:?}"
    );
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
