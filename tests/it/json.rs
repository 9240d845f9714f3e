//! `--json`: each result beside its schema, each line on stderr beside that of events, and errors as data.

mod errors;
mod schemas;

use clap::CommandFactory as _;
use clap::builder::PossibleValue;
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use txflow::commands::Cli;

use self::schemas::Schemas;
use crate::support::local_server::{LocalServer, signal};
use crate::support::project::{Project, task};
use crate::support::txflow::{Outcome, Txflow};

const PURCHASE: &str = r#"{"type": "PURCHASE", "id": "p-1"}"#;

/// What `txflow schema --result` knows.
fn results() -> Vec<String> {
    let txflow = Cli::command();
    let schema = txflow.find_subcommand("schema").expect("the command");
    let result = schema.get_arguments().find(|one| one.get_id() == "result");
    let values = result.expect("the option").get_possible_values();
    values
        .iter()
        .map(PossibleValue::get_name)
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn what_each_command_prints_is_as_its_schema_says() {
    let definition = json!({
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$.type", "StringEquals": "PURCHASE", "Next": "Purchase" }],
                "Default": "Each"
            },
            "Purchase": task("purchase-handler"),
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "End": true,
                "ItemProcessor": {
                    "StartAt": "One",
                    "States": { "One": { "Type": "Pass", "End": true } }
                }
            }
        }
    });
    let project = Project::transactions()
        .without_handler("refund-handler")
        .definition(definition)
        .without_tests()
        .settings("[tests.PURCHASE]\ninput = { type = \"PURCHASE\", id = \"p-1\" }\n")
        .write();
    let mut schemas = Schemas::of(&project).await;
    let run = async |arguments: &[&str]| {
        let arguments = [arguments, &["--json"]].concat();
        project.alone(&arguments).run().await
    };

    schemas.hold("validate", &run(&["validate"]).await.succeeded());
    schemas.hold("plan", &run(&["plan", "--local"]).await.succeeded());
    schemas.hold("deploy", &run(&["deploy", "--local"]).await.succeeded());
    schemas.hold("test", &run(&["test", "--local"]).await.succeeded());
    let repeated = ["test", "--local", "--repeat", "2"];
    schemas.hold("test", &run(&repeated).await.succeeded());
    let covered = ["test", "--local", "--fail-under", "10"];
    schemas.hold("test", &run(&covered).await.succeeded());
    let both = [&repeated[..], &["--coverage"]].concat();
    schemas.hold("test", &run(&both).await.succeeded());
    let failing = project.path().join("failing.json");
    let failing_input = r#"{"type": "PURCHASE", "fail": true}"#;
    std::fs::write(&failing, failing_input).expect("write");
    let failing = failing.to_str().expect("text");
    let failed = ["test", "--local", "--type", "PURCHASE", "--input", failing];
    schemas.hold("test", &run(&failed).await.exits_with(3));
    let start = ["start", "--local", "--wait", "--input", PURCHASE];
    schemas.hold("start", &run(&start).await.succeeded());
    let each = [
        "start",
        "--local",
        "--input",
        r#"{"type": "X", "items": [1]}"#,
    ];
    schemas.hold("start", &run(&each).await.succeeded());
    let failing = ["start", "--local", "--input", failing_input];
    schemas.hold("start", &run(&failing).await.exits_with(1));
    let invoke = ["invoke", "purchase-handler", "--local"];
    schemas.hold("invoke", &run(&invoke).await.succeeded());
    let tested = ["test-state", "Choose", "--local", "--input", PURCHASE];
    schemas.hold("test-state", &run(&tested).await.succeeded());
    let logs = run(&["logs", "--local"]).await.succeeded();
    assert!(logs.stdout.lines().count() > 2, "{logs:?}");
    schemas.hold_lines("logs", &logs.stdout);
    let of_one = ["logs", "--local", "--execution", "last"];
    schemas.hold_lines("logs", &run(&of_one).await.succeeded().stdout);
    schemas.hold("graph", &run(&["graph"]).await.succeeded());
    let painted = ["graph", "--local", "--execution", "last"];
    schemas.hold("graph", &run(&painted).await.succeeded());
    let list = run(&["executions", "list", "--local"]).await.succeeded();
    schemas.hold("executions-list", &list);
    let show = run(&["executions", "show", "--local"]).await.succeeded();
    schemas.hold("executions-show", &show);
    let replay = run(&["replay", "--local"]).await.succeeded();
    schemas.hold("replay", &replay);
    schemas.hold("explore", &run(&["explore", "--local"]).await);
    schemas.hold("policy", &run(&["policy"]).await.succeeded());
    let role = ["policy", "--role", "state-machine"];
    schemas.hold("policy", &run(&role).await.succeeded());

    let project = project.change_handler("purchase-handler");
    let run = async |arguments: &[&str]| {
        let arguments = [arguments, &["--json"]].concat();
        project.alone(&arguments).run().await
    };
    schemas.hold("status", &run(&["status", "--local"]).await.succeeded());
    schemas.hold("diff", &run(&["diff", "--local"]).await.succeeded());
    schemas.hold("plan", &run(&["plan", "--local"]).await.succeeded());
    schemas.hold("deploy", &run(&["deploy", "--local"]).await.succeeded());
    schemas.hold("rollback", &run(&["rollback", "--local"]).await.succeeded());
    schemas.hold("status", &run(&["status", "--local"]).await.succeeded());
    let canary = ["deploy", "--local", "--canary", "10%", "--detach"];
    schemas.hold("canary", &run(&canary).await.succeeded());
    for command in ["status", "abort"] {
        let canary = ["canary", command, "--local"];
        schemas.hold("canary", &run(&canary).await.succeeded());
    }

    let shop = Project::shop().write();
    let deploy = ["deploy", "--local", "--test-before-live", "--json"];
    let failed = shop.alone(&deploy).run().await.exits_with(3);
    schemas.hold_last("deploy-failed", &failed);

    let server = LocalServer::start(project.path(), &[]).await;
    let held = project.path().join("held");
    let held = json!({ "type": "PURCHASE", "until": held }).to_string();
    let start = run(&["start", "--local", "--name", "held", "--input", &held]).await;
    schemas.hold("start", &start.succeeded());
    let stop = run(&["executions", "stop", "held", "--local"]).await;
    schemas.hold("executions-stop", &stop.succeeded());
    std::fs::write(project.path().join("held"), "").expect("write");
    let redrive = run(&["executions", "redrive", "held", "--local"]).await;
    schemas.hold("executions-redrive", &redrive.succeeded());
    let fork = [
        "executions",
        "fork",
        "held",
        "--from",
        "Purchase",
        "--local",
    ];
    let followed = run(&fork).await.succeeded();
    schemas.hold("executions-fork", &followed);
    let detached = run(&[&fork[..], &["--detach"]].concat()).await.succeeded();
    schemas.hold("executions-fork", &detached);
    let many = ["executions", "fork", "--failed", "--yes", "--local"];
    // Its input lets the handler fail again.
    schemas.hold("executions-fork", &run(&many).await.exits_with(1));
    drop(server);

    let init = run(&["init", "new"]).await.succeeded();
    schemas.hold("init", &init);
    let deploy_toml = project.path().join("deploy.toml");
    let text = std::fs::read_to_string(&deploy_toml).expect("read");
    std::fs::write(&deploy_toml, text.replace("region", "regoin")).expect("write");
    schemas.hold("validate", &run(&["validate"]).await.exits_with(2));
    std::fs::write(&deploy_toml, text).expect("write");
    let destroy = run(&["destroy", "--local", "--yes"]).await.succeeded();
    schemas.hold("destroy", &destroy);
    let local = ["local", "--port", "0", "--json"];
    schemas.hold("local", &served(&project, &local).await);
    let ui = ["ui", "--local", "--json"];
    schemas.hold("ui", &served(&project, &ui).await);
    schemas.hold_lines("error", &last_line(&run(&["status", "--local"]).await));
    assert_eq!(schemas.held(), results(), "one has no sample here");
}

fn last_line(outcome: &Outcome) -> String {
    let line = outcome.stderr.lines().last();
    line.unwrap_or_default().to_owned()
}

/// What a command prints that serves until it is interrupted.
async fn served(project: &Project, arguments: &[&str]) -> Outcome {
    let local = Txflow::without_account(project.path(), arguments);
    let mut local = local.start_piped();
    let mut lines = BufReader::new(local.stdout.take().expect("a pipe")).lines();
    let mut printed = String::new();
    while !printed.ends_with('}') {
        let line = lines.next_line().await.expect("text");
        printed += &line.expect("the rest of a document");
    }
    signal(local.id().expect("it runs"), Signal::INT);
    local.wait().await.expect("its end");
    Outcome::of(printed)
}
