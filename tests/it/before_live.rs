//! Releases that are tested before callers get them, and releases that go back since their tests fail.

use serde_json::{Value, json};

use crate::endings::Local;
use crate::support::account::Account;
use crate::support::gate::Gate;
use crate::support::project::{Project, start_and_wait, task};
use crate::support::stack::STATE_MACHINE;
use crate::support::txflow::Outcome;
use crate::support::wire::{Act, Rule, Wire};

const BEFORE: [&str; 2] = ["deploy", "--test-before-live"];
const AFTER: [&str; 3] = ["deploy", "--test", "--rollback-on-failure"];

/// A test that fails as soon as the handler of purchases has other code.
const FIRST: &str = r#"
[tests.FIRST]
input = { type = "PURCHASE" }
expect = { output = { revision = 1 } }
"#;

fn project() -> Project {
    Project::transactions().without_tests().settings(FIRST)
}

/// A stage with one release, whose next one fails its test.
async fn about_to_fail() -> Local {
    let mut local = Local::deployed(project()).await;
    local.project = local.project.change_handler("purchase-handler");
    local
}

/// The same with a test that fits.
fn mended(project: Project) -> Project {
    project
        .without_tests()
        .settings(&FIRST.replace("revision = 1", "revision = 2"))
        .write()
}

async fn releases(local: &Local) -> usize {
    let account = Account::at(&local.server.url).await;
    let versions = account.states.list_state_machine_versions();
    let versions = versions.state_machine_arn(STATE_MACHINE).send().await;
    versions.expect("versions").state_machine_versions.len()
}

/// The documents on stdout, with `--json`.
fn documents(outcome: &Outcome) -> Vec<Value> {
    let documents = serde_json::Deserializer::from_str(&outcome.stdout).into_iter();
    documents.map(|one| one.expect("JSON")).collect()
}

#[tokio::test]
async fn a_release_whose_tests_fail_is_not_live_and_is_tested_again() {
    let mut local = about_to_fail().await;
    for _ in 0..2 {
        let failed = local.txflow(&BEFORE).run().await.exits_with(3);
        failed
            .says("FAIL FIRST")
            .says("tests failed: transactions-dev is live: release 1, as before")
            .says("release 2 was tested and failed, so callers never got it");
        assert_eq!(local.live().await, Some(1));
        assert_eq!(releases(&local).await, 2);
    }
    let written = local.written();
    assert!(
        !written.contains(&"states.UpdateStateMachineAlias".to_owned()),
        "{written:?}"
    );
    let started: Vec<String> = { local.wire.calls().into_iter() }
        .filter(|call| call.operation == "states.StartExecution")
        .map(|call| call.body)
        .collect();
    assert_eq!(started.len(), 2);
    let version = format!("{STATE_MACHINE}:2\"");
    assert!(
        started.iter().all(|body| body.contains(&version)),
        "{started:?}"
    );

    local.project = mended(local.project);
    local
        .txflow(&BEFORE)
        .run()
        .await
        .succeeded()
        .says("transactions-dev is live: release 2");
    assert_eq!(local.live().await, Some(2));
    assert_eq!(releases(&local).await, 2);
    // Nothing is left to do, and what is live is tested.
    local
        .txflow(&BEFORE)
        .run()
        .await
        .succeeded()
        .says("nothing to change")
        .says("PASS FIRST");
    local
        .txflow(&["plan", "--exit-code"])
        .run()
        .await
        .succeeded();
}

#[tokio::test]
async fn a_first_release_whose_tests_fail_is_not_live() {
    let wrong = FIRST.replace("revision = 1", "revision = 7");
    let local = Local::new(project().without_tests().settings(&wrong)).await;
    let arguments = [&BEFORE[..], &["--json"]].concat();
    let failed = local.txflow(&arguments).run().await.exits_with(3);
    let documents = documents(&failed);
    assert_eq!(documents[0][0]["passed"], false);
    assert_eq!(documents[1]["failed_release"], 1);
    assert_eq!(documents[1]["release"], Value::Null);
    assert_eq!(documents[1]["outcome"], "not-moved");
    assert_eq!(documents.len(), 2);
    assert_eq!(local.live().await, None);
    local
        .txflow(&BEFORE)
        .run()
        .await
        .exits_with(3)
        .says("transactions-dev is not live: no release is, as before");
    assert_eq!(releases(&local).await, 1);
}

