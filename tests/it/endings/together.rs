//! Two deploys of one stage at once, each through a proxy of its own that decides who comes first.

use serde_json::json;

use super::{Local, commit};
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::gate::Gate;
use crate::support::project::{Project, task};
use crate::support::reply::Reply;
use crate::support::wire::{Act, Call, Rule, Wire};

/// Another checkout of the same project, with other code, on its own way to the same AWS.
pub(super) struct Other {
    pub project: Project,
    pub wire: Wire,
    commit: String,
}

impl Other {
    async fn beside(local: &Local) -> Self {
        let project = Project::transactions().write();
        let project = project
            .change_handler("purchase-handler")
            .change_handler("purchase-handler");
        let wire = Wire::in_front_of(&local.server.url).await;
        let commit = commit(&project);
        // So that its deploy does not build while the other waits.
        let plan = project.txflow(&wire.url(), &["plan"]).run().await;
        plan.succeeded();
        wire.clear();
        Self {
            project,
            wire,
            commit,
        }
    }

    async fn deploys(&self) {
        let deploy = self.project.txflow(&self.wire.url(), &["deploy"]);
        deploy.run().await.succeeded();
    }
}

/// A stage whose last release does not call the refunds, with a checkout that still does: the next release of the stage
/// removes their function.
pub(super) async fn with_former_refunds() -> (Local, Other) {
    let one = "keep-versions = 1\n";
    let mut local = Local::deployed(Project::transactions().top_level(one)).await;
    let other = Other::beside(&local).await;
    let definition = json!({ "StartAt": "Only", "States": { "Only": task("purchase-handler") } });
    local.project = local
        .project
        .without_handler("refund-handler")
        .without_tests()
        .definition(definition)
        .write();
    local.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(local.live().await, Some(2));
    local.project = local.project.change_handler("purchase-handler");
    local.wire.clear();
    (local, other)
}

async fn has_refunds(local: &Local) -> bool {
    let account = Account::at(&local.server.url).await;
    let function = account.lambda.get_function();
    let function = function.function_name("transactions-dev-refund-handler");
    function.send().await.is_ok()
}

#[tokio::test]
async fn a_former_function_that_another_deploy_pins_meanwhile_stays() {
    let (local, other) = with_former_refunds().await;
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    local
        .wire
        .rule(Rule::on("states.UpdateStateMachineAlias", held));
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    gate.reached().await;
    other.deploys().await;
    gate.open();
    let kept = deploy.await.unwrap().succeeded();
    kept.says("another deploy has made release 4, which pins it");
    assert!(has_refunds(&local).await);
}

/// As AWS may show it for a moment: `live` leads to the first release.
fn live_is_the_first(_: &[Call]) -> Reply {
    let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:transactions-dev";
    let alias = json!({
        "stateMachineAliasArn": format!("{arn}:live"),
        "name": "live",
        "routingConfiguration": [{ "stateMachineVersionArn": format!("{arn}:1"), "weight": 100 }],
    });
    Reply::json(200, alias.to_string())
}

#[tokio::test]
async fn a_release_that_is_gone_pins_nothing_even_if_the_alias_still_shows_it() {
    let (local, _other) = with_former_refunds().await;
    let stale = Act::Answer(live_is_the_first);
    let stale = Rule::on("states.DescribeStateMachineAlias", stale);
    let gate = Gate::closed();
    let deleted = Rule::on("states.DeleteStateMachineVersion", Act::After(gate.clone()));
    local.wire.rule(deleted.always());
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    // The release is gone before its deletion is answered, and only then is the use of the function looked at.
    gate.reached().await;
    local.wire.rule(stale.always());
    gate.open();
    deploy.await.unwrap().succeeded();
    assert!(!has_refunds(&local).await);
}

