//! One server a data directory, found by whoever else comes.

use std::time::Duration;

use txflow_local_aws::{JoinedOrStarted, LocalAws, StartError};

use crate::client::Client;
use crate::server::{Directory, Server, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_is_refused_and_the_first_is_found() {
    let server = Server::start().await;
    let Err(error) = LocalAws::start(options(&server.directory).await).await else {
        panic!("two servers")
    };
    assert!(matches!(error, StartError::AlreadyRunning(_)), "{error}");
    let joined = LocalAws::find(server.directory.path()).unwrap();
    assert_eq!(joined.endpoint_url(), server.aws.endpoint_url());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_those_that_joined() {
    let server = Server::start().await;
    server.aws.until_unused().await;
    let joined = LocalAws::find(server.directory.path()).unwrap();
    assert!(
        tokio::time::timeout(Duration::from_millis(50), server.aws.until_unused())
            .await
            .is_err()
    );
    drop(joined);
    tokio::time::timeout(Duration::from_secs(10), server.aws.until_unused())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_of_a_killed_server_are_not_taken_for_one() {
    let directory = Directory::new();
    assert!(LocalAws::find(directory.path()).is_none());
    // Another program has the port by now.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::Write;
        while let Ok((mut stream, _)) = other.accept() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        }
    });
    std::fs::write(
        directory.path().join("endpoint"),
        format!("{address}\nsome-instance\n"),
    )
    .unwrap();
    assert!(LocalAws::find(directory.path()).is_none());
    let started = LocalAws::join_or_start(options(&directory).await)
        .await
        .unwrap();
    let JoinedOrStarted::Started(aws) = started else {
        panic!("joined another program")
    };
    assert_eq!(
        LocalAws::find(directory.path()).unwrap().endpoint_url(),
        aws.endpoint_url()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_come_at_once_one_starts_and_the_others_join() {
    let directory = Directory::new();
    let mut coming = tokio::task::JoinSet::new();
    for _ in 0..8 {
        coming.spawn(LocalAws::join_or_start(options(&directory).await));
    }
    let came: Vec<_> = coming
        .join_all()
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let started = came
        .iter()
        .filter(|came| matches!(came, JoinedOrStarted::Started(_)))
        .count();
    assert_eq!(started, 1);
    let urls: std::collections::BTreeSet<_> = came
        .iter()
        .map(|came| match came {
            JoinedOrStarted::Started(aws) => aws.endpoint_url(),
            JoinedOrStarted::Joined(joined) => joined.endpoint_url(),
        })
        .collect();
    assert_eq!(urls.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shut_down_server_leaves_its_directory_to_the_next() {
    let server = Server::start().await;
    let (aws, directory, client) = (server.aws, server.directory, server.client);
    let address = aws.address();
    aws.shutdown().await;
    assert!(LocalAws::find(directory.path()).is_none());
    assert!(std::net::TcpStream::connect(address).is_err());
    let next = LocalAws::start(options(&directory).await).await.unwrap();
    assert_ne!(Client::new(next.address()).iam("ListRoles", "").status, 500);
    let _ = client;
}
