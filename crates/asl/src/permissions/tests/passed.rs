//! Roles that a call passes to a service, and what a launch of an instance needs.

use super::*;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
#[test]
fn a_role_is_passed_to_one_service_only() {
    let role = "arn:aws:iam::123456789012:role/r";
    for (resource, parameters, service) in [
        (
            "aws-sdk:comprehend:startEntitiesDetectionJob",
            json!({ "DataAccessRoleArn": role }),
            "comprehend.amazonaws.com",
        ),
        (
            "aws-sdk:lambda:createFunction",
            json!({ "FunctionName": "f", "Role": role }),
            "lambda.amazonaws.com",
        ),
        (
            "aws-sdk:textract:startDocumentAnalysis",
            json!({ "NotificationChannel": { "RoleArn": role } }),
            "textract.amazonaws.com",
        ),
        (
            "aws-sdk:eventbridge:putTargets",
            json!({ "Rule": "r", "Targets": [{ "RoleArn": role }] }),
            "events.amazonaws.com",
        ),
    ] {
        let found = jsonpath(resource, parameters);
        let pass = found.iter().find(|need| need.action == "iam:PassRole");
        let pass = pass.unwrap();
        assert_eq!(pass.resource, NeededResource::Arn(role.to_owned()));
        assert_eq!(pass.conditions[0].key, "iam:PassedToService", "{resource}");
        assert_eq!(pass.conditions[0].values, [service], "{resource}");
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html> and
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/permission-to-pass-iam-roles.html>
#[test]
fn a_launch_is_on_all_that_an_instance_has() {
    let launch = |parameters: Value| jsonpath("aws-sdk:ec2:runInstances", parameters);
    let found = launch(json!({ "ImageId": "ami-1" }));
    for kind in [
        "image/ami-1",
        "instance/*",
        "network-interface/*",
        "security-group/*",
        "subnet/*",
        "volume/*",
    ] {
        let on = on(&found, "ec2:RunInstances");
        assert!(on.iter().any(|arn| arn.ends_with(kind)), "{kind} {on:?}");
    }
    assert!(on(&found, "iam:PassRole").is_empty());
    let found = launch(json!({ "ImageId": "ami-1", "SecurityGroupIds": ["sg-1"] }));
    let on_groups = on(&found, "ec2:RunInstances");
    let mut groups = on_groups
        .iter()
        .filter(|arn| arn.contains("security-group"));
    assert!(groups.all(|arn| arn.ends_with("/sg-1")), "{on_groups:?}");
    for may_have_a_role in [
        json!({ "ImageId": "ami-1", "IamInstanceProfile": { "Name": "p" } }),
        json!({ "LaunchTemplate": { "LaunchTemplateName": "t" } }),
    ] {
        let found = launch(may_have_a_role);
        assert_eq!(on(&found, "iam:PassRole"), ["unknown"]);
    }
}

/// The references of these services ask for each of the types that they require:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/security_iam_id-based-policy-examples.html>.
#[test]
fn a_type_that_each_call_needs_is_not_left_out() {
    let found = jsonpath(
        "aws-sdk:ssoadmin:createAccountAssignment",
        json!({
            "InstanceArn": "arn:aws:sso:::instance/ssoins-1",
            "PermissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1",
            "PrincipalId": "p",
            "PrincipalType": "GROUP",
            "TargetId": "210987654321",
            "TargetType": "AWS_ACCOUNT",
        }),
    );
    let on_account = on(&found, "sso:CreateAccountAssignment");
    let account = "arn:aws:sso:::account/210987654321";
    assert!(on_account.contains(&account), "{on_account:?}");
    let found = jsonpath(
        "aws-sdk:rds:restoreDBInstanceFromDBSnapshot",
        json!({ "DbInstanceIdentifier": "new", "DbSnapshotIdentifier": "old" }),
    );
    let restored = on(&found, "rds:RestoreDBInstanceFromDBSnapshot");
    for kind in [":db:new", ":snapshot:old", ":pg:*", ":subgrp:*"] {
        assert!(
            restored.iter().any(|arn| arn.ends_with(kind)),
            "{kind} {restored:?}"
        );
    }
    let found = jsonpath(
        "aws-sdk:ec2:createImage",
        json!({ "InstanceId": "i-1", "Name": "n" }),
    );
    let image = on(&found, "ec2:CreateImage");
    assert!(
        image.iter().any(|arn| arn.ends_with("::snapshot/*")),
        "{image:?}"
    );
    let found = jsonpath(
        "aws-sdk:ssm:deregisterTargetFromMaintenanceWindow",
        json!({ "WindowId": "mw-1", "WindowTargetId": "t-1" }),
    );
    let window = on(&found, "ssm:DeregisterTargetFromMaintenanceWindow");
    assert!(
        window
            .iter()
            .any(|arn| arn.ends_with(":maintenancewindow/mw-1")),
        "{window:?}"
    );
}
