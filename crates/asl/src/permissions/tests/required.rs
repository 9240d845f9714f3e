//! Each type of resource that IAM's reference requires is in what is derived.

use super::*;

fn resources<'n>(needs: &'n [Need], action: &str) -> Vec<&'n str> {
    let mut on = on(needs, action);
    on.sort_unstable();
    on
}

#[test]
fn what_a_specification_inside_of_the_request_names_is_found() {
    let found = jsonpath(
        "aws-sdk:workspaces:createWorkspaces",
        json!({ "Workspaces": [
            { "DirectoryId": "d-1", "BundleId": "wsb-1", "UserName.$": "$.user", "Tags": [{ "Key": "a", "Value": "b" }] },
            { "DirectoryId": "d-2", "BundleId": "wsb-1", "UserName.$": "$.user" },
        ] }),
    );
    let workspaces = "arn:aws:workspaces:eu-west-1:123456789012:";
    assert_eq!(
        resources(&found, "workspaces:CreateWorkspaces"),
        [
            "directory/d-1",
            "directory/d-2",
            "workspace/*",
            "workspacebundle/wsb-1"
        ]
        .map(|one| format!("{workspaces}{one}"))
    );
    assert_eq!(on(&found, "workspaces:CreateTags"), ["*"]);
    let run = jsonpath(
        "aws-sdk:ec2:runInstances",
        json!({ "ImageId": "ami-1", "LaunchTemplate": { "LaunchTemplateId": "lt-1" } }),
    );
    let on = on(&run, "ec2:RunInstances");
    assert!(
        on.iter().any(|arn| arn.ends_with(":launch-template/lt-1")),
        "{on:?}"
    );
    assert!(!on.contains(&"unknown"), "{on:?}");
}

#[test]
fn what_no_field_names_is_all_of_its_type_and_says_so() {
    let found = jsonpath(
        "aws-sdk:storagegateway:updateAutomaticTapeCreationPolicy",
        json!({ "GatewayARN": "arn:aws:storagegateway:eu-west-1:123456789012:gateway/g", "AutomaticTapeCreationRules": [] }),
    );
    let of_type: Vec<&NeededResource> = { found.iter() }
        .map(|need| &need.resource)
        .filter(|resource| matches!(resource, NeededResource::OfType { .. }))
        .collect();
    assert_eq!(
        of_type,
        [&NeededResource::OfType {
            arn: "arn:aws:storagegateway:eu-west-1:123456789012:tapepool/*".to_owned(),
            kind: "tapepool",
        }]
    );
    let databases = jsonpath("aws-sdk:glue:getDatabases", json!({}));
    assert!(arns(&databases).contains(&"arn:aws:glue:eu-west-1:123456789012:database/*"));
}

#[test]
fn what_contains_a_resource_is_in_its_arn() {
    let provider = "arn:aws:workspaces-web:eu-west-1:999999999999:identityProvider/portal-1/idp-1";
    let found = jsonpath(
        "aws-sdk:workspacesweb:deleteIdentityProvider",
        json!({ "IdentityProviderArn": provider }),
    );
    assert_eq!(
        resources(&found, "workspaces-web:DeleteIdentityProvider"),
        [
            provider,
            "arn:aws:workspaces-web:eu-west-1:999999999999:portal/portal-1"
        ]
    );
}

#[test]
fn what_is_made_in_another_resource_is_behind_its_id() {
    let instance = "arn:aws:sso:::instance/ssoins-1";
    let found = jsonpath(
        "aws-sdk:ssoadmin:createPermissionSet",
        json!({ "InstanceArn": instance, "Name": "readers" }),
    );
    assert_eq!(
        resources(&found, "sso:CreatePermissionSet"),
        [instance, "arn:aws:sso:::permissionSet/ssoins-1/*"]
    );
}