#[tokio::test]
async fn a_rollback_leaves_out_a_release_that_was_never_live() {
    let mut local = about_to_fail().await;
    local.txflow(&BEFORE).run().await.exits_with(3);
    local.project = local
        .project
        .change_handler("purchase-handler")
        .without_tests()
        .write();
    local.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(local.live().await, Some(3));
    local
        .txflow(&["rollback"])
        .run()
        .await
        .succeeded()
        .says("release 1");
    assert_eq!(local.live().await, Some(1));
}

#[tokio::test]
async fn a_deploy_that_is_killed_between_publication_and_alias_is_finished_by_the_next_one() {
    for operation in ["states.StartExecution", "states.UpdateStateMachineAlias"] {
        let mut local = about_to_fail().await;
        local.project = mended(local.project);
        let held = match operation {
            "states.UpdateStateMachineAlias" => Act::Before(Gate::closed()),
            _ => Act::Hold,
        };
        let gate = match &held {
            Act::Before(gate) => Some(gate.clone()),
            _ => None,
        };
        local.wire.rule(Rule::on(operation, held));
        let mut child = local.txflow(&BEFORE).start();
        match gate {
            Some(gate) => gate.reached().await,
            None => local.wire.held().await,
        }
        child.kill().await.expect("it can be killed");
        assert_eq!(local.live().await, Some(1), "killed at {operation}");
        local.wire.clear();
        local.txflow(&BEFORE).run().await.succeeded();
        assert_eq!(local.live().await, Some(2));
        assert_eq!(releases(&local).await, 2);
    }
}

#[tokio::test]
async fn an_interrupt_during_the_tests_says_that_live_has_not_moved() {
    let local = about_to_fail().await;
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    local.wire.rule(Rule::on("states.StartExecution", held));
    let child = local.txflow(&BEFORE).start_piped();
    gate.reached().await;
    crate::support::txflow::interrupt(&child);
    let ended = child.wait_with_output().await.expect("its end");
    gate.open();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(
        said.contains("release 2 is published and its tests were not completed; this deploy did not move `live`"),
        "{said}"
    );
    assert_eq!(local.live().await, Some(1));
}

/// Another checkout of the same project, with other code.
async fn other_deploys(local: &Local) {
    let other = project().write();
    let other = other
        .change_handler("purchase-handler")
        .change_handler("purchase-handler");
    let deploy = other.txflow(&local.server.url, &["deploy"]);
    deploy.run().await.succeeded();
}

/// Another deploy goes live while the tests of this one run.
async fn overtaken(local: &Local, arguments: &[&str]) -> Outcome {
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    local.wire.rule(Rule::on("states.StartExecution", held));
    let deploy = tokio::spawn(local.txflow(arguments).run());
    gate.reached().await;
    other_deploys(local).await;
    assert_eq!(local.live().await, Some(3));
    gate.open();
    deploy.await.expect("its end")
}

#[tokio::test]
async fn what_goes_live_while_a_release_is_tested_stays() {
    let mut local = about_to_fail().await;
    local.project = mended(local.project);
    let late = overtaken(&local, &BEFORE).await.exits_with(1);
    late.says("release 2 is not live although its tests passed")
        .says("has moved `live` to release 3 meanwhile");
    assert_eq!(local.live().await, Some(3));
}

#[tokio::test]
async fn what_is_live_after_failed_tests_is_read_again() {
    let local = about_to_fail().await;
    let failed = overtaken(&local, &BEFORE).await.exits_with(3);
    failed
        .says("transactions-dev is live: release 3, which was made live meanwhile")
        .says("release 2 failed; this deploy leaves `live` as it is now");
    assert_eq!(local.live().await, Some(3));
}

