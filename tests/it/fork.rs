//! `txflow executions fork`, on the embedded AWS.

mod told;

use serde_json::{Value, json};

use crate::endings::Local;
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::project::{Project, task};
use crate::support::txflow::Outcome;
use crate::support::wire::{Act, Rule};

const STATE_MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:orders-dev";

/// A task whose handler gets this, and what comes next.
fn calls(handler: &str, payload: Value, next: Option<&str>) -> Value {
    let mut task = task(handler);
    let function = task["Parameters"]["FunctionName"].clone();
    task["Parameters"] = json!({ "FunctionName": function, "Payload": payload });
    if let Some(next) = next {
        task.as_object_mut().expect("a state").remove("End");
        task["Next"] = next.into();
    }
    task
}

/// A task, and one that fails until it is fixed, with what was there when the first one ended.
fn definition(fixed: bool) -> Value {
    let mut prepare = calls("prepare", json!({ "order.$": "$.order" }), Some("Charge"));
    prepare["Assign"] = json!({ "kept.$": "$.Payload.event.order" });
    prepare["ResultPath"] = Value::Null;
    prepare["OutputPath"] = "$".into();
    let payload = json!({ "fail": !fixed, "kept.$": "$kept", "of.$": "$$.Execution.Input" });
    let charge = calls("charge", payload, None);
    json!({ "StartAt": "Prepare", "States": { "Prepare": prepare, "Charge": charge } })
}

fn orders(definition: Value) -> Project {
    Project::new("orders")
        .handler("prepare")
        .handler("charge")
        .definition(definition)
}

impl Local {
    async fn run(&self, arguments: &[&str]) -> Outcome {
        self.txflow(arguments).run().await
    }

    /// Starts an execution that fails, and gives its name.
    async fn fails(&self, name: &str, input: &Value) -> String {
        let input = input.to_string();
        let start = [
            "start", "--wait", "--fast", "--name", name, "--input", &input,
        ];
        self.run(&start).await.exits_with(1);
        name.to_owned()
    }

    /// Deploys another definition.
    async fn redeploy(&mut self, definition: Value) {
        let project = std::mem::replace(&mut self.project, Project::new("none"));
        self.project = project.definition(definition).write();
        self.run(&["deploy"]).await.succeeded();
    }

    /// The versions that exist, with the definition of the state machine itself.
    async fn held(&self) -> (Vec<u64>, Value) {
        let states = Account::at(&self.server.url).await.states;
        let versions = states.list_state_machine_versions();
        let versions = versions.state_machine_arn(STATE_MACHINE).send().await;
        let versions = versions.expect("the versions").state_machine_versions;
        let number = |arn: &str| arn.rsplit(':').next().and_then(|n| n.parse().ok());
        let versions = versions.iter();
        let versions = versions.map(|one| number(one.state_machine_version_arn()).expect("one"));
        let now = states.describe_state_machine();
        let now = now.state_machine_arn(STATE_MACHINE).send().await;
        let now = serde_json::from_str(&now.expect("a state machine").definition);
        (versions.collect(), now.expect("JSON"))
    }
}

#[tokio::test]
async fn a_failed_execution_goes_on_with_the_fix() {
    let mut local = Local::deployed(orders(definition(false))).await;
    local.fails("order-17", &json!({ "order": 17 })).await;
    local.redeploy(definition(true)).await;
    let (_, before) = local.held().await;

    let fork = local
        .run(&["executions", "fork", "order-17", "--json"])
        .await;
    let fork = fork.succeeded().json();
    assert_eq!(fork["status"], "SUCCEEDED");
    assert_eq!(
        fork["output"]["event"],
        json!({ "fail": false, "kept": 17, "of": { "order": 17 } })
    );
    assert_eq!(fork["input"], json!({ "order": 17 }));
    assert_eq!(fork["fork"]["of"], "order-17");
    assert_eq!(fork["fork"]["from"], "Charge");
    assert_eq!(fork["fork"]["ran"][0]["state"], "Prepare");
    assert_eq!(fork["fork"]["again"][0]["state"], "Charge");
    let ran = fork["states"].as_array().expect("states");
    assert!(
        ran.iter().all(|state| state["name"] != "Prepare"),
        "{ran:?}"
    );

    // It is not a release, and nothing of it is left in the state machine.
    assert_eq!(local.held().await, (vec![3, 2, 1], before));
    let status = local.run(&["status", "--json"]).await.succeeded().json();
    assert_eq!(status["live"][0]["release"], 2, "{status}");
    let releases = status["releases"].as_array().expect("releases");
    assert_eq!(releases.len(), 2, "{releases:?}");
    local.run(&["plan", "--exit-code"]).await.succeeded();
    let unknown = local.run(&["rollback", "--to", "3"]).await.exits_with(2);
    assert!(
        unknown.error().contains("there is no release 3"),
        "{unknown:?}"
    );
    let diff = local.run(&["diff", "1", "9"]).await.exits_with(2);
    diff.says("the releases are 2, 1");
    let list = local.run(&["executions", "list"]).await.succeeded().stdout;
    let rows: Vec<_> = list
        .lines()
        .map(|row| row.split_whitespace().last())
        .collect();
    assert_eq!(rows, [Some("RELEASE"), Some("fork"), Some("1")], "{list}");
}

