//! Schedules and events start executions, on virtual time.

use std::time::Duration;

use hyper::Request;
use serde_json::{Value, json};
use txflow_local_aws::{InMemoryAws, Weather};

use crate::cloud::{ACCOUNT, Answer, Cloud, MACHINE};

const GROUP: &str = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/default";
const LOST: &str = "http://127.0.0.1:4566/000000000000/lost";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:lost";

impl Cloud {
    pub async fn scheduler(&self, method: &str, path: &str, input: Value) -> Answer {
        let uri = format!("{}{path}", InMemoryAws::endpoint_url());
        let request = Request::builder().method(method).uri(uri);
        let answer = self.try_call("scheduler", request, input.to_string());
        answer.await.unwrap()
    }

    pub async fn of_target(&self, service: &str, target: &str, input: Value) -> Answer {
        let request = Request::post(InMemoryAws::endpoint_url()).header("x-amz-target", target);
        let answer = self.try_call(service, request, input.to_string());
        answer.await.unwrap()
    }

    pub async fn events(&self, operation: &str, input: Value) -> Answer {
        let target = format!("AWSEvents.{operation}");
        self.of_target("events", &target, input).await
    }

    /// The state machine `m`, which does nothing, the queue `lost`, and a role `starter` that may start it and write to the
    /// queue.
    async fn startable(&self, service: &str) -> String {
        let queue = json!({ "QueueName": "lost" });
        self.of_target("sqs", "AmazonSQS.CreateQueue", queue)
            .await
            .ok();
        let workflow = self.role("workflow", "states.amazonaws.com").await;
        let role = self.role("starter", service).await;
        let actions = json!(["states:StartExecution", "sqs:SendMessage"]);
        self.allow("starter", actions).await.ok();
        self.settle().await;
        let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } });
        let input =
            json!({ "name": "m", "definition": definition.to_string(), "roleArn": workflow });
        self.states("CreateStateMachine", input).await.ok();
        role
    }

    async fn schedule(&self, name: &str, expression: &str, role: &str, more: Value) -> Answer {
        let mut input = json!({
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "Target": { "Arn": MACHINE, "RoleArn": role, "Input": "{\"by\":\"clock\"}" },
        });
        let members = more.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(members);
        self.scheduler("POST", &format!("/schedules/{name}"), input)
            .await
    }

    /// The inputs of all executions of `m`, the first one first.
    async fn started(&self) -> Vec<Value> {
        // What is delivered has no time of its own.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let list = self
            .states("ListExecutions", json!({ "stateMachineArn": MACHINE }))
            .await;
        let mut inputs = Vec::new();
        for execution in list.ok().json()["executions"]
            .as_array()
            .unwrap()
            .iter()
            .rev()
        {
            let input = json!({ "executionArn": execution["executionArn"] });
            let found = self.states("DescribeExecution", input).await.ok().json();
            inputs.push(serde_json::from_str(found["input"].as_str().unwrap()).unwrap());
        }
        inputs
    }

    /// The bodies and the attributes of what is in the queue.
    async fn dead_letters(&self) -> Vec<(Value, Value)> {
        let input = json!({
            "QueueUrl": LOST,
            "MaxNumberOfMessages": 10,
            "MessageAttributeNames": ["All"],
        });
        let answer = self
            .of_target("sqs", "AmazonSQS.ReceiveMessage", input)
            .await
            .ok()
            .json();
        let messages = answer["Messages"].as_array().into_iter().flatten();
        let read = messages.map(|message| {
            let body = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            (body, message["MessageAttributes"].clone())
        });
        read.collect()
    }

    async fn rule(&self, pattern: Value, target: Value) {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/starter");
        let rule = json!({ "Name": "r", "EventPattern": pattern.to_string() });
        self.events("PutRule", rule).await.ok();
        let mut target = target;
        target["Id"] = json!("t");
        target["Arn"] = json!(MACHINE);
        target["RoleArn"] = json!(role);
        self.events("PutTargets", json!({ "Rule": "r", "Targets": [target] }))
            .await
            .ok();
    }

    async fn put(&self, source: &str, detail: Value) -> String {
        let entry =
            json!({ "Source": source, "DetailType": "Order", "Detail": detail.to_string() });
        let answer = self
            .events("PutEvents", json!({ "Entries": [entry] }))
            .await
            .ok()
            .json();
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
        answer["Entries"][0]["EventId"].as_str().unwrap().to_owned()
    }
}