#[test]
fn a_field_that_could_name_either_type_names_one() {
    let listener = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/a/b/c";
    for (call, request, action, expected) in [
        (
            "aws-sdk:elasticloadbalancingv2:modifyListener",
            json!({ "ListenerArn": listener }),
            "elasticloadbalancing:ModifyListener",
            listener,
        ),
        (
            "aws-sdk:athena:tagResource",
            json!({ "ResourceARN": "arn:aws:athena:eu-west-1:123456789012:workgroup/w", "Tags": [] }),
            "athena:TagResource",
            "arn:aws:athena:eu-west-1:123456789012:workgroup/w",
        ),
        (
            "aws-sdk:sfn:listExecutions",
            json!({ "StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:a" }),
            "states:ListExecutions",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:a",
        ),
        // IAM is asked about the state machine, whatever version or alias of it is meant.
        (
            "states:startExecution",
            json!({ "StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:a:live" }),
            "states:StartExecution",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:a",
        ),
        (
            "aws-sdk:sfn:startSyncExecution",
            json!({ "StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:a:7" }),
            "states:StartSyncExecution",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:a",
        ),
        (
            "aws-sdk:sfn:describeExecution",
            json!({ "ExecutionArn": "arn:aws:states:eu-west-1:123456789012:execution:a:b" }),
            "states:DescribeExecution",
            "arn:aws:states:eu-west-1:123456789012:execution:a:b",
        ),
    ] {
        assert_eq!(on(&jsonpath(call, request), action), [expected], "{call}");
    }
}

#[test]
fn a_schema_is_behind_its_registry() {
    let glue = "arn:aws:glue:eu-west-1:123456789012:";
    for (call, request, expected) in [
        (
            "createSchema",
            json!({ "RegistryId": { "RegistryName": "events" }, "SchemaName": "order" }),
            ["registry/events", "schema/events/order"],
        ),
        (
            "createSchema",
            json!({ "SchemaName": "order" }),
            ["registry/default-registry", "schema/default-registry/order"],
        ),
        (
            "getSchema",
            json!({ "SchemaId": { "SchemaArn": format!("{glue}schema/events/order") } }),
            ["registry/events", "schema/events/order"],
        ),
    ] {
        let found = jsonpath(&format!("aws-sdk:glue:{call}"), request.clone());
        let expected = expected.map(|one| format!("{glue}{one}"));
        assert_eq!(arns(&found), expected, "{request}");
    }
}

#[test]
fn a_key_that_an_alias_names_is_any_that_has_the_alias() {
    for alias in [
        "alias/shop",
        "arn:aws:kms:eu-west-1:123456789012:alias/shop",
    ] {
        let found = jsonpath(
            "aws-sdk:kms:encrypt",
            json!({ "KeyId": alias, "Plaintext": "x" }),
        );
        assert_eq!(arns(&found), ["arn:aws:kms:eu-west-1:123456789012:key/*"]);
        assert_eq!(found[0].conditions[0].key, "kms:RequestAlias");
        assert_eq!(found[0].conditions[0].values, ["alias/shop"]);
    }
}

#[test]
fn a_command_is_sent_to_instances_that_only_tags_name() {
    let send = |key: &str, value: &str| {
        jsonpath(
            "aws-sdk:ssm:sendCommand",
            json!({ "DocumentName": "AWS-RunShellScript", "Targets": [{ "Key": key, "Values": [value] }] }),
        )
    };
    let instances = "arn:aws:ec2:eu-west-1:123456789012:instance/";
    let by_tag = send("tag:Role", "web");
    assert!(on(&by_tag, "ssm:SendCommand").contains(&&*format!("{instances}*")));
    let by_id = send("InstanceIds", "i-1");
    let on = on(&by_id, "ssm:SendCommand");
    assert!(on.contains(&&*format!("{instances}i-1")), "{on:?}");
    assert!(!on.iter().any(|arn| arn.ends_with("/*")), "{on:?}");
}

#[test]
fn an_automation_is_given_a_role() {
    let role = "arn:aws:iam::123456789012:role/auto";
    let found = jsonpath(
        "aws-sdk:ssm:startAutomationExecution",
        json!({ "DocumentName": "AWS-RestartEC2Instance", "Parameters": { "AutomationAssumeRole": [role] } }),
    );
    assert_eq!(on(&found, "iam:PassRole"), [role]);
}

/// The validator refuses it, but others look at definitions as well.
#[test]
fn a_list_as_a_path_is_not_known() {
    let found = jsonpath(
        "aws-sdk:ecs:runTask",
        json!({ "TaskDefinition": "t", "Overrides": { "ContainerOverrides.$": ["x"] } }),
    );
    assert!(!found.is_empty());
}
