//! Definitions that a request may name with or without a revision.

use super::*;

/// Since 2024 ECS asks on the revision that it runs: <https://github.com/aws/aws-cdk/issues/30368> and
/// <https://github.com/aws/aws-cdk/issues/30390>.
#[test]
fn a_definition_without_a_revision_is_any_of_its_revisions() {
    let region = "eu-west-1:123456789012";
    let run = |definition: &str| {
        let found = jsonpath("ecs:runTask", json!({ "TaskDefinition": definition }));
        on(&found, "ecs:RunTask")[0].to_owned()
    };
    let task = format!("arn:aws:ecs:{region}:task-definition/t");
    for definition in ["t", &*task] {
        assert_eq!(run(definition), format!("{task}:*"));
    }
    for definition in ["t:7", &*format!("{task}:7")] {
        assert_eq!(run(definition), format!("{task}:7"));
    }

    let submit = |definition: &str| {
        let request = json!({ "JobName": "n", "JobQueue": "q", "JobDefinition": definition });
        let found = jsonpath("batch:submitJob", request);
        let on = on(&found, "batch:SubmitJob").into_iter();
        let mut on: Vec<String> = on
            .filter(|arn| arn.contains("definition"))
            .map(str::to_owned)
            .collect();
        on.sort();
        on
    };
    let job = format!("arn:aws:batch:{region}:job-definition/d");
    for definition in ["d", &*job] {
        assert_eq!(submit(definition), [job.clone(), format!("{job}:*")]);
    }
    assert_eq!(submit(&format!("{job}:7")), [format!("{job}:7")]);
}

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html>: the ARN of a
/// document of AWS has no account.
#[test]
fn a_document_of_aws_is_in_no_account() {
    let send = |document: &str| {
        let request = json!({ "DocumentName": document, "InstanceIds": ["i-1"] });
        let found = jsonpath("aws-sdk:ssm:sendCommand", request);
        let on = on(&found, "ssm:SendCommand").into_iter();
        let mut on = on.filter(|arn| arn.contains(":document/"));
        on.next().unwrap().to_owned()
    };
    let ssm = "arn:aws:ssm:eu-west-1:";
    assert_eq!(
        send("AWS-RunShellScript"),
        format!("{ssm}:document/AWS-RunShellScript")
    );
    assert_eq!(send("own"), format!("{ssm}123456789012:document/own"));

    let start = |request: Value| {
        let found = jsonpath("aws-sdk:ssm:startAutomationExecution", request);
        let on = on(&found, "ssm:StartAutomationExecution").into_iter();
        on.map(str::to_owned).collect::<Vec<_>>()
    };
    let restart = start(json!({ "DocumentName": "AWS-RestartEC2Instance" }));
    for expected in [
        ":document/AWS-RestartEC2Instance",
        ":automation-definition/AWS-RestartEC2Instance:$DEFAULT",
        "123456789012:automation-execution/*",
    ] {
        assert!(restart.contains(&format!("{ssm}{expected}")), "{restart:?}");
    }
    let version = start(json!({ "DocumentName": "own", "DocumentVersion": "3" }));
    let version = version
        .iter()
        .any(|arn| arn.ends_with("123456789012:automation-definition/own:3"));
    assert!(version);
}
