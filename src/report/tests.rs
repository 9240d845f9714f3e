//! What a run prints, to the letter.
use std::time::Duration;

use serde_json::{Value, json};

use super::lines::line;
use super::{Answer as _, Event, PlanView, counted};
use crate::executions::load::Progress;
use crate::plan::tests::Project;
use crate::plan::{Plan, StepName};
use crate::resources::sample::secret;
use crate::world::plain;

fn plan_text(plan: &Plan) -> String {
    PlanView::new(plan).text()
}

pub(super) fn buy_grows() -> Plan {
    let after = Project::with(|deployment| {
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.settings.memory = 256;
        buy.settings.environment = [("TOKEN".to_owned(), secret("hidden"))].into();
    });
    Project::new().deployed().plan(&after.desired())
}

#[test]
fn the_plan_of_a_first_deploy_lists_what_will_be_there() {
    let plan = Project::new().without("sell").first_plan();
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

+ role shop-dev-buy

+ role shop-dev-state-machine

+ log group /aws/lambda/shop-dev-buy
    retention  (none) → 30

+ function shop-dev-buy

+ state machine shop-dev

+ alias shop-dev:live

6 to create, 0 to update, 0 to delete."
    );
}

#[test]
fn the_plan_of_a_change_has_old_and_new_and_a_diff_of_the_definition() {
    assert_eq!(
        plain(&plan_text(&buy_grows())),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

~ function shop-dev-buy
    memory             128 → 256
    environment TOKEN  (none) → (secret)

~ state machine shop-dev
    definition
      @@ -5,7 +5,7 @@
              \"Type\": \"Task\",
              \"Resource\": \"arn:aws:states:::lambda:invoke\",
              \"Parameters\": {
      -         \"FunctionName\": \"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:1\",
      +         \"FunctionName\": \"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:(new version)\",
                \"Payload.$\": \"$\"
              },
              \"Next\": \"sell\"

~ alias shop-dev:live
    release  1 → (new release)

0 to create, 3 to update, 0 to delete."
    );
}

#[test]
fn the_plan_of_a_removal_lists_what_goes() {
    let cloud = Project::new().without("sell").deployed();
    let plan = cloud.removal(&Project::new().desired());
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

- role shop-dev-buy

- role shop-dev-state-machine

- log group /aws/lambda/shop-dev-buy

- function shop-dev-buy

- state machine shop-dev

0 to create, 0 to update, 5 to delete."
    );
}

#[test]
fn a_plan_without_steps_says_so() {
    let project = Project::new();
    let plan = project.deployed().plan(&project.desired());
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1\n\nNothing to change."
    );
}

#[test]
fn versions_that_go_and_functions_that_stay_are_named() {
    let project = |release: u32| {
        Project::with(|deployment| deployment.keep_versions = 2).code("buy", &release.to_string())
    };
    let mut cloud = project(1).deployed();
    cloud.deploy(&project(2).desired());
    let plan = cloud.plan(&project(3).without("sell").desired());
    let text = plain(&plan_text(&plan));
    let pruned = "    remove versions that no release needs: 1\n";
    assert_eq!(text.matches(pruned).count(), 2, "{text}");
    let note = "note: function `shop-dev-sell` is no longer in deploy.toml and stays while release 2, which pins it, is kept";
    assert!(text.contains(note), "{text}");
}

#[test]
fn a_plan_is_given_as_data() {
    let plan = buy_grows();
    let mut view = serde_json::to_value(PlanView::new(&plan)).unwrap();
    let definition = &mut view["changes"][1]["reasons"][0];
    assert_eq!(definition["reason"], "document-changed");
    assert_eq!(definition["document"], "definition");
    assert!(
        definition["old"]
            .as_str()
            .unwrap()
            .contains("shop-dev-buy:1")
    );
    assert!(
        definition["new"]
            .as_str()
            .unwrap()
            .contains("shop-dev-buy:(new version)")
    );
    *definition = Value::Null;
    assert_eq!(
        view,
        json!({
            "stack": "shop",
            "stage": "dev",
            "account": "123456789012",
            "region": "eu-west-1",
            "changes": [
                {
                    "kind": "function",
                    "name": "shop-dev-buy",
                    "change": "update",
                    "reasons": [
                        { "reason": "changed", "attribute": "memory", "old": "128", "new": "256" },
                        { "reason": "changed", "attribute": "environment TOKEN", "old": null, "new": "(secret)" },
                        { "reason": "not-ready-at-once" },
                        { "reason": "new-version" },
                        { "reason": "not-ready-at-once" },
                    ],
                    "operations": [
                        "UpdateFunctionConfiguration",
                        "GetFunction",
                        "PublishVersion",
                        "GetFunction",
                    ],
                    "removed_versions": [],
                },
                {
                    "kind": "state machine",
                    "name": "shop-dev",
                    "change": "update",
                    "reasons": [null],
                    "operations": ["UpdateStateMachine"],
                    "removed_versions": [],
                },
                {
                    "kind": "alias",
                    "name": "shop-dev:live",
                    "change": "update",
                    "reasons": [{ "reason": "release", "old": "1", "new": null }],
                    "operations": ["UpdateStateMachineAlias"],
                    "removed_versions": [],
                },
            ],
            "notes": [],
        })
    );
}

