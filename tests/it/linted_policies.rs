//! Every policy that txflow prints or writes, held against IAM's reference by the linter `parliament`.

use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::{env, fs};

use serde_json::Value;
use txflow::config::{self, Deployment};
use txflow::policy::{self, Command, Scope};
use txflow::resources::{self, Because};
use txflow::stack::{Account, Members, Stack};

use crate::derived_roles::{cases, derived};

/// What the linter says although it is not so, by its issue and a part of what it says, with the reason.
const NOT_SO: &[(&str, &str, &str)] = &[
    (
        "RESOURCE_MISMATCH",
        "arn:*:states:*:*:express:",
        "executions of an EXPRESS state machine cannot be described",
    ),
    (
        "RESOURCE_MISMATCH",
        "arn:*:states:*:*:mapRun:",
        "the executions of a Map Run are not listed",
    ),
    (
        "RESOURCE_MISMATCH",
        "bedrock:InvokeModel",
        "a call names one kind of model, not all of them",
    ),
    (
        "RESOURCE_MISMATCH",
        "redshift-data:",
        "a call names a cluster or a workgroup, not both of them",
    ),
    (
        "RESOURCE_MISMATCH",
        "batch:SubmitJob",
        "the linter takes the revision of a job definition for another kind of resource",
    ),
    (
        "RESOURCE_MISMATCH",
        "elasticloadbalancing:ModifyListener",
        "a call is on a listener of one kind, not of each of them",
    ),
    (
        "RESOURCE_MISMATCH",
        "ssm:SendCommand",
        "the documents of AWS are in no account",
    ),
    (
        "UNKNOWN_PREFIX",
        "bedrock-agentcore",
        "the linter's copy of IAM's reference is older than the service",
    ),
    (
        "UNKNOWN_ACTION",
        "bedrock:ApplyGuardrail",
        "the linter's copy of IAM's reference is older than guardrails",
    ),
    (
        "RESOURCE_MISMATCH",
        "logs:DescribeLogGroups",
        "IAM's reference has log groups as its resource; the linter's copy is older",
    ),
    (
        "MISMATCHED_TYPE_BUT_USABLE",
        "StringEquals",
        "IAM's documentation compares `iam:PermissionsBoundary` like that",
    ),
    (
        "RESOURCE_STAR",
        "ec2:CreateNetworkInterface",
        "Lambda makes network interfaces with ids that are not known before",
    ),
    (
        "UNKNOWN_CONDITION_FOR_ACTION",
        "states:HTTP",
        "Step Functions' documentation has both keys; the linter's copy is older",
    ),
];

