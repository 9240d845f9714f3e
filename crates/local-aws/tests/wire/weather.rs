//! Bad weather on a socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;
use txflow_local_aws::{Failures, LocalAws};

use crate::client::Client;
use crate::handler::zip_of;
use crate::server::{Directory, Server, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_is_closed_without_an_answer() {
    let directory = Directory::new();
    let mut options = options(&directory).await;
    options.behavior.weather.failures = Failures {
        cut_before: 1.0,
        ..Failures::default()
    };
    let aws = LocalAws::start(options).await.unwrap();
    let address = aws.address();
    let mut stream = TcpStream::connect(address).unwrap();
    let scope = Client::new(address).scope("states");
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n\
         Authorization: {scope}\r\nContent-Length: 2\r\n\r\n{{}}"
    )
    .unwrap();
    let mut answer = Vec::new();
    // The connection is reset or ends; either way nothing has come.
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(String::from_utf8_lossy(&answer), "");
}

/// Whoever deploys waits for a change that is in progress, and nothing is in calm weather.
#[tokio::test(flavor = "multi_thread")]
async fn in_calm_weather_a_change_is_over_once_it_is_answered() {
    let server = Server::start().await;
    server.echo();
    let path = "/2015-03-31/functions/echo/code";
    for round in 0..10 {
        let zip = zip_of(&format!("# {round}\n"));
        let zip = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, zip);
        let code = json!({ "ZipFile": zip });
        let updated = server.client.lambda("PUT", path, &code).json();
        assert_eq!(updated["LastUpdateStatus"], "Successful", "{updated}");
    }
}
