//! Several state machines: deployed, run and taken back as one release.

use serde_json::{Value, json};

use super::deployed;
use super::executions::{ended, release, start};
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, start_and_wait, task};

/// The main state machine starts `ship`, which calls a handler and starts `bill`, which calls another one.
fn family() -> Project {
    let label = {
        let mut label = task("label-handler");
        label["End"] = Value::Null;
        label.as_object_mut().expect("a state").remove("End");
        label["Next"] = "Bill".into();
        label["OutputPath"] = "$.Payload.event".into();
        label
    };
    Project::new("orders")
        .handler("label-handler")
        .handler("charge-handler")
        .definition(json!({ "StartAt": "Ship", "States": { "Ship": start_and_wait("ship") } }))
        .beside(
            "ship",
            json!({ "StartAt": "Label", "States": {
                "Label": label,
                "Bill": start_and_wait("bill"),
            } }),
        )
        .beside("bill", bill("Charge"))
        .settings(
            r#"
[tests.ORDER]
input = { order = 1 }
expect = { path = ["Ship"], output = { handler = "charge-handler", event = { order = 1 } } }

[tests.BILL]
state-machine = "bill"
input = { order = 2 }
expect = { output = { event = { order = 2 } } }
"#,
        )
}

fn bill(state: &str) -> Value {
    json!({ "StartAt": state, "States": { state: task("charge-handler") } })
}

/// The versions of the state machines that the release leads to.
fn versions(live: &Value) -> Vec<String> {
    let machines = live["state_machines"].as_object().expect("state machines");
    let versions = machines.iter().map(|(name, arn)| {
        let arn = arn.as_str().expect("an ARN");
        let (_, version) = arn.rsplit_once(':').expect("a version");
        format!("{name} {version}")
    });
    versions.collect()
}

#[tokio::test]
async fn a_family_is_one_release_from_its_first_deploy_to_its_end() {
    let project = family().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    let plan = run(&["plan", "--local"]).await.succeeded();
    assert_shown!("first_plan", plan.stdout);
    let deploy = run(&["deploy", "--local"]).await.succeeded();
    assert_shown!("first_deploy", deploy.stdout);
    let test = run(&["test", "--local"]).await.succeeded();
    assert_shown!("test", test.stdout);
    let show = run(&["executions", "show", "--local"]).await.succeeded();
    assert_shown!("shown_as_one_tree", show.stdout);
    let plan = run(&["plan", "--local", "--exit-code"]).await.succeeded();
    assert_shown!("plan_without_a_change", plan.stdout);

    // A change of the innermost one is a new version of each around it, and one move of the alias.
    let project = project.beside("bill", bill("Collect")).write();
    let plan = project.alone(&["plan", "--local"]).run().await;
    assert_shown!("plan_of_a_change_inside", plan.succeeded().stdout);
    let live = deployed(&project, "dev").await;
    assert_eq!(live["release"], 2);
    assert_eq!(versions(&live), ["bill 2", "ship 2"]);
    assert_eq!(tested_states(&project).await, json!(["Collect"]));
    let status = project.alone(&["status", "--local"]).run().await;
    assert_shown!("status", status.succeeded().stdout);

    // A rollback takes all of them back.
    let rollback = project.alone(&["rollback", "--local"]).run().await;
    rollback.succeeded();
    for test in ["ORDER", "BILL"] {
        let test = project.alone(&["test", "--local", "--type", test]);
        test.run().await.succeeded();
        let inner = last_of(&project, "bill").await;
        assert_eq!(inner["states"][0]["name"], "Charge");
        assert_eq!(
            (&inner["release"], &inner["version"]),
            (&Value::Null, &json!(1))
        );
    }

    // What only a kept release pins is kept.
    let project = project.beside("bill", bill("Settle")).write();
    let live = deployed(&project, "dev").await;
    assert_eq!(versions(&live), ["bill 3", "ship 3"]);
    let kept = account.states.list_state_machine_versions();
    let arn = live["state_machines"]["bill"].as_str().expect("an ARN");
    let (bill, _) = arn.rsplit_once(':').expect("a version");
    let kept = kept.state_machine_arn(bill).send().await.expect("the list");
    assert_eq!(kept.state_machine_versions().len(), 3);

    let destroy = project.alone(&["destroy", "--local", "--yes"]).run().await;
    assert_shown!("destroy", destroy.succeeded().stdout);
    let left = account.snapshot().await;
    assert!(left.is_empty(), "{left:?}");
}