/// What is left of a function whose creation is under way: nothing would lead to it once its role is gone.
#[tokio::test]
async fn what_is_left_of_a_function_that_another_deploy_creates_meanwhile_stays() {
    let local = Local::deployed(Project::transactions().without_tests()).await;
    let more = Project::transactions().without_tests();
    let more = more.handler("late-handler").write();
    let wire = Wire::in_front_of(&local.server.url).await;
    more.txflow(&wire.url(), &["plan"]).run().await.succeeded();
    let creating = Gate::closed();
    let held = Act::Before(creating.clone());
    wire.rule(Rule::on("lambda.CreateFunction", held));
    let other = tokio::spawn(more.txflow(&wire.url(), &["deploy"]).run());
    creating.reached().await;

    let project = Project::transactions().without_tests().write();
    let project = project.change_handler("purchase-handler");
    let moving = Gate::closed();
    let held = Act::Before(moving.clone());
    local
        .wire
        .rule(Rule::on("states.UpdateStateMachineAlias", held));
    let deploy = tokio::spawn(project.txflow(&local.wire.url(), &["deploy"]).run());
    moving.reached().await;
    creating.open();
    other.await.unwrap();
    moving.open();
    let kept = deploy.await.unwrap();
    kept.says("another deploy has created it");
    let account = Account::at(&local.server.url).await;
    let role = account.iam.get_role();
    let role = role.role_name("transactions-dev-late-handler").send().await;
    assert!(role.is_ok(), "its role leads to the function");
    project
        .txflow(&local.wire.url(), &["destroy", "--yes"])
        .run()
        .await
        .succeeded();
    assert!(account.snapshot().await.is_empty());
}

#[tokio::test]
async fn a_release_whose_function_another_deploy_has_removed_does_not_go_live() {
    let (local, other) = with_former_refunds().await;
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    other.wire.rule(Rule::on("states.UpdateStateMachine", held));
    let deploy = tokio::spawn(other.project.txflow(&other.wire.url(), &["deploy"]).run());
    gate.reached().await;
    local.txflow(&["deploy"]).run().await.succeeded();
    assert!(!has_refunds(&local).await);
    gate.open();
    let lost = deploy.await.unwrap().exits_with(1);
    lost.says("`transactions-dev-refund-handler` was changed by someone else during this deploy");
    assert_eq!(local.live().await, Some(3), "the other one is live");
}

/// What an outcome must not advise.
const BY_HAND: &str = "by hand";

#[tokio::test]
async fn a_deploy_whose_release_was_replaced_at_once_says_by_whose() {
    let mut local = Local::deployed(Project::transactions()).await;
    local.project = local.project.change_handler("purchase-handler");
    let other = Other::beside(&local).await;
    let gate = Gate::closed();
    let moved = Act::After(gate.clone());
    local
        .wire
        .rule(Rule::on("states.UpdateStateMachineAlias", moved));
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    gate.reached().await;
    assert_eq!(local.live().await, Some(2));
    other.deploys().await;
    assert_eq!(local.live().await, Some(3));
    gate.open();
    let lost = deploy.await.expect("its end").exits_with(1);
    let error = lost.error().replace(&other.commit, "[its commit]");
    assert_shown!("replaced_at_once", error);
    assert_eq!(local.live().await, Some(3), "the loser has left it alone");
}

/// The other deploy finds the triggers as it wants them, and does not write them.
#[tokio::test]
async fn the_triggers_of_a_release_that_goes_live_meanwhile_stay() {
    let triggers = r#"
[[triggers]]
name = "nightly"
schedule = "rate(1 day)"

[[triggers]]
name = "orders"
event-pattern = { source = ["shop"] }
"#;
    let mut local = Local::deployed(Project::transactions().settings(triggers)).await;
    let account = Account::at(&local.server.url).await;
    let all = account.triggers().await;
    for _ in 0..2 {
        local.project = local.project.change_handler("purchase-handler");
    }
    let without = Project::transactions().write();
    let without = without.change_handler("purchase-handler");
    let wire = Wire::in_front_of(&local.server.url).await;
    // The plan looks at what is live, and the deploy once it has moved it.
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    let look = Rule::on("states.DescribeStateMachineAlias", held);
    wire.rule(look.after(2).always());
    let mut deploy = tokio::spawn(without.txflow(&wire.url(), &["deploy"]).run());
    tokio::select! {
        () = gate.reached() => {}
        ended = &mut deploy => panic!("it did not look again: {ended:?}"),
    }
    assert_eq!(local.live().await, Some(2));
    local.txflow(&["deploy"]).run().await.succeeded();
    gate.open();
    let lost = deploy.await.expect("its end").exits_with(1);
    lost.says("release 2 is not live: another command has moved `live` to release 3");
    assert_eq!(account.triggers().await, all);
}