#[tokio::test]
async fn the_version_of_a_fork_goes_once_it_is_over() {
    let mut local = Local::deployed(orders(definition(false))).await;
    local.fails("order-1", &json!({ "order": 1 })).await;
    local.fails("order-2", &json!({ "order": 2 })).await;
    local.redeploy(definition(true)).await;
    let run = async |local: &Local, name: &str| {
        local.run(&["executions", "fork", name]).await.succeeded();
        local.held().await.0
    };
    assert_eq!(run(&local, "order-1").await, [3, 2, 1]);
    assert_eq!(run(&local, "order-2").await, [4, 2, 1]);
    let mut next = definition(true);
    next["Comment"] = "another".into();
    local.redeploy(next).await;
    assert_eq!(local.held().await.0, [5, 2, 1]);
    assert_eq!(local.run(&["plan", "--exit-code"]).await.code, Some(0));

    // One that failed may be redriven, so its version stays.
    local.redeploy(definition(false)).await;
    let failed = local.run(&["executions", "fork", "order-1"]).await;
    failed.exits_with(1);
    let mut next = definition(false);
    next["Comment"] = "one more".into();
    local.redeploy(next).await;
    let (versions, _) = local.held().await;
    assert!(versions.contains(&7), "{versions:?}");
    local.run(&["destroy", "--yes"]).await.succeeded();
}

#[tokio::test]
async fn what_is_left_of_a_fork_that_was_cut_off_is_put_back() {
    let mut local = Local::deployed(orders(definition(false))).await;
    local.fails("order-1", &json!({ "order": 1 })).await;
    local.fails("order-2", &json!({ "order": 2 })).await;
    local.redeploy(definition(true)).await;
    let (_, before) = local.held().await;
    // The input of each is in the definition of its fork.
    for (name, repaired_by) in [("order-1", "deploy"), ("order-2", "fork")] {
        local
            .wire
            .rule(Rule::on("states.UpdateStateMachine", Act::Hold));
        let mut child = local.txflow(&["executions", "fork", name]).start();
        tokio::select! {
            () = local.wire.held() => {}
            ended = child.wait() => panic!("it ended by itself: {ended:?}, {:?}", local.written()),
        }
        child.kill().await.expect("kill txflow");
        local.wire.clear();
        assert_ne!(local.held().await.1, before);
        let plan = local
            .run(&["plan", "--exit-code"])
            .await
            .exits_with(4)
            .stdout;
        assert!(
            plan.contains("was cut off: puts back the definition"),
            "{plan}"
        );
        let status = local.run(&["status"]).await.succeeded().stdout;
        assert!(
            status.contains("was cut off: the next deploy or fork"),
            "{status}"
        );
        match repaired_by {
            "deploy" => local.run(&["deploy"]).await.succeeded(),
            _ => local.run(&["executions", "fork", name]).await.succeeded(),
        };
        assert_eq!(local.held().await.1, before, "{repaired_by}");
        local.run(&["plan", "--exit-code"]).await.succeeded();
        let status = local.run(&["status", "--json"]).await.succeeded().json();
        assert_eq!(status["live"][0]["release"], 2, "after {repaired_by}");
        local.wire.clear();
    }
}

/// A Parallel state with a branch that fails, then a Map with an item that does.
fn nested(fixed: bool) -> Value {
    let left = task("prepare");
    let right = calls(
        "charge",
        json!({ "fail": !fixed, "items.$": "$.items" }),
        None,
    );
    let each = match fixed {
        false => json!({ "fail.$": "$", "n": 1 }),
        true => json!({ "fail": false, "n": 2 }),
    };
    let each = calls("charge", each, None);
    json!({ "StartAt": "Which", "States": {
        "Which": {
            "Type": "Choice", "Default": "Each",
            "Choices": [{ "Variable": "$.both", "BooleanEquals": true, "Next": "Both" }],
        },
        "Both": { "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": "Left", "States": { "Left": left } },
            // It fails once `Left` has succeeded.
            { "StartAt": "Pause", "States": {
                "Pause": { "Type": "Wait", "Seconds": 3, "Next": "Right" }, "Right": right,
            } },
        ] },
        "Each": {
            "Type": "Map", "End": true, "ItemsPath": "$.items", "MaxConcurrency": 1,
            "ItemProcessor": { "StartAt": "One", "States": { "One": each } },
        },
    } })
}