const FUNCTIONS: &str = r#"
[functions.buy]
tracing = true
kms-key = "arn:aws:kms:eu-west-1:123456789012:key/1"
log-kms-key = "arn:aws:kms:eu-west-1:123456789012:key/1"
layers = ["arn:aws:lambda:eu-west-1:123456789012:layer:extras:1"]
dead-letter-target = "arn:aws:sqs:eu-west-1:123456789012:dead"
vpc = { subnet-ids = ["subnet-1"], security-group-ids = ["sg-1"] }
file-systems = [{ access-point = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0", mount-path = "/mnt/data" }]
statements = [{ actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }]

[functions.sell]
role = "arn:aws:iam::123456789012:role/others/sell"
dead-letter-target = "arn:aws:sns:eu-west-1:123456789012:dead"

[functions.rent]

[state-machine]
type = "EXPRESS"
tracing = true
kms-key = "arn:aws:kms:eu-west-1:123456789012:key/1"

[[triggers]]
name = "nightly"
schedule = "rate(1 day)"
dead-letter-queue = "arn:aws:sqs:eu-west-1:123456789012:lost"

[[triggers]]
name = "orders"
event-pattern = { source = ["shop"] }
"#;

fn deployment(functions: &str) -> Deployment {
    let dir = tempfile::tempdir().unwrap();
    let toml =
        format!("name = \"shop\"\nregion = \"eu-west-1\"\naccount = \"123456789012\"\n{functions}");
    let definition = r#"{ "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "${buy}", "End": true } } }"#;
    fs::write(dir.path().join("deploy.toml"), toml).unwrap();
    fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
    config::load(dir.path(), "dev", &|_| None).unwrap_or_else(|found| panic!("{found}"))
}

fn policies() -> Vec<(String, Value)> {
    let deployment = deployment(FUNCTIONS);
    let account = Account {
        partition: "aws".to_owned(),
        id: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let stack = Stack::of(&deployment.stack_config(), account);
    let all = "*".to_owned();
    let mut policies = Vec::new();
    for boundary in [None, Some("arn:aws:iam::123456789012:policy/boundary")] {
        for all in [None, Some(&all)] {
            let scope = Scope {
                stack: &stack,
                functions: &deployment.functions,
                answers_tasks: true,
                event_buses: deployment.event_buses(),
                state_machines: &deployment.state_machines,
                former: &Members::default(),
                all,
                boundary,
            };
            let name = format!("deployer {} {}", boundary.is_some(), all.is_some());
            policies.push((name, policy::document(&scope, &Command::ALL)));
        }
    }
    let roles = resources::roles(&deployment, &stack);
    let of_roles: Vec<Value> = roles.values().map(|role| role.policy.clone()).collect();
    policies.push(("boundary".to_owned(), policy::boundary(&of_roles)));
    let roles = roles.into_iter();
    policies.extend(roles.map(|(name, role)| (name, role.policy)));
    let derived = cases().into_iter().map(|(case, state)| {
        let definition = serde_json::json!({ "StartAt": "Call", "States": { "Call": state } });
        let role = derived(&definition);
        let mut policy = role.policy;
        // What a user declares is the user's own.
        let statements = policy["Statement"].as_array_mut().unwrap();
        let mut because = role.statements.iter().map(|statement| &statement.because);
        statements.retain(|_| !because.next().unwrap().contains(&Because::Declared));
        (case, policy)
    });
    policies.extend(derived);
    // A role without statements gets no policy.
    policies.retain(|(_, policy)| policy["Statement"] != serde_json::json!([]));
    policies
}

#[test]
#[ignore = "needs the linters' Python environment"]
fn no_policy_has_a_finding() {
    let linters = env::var_os("TXFLOW_LINTERS").expect("TXFLOW_LINTERS names the environment");
    let dir = tempfile::tempdir().unwrap();
    let policies = policies();
    for (i, (_, policy)) in policies.iter().enumerate() {
        fs::write(dir.path().join(format!("{i}.json")), format!("{policy:#}")).unwrap();
    }
    let found = lint(&PathBuf::from(linters), dir.path());
    let wrong: Vec<String> = { found.iter() }
        .map(|finding| {
            let file = Path::new(finding["location"]["filepath"].as_str().unwrap_or_default());
            let stem = file.file_stem().and_then(|stem| stem.to_str());
            let number: usize = stem.and_then(|stem| stem.parse().ok()).unwrap_or_default();
            (&policies[number], finding)
        })
        .filter(|((_, policy), finding)| {
            let text = finding.to_string();
            let issue = finding["issue"].as_str().unwrap_or_default();
            let known = |(of, part, _): &(&str, &str, &str)| *of == issue && text.contains(part);
            let only_divided = issue == "RESOURCE_MISMATCH" && divided(policy, finding);
            !NOT_SO.iter().any(known) && !only_divided
        })
        .map(|((name, _), finding)| format!("{name}: {finding}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // It does look.
    fs::write(
        dir.path().join("wrong.json"),
        r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sqs:SendMesage", "Resource": "*" } }"#,
    )
    .unwrap();
    let linters = PathBuf::from(env::var_os("TXFLOW_LINTERS").unwrap());
    assert!(lint(&linters, dir.path()).len() > found.len());
}

/// Whether several statements allow an action, each on some of the resources that it needs: the linter looks at one at a
/// time.
fn divided(policy: &Value, finding: &Value) -> bool {
    let mut missing = finding["detail"].as_array().into_iter().flatten();
    missing.all(|missing| {
        let statements = policy["Statement"].as_array().into_iter().flatten();
        let with_action = statements.filter(|statement| {
            let actions = statement["Action"].as_array();
            actions.is_some_and(|actions| actions.contains(&missing["action"]))
        });
        with_action.count() > 1
    })
}

fn lint(linters: &Path, directory: &Path) -> Vec<Value> {
    let output = Process::new(linters.join("bin/parliament"))
        .args(["--json", "--directory"])
        .arg(directory)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let found = text.lines().filter(|line| !line.trim().is_empty());
    found
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect()
}
