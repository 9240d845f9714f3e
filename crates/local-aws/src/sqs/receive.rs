//! Receiving messages: those that can be seen, or the first that comes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Sqs;
use super::attributes;
use super::faults::{no_queue, unfit};
use super::line::{Line, Lines};
use super::message::{self, Message, receipt};
use super::queue::{Queue, key_of_arn};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::store::Edit;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveMessage {
    queue_url: String,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    /// The former name of the same.
    #[serde(default)]
    attribute_names: Vec<String>,
}

/// How much is received, and for how long it is hidden from others.
struct Receive {
    most: usize,
    hidden: Millis,
}

impl Sqs {
    pub(super) async fn receive_message(&self, call: &Call) -> Result<Answer, Fault> {
        let mut request: ReceiveMessage = call.json()?;
        let (key, queue) = self.find(call, &request.queue_url)?;
        let number = |name: &str, value: Option<i64>, least: i64, most: i64| match value {
            Some(value) if !(least..=most).contains(&value) => {
                let reason = format!("Must be >= {least} and <= {most}, if provided.");
                Err(unfit(name, value, &reason))
            }
            value => Ok(value.and_then(|value| u64::try_from(value).ok())),
        };
        let most = number("MaxNumberOfMessages", request.max_number_of_messages, 1, 10)?;
        let hidden = number("VisibilityTimeout", request.visibility_timeout, 0, 43_200)?;
        let wait = number("WaitTimeSeconds", request.wait_time_seconds, 0, 20)?;
        let wait = wait.unwrap_or_else(|| queue.number("ReceiveMessageWaitTimeSeconds"));
        let receive = Receive {
            most: most
                .and_then(|most| usize::try_from(most).ok())
                .unwrap_or(1),
            hidden: hidden.unwrap_or_else(|| queue.number("VisibilityTimeout")) * 1000,
        };
        let received = self.wait_for(&key, &receive, wait * 1000).await?;
        if received.is_empty() {
            return Ok(Answer::json(json!({})));
        }
        request
            .message_system_attribute_names
            .append(&mut request.attribute_names);
        let messages: Vec<Value> = received
            .iter()
            .map(|message| request.shown(message))
            .collect();
        Ok(Answer::json(json!({ "Messages": messages })))
    }

    /// Receives what is there, or waits for the first that comes.
    async fn wait_for(
        &self,
        key: &str,
        receive: &Receive,
        wait: Millis,
    ) -> Result<Vec<Message>, Fault> {
        let clock = self.conditions.clock;
        let deadline = clock.now() + wait;
        let mut stopped = self.stopped.subscribe();
        loop {
            // The queue may have changed, or be gone, since the last look.
            let queue = self.queues.get(key).ok_or_else(no_queue)?;
            let arrived = self.arrivals(key);
            let arrived = arrived.notified();
            tokio::pin!(arrived);
            // From here on no message comes unnoticed.
            arrived.as_mut().enable();
            let received = self.take(key, &queue, receive).await?;
            let now = clock.now();
            if !received.is_empty() || now >= deadline {
                return Ok(received);
            }
            let next = self.lines().of(key).next(now);
            let until = next.map_or(deadline, |next| next.min(deadline));
            tokio::select! {
                () = tokio::time::sleep(clock.until(until)) => {}
                () = arrived => {}
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(Vec::new()),
            }
        }
    }

    fn arrivals(&self, key: &str) -> Arc<tokio::sync::Notify> {
        Arc::clone(&self.lines().of(key).arrived)
    }

    /// Takes what is due, and hides it. What was received too often goes to the dead-letter queue instead.
    async fn take(
        &self,
        key: &str,
        queue: &Queue,
        receive: &Receive,
    ) -> Result<Vec<Message>, Fault> {
        let taken = self.messages.change(|messages| {
            let now = self.conditions.now();
            let mut lines = self.lines();
            expire(messages, lines.of(key), key, queue, now);
            let mut taken = Vec::new();
            while taken.len() < receive.most {
                let due = lines.of(key).due(now, receive.most - taken.len());
                if due.is_empty() {
                    break;
                }
                for sequence in due {
                    let of_message = message::key(key, sequence);
                    let message = messages.get(&of_message).map(|it| Message::clone(it));
                    let Some(message) = message else {
                        lines.of(key).remove(sequence);
                        continue;
                    };
                    if let Some(target) = self.dead_letter_queue(queue, &message) {
                        messages.remove(&of_message);
                        lines.of(key).remove(sequence);
                        self.bury(messages, &mut lines, message, (&queue.arn, &target));
                        continue;
                    }
                    let message = self.received(message, sequence, now + receive.hidden);
                    let standing = message.standing(queue.is_fifo());
                    lines.of(key).put(sequence, standing);
                    messages.put(&of_message, message.clone());
                    taken.push(message);
                }
                // What was taken with no time to hide it is due again, and not twice in one answer.
                if receive.hidden == 0 && !taken.is_empty() {
                    break;
                }
            }
            Ok(taken)
        });
        taken.await
    }

