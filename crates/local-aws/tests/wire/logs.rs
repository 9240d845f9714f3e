//! What Lambda and its functions write to the log.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;

/// The events of the log of the function `echo`.
fn events(server: &Server) -> Vec<Value> {
    let group = json!({ "logGroupName": "/aws/lambda/echo" });
    let answer = server.client.logs("FilterLogEvents", &group).json();
    answer["events"].as_array().cloned().unwrap_or_default()
}

fn message(event: &Value) -> &str {
    event["message"].as_str().unwrap_or_default().trim_end()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_logged_between_its_start_and_its_end_while_it_runs() {
    let server = Server::start().await;
    let until = server.directory.path().join("until");
    let path = format!("/2015-03-31/functions/{}/invocations", server.echo());
    let client = server.client;
    let call = std::thread::spawn({
        let event = json!({ "until": until });
        move || client.lambda("POST", &path, &event)
    });
    // The function has not answered.
    let said = |event: &Value| message(event).starts_with("has {");
    while !events(&server).iter().any(said) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    std::fs::write(&until, "").unwrap();
    let answer = call.join().unwrap();
    let request_id = answer.header("x-amzn-requestid").unwrap();

    let events = events(&server);
    let place = |start: &str| {
        let mut all = events.iter();
        all.position(|event| message(event).starts_with(start))
            .unwrap_or_else(|| panic!("no {start}: {events:#?}"))
    };
    let places = [
        place("INIT_START "),
        place(&format!("START RequestId: {request_id} Version: $LATEST")),
        place("has {"),
        place(&format!("END RequestId: {request_id}")),
        place(&format!("REPORT RequestId: {request_id}\tDuration: ")),
    ];
    assert!(places.is_sorted(), "{events:#?}");
    let stream = &events[0]["logStreamName"];
    assert!(events.iter().all(|event| event["logStreamName"] == *stream));
}
