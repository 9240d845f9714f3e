//! `txflow logs`.

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::deployed;
use super::executions::{ended, release, start};
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::{LocalServer, signal};
use crate::support::project::Project;
use crate::support::txflow::Txflow;

#[tokio::test]
async fn of_two_executions_at_once_each_shows_what_its_own_invocations_wrote() {
    let project = Project::transactions().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    let input = |name: &str| {
        let until = project.path().join(name);
        json!({ "type": "PURCHASE", "id": name, "fail": true, "until": until })
    };
    // Both fail in the handler, so no answer tells a request id.
    let one = start(&account, &live, &input("one")).await;
    let two = start(&account, &live, &input("two")).await;
    for (name, execution) in [("two", &two), ("one", &one)] {
        release(&project, name);
        ended(&account, execution).await;
    }
    for (own, other, execution) in [("one", "two", &one), ("two", "one", &two)] {
        let logs = ["logs", "--local", "--execution", execution];
        let logs = project.alone(&logs).run().await.succeeded();
        let said = logs.stdout.lines().collect::<Vec<_>>();
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains("purchase-handler [Purchase] purchase-handler revision 1 has"));
        let id = |name: &str| format!("\"id\":\"{name}\"");
        assert!(said[0].contains(&id(own)) && !said[0].contains(&id(other)));
    }
}

#[tokio::test]
async fn lines_are_merged_in_time_order_and_chosen_by_function() {
    let project = Project::transactions().write();
    deployed(&project, "dev").await;
    let nothing = project.alone(&["logs", "--local"]).run().await.succeeded();
    assert_eq!(nothing.stdout, "");
    assert_shown!("no_lines", nothing.stderr);
    for test in ["REFUND", "PURCHASE"] {
        let test = ["test", "--local", "--type", test];
        project.alone(&test).run().await.succeeded();
    }

    let logs = project.alone(&["logs", "--local", "--json"]).run().await;
    let logs = logs.succeeded();
    let lines: Vec<Value> = logs
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    let functions: Vec<&Value> = lines.iter().map(|line| &line["function"]).collect();
    assert_eq!(functions, ["refund-handler", "purchase-handler"]);
    assert!(lines[0]["time"].as_str() <= lines[1]["time"].as_str());
    assert_eq!(lines[0]["request_id"].as_str().map(str::len), Some(36));

    let full = Txflow::after("exec > /dev/full", project.path(), &["logs", "--local"]);
    let full = full.run().await.exits_with(1);
    full.says("error: cannot write to standard output: ");

    let chosen = ["logs", "refund-handler", "--local", "--since", "1h"];
    let chosen = project.alone(&chosen).run().await.succeeded();
    chosen.says("refund-handler refund-handler revision 1 has {");
    let misspelt = project.alone(&["logs", "refund-handle", "--local"]).run();
    let misspelt = misspelt.await.exits_with(2);
    assert_shown!("misspelt_function", misspelt.stderr);
    let since = ["logs", "--local", "--since", "yesterday"];
    let since = project.alone(&since).run().await.exits_with(2);
    assert_shown!("since_when", since.stderr);
    let last = ["logs", "--local", "--execution", "last"];
    let last = project.alone(&last).run().await.succeeded();
    assert!(!last.stdout.contains("refund-handler"), "{last:?}");
}

#[tokio::test]
async fn a_log_is_followed_while_its_handler_runs_and_until_ctrl_c() {
    let project = Project::transactions().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    let follow = project.alone(&["logs", "--local", "--follow"]);
    let mut follow = follow.start_piped();
    let stdout = follow.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(stdout).lines();

    let until = project.path().join("end");
    let input = json!({ "type": "PURCHASE", "id": "long", "until": until });
    let execution = start(&account, &live, &input).await;
    let line = lines.next_line().await.expect("text");
    let line = line.expect("a line of a handler that has not answered");
    assert!(line.contains("\"id\":\"long\""), "{line}");
    release(&project, "end");
    ended(&account, &execution).await;

    signal(follow.id().expect("it runs"), Signal::INT);
    let status = follow.wait().await.expect("its end");
    assert_eq!(status.code(), Some(0));
    let more = lines.next_line().await.expect("text");
    assert_eq!(more, None, "no line is told twice");
}
