//! A database that is damaged, a disk that is full, an endpoint file that leads elsewhere.

use std::fs;

use rustix::process::Signal;
use serde_json::json;

use super::deployed;
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};
use crate::support::txflow::Txflow;

fn project() -> Project {
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    Project::new("shop")
        .handler("buy")
        .definition(definition)
        .write()
}

#[tokio::test]
async fn a_damaged_database_is_moved_aside_and_the_command_goes_on() {
    let project = project();
    deployed(&project, "dev").await;
    let database = project.path().join(".txflow/local/state.redb");
    let content = fs::read(&database).expect("the database");
    fs::write(&database, &content[..content.len() / 2]).expect("it can be written");
    let deploy = project
        .alone(&["deploy", "--local"])
        .run()
        .await
        .succeeded();
    let notes = deploy
        .stderr
        .lines()
        .filter(|line| line.contains("damaged"));
    assert_shown!("moved_aside", notes.collect::<Vec<_>>().join("\n"));
    assert_shown!("deployed_after_it", deploy.stdout);
    let plan = project
        .alone(&["plan", "--local", "--exit-code"])
        .run()
        .await;
    let plan = plan.succeeded();
    assert!(!plan.stderr.contains("damaged"), "{plan:#?}");
}

/// Fills the log until the database cannot grow any more. Gives how many events were acknowledged.
async fn fill(account: &Account) -> usize {
    let logs = &account.logs;
    let (group, stream) = ("/full", "s");
    let create = logs.create_log_group().log_group_name(group);
    create.send().await.expect("CreateLogGroup");
    let create = logs.create_log_stream().log_group_name(group);
    create
        .log_stream_name(stream)
        .send()
        .await
        .expect("CreateLogStream");
    let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder()
        .timestamp(now())
        .message("x".repeat(200_000))
        .build()
        .expect("an event");
    for acknowledged in 0..1000 {
        let put = logs.put_log_events().log_group_name(group);
        let put = put.log_stream_name(stream).log_events(event.clone());
        if put.send().await.is_err() {
            return acknowledged;
        }
    }
    panic!("the disk is never full");
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_millis()).expect("before the year 292278994")
}

async fn events(account: &Account) -> usize {
    let (mut count, mut token) = (0, None);
    loop {
        let page = account.logs.filter_log_events().log_group_name("/full");
        let page = page.set_next_token(token).send().await;
        let page = page.expect("FilterLogEvents");
        count += page.events().len();
        token = page.next_token;
        if token.is_none() {
            return count;
        }
    }
}

/// As a disk that is full: no file grows beyond 8 MiB, and the signal that would say so is ignored.
const FULL: &str = "trap '' XFSZ; ulimit -f 16384";

#[tokio::test]
async fn what_cannot_be_kept_is_not_acknowledged() {
    let project = project();
    let mut server = LocalServer::start_after(FULL, project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let acknowledged = fill(&account).await;
    assert!(acknowledged > 3, "{acknowledged}");

    // What is only in memory is not told as if it were kept: every command says so, and none succeeds.
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    assert_shown!("full_disk", deploy.exits_with(1).stderr);
    let status = project.alone(&["status", "--local"]).run().await;
    assert_shown!("full_disk", status.exits_with(1).stderr);
    assert_eq!(server.signal(Signal::INT).await.code(), Some(1));

    // All that was acknowledged is there, and nothing is damaged.
    let server = LocalServer::start(project.path(), &[]).await;
    assert_eq!(events(&Account::at(&server.url).await).await, acknowledged);
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    let deploy = deploy.succeeded();
    assert!(!deploy.stderr.contains("damaged"), "{deploy:#?}");
}

#[tokio::test]
async fn a_full_disk_is_told_as_that_at_the_start() {
    let project = project();
    // 8 KiB: less than an empty database.
    let none = "trap '' XFSZ; ulimit -f 16";
    let arguments = ["status", "--local"];
    let status = Txflow::after(none, project.path(), &arguments).run().await;
    assert_shown!("full_disk_at_the_start", status.exits_with(1).stderr);
}

#[tokio::test]
async fn an_endpoint_file_that_leads_elsewhere_is_not_followed() {
    let project = project();
    let folder = project.path().join(".txflow/local");
    fs::create_dir_all(&folder).expect("a folder");
    let endpoint = folder.join("endpoint");
    fs::write(&endpoint, "203.0.113.5:4566\nsome\nthing\n").expect("a file");
    for command in [&["status", "--local"][..], &["deploy", "--local"]] {
        let outcome = project.alone(command).run().await;
        assert_shown!("endpoint_elsewhere", outcome.exits_with(1).stderr);
    }
    fs::remove_file(&endpoint).expect("it can be removed");
    deployed(&project, "dev").await;
}
