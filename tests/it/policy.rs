//! `txflow policy`: what it prints is enough for every command, and no more than they need.

mod escalation;
mod limited;
mod roles_of_others;

use std::collections::BTreeSet;

use serde_json::json;
use txflow::policy;
use txflow::policy::Command;

use self::limited::Limited;
use crate::shown::assert_shown;
use crate::support::project::{Project, start_and_wait, task};

/// What no command below comes to need, though it may.
const NOT_REACHED: &[(Command, &str, &str)] = &[
    (
        Command::Deploy,
        "lambda:ListFunctions",
        "whoever deploys may not see the interfaces of a function that has left its VPC in deploy.toml",
    ),
    (
        Command::Destroy,
        "ec2:DescribeNetworkInterfaces",
        "no function is in a VPC any more",
    ),
    (
        Command::Destroy,
        "lambda:ListFunctions",
        "no function is in a VPC any more",
    ),
    (
        Command::Test,
        "states:DescribeMapRun",
        "no execution has a Map Run",
    ),
    (
        Command::Executions,
        "states:DescribeMapRun",
        "no execution has a Map Run",
    ),
    (
        Command::Ui,
        "states:DescribeMapRun",
        "no execution has a Map Run",
    ),
    (
        Command::ExecutionsFork,
        "states:DeleteStateMachineVersion",
        "no version of a fork is left unused",
    ),
    (
        Command::Ui,
        "states:DeleteStateMachineVersion",
        "as for a fork",
    ),
    (
        Command::Ui,
        "states:UpdateStateMachine",
        "the version of the fork before it is used again",
    ),
    (
        Command::Ui,
        "states:PublishStateMachineVersion",
        "the version of the fork before it is used again",
    ),
    (
        Command::Ui,
        "states:TagResource",
        "the version of the fork before it is used again",
    ),
    (
        Command::Ui,
        "iam:PassRole",
        "the version of the fork before it is used again",
    ),
    (
        Command::Ui,
        "kms:DescribeKey",
        "the version of the fork before it is used again",
    ),
    (
        Command::Ui,
        "kms:GenerateDataKey",
        "the version of the fork before it is used again",
    ),
    (
        Command::Test,
        "states:SendTaskSuccess",
        "no test answers a task that waits",
    ),
    (
        Command::Test,
        "states:SendTaskFailure",
        "no test answers a task that waits",
    ),
    (
        Command::Start,
        "states:DescribeStateMachine",
        "no state machine stands beside the main one",
    ),
    (
        Command::Start,
        "states:ListStateMachineVersions",
        "no state machine stands beside the main one",
    ),
    (
        Command::Rollback,
        "states:CreateStateMachineAlias",
        "somebody must delete the alias by hand for it",
    ),
    (
        Command::Deploy,
        "states:DescribeStateMachineForExecution",
        "no execution runs that was started on the bare state machine",
    ),
    (
        Command::Plan,
        "states:DescribeStateMachineForExecution",
        "as for a deploy",
    ),
    (
        Command::Status,
        "states:DescribeStateMachineForExecution",
        "as for a deploy",
    ),
    (
        Command::Deploy,
        "states:DeleteStateMachine",
        "no state machine stands beside the main one; in the test below one does",
    ),
    (
        Command::Deploy,
        "states:StopExecution",
        "an execution must be started while its state machine is being deleted",
    ),
    (
        Command::Destroy,
        "lambda:UpdateFunctionConfiguration",
        "the function has left its VPC by then",
    ),
    (
        Command::Deploy,
        "iam:PutRolePermissionsBoundary",
        "these roles have no boundary; those of `escalation.rs` do",
    ),
    (
        Command::Deploy,
        "iam:GetAccountAuthorizationDetails",
        "these are too few functions; those of `many_functions.rs` need it",
    ),
    (
        Command::Plan,
        "iam:GetAccountAuthorizationDetails",
        "as for a deploy",
    ),
    (
        Command::Status,
        "iam:GetAccountAuthorizationDetails",
        "as for a deploy",
    ),
    (
        Command::Rollback,
        "iam:GetAccountAuthorizationDetails",
        "as for a deploy",
    ),
    (
        Command::Destroy,
        "iam:GetAccountAuthorizationDetails",
        "as for a deploy",
    ),
    (
        Command::Ui,
        "iam:GetAccountAuthorizationDetails",
        "as for a deploy",
    ),
    (
        Command::ExecutionsFork,
        "states:DescribeStateMachineForExecution",
        "no fork is forked",
    ),
    (
        Command::Replay,
        "logs:FilterLogEvents",
        "no execution is EXPRESS",
    ),
];