/// An event of each kind, its line and its JSON. Those of tests are in `state_event.rs`.
fn events() -> Vec<(Event, Option<&'static str>, Value)> {
    let step = || StepName {
        operation: "CreateRole",
        doing: "Creating",
        done: "Created",
        object: "role `shop-dev-buy`".to_owned(),
    };
    let step_json = json!({ "operation": "CreateRole", "object": "role `shop-dev-buy`" });
    let elapsed = Duration::from_millis(1500);
    vec![
        (
            Event::Note {
                text: "the build stays".to_owned(),
            },
            Some("        Note the build stays"),
            json!({ "event": "note", "text": "the build stays" }),
        ),
        (
            Event::BuildOutput {
                line: "   Compiling buy v0.1.0".to_owned(),
            },
            Some("   Compiling buy v0.1.0"),
            json!({ "event": "build-output", "line": "   Compiling buy v0.1.0" }),
        ),
        (
            Event::BuildStarted {
                functions: 1,
                target: "x86_64-unknown-linux-gnu",
                linker: None,
            },
            Some("    Building 1 function for x86_64-unknown-linux-gnu"),
            json!({
                "event": "build-started",
                "functions": 1,
                "target": "x86_64-unknown-linux-gnu",
                "linker": null,
            }),
        ),
        (
            Event::Built {
                handler: "buy".to_owned(),
                sha256: "hash".to_owned(),
                size: 512_345,
                elapsed,
                compiled: true,
            },
            Some("       Built `buy` 512 KB, 1.50 s"),
            json!({
                "event": "built",
                "handler": "buy",
                "sha256": "hash",
                "size": 512_345,
                "seconds": 1.5,
                "compiled": true,
            }),
        ),
        (
            Event::BuildFinished,
            None,
            json!({ "event": "build-finished" }),
        ),
        (
            Event::StepStarted { step: step() },
            None,
            json!({ "event": "step-started", "step": step_json }),
        ),
        (
            Event::StepWaiting {
                step: step(),
                cause: "it is Pending".to_owned(),
            },
            Some("     Waiting for role `shop-dev-buy`: it is Pending"),
            json!({ "event": "step-waiting", "step": step_json, "cause": "it is Pending" }),
        ),
        (
            Event::StepFinished {
                step: step(),
                elapsed,
            },
            Some("     Created role `shop-dev-buy` 1.50 s"),
            json!({ "event": "step-finished", "step": step_json, "seconds": 1.5 }),
        ),
        (
            Event::StepFailed {
                step: step(),
                error: "no".to_owned(),
            },
            Some("      Failed role `shop-dev-buy`: no"),
            json!({ "event": "step-failed", "step": step_json, "error": "no" }),
        ),
        (
            Event::StepKept {
                step: step(),
                cause: "an alias references it".to_owned(),
            },
            Some("        Kept role `shop-dev-buy`: an alias references it"),
            json!({ "event": "step-kept", "step": step_json, "cause": "an alias references it" }),
        ),
        (
            Event::StepLeft {
                step: step(),
                cause: "it is Pending".to_owned(),
            },
            Some("        Left role `shop-dev-buy`: it is Pending"),
            json!({ "event": "step-left", "step": step_json, "cause": "it is Pending" }),
        ),
        (
            Event::Retrying {
                operation: "GetRole".to_owned(),
                cause: "no answer".to_owned(),
            },
            Some("    Retrying GetRole: no answer"),
            json!({ "event": "retrying", "operation": "GetRole", "cause": "no answer" }),
        ),
        (
            Event::ExecutionStarted {
                test: "BUY".to_owned(),
                execution_arn: "arn".to_owned(),
            },
            None,
            json!({ "event": "execution-started", "test": "BUY", "execution_arn": "arn" }),
        ),
        (
            Event::LoadProgress(Progress {
                executions: 30,
                total: 300,
                failed: 2,
                per_second: Some(8.5),
            }),
            Some("     Running 30 of 300 executions, 2 failed, 8.50 per second"),
            json!({
                "event": "load-progress",
                "executions": 30,
                "total": 300,
                "failed": 2,
                "per_second": 8.5,
            }),
        ),
        (
            Event::Changed {
                files: ["a", "b", "c", "d", "e", "f", "g"].map(Into::into).into(),
            },
            Some("     Changed a, b, c, d, e, 2 more"),
            json!({ "event": "changed", "files": ["a", "b", "c", "d", "e", "f", "g"] }),
        ),
        (
            Event::Watching,
            Some("     Waiting for changes (Ctrl-C ends)"),
            json!({ "event": "watching" }),
        ),
    ]
}

#[test]
fn each_event_has_its_line_and_its_json() {
    for (event, text, data) in events() {
        assert_eq!(line(&event).map(|text| plain(&text)).as_deref(), text);
        assert_eq!(serde_json::to_value(&event).unwrap(), data);
    }
}

#[test]
fn counts_agree_with_their_nouns() {
    assert_eq!(counted(0, "resource"), "0 resources");
    assert_eq!(counted(1, "resource"), "1 resource");
    assert_eq!(counted(2, "resource"), "2 resources");
}
