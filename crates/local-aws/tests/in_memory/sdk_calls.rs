//! `aws-sdk` integrations of the services that are served here, whatever protocol each of them has.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::queues::calm;

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

/// How the execution of a state machine of one task has ended.
async fn ran(cloud: &Cloud, resource: &str, parameters: Value) -> Value {
    let resource = format!("arn:aws:states:::aws-sdk:{resource}");
    cloud.task(&resource, parameters, "*").await;
    cloud.run(MACHINE).await
}

/// The names are those of the exceptions in the AWS SDK for Java 2.x. `DynamoDb.ResourceNotFoundException` is in recordings;
/// `Ssm.ParameterNotFoundException` and `S3.NoSuchKeyException` are caught by definitions that run on AWS.
#[tokio::test(start_paused = true)]
async fn an_error_has_the_name_of_its_exception_in_java() {
    let none = |name: &str| json!({ name: "none" });
    let missing = "arn:aws:states:us-east-1:000000000000:execution:m:none";
    for (resource, parameters, error) in [
        (
            "cloudwatchlogs:describeLogStreams",
            none("LogGroupName"),
            "CloudWatchLogs.ResourceNotFoundException",
        ),
        (
            "dynamodb:describeTable",
            none("TableName"),
            "DynamoDb.ResourceNotFoundException",
        ),
        (
            "eventbridge:describeRule",
            none("Name"),
            "EventBridge.ResourceNotFoundException",
        ),
        ("iam:getRole", none("RoleName"), "Iam.NoSuchEntityException"),
        (
            "lambda:getFunction",
            none("FunctionName"),
            "Lambda.ResourceNotFoundException",
        ),
        (
            "lambda:invoke",
            none("FunctionName"),
            "Lambda.ResourceNotFoundException",
        ),
        (
            "s3:getObject",
            json!({ "Bucket": "none", "Key": "k" }),
            "S3.NoSuchBucketException",
        ),
        (
            "scheduler:getSchedule",
            none("Name"),
            "Scheduler.ResourceNotFoundException",
        ),
        (
            "secretsmanager:getSecretValue",
            none("SecretId"),
            "SecretsManager.ResourceNotFoundException",
        ),
        (
            "sfn:describeExecution",
            json!({ "ExecutionArn": missing }),
            "Sfn.ExecutionDoesNotExistException",
        ),
        (
            "sns:publish",
            json!({ "TopicArn": "arn:aws:sns:us-east-1:000000000000:none", "Message": "m" }),
            "Sns.NotFoundException",
        ),
        (
            "sqs:getQueueUrl",
            none("QueueName"),
            "Sqs.QueueDoesNotExistException",
        ),
        (
            "ssm:getParameter",
            none("Name"),
            "Ssm.ParameterNotFoundException",
        ),
        // These have no class of their own.
        (
            "dynamodb:putItem",
            json!({ "TableName": "t", "Item": {} }),
            "DynamoDb.DynamoDbException",
        ),
        (
            "sns:createTopic",
            json!({ "Name": "a b" }),
            "Sns.InvalidParameterException",
        ),
        (
            "sqs:createQueue",
            json!({ "QueueName": "a b" }),
            "Sqs.SqsException",
        ),
        (
            "secretsmanager:createSecret",
            json!({ "Name": "a b" }),
            "SecretsManager.SecretsManagerException",
        ),
    ] {
        let ended = ran(&calm(), resource, parameters).await;
        assert_eq!(ended["error"], error, "{resource}: {ended}");
        let client = error.split('.').next().unwrap();
        let cause = ended["cause"].as_str().unwrap();
        assert!(
            cause.contains(&format!(" (Service: {client}, Status Code: ")),
            "{cause}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_has_the_names_of_java_and_times_as_text() {
    let time = |value: &Value| value.as_str().is_some_and(|text| text.ends_with('Z'));
    for (resource, parameters, expected, times) in [
        (
            "iam:getRole",
            json!({ "RoleName": "workflow" }),
            json!({ "/Role/RoleName": "workflow", "/Role/Path": "/" }),
            &["/Role/CreateDate"][..],
        ),
        (
            "sts:getCallerIdentity",
            json!({}),
            json!({ "/Account": "000000000000" }),
            &[],
        ),
        (
            "sqs:createQueue",
            json!({ "QueueName": "q" }),
            json!({ "/QueueUrl": "http://127.0.0.1/000000000000/q" }),
            &[],
        ),
        (
            "ssm:putParameter",
            json!({ "Name": "p", "Value": "v", "Type": "String" }),
            json!({ "/Version": 1, "/Tier": "Standard" }),
            &[],
        ),
        (
            "secretsmanager:createSecret",
            json!({ "Name": "s", "SecretString": "x", "ClientRequestToken": "0123456789012345678901234567890123" }),
            json!({ "/Name": "s", "/ARN": null }),
            &[],
        ),
        (
            "scheduler:createScheduleGroup",
            json!({ "Name": "g" }),
            json!({ "/ScheduleGroupArn": "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g" }),
            &[],
        ),
        (
            "sfn:describeStateMachine",
            json!({ "StateMachineArn": MACHINE }),
            json!({ "/Name": "m", "/Type": "STANDARD" }),
            &["/CreationDate"],
        ),
        (
            "cloudwatchlogs:createLogGroup",
            json!({ "LogGroupName": "l" }),
            json!({}),
            &[],
        ),
    ] {
        let ended = ran(&calm(), resource, parameters).await;
        assert_eq!(ended["status"], "SUCCEEDED", "{resource}: {ended}");
        let output: Value = serde_json::from_str(ended["output"].as_str().unwrap()).unwrap();
        for (pointer, value) in expected.as_object().unwrap() {
            let found = output.pointer(pointer).unwrap_or(&Value::Null);
            let queue =
                pointer == "/QueueUrl" && found.as_str().unwrap().ends_with("/000000000000/q");
            assert!(found == value || queue, "{resource}{pointer}: {output}");
        }
        for pointer in times {
            assert!(
                output.pointer(pointer).is_some_and(time),
                "{resource}{pointer}: {output}"
            );
        }
    }
}

/// A body that is written as JSON is read as the text that it has become, as recordings of S3 show it.
#[tokio::test(start_paused = true)]
async fn bytes_are_text_in_tasks() {
    let cloud = calm();
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    cloud.allow("workflow", json!("*")).await.ok();
    cloud.settle().await;
    let task = |action: &str, parameters: Value, next: Option<&str>| {
        let mut task = json!({
            "Type": "Task", "Resource": format!("arn:aws:states:::aws-sdk:{action}"), "Parameters": parameters
        });
        match next {
            Some(next) => task["Next"] = json!(next),
            None => task["End"] = json!(true),
        }
        task
    };
    let definition = json!({ "StartAt": "Bucket", "States": {
        "Bucket": task("s3:createBucket", json!({ "Bucket": "bucket" }), Some("Put")),
        "Put": task("s3:putObject", json!({ "Bucket": "bucket", "Key": "k", "Body": { "a": "ü" } }), Some("Head")),
        "Head": task("s3:headObject", json!({ "Bucket": "bucket", "Key": "k" }), Some("Get")),
        "Get": task("s3:getObject", json!({ "Bucket": "bucket", "Key": "k" }), None),
    } });
    let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
    let ended = cloud.run(MACHINE).await;
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let output: Value = serde_json::from_str(ended["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["Body"], r#"{"a":"ü"}"#);
    assert_eq!(output["ContentLength"], 10);
    // An `Instant` without a fraction has no zeros.
    assert_eq!(
        output["LastModified"].as_str().unwrap().len(),
        "2026-01-01T00:00:00Z".len()
    );
}

/// The SDK for Java, which Step Functions uses, makes up the error of a HEAD request, whose answer has no body: its
/// `ExceptionTranslationInterceptor` for S3.
#[tokio::test(start_paused = true)]
async fn a_head_request_of_what_does_not_exist_names_what_was_asked_for() {
    let cloud = calm();
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    cloud.allow("workflow", json!("*")).await.ok();
    cloud.settle().await;
    let definition = json!({ "StartAt": "Head", "States": { "Head": {
        "Type": "Task", "End": true,
        "Resource": "arn:aws:states:::aws-sdk:s3:headObject",
        "Parameters": { "Bucket": "no-such-bucket", "Key": "k" },
    } } });
    let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
    let ended = cloud.run(MACHINE).await;
    assert_eq!(ended["error"], "S3.NoSuchKeyException", "{ended}");
    let cause = ended["cause"].as_str().unwrap();
    let begin = "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ";
    assert!(cause.starts_with(begin), "{cause}");
}
