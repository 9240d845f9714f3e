//! Publishing: to topics, and to phones, which get nothing.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use txflow_asl::Arn;

use super::faults::{invalid, missing, no_topic};
use super::subscription::Subscription;
use super::topic::Topic;
use super::topics::topic_arn;
use super::{Request, Sns};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::call::PeerCall;
use crate::http::scope::Scope;
use crate::sqs::url_of_arn;

/// AWS's limits: bytes of a message, and entries of a batch.
const LARGEST: usize = 256 * 1024;
const MOST: usize = 10;

/// What is published.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) topic: String,
    pub(super) subject: Option<String>,
    text: String,
    /// The texts of some protocols, and that of all others.
    by_protocol: Option<Map<String, Value>>,
    pub(super) attributes: Map<String, Value>,
    pub(super) sent: Millis,
    group: Option<String>,
    deduplication: Option<String>,
    pub(super) sequence_number: Option<String>,
}

impl Message {
    /// What subscribers of a protocol get.
    pub(super) fn body(&self, protocol: &str) -> &str {
        let Some(texts) = &self.by_protocol else {
            return &self.text;
        };
        let own = texts.get(protocol).and_then(Value::as_str);
        let default = || texts.get("default").and_then(Value::as_str);
        own.or_else(default).unwrap_or_default()
    }
}

impl Sns {
    pub(super) async fn publish(&self, request: &Request) -> Result<Value, Fault> {
        let named = |member: &&str| request.text(member).is_some();
        let named: Vec<&str> = ["TopicArn", "TargetArn", "PhoneNumber"]
            .into_iter()
            .filter(|member| named(member))
            .collect();
        match named.as_slice() {
            ["PhoneNumber"] => self.publish_to_phone(request).await,
            ["TopicArn" | "TargetArn"] => {
                let topic = self.topic(request.text(named[0]).unwrap_or_default())?;
                self.publish_one(&request.scope, &topic, &request.input)
                    .await
            }
            _ => Err(invalid(
                "TopicArn or TargetArn Reason: no value for required parameter",
            )),
        }
    }