/// The path of the test of `bill`.
async fn tested_states(project: &Project) -> Value {
    let test = ["test", "--local", "--json", "--state-machine", "bill"];
    let report = project.alone(&test).run().await.succeeded().json();
    assert_eq!(report[0]["test"], "BILL");
    report[0]["path"].clone()
}

/// The last execution of a state machine.
async fn last_of(project: &Project, name: &str) -> Value {
    let show = [
        "executions",
        "show",
        "--local",
        "--json",
        "--state-machine",
        name,
    ];
    project.alone(&show).run().await.succeeded().json()
}

#[tokio::test]
async fn a_state_machine_that_is_no_longer_named_goes_with_the_last_release_that_starts_it() {
    let keep = |project: Project| project.top_level("keep-versions = 1\n").write();
    let project = keep(family());
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    deployed(&project, "dev").await;
    let alone = |project: Project, state: &str| {
        let definition = json!({ "StartAt": state, "States": { state: task("charge-handler") } });
        let project = project.without_tests().definition(definition);
        project
            .without_beside("ship")
            .without_beside("bill")
            .without_handler("label-handler")
            .write()
    };
    let project = alone(project, "One");
    let plan = project.alone(&["plan", "--local"]).run().await;
    assert_shown!("no_longer_named", plan.succeeded().stdout);
    deployed(&project, "dev").await;
    // What was live before stays until the next release.
    let project = alone(project, "Two");
    deployed(&project, "dev").await;
    let left = format!("{:?}", account.snapshot().await);
    assert!(!left.contains("ship") && !left.contains("bill"), "{left}");
    assert!(left.contains("orders-dev-charge-handler"), "{left}");
}

#[tokio::test]
async fn what_fails_inside_fails_what_waits_for_it_and_a_stop_reaches_it() {
    let project = family().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    let execution = start(&account, &live, &json!({ "fail": true })).await;
    ended(&account, &execution).await;
    let show = ["executions", "show", "--local"];
    let failed = project.alone(&show).run().await.succeeded();
    assert_shown!("failed_inside", failed.stdout);

    let until = project.path().join("until");
    start(&account, &live, &json!({ "until": until })).await;
    let runs = |text: &str| text.contains("▸ Label");
    while !runs(&project.alone(&show).run().await.stdout) {}
    let stop = ["executions", "stop", "last", "--local"];
    project.alone(&stop).run().await.succeeded();
    while last_of(&project, "ship").await["status"] == "RUNNING" {}
    assert_eq!(last_of(&project, "ship").await["status"], "ABORTED");
    release(&project, "until");
}

#[tokio::test]
async fn the_name_of_a_state_machine_is_taken_and_a_wrong_one_is_refused() {
    let project = family().write();
    let graph = ["graph", "--format", "mermaid", "--state-machine", "bill"];
    let graph = project.alone(&graph).run().await.succeeded();
    assert!(graph.stdout.contains("Charge"), "{}", graph.stdout);
    let wrong = ["graph", "--state-machine", "bil"];
    let wrong = project.alone(&wrong).run().await.exits_with(2);
    assert_shown!("unknown_name", wrong.stderr);
    let circle = json!({ "StartAt": "Ship", "States": { "Ship": start_and_wait("ship") } });
    let project = project.beside("bill", circle).write();
    let validate = project.alone(&["validate"]).run().await.exits_with(2);
    assert_shown!("a_circle", validate.stderr);
}

#[tokio::test]
async fn a_rollback_is_refused_to_a_release_that_may_not_start_what_it_pins() {
    let project = family().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    deployed(&project, "dev").await;
    let project = project.beside("bill", bill("Collect")).write();
    let live = deployed(&project, "dev").await;
    assert_eq!(live["release"], 2);
    // As another deploy may have left it.
    let other = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["states:StartExecution"], "Resource": ["arn:aws:states:*:*:stateMachine:other:*"] },
    ] });
    let put = account.iam.put_role_policy().policy_name("txflow");
    let put = put.role_name("orders-dev-state-machine");
    put.policy_document(other.to_string()).send().await.unwrap();
    let rollback = project.alone(&["rollback", "--local"]).run().await;
    let rollback = rollback.exits_with(1);
    rollback.says("the role of the state machine may not start `orders-dev-ship`");
}