    fn received(&self, message: Message, sequence: u64, visible: Millis) -> Message {
        let id = self.conditions.random.uuid().to_string();
        let now = self.conditions.now();
        Message {
            visible,
            receives: message.receives + 1,
            first_received: message.first_received.or(Some(now)),
            receipt: Some(receipt(sequence, &id)),
            ..message
        }
    }

    /// Where a message goes that was received too often. `None` if it was not, or if there is no such queue.
    fn dead_letter_queue(&self, queue: &Queue, message: &Message) -> Option<String> {
        let policy = queue.redrive_policy()?;
        let too_often = u64::from(message.receives) >= policy.most;
        let key = key_of_arn(&policy.target).filter(|_| too_often)?;
        self.queues.get(&key).map(|_| key)
    }

    fn bury(
        &self,
        messages: &mut Edit<'_, Message>,
        lines: &mut Lines,
        message: Message,
        (source, target): (&str, &str),
    ) {
        let fifo = message.sequence_number.is_some();
        let sequence = self.next.fetch_add(1, Ordering::Relaxed);
        let now = self.conditions.now();
        let message = Message {
            // In a FIFO queue its time begins anew.
            sent: if fifo { now } else { message.sent },
            visible: now,
            source: Some(source.to_owned()),
            sequence_number: fifo.then(|| message::sequence_number(sequence)),
            receipt: None,
            ..message
        };
        let line = lines.of(target);
        line.put(sequence, message.standing(fifo));
        line.arrived.notify_waiters();
        messages.put(&message::key(target, sequence), message);
    }
}

/// Deletes what is older than the queue keeps.
fn expire(
    messages: &mut Edit<'_, Message>,
    line: &mut Line,
    key: &str,
    queue: &Queue,
    now: Millis,
) {
    let kept = queue.span("MessageRetentionPeriod");
    for sequence in line.sent_until(now.saturating_sub(kept)) {
        line.remove(sequence);
        messages.remove(&message::key(key, sequence));
    }
}

impl ReceiveMessage {
    fn shown(&self, message: &Message) -> Value {
        let mut shown = json!({
            "MessageId": message.id,
            "ReceiptHandle": message.receipt,
            "MD5OfBody": message.md5,
            "Body": message.body,
        });
        let system = self.system_attributes(message);
        if !system.is_empty() {
            shown["Attributes"] = Value::Object(system);
        }
        let chosen = attributes::chosen(&message.attributes, &self.message_attribute_names);
        if let Some(md5) = attributes::md5_of(&chosen) {
            shown["MD5OfMessageAttributes"] = json!(md5);
            shown["MessageAttributes"] = json!(chosen);
        }
        shown
    }

    fn system_attributes(&self, message: &Message) -> Map<String, Value> {
        let instant = |at: Millis| Some(at.to_string());
        let all = [
            ("SenderId", Some(message.sender.clone())),
            ("SentTimestamp", instant(message.sent)),
            (
                "ApproximateReceiveCount",
                Some(message.receives.to_string()),
            ),
            (
                "ApproximateFirstReceiveTimestamp",
                message.first_received.and_then(instant),
            ),
            ("SequenceNumber", message.sequence_number.clone()),
            ("MessageDeduplicationId", message.deduplication.clone()),
            ("MessageGroupId", message.group.clone()),
            ("AWSTraceHeader", message.trace_header.clone()),
            ("DeadLetterQueueSourceArn", message.source.clone()),
        ];
        let names = &self.message_system_attribute_names;
        let wanted = |name: &str| names.iter().any(|wanted| wanted == name || wanted == "All");
        let chosen = all.into_iter().filter(|(name, _)| wanted(name));
        chosen
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
            .collect()
    }
}