/// A rollback and a destroy leave no deploy to name.
#[tokio::test]
async fn a_deploy_whose_release_was_taken_back_at_once_names_no_other_deploy() {
    for (command, told) in [
        (
            &["rollback"][..],
            "release 2 is not live: another command has moved `live` to release 1",
        ),
        (
            &["destroy", "--yes"],
            "release 2 is not live: another command has removed `live`",
        ),
    ] {
        let mut local = Local::deployed(Project::transactions()).await;
        local.project = local.project.change_handler("purchase-handler");
        let gate = Gate::closed();
        let moved = Act::After(gate.clone());
        local
            .wire
            .rule(Rule::on("states.UpdateStateMachineAlias", moved));
        let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
        gate.reached().await;
        let other = local.project.txflow(&local.server.url, command);
        other.run().await.succeeded();
        gate.open();
        let lost = deploy.await.expect("its end").exits_with(1);
        let lost = lost.says(told);
        assert!(!lost.stderr.contains("deploy of this stage"), "{lost:?}");
    }
}

#[tokio::test]
async fn what_aws_still_shows_of_before_is_not_another_deploy() {
    let mut local = Local::deployed(Project::transactions()).await;
    local.project = local.project.change_handler("purchase-handler");
    // The first look is that of the plan.
    let stale = Rule::on(
        "states.DescribeStateMachineAlias",
        Act::Answer(live_is_the_first),
    );
    local.wire.rule(stale.after(1).times(2));
    local.txflow(&["deploy"]).run().await.succeeded();
    local.wire.finish();
    assert_eq!(local.wire.count("states.DescribeStateMachineAlias"), 4);
}

#[tokio::test]
async fn of_two_first_deploys_the_one_that_comes_too_late_hears_of_the_other() {
    let creations = [
        ("lambda.CreateFunction", "transactions-dev-purchase-handler"),
        ("states.CreateStateMachine", "transactions-dev"),
    ];
    for (creation, name) in creations {
        let local = Local::new(Project::transactions()).await;
        let other = Other::beside(&local).await;
        let gate = Gate::closed();
        let held = Rule::on(creation, Act::Before(gate.clone()));
        local.wire.rule(held.always());
        let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
        gate.reached().await;
        other.deploys().await;
        gate.open();
        let lost = deploy.await.expect("its end").exits_with(1);
        let lost = lost
            .says(&format!(
                "another deploy of this stage is running: it has created `{name}` in the meantime"
            ))
            .says("hint: wait for the other command to finish, then run this one again");
        assert!(!lost.stderr.contains(BY_HAND), "{lost:?}");
        assert!(local.live().await.is_some(), "the other one is live");
    }
}

#[tokio::test]
async fn what_the_other_deploy_makes_is_not_taken_for_somebody_elses() {
    let local = Local::new(Project::transactions()).await;
    let other = Other::beside(&local).await;
    // The tags are read before the state machine is there, and the state machine after.
    let gate = Gate::closed();
    let read = Rule::on("states.DescribeStateMachine", Act::Before(gate.clone()));
    local.wire.rule(read);
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    gate.reached().await;
    while !local
        .wire
        .calls()
        .iter()
        .any(|call| call.operation == "states.ListTagsForResource" && call.status.is_some())
    {
        tokio::task::yield_now().await;
    }
    other.deploys().await;
    gate.open();
    let outcome = deploy.await.expect("its end");
    assert!(!outcome.stderr.contains(BY_HAND), "{outcome:?}");
    outcome.succeeded();
}

