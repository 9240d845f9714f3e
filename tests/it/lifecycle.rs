//! A stack from its first deploy to its end, on ministack, which nobody here wrote.
//!
//! Gaps of ministack 1.5.33 that these tests step round:
//! - An execution that is started through a version or an alias runs the newest definition. What a rollback did is
//!   therefore read from the alias, and not from what an execution answers.
//! - `StartSyncExecution` knows no version and no alias.
//! - `tracingConfiguration` of a state machine is not kept, so no project here asks for tracing.
//! - A role that does not exist is accepted; moto is the one that refuses it.

use serde_json::json;

use crate::shown::assert_shown;
use crate::support::account::Snapshot;
use crate::support::project::{Project, task};
use crate::support::stack::Stack;

#[tokio::test]
#[ignore = "needs the emulators"]
async fn both_tests_pass_after_a_deploy() {
    let stack = Stack::deployed(Project::transactions()).await;
    stack
        .txflow(&["test", "--type", "PURCHASE"])
        .run()
        .await
        .succeeded();
    stack
        .txflow(&["test", "--type", "REFUND"])
        .run()
        .await
        .succeeded();
    let test = stack.txflow(&["test"]).run().await.succeeded();
    assert_shown!("test", test.stdout);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_failed_expectation_is_exit_code_3() {
    let wrong = r#"
[tests.WRONG]
input = { type = "PURCHASE", id = "p-2" }
expect = { status = "SUCCEEDED", output = { handler = "refund-handler" } }

[tests.REFUSED]
input = { type = "PURCHASE", fail = true }
expect = { status = "SUCCEEDED" }

[tests.UNKNOWN]
input = { type = "GIFT" }
expect = { status = "FAILED", error = "UnknownType" }
"#;
    let stack = Stack::deployed(Project::transactions().settings(wrong)).await;
    let wrong = stack.txflow(&["test", "--type", "WRONG"]).run().await;
    assert_shown!("not_as_expected", wrong.exits_with(3).stdout);
    let refused = stack.txflow(&["test", "--type", "REFUSED"]).run().await;
    assert_shown!("refused", refused.exits_with(3).stdout);
    stack
        .txflow(&["test", "--type", "UNKNOWN"])
        .run()
        .await
        .succeeded();
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_plan_writes_nothing_and_says_what_a_deploy_would_do() {
    let stack = Stack::new(Project::transactions()).await;
    let plan = stack.txflow(&["plan", "--exit-code"]).run().await;
    assert_shown!("first_plan", plan.exits_with(4).stdout);
    assert_eq!(stack.written(), [""; 0]);
    stack.txflow(&["deploy"]).run().await.succeeded();
    stack
        .txflow(&["plan", "--exit-code"])
        .run()
        .await
        .succeeded();
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_deploy_without_a_change_writes_nothing() {
    let stack = Stack::deployed(Project::transactions()).await;
    let before = stack.account.snapshot().await;
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.written(), [""; 0]);
    assert_eq!(stack.account.snapshot().await, before);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_change_in_one_handler_republishes_that_function_alone() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack.project.change_handler("purchase-handler");
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(
        stack.written(),
        [
            "lambda.UpdateFunctionCode",
            "states.UpdateStateMachine",
            "states.UpdateStateMachineAlias"
        ]
    );
    assert_eq!(
        stack
            .account
            .versions("transactions-dev-purchase-handler")
            .await,
        [1, 2]
    );
    assert_eq!(
        stack
            .account
            .versions("transactions-dev-refund-handler")
            .await,
        [1]
    );
    assert_eq!(stack.live().await, 2);
    stack.txflow(&["test"]).run().await.succeeded();
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_changed_setting_republishes_its_function() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack
        .project
        .function_settings("refund-handler", "timeout = 17\n")
        .write();
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(
        stack
            .account
            .versions("transactions-dev-purchase-handler")
            .await,
        [1]
    );
    assert_eq!(
        stack
            .account
            .versions("transactions-dev-refund-handler")
            .await,
        [1, 2]
    );
    stack.wire.clear();
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.written(), [""; 0]);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_rollback_is_one_write_and_forward_again_is_another() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack.project.change_handler("refund-handler");
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.live().await, 2);

    stack.wire.clear();
    stack.txflow(&["rollback"]).run().await.succeeded();
    assert_eq!(stack.written(), ["states.UpdateStateMachineAlias"]);
    assert_eq!(stack.live().await, 1);

    stack
        .txflow(&["rollback", "--to", "2"])
        .run()
        .await
        .succeeded();
    assert_eq!(stack.live().await, 2);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_deploy_after_a_rollback_makes_the_files_live_again() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack.project.change_handler("refund-handler");
    stack.txflow(&["deploy"]).run().await.succeeded();
    let newest = stack.account.snapshot().await;
    stack.txflow(&["rollback"]).run().await.succeeded();
    assert_ne!(stack.account.snapshot().await, newest);
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.account.snapshot().await, newest);
    stack.wire.clear();
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.written(), [""; 0]);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_changed_definition_is_a_release_of_the_same_functions() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    let definition = json!({ "StartAt": "Only", "States": { "Only": task("purchase-handler") } });
    stack.project = stack.project.without_tests().definition(definition).write();
    stack.txflow(&["deploy"]).run().await.succeeded();
    let written = stack.written();
    assert!(
        written.contains(&"states.UpdateStateMachineAlias".to_owned()),
        "{written:?}"
    );
    assert!(
        !written
            .iter()
            .any(|operation| operation.starts_with("lambda.")),
        "{written:?}"
    );
    assert_eq!(stack.live().await, 2);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_function_that_is_no_longer_named_is_removed() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    let definition = json!({ "StartAt": "Only", "States": { "Only": task("purchase-handler") } });
    // Only one release is kept, so that none pins the function that goes.
    stack.project = stack
        .project
        .without_handler("refund-handler")
        .without_tests()
        .definition(definition)
        .top_level("keep-versions = 1\n")
        .write();
    stack.txflow(&["deploy"]).run().await.succeeded();
    let named = async || {
        let Snapshot(lines) = stack.account.snapshot().await;
        lines.iter().any(|line| line.contains("refund-handler"))
    };
    assert!(
        named().await,
        "the release before was live until a moment ago"
    );
    stack.wire.clear();
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.written(), [""; 0], "nothing is left to do");
    stack.project = stack.project.change_handler("purchase-handler");
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert!(
        !named().await,
        "it is no longer kept, and nothing else pins the function"
    );
    stack.wire.clear();
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.written(), [""; 0]);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn destroy_leaves_what_was_there_before() {
    let stack = Stack::new(Project::transactions()).await;
    stack.account.bystander("bystander").await;
    let before = stack.account.snapshot().await;
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_ne!(stack.account.snapshot().await, before);
    stack.txflow(&["destroy", "--yes"]).run().await.succeeded();
    assert_eq!(stack.account.snapshot().await, before);

    // And all of it can be made again.
    stack.txflow(&["deploy"]).run().await.succeeded();
    stack.txflow(&["test"]).run().await.succeeded();
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_function_of_someone_else_stops_the_deploy_untouched() {
    let stack = Stack::new(Project::transactions()).await;
    stack
        .account
        .bystander("transactions-dev-purchase-handler")
        .await;
    let before = stack.account.snapshot().await;
    let refused = stack.txflow(&["deploy"]).run().await.exits_with(1);
    assert_shown!("function_of_someone_else", refused.error());
    assert_eq!(stack.written(), [""; 0]);
    stack.txflow(&["destroy", "--yes"]).run().await;
    assert_eq!(stack.account.snapshot().await, before);
}
