//! Queues, on virtual time.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use txflow_local_aws::Weather;

use crate::cloud::{ACCOUNT, Answer, Cloud, MACHINE};

fn url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}")
}

impl Cloud {
    pub async fn sqs(&self, operation: &str, input: Value) -> Answer {
        self.of_target("sqs", &format!("AmazonSQS.{operation}"), input)
            .await
    }

    pub async fn queue(&self, name: &str, attributes: Value) {
        let input = json!({ "QueueName": name, "Attributes": attributes });
        self.sqs("CreateQueue", input).await.ok();
    }

    async fn send(&self, queue: &str, body: &str, more: Value) -> Value {
        let mut input = json!({ "QueueUrl": url(queue), "MessageBody": body });
        let more = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(more);
        self.sqs("SendMessage", input).await.ok().json()
    }

    pub async fn receive(&self, queue: &str, more: Value) -> Vec<Value> {
        let mut input = json!({
            "QueueUrl": url(queue),
            "MaxNumberOfMessages": 10,
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
        });
        let more = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(more);
        let answer = self.sqs("ReceiveMessage", input).await.ok().json();
        answer["Messages"].as_array().cloned().unwrap_or_default()
    }

    pub async fn bodies(&self, queue: &str, more: Value) -> Vec<String> {
        let received = self.receive(queue, more).await;
        let bodies = received.iter();
        bodies
            .map(|message| message["Body"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn delete(&self, queue: &str, message: &Value) -> Answer {
        let input = json!({ "QueueUrl": url(queue), "ReceiptHandle": message["ReceiptHandle"] });
        self.sqs("DeleteMessage", input).await
    }

    async fn attribute(&self, queue: &str, name: &str) -> String {
        let input = json!({ "QueueUrl": url(queue), "AttributeNames": [name] });
        let answer = self.sqs("GetQueueAttributes", input).await.ok().json();
        let value = answer["Attributes"][name].as_str();
        value.unwrap_or_default().to_owned()
    }

    /// The state machine `m` of one task, whose role may do that.
    pub async fn task(&self, resource: &str, parameters: Value, action: &str) {
        let role = self.role("workflow", "states.amazonaws.com").await;
        self.allow("workflow", json!(action)).await.ok();
        self.settle().await;
        let definition = json!({ "StartAt": "A", "States": { "A": {
            "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true,
        } } });
        let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
        self.states("CreateStateMachine", input).await.ok();
    }
}

pub fn calm() -> Cloud {
    Cloud::new(Weather::calm())
}

#[tokio::test(start_paused = true)]
async fn what_is_received_is_hidden_until_it_is_deleted_or_its_time_is_over() {
    let cloud = calm();
    cloud.queue("q", json!({ "VisibilityTimeout": "20" })).await;
    let sent = cloud.send("q", "hello", json!({})).await;
    let first = cloud.receive("q", json!({})).await;
    assert_eq!(first[0]["MessageId"], sent["MessageId"]);
    assert_eq!(first[0]["MD5OfBody"], sent["MD5OfMessageBody"]);
    assert_eq!(first[0]["Attributes"]["ApproximateReceiveCount"], "1");
    sleep(Duration::from_millis(19_900)).await;
    assert_eq!(cloud.receive("q", json!({})).await, Vec::<Value>::new());
    sleep(Duration::from_millis(100)).await;
    let second = cloud.receive("q", json!({ "VisibilityTimeout": 0 })).await;
    assert_eq!(second[0]["Attributes"]["ApproximateReceiveCount"], "2");
    let third = cloud.receive("q", json!({})).await;
    let change = json!({
        "QueueUrl": url("q"), "ReceiptHandle": third[0]["ReceiptHandle"], "VisibilityTimeout": 100,
    });
    cloud
        .sqs("ChangeMessageVisibility", change.clone())
        .await
        .ok();
    sleep(Duration::from_millis(99_900)).await;
    assert_eq!(
        cloud
            .attribute("q", "ApproximateNumberOfMessagesNotVisible")
            .await,
        "1"
    );
    sleep(Duration::from_millis(100)).await;
    let late = cloud.sqs("ChangeMessageVisibility", change).await;
    late.refused(400, &["MessageNotInflight"]);
    cloud.delete("q", &third[0]).await.ok();
    assert_eq!(
        cloud.attribute("q", "ApproximateNumberOfMessages").await,
        "0"
    );
    // It is gone, and deleting it again changes nothing.
    cloud.delete("q", &third[0]).await.ok();
    let broken = cloud.delete("q", &json!({ "ReceiptHandle": "no" })).await;
    broken.refused(400, &["ReceiptHandleIsInvalid"]);
}

#[tokio::test(start_paused = true)]
async fn a_delay_and_a_retention_are_kept_to() {
    let cloud = calm();
    let settings = json!({ "DelaySeconds": "10", "MessageRetentionPeriod": "60" });
    cloud.queue("q", settings).await;
    cloud.send("q", "by the queue", json!({})).await;
    cloud
        .send("q", "at once", json!({ "DelaySeconds": 0 }))
        .await;
    cloud
        .send("q", "later", json!({ "DelaySeconds": 15 }))
        .await;
    let hidden = json!({ "VisibilityTimeout": 1000 });
    assert_eq!(
        cloud
            .attribute("q", "ApproximateNumberOfMessagesDelayed")
            .await,
        "2"
    );
    assert_eq!(cloud.bodies("q", hidden.clone()).await, ["at once"]);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(cloud.bodies("q", hidden.clone()).await, ["by the queue"]);
    sleep(Duration::from_secs(50)).await;
    assert_eq!(cloud.bodies("q", hidden).await, [""; 0]);
    assert_eq!(
        cloud.attribute("q", "ApproximateNumberOfMessages").await,
        "0"
    );
    assert_eq!(
        cloud
            .attribute("q", "ApproximateNumberOfMessagesNotVisible")
            .await,
        "0"
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_ends_with_the_first_message_or_its_time() {
    let cloud = calm();
    cloud.queue("q", json!({})).await;
    let began = Instant::now();
    let wait = json!({ "WaitTimeSeconds": 20 });
    assert_eq!(cloud.bodies("q", wait.clone()).await, [""; 0]);
    assert_eq!(began.elapsed(), Duration::from_secs(20));
    let began = Instant::now();
    let shortly = json!({ "WaitTimeSeconds": 20, "VisibilityTimeout": 15 });
    let (received, _) = tokio::join!(cloud.bodies("q", shortly), async {
        sleep(Duration::from_secs(5)).await;
        cloud.send("q", "hello", json!({})).await
    });
    assert_eq!(received, ["hello"]);
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    // A delay ends while it waits, and so does the time in which a message is hidden.
    cloud
        .send("q", "delayed", json!({ "DelaySeconds": 7 }))
        .await;
    let began = Instant::now();
    assert_eq!(cloud.bodies("q", wait.clone()).await, ["delayed"]);
    assert_eq!(began.elapsed(), Duration::from_secs(7));
    let began = Instant::now();
    assert_eq!(cloud.bodies("q", wait).await, ["hello"]);
    assert_eq!(began.elapsed(), Duration::from_secs(8));
    // A queue may say it for all.
    cloud
        .queue("slow", json!({ "ReceiveMessageWaitTimeSeconds": "3" }))
        .await;
    let began = Instant::now();
    cloud.bodies("slow", json!({})).await;
    assert_eq!(began.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn what_is_received_too_often_is_a_dead_letter() {
    let cloud = calm();
    cloud.queue("dead", json!({})).await;
    let target = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:dead");
    let policy = json!({ "deadLetterTargetArn": target, "maxReceiveCount": 2 });
    let settings = json!({ "RedrivePolicy": policy.to_string(), "VisibilityTimeout": "0" });
    cloud.queue("q", settings.clone()).await;
    let list = cloud
        .sqs(
            "ListDeadLetterSourceQueues",
            json!({ "QueueUrl": url("dead") }),
        )
        .await;
    let sources = list.ok().json()["queueUrls"].clone();
    assert_eq!(
        sources,
        json!([format!("http://127.0.0.1:4566/{ACCOUNT}/q")])
    );
    cloud.send("q", "bad", json!({})).await;
    assert_eq!(cloud.bodies("q", json!({})).await, ["bad"]);
    assert_eq!(cloud.bodies("q", json!({})).await, ["bad"]);
    assert_eq!(cloud.bodies("q", json!({})).await, [""; 0]);
    let dead = cloud.receive("dead", json!({})).await;
    assert_eq!(dead[0]["Body"], "bad");
    let source = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:q");
    assert_eq!(dead[0]["Attributes"]["DeadLetterQueueSourceArn"], source);

    let policy = json!({ "deadLetterTargetArn": source + "x", "maxReceiveCount": 2 });
    let settings = json!({ "RedrivePolicy": policy.to_string() });
    let set = json!({ "QueueUrl": url("q"), "Attributes": settings });
    let refused = cloud.sqs("SetQueueAttributes", set).await;
    refused.refused(400, &["Dead letter target does not exist"]);
}

#[tokio::test(start_paused = true)]
async fn a_fifo_queue_keeps_the_order_of_each_group() {
    let cloud = calm();
    let settings = json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" });
    cloud.queue("q.fifo", settings).await;
    let group = |group: &str| json!({ "MessageGroupId": group });
    let mut numbers = Vec::new();
    for (body, of) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
        let sent = cloud.send("q.fifo", body, group(of)).await;
        numbers.push(sent["SequenceNumber"].as_str().unwrap().to_owned());
    }
    assert!(numbers.is_sorted() && numbers.iter().all(|number| number.len() == 20));
    let one = json!({ "MaxNumberOfMessages": 1 });
    let first = cloud.receive("q.fifo", one.clone()).await;
    assert_eq!(first[0]["Body"], "a1");
    assert_eq!(first[0]["Attributes"]["MessageGroupId"], "a");
    // Its group waits for it, the other one does not.
    assert_eq!(cloud.bodies("q.fifo", json!({})).await, ["b1"]);
    assert_eq!(cloud.bodies("q.fifo", json!({})).await, [""; 0]);
    // Deleting it wakes whoever waits for the rest.
    let wait = json!({ "WaitTimeSeconds": 20 });
    let began = Instant::now();
    let (rest, _) = tokio::join!(cloud.bodies("q.fifo", wait), async {
        sleep(Duration::from_secs(2)).await;
        cloud.delete("q.fifo", &first[0]).await.ok()
    });
    assert_eq!(rest, ["a2", "a3"]);
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    sleep(Duration::from_secs(30)).await;
    assert_eq!(cloud.bodies("q.fifo", json!({})).await, ["a2", "a3", "b1"]);
}

#[tokio::test(start_paused = true)]
async fn a_fifo_queue_knows_duplicates_for_five_minutes() {
    let cloud = calm();
    cloud.queue("q.fifo", json!({ "FifoQueue": "true" })).await;
    let id = json!({ "MessageGroupId": "g", "MessageDeduplicationId": "d" });
    let first = cloud.send("q.fifo", "one", id.clone()).await;
    sleep(Duration::from_secs(299)).await;
    let same = cloud.send("q.fifo", "two", id.clone()).await;
    assert_eq!(same["MessageId"], first["MessageId"]);
    assert_eq!(same["SequenceNumber"], first["SequenceNumber"]);
    sleep(Duration::from_secs(1)).await;
    cloud.send("q.fifo", "three", id).await;
    assert_eq!(cloud.bodies("q.fifo", json!({})).await, ["one", "three"]);
    let message = json!({ "QueueUrl": url("q.fifo"), "MessageBody": "m" });
    let refused = cloud.sqs("SendMessage", message.clone()).await;
    refused.refused(400, &["must contain the parameter MessageGroupId"]);
    let mut message = message;
    message["MessageGroupId"] = json!("g");
    let refused = cloud.sqs("SendMessage", message).await;
    refused.refused(
        400,
        &["ContentBasedDeduplication enabled or MessageDeduplicationId"],
    );
}

#[tokio::test(start_paused = true)]
async fn a_workflow_sends_a_message_in_both_forms() {
    for resource in ["sqs:sendMessage", "aws-sdk:sqs:sendMessage"] {
        let cloud = calm();
        cloud.queue("q", json!({})).await;
        let parameters = json!({ "QueueUrl": url("q"), "MessageBody": { "n": 1 } });
        let resource = format!("arn:aws:states:::{resource}");
        cloud.task(&resource, parameters, "sqs:SendMessage").await;
        let found = cloud.run(MACHINE).await;
        assert_eq!(found["status"], "SUCCEEDED", "{found}");
        let output: Value = serde_json::from_str(found["output"].as_str().unwrap()).unwrap();
        let received = cloud.receive("q", json!({})).await;
        assert_eq!(received[0]["MessageId"], output["MessageId"]);
        assert_eq!(received[0]["Body"], r#"{"n":1}"#);
        assert_eq!(
            output.get("SdkHttpMetadata").is_some(),
            !resource.contains("aws-sdk")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_workflow_without_the_right_or_without_the_queue_fails_as_on_aws() {
    for (queue, action, error, cause) in [
        (
            "q",
            "sqs:ReceiveMessage",
            "SQS.AmazonSQSException",
            "is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:us-east-1:000000000000:q ",
        ),
        (
            "none",
            "sqs:SendMessage",
            "SQS.QueueDoesNotExistException",
            "The specified queue does not exist. (Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; Request ID: ",
        ),
    ] {
        let cloud = calm();
        cloud.queue("q", json!({})).await;
        let parameters = json!({ "QueueUrl": url(queue), "MessageBody": "m" });
        cloud
            .task("arn:aws:states:::sqs:sendMessage", parameters, action)
            .await;
        let found = cloud.run(MACHINE).await;
        assert_eq!(found["error"], error, "{found}");
        assert!(found["cause"].as_str().unwrap().contains(cause), "{found}");
        assert_eq!(cloud.bodies("q", json!({})).await, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_the_queue_answers_with_the_token() {
    let cloud = calm();
    cloud.queue("q", json!({})).await;
    let parameters = json!({ "QueueUrl": url("q"), "MessageBody": { "token.$": "$$.Task.Token" } });
    let resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    cloud.task(resource, parameters, "sqs:SendMessage").await;
    let (found, ()) = tokio::join!(cloud.run(MACHINE), async {
        let bodies = cloud.bodies("q", json!({ "WaitTimeSeconds": 20 })).await;
        let body: Value = serde_json::from_str(&bodies[0]).unwrap();
        let answer = json!({ "taskToken": body["token"], "output": "\"yes\"" });
        cloud.states("SendTaskSuccess", answer).await.ok();
    });
    assert_eq!(found["output"], "\"yes\"", "{found}");
    let input = json!({ "executionArn": found["executionArn"] });
    let history = cloud.states("GetExecutionHistory", input).await.ok().json();
    let submitted = { history["events"].as_array().unwrap().iter() }
        .find(|event| event["type"] == "TaskSubmitted")
        .unwrap();
    let output = submitted["taskSubmittedEventDetails"]["output"]
        .as_str()
        .unwrap();
    let output: Value = serde_json::from_str(output).unwrap();
    let members: Vec<&String> = output.as_object().unwrap().keys().collect();
    let expected = [
        "MD5OfMessageBody",
        "MessageId",
        "SdkHttpMetadata",
        "SdkResponseMetadata",
    ];
    assert_eq!(members, expected);
}

#[tokio::test(start_paused = true)]
async fn what_sqs_refuses_is_refused() {
    let cloud = calm();
    cloud.queue("q", json!({ "DelaySeconds": "5" })).await;
    // The same again is no error, and something else is.
    cloud.queue("q", json!({ "DelaySeconds": "5" })).await;
    cloud.queue("q", json!({})).await;
    for (operation, input, code) in [
        (
            "CreateQueue",
            json!({ "QueueName": "q", "Attributes": { "DelaySeconds": "6" } }),
            "QueueNameExists",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "a b" }),
            "InvalidParameterValue",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "q.fifo" }),
            "InvalidParameterValue",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "r", "Attributes": { "DelaySeconds": "901" } }),
            "InvalidAttributeValue",
        ),
        (
            "CreateQueue",
            json!({ "QueueName": "r", "Attributes": { "Colour": "red" } }),
            "InvalidAttributeName",
        ),
        (
            "GetQueueUrl",
            json!({ "QueueName": "none" }),
            "QueueDoesNotExist",
        ),
        (
            "GetQueueAttributes",
            json!({ "QueueUrl": url("q"), "AttributeNames": ["Colour"] }),
            "InvalidAttributeName",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": url("q"), "MessageBody": "" }),
            "MissingParameter",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": url("q"), "MessageBody": "\u{1}" }),
            "InvalidMessageContents",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": url("q"), "MessageBody": "x".repeat(1024 * 1024 + 1) }),
            "InvalidParameterValue",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": url("q"), "MessageBody": "m", "MessageDeduplicationId": "d" }),
            "InvalidParameterValue",
        ),
        (
            "SendMessage",
            json!({ "QueueUrl": url("q"), "MessageBody": "m", "DelaySeconds": 901 }),
            "InvalidParameterValue",
        ),
        (
            "SendMessageBatch",
            json!({ "QueueUrl": url("q"), "Entries": [] }),
            "EmptyBatchRequest",
        ),
        (
            "ReceiveMessage",
            json!({ "QueueUrl": url("q"), "MaxNumberOfMessages": 11 }),
            "InvalidParameterValue",
        ),
        (
            "ReceiveMessage",
            json!({ "QueueUrl": url("q"), "WaitTimeSeconds": 21 }),
            "InvalidParameterValue",
        ),
        ("AddPermission", json!({}), "NotImplemented"),
    ] {
        let status = if code == "NotImplemented" { 501 } else { 400 };
        cloud.sqs(operation, input).await.refused(status, &[code]);
    }
}