const SETTINGS: &str = r#"
keep-versions = 1
"#;

const FIRST: &str = r#"
[tags]
team = "payments"
[state-machine]
logging = "ALL"
kms-key = "arn:aws:kms:us-east-1:000000000000:key/1"
[tests.PURCHASE]
input = { type = "PURCHASE" }
[tests.REFUSED]
input = { type = "PURCHASE", fail = true }
[tests.HELD]
input = { type = "HELD" }
[tests.ORDERED]
event = { source = "returns", detail-type = "Returned", detail = { order = 1 } }
[stages.express.state-machine]
type = "EXPRESS"
"#;

const TRIGGERS: &str = r#"
[[triggers]]
name = "nightly"
schedule = "cron(0 3 * * ? *)"
[[triggers]]
name = "orders"
event-pattern = { source = ["shop"] }
[[triggers]]
name = "returns"
event-pattern = { source = ["returns"] }
input = { type = "PURCHASE" }
"#;

/// What is left of them for a while.
const ONE_TRIGGER: &str = r#"
[[triggers]]
name = "returns"
event-pattern = { source = ["returns"] }
input = { type = "PURCHASE" }
"#;

const IN_A_NETWORK: &str = r#"
log-retention = 7
reserved-concurrency = 5
kms-key = "arn:aws:kms:us-east-1:000000000000:key/1"
log-kms-key = "arn:aws:kms:us-east-1:000000000000:key/1"
layers = ["arn:aws:lambda:us-east-1:000000000000:layer:extras:1"]
vpc = { subnet-ids = ["subnet-1"], security-group-ids = ["sg-1"] }
file-systems = [{ access-point = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0", mount-path = "/mnt/data" }]
"#;

const ALLOWED_MORE: &str = r#"
log-retention = "forever"
environment = { LEVEL = "debug" }
statements = [{ actions = ["dynamodb:GetItem"], resources = ["*"] }]
"#;

fn project() -> Project {
    let choice = |variable: &str, next: &str| json!({ "Variable": "$.type", "StringEquals": variable, "Next": next });
    let states = json!({
        "Choose": {
            "Type": "Choice",
            "Choices": [choice("PURCHASE", "Purchase"), choice("HELD", "Hold")],
            "Default": "Refund"
        },
        "Purchase": task("purchase-handler"),
        "Refund": task("refund-handler"),
        "Hold": { "Type": "Wait", "Seconds": 3600, "End": true }
    });
    Project::transactions()
        .without_tests()
        .definition(json!({ "StartAt": "Choose", "States": states }))
        .top_level(SETTINGS)
        .settings(FIRST)
        .settings(TRIGGERS)
        .function_settings("purchase-handler", IN_A_NETWORK)
        .write()
}

/// The same without the refund handler, its state, and what else there was to take away.
fn changed(project: Project) -> Project {
    let states = json!({
        "Purchase": task("purchase-handler"),
        "Hold": { "Type": "Wait", "Seconds": 3600, "End": true },
        "Choose": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.type", "StringEquals": "HELD", "Next": "Hold" }],
            "Default": "Purchase"
        }
    });
    project
        .without_handler("refund-handler")
        .function_settings("purchase-handler", ALLOWED_MORE)
        .definition(json!({ "StartAt": "Choose", "States": states }))
        .without_tests()
        .settings(&FIRST.replace("team = \"payments\"", "owner = \"payments\""))
        .settings(
            &TRIGGERS
                .replace("cron(0 3", "cron(0 4")
                .replace("\"shop\"", "\"store\""),
        )
        .write()
}

#[tokio::test]
async fn every_command_runs_with_its_own_policy_and_needs_all_of_it() {
    let mut stack = Limited::new(project());
    for command in ["deploy", "plan", "status", "diff"] {
        stack.run(&[command]).await.succeeded();
    }
    stack.run(&["diff", "1", "99"]).await.exits_with(2);
    for test in ["PURCHASE", "ORDERED"] {
        let test = ["test", "--type", test, "--coverage"];
        stack.run(&test).await.succeeded();
    }

    stack.project = stack.project.change_handler("refund-handler");
    stack.run(&["deploy"]).await.succeeded();
    stack.run(&["rollback"]).await.succeeded();
    let canary = ["deploy", "--canary", "50%", "--detach"];
    stack.run(&canary).await.succeeded();
    let start = ["start", "--wait", "--input", r#"{"type":"PURCHASE"}"#];
    stack.run(&start).await.succeeded();
    let status = stack.run(&["canary", "status"]).await.succeeded();
    status.says("1 read");
    for _ in 0..2 {
        stack.run(&["canary", "abort"]).await.succeeded();
    }
    stack.project = changed(stack.project);
    let denied = stack.run(&["plan"]).await.exits_with(1);
    denied.says("`--function NAME` for a function that has left deploy.toml");
    stack.former = Some("refund-handler");
    stack.run(&["plan"]).await.succeeded();
    stack.run(&["deploy"]).await.succeeded();
    // What a kept release pins goes with the deploy after the next.
    for _ in 0..2 {
        stack.project = stack.project.change_handler("purchase-handler");
        stack.run(&["deploy"]).await.succeeded();
    }
    // A schedule and a rule that deploy.toml no longer names go, and come again.
    for triggers in [ONE_TRIGGER, TRIGGERS] {
        let settings = FIRST.replace("team = \"payments\"", "owner = \"payments\"");
        stack.project = { stack.project.without_tests() }
            .settings(&settings)
            .settings(triggers)
            .write();
        stack.run(&["deploy"]).await.succeeded();
    }
    // Not before: the release of an execution that may be redriven is kept, with all that it pins.
    let refused = stack.run(&["test", "--type", "REFUSED"]).await;
    assert_shown!("refused", refused.exits_with(3).stdout);
    readers(&mut stack).await;
    stack.tamper("transactions-dev-purchase-handler").await;
    stack.run(&["deploy"]).await.succeeded();
    stack.tamper("transactions-dev-purchase-handler").await;
    let stop = ["executions", "stop", "last"];
    stack.run_during("HELD", &stop).await.succeeded();
    let destroy = stack.run_during("HELD", &["destroy", "--yes"]).await;
    destroy.succeeded();
    assert_eq!(stack.left().await, [""; 0]);

    stack.former = None;
    stack.stages = Some("*");
    let stage = ["--stage", "express"];
    stack
        .run(&[&["deploy"], &stage[..]].concat())
        .await
        .succeeded();
    let test = ["test", "--type", "PURCHASE", "--coverage"];
    stack.run(&[&test, &stage[..]].concat()).await.succeeded();
    let start = ["start", "--sync", "--input", r#"{"type":"PURCHASE"}"#];
    stack.run(&[&start, &stage[..]].concat()).await.succeeded();
    stack
        .start_from_page("express", r#"{"type":"PURCHASE"}"#)
        .await;
    let fork = [
        "executions",
        "fork",
        "--from",
        "Purchase",
        "--input",
        r#"{"type":"PURCHASE"}"#,
    ];
    stack.run(&[&fork, &stage[..]].concat()).await.succeeded();
    stack
        .run(&[&["destroy"], &stage[..]].concat())
        .await
        .succeeded();
    assert_eq!(stack.left().await, [""; 0]);

    let mut not_needed = BTreeSet::new();
    for permission in policy::permissions() {
        for command in permission.commands {
            if !stack.used(*command, permission.action) {
                not_needed.insert((*command, permission.action));
            }
        }
    }
    // The embedded AWS decrypts for everybody.
    let decrypts = Command::ALL.map(|command| (command, "kms:Decrypt"));
    let expected = NOT_REACHED
        .iter()
        .map(|(command, action, _)| (*command, *action))
        .chain(decrypts);
    assert_eq!(
        not_needed,
        expected.collect(),
        "left: what the policy allows a command that did not need it; right: `NOT_REACHED` of this test"
    );
}

#[tokio::test]
async fn a_state_machine_that_has_left_deploy_toml_goes_with_the_policy_of_a_deploy() {
    let buy = || json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    let main = json!({ "StartAt": "Pack", "States": { "Pack": start_and_wait("pack") } });
    let project = Project::new("shop").handler("buy").top_level(SETTINGS);
    let project = project.definition(main).beside("pack", buy()).write();
    let mut stack = Limited::new(project);
    stack.run(&["deploy"]).await.succeeded();
    stack.project = stack.project.without_beside("pack").definition(buy());
    stack.former_state_machine = Some("pack");
    // What a kept release starts goes with the deploy after the next.
    for _ in 0..2 {
        stack.project = stack.project.change_handler("buy");
        stack.run(&["deploy"]).await.succeeded();
    }
    assert!(stack.used(Command::Deploy, "states:DeleteStateMachine"));
    let left = stack.left().await;
    assert!(!left.iter().any(|line| line.contains("pack")), "{left:?}");
}

/// The commands that only look at executions.
async fn readers(stack: &mut Limited) {
    for arguments in [
        &["logs", "--since", "1h"][..],
        &["logs", "--execution", "last"],
        &["graph", "--execution", "last"],
        &["executions", "list"],
        &["executions", "show", "last"],
        &["replay", "--from", "live"],
    ] {
        stack.run(arguments).await.succeeded();
    }
    // Its handler refuses again.
    let redrive = stack.run(&["executions", "redrive", "last"]).await;
    redrive.exits_with(1).says("FAILED");
    let fork = stack.run(&["executions", "fork", "last"]).await;
    fork.exits_with(1).says("FAILED");
    stack.browse("Purchase").await;
    let input = r#"{"type":"PURCHASE"}"#;
    let fork = ["executions", "fork", "--from", "Purchase", "--input", input];
    stack.run(&fork).await.succeeded();
    for arguments in [
        &["start", "--wait", "--input", r#"{"type":"PURCHASE"}"#][..],
        &["invoke", "purchase-handler"],
        &["test-state", "Purchase"],
    ] {
        stack.run(arguments).await.succeeded();
    }
}

#[tokio::test]
async fn what_is_missing_is_named_with_the_command_that_prints_it() {
    let mut stack = Limited::new(project());
    for (missing, arguments) in [
        ("logs:TagResource", &["deploy"][..]),
        ("iam:PassRole", &["deploy"]),
        ("states:PublishStateMachineVersion", &["deploy"]),
    ] {
        let denied = stack.run_without(missing, arguments).await.exits_with(1);
        denied
            .says(&format!(
                "is not authorized to perform: {missing} on resource: "
            ))
            .says(&format!("the credentials do not allow `{missing}`"))
            .says("`txflow policy`");
    }
    stack.run(&["deploy"]).await.succeeded();
    // Tags that may not be read must not make the functions look like somebody else's.
    let denied = stack.run_without("lambda:ListTags", &["plan"]).await;
    denied
        .exits_with(1)
        .says("the credentials do not allow `lambda:ListTags`");
}

#[tokio::test]
async fn a_policy_is_printed_without_aws_and_for_every_pull_request() {
    let project = Project::transactions().top_level("account = \"123456789012\"");
    let project = project.write();
    let policy = project.alone(&["policy", "--stages", "pr-*"]).run().await;
    let policy = policy.succeeded();
    assert_shown!("without_a_boundary", policy.stderr);
    let text = &policy.stdout;
    for resource in [
        "arn:aws:iam::123456789012:role/txflow/transactions/pr-*/transactions-pr-*-*",
        "arn:aws:lambda:us-east-1:123456789012:function:transactions-pr-*-purchase-handler",
        "arn:aws:states:us-east-1:123456789012:execution:transactions-pr-*:*",
    ] {
        assert!(text.contains(&format!("\"{resource}\"")), "{text}");
    }
    let json = project.alone(&["policy", "--json", "--stages", "pr-*"]);
    assert_eq!(json.run().await.json(), policy.json());
}

#[tokio::test]
async fn nothing_is_warned_of_that_a_boundary_prevents() {
    let boundary = "arn:aws:iam::123456789012:policy/boundary";
    let project = Project::transactions()
        .top_level("account = \"123456789012\"")
        .settings(&format!("[roles]\npermissions-boundary = \"{boundary}\"\n"))
        .write();
    for arguments in [&["policy"][..], &["policy", "--boundary"]] {
        let printed = project.alone(arguments).run().await.succeeded();
        assert_eq!(printed.stderr, "");
        assert!(printed.json().is_object());
    }
    let reading = Project::transactions().top_level("account = \"123456789012\"");
    let plan = ["policy", "--command", "plan"];
    let printed = reading.write().alone(&plan).run().await.succeeded();
    assert_eq!(printed.stderr, "");
}

#[tokio::test]
async fn what_iam_would_not_take_is_told() {
    let handlers = (0..60).map(|number| format!("handler-{number}"));
    let project = handlers.fold(Project::transactions(), |project, name| {
        project.handler(&name)
    });
    let project = project.top_level("account = \"123456789012\"").write();
    let mut told = String::new();
    for what in [&["policy"][..], &["policy", "--boundary"]] {
        let printed = project.alone(what).run().await.succeeded();
        // What is printed is what IAM takes.
        assert!(printed.json().to_string().len() <= policy::SIZE_LIMIT);
        told += &printed.stderr;
    }
    assert_shown!("too_large_for_iam", told);
    let project = Project::transactions()
        .top_level("account = \"123456789012\"")
        .settings(&wide_statements())
        .write();
    let refused = project.alone(&["policy", "--boundary"]).run().await;
    let refused = refused.exits_with(1);
    assert_eq!(refused.stdout, "");
    assert_shown!("boundary_too_large", refused.stderr);
}

fn wide_statements() -> String {
    let buckets = (0..200).map(|i| format!("arn:aws:s3:::a-bucket-of-many-{i}/*"));
    let buckets: Vec<String> = buckets.collect();
    format!(
        "[[state-machine.statements]]\nactions = [\"s3:GetObject\"]\nresources = {}\n",
        json!(buckets)
    )
}

#[tokio::test]
async fn the_policy_of_a_role_is_printed_with_what_each_statement_is_for() {
    let send = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": { "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/paid", "MessageBody.$": "$" },
        "Next": "Refund",
    });
    let mut refund = task("refund-handler");
    refund["Next"] = "Purchase".into();
    refund.as_object_mut().unwrap().remove("End");
    let states = json!({ "Send": send, "Refund": refund, "Purchase": task("purchase-handler") });
    let project = Project::transactions()
        .without_tests()
        .definition(json!({ "StartAt": "Send", "States": states }))
        .top_level("account = \"123456789012\"")
        .settings("[state-machine]\nlogging = \"ALL\"\n[[state-machine.statements]]\nactions = [\"s3:GetObject\"]\nresources = [\"arn:aws:s3:::orders/*\"]\n")
        .write();
    let role = ["policy", "--role", "state-machine"];
    let printed = project.alone(&role).run().await.succeeded();
    assert_shown!("role", format!("{}{}", printed.stdout, printed.stderr));
    let policy = printed.json();
    assert_eq!(policy["Version"], "2012-10-17");
    let with_json = project.alone(&[&role[..], &["--json"]].concat());
    let with_json = with_json.run().await.succeeded().json();
    assert_eq!(with_json["policy"], policy);
    assert_eq!(
        with_json["statements"][1]["because"],
        json!(["state `Send`"])
    );
    let handler = ["policy", "--role", "purchase-handler"];
    let printed = project.alone(&handler).run().await.succeeded();
    let actions = printed.json()["Statement"][0]["Action"].clone();
    assert_eq!(
        actions,
        json!(["logs:CreateLogStream", "logs:PutLogEvents"])
    );
    let unknown = project.alone(&["policy", "--role", "purchase"]).run().await;
    assert_shown!("unknown_role", unknown.exits_with(2).stderr);
}

#[tokio::test]
async fn the_trust_of_the_pipelines_role_is_printed() {
    let account = "account = \"123456789012\"";
    let project = Project::transactions().top_level(account).write();
    let trust = ["policy", "--trust", "--repository", "octo/shop"];
    let subject = |printed: &serde_json::Value| {
        let condition = &printed["Statement"][0]["Condition"]["StringEquals"];
        condition["token.actions.githubusercontent.com:sub"].clone()
    };
    let printed = project.alone(&[&trust[..], &["--stage", "prod"]].concat());
    let printed = printed.run().await.succeeded();
    assert_eq!(subject(&printed.json()), "repo:octo/shop:environment:prod");
    assert_shown!("trust", printed.stderr);

    let exact = [
        "--owner-id",
        "1",
        "--repository-id",
        "2",
        "--stages",
        "pr-*",
    ];
    let printed = project.alone(&[&trust[..], &exact].concat()).run().await;
    let printed = printed.succeeded();
    assert_eq!(printed.stderr, "");
    let both = [
        "repo:octo/shop:environment:preview",
        "repo:octo@1/shop@2:environment:preview",
    ];
    assert_eq!(subject(&printed.json()), json!(both));

    let nobody = Project::transactions().write();
    let nobody = nobody.alone(&trust).run().await.exits_with(2);
    assert_shown!("no_account", nobody.stderr);
    for wrong in [
        &["policy", "--trust"][..],
        &["policy", "--trust", "--repository", "octo/*"],
        &[
            "policy",
            "--trust",
            "--repository",
            "octo/shop",
            "--environment",
            "*",
        ],
        &[
            "policy",
            "--trust",
            "--repository",
            "octo/shop",
            "--ref",
            "main",
        ],
        &["policy", "--repository", "octo/shop"],
        &["policy", "--stages", "pr*"],
    ] {
        project.alone(wrong).run().await.exits_with(2);
    }
}

#[tokio::test]
async fn a_policy_that_is_none_is_refused() {
    let project = Project::transactions().write();
    let served = project.alone(&["local", "--port", "0", "--policy", "deploy.toml"]);
    let served = served.run().await.exits_with(2);
    assert_shown!("not_a_policy", served.stderr);
}