/// Whether the tests run on what is live, or before.
#[tokio::test]
async fn a_destroy_during_the_tests_is_told() {
    for (arguments, told) in [
        (
            &AFTER[..],
            "tests failed: transactions-dev is not live: no release is any more",
        ),
        (
            &BEFORE,
            "another command has removed `live` while release 2 was tested",
        ),
    ] {
        let local = about_to_fail().await;
        let gate = Gate::closed();
        let held = Act::Before(gate.clone());
        local.wire.rule(Rule::on("states.StartExecution", held));
        let deploy = tokio::spawn(local.txflow(arguments).run());
        gate.reached().await;
        let destroy = ["destroy", "--yes"];
        let destroy = local.project.txflow(&local.server.url, &destroy);
        destroy.run().await.succeeded();
        gate.open();
        let ended = deploy.await.expect("its end");
        assert!(
            !ended.stderr.contains("could not be moved back"),
            "{ended:?}"
        );
        ended.says(told);
    }
}

/// Two jobs of the same commit: both publish the same version, and the later one goes on.
#[tokio::test]
async fn two_deploys_of_the_same_sources_make_one_release_live() {
    let mut local = about_to_fail().await;
    local.project = mended(local.project);
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    local.wire.rule(Rule::on("states.StartExecution", held));
    let first = tokio::spawn(local.txflow(&BEFORE).run());
    gate.reached().await;
    let second = local.txflow(&BEFORE).run().await;
    second.succeeded().says("is live: release 2");
    gate.open();
    let first = first.await.expect("its end");
    first.succeeded().says("is live: release 2");
    assert_eq!(local.live().await, Some(2));
    assert_eq!(releases(&local).await, 2);
    let plan = local.txflow(&["plan", "--exit-code"]);
    plan.run().await.succeeded();
    // What was live before either of them is still known.
    let back = local.txflow(&["rollback"]);
    back.run().await.succeeded().says("release 1");
    assert_eq!(local.live().await, Some(1));
}

/// What failed its tests is published, which neither `status` nor `plan` may keep to itself.
#[tokio::test]
async fn a_release_that_is_not_live_is_told() {
    let local = about_to_fail().await;
    local.txflow(&BEFORE).run().await.exits_with(3);
    let status = local.txflow(&["status"]).run().await.succeeded();
    status.says("not live  release 2 is published; release 1 is live");
    let plan = local.txflow(&["plan"]).run().await.succeeded();
    let told = plan.says("release  1 \u{2192} 2");
    assert!(!told.stdout.contains("(new release)"), "{}", told.stdout);
}

#[tokio::test]
async fn without_a_live_release_the_published_one_is_named() {
    let wrong = FIRST.replace("revision = 1", "revision = 7");
    let local = Local::new(project().without_tests().settings(&wrong)).await;
    local.txflow(&BEFORE).run().await.exits_with(3);
    let status = local.txflow(&["status"]).run().await.succeeded();
    status.says("not live  release 1 is published; no release is live");
    for command in [
        &["start"][..],
        &["diff", "live"],
        &["replay", "--from", "live"],
    ] {
        local.txflow(command).run().await.exits_with(1).says(
            "no release of stage `dev` of stack `transactions` is live; release 1 is published",
        );
    }
}

#[tokio::test]
async fn an_interrupt_during_the_tests_of_what_is_live_says_how_to_go_back() {
    let local = about_to_fail().await;
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    local.wire.rule(Rule::on("states.StartExecution", held));
    let child = local.txflow(&AFTER).start_piped();
    gate.reached().await;
    crate::support::txflow::interrupt(&child);
    let ended = child.wait_with_output().await.expect("its end");
    gate.open();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(
        said.contains("release 2 is live and its tests were not completed; `txflow rollback --to 1 --endpoint-url "),
        "{said}"
    );
    assert_eq!(local.live().await, Some(2));
}

#[tokio::test]
async fn nothing_that_callers_see_changes_before_the_tests_have_passed() {
    let orders = r#"
[[triggers]]
name = "orders"
event-pattern = { source = ["shop.orders"] }
"#;
    let hourly = "[[triggers]]\nname = \"hourly\"\nschedule = \"rate(1 hour)\"\n";
    let by_event = r#"
[tests.EVENT]
event = { source = "shop.orders", detail-type = "Order", detail = { type = "PURCHASE" } }
"#;
    let mut local = Local::deployed(project().settings(orders)).await;
    let others = [FIRST, by_event, hourly, "[defaults]\nmemory = 256\n"].concat();
    local.project = local.project.without_tests().settings(&others);
    local.project = local.project.change_handler("purchase-handler");
    let failed = local.txflow(&BEFORE).run().await.exits_with(3);
    failed.says("it sends an event, which starts the release that is live and not this one");
    let account = Account::at(&local.server.url).await;
    assert_eq!(
        account.triggers().await,
        ["rule transactions-dev.orders ENABLED"]
    );
    let written = local.written();
    let seen = |operation: &String| {
        ["events.", "scheduler."]
            .iter()
            .any(|service| operation.starts_with(service))
    };
    assert!(!written.iter().any(seen), "{written:?}");
}

