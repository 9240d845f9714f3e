//! Each call of a task is held to the role of its state machine, also if a mock answers.

use serde_json::{Value, json};
use txflow_local_aws::{MockedResponse, MockedResponses, Mocks, Weather};

use super::cloud::{ACCOUNT, Cloud, MACHINE};

fn one_state(state: Value) -> String {
    json!({ "StartAt": "A", "States": { "A": state } }).to_string()
}

fn task(resource: &str, parameters: Value) -> String {
    one_state(
        json!({ "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true }),
    )
}

fn put_item() -> String {
    let parameters = json!({ "TableName": "orders", "Item": {} });
    task("arn:aws:states:::dynamodb:putItem", parameters)
}

/// A cloud with the role `workflow`, whose state `A` is mocked in the case `Mocked` of `m`.
async fn cloud() -> (Cloud, String) {
    let cloud = Cloud::new(Weather::default());
    let mut mocks = Mocks::default();
    let response = MockedResponse::Return(json!({ "mocked": true }));
    let responses = MockedResponses::repeating_the_last(vec![response]);
    mocks.add("m", "Mocked", "A", responses);
    cloud.aws.add_mocks(mocks);
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    cloud.settle().await;
    (cloud, role)
}

async fn create(cloud: &Cloud, role: &str, definition: &str) {
    let input = json!({ "name": "m", "definition": definition, "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
}

async fn allow(cloud: &Cloud, action: &str, resource: &str) {
    let policy = json!({ "Statement": {
        "Effect": "Allow", "Action": action, "Resource": resource,
    } });
    let policy = policy.to_string();
    let parameters = [
        ("RoleName", "workflow"),
        ("PolicyName", "p"),
        ("PolicyDocument", &policy),
    ];
    cloud.iam("PutRolePolicy", &parameters).await.ok();
    cloud.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_mock_answers_only_what_the_role_may_call() {
    let (cloud, role) = cloud().await;
    create(&cloud, &role, &put_item()).await;
    let mocked = format!("{MACHINE}#Mocked");
    let table = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders");
    for (action, resource) in [
        ("dynamodb:GetItem", table.as_str()),
        ("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/other"),
    ] {
        allow(&cloud, action, resource).await;
        let denied = cloud.run(&mocked).await;
        assert_eq!(denied["error"], "DynamoDB.AmazonDynamoDBException");
        let cause = denied["cause"].as_str().unwrap();
        let expected = format!(
            "is not authorized to perform: dynamodb:PutItem on resource: {table} because no identity-based policy \
             allows the dynamodb:PutItem action (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \
             AccessDeniedException; "
        );
        assert!(cause.contains(&expected), "{cause}");
    }
    allow(&cloud, "dynamodb:PutItem", &table).await;
    assert_eq!(cloud.run(&mocked).await["status"], "SUCCEEDED");
}

/// What is not implemented here is not a matter of permissions, unless the role lacks one.
#[tokio::test(start_paused = true)]
async fn a_call_without_a_mock_is_held_to_the_role_as_well() {
    let (cloud, role) = cloud().await;
    let definition = task(
        "arn:aws:states:::glue:startJobRun",
        json!({ "JobName": "j" }),
    );
    create(&cloud, &role, &definition).await;
    let denied = cloud.run(MACHINE).await;
    assert_eq!(denied["error"], "Glue.AccessDeniedException");
    allow(&cloud, "glue:*", "*").await;
    let not_here = cloud.run(MACHINE).await;
    assert_eq!(not_here["error"], "States.Runtime");
}

#[tokio::test(start_paused = true)]
async fn of_a_role_that_is_gone_nothing_is_known() {
    let (cloud, role) = cloud().await;
    create(&cloud, &role, &put_item()).await;
    cloud
        .iam("DeleteRole", &[("RoleName", "workflow")])
        .await
        .ok();
    cloud.settle().await;
    let mocked = format!("{MACHINE}#Mocked");
    assert_eq!(cloud.run(&mocked).await["status"], "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_waits_for_jobs_needs_a_role_that_may_make_rules() {
    let (cloud, role) = cloud().await;
    let child = format!("arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:child");
    let parameters = json!({ "StateMachineArn": child });
    let definition = task("arn:aws:states:::states:startExecution.sync:2", parameters);
    let input = json!({ "name": "m", "definition": definition, "roleArn": role });
    let refused = cloud.states("CreateStateMachine", input.clone()).await;
    let text = format!("'{role}' is not authorized to create managed-rule.");
    refused.refused(400, &["AccessDeniedException", &text]);
    let rule = format!(
        "arn:aws:events:us-east-1:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    );
    allow(&cloud, "events:*", &rule).await;
    cloud.states("CreateStateMachine", input).await.ok();
    // An update is held to it as well.
    allow(&cloud, "states:*", "*").await;
    let update = json!({ "stateMachineArn": MACHINE, "roleArn": role });
    let refused = cloud.states("UpdateStateMachine", update).await;
    refused.refused(400, &["AccessDeniedException", &text]);
}

#[tokio::test(start_paused = true)]
async fn a_distributed_map_starts_executions_of_its_own_state_machine() {
    let (cloud, role) = cloud().await;
    let definition = one_state(json!({
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Each",
            "States": { "Each": { "Type": "Pass", "End": true } },
        },
        "ItemsPath": "$.items",
        "End": true,
    }));
    create(&cloud, &role, &definition).await;
    let run = async || {
        let input = json!({ "stateMachineArn": MACHINE, "input": r#"{"items":[1,2]}"# });
        let started = cloud.states("StartExecution", input).await.ok().json();
        cloud.settle().await;
        let input = json!({ "executionArn": started["executionArn"] });
        cloud.states("DescribeExecution", input).await.ok().json()
    };
    let denied = run().await;
    let cause = denied["cause"].as_str().unwrap();
    assert!(cause.contains("states:StartExecution"), "{cause}");
    allow(&cloud, "states:StartExecution", MACHINE).await;
    assert_eq!(run().await["status"], "SUCCEEDED");
}
