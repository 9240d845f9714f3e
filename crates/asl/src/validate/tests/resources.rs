use serde_json::json;

use super::*;

fn task(resource: &str, fields: Value) -> Value {
    let mut state = state("Task", fields);
    state["Resource"] = json!(resource);
    with(state)
}

#[test]
fn a_resource_is_an_arn_that_a_task_can_call() {
    let function = "arn:aws:lambda:us-east-1:111122223333:function:f";
    for resource in [
        function,
        &format!("{function}:$LATEST"),
        &format!("{function}:live"),
        "arn:aws:states:us-east-1:111122223333:activity:a",
        "${handler}",
        "arn:${AWS::Partition}:states:::lambda:invoke",
    ] {
        assert_valid(&task(
            resource,
            json!({ "Parameters": { "FunctionName": "f" } }),
        ));
    }
    for resource in [
        "f",
        "${f",
        "${}",
        "arn:aws:lambda:us-east-1:1:function:",
        "arn:aws:lambda:::f",
    ] {
        assert_schema(
            &task(resource, json!({})),
            "Value is not a valid resource ARN",
            "/States/S/Resource",
        );
    }
}

#[test]
fn a_resource_exists() {
    for (resource, hint) in [
        ("arn:aws:states:::lambda:invoke.sync", None),
        (
            "arn:${AWS::Partition}:states:::lambda:invok",
            Some("invoke"),
        ),
        ("arn:aws:states:::dynamodb:putItm", Some("putItem")),
        ("arn:aws:states:::aws-sdk:dynamodb:putItm", Some("putItem")),
        ("arn:aws:states:::aws-sdk:nosuch:putThing", None),
        ("arn:aws:sns:us-east-1:111122223333:topic", None),
    ] {
        let parameters = json!({ "Parameters": { "FunctionName": "f" } });
        let definition = task(resource, parameters);
        let message = format!(
            "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the \
             resource is not available in this region."
        );
        assert_schema(&definition, &message, "/States/S/Resource");
        let hint = hint.map(|name| format!("did you mean `{name}`?"));
        assert_eq!(findings(&definition)[0].hint, hint, "{resource}");
    }
}

#[test]
fn a_request_of_an_sdk_has_its_fields() {
    let put = |parameters: Value| {
        let resource = "arn:aws:states:::aws-sdk:dynamodb:putItem";
        task(resource, json!({ "Parameters": parameters }))
    };
    assert_valid(&put(json!({ "TableName": "t", "Item.$": "$" })));
    let definition = put(json!({ "TableName": "t", "Itm.$": "$" }));
    let message = "The field \"Itm\" is not supported by Step Functions";
    assert_schema(&definition, message, "/States/S/Parameters");
    assert_eq!(
        findings(&definition)[0].hint.as_deref(),
        Some("did you mean `Item`?")
    );
}