#[tokio::test]
async fn what_exists_already_is_looked_at_until_it_shows_its_tags() {
    let local = Local::new(Project::transactions()).await;
    let other = Other::beside(&local).await;
    let gate = Gate::closed();
    for creation in ["logs.CreateLogGroup", "lambda.CreateFunction"] {
        let held = Rule::on(creation, Act::Before(gate.clone()));
        local.wire.rule(held.always());
    }
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    // A log group and a function for each of two handlers.
    for _ in 0..4 {
        gate.reached().await;
    }
    other.deploys().await;
    let untagged = Act::Reply(Reply::json(200, "{}"));
    local
        .wire
        .rule(Rule::on("logs.ListTagsForResource", untagged).times(3));
    gate.open();
    let lost = deploy.await.expect("its end").exits_with(1);
    let lost = lost.says("another deploy of this stage is running");
    assert!(
        !lost.stderr.contains("does not belong to this stack"),
        "{lost:?}"
    );
    assert!(!lost.stderr.contains(BY_HAND), "{lost:?}");
    let calls = local.wire.calls();
    let looks = calls
        .iter()
        .filter(|call| call.operation == "logs.ListTagsForResource" && call.answer == "{}");
    assert_eq!(looks.count(), 3);
}

/// Whose version would be published: what another deploy has written since this one wrote its own.
#[tokio::test]
async fn what_another_deploy_wrote_is_not_published_as_ones_own() {
    let mut local = Local::deployed(Project::transactions()).await;
    let settings = "memory = 1003\n";
    local.project = local
        .project
        .function_settings("purchase-handler", settings)
        .write();
    let gate = Gate::closed();
    let held = Rule::on("lambda.PublishVersion", Act::Before(gate.clone()));
    local.wire.rule(held);
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    gate.reached().await;
    let account = Account::at(&local.server.url).await;
    let update = account.lambda.update_function_configuration();
    let update = update
        .function_name("transactions-dev-purchase-handler")
        .memory_size(2003);
    update.send().await.expect("UpdateFunctionConfiguration");
    gate.open();
    let lost = deploy.await.expect("its end").exits_with(1);
    assert_shown!("changed_by_someone_else", lost.error());
    assert_eq!(local.live().await, Some(1), "callers get no mix of both");
}

#[tokio::test]
async fn the_code_of_another_deploy_is_not_published_as_ones_own() {
    let mut local = Local::deployed(Project::transactions()).await;
    let settings = "memory = 1003\n";
    local.project = local
        .project
        .function_settings("purchase-handler", settings)
        .write();
    let other = Other::beside(&local).await;
    let gate = Gate::closed();
    let held = Rule::on("lambda.PublishVersion", Act::Before(gate.clone()));
    local.wire.rule(held);
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    gate.reached().await;
    other.deploys().await;
    gate.open();
    let lost = deploy.await.expect("its end").exits_with(1);
    assert_shown!("code_changed_by_someone_else", lost.error());
    assert_eq!(local.live().await, Some(2), "the other one is live");
}

/// What somebody does to a function while a deploy is about to update its code.
async fn meanwhile(change: impl AsyncFnOnce(&Account)) -> (Local, crate::support::txflow::Outcome) {
    let mut local = Local::deployed(Project::transactions()).await;
    local.project = local.project.change_handler("purchase-handler");
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    local.wire.rule(Rule::on("lambda.UpdateFunctionCode", held));
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    gate.reached().await;
    change(&Account::at(&local.server.url).await).await;
    gate.open();
    let ended = deploy.await.unwrap();
    (local, ended)
}

#[tokio::test]
async fn a_setting_that_somebody_changes_meanwhile_is_not_overwritten() {
    let (local, deploy) = meanwhile(async |account| {
        let update = account.lambda.update_function_configuration();
        let update = update.function_name("transactions-dev-purchase-handler");
        update.memory_size(512).send().await.unwrap();
    })
    .await;
    deploy
        .exits_with(1)
        .says("`transactions-dev-purchase-handler` was changed by someone else during this deploy");
    assert_eq!(local.live().await, Some(1));
}

#[tokio::test]
async fn a_tag_that_somebody_sets_meanwhile_is_no_conflict() {
    let (local, deploy) = meanwhile(async |account| {
        let tag = account.lambda.tag_resource().tags("seen-by", "somebody");
        let function = "function:transactions-dev-purchase-handler";
        let arn = format!("arn:aws:lambda:us-east-1:000000000000:{function}");
        tag.resource(arn).send().await.unwrap();
    })
    .await;
    deploy.succeeded();
    assert_eq!(local.live().await, Some(2));
}
