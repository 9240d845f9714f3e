//! What AWS does and the emulators do not, put on the wire between txflow and ministack as AWS puts it there.

use serde_json::json;

use crate::shown::assert_shown;
use crate::support::gate::Gate;
use crate::support::project::Project;
use crate::support::reply::Reply;
use crate::support::stack::Stack;
use crate::support::wire::{Act, Call, Rule};

const PURCHASE: &str = "transactions-dev-purchase-handler";

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_new_role_is_not_assumable_at_once() {
    let stack = Stack::new(Project::transactions()).await;
    let lambda = "The role defined for the function cannot be assumed by Lambda.";
    let states = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.";
    let logs = "The state machine IAM Role is not authorized to access the Log Destination";
    stack
        .wire
        .rule(
            Rule::on(
                "lambda.CreateFunction",
                Act::Error(400, "InvalidParameterValueException", lambda),
            )
            .times(2),
        )
        .rule(Rule::on(
            "states.CreateStateMachine",
            Act::Error(400, "AccessDeniedException", states),
        ))
        .rule(Rule::on(
            "states.CreateStateMachine",
            Act::Error(400, "AccessDeniedException", logs),
        ));
    let deploy = stack.txflow(&["deploy"]).run().await.succeeded();
    deploy
        .says("for function `transactions-dev-purchase-handler`: AWS cannot use its role yet")
        .says("for state machine `transactions-dev`: AWS cannot use its role yet");
    stack.wire.finish();
    assert_eq!(stack.live().await, 1);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_function_that_failed_ends_the_wait_with_its_reason() {
    let stack = Stack::new(Project::transactions()).await;
    let failed = json!({ "Configuration": {
        "FunctionName": PURCHASE,
        "State": "Failed",
        "StateReasonCode": "SubnetOutOfIPAddresses",
        "StateReason": "Lambda was not able to set up VPC access, because a subnet is out of IP addresses",
        "LastUpdateStatus": "Failed"
    } });
    stack.wire.rule(
        Rule::on(
            "lambda.GetFunction",
            Act::Reply(Reply::json(200, failed.to_string())),
        )
        // Each function is read once before the plan is made.
        .after(2)
        .always(),
    );
    let deploy = stack.txflow(&["deploy"]).run().await.exits_with(1);
    deploy
        .says("SubnetOutOfIPAddresses")
        .says("out of IP addresses");
    assert_eq!(
        stack.wire.count("states.CreateStateMachineAlias"),
        0,
        "nothing goes live with a function that failed"
    );
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_function_of_which_an_update_failed_ends_the_wait_with_its_reason() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack
        .project
        .function_settings("purchase-handler", "memory = 256\n")
        .write();
    let failed = json!({ "Configuration": {
        "FunctionName": PURCHASE,
        "State": "Active",
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReasonCode": "InvalidSecurityGroup",
        "LastUpdateStatusReason": "the security group is gone"
    } });
    stack.wire.rule(
        Rule::on(
            "lambda.GetFunction",
            Act::Reply(Reply::json(200, failed.to_string())),
        )
        // Each function is read once before the plan is made.
        .after(2)
        .always(),
    );
    let deploy = stack.txflow(&["deploy"]).run().await.exits_with(1);
    assert_shown!("failed_update", deploy.error());
    assert_eq!(stack.live().await, 1);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn an_update_in_progress_is_waited_for() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack
        .project
        .function_settings("purchase-handler", "memory = 256\n")
        .change_handler("purchase-handler");
    let busy = "The operation cannot be performed at this time. An update is in progress for resource: \
                arn:aws:lambda:us-east-1:000000000000:function:transactions-dev-purchase-handler";
    let conflict = || Act::Error(409, "ResourceConflictException", busy);
    stack
        .wire
        .rule(Rule::on("lambda.UpdateFunctionConfiguration", conflict()))
        .rule(Rule::on("lambda.UpdateFunctionCode", conflict()).times(2));
    stack.txflow(&["deploy"]).run().await.succeeded();
    stack.wire.finish();
    assert_eq!(stack.live().await, 2);
}

const REVISION: &str = "The RevisionId provided does not match the latest RevisionId for the Lambda function or alias. \
     Call the GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource.";

#[tokio::test]
#[ignore = "needs the emulators"]
async fn someone_else_who_deploys_is_reported_as_that() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack.project.change_handler("purchase-handler");
    let changed = Act::Error(412, "PreconditionFailedException", REVISION);
    stack
        .wire
        .rule(Rule::on("lambda.UpdateFunctionCode", changed).always());
    // Nothing that the deploy manages has changed, and still AWS refuses: that ends, too.
    let deploy = stack.txflow(&["deploy"]).run().await.exits_with(1);
    assert_shown!("changed_by_someone_else", deploy.error());
    assert_eq!(stack.live().await, 1);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_revision_that_a_tag_made_is_no_conflict() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack
        .project
        .function_settings("purchase-handler", "memory = 256\n")
        .change_handler("purchase-handler");
    let stale = || Act::Error(412, "PreconditionFailedException", REVISION);
    stack
        .wire
        .rule(Rule::on("lambda.UpdateFunctionConfiguration", stale()))
        .rule(Rule::on("lambda.UpdateFunctionCode", stale()));
    stack.txflow(&["deploy"]).run().await.succeeded();
    stack.wire.finish();
    assert_eq!(stack.live().await, 2);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn the_architecture_goes_with_each_code() {
    let mut stack = Stack::deployed(Project::transactions()).await;
    stack.project = stack.project.change_handler("purchase-handler");
    stack.txflow(&["deploy"]).run().await.succeeded();
    let calls = stack.wire.calls();
    let update = calls
        .iter()
        .find(|call| call.operation == "lambda.UpdateFunctionCode")
        .expect("an update");
    assert!(
        update.body.contains(r#""Architectures":["x86_64"]"#),
        "AWS would take x86_64 for a missing one"
    );
    assert!(
        update.body.contains(r#""RevisionId":"#),
        "another deploy at the same time must show"
    );
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn changed_tags_of_a_state_machine_are_set_by_name() {
    let mut stack =
        Stack::deployed(Project::transactions().settings("[tags]\nteam = \"blue\"\n")).await;
    stack.project = Project::transactions()
        .settings("[tags]\nowner = \"red\"\n")
        .write();
    stack.txflow(&["deploy"]).run().await.succeeded();
    let written = stack.written();
    for operation in [
        "states.TagResource",
        "states.UntagResource",
        "iam.TagRole",
        "iam.UntagRole",
    ] {
        assert!(
            written.contains(&operation.to_owned()),
            "{operation} is missing in {written:?}"
        );
    }
    let snapshot = stack.account.snapshot().await;
    assert!(
        !snapshot.0.iter().any(|line| line.contains("team=blue")),
        "{snapshot:?}"
    );
    assert_eq!(
        snapshot
            .0
            .iter()
            .filter(|line| line.ends_with("owner=red"))
            .count(),
        8,
        "{snapshot:?}"
    );
    stack.wire.clear();
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.written(), [""; 0]);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_state_machine_that_is_still_being_deleted_is_waited_for() {
    let stack = Stack::new(Project::transactions()).await;
    let deleting = "State Machine is being deleted: 'arn:aws:states:us-east-1:000000000000:stateMachine:transactions-dev'";
    stack.wire.rule(
        Rule::on(
            "states.CreateStateMachine",
            Act::Error(400, "StateMachineDeleting", deleting),
        )
        .times(2),
    );
    stack.txflow(&["deploy"]).run().await.succeeded();
    stack.wire.finish();
    assert_eq!(stack.live().await, 1);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn the_role_outlives_the_state_machine_whose_deletion_takes_time() {
    let stack = Stack::deployed(Project::transactions()).await;
    // The first look is the observation of the stack; those after the deletion still see it go.
    stack.wire.rule(
        Rule::on("states.DescribeStateMachine", Act::Answer(being_deleted))
            .after(looks_before_deletion(&stack).await)
            .times(2),
    );
    stack.txflow(&["destroy", "--yes"]).run().await.succeeded();
    stack.wire.finish();
    let calls = stack.wire.calls();
    let last_look = position(&calls, "states.DescribeStateMachine").max();
    let of_state_machine = |at: &usize| calls[*at].body.contains("transactions-dev-state-machine");
    let role = position(&calls, "iam.DeleteRole").find(of_state_machine);
    assert!(
        role.is_some() && last_look < role,
        "the role went before the state machine was gone"
    );
    assert!(stack.account.snapshot().await.is_empty());
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn the_policies_of_a_role_go_before_the_role() {
    let stack = Stack::deployed(Project::transactions()).await;
    let role = stack
        .account
        .iam
        .put_role_policy()
        .role_name("transactions-dev-state-machine");
    let statement = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    role.policy_name("by-hand")
        .policy_document(statement)
        .send()
        .await
        .expect("PutRolePolicy");
    stack.txflow(&["destroy", "--yes"]).run().await.succeeded();
    assert!(stack.account.snapshot().await.is_empty());
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn running_executions_are_stopped_by_a_destroy() {
    let waiting = json!({ "StartAt": "Wait", "States": {
        "Wait": { "Type": "Wait", "Seconds": 3000, "Next": "Purchase" },
        "Purchase": crate::support::project::task("purchase-handler"),
    } });
    let project = Project::transactions()
        .without_handler("refund-handler")
        .without_tests()
        .definition(waiting);
    let stack = Stack::deployed(project).await;
    let start = stack
        .account
        .states
        .start_execution()
        .state_machine_arn(crate::support::stack::STATE_MACHINE);
    start.send().await.expect("StartExecution");
    // The emulator ends the executions itself if it hears of the deletion first; AWS lets them run on.
    let gate = Gate::closed();
    let deletion = Act::Before(gate.clone());
    stack
        .wire
        .rule(Rule::on("states.DeleteStateMachine", deletion));
    let destroy = tokio::spawn(stack.txflow(&["destroy", "--yes"]).run());
    let is_stop =
        |call: &Call| call.operation == "states.StopExecution" && call.status == Some(200);
    while !stack.wire.calls().iter().any(is_stop) {
        assert!(!destroy.is_finished(), "nothing is stopped");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    gate.open();
    destroy.await.unwrap().succeeded();
    assert_eq!(stack.wire.count("states.StopExecution"), 1);
    assert!(stack.account.snapshot().await.is_empty());
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn throttling_is_told_and_outlasted() {
    let stack = Stack::new(Project::transactions()).await;
    let throttled = |code| Act::Error(400, code, "Rate exceeded");
    stack
        .wire
        .rule(Rule::on("iam.CreateRole", throttled("Throttling")))
        .rule(Rule::on(
            "lambda.CreateFunction",
            Act::Error(429, "TooManyRequestsException", "Rate exceeded"),
        ))
        .rule(Rule::on(
            "states.CreateStateMachine",
            throttled("ThrottlingException"),
        ))
        .rule(Rule::on(
            "logs.CreateLogGroup",
            throttled("ThrottlingException"),
        ));
    stack
        .txflow(&["deploy"])
        .run()
        .await
        .succeeded()
        .says("CreateRole");
    stack.wire.finish();
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_connection_that_breaks_is_made_again() {
    let stack = Stack::new(Project::transactions()).await;
    stack
        .wire
        .rule(Rule::on("iam.ListRoles", Act::Drop))
        .rule(Rule::on("logs.CreateLogGroup", Act::Drop))
        .rule(Rule::on("lambda.CreateFunction", Act::Drop))
        .rule(Rule::on("states.CreateStateMachine", Act::Drop));
    stack.txflow(&["deploy"]).run().await.succeeded();
    stack.wire.finish();
    assert_eq!(stack.live().await, 1);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn another_account_is_refused_before_the_first_write() {
    let project = Project::transactions().top_level("account = \"999999999999\"\n");
    let stack = Stack::new(project).await;
    let refused = stack.txflow(&["deploy"]).run().await.exits_with(2);
    assert_shown!("another_account", refused.stderr);
    assert_eq!(stack.written(), [""; 0]);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn an_account_in_deploy_toml_is_read_while_the_credentials_are_looked_at() {
    let project = Project::transactions().top_level("account = \"000000000000\"\n");
    let stack = Stack::new(project).await;
    let gate = Gate::closed();
    let held = Act::Before(gate.clone());
    let wire = &stack.wire;
    wire.rule(Rule::on("sts.GetCallerIdentity", held));
    let deploy = stack.txflow(&["deploy"]).run();
    let reads = async {
        gate.reached().await;
        while wire.count("states.DescribeStateMachine") == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(stack.written(), [""; 0]);
        gate.open();
    };
    let (deploy, ()) = tokio::join!(deploy, reads);
    deploy.succeeded();
    assert_eq!(stack.live().await, 1);
}

/// How often a destroy describes the state machine before it deletes it.
async fn looks_before_deletion(stack: &Stack) -> usize {
    stack.txflow(&["destroy", "--yes"]).run().await.succeeded();
    let calls = stack.wire.calls();
    let deletion = position(&calls, "states.DeleteStateMachine")
        .min()
        .expect("a deletion");
    let looks = position(&calls, "states.DescribeStateMachine")
        .filter(|look| *look < deletion)
        .count();
    stack.txflow(&["deploy"]).run().await.succeeded();
    stack.wire.clear();
    looks
}

fn position<'a>(calls: &'a [Call], operation: &'a str) -> impl Iterator<Item = usize> + 'a {
    let of = move |(index, call): (usize, &Call)| (call.operation == operation).then_some(index);
    calls.iter().enumerate().filter_map(of)
}

fn being_deleted(_: &[Call]) -> Reply {
    let machine = json!({
        "stateMachineArn": crate::support::stack::STATE_MACHINE,
        "name": "transactions-dev",
        "status": "DELETING",
        "definition": "{}",
        "roleArn": "arn:aws:iam::000000000000:role/txflow/transactions/dev/transactions-dev-state-machine",
        "type": "STANDARD",
        "creationDate": 0
    });
    Reply::json(200, machine.to_string())
}