#[test]
fn a_request_of_an_optimized_integration_has_its_fields() {
    let call = |call: &str, parameters: Value| {
        let resource = format!("arn:aws:states:::{call}");
        task(&resource, json!({ "Parameters": parameters }))
    };
    for (resource, parameters) in [
        (
            "lambda:invoke",
            json!({ "FunctionName": "f", "Payload.$": "$", "Qualifier": "1", "InvocationType": "Event" }),
        ),
        (
            "sqs:sendMessage",
            json!({ "QueueUrl": "u", "MessageBody.$": "$", "MessageGroupId": "g", "DelaySeconds": 1 }),
        ),
        (
            "sns:publish",
            json!({ "TopicArn": "t", "Message.$": "$", "MessageAttributes": {} }),
        ),
        (
            "states:startExecution.sync:2",
            json!({ "StateMachineArn": "s", "Input": {}, "Name": "n" }),
        ),
        (
            "elasticmapreduce:addStep.sync",
            json!({ "ClusterId": "c", "Step": {} }),
        ),
        (
            "http:invoke",
            json!({ "ApiEndpoint": "e", "Method": "GET", "Authentication": {} }),
        ),
        (
            "bedrock:invokeModel",
            json!({ "ModelId": "m", "Input": { "S3Uri": "s3://a/b" } }),
        ),
        (
            "eks:runJob.sync",
            json!({ "ClusterName": "c", "Job": {}, "LogOptions": {} }),
        ),
        (
            "ecs:runTask.sync",
            json!({ "TaskDefinition": "t", "LaunchType": "FARGATE", "NetworkConfiguration": {} }),
        ),
        ("events:putEvents", json!({ "Entries": [] })),
    ] {
        assert_valid(&call(resource, parameters));
    }
    let definition = call(
        "sqs:sendMessage",
        json!({ "QueueURL": "u", "MessageBody": "b" }),
    );
    assert_eq!(
        errors(&definition),
        [
            "SCHEMA_VALIDATION_FAILED: The field \"QueueURL\" is not supported by Step Functions at /States/S/Parameters",
            "SCHEMA_VALIDATION_FAILED: The field 'QueueUrl' is required but was missing at /States/S/Parameters",
        ]
    );
    let hint = findings(&definition)[0].hint.clone();
    assert_eq!(hint.as_deref(), Some("did you mean `QueueUrl`?"));
    assert_schema(
        &call(
            "elasticmapreduce:terminateCluster",
            json!({ "JobFlowIds": [] }),
        ),
        "The field \"JobFlowIds\" is not supported by Step Functions",
        "/States/S/Parameters",
    );
    let lower = call(
        "aws-sdk:dynamodb:getItem",
        json!({ "tableName": "t", "Key": {} }),
    );
    assert_eq!(
        findings(&lower)[0].hint.as_deref(),
        Some("did you mean `TableName`?")
    );
}

/// Source of the words: <https://github.com/aws/aws-cdk/issues/12284>, and `integrations::wrongly_typed`.
#[test]
fn a_number_is_not_sent_as_a_text() {
    let call = |resource: &str, parameters: Value| {
        task(
            &format!("arn:aws:states:::{resource}"),
            json!({ "Parameters": parameters }),
        )
    };
    for (resource, parameters, field) in [
        (
            "lambda:invoke",
            json!({ "FunctionName": 1 }),
            "FunctionName",
        ),
        (
            "lambda:invoke",
            json!({ "FunctionName": "f", "Payload": 1 }),
            "Payload",
        ),
        (
            "sqs:sendMessage",
            json!({ "QueueUrl": "u", "MessageBody": false }),
            "MessageBody",
        ),
        (
            "states:startExecution.sync:2",
            json!({ "StateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:m", "Name": 7 }),
            "Name",
        ),
    ] {
        let definition = call(resource, parameters);
        assert_schema(
            &definition,
            &format!("The value for the field '{field}' must be a STRING"),
            "/States/S/Parameters",
        );
        let [finding] = &findings(&definition)[..] else {
            panic!("one finding");
        };
        assert!(
            finding
                .hint
                .as_deref()
                .unwrap()
                .starts_with("write it as a text: `\"")
        );
    }
    for (resource, parameters) in [
        (
            "lambda:invoke",
            json!({ "FunctionName": "f", "Payload": { "a": 1 }, "Qualifier.$": "$.q" }),
        ),
        (
            "sqs:sendMessage",
            json!({ "QueueUrl": "u", "MessageBody": { "a": 1 }, "DelaySeconds": 5 }),
        ),
        (
            "http:invoke",
            json!({ "ApiEndpoint": "https://e", "Method": "GET", "Authentication": {}, "RequestBody": 1 }),
        ),
        // What the SDK integrations do is not known.
        (
            "aws-sdk:sqs:sendMessage",
            json!({ "QueueUrl": "u", "MessageBody": 1 }),
        ),
    ] {
        assert_valid(&call(resource, parameters));
    }
}

#[test]
fn a_service_that_aws_does_not_list_is_a_warning() {
    let resource = "arn:aws:states:::aws-sdk:apigatewaymanagementapi:postToConnection";
    let definition = task(resource, json!({ "Parameters": { "ConnectionId": "a" } }));
    assert_valid(&definition);
    assert_eq!(
        findings(&definition)[0].code,
        crate::validate::Code::UnlistedService
    );
}

