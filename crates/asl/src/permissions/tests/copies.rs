//! What fields name in a way of their own, and what is said of those that name nothing.

use super::*;

#[test]
fn a_field_that_is_all_of_a_request_names_its_resource() {
    let own = |arn: &str| format!("arn:aws:{arn}");
    for (resource, parameters, action, expected) in [
        (
            "aws-sdk:secretsmanager:createSecret",
            json!({ "Name": "s" }),
            "secretsmanager:CreateSecret",
            own("secretsmanager:eu-west-1:123456789012:secret:s-??????"),
        ),
        (
            "aws-sdk:mwaa:createCliToken",
            json!({ "Name": "e" }),
            "airflow:CreateCliToken",
            own("airflow:eu-west-1:123456789012:environment/e"),
        ),
    ] {
        let found = jsonpath(resource, parameters);
        assert_eq!(on(&found, action), [expected], "{resource}");
    }
}

/// RDS asks on both: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html>.
#[test]
fn a_copy_is_on_what_is_copied_and_on_the_copy() {
    let snapshot = |name: &str| format!("arn:aws:rds:eu-west-1:123456789012:snapshot:{name}");
    let found = jsonpath(
        "aws-sdk:rds:copyDBSnapshot",
        json!({ "SourceDbSnapshotIdentifier": "a", "TargetDbSnapshotIdentifier": "b" }),
    );
    assert_eq!(
        on(&found, "rds:CopyDBSnapshot"),
        [snapshot("a"), snapshot("b")]
    );
    // AWS makes the id of the copy up.
    let found = jsonpath(
        "aws-sdk:ec2:copySnapshot",
        json!({ "SourceRegion": "eu-west-1", "SourceSnapshotId": "snap-1" }),
    );
    assert!(on(&found, "ec2:CopySnapshot")[0].ends_with("snapshot/*"));
}

#[test]
fn a_field_that_names_something_is_not_said_to_be_missing() {
    let because = |parameters: Value| {
        let found = jsonpath("aws-sdk:organizations:createOrganizationalUnit", parameters);
        match &found[0].resource {
            NeededResource::Unknown { because, place } => (because.clone(), place.clone()),
            other => panic!("{other:?}"),
        }
    };
    let of_ou = |field: &str| {
        format!("`{field}` does not say the ARN of the `organizationalunit` or `root`")
    };
    for (field, value) in [("ParentId.$", "$.parent"), ("ParentId", "ou-abcd-12345678")] {
        let (reason, place) = because(json!({ "Name": "n", field: value }));
        assert_eq!(reason, of_ou(field));
        assert_eq!(place, format!("/States/S/Parameters/{field}"));
    }
}

/// <https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html>: a workgroup has credentials of its own, and its ARN
/// has an id that the request has not.
#[test]
fn a_statement_that_is_asked_for_is_on_a_workgroup_if_the_request_names_one() {
    let request = json!({ "WorkgroupName": "w", "Database": "d", "Sql": "SELECT 1" });
    let found = jsonpath("aws-sdk:redshiftdata:executeStatement", request);
    let unknown = unknown_resources(&found);
    let actions: Vec<&str> = unknown[0]
        .needs
        .iter()
        .map(|need| need.action.as_str())
        .collect();
    assert!(actions.contains(&"redshift-serverless:GetCredentials"));
    for action in &actions {
        let examples = example_resources(action, &actions, &OWNER, &json!({}));
        let workgroup = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/WORKGROUP-ID";
        assert_eq!(examples, [workgroup], "{action}");
    }
}
