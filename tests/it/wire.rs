//! The scripted endpoint itself: a harness that lies would make every suite worthless.

use std::time::Duration;

use aws_sdk_lambda::error::ProvideErrorMetadata;

use crate::support::account::Account;
use crate::support::emulators::Emulators;
use crate::support::wire::{Act, Rule, Wire};

#[tokio::test]
async fn an_error_reaches_the_sdk_in_each_protocol() {
    let wire = Wire::scripted().await;
    wire.rule(Rule::on(
        "iam.ListRoles",
        Act::Error(404, "NoSuchEntity", "no role"),
    ))
    .rule(Rule::on(
        "lambda.GetFunction",
        Act::Error(409, "ResourceConflictException", "in progress"),
    ))
    .rule(Rule::on(
        "states.ListStateMachines",
        Act::Error(400, "AccessDeniedException", "not you"),
    ))
    .rule(Rule::on(
        "logs.DescribeLogGroups",
        Act::Error(400, "InvalidParameterException", "bad"),
    ));
    let account = Account::at(&wire.url()).await;

    let iam = account.iam.list_roles().send().await.unwrap_err();
    let lambda = account
        .lambda
        .get_function()
        .function_name("f")
        .send()
        .await
        .unwrap_err();
    let states = account
        .states
        .list_state_machines()
        .send()
        .await
        .unwrap_err();
    let logs = account.logs.describe_log_groups().send().await.unwrap_err();

    assert_eq!(
        (iam.code(), iam.message()),
        (Some("NoSuchEntity"), Some("no role"))
    );
    assert_eq!(
        (lambda.code(), lambda.message()),
        (Some("ResourceConflictException"), Some("in progress"))
    );
    assert_eq!(
        (states.code(), states.message()),
        (Some("AccessDeniedException"), Some("not you"))
    );
    assert_eq!(
        (logs.code(), logs.message()),
        (Some("InvalidParameterException"), Some("bad"))
    );
    wire.finish();
}

#[tokio::test]
async fn a_rule_fires_on_the_call_that_it_names() {
    let wire = Wire::scripted().await;
    let denied = || Act::Error(400, "AccessDeniedException", "second");
    let missing = || Act::Error(400, "InvalidName", "others");
    wire.rule(Rule::on("states.CreateStateMachine", denied()).after(1))
        .rule(Rule::on("states.CreateStateMachine", missing()).times(2));
    let account = Account::at(&wire.url()).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        let call = account
            .states
            .create_state_machine()
            .name("n")
            .definition("{}")
            .role_arn("r");
        codes.push(
            call.send()
                .await
                .unwrap_err()
                .code()
                .unwrap_or_default()
                .to_owned(),
        );
    }
    assert_eq!(
        codes,
        ["InvalidName", "AccessDeniedException", "InvalidName"]
    );
}

#[tokio::test]
async fn calls_at_the_same_time_count_once() {
    let wire = Wire::scripted().await;
    let delay = Duration::from_millis(200);
    wire.delay(delay)
        .rule(Rule::on("iam.ListRoles", Act::Error(404, "NoSuchEntity", "no role")).always());
    let account = Account::at(&wire.url()).await;
    let call = || account.iam.list_roles().send();
    let _ = tokio::join!(call(), call(), call());
    let in_flight = wire.in_flight();
    assert_eq!(wire.chain().len(), 1);
    assert_eq!(wire.count("iam.ListRoles"), 3);
    assert!(in_flight >= delay && in_flight < delay * 2, "{in_flight:?}");
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_dropped_answer_leaves_the_write_done() {
    let emulators = Emulators::required();
    let ministack = emulators.ministack().await;
    let wire = Wire::in_front_of(&ministack.url()).await;
    wire.rule(Rule::on("logs.CreateLogGroup", Act::DropAnswer));
    let account = Account::at(&wire.url()).await;
    let second = account
        .logs
        .create_log_group()
        .log_group_name("g")
        .send()
        .await;
    assert_eq!(
        second.unwrap_err().code(),
        Some("ResourceAlreadyExistsException"),
        "the SDK tries again, and the first try was done"
    );
    assert_eq!(wire.count("logs.CreateLogGroup"), 2);
    assert_eq!(account.snapshot().await.0, ["log group g keeps None days"]);
}
