//! A damaged data directory: found at the start, reported, and replaced.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use txflow_local_aws::LocalAws;

use crate::client::Client;
use crate::server::{Directory, Server, options, role};

/// A data directory that has been used.
async fn used() -> Directory {
    let server = Server::start().await;
    let definition = json!({ "StartAt": "Call", "States": { "Call": {
        "Type": "Task", "Resource": server.echo(), "End": true
    } } });
    let machine = server.state_machine("m", &definition);
    assert_eq!(server.run(&machine, &json!({}))["status"], "SUCCEEDED");
    let Server { aws, directory, .. } = server;
    aws.shutdown().await.unwrap();
    directory
}

fn only(folder: PathBuf) -> PathBuf {
    fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_damage_is_reported_and_replaced() {
    type Harm = fn(&Path);
    let kinds: [(&str, Harm); 12] = [
        ("nothing left", |at| {
            fs::write(at.join("state.redb"), "").unwrap()
        }),
        ("garbage", |at| {
            fs::write(at.join("state.redb"), "x".repeat(100_000)).unwrap()
        }),
        ("zeros", |at| {
            let length = fs::metadata(at.join("state.redb")).unwrap().len();
            fs::write(at.join("state.redb"), vec![0; length as usize]).unwrap();
        }),
        ("a short file", |at| shorten(at, |length| length - 1)),
        ("half a file", |at| shorten(at, |length| length / 2)),
        ("only a header", |at| shorten(at, |_| 4096)),
        ("less than a header", |at| shorten(at, |_| 100)),
        ("another key", |at| {
            fs::write(at.join("key"), [7; 32]).unwrap()
        }),
        ("half a key", |at| {
            fs::write(at.join("key"), [7; 16]).unwrap()
        }),
        ("no key", |at| fs::remove_file(at.join("key")).unwrap()),
        ("damaged code", |at| {
            let blob = only(at.join("blobs"));
            let mut content = fs::read(&blob).unwrap();
            content[10] ^= 4;
            fs::write(&blob, content).unwrap();
        }),
        ("no code", |at| {
            fs::remove_file(only(at.join("blobs"))).unwrap()
        }),
    ];
    for (kind, harm) in kinds {
        let directory = used().await;
        harm(directory.path());
        let aws = LocalAws::start(options(&directory).await).await;
        let aws = aws.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let damaged = aws
            .damaged()
            .unwrap_or_else(|| panic!("{kind} is not reported"));
        let text = damaged.to_string();
        assert!(text.contains("state.redb.damaged-"), "{kind}: {text}");
        assert!(
            text.contains(&damaged.moved_to.display().to_string()),
            "{kind}: {text}"
        );
        assert!(damaged.moved_to.exists(), "{kind}");

        let client = Client::new(aws.address());
        let roles = client.iam("ListRoles", "");
        assert!(!roles.body.contains("<RoleName>"), "{kind}: {}", roles.body);
        role(client, "new", "lambda.amazonaws.com");
        aws.shutdown().await.unwrap();
        let aws = LocalAws::start(options(&directory).await).await.unwrap();
        assert!(aws.damaged().is_none(), "{kind}");
        let roles = Client::new(aws.address()).iam("ListRoles", "");
        assert!(roles.body.contains("<RoleName>new</RoleName>"), "{kind}");
        aws.shutdown().await.unwrap();
    }
}

fn shorten(directory: &Path, length: impl Fn(u64) -> u64) {
    let file = fs::File::options()
        .write(true)
        .open(directory.join("state.redb"));
    let file = file.unwrap();
    file.set_len(length(file.metadata().unwrap().len()))
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_code_is_replaced_by_the_same_code() {
    let server = Server::start().await;
    server.echo();
    let blob = only(server.directory.path().join("blobs"));
    let whole = fs::read(&blob).unwrap();
    fs::write(&blob, &whole[..10]).unwrap();
    let zip = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &whole);
    let path = "/2015-03-31/functions/echo/code";
    let updated = server
        .client
        .lambda("PUT", path, &json!({ "ZipFile": zip }));
    assert_eq!(updated.status, 200, "{}", updated.body);
    assert_eq!(fs::read(&blob).unwrap(), whole);
}
