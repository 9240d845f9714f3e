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
        "/States/S",
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
    let parameters = json!({ "Parameters": { "StateMachineArn": "s", "Message": "m" } });
    for (resource, what) in [
        (
            "arn:aws:states:::states:startExecution.sync:2",
            "'.sync' service integration",
        ),
        (
            "arn:aws:states:::sns:publish.waitForTaskToken",
            "'.waitForTaskToken' service integration ",
        ),
        ("arn:aws:states:us-east-1:1:activity:a", "Activity ARN"),
    ] {
        let definition = task(resource, parameters.clone());
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