    pub(super) async fn publish_batch(&self, request: &Request) -> Result<Value, Fault> {
        let topic = self.topic(topic_arn(request)?)?;
        let entries = request.input["PublishBatchRequestEntries"].as_array();
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        check_entries(entries)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in entries {
            match self.publish_one(&request.scope, &topic, entry).await {
                Ok(mut published) => {
                    published["Id"] = entry["Id"].clone();
                    successful.push(published);
                }
                Err(fault) => failed.push(json!({
                    "Id": entry["Id"],
                    "Code": fault.code,
                    "Message": fault.message,
                    "SenderFault": fault.status < 500,
                })),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    fn topic(&self, arn: &str) -> Result<std::sync::Arc<Topic>, Fault> {
        match Arn::parse(arn) {
            Some(parsed) if parsed.service == "sns" => self.topics.get(arn).ok_or_else(no_topic),
            _ => Err(invalid(format!(
                "TopicArn Reason: An ARN must have at least 6 elements, not {}",
                arn.split(':').count()
            ))),
        }
    }

    async fn publish_one(
        &self,
        scope: &Scope,
        topic: &Topic,
        input: &Value,
    ) -> Result<Value, Fault> {
        let mut message = read(topic, input)?;
        message.id = self.conditions.random.uuid().to_string();
        message.sent = self.conditions.now();
        let mut answer = json!({ "MessageId": message.id });
        if topic.is_fifo() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let number = 10_000_000_000_000_000_000 + u128::from(number) * 1000;
            message.sequence_number = Some(number.to_string());
            answer["SequenceNumber"] = json!(number.to_string());
            if let Some(first) = self.duplicate(topic, &message, &answer) {
                return Ok(first);
            }
        }
        for (_, subscription) in self.subscriptions.list(&format!("{}:", topic.arn)) {
            let filter = subscription.filter();
            let body = message.body(&subscription.protocol);
            if filter.is_none_or(|filter| filter.passes(body, &message.attributes)) {
                self.deliver(scope, &message, &subscription).await;
            }
        }
        Ok(answer)
    }

    /// The answer to the first of its kind.
    fn duplicate(&self, topic: &Topic, message: &Message, answer: &Value) -> Option<Value> {
        let mut published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let recent = published.entry(topic.arn.clone()).or_default();
        let group = { message.group.as_ref() }.filter(|_| {
            topic
                .attributes
                .get("FifoThroughputScope")
                .is_some_and(|it| it == "MessageGroup")
        });
        let id = message.deduplication.clone().unwrap_or_default();
        let key = format!("{} {id}", group.map_or("", String::as_str));
        let first = recent.duplicate(&key, message.sent);
        if first.is_none() {
            recent.remember(key, answer.clone(), message.sent);
        }
        first
    }

    /// What is refused goes to the subscription's dead-letter queue, if it has one.
    async fn deliver(&self, scope: &Scope, message: &Message, subscription: &Subscription) {
        let (service, operation, input) = match subscription.protocol.as_str() {
            "sqs" => ("sqs", "SendMessage", self.for_queue(message, subscription)),
            _ => {
                let event = self.event(message, subscription).to_string();
                let input = json!({
                    "FunctionName": subscription.endpoint,
                    "InvocationType": "Event",
                    "Payload": STANDARD.encode(event),
                });
                ("lambda", "Invoke", input)
            }
        };
        let Err(fault) = self.call(scope, service, operation, input).await else {
            return;
        };
        let Some(queue) = subscription.dead_letter_queue() else {
            return;
        };
        let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
        let mut letter = self.for_queue(message, subscription);
        letter["QueueUrl"] = json!(url_of_arn(&queue));
        letter["MessageAttributes"]["ErrorCode"] = text(fault.code);
        letter["MessageAttributes"]["ErrorMessage"] = text(&fault.message);
        // As on AWS, nobody is told of a queue that does not take it.
        let _ = self.call(scope, "sqs", "SendMessage", letter).await;
    }

    fn for_queue(&self, message: &Message, subscription: &Subscription) -> Value {
        let mut input = json!({ "QueueUrl": url_of_arn(&subscription.endpoint) });
        if subscription.is_raw() {
            input["MessageBody"] = json!(message.body(&subscription.protocol));
            input["MessageAttributes"] = json!(message.attributes);
        } else {
            let notification = self.notification(message, subscription);
            input["MessageBody"] = json!(notification.to_string());
            input["MessageAttributes"] = json!({});
        }
        if let Some(group) = &message.group {
            input["MessageGroupId"] = json!(group);
        }
        if let Some(id) =
            { message.deduplication.as_ref() }.filter(|_| subscription.endpoint.ends_with(".fifo"))
        {
            input["MessageDeduplicationId"] = json!(id);
        }
        input
    }

    async fn call(
        &self,
        scope: &Scope,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<(), Fault> {
        let peer = self.peers.get(service);
        let peer = peer.ok_or_else(|| Fault::not_implemented(service, operation))?;
        let call = PeerCall {
            operation: operation.to_owned(),
            input,
            scope: scope.clone(),
            request_id: self.conditions.random.uuid().to_string(),
            time: None,
        };
        peer.call(call).await.map(drop)
    }

    /// Nothing is sent to a phone. The log group in which AWS says what became of a text message says so.
    async fn publish_to_phone(&self, request: &Request) -> Result<Value, Fault> {
        let number = request.required("PhoneNumber")?;
        let digits = number.strip_prefix('+').unwrap_or(number);
        if !(4..=20).contains(&digits.len()) || !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(invalid(format!(
                "PhoneNumber Reason: {number} is not valid to publish to"
            )));
        }
        check_text(request.required("Message")?)?;
        let id = self.conditions.random.uuid().to_string();
        let Scope { account, region } = &request.scope;
        let group = format!("sns/{region}/{account}/DirectPublishToPhoneNumber");
        let now = self.conditions.now();
        let told = json!({
            "notification": { "messageId": id, "timestamp": crate::clock::iso(now) },
            "delivery": {
                "destination": number,
                "providerResponse": "The local AWS sends no text messages",
            },
            "status": "SUCCESS",
        });
        let stream = self.logs.open_stream(&request.scope, &group, &id).await?;
        let log = self.logs.append(&stream, vec![(now, told.to_string())])?;
        log.done().await?;
        Ok(json!({ "MessageId": id }))
    }
}

/// The message that is asked for, or why there is none.
fn read(topic: &Topic, input: &Value) -> Result<Message, Fault> {
    let text = |member: &str| input[member].as_str().map(str::to_owned);
    let message = text("Message").ok_or_else(|| missing("message"))?;
    check_text(&message)?;
    let subject = text("Subject");
    let printable = |c: char| c.is_ascii() && !c.is_ascii_control();
    if let Some(subject) = &subject
        && (subject.is_empty() || subject.len() > 100 || !subject.chars().all(printable))
    {
        return Err(invalid("Subject"));
    }
    let by_protocol = match text("MessageStructure").as_deref() {
        Some("json") => Some(structured(&message)?),
        _ => None,
    };
    let attributes = input["MessageAttributes"].as_object().cloned();
    let attributes = attributes.unwrap_or_default();
    check_attributes(&attributes)?;
    let (group, id) = (text("MessageGroupId"), text("MessageDeduplicationId"));
    if topic.is_fifo() && group.is_none() {
        return Err(invalid(
            "The MessageGroupId parameter is required for FIFO topics",
        ));
    }
    let by_content = topic.is("ContentBasedDeduplication");
    if topic.is_fifo() && id.is_none() && !by_content {
        return Err(invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        ));
    }
    if !topic.is_fifo() && id.is_some() {
        return Err(invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
        ));
    }
    let of_content = || by_content.then(|| hex::encode(Sha256::digest(&message)));
    Ok(Message {
        deduplication: id.or_else(of_content),
        id: String::new(),
        topic: topic.arn.clone(),
        subject,
        by_protocol,
        attributes,
        sent: 0,
        group,
        sequence_number: None,
        text: message,
    })
}

