//! Tags of what a request makes.

use super::*;
use crate::integrations::{Tags, action, operations, services};

/// Each of them is said in the documentation of its service, such as
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions.html> and
/// <https://docs.aws.amazon.com/datasync/latest/userguide/supported-iam-actions-tagging.html>.
#[test]
fn tags_need_a_right_of_their_own() {
    let own = |service: &str, resource: &str| {
        format!("arn:aws:{service}:eu-west-1:123456789012:{resource}")
    };
    for (resource, parameters, right, on_what) in [
        (
            "batch:submitJob",
            json!({ "JobName": "n", "JobQueue": "q", "JobDefinition": "d", "Tags": {} }),
            "batch:TagResource",
            own("batch", "job/*"),
        ),
        (
            "eks:createCluster",
            json!({ "Name": "c", "RoleArn": "r", "ResourcesVpcConfig": {}, "Tags": {} }),
            "eks:TagResource",
            own("eks", "cluster/c"),
        ),
        (
            "elasticmapreduce:createCluster",
            json!({ "Name": "c", "Tags": [] }),
            "elasticmapreduce:AddTags",
            own("elasticmapreduce", "cluster/*"),
        ),
        (
            "aws-sdk:dynamodb:createTable",
            json!({ "TableName": "t", "Tags": [] }),
            "dynamodb:TagResource",
            own("dynamodb", "table/t"),
        ),
        (
            "aws-sdk:sqs:createQueue",
            json!({ "QueueName": "q", "Tags": {} }),
            "sqs:TagQueue",
            own("sqs", "q"),
        ),
        (
            "aws-sdk:lambda:createFunction",
            json!({ "FunctionName": "f", "Tags": {} }),
            "lambda:TagResource",
            own("lambda", "function:f"),
        ),
        (
            "aws-sdk:cloudwatch:putMetricAlarm",
            json!({ "AlarmName": "a", "Tags": [] }),
            "cloudwatch:TagResource",
            own("cloudwatch", "alarm:a"),
        ),
        (
            "aws-sdk:comprehend:startEntitiesDetectionJob",
            json!({ "Tags": [] }),
            "comprehend:TagResource",
            own("comprehend", "entities-detection-job/*"),
        ),
        (
            "aws-sdk:cognitoidentityprovider:createUserPool",
            json!({ "PoolName": "p", "UserPoolTags": {} }),
            "cognito-idp:TagResource",
            own("cognito-idp", "userpool/*"),
        ),
        (
            "aws-sdk:iam:createUser",
            json!({ "UserName": "u", "Tags": [] }),
            "iam:TagUser",
            "arn:aws:iam::123456789012:user/u".to_owned(),
        ),
        (
            "aws-sdk:ec2:runInstances",
            json!({ "ImageId": "ami-1", "TagSpecifications": [{ "ResourceType": "volume", "Tags": [] }] }),
            "ec2:CreateTags",
            own("ec2", "volume/*"),
        ),
    ] {
        let found = jsonpath(resource, parameters);
        assert!(
            on(&found, right).contains(&&*on_what),
            "{resource}: {:?}",
            on(&found, right)
        );
        let tagging = found.iter().map(|need| need.action.as_str());
        let others = tagging.filter(|action| action.contains("Untag") || action.contains("Remove"));
        assert_eq!(others.count(), 0, "{resource}");
    }
    let group = jsonpath(
        "aws-sdk:cloudwatchlogs:createLogGroup",
        json!({ "LogGroupName": "g", "Tags": {} }),
    );
    assert!(on(&group, "logs:TagResource").contains(&&*own("logs", "log-group:g")));
    let without = jsonpath("aws-sdk:sqs:createQueue", json!({ "QueueName": "q" }));
    assert!(on(&without, "sqs:TagQueue").is_empty());
    // The tags of a message are not those of a resource.
    let mail = jsonpath(
        "aws-sdk:ses:sendEmail",
        json!({ "Source": "a@example.com", "Tags": [] }),
    );
    assert!(on(&mail, "ses:TagResource").is_empty());
}

/// For each operation that the reference says to be asked for the tags of its request, if its service has a right to tag.
#[test]
fn every_request_with_tags_needs_the_right_to_tag() {
    let mut missing = Vec::new();
    for service in services() {
        let tagging: Vec<String> = crate::integrations::tag_actions(service.prefix)
            .map(|name| format!("{}:{name}", service.prefix))
            .collect();
        for operation in operations(service) {
            let actions = operation.actions(service);
            let takes = actions
                .iter()
                .filter_map(|name| action(name))
                .any(|known| known.tags == Tags::Takes);
            if tagging.is_empty()
                || !takes
                || !operation.members().any(|member| member.name == "Tags")
            {
                continue;
            }
            let call = format!("aws-sdk:{}:{}", service.name, operation.camel_case());
            let found = jsonpath(&call, json!({ "Tags": [] }));
            if !found.iter().any(|need| tagging.contains(&need.action)) {
                missing.push(call);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