#[test]
fn a_request_holds_what_the_service_needs() {
    let resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    assert_schema(
        &task(resource, json!({})),
        &format!("Parameters field is required for resource ARN: {resource}"),
        "/States/S/Resource",
    );
    assert_schema(
        &task(resource, json!({ "Parameters": { "MessageBody.$": "$" } })),
        "The field 'QueueUrl' is required but was missing",
        "/States/S/Parameters",
    );
    let credentials = |value: Value| {
        task(
            "arn:aws:lambda:us-east-1:1:function:f",
            json!({ "Credentials": value }),
        )
    };
    assert_valid(&credentials(json!({ "RoleArn.$": "$.role" })));
    assert_schema(
        &credentials(json!({})),
        "The field 'RoleArn' is required but was missing",
        "/States/S/Credentials",
    );
}

#[test]
fn express_workflows_do_not_wait() {
    let express = |definition: &Value| {
        let source = Source::from_json(definition.to_string()).unwrap();
        listed(&validate(&source, ExecutionKind::Express), Severity::Error)
    };
    for (resource, parameters, what) in [
        (
            "arn:aws:states:::states:startExecution.sync:2",
            json!({ "StateMachineArn": "s" }),
            "'.sync' service integration",
        ),
        (
            "arn:aws:states:::sns:publish.waitForTaskToken",
            json!({ "Message": "m" }),
            "'.waitForTaskToken' service integration ",
        ),
        (
            "arn:aws:states:us-east-1:1:activity:a",
            json!({}),
            "Activity ARN",
        ),
    ] {
        let definition = task(resource, json!({ "Parameters": parameters }));
        assert_valid(&definition);
        assert_eq!(
            express(&definition),
            [format!(
                "{SCHEMA}: Express state machine does not support {what} at /States/S/Resource"
            )]
        );
    }
    let mut distributed = with(state("Map", json!({})));
    distributed["States"]["S"]["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" });
    assert_valid(&distributed);
    assert_eq!(
        express(&distributed),
        [format!(
            "{SCHEMA}: The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' \
             state machines at /States/S/ItemProcessor/ProcessorConfig/Mode"
        )]
    );
}

#[test]
fn a_value_that_no_call_accepts_is_a_warning() {
    let warned = |resource: &str, request: Value| {
        let resource = format!("arn:aws:states:::{resource}");
        warnings(&task(&resource, json!({ "Parameters": request })))
    };
    for (resource, field, possible, impossible) in [
        (
            "aws-sdk:sqs:deleteQueue",
            "QueueUrl",
            "https://sqs.us-east-1.amazonaws.com/1/q",
            "arn:aws:sqs:us-east-1:1:q",
        ),
        (
            "states:startExecution",
            "StateMachineArn",
            "arn:aws:states:us-east-1:1:stateMachine:c",
            "child1",
        ),
        (
            "aws-sdk:sfn:startExecution",
            "StateMachineArn",
            "${child}",
            "child1",
        ),
        ("aws-sdk:s3:listObjectsV2", "Bucket", "b.c-d", "s3://b"),
        (
            "lambda:invoke",
            "FunctionName",
            "123456789012:function:f:live",
            "https://x.lambda-url.us-east-1.on.aws",
        ),
        ("aws-sdk:dynamodb:scan", "TableName", "a_b.c-1", "a b"),
        (
            "http:invoke",
            "ApiEndpoint",
            "https://example.com",
            "http://example.com",
        ),
    ] {
        assert_eq!(
            warned(resource, json!({ field: possible })),
            Vec::<String>::new(),
            "{resource}"
        );
        let found = warned(resource, json!({ field: impossible }));
        let [warning] = &found[..] else {
            panic!("{resource}: {found:?}")
        };
        assert!(
            warning.starts_with(&format!("IMPOSSIBLE_VALUE: '{impossible}' is not ")),
            "{warning}"
        );
        assert!(
            warning.ends_with(&format!("/States/S/Parameters/{field}")),
            "{warning}"
        );
    }
    // Only an execution knows it.
    let expression = json!({ "Arguments": { "TableName": "{% $a b %}" } });
    let mut state = task("arn:aws:states:::aws-sdk:dynamodb:scan", expression);
    state["QueryLanguage"] = "JSONata".into();
    let found = warnings(&state);
    assert!(!found.iter().any(|warning| warning.contains("IMPOSSIBLE")));
}
