//! One server for each data directory, which other processes find.

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use txflow_local_aws::{
    Direct, DirectError, HANDED_OVER_HEADER, JoinedOrStarted, LocalAws, Options, StartError,
};

use crate::client::Client;
use crate::handler;
use crate::server::{Directory, Server, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_is_refused_and_the_first_is_found() {
    let server = Server::start().await;
    let Err(error) = LocalAws::start(options(&server.directory).await).await else {
        panic!("two servers")
    };
    assert!(matches!(error, StartError::AlreadyRunning(_)), "{error}");
    let joined = LocalAws::find(server.directory.path()).unwrap().unwrap();
    assert_eq!(joined.endpoint_url(), server.aws.endpoint_url());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_those_that_joined() {
    let server = Server::start().await;
    server.aws.until_unused().await;
    let joined = LocalAws::find(server.directory.path()).unwrap().unwrap();
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
async fn the_endpoint_file_of_a_killed_server_is_not_followed() {
    let directory = Directory::new();
    assert!(LocalAws::find(directory.path()).unwrap().is_none());
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
        format!("{address}\nsome-instance\nsome-token\n"),
    )
    .unwrap();
    assert!(LocalAws::find(directory.path()).unwrap().is_none());
    let started = LocalAws::join_or_start(options(&directory).await)
        .await
        .unwrap();
    let JoinedOrStarted::Started(aws) = started else {
        panic!("joined another program")
    };
    assert_eq!(
        LocalAws::find(directory.path())
            .unwrap()
            .unwrap()
            .endpoint_url(),
        aws.endpoint_url()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_concurrent_processes_one_starts_and_the_others_join() {
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
    aws.shutdown().await.unwrap();
    assert!(LocalAws::find(directory.path()).unwrap().is_none());
    assert!(std::net::TcpStream::connect(address).is_err());
    let next = LocalAws::start(options(&directory).await).await.unwrap();
    assert_ne!(Client::new(next.address()).iam("ListRoles", "").status, 500);
    let _ = client;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_file_that_leads_elsewhere_is_refused_by_name() {
    let directory = Directory::new();
    let path = directory.path().join("endpoint");
    for elsewhere in [
        "203.0.113.5:4566",
        "0.0.0.0:4566",
        "10.0.0.1:80",
        "[2001:db8::1]:4566",
        "[::ffff:203.0.113.5]:4566",
        "localhost:4566",
        "evil.example:4566",
        "127.0.0.1.evil.example:4566",
        "http://203.0.113.5:4566",
    ] {
        std::fs::write(&path, format!("{elsewhere}\ninstance\ntoken\n")).unwrap();
        let found = LocalAws::find(directory.path()).unwrap_err().to_string();
        assert!(found.contains(&path.display().to_string()), "{found}");
        assert!(found.contains(&format!("`{elsewhere}`")), "{found}");
        // It is not mistaken for the endpoint file of a killed server.
        let started = LocalAws::join_or_start(options(&directory).await).await;
        let Err(StartError::Endpoint(error)) = started else {
            panic!("{elsewhere} was passed over")
        };
        assert_eq!(error.to_string(), found);
    }
    // A file that a power failure left empty, or that an older txflow wrote, names no server that could be joined.
    for nothing in ["", "127.0.0.1:1\n", "127.0.0.1:1\ninstance\n"] {
        std::fs::write(&path, nothing).unwrap();
        assert!(LocalAws::find(directory.path()).unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_all_addresses_is_joined_on_this_machine() {
    let directory = Directory::new();
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let aws = LocalAws::start(Options {
        listener,
        ..options(&directory).await
    })
    .await
    .unwrap();
    assert_eq!(aws.endpoint_url(), format!("http://127.0.0.1:{port}"));
    let joined = LocalAws::find(directory.path()).unwrap().unwrap();
    assert_eq!(joined.endpoint_url(), aws.endpoint_url());
}

/// An address of this machine that others can reach. Finding it sends nothing.
fn outer_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("203.0.113.5:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an address besides loopback"]
async fn a_server_on_another_address_is_reached_there_and_joined_on_this_machine() {
    let address = outer_address().expect("this machine has no address but loopback");
    let directory = Directory::new();
    let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
    let outer = listener.local_addr().unwrap();
    let aws = LocalAws::start(Options {
        listener,
        ..options(&directory).await
    })
    .await
    .unwrap();
    assert_eq!(aws.endpoint_url(), format!("http://{outer}"));
    assert_eq!(Client::new(outer).iam("ListRoles", "").status, 200);
    let joined = LocalAws::find(directory.path()).unwrap().unwrap();
    assert!(joined.endpoint_url().starts_with("http://127.0.0.1:"));
    let joined = joined.endpoint_url()["http://".len()..].parse().unwrap();
    assert_eq!(Client::new(joined).iam("ListRoles", "").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shares_a_server_calls_its_services() {
    let server = Server::start().await;
    let joined = LocalAws::find(server.directory.path()).unwrap().unwrap();
    let create = async |direct: Direct| {
        let input = json!({ "Name": "orders" });
        direct.call("events", "CreateEventBus", input).await
    };
    let account = ("123456789012", "eu-west-1");
    let made = create(joined.direct(account.0, account.1)).await.unwrap();
    let arn = json!({ "EventBusArn": "arn:aws:events:eu-west-1:123456789012:event-bus/orders" });
    assert_eq!(made, arn);
    let again = create(server.aws.direct(account.0, account.1)).await;
    let again = again.unwrap_err();
    assert_eq!(again.code(), Some("ResourceAlreadyExistsException"));
    let direct = joined.direct(account.0, account.1);
    let unknown = direct.call("kms", "ListKeys", json!({})).await;
    assert!(
        matches!(unknown, Err(DirectError::NotServed { .. })),
        "{unknown:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_was_handed_over_counts_instead_of_what_the_call_carries() {
    let server = Server::start().await;
    server.echo();
    let direct = server.aws.direct("000000000000", "us-east-1");
    let update = |hash: &str| {
        let headers = [
            ("Authorization", &*server.client.scope("lambda")),
            (HANDED_OVER_HEADER, hash),
        ];
        let path = "/2015-03-31/functions/echo/code";
        let body = json!({ "ZipFile": "" }).to_string();
        server.client.send("PUT", path, &headers, &body)
    };
    let unknown = update(&"0".repeat(64));
    assert_eq!(unknown.status, 400, "{}", unknown.body);
    let Err(DirectError::Refused { message, .. }) = direct.hand_over("no zip".into()).await else {
        panic!("took what is not a zip");
    };
    assert!(message.contains("Could not unzip"), "{message}");
    let too_large = handler::stored(&"#".repeat(251 << 20));
    let Err(DirectError::Refused { message, .. }) = direct.hand_over(too_large.into()).await else {
        panic!("took what Lambda does not run");
    };
    assert!(message.contains("Unzipped size"), "{message}");

    // Larger than what a call may carry.
    let script = "#!/bin/sh\n".to_owned() + &"#".repeat(51 << 20);
    let zip = handler::stored(&script);
    let hash = direct.hand_over(zip.clone().into()).await.unwrap();
    let updated = update(&hash);
    assert_eq!(updated.status, 200, "{}", updated.body);
    let sha256 = STANDARD.encode(hex::decode(hash).unwrap());
    assert_eq!(updated.json()["CodeSha256"], sha256);
    assert_eq!(updated.json()["CodeSize"], zip.len());
    let sent = json!({ "ZipFile": STANDARD.encode(zip) });
    let path = "/2015-03-31/functions/echo/code";
    let sent = server.client.lambda("PUT", path, &sent);
    assert_eq!(sent.status, 413, "{}", sent.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_of_the_same_code_are_updated_whichever_comes_first() {
    let server = Server::start().await;
    for name in ["first", "second"] {
        server.function(name, &handler::zip(), &json!({}));
    }
    let direct = server.aws.direct("000000000000", "us-east-1");
    let zip = handler::zip_of("next\nanswer '{}'\n");
    let hash = direct.hand_over(zip.clone().into()).await.unwrap();
    assert_eq!(direct.hand_over(zip.into()).await.unwrap(), hash);
    let scope = server.client.scope("lambda");
    let headers = [("Authorization", &*scope), (HANDED_OVER_HEADER, &hash)];
    let body = json!({ "ZipFile": "" }).to_string();
    let update = |name: &str| {
        let path = format!("/2015-03-31/functions/{name}/code");
        let updated = server.client.send("PUT", &path, &headers, &body);
        assert_eq!(updated.status, 200, "{}", updated.body);
    };
    update("first");
    // The first one has gone meanwhile, and its code with it if nothing else is to come for it.
    let path = "/2015-03-31/functions/first";
    let deleted = server.client.lambda("DELETE", path, &json!({}));
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    update("second");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_no_version_has_any_more_is_removed_while_the_server_runs() {
    let server = Server::start().await;
    server.echo();
    let direct = server.aws.direct("000000000000", "us-east-1");
    let path = "/2015-03-31/functions/echo";
    let update = async |revision: &str| {
        let zip = handler::zip_of(&format!("next\nanswer '\"{revision}\"'\nnext\n"));
        let hash = direct.hand_over(zip.into()).await.unwrap();
        let headers = [
            ("Authorization", &*server.client.scope("lambda")),
            (HANDED_OVER_HEADER, &hash),
        ];
        let code = format!("{path}/code");
        let body = json!({ "ZipFile": "" }).to_string();
        let updated = server.client.send("PUT", &code, &headers, &body);
        assert_eq!(updated.status, 200, "{}", updated.body);
        let called = format!("{path}/invocations");
        loop {
            let answer = server.client.lambda("POST", &called, &json!({}));
            // It is not updated yet.
            if answer.status != 409 {
                assert_eq!(answer.body, format!("\"{revision}\""));
                return;
            }
        }
    };
    let kept = || {
        ["blobs", "unpacked"].map(|folder| {
            let folder = server.directory.path().join(folder);
            fs::read_dir(folder).unwrap().count()
        })
    };
    update("first").await;
    update("second").await;
    assert_eq!(kept(), [1, 1]);
    // The same code as before, which was removed since.
    update("first").await;
    let published = server
        .client
        .lambda("POST", &format!("{path}/versions"), &json!({}));
    assert_eq!(published.status, 201, "{}", published.body);
    update("second").await;
    assert_eq!(kept(), [2, 2]);
    let deleted = server
        .client
        .lambda("DELETE", &format!("{path}?Qualifier=1"), &json!({}));
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    assert_eq!(kept(), [1, 1]);
    let deleted = server.client.lambda("DELETE", path, &json!({}));
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    assert_eq!(kept(), [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shares_a_server_looks_at_messages_and_leaves_them_as_they_are() {
    let server = Server::start().await;
    let direct = server.aws.direct("000000000000", "us-east-1");
    let call = async |operation: &str, input| direct.call("sqs", operation, input).await.unwrap();
    let url = call("CreateQueue", json!({ "QueueName": "q" })).await["QueueUrl"].take();
    for (body, delay) in [("first", 0), ("second", 0), ("later", 900)] {
        let input = json!({ "QueueUrl": url, "MessageBody": body, "DelaySeconds": delay });
        call("SendMessage", input).await;
    }
    let receive = json!({ "QueueUrl": url, "MaxNumberOfMessages": 1, "VisibilityTimeout": 600 });
    let received = call("ReceiveMessage", receive).await;
    let peek = async |most: usize, from: &Value| {
        let input = json!({ "QueueUrl": url, "MaxNumberOfMessages": most, "NextToken": from });
        let mut peeked = call("PeekMessages", input).await;
        let next = peeked["NextToken"].take();
        let messages = peeked["Messages"].as_array().unwrap().clone();
        let shown = messages.iter().map(|message| {
            let receives = &message["Attributes"]["ApproximateReceiveCount"];
            let shown = [&message["Body"], &message["State"], receives];
            shown.map(|text| text.as_str().unwrap().to_owned())
        });
        (shown.collect::<Vec<_>>(), next)
    };
    let first = received["Messages"][0]["Body"].as_str().unwrap();
    let second = if first == "first" { "second" } else { "first" };
    let mut all = vec![
        [first, "in flight", "1"].map(str::to_owned),
        [second, "visible", "0"].map(str::to_owned),
    ];
    all.sort();
    all.push(["later", "delayed", "0"].map(str::to_owned));
    all.reverse();
    // However often one looks.
    for _ in 0..3 {
        assert_eq!(peek(10, &Value::Null).await, (all.clone(), Value::Null));
    }
    // In parts, whatever is sent meanwhile.
    let (newest, next) = peek(2, &Value::Null).await;
    assert_eq!(newest, all[..2]);
    let input = json!({ "QueueUrl": url, "MessageBody": "meanwhile" });
    call("SendMessage", input).await;
    assert_eq!(peek(2, &next).await, (all[2..].to_vec(), Value::Null));

    // Neither a caller of the API nor a task has such a call.
    let refused = server
        .client
        .sqs("PeekMessages", &json!({ "QueueUrl": url }));
    assert_eq!(refused.status, 501);
}
