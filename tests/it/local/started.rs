//! `txflow start`: what becomes of an execution that is no longer watched, and releases that do not exist.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::deployed;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::txflow::interrupt;

fn waiting() -> Project {
    let hold = json!({ "Type": "Wait", "Seconds": 3600, "End": true });
    Project::new("waiting")
        .handler("unused")
        .definition(json!({ "StartAt": "Hold", "States": { "Hold": hold } }))
        .write()
}

/// Presses Ctrl-C once the execution runs. Returns the error, and the status of the execution after that.
async fn interrupted(project: &Project) -> (Value, Value) {
    let start = ["start", "--local", "--wait", "--json"];
    let mut child = project.alone(&start).start_piped();
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut next = async || lines.next_line().await.expect("text");
    let begins = next().await.expect("a line");
    assert!(begins.contains("execution"), "{begins}");
    interrupt(&child);
    let mut last = begins;
    while let Some(line) = next().await {
        last = line;
    }
    let code = child.wait().await.expect("its end").code();
    assert_eq!(code, Some(130));
    let show = ["executions", "show", "--local", "--json"];
    let shown = project.alone(&show).run().await.succeeded().json();
    let error = serde_json::from_str(&last).expect("JSON");
    (error, shown["status"].clone())
}

#[tokio::test]
async fn ctrl_c_says_whether_the_execution_goes_on() {
    let project = waiting();
    deployed(&project, "dev").await;
    let (error, status) = interrupted(&project).await;
    assert!(
        error.to_string().contains("the execution is aborted"),
        "{error}"
    );
    assert_eq!(status, "ABORTED");

    let server = LocalServer::start(project.path(), &[]).await;
    let (error, status) = interrupted(&project).await;
    assert!(
        error.to_string().contains("the execution goes on"),
        "{error}"
    );
    assert_eq!(status, "RUNNING");
    drop(server);
}

#[tokio::test]
async fn an_execution_that_is_waited_for_is_named_before_it_ends() {
    let project = waiting();
    deployed(&project, "dev").await;
    let start = ["start", "--local", "--name", "order-17"];
    let mut child = project.alone(&start).start_piped();
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let begins = lines.next_line().await.expect("text");
    assert_eq!(begins.as_deref(), Some("     Started execution `order-17`"));
    interrupt(&child);
    while lines.next_line().await.expect("text").is_some() {}
    assert_eq!(child.wait().await.expect("its end").code(), Some(130));
}

#[tokio::test]
async fn a_release_that_does_not_exist_is_told_with_those_that_do() {
    let project = waiting();
    deployed(&project, "dev").await;
    let start = ["start", "--local", "--release", "99"];
    let refused = project.alone(&start).run().await.exits_with(2);
    assert!(
        refused.stderr.contains("there is no release 99"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("the releases are 1"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn a_misspelt_region_is_told_wherever_it_comes_from() {
    let project = waiting();
    let status = ["status", "--local", "--region", "us-esat-1"];
    let told = project.alone(&status).run().await.exits_with(1);
    let hint = "did you mean `us-east-1`?";
    assert!(told.stderr.contains(hint), "{}", told.stderr);
    let plain = project.alone(&["status", "--local"]).run().await;
    assert!(!plain.exits_with(1).stderr.contains("did you mean"));
}