#[tokio::test]
async fn a_deploy_without_a_test_that_can_run_writes_nothing() {
    let by_event = r#"
[[triggers]]
name = "orders"
event-pattern = { source = ["shop.orders"] }

[tests.EVENT]
event = { source = "shop.orders", detail-type = "Order", detail = {} }
"#;
    for tests in ["", by_event] {
        let project = Project::transactions().without_tests().settings(tests);
        let local = Local::new(project).await;
        local
            .txflow(&BEFORE)
            .run()
            .await
            .exits_with(2)
            .says("nothing was written to AWS");
        assert_eq!(local.written(), [""; 0]);
    }
}

#[tokio::test]
async fn the_tests_of_a_whole_family_decide() {
    let tests = |amount: u32| {
        format!(
            "[tests.MAIN]\ninput = {{}}\n[tests.BILL]\nstate-machine = \"bill\"\ninput = {{}}\nexpect = {{ output = {{ amount = {amount} }} }}\n\
             [tests.ASIDE]\nstate-machine = \"aside\"\ninput = {{}}\nexpect = {{ output = {{ amount = {amount} }} }}\n"
        )
    };
    let pass = |amount: u32| json!({ "StartAt": "Say", "States": { "Say": { "Type": "Pass", "Result": { "amount": amount }, "End": true } } });
    let family = |amount: u32| {
        Project::new("transactions")
            .handler("buy")
            .definition(json!({ "StartAt": "Bill", "States": {
                "Bill": start_and_wait("bill"),
                "Unused": task("buy"),
            } }))
            .beside("bill", pass(amount))
            // No state starts it.
            .beside("aside", pass(amount))
    };
    let local = Local::deployed(
        family(1)
            .definition(json!({ "StartAt": "Bill", "States": { "Bill": start_and_wait("bill") } }))
            .settings(&tests(1)),
    )
    .await;
    let local = Local {
        project: local
            .project
            .beside("bill", pass(2))
            .beside("aside", pass(2))
            .write(),
        ..local
    };
    let arguments = [&BEFORE[..], &["--json"]].concat();
    let failed = local.txflow(&arguments).run().await.exits_with(3);
    let reports = documents(&failed).remove(0);
    let passed: Vec<(Value, Value)> = { reports.as_array().into_iter().flatten() }
        .map(|report| (report["test"].clone(), report["passed"].clone()))
        .collect();
    let expected = [("MAIN", true), ("BILL", false), ("ASIDE", false)];
    assert_eq!(
        passed,
        expected.map(|(test, passed)| (test.into(), passed.into()))
    );
    assert_eq!(local.live().await, Some(1));
}

#[tokio::test]
async fn a_reviewed_plan_is_tested_with_its_own_tests_before_it_is_live() {
    let mut local = about_to_fail().await;
    local.project = mended(local.project);
    local
        .txflow(&["plan", "--out", "dev.plan"])
        .run()
        .await
        .succeeded();
    // The folder has other tests by now.
    local.project = local.project.without_tests().settings(FIRST).write();
    let arguments = [&BEFORE[..], &["--plan", "dev.plan"]].concat();
    local.txflow(&arguments).run().await.succeeded();
    assert_eq!(local.live().await, Some(2));
}

#[tokio::test]
async fn mocks_work_before_a_local_release_is_live() {
    let mocked = r#"
[tests.MOCKED]
input = { type = "PURCHASE" }
expect = { output = { mocked = true } }
mock.Purchase = { result = { mocked = true } }
"#;
    let project = Project::transactions()
        .without_tests()
        .settings(mocked)
        .write();
    let deploy = [&BEFORE[..], &["--local"]].concat();
    project
        .alone(&deploy)
        .run()
        .await
        .succeeded()
        .says("PASS MOCKED")
        .says("is live: release 1");
}