fn check_text(message: &str) -> Result<(), Fault> {
    match message.len() {
        0 => Err(invalid("Empty message")),
        length if length > LARGEST => Err(invalid("Message too long")),
        _ => Ok(()),
    }
}

/// The texts by protocol.
fn structured(message: &str) -> Result<Map<String, Value>, Fault> {
    let texts: Option<Map<String, Value>> = serde_json::from_str(message).ok();
    let texts =
        texts.ok_or_else(|| invalid("Message Structure - JSON message body failed to parse"))?;
    if texts
        .get("default")
        .is_none_or(|default| !default.is_string())
    {
        return Err(invalid(
            "Message Structure - No default entry in JSON message body",
        ));
    }
    Ok(texts)
}

fn check_attributes(attributes: &Map<String, Value>) -> Result<(), Fault> {
    for (name, attribute) in attributes {
        let kind = attribute["DataType"].as_str().unwrap_or_default();
        let base = kind.split('.').next().unwrap_or_default();
        let value = match base {
            "String" | "Number" => &attribute["StringValue"],
            "Binary" => &attribute["BinaryValue"],
            _ => {
                return Err(Fault::bad(
                    "ParameterValueInvalid",
                    format!(
                        "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
                    ),
                ));
            }
        };
        if value.as_str().is_none_or(str::is_empty) {
            return Err(Fault::bad(
                "ParameterValueInvalid",
                format!(
                    "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{base}'."
                ),
            ));
        }
    }
    Ok(())
}

fn check_entries(entries: &[Value]) -> Result<(), Fault> {
    if entries.is_empty() {
        let message = "The batch request doesn't contain any entries.";
        return Err(Fault::bad("EmptyBatchRequest", message));
    }
    if entries.len() > MOST {
        let message = "The batch request contains more entries than permissible.";
        return Err(Fault::bad("TooManyEntriesInBatchRequest", message));
    }
    let ids: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| entry["Id"].as_str())
        .collect();
    if ids.len() < entries.len() {
        let message = "Two or more batch entries in the request have the same Id.";
        return Err(Fault::bad("BatchEntryIdsNotDistinct", message));
    }
    Ok(())
}
