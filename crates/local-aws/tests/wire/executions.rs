//! Many executions at once, and executions in virtual time.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use txflow_local_aws::{LocalAws, Mocks, Time};

use crate::client::Client;
use crate::handler;
use crate::server::{PREFIX, Server, options};

fn invoke(function: &str) -> Value {
    json!({ "StartAt": "Call", "States": { "Call": { "Type": "Task", "Resource": function, "End": true } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_executions_ends_and_none_is_lost() {
    const COUNT: usize = 300;
    let server = Server::start().await;
    let machine = server.state_machine("burst", &invoke(server.echo()));
    let started: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|thread| {
                let (server, machine) = (&server, &machine);
                scope.spawn(move || {
                    (0..COUNT / 6)
                        .map(|index| {
                            let started = server.start_execution(
                                machine,
                                &json!({ "thread": thread, "index": index }),
                            );
                            started.json()["executionArn"].as_str().unwrap().to_owned()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut outputs = BTreeSet::new();
    for execution in &started {
        let ended = server.ended(execution);
        assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
        assert_eq!(ended["output"], ended["input"]);
        outputs.insert(ended["output"].as_str().unwrap().to_owned());
    }
    assert_eq!(outputs.len(), COUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn virtual_time_skips_waits_and_retries_and_counts_them() {
    let mut mocks = Mocks::default();
    let busy = txflow_local_aws::MockedResponse::Throw {
        error: "Busy".into(),
        cause: "later".into(),
    };
    mocks.add(
        "patient",
        "Busy",
        "Call",
        txflow_local_aws::MockedResponses::exactly(vec![
            busy.clone(),
            busy,
            txflow_local_aws::MockedResponse::Return(json!(1)),
        ]),
    );
    let server = Server::with(Time::Virtual, mocks).await;
    let definition = json!({ "StartAt": "Wait", "States": {
        "Wait": { "Type": "Wait", "Seconds": 86_400, "Next": "Call" },
        "Call": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:none", "End": true,
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 600, "BackoffRate": 2, "MaxAttempts": 2 }],
        },
    } });
    let machine = server.state_machine("patient", &definition);
    let ended = server.run(&format!("{machine}#Busy"), &json!({}));
    assert_eq!(ended["output"], "1", "{ended}");
    let took = ended["stopDate"].as_f64().unwrap() - ended["startDate"].as_f64().unwrap();
    // A day, ten minutes, twenty minutes, and the short time that it really took.
    assert!((88_200.0..88_260.0).contains(&took), "{took}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deployed_is_there_for_the_next_server() {
    let server = Server::start().await;
    let machine = server.state_machine("kept", &invoke(server.echo()));
    let before = server.run(&machine, &json!({ "a": 1 }));
    let (aws, directory) = (server.aws, server.directory);
    aws.shutdown().await.unwrap();
    let again = LocalAws::start(options(&directory).await).await.unwrap();
    let client = Client::new(again.address());
    let found = client
        .states(
            "DescribeExecution",
            &json!({ "executionArn": before["executionArn"] }),
        )
        .json();
    assert_eq!(found, before);
    let listed = client.states(
        "ListExecutions",
        &json!({ "stateMachineArn": format!("{PREFIX}:stateMachine:kept") }),
    );
    assert_eq!(listed.json()["executions"].as_array().unwrap().len(), 1);
    let server = Server {
        client,
        aws: again,
        directory,
    };
    assert_eq!(
        server.run(&machine, &json!({ "b": 2 }))["output"],
        "{\"b\":2}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_nothing_uses_goes_with_the_next_start() {
    let server = Server::start().await;
    server.run(
        &server.state_machine("m", &invoke(server.echo())),
        &json!({}),
    );
    let Server { aws, directory, .. } = server;
    let kept = |folder: &str| {
        std::fs::read_dir(directory.path().join(folder))
            .unwrap()
            .count()
    };
    assert_eq!((kept("blobs"), kept("unpacked")), (1, 1));
    aws.shutdown().await.unwrap();
    let again = LocalAws::start(options(&directory).await).await.unwrap();
    assert_eq!((kept("blobs"), kept("unpacked")), (1, 1));
    again.shutdown().await.unwrap();
    // As a server leaves it that is killed.
    for left in [
        "blobs/1.part",
        "blobs/2.zip",
        "unpacked/3.part",
        "unpacked/4",
    ] {
        std::fs::write(directory.path().join(left), "").unwrap();
    }
    let _last = LocalAws::start(options(&directory).await).await.unwrap();
    assert_eq!((kept("blobs"), kept("unpacked")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_does_not_go_on_with_the_end_of_the_server() {
    const COUNT: usize = 16;
    let server = Server::start().await;
    let called = server.directory.path().join("called");
    let script = format!("next\necho >> '{}'\nexec sleep 1000\n", called.display());
    server.function("hang", &handler::zip_of(&script), &json!({}));
    let machine = server.state_machine(
        "caught",
        &json!({ "StartAt": "Call", "States": {
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:lambda:us-east-1:000000000000:function:hang",
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }],
                "End": true
            },
            "Caught": { "Type": "Pass", "End": true }
        } }),
    );
    // Many, since each of them may be in time to go on or not.
    let started: Vec<Value> = (0..COUNT)
        .map(|_| server.start_execution(&machine, &json!({})).json())
        .collect();
    while std::fs::read(&called).unwrap_or_default().len() < COUNT {
        tokio::task::yield_now().await;
    }
    let (aws, directory) = (server.aws, server.directory);
    aws.shutdown().await.unwrap();
    let again = LocalAws::start(options(&directory).await).await.unwrap();
    for started in started {
        let input = json!({ "executionArn": started["executionArn"] });
        let ended = Client::new(again.address()).states("DescribeExecution", &input);
        assert_eq!(ended.json()["status"], "ABORTED", "{}", ended.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_expression_blocks_nothing_else() {
    let server = Server::start().await;
    let bomb = "{% ($f := function() { $f() }; $f()) %}";
    let machine = server.state_machine(
        "bomb",
        &json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": { "S": { "Type": "Pass", "Output": bomb, "End": true } } }),
    );
    // More than there are threads for requests.
    let started: Vec<String> = (0..32)
        .map(|index| {
            let started = server.start_execution(&machine, &json!({ "index": index }));
            started.json()["executionArn"].as_str().unwrap().to_owned()
        })
        .collect();
    for execution in started.iter().rev() {
        let stopped = server
            .client
            .states("StopExecution", &json!({ "executionArn": execution }));
        assert_eq!(stopped.status, 200, "{}", stopped.body);
    }
    // Stopped as soon as it had started; its evaluation would have failed by itself after three seconds.
    let last = started.last().unwrap();
    assert_eq!(server.ended(last)["status"], "ABORTED");
}