#[tokio::test]
async fn live_goes_back_if_the_tests_of_what_is_live_fail() {
    let local = about_to_fail().await;
    let arguments = [&AFTER[..], &["--json"]].concat();
    let failed = local.txflow(&arguments).run().await.exits_with(3);
    let documents = documents(&failed);
    assert_eq!(documents[0]["release"], 2);
    assert_eq!(documents[1][0]["passed"], false);
    assert_eq!(documents[2]["failed_release"], 2);
    assert_eq!(documents[2]["release"], 1);
    assert_eq!(documents[2]["outcome"], "moved-back");
    assert_eq!(local.live().await, Some(1));
    assert_eq!(local.wire.count("states.UpdateStateMachineAlias"), 2);
    // The same sources are the same release.
    local
        .txflow(&AFTER)
        .run()
        .await
        .exits_with(3)
        .says("transactions-dev is live: release 1, as before this deploy");
    assert_eq!(local.live().await, Some(1));
    assert_eq!(releases(&local).await, 2);
}

#[tokio::test]
async fn live_stays_if_there_is_nothing_to_go_back_to() {
    let wrong = FIRST.replace("revision = 1", "revision = 7");
    let local = Local::new(project().without_tests().settings(&wrong)).await;
    local
        .txflow(&AFTER)
        .run()
        .await
        .exits_with(3)
        .says("transactions-dev is live: release 1, whose tests failed; none was live before it");
    assert_eq!(local.live().await, Some(1));
    // Now nothing is deployed.
    local
        .txflow(&AFTER)
        .run()
        .await
        .exits_with(3)
        .says("this deploy did not move `live`");
    assert_eq!(local.live().await, Some(1));
}

#[tokio::test]
async fn a_release_of_another_deploy_is_not_rolled_back() {
    let local = about_to_fail().await;
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    local.wire.rule(Rule::on("states.StartExecution", held));
    let deploy = tokio::spawn(local.txflow(&AFTER).run());
    gate.reached().await;
    assert_eq!(local.live().await, Some(2));
    other_deploys(&local).await;
    gate.open();
    let failed = deploy.await.expect("its end").exits_with(3);
    failed
        .says("transactions-dev is live: release 3, which was made live meanwhile")
        .says("release 2 failed; this deploy leaves `live` as it is now");
    assert_eq!(local.live().await, Some(3));
}

#[tokio::test]
async fn a_release_of_another_deploy_is_not_said_to_have_failed() {
    let local = about_to_fail().await;
    let failed = overtaken(&local, &["deploy", "--test"]).await;
    let failed = failed
        .exits_with(3)
        .says("transactions-dev is live: release 3, which was made live meanwhile")
        .says("release 2 failed; this deploy leaves `live` as it is now");
    assert!(!failed.stdout.contains("rollback"), "{}", failed.stdout);
}

#[tokio::test]
async fn without_a_way_back_a_failed_test_says_what_is_live() {
    let local = about_to_fail().await;
    local
        .txflow(&["deploy", "--test"])
        .run()
        .await
        .exits_with(3)
        .says("transactions-dev is live: release 2, whose tests failed")
        .says("next: txflow rollback");
    assert_eq!(local.live().await, Some(2));
}

/// A test that could not be started says nothing of the release.
#[tokio::test]
async fn what_cannot_be_tested_is_not_live() {
    let local = about_to_fail().await;
    let denied = Act::Error(400, "AccessDeniedException", "the test says no");
    let wire: &Wire = &local.wire;
    wire.rule(Rule::on("states.StartExecution", denied.clone()).always());
    local
        .txflow(&BEFORE)
        .run()
        .await
        .exits_with(1)
        .says("release 2 is published and its tests were not completed; this deploy did not move `live`")
        .says("the test says no");
    assert_eq!(local.live().await, Some(1));
    local
        .txflow(&AFTER)
        .run()
        .await
        .exits_with(1)
        .says("transactions-dev is live: release 1, as before this deploy");
    assert_eq!(local.live().await, Some(1));
}
