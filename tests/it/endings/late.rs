//! Credentials that never come.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::support::project::Project;

/// A server that gives a byte a second and never ends.
async fn dripping() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{";
                let mut sent = stream.write_all(head).await;
                while sent.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    sent = stream.write_all(b" ").await;
                }
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn credentials_that_drip_are_given_up() {
    let project = Project::transactions().write();
    let server = dripping().await;
    let began = Instant::now();
    // The one is the metadata service of a machine, the other that of a container.
    let machine = project
        .alone(&["status"])
        .env("AWS_EC2_METADATA_DISABLED", "false")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server)
        .run();
    let container = project
        .alone(&["status"])
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{server}/"))
        .run();
    let (machine, container) = tokio::join!(machine, container);
    for outcome in [machine, container] {
        // What gives up first is the client or txflow.
        outcome
            .exits_with(1)
            .says("error: GetCallerIdentity failed: ")
            .says("hint: ");
    }
    // Half a minute, and what a busy machine adds.
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
}
