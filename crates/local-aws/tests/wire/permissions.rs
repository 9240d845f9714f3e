//! Callers with a policy: what it does not allow is refused in AWS's own words.

use serde_json::json;
use txflow_local_aws::{CallerPolicy, LocalAws};

use crate::client::Client;
use crate::server::{Directory, options};

const STATE_MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

struct Limited {
    client: Client,
    _aws: LocalAws,
    _directory: Directory,
}

async fn limited(statements: &serde_json::Value) -> Limited {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let directory = Directory::new();
    let mut options = options(&directory).await;
    options.behavior.caller_policy = Some(CallerPolicy::parse(&policy).unwrap());
    let aws = LocalAws::start(options).await.unwrap();
    Limited {
        client: Client::new(aws.address()),
        _aws: aws,
        _directory: directory,
    }
}

fn allow(action: &str, resource: &str) -> serde_json::Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_may_ask_for_the_tasks_of_their_activity() {
    let activity = |name: &str| format!("arn:aws:states:us-east-1:000000000000:activity:{name}");
    let aws = limited(&json!([
        allow("states:GetActivityTask", &activity("mine")),
        allow("states:CreateActivity", &activity("mine")),
        allow("states:CreateActivity", &activity("tagged")),
    ]))
    .await;
    let refused = |operation: &str, input: serde_json::Value, action: &str, name: &str| {
        let answer = aws.client.states(operation, &input);
        let text = format!(
            "perform: states:{action} on resource: {} because",
            activity(name)
        );
        assert!(answer.body.contains(&text), "{operation}: {}", answer.body);
    };
    let yours = json!({ "activityArn": activity("yours") });
    refused("GetActivityTask", yours.clone(), "GetActivityTask", "yours");
    refused("DeleteActivity", yours, "DeleteActivity", "yours");
    refused(
        "CreateActivity",
        json!({ "name": "yours" }),
        "CreateActivity",
        "yours",
    );
    let tags = json!([{ "key": "team", "value": "a" }]);
    let tagged = json!({ "name": "tagged", "tags": tags });
    refused("CreateActivity", tagged, "TagResource", "tagged");
    // It does not exist, so the permission was there.
    let mine = aws.client.states(
        "GetActivityTask",
        &json!({ "activityArn": activity("mine") }),
    );
    assert!(mine.body.contains("ActivityDoesNotExist"), "{}", mine.body);
    let created = aws
        .client
        .states("CreateActivity", &json!({ "name": "mine" }));
    assert_eq!(created.status, 200, "{}", created.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_refuses_in_its_own_form() {
    let aws = limited(&json!([allow(
        "lambda:*",
        "arn:aws:lambda:*:*:function:mine-*"
    )]))
    .await;
    let client = aws.client;
    let user = "User: arn:aws:sts::000000000000:assumed-role/caller/local";

    let iam = client.iam("GetRole", "&RoleName=r");
    assert_eq!(iam.status, 403);
    assert!(
        iam.body.contains("<Code>AccessDenied</Code>"),
        "{}",
        iam.body
    );
    let text = format!(
        "{user} is not authorized to perform: iam:GetRole on resource: role r because no identity-based policy allows the iam:GetRole action"
    );
    assert!(iam.body.contains(&text), "{}", iam.body);

    let path = "/2015-03-31/functions/yours/configuration";
    let lambda = client.lambda("GET", path, &json!({}));
    assert_eq!(lambda.status, 403);
    assert_eq!(
        lambda.header("x-amzn-errortype"),
        Some("AccessDeniedException")
    );
    let resource = "on resource: arn:aws:lambda:us-east-1:000000000000:function:yours because";
    assert!(lambda.body.contains(resource), "{}", lambda.body);
    let mine = client.lambda("GET", &path.replace("yours", "mine-f"), &json!({}));
    assert_eq!(mine.status, 404, "{}", mine.body);

    let states = client.states(
        "DescribeStateMachine",
        &json!({ "stateMachineArn": STATE_MACHINE }),
    );
    assert_eq!(states.status, 400);
    assert!(
        states.body.contains("AccessDeniedException"),
        "{}",
        states.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_authorized_by_the_arn_of_its_state_machine() {
    let aws = limited(&json!([allow(
        "states:DescribeStateMachine",
        STATE_MACHINE
    )]))
    .await;
    let version = format!("{STATE_MACHINE}:7");
    let found = aws.client.states(
        "DescribeStateMachine",
        &json!({ "stateMachineArn": version }),
    );
    assert!(
        found.body.contains("StateMachineDoesNotExist"),
        "{}",
        found.body
    );
    let other = aws.client.states(
        "DescribeStateMachine",
        &json!({ "stateMachineArn": format!("{STATE_MACHINE}2") }),
    );
    assert!(other.body.contains("AccessDenied"), "{}", other.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_passed_only_if_its_condition_names_the_service() {
    let passing = json!({
        "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
        "Condition": { "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } }
    });
    let aws = limited(&json!([passing, allow("states:*", "*")])).await;
    let created = aws.client.states(
        "CreateStateMachine",
        &json!({ "name": "m", "definition": "{}", "roleArn": "arn:aws:iam::000000000000:role/r" }),
    );
    let text = "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/r because";
    assert!(created.body.contains(text), "{}", created.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_at_a_creation_need_their_own_action() {
    let aws = limited(&json!([
        allow("iam:CreateRole", "*"),
        { "Effect": "Deny", "Action": "iam:TagRole", "Resource": "*" }
    ]))
    .await;
    let trust = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D";
    let role = format!("&RoleName=r&AssumeRolePolicyDocument={trust}");
    let tag = "&Tags.member.1.Key=k&Tags.member.1.Value=v";
    let tagged = aws.client.iam("CreateRole", &format!("{role}{tag}"));
    let text = "perform: iam:TagRole on resource: arn:aws:iam::000000000000:role/r with an explicit deny in an identity-based policy";
    assert!(tagged.body.contains(text), "{}", tagged.body);
    assert_eq!(aws.client.iam("CreateRole", &role).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_adds_to_an_object_or_a_parameter_needs_its_own_action() {
    let actions = json!(["s3:CreateBucket", "s3:PutObject", "ssm:PutParameter"]);
    let aws = limited(&json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }])).await;
    let client = aws.client;
    let s3 = client.scope("s3");
    let put = |path: &str, header: (&str, &str)| {
        let headers = [("authorization", s3.as_str()), header];
        client.send("PUT", path, &headers, "")
    };
    assert_eq!(put("/bkt", ("x-none", "1")).status, 200);
    assert_eq!(put("/bkt/k", ("x-none", "1")).status, 200);
    for (header, action) in [
        (("x-amz-tagging", "a=b"), "s3:PutObjectTagging"),
        (("x-amz-acl", "private"), "s3:PutObjectAcl"),
        (
            ("x-amz-object-lock-legal-hold", "ON"),
            "s3:PutObjectLegalHold",
        ),
    ] {
        let refused = put("/bkt/k", header);
        assert_eq!(refused.status, 403, "{action}");
        assert!(refused.body.contains(action), "{}", refused.body);
    }
    let ssm = client.scope("ssm");
    let parameter = |more: &str| {
        let headers = [
            ("authorization", ssm.as_str()),
            ("x-amz-target", "AmazonSSM.PutParameter"),
            ("content-type", "application/x-amz-json-1.1"),
        ];
        let body = format!(r#"{{"Name":"p","Value":"v","Type":"String"{more}}}"#);
        client.send("POST", "/", &headers, &body)
    };
    let refused = parameter(r#","Tags":[{"Key":"a","Value":"b"}]"#);
    assert!(
        refused.body.contains("ssm:AddTagsToResource"),
        "{}",
        refused.body
    );
    assert_eq!(parameter("").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_checks_each_action_on_its_table_or_index() {
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
    let actions = json!(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]);
    let aws = limited(&json!([
        { "Effect": "Allow", "Action": actions, "Resource": table },
        allow("dynamodb:CreateTable", "*"),
    ]))
    .await;
    let denied = |operation: &str, input: serde_json::Value, needed: &str| {
        let answer = aws.client.dynamodb(operation, &input);
        let text = format!("is not authorized to perform: {needed} because");
        assert!(answer.body.contains(&text), "{}", answer.body);
        let code = "com.amazon.coral.service#AccessDeniedException";
        assert_eq!(answer.json()["__type"], code);
        assert_eq!(answer.status, 400);
    };
    let admitted = |operation: &str, input: serde_json::Value| {
        let answer = aws.client.dynamodb(operation, &input);
        assert!(!answer.body.contains("AccessDenied"), "{}", answer.body);
    };
    let on_table = |more: serde_json::Value| {
        let mut input = json!({ "TableName": "orders" });
        let more = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(more);
        input
    };
    admitted("GetItem", on_table(json!({})));
    admitted("GetItem", json!({ "TableName": table }));
    admitted("Query", on_table(json!({})));
    let index = on_table(json!({ "IndexName": "by-city" }));
    let needed = format!("dynamodb:Query on resource: {table}/index/by-city");
    denied("Query", index, &needed);
    let needed = format!("dynamodb:DeleteItem on resource: {table}");
    denied("DeleteItem", on_table(json!({})), &needed);
    let all = table.replace("orders", "*");
    let needed = format!("dynamodb:ListTables on resource: {all}");
    denied("ListTables", json!({}), &needed);
    let tags = json!([{ "Key": "a", "Value": "1" }]);
    let needed = format!("dynamodb:TagResource on resource: {table}");
    denied("CreateTable", on_table(json!({ "Tags": tags })), &needed);
    let requests = json!({ "RequestItems": { "other": [] } });
    let other = table.replace("orders", "other");
    let needed = format!("dynamodb:BatchWriteItem on resource: {other}");
    denied("BatchWriteItem", requests, &needed);
    // A transaction needs what its actions need, and no right of its own.
    let put = json!({ "Put": on_table(json!({})) });
    admitted("TransactWriteItems", json!({ "TransactItems": [put] }));
    let check = json!({ "ConditionCheck": on_table(json!({})) });
    let needed = format!("dynamodb:ConditionCheckItem on resource: {table}");
    let checked = json!({ "TransactItems": [put, check] });
    denied("TransactWriteItems", checked, &needed);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqs_checks_each_action_on_its_queue() {
    let queue = "arn:aws:sqs:us-east-1:000000000000:mine";
    let actions = json!(["sqs:SendMessage", "sqs:CreateQueue"]);
    let aws = limited(&json!([{ "Effect": "Allow", "Action": actions, "Resource": queue }])).await;
    let denied = |operation: &str, input: serde_json::Value, needed: &str| {
        let answer = aws.client.sqs(operation, &input);
        let text = format!("is not authorized to perform: {needed} because");
        assert!(answer.body.contains(&text), "{}", answer.body);
        assert_eq!(answer.status, 400);
    };
    let admitted = |operation: &str, input: serde_json::Value| {
        let answer = aws.client.sqs(operation, &input);
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let url = |name: &str| format!("http://127.0.0.1:4566/000000000000/{name}");
    admitted("CreateQueue", json!({ "QueueName": "mine" }));
    let message = json!({ "QueueUrl": url("mine"), "MessageBody": "m" });
    admitted("SendMessage", message);
    let entry = json!({ "Id": "a", "MessageBody": "m" });
    let batch = json!({ "QueueUrl": url("mine"), "Entries": [entry] });
    admitted("SendMessageBatch", batch);
    let yours = queue.replace("mine", "yours");
    let message = json!({ "QueueUrl": url("yours"), "MessageBody": "m" });
    let needed = format!("sqs:SendMessage on resource: {yours}");
    denied("SendMessage", message, &needed);
    let needed = format!("sqs:ReceiveMessage on resource: {queue}");
    denied(
        "ReceiveMessage",
        json!({ "QueueUrl": url("mine") }),
        &needed,
    );
    let tagged = json!({ "QueueName": "mine", "tags": { "a": "1" } });
    let needed = format!("sqs:TagQueue on resource: {queue}");
    denied("CreateQueue", tagged, &needed);
    denied("ListQueues", json!({}), "sqs:ListQueues");
    let by_name = json!({ "QueueName": "mine" });
    let needed = format!("sqs:GetQueueUrl on resource: {queue}");
    denied("GetQueueUrl", by_name, &needed);
}

#[tokio::test(flavor = "multi_thread")]
async fn sns_checks_each_action_on_its_topic() {
    let topic = "arn:aws:sns:us-east-1:000000000000:mine";
    let actions = json!(["sns:Publish", "sns:CreateTopic"]);
    let aws = limited(&json!([{ "Effect": "Allow", "Action": actions, "Resource": topic }])).await;
    let denied = |action: &str, parameters: &str, needed: &str| {
        let answer = aws.client.sns(action, parameters);
        let text = format!("is not authorized to perform: {needed} because");
        assert!(answer.body.contains(&text), "{}", answer.body);
        assert!(
            answer.body.contains("<Code>AccessDenied</Code>"),
            "{}",
            answer.body
        );
        assert_eq!(answer.status, 403);
    };
    let admitted = |action: &str, parameters: &str| {
        let answer = aws.client.sns(action, parameters);
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    admitted("CreateTopic", "&Name=mine");
    admitted("Publish", &format!("&TopicArn={topic}&Message=m"));
    let batch =
        "&PublishBatchRequestEntries.member.1.Id=a&PublishBatchRequestEntries.member.1.Message=m";
    admitted("PublishBatch", &format!("&TopicArn={topic}{batch}"));
    let yours = topic.replace("mine", "yours");
    let needed = format!("sns:Publish on resource: {yours}");
    denied("Publish", &format!("&TopicArn={yours}&Message=m"), &needed);
    denied("Publish", "&PhoneNumber=15550100&Message=m", "sns:Publish");
    let needed = format!("sns:GetSubscriptionAttributes on resource: {topic}");
    let subscription = format!("&SubscriptionArn={topic}:1");
    denied("GetSubscriptionAttributes", &subscription, &needed);
    let tagged = "&Name=mine&Tags.member.1.Key=a&Tags.member.1.Value=1";
    let needed = format!("sns:TagResource on resource: {topic}");
    denied("CreateTopic", tagged, &needed);
    denied("ListTopics", "", "sns:ListTopics");
}