fn calm() -> Cloud {
    Cloud::new(Weather::calm())
}

const SCHEDULER: &str = "scheduler.amazonaws.com";
const EVENTS: &str = "events.amazonaws.com";

#[tokio::test(start_paused = true)]
async fn a_rate_starts_executions_at_once_and_after_each_period() {
    let cloud = calm();
    let role = cloud.startable(SCHEDULER).await;
    cloud
        .schedule("s", "rate(5 minutes)", &role, json!({}))
        .await
        .ok();
    assert_eq!(cloud.started().await, [json!({ "by": "clock" })]);
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert_eq!(cloud.started().await.len(), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(cloud.started().await.len(), 2);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cloud.started().await.len(), 14);
    cloud
        .scheduler("DELETE", "/schedules/s?groupName=default", json!({}))
        .await
        .ok();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cloud.started().await.len(), 14);
}

/// The schedules are made at 2027-01-15T08:01:00Z.
#[tokio::test(start_paused = true)]
async fn cron_and_at_follow_their_time_zone() {
    let cloud = calm();
    let role = cloud.startable(SCHEDULER).await;
    let zone = json!({ "ScheduleExpressionTimezone": "Europe/Berlin" });
    cloud
        .schedule("c", "cron(30 9 * * ? *)", &role, zone.clone())
        .await
        .ok();
    cloud
        .schedule("a", "at(2027-01-15T09:15:00)", &role, zone)
        .await
        .ok();
    for (minutes, count) in [(13, 0), (1, 1), (14, 1), (1, 2), (24 * 60 - 1, 2), (1, 3)] {
        tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
        assert_eq!(cloud.started().await.len(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_is_off_starts_nothing_and_a_change_counts_at_once() {
    let cloud = calm();
    let role = cloud.startable(SCHEDULER).await;
    let off = json!({ "State": "DISABLED" });
    cloud.schedule("s", "rate(1 minute)", &role, off).await.ok();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cloud.started().await.len(), 0);
    let update = json!({
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": MACHINE, "RoleArn": role },
    });
    cloud.scheduler("PUT", "/schedules/s", update).await.ok();
    assert_eq!(cloud.started().await, [json!({})]);
    let shown = cloud
        .scheduler("GET", "/schedules/s", json!({}))
        .await
        .ok()
        .json();
    assert_eq!(shown["State"], "ENABLED");
    assert_eq!(shown["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 185);
}

#[tokio::test(start_paused = true)]
async fn a_flexible_window_is_kept_to() {
    let cloud = calm();
    let role = cloud.startable(SCHEDULER).await;
    let window =
        json!({ "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10 } });
    cloud
        .schedule("s", "at(2027-01-15T09:00:00)", &role, window)
        .await
        .ok();
    tokio::time::sleep(Duration::from_secs(3539)).await;
    assert_eq!(cloud.started().await.len(), 0);
    tokio::time::sleep(Duration::from_secs(602)).await;
    assert_eq!(cloud.started().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_scheduler_may_not_assume_is_refused() {
    let cloud = calm();
    cloud.startable(SCHEDULER).await;
    let trust = |source: &str| {
        json!({ "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "Service": SCHEDULER },
            "Condition": {
                "StringEquals": { "aws:SourceAccount": ACCOUNT },
                "ArnLike": { "aws:SourceArn": source },
            },
        } })
    };
    let elsewhere = trust("arn:aws:scheduler:us-east-1:000000000000:schedule-group/else");
    let other = cloud.role_with("other", &elsewhere).await;
    let own = cloud.role_with("own", &trust(GROUP)).await;
    cloud.settle().await;
    let refused = cloud.schedule("s", "rate(1 hour)", &other, json!({})).await;
    refused.refused(
        400,
        &["must allow AWS EventBridge Scheduler to assume the role"],
    );
    cloud
        .schedule("s", "rate(1 hour)", &own, json!({}))
        .await
        .ok();
}

/// cdk-preflight: `rules/scheduler`; the message about the start: moto#8172.
#[tokio::test(start_paused = true)]
async fn a_schedule_that_the_scheduler_refuses_is_refused() {
    let cloud = calm();
    let role = cloud.startable(SCHEDULER).await;
    let target = |key: &str, value: &str| {
        let mut target = json!({ "Arn": MACHINE, "RoleArn": role });
        target[key] = json!(value);
        json!({ "Target": target })
    };
    // The clock begins at 2027-01-15T08:00:00Z.
    let now = 1_800_000_000;
    for (settings, message) in [
        (
            target("Input", "x"),
            "JSON syntax error in input for the target",
        ),
        (
            target("Arn", "arn:aws:sqs:us-east-1:000000000000:q.fifo"),
            "Parameters SqsParameters must be specified",
        ),
        (
            json!({ "StartDate": now - 301 }),
            "The StartDate you specify cannot be earlier than 5 minutes ago.",
        ),
        (
            json!({ "StartDate": now + 60, "EndDate": now + 60 }),
            "The StartDate you specify must come before the EndDate.",
        ),
    ] {
        let refused = cloud.schedule("s", "rate(2 minute)", &role, settings).await;
        refused.refused(400, &[message]);
    }
    let recent = json!({ "StartDate": now - 60 });
    cloud
        .schedule("s", "rate(2 minute)", &role, recent)
        .await
        .ok();
    // Of a schedule that is due once it is ignored.
    let old = json!({ "StartDate": now - 301 });
    let once = "at(2027-01-15T09:00)";
    cloud.schedule("once", once, &role, old).await.ok();
}

#[tokio::test(start_paused = true)]
async fn what_the_role_may_not_start_ends_in_the_queue_at_once() {
    let cloud = calm();
    let role = cloud.startable(SCHEDULER).await;
    cloud.allow("starter", json!("sqs:SendMessage")).await.ok();
    cloud.settle().await;
    let target = json!({ "Target": {
        "Arn": MACHINE, "RoleArn": role, "Input": "{\"n\":1}", "DeadLetterConfig": { "Arn": QUEUE },
    } });
    cloud
        .schedule("s", "rate(1 hour)", &role, target)
        .await
        .ok();
    assert_eq!(cloud.started().await.len(), 0);
    let told = cloud.undelivered.lock().unwrap().clone();
    let [told] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert!(told.sender.ends_with("/s"), "{}", told.sender);
    assert!(
        told.error.starts_with("AccessDeniedException: "),
        "{}",
        told.error
    );
    assert_eq!((told.target.as_str(), told.kept), (MACHINE, true));
    let letters = cloud.dead_letters().await;
    let [(body, attributes)] = letters.as_slice() else {
        panic!("{letters:?}");
    };
    assert_eq!(*body, json!({ "n": 1 }));
    assert_eq!(
        attributes["ERROR_CODE"]["StringValue"],
        "AccessDeniedException"
    );
    assert_eq!(attributes["RETRY_ATTEMPTS"]["StringValue"], "0");
    let message = attributes["ERROR_MESSAGE"]["StringValue"].as_str().unwrap();
    assert!(message.contains("states:StartExecution"), "{message}");
    // Without the right nothing is sent, and what was received can be received again later.
    assert_eq!(cloud.dead_letters().await.len(), 0);
    cloud
        .allow("starter", json!("sqs:ReceiveMessage"))
        .await
        .ok();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cloud.dead_letters().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_as_often_as_the_target_says() {
    let cloud = calm();
    let role = cloud.startable(SCHEDULER).await;
    let definition = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 90_000, "End": true } } });
    let update = json!({ "stateMachineArn": MACHINE, "definition": definition.to_string() });
    cloud.states("UpdateStateMachine", update).await.ok();
    // While it is being deleted it cannot be started, and a later attempt may find another one.
    let weather = Weather {
        state_machine_deletion: txflow_local_aws::Span::millis(60_000, 60_000),
        ..Weather::calm()
    };
    cloud.aws.set_weather(weather);
    cloud
        .states("DeleteStateMachine", json!({ "stateMachineArn": MACHINE }))
        .await
        .ok();
    let target = |retries: u32| {
        json!({ "Target": {
        "Arn": MACHINE,
        "RoleArn": role,
        "RetryPolicy": { "MaximumRetryAttempts": retries },
        "DeadLetterConfig": { "Arn": QUEUE },
    } })
    };
    cloud
        .schedule("s", "at(2027-01-15T08:01:01)", &role, target(2))
        .await
        .ok();
    tokio::time::sleep(Duration::from_secs(30)).await;
    let letters = cloud.dead_letters().await;
    assert_eq!(letters.len(), 1);
    let retries = letters[0].1["RETRY_ATTEMPTS"]["StringValue"]
        .as_str()
        .unwrap();
    assert_eq!(retries, "2");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_a_rule_matches_starts_an_execution_that_is_named_after_it() {
    let cloud = calm();
    cloud.startable(EVENTS).await;
    cloud
        .rule(
            json!({ "source": ["shop"], "detail": { "total": [{ "numeric": [">", 10] }] } }),
            json!({}),
        )
        .await;
    cloud.put("shop", json!({ "total": 10 })).await;
    cloud.put("else", json!({ "total": 11 })).await;
    let id = cloud.put("shop", json!({ "total": 11 })).await;
    let started = cloud.started().await;
    let [event] = started.as_slice() else {
        panic!("{started:?}");
    };
    assert_eq!(event["id"], id.as_str());
    assert_eq!(event["source"], "shop");
    assert_eq!(event["detail-type"], "Order");
    assert_eq!(event["detail"], json!({ "total": 11 }));
    assert_eq!(event["account"], ACCOUNT);
    let list = cloud
        .states("ListExecutions", json!({ "stateMachineArn": MACHINE }))
        .await;
    let name = list.ok().json()["executions"][0]["name"].clone();
    assert!(
        name.as_str().unwrap().starts_with(&format!("{id}_")),
        "{name}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_input_is_constant_or_a_part_or_made_of_the_event() {
    for (target, expected) in [
        (json!({ "Input": "{\"a\":1}" }), json!({ "a": 1 })),
        (json!({ "InputPath": "$.detail" }), json!({ "id": "o-1" })),
        (
            json!({ "InputTransformer": {
                "InputPathsMap": { "id": "$.detail.id" },
                "InputTemplate": "{\"order\": <id>, \"rule\": \"<aws.events.rule-name>\"}",
            } }),
            json!({ "order": "o-1", "rule": "r" }),
        ),
    ] {
        let cloud = calm();
        cloud.startable(EVENTS).await;
        cloud.rule(json!({ "source": ["shop"] }), target).await;
        cloud.put("shop", json!({ "id": "o-1" })).await;
        assert_eq!(cloud.started().await, [expected]);
    }
}

/// cdk-preflight: `rules/events`.
#[tokio::test(start_paused = true)]
async fn a_target_that_eventbridge_refuses_is_refused() {
    let cloud = calm();
    let rule = json!({ "Name": "r", "EventPattern": "{\"source\":[\"shop\"]}" });
    cloud.events("PutRule", rule).await.ok();
    let queue = "arn:aws:sqs:us-east-1:000000000000:q";
    let transformed = |path: &str, template: &str| {
        json!({ "InputTransformer": {
            "InputPathsMap": { "id": path }, "InputTemplate": template,
        } })
    };
    for (arn, settings, message) in [
        (
            queue,
            json!({ "Input": "x" }),
            "JSON syntax error in input for target t",
        ),
        (
            queue,
            json!({ "InputPath": "detail" }),
            "InputPath for target t is invalid.",
        ),
        (
            queue,
            json!({ "InputPath": "$.detail['k']" }),
            "InputPath for target t is invalid.",
        ),
        (
            queue,
            transformed("$.detail[\"k\"]", "<id>"),
            "InputPath for target t is invalid.",
        ),
        (
            queue,
            transformed("$.id", "<zz>"),
            "InputTemplate for target t contains invalid placeholder zz.",
        ),
        (
            queue,
            transformed("$.id", "\"was <aws.events.event.json>\""),
            "InputTemplate for target t contains placeholder aws.events.event.json valid only for JSON template.",
        ),
        (
            "arn:aws:sqs:us-east-1:000000000000:q.fifo",
            json!({}),
            "Parameter(s) SqsParameters must be specified for target: t",
        ),
        (
            "arn:aws:ecs:us-east-1:000000000000:cluster/c",
            json!({}),
            "Parameter(s) EcsParameters must be specified for target: t",
        ),
    ] {
        let mut target = json!({ "Id": "t", "Arn": arn });
        target
            .as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        let put = json!({ "Rule": "r", "Targets": [target] });
        let refused = cloud.events("PutTargets", put).await;
        refused.refused(400, &["ValidationException", message]);
    }
    let lines = transformed("$.id", "\"a <id>\"\n\"b\"");
    let target = json!({ "Id": "t", "Arn": queue, "InputTransformer": lines["InputTransformer"] });
    let put = json!({ "Rule": "r", "Targets": [target] });
    cloud.events("PutTargets", put).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_off_and_a_role_that_is_not_for_it_start_nothing() {
    let cloud = calm();
    cloud.startable(EVENTS).await;
    let letters = json!({ "DeadLetterConfig": { "Arn": QUEUE } });
    cloud.rule(json!({ "source": ["shop"] }), letters).await;
    cloud
        .events("DisableRule", json!({ "Name": "r" }))
        .await
        .ok();
    cloud.put("shop", json!({})).await;
    assert_eq!(cloud.started().await.len(), 0);
    cloud
        .events("EnableRule", json!({ "Name": "r" }))
        .await
        .ok();
    cloud.put("shop", json!({})).await;
    assert_eq!(cloud.started().await.len(), 1);
    let trust = json!({ "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": SCHEDULER },
    } });
    let trust = trust.to_string();
    let parameters = [("RoleName", "starter"), ("PolicyDocument", trust.as_str())];
    cloud.iam("UpdateAssumeRolePolicy", &parameters).await.ok();
    cloud.settle().await;
    let id = cloud.put("shop", json!({})).await;
    assert_eq!(cloud.started().await.len(), 1);
    let letters = cloud.dead_letters().await;
    assert_eq!(letters[0].0["id"], id.as_str());
    assert_eq!(
        letters[0].1["RULE_ARN"]["StringValue"],
        "arn:aws:events:us-east-1:000000000000:rule/r"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rule_with_a_schedule_sends_its_event_after_each_period() {
    let cloud = calm();
    let role = cloud.startable(EVENTS).await;
    let put = async |state: &str| {
        let rule = json!({ "Name": "r", "ScheduleExpression": "rate(5 minutes)", "State": state });
        cloud.events("PutRule", rule).await.ok()
    };
    put("ENABLED").await;
    let target = json!({ "Id": "t", "Arn": MACHINE, "RoleArn": role });
    let targets = json!({ "Rule": "r", "Targets": [target] });
    cloud.events("PutTargets", targets).await.ok();
    let described = cloud.events("DescribeRule", json!({ "Name": "r" })).await;
    let described = described.ok().json();
    assert_eq!(described["ScheduleExpression"], "rate(5 minutes)");
    assert_eq!(described["EventPattern"], Value::Null);
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert!(cloud.started().await.is_empty());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let started = cloud.started().await;
    let [event] = started.as_slice() else {
        panic!("{started:?}");
    };
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(
        (&event["source"], &event["detail"]),
        (&json!("aws.events"), &json!({}))
    );
    assert_eq!(event["resources"], json!([described["Arn"]]));
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cloud.started().await.len(), 13);
    cloud
        .events("DisableRule", json!({ "Name": "r" }))
        .await
        .ok();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cloud.started().await.len(), 13);
    cloud
        .events("EnableRule", json!({ "Name": "r" }))
        .await
        .ok();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(cloud.started().await.len(), 14);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_eventbridge_refuses_is_refused() {
    let cloud = calm();
    cloud
        .events("CreateEventBus", json!({ "Name": "orders" }))
        .await
        .ok();
    let pattern = json!({ "source": ["shop"] }).to_string();
    for (rule, message) in [
        (json!({}), "must be specified"),
        (
            json!({ "ScheduleExpression": "rate(1 minutes)" }),
            "ScheduleExpression is not valid",
        ),
        (
            json!({ "ScheduleExpression": "at(2030-01-01T00:00:00)" }),
            "is not valid",
        ),
        (
            json!({ "ScheduleExpression": "rate(1 minute)", "EventBusName": "orders" }),
            "only on the default event bus",
        ),
    ] {
        let mut rule = rule;
        rule["Name"] = json!("r");
        let refused = cloud.events("PutRule", rule.clone()).await.json();
        assert!(
            refused["message"]
                .as_str()
                .is_some_and(|text| text.contains(message)),
            "{rule} {refused}"
        );
    }
    let both =
        json!({ "Name": "r", "ScheduleExpression": "rate(1 minute)", "EventPattern": pattern });
    cloud.events("PutRule", both).await.ok();
}
