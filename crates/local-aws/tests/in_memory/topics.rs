//! Topics, and the targets of rules and schedules that are not state machines, on virtual time.

use std::time::Duration;

use hyper::Request;
use serde_json::{Value, json};
use txflow_local_aws::InMemoryAws;

use crate::cloud::{ACCOUNT, Answer, Cloud, MACHINE};
use crate::queues::calm;

const EVENTS: &str = "events.amazonaws.com";
const SCHEDULER: &str = "scheduler.amazonaws.com";

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}")
}

impl Cloud {
    async fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", "2010-03-31")
            .extend_pairs(parameters)
            .finish();
        let request = Request::post(InMemoryAws::endpoint_url())
            .header("content-type", "application/x-www-form-urlencoded");
        self.try_call("sns", request, body).await.unwrap()
    }

    /// The topic, and the queue `q` that gets its messages as they are.
    async fn topic(&self, name: &str) {
        let parameters = [
            ("Name", name),
            ("Attributes.entry.1.key", "FifoTopic"),
            ("Attributes.entry.1.value", "true"),
        ];
        let fifo = name.ends_with(".fifo");
        self.sns("CreateTopic", &parameters[..if fifo { 3 } else { 1 }])
            .await
            .ok();
        self.queue("q", json!({})).await;
        let (topic, queue) = (arn("sns", name), arn("sqs", "q"));
        let parameters = [
            ("TopicArn", topic.as_str()),
            ("Protocol", "sqs"),
            ("Endpoint", queue.as_str()),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", "true"),
        ];
        self.sns("Subscribe", &parameters).await.ok();
    }

    async fn rule_for(&self, target: Value) {
        let rule = json!({ "Name": "r", "EventPattern": r#"{"source":["shop"]}"# });
        self.events("PutRule", rule).await.ok();
        let mut target = target;
        target["Id"] = json!("t");
        let targets = json!({ "Rule": "r", "Targets": [target] });
        self.events("PutTargets", targets).await.ok();
    }

    async fn put_event(&self) {
        let entry = json!({ "Source": "shop", "DetailType": "Order", "Detail": r#"{"id":"o-1"}"# });
        let put = json!({ "Entries": [entry] });
        self.events("PutEvents", put).await.ok();
        // What is delivered has no time of its own.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_workflow_publishes_in_both_forms() {
    for resource in ["sns:publish", "aws-sdk:sns:publish"] {
        let cloud = calm();
        cloud.topic("t").await;
        let parameters = json!({ "TopicArn": arn("sns", "t"), "Message": { "n": 1 } });
        let resource = format!("arn:aws:states:::{resource}");
        cloud.task(&resource, parameters, "sns:Publish").await;
        let found = cloud.run(MACHINE).await;
        assert_eq!(found["status"], "SUCCEEDED", "{found}");
        let output: Value = serde_json::from_str(found["output"].as_str().unwrap()).unwrap();
        assert!(output["MessageId"].is_string(), "{output}");
        assert_eq!(cloud.bodies("q", json!({})).await, [r#"{"n":1}"#]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_publishes_wrongly_fails_as_on_aws() {
    for (topic, action, error, cause) in [
        (
            "t.fifo",
            "sns:Publish",
            "SNS.InvalidParameterException",
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter; Request ID: ",
        ),
        (
            "none",
            "sns:Publish",
            "SNS.NotFoundException",
            "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: ",
        ),
        (
            "t.fifo",
            "sns:Subscribe",
            "SNS.AuthorizationErrorException",
            "is not authorized to perform: sns:Publish on resource: arn:aws:sns:us-east-1:000000000000:t.fifo ",
        ),
    ] {
        let cloud = calm();
        cloud.topic("t.fifo").await;
        let parameters = json!({ "TopicArn": arn("sns", topic), "Message": "m" });
        cloud
            .task("arn:aws:states:::sns:publish", parameters, action)
            .await;
        let found = cloud.run(MACHINE).await;
        assert_eq!(found["error"], error, "{found}");
        assert!(found["cause"].as_str().unwrap().contains(cause), "{found}");
        assert_eq!(cloud.bodies("q", json!({})).await, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_subscribed_answers_with_the_token() {
    let cloud = calm();
    cloud.topic("t").await;
    let message = json!({ "token.$": "$$.Task.Token" });
    let parameters = json!({ "TopicArn": arn("sns", "t"), "Message": message });
    let resource = "arn:aws:states:::sns:publish.waitForTaskToken";
    cloud.task(resource, parameters, "sns:Publish").await;
    let (found, ()) = tokio::join!(cloud.run(MACHINE), async {
        let bodies = cloud.bodies("q", json!({ "WaitTimeSeconds": 20 })).await;
        let body: Value = serde_json::from_str(&bodies[0]).unwrap();
        let answer = json!({ "taskToken": body["token"], "output": "{}" });
        cloud.states("SendTaskSuccess", answer).await.ok();
    });
    assert_eq!(
        (&found["status"], &found["output"]),
        (&json!("SUCCEEDED"), &json!("{}"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_rule_sends_to_a_queue_a_topic_a_bus_and_a_function() {
    for (target, wrapped) in [
        (
            json!({ "Arn": arn("sqs", "q"), "InputPath": "$.detail" }),
            false,
        ),
        (
            json!({ "Arn": arn("sns", "t"), "InputPath": "$.detail" }),
            false,
        ),
        (json!({ "Arn": arn("events", "event-bus/other") }), true),
    ] {
        let cloud = calm();
        cloud.topic("t").await;
        let role = cloud.role("sender", EVENTS).await;
        let actions = json!(["sqs:SendMessage", "sns:Publish", "events:PutEvents"]);
        cloud.allow("sender", actions).await.ok();
        cloud.settle().await;
        let bus = json!({ "Name": "other" });
        cloud.events("CreateEventBus", bus).await.ok();
        let on_other = json!({ "Name": "o", "EventBusName": "other", "EventPattern": r#"{"source":["shop"]}"# });
        cloud.events("PutRule", on_other).await.ok();
        let onward = json!({ "Id": "t", "Arn": arn("sqs", "q"), "RoleArn": role });
        let onward = json!({ "Rule": "o", "EventBusName": "other", "Targets": [onward] });
        cloud.events("PutTargets", onward).await.ok();
        let mut target = target;
        target["RoleArn"] = json!(role);
        cloud.rule_for(target.clone()).await;
        cloud.put_event().await;
        let bodies = cloud.bodies("q", json!({ "WaitTimeSeconds": 1 })).await;
        let body: Value = serde_json::from_str(&bodies[0]).unwrap();
        let detail = if wrapped { &body["detail"] } else { &body };
        assert_eq!(*detail, json!({ "id": "o-1" }), "{target}");
        if wrapped {
            assert_eq!(body["detail-type"], "Order");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_invokes_a_function_and_what_it_may_not_invoke_is_a_dead_letter() {
    let cloud = calm();
    cloud.queue("dead", json!({})).await;
    let role = cloud.role("sender", EVENTS).await;
    cloud.allow("sender", json!(["sqs:SendMessage"])).await.ok();
    cloud.function("f").await;
    let target = json!({
        "Arn": arn("lambda", "function:f"),
        "RoleArn": role,
        "DeadLetterConfig": { "Arn": arn("sqs", "dead") },
    });
    cloud.rule_for(target).await;
    cloud.put_event().await;
    let dead = cloud.receive("dead", json!({})).await;
    let attributes = &dead[0]["MessageAttributes"];
    let message = attributes["ERROR_MESSAGE"]["StringValue"].as_str().unwrap();
    assert!(message.contains("lambda:InvokeFunction"), "{message}");
    assert_eq!(cloud.invoked(), Vec::<Value>::new());
    let both = json!(["sqs:SendMessage", "lambda:InvokeFunction"]);
    cloud.allow("sender", both).await.ok();
    cloud.settle().await;
    cloud.put_event().await;
    assert_eq!(cloud.invoked()[0]["detail"], json!({ "id": "o-1" }));
    assert_eq!(
        cloud
            .bodies("dead", json!({ "WaitTimeSeconds": 1 }))
            .await
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_fifo_queue_gets_its_events_in_the_group_of_the_target() {
    let cloud = calm();
    let settings = json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" });
    cloud.queue("q.fifo", settings).await;
    let target = json!({
        "Arn": arn("sqs", "q.fifo"),
        "SqsParameters": { "MessageGroupId": "g" },
    });
    cloud.rule_for(target).await;
    cloud.put_event().await;
    let received = cloud.receive("q.fifo", json!({})).await;
    assert_eq!(received[0]["Attributes"]["MessageGroupId"], "g");
}

#[tokio::test(start_paused = true)]
async fn a_schedule_sends_to_any_target() {
    let url = format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/q");
    let universal = json!({ "QueueUrl": url, "MessageBody": "hello" });
    for (target, expected) in [
        (json!({ "Arn": arn("sqs", "q"), "Input": "hello" }), "hello"),
        (json!({ "Arn": arn("sns", "t"), "Input": "hello" }), "hello"),
        (
            json!({ "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": universal.to_string() }),
            "hello",
        ),
    ] {
        let cloud = calm();
        cloud.topic("t").await;
        let role = cloud.role("sender", SCHEDULER).await;
        let actions = json!(["sqs:SendMessage", "sns:Publish"]);
        cloud.allow("sender", actions).await.ok();
        cloud.settle().await;
        let mut target = target;
        target["RoleArn"] = json!(role);
        let schedule = json!({
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "Target": target,
        });
        cloud.scheduler("POST", "/schedules/s", schedule).await.ok();
        let bodies = cloud.bodies("q", json!({ "WaitTimeSeconds": 1 })).await;
        assert_eq!(bodies, [expected], "{target}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_source_fails_its_task() {
    let cloud = calm();
    let good = json!({ "Detail": {}, "DetailType": "d", "Source": "shop" });
    let bad = json!({ "Detail": {}, "DetailType": "d" });
    let parameters = json!({ "Entries": [good, bad] });
    cloud
        .task(
            "arn:aws:states:::events:putEvents",
            parameters,
            "events:PutEvents",
        )
        .await;
    let found = cloud.run(MACHINE).await;
    assert_eq!(found["error"], "EventBridge.FailedEntry", "{found}");
    let cause: Value = serde_json::from_str(found["cause"].as_str().unwrap()).unwrap();
    assert_eq!(cause["FailedEntryCount"], 1);
    let failed = json!({
        "ErrorCode": "InvalidArgument",
        "ErrorMessage": "Parameter Source is not valid. Reason: Source is a required argument.",
    });
    assert_eq!(cause["Entries"][1], failed);
}

#[tokio::test(start_paused = true)]
async fn a_topic_invokes_a_function() {
    let cloud = calm();
    cloud.topic("t").await;
    cloud.function("f").await;
    let (topic, function) = (arn("sns", "t"), arn("lambda", "function:f"));
    let parameters = [
        ("TopicArn", topic.as_str()),
        ("Protocol", "lambda"),
        ("Endpoint", function.as_str()),
    ];
    cloud.sns("Subscribe", &parameters).await.ok();
    let parameters = [
        ("TopicArn", topic.as_str()),
        ("Message", "m"),
        ("Subject", "s"),
    ];
    cloud.sns("Publish", &parameters).await.ok();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let record = cloud.invoked()[0]["Records"][0].clone();
    assert_eq!(record["EventSource"], "aws:sns");
    assert_eq!(record["Sns"]["Message"], "m");
    assert_eq!(record["Sns"]["Subject"], "s");
    assert_eq!(record["Sns"]["TopicArn"], topic);
}