/// The versions that a state machine has.
async fn versions_of(account: &Account, arn: &str) -> Vec<String> {
    let list = account.states.list_state_machine_versions();
    let list = list.state_machine_arn(arn).send().await.expect("the list");
    let versions = list.state_machine_versions().iter().map(|version| {
        let arn = version.state_machine_version_arn();
        let (_, version) = arn.rsplit_once(':').expect("a version");
        version.to_owned()
    });
    versions.collect()
}

#[tokio::test]
async fn a_version_beside_on_which_an_execution_may_be_redriven_is_kept() {
    let keep = |project: Project| project.top_level("keep-versions = 1\n").write();
    let project = keep(family());
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    // On the version that the release pins. Nothing failed on the release itself, nor on `ship`.
    let arn = |name: &str| {
        live["state_machines"][name]
            .as_str()
            .expect("an ARN")
            .to_owned()
    };
    let start = account
        .states
        .start_execution()
        .state_machine_arn(arn("bill"));
    let failing = json!({ "fail": true }).to_string();
    let started = start.input(failing).send().await.expect("StartExecution");
    ended(&account, &started.execution_arn).await;

    let mut project = project;
    for state in ["Collect", "Settle"] {
        project = project.beside("bill", bill(state)).write();
        deployed(&project, "dev").await;
    }
    let machine = |name: &str| {
        let arn = arn(name);
        arn.rsplit_once(':').expect("a version").0.to_owned()
    };
    let kept = versions_of(&account, &machine("bill")).await;
    assert!(kept.contains(&"1".to_owned()), "{kept:?}");
    let kept = versions_of(&account, &machine("ship")).await;
    assert!(!kept.contains(&"1".to_owned()), "{kept:?}");
    let redrive = account.states.redrive_execution();
    let redrive = redrive.execution_arn(&started.execution_arn).send().await;
    redrive.expect("what it runs on is there");
    let name = started.execution_arn.rsplit(':').next().expect("a name");
    ended(&account, &started.execution_arn).await;
    let show = [
        "executions",
        "show",
        name,
        "--local",
        "--json",
        "--state-machine",
        "bill",
    ];
    let shown = project.alone(&show).run().await.succeeded().json();
    assert_eq!(shown["redrives"], 1);
    assert_eq!(shown["states"][0]["name"], "Charge");
}

#[tokio::test]
async fn each_command_about_a_state_machine_takes_its_name() {
    let project = family().without_tests().write();
    let server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    let of_bill = ["--local", "--state-machine", "bill"];
    let run = async |arguments: &[&str]| {
        let all = [arguments, &of_bill].concat();
        project.alone(&all).run().await
    };
    let failing = r#"{"fail":true}"#;
    run(&["start", "--name", "one", "--wait", "--input", failing])
        .await
        .exits_with(1);
    let list = run(&["executions", "list", "--json"])
        .await
        .succeeded()
        .json();
    assert_eq!(list[0]["name"], "one", "{list}");
    let main = project
        .alone(&["executions", "list", "--local", "--json"])
        .run()
        .await;
    assert_eq!(main.succeeded().json(), json!([]));
    let status = run(&["status", "--json"]).await.succeeded().json();
    assert!(status.to_string().contains(r#""name":"one""#), "{status}");
    let logs = run(&["logs", "--execution", "last"]).await.succeeded();
    assert!(logs.stdout.contains("charge-handler"), "{}", logs.stdout);
    let again = run(&["executions", "redrive", "last"]).await.exits_with(1);
    assert!(again.stdout.contains("redriven  once"), "{}", again.stdout);
    let tested = run(&["test-state", "Charge", "--input", "{}", "--json"]).await;
    assert_eq!(tested.succeeded().json()["status"], "SUCCEEDED");

    let until = project.path().join("until");
    let waits = json!({ "until": until }).to_string();
    run(&["start", "--name", "two", "--input", &waits])
        .await
        .succeeded();
    run(&["executions", "stop", "last"]).await.succeeded();
    assert_eq!(last_of(&project, "bill").await["status"], "ABORTED");
    release(&project, "until");
    drop(server);

    for command in [
        &["start"][..],
        &["status"],
        &["logs", "--execution", "last"],
        &["executions", "list"],
        &["executions", "show"],
        &["executions", "stop", "last"],
        &["executions", "redrive", "last"],
        &["test-state", "Charge"],
    ] {
        let wrong = [command, &["--local", "--state-machine", "bil"]].concat();
        let wrong = project.alone(&wrong).run().await.exits_with(2);
        wrong.says("bil");
    }
}