#[tokio::test]
async fn what_succeeded_inside_of_a_state_does_not_run_again() {
    let mut local = Local::deployed(orders(nested(false))).await;
    local
        .fails("both", &json!({ "both": true, "items": [] }))
        .await;
    local
        .fails(
            "each",
            &json!({ "both": false, "items": [false, true, false] }),
        )
        .await;
    local.redeploy(nested(true)).await;

    let fork = local.run(&["executions", "fork", "both", "--json"]).await;
    let fork = fork.succeeded().json();
    assert_eq!(fork["output"][0]["handler"], "prepare");
    assert_eq!(fork["output"][1]["event"]["fail"], false);
    assert_eq!(
        (&fork["fork"]["answered"], &fork["fork"]["inside"]),
        (&json!(1), &json!(["Right"]))
    );

    let fork = local.run(&["executions", "fork", "each", "--json"]).await;
    let fork = fork.succeeded().json();
    let marks = fork["output"].as_array().expect("items").iter();
    let marks: Vec<_> = marks.map(|item| item["event"]["n"].clone()).collect();
    assert_eq!(marks, [1, 2, 2]);

    let whole = ["executions", "fork", "both", "--from", "Both", "--json"];
    let whole = local.run(&whole).await.succeeded().json();
    assert_eq!(whole["fork"]["answered"], 0);
    let again = whole["fork"]["again"].as_array().expect("tasks");
    assert_eq!(again.len(), 2, "{again:?}");
}

#[tokio::test]
async fn all_that_failed_are_forked_once() {
    let charge = |fail: bool| {
        calls(
            "charge",
            json!({ "fail": fail, "order.$": "$.order" }),
            None,
        )
    };
    let failing = json!({ "StartAt": "Charge", "States": { "Charge": charge(true) } });
    let prepare = calls("prepare", json!({}), Some("Charge"));
    // What comes before now does not run.
    let fixed = json!({
        "StartAt": "Prepare", "States": { "Prepare": prepare, "Charge": charge(false) },
    });
    let mut local = Local::deployed(orders(failing)).await;
    for name in ["order-1", "order-2"] {
        local.fails(name, &json!({ "order": name })).await;
    }
    local.redeploy(fixed).await;
    let fork = ["executions", "fork", "--failed", "--since", "1d"];
    let asked = local.run(&fork).await.exits_with(1);
    assert_shown!("not_confirmed", asked.stderr);
    let newest = [&fork[..], &["--last", "1", "--yes", "--json"]].concat();
    let newest = local.run(&newest).await.succeeded().json();
    assert_eq!(newest["more"], 1);
    assert_eq!(newest["forks"][0]["execution"], "order-2");
    assert_eq!(newest["forks"][0]["status"], "SUCCEEDED");
    let rest = local
        .run(&[&fork[..], &["--yes"]].concat())
        .await
        .succeeded()
        .stdout;
    let row = rest.lines().nth(1).expect("a row");
    assert!(
        row.starts_with("order-1") && row.ends_with("SUCCEEDED"),
        "{rest}"
    );
    assert_eq!(rest.lines().count(), 2, "{rest}");
    let none = local
        .run(&[&fork[..], &["--yes"]].concat())
        .await
        .succeeded();
    assert_eq!(none.stdout, "No executions to fork.\n");
}

#[tokio::test]
async fn what_cannot_be_forked_says_why_and_changes_nothing() {
    let local = Local::deployed(orders(definition(true))).await;
    let done = [
        "start",
        "--wait",
        "--name",
        "done",
        "--input",
        "{\"order\":1}",
    ];
    local.run(&done).await.succeeded();
    local.wire.clear();
    let refused = async |arguments: &[&str]| {
        let arguments = [&["executions", "fork"][..], arguments].concat();
        local.run(&arguments).await.exits_with(2).stderr
    };
    assert_shown!("succeeded", refused(&["done"]).await);
    assert_shown!("misspelt", refused(&["done", "--from", "Chrage"]).await);
    assert_shown!("without_input", refused(&["--from", "Charge"]).await);
    assert_eq!(local.written(), [""; 0]);
    let given = [
        "executions",
        "fork",
        "--from",
        "Prepare",
        "--input",
        "{\"order\":2}",
        "--json",
    ];
    let given = local.run(&given).await.succeeded().json();
    assert_eq!(given["output"]["event"]["kept"], 2);
}

#[tokio::test]
async fn an_express_workflow_is_started_from_a_state_with_a_given_input() {
    let express = "[state-machine]\ntype = \"EXPRESS\"\n";
    let mut definition = definition(true);
    definition["States"]["Charge"] = calls("charge", json!({ "order.$": "$.order" }), None);
    let local = Local::deployed(orders(definition).settings(express)).await;
    let refused = local
        .run(&["executions", "fork", "last"])
        .await
        .exits_with(2);
    assert_shown!("express", refused.stderr);
    let fork = [
        "executions",
        "fork",
        "--from",
        "Charge",
        "--input",
        "{\"order\":2}",
        "--json",
    ];
    let fork = local.run(&fork).await.succeeded().json();
    assert_eq!(fork["output"]["event"]["order"], 2);
}
